"""What a fit starts from: a table of customers, or of their purchases, or both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, cast

from segmentry.errors import InputError, NotEnoughDataError, Notice, SettingsError
from segmentry.features.customers import FROM_ORDERS, MadeColumn
from segmentry.features.lifetime import LifetimeModel
from segmentry.features.role_rules import Role
from segmentry.fitting.worth import valued_customers
from segmentry.profiles.holdout import Holdout
from segmentry.purchases import (
    OR_CUSTOMERS,
    Account,
    CustomerTable,
    PurchaseRecipe,
    Purchases,
    SourceSettings,
    open_log,
    read_either,
    read_log,
)
from segmentry.scoring.orders import readings_of
from segmentry.scoring.score import check_columns
from segmentry.segmentation import Segmentation
from segmentry.tables import ReadingSettings, Table, read
from segmentry.value import ValueSettings


@dataclass(frozen=True)
class Orders:
    """A purchase log as a source, and a table of customers to join it to, or none."""

    log: Any
    customers: Any = None


@dataclass(frozen=True)
class MadeCustomers:
    """Customers with the figures that an earlier fit made of their orders, to fit anew without the orders."""

    customers: Any
    earlier: Segmentation


class Settings(SourceSettings, Protocol):
    """What reading a source has to know; the settings of a fit will do."""

    @property
    def reading_by_role(self) -> ReadingSettings: ...
    @property
    def value(self) -> ValueSettings: ...


@dataclass(frozen=True)
class Source:
    """A row per customer, whichever way it came: `made` are the columns that come from orders."""

    table: Table
    id_column: str | None
    as_of: date | None
    made: tuple[MadeColumn, ...] = ()
    notices: tuple[Notice, ...] = ()
    purchases: PurchaseRecipe | None = None
    orders: Account | None = None
    log: Purchases | None = None
    value: LifetimeModel | None = None
    holdout: Holdout | None = None
    guessed: bool = False  # the rows were taken for purchases by their columns alone


def one_source(source: Any, orders: Any, customers: Any) -> Any:
    """The source that these arguments of `fit` state. Raises SettingsError where they contradict each other."""
    if orders is None:
        if customers is not None and source is not None:
            raise SettingsError("Customers are given twice.", remedy="Pass them as the source, or orders=... as well.")
        if source is None and customers is None:
            raise SettingsError("There is nothing to fit.", remedy="Pass a table of customers, or orders=...")
        return CustomerTable(customers) if source is None else source
    if source is not None:
        raise SettingsError("A source and orders are given.", remedy="Pass the customers as customers=...")
    return Orders(orders, customers)


def read_source(source: Any, settings: Settings, previous: Segmentation | None = None) -> Source:
    """The customers to segment. A table whose roles say that its rows are purchases is taken as orders.

    Columns that the `previous` segments rest on are read as they were then.
    """
    reading, expected = settings.reading_by_role, {} if previous is None else readings_of(previous)
    earlier = None if previous is None else previous.purchases
    if isinstance(source, Orders):
        log = read_log(source.log, reading, settings.orders, expected)
        customers = None if source.customers is None else read(source.customers, reading.of_another_file(), expected)
        return _from_orders(log, customers, settings, earlier)
    if isinstance(source, MadeCustomers):
        return _made_before(_enough(read(source.customers, reading, expected)), source.earlier)
    table, is_log = read_either(source, reading, settings.orders, expected, settings.id)
    if table.rows_read and is_log:
        guessed = not settings.orders.roles
        with or_customers(guessed):
            return replace(_from_orders(table, None, settings, earlier), guessed=guessed)
    return Source(_enough(table), settings.id, settings.as_of)


def check_succession(previous: Segmentation, given: Source) -> None:
    """Raises SettingsError where one of the two comes from orders and the other does not, ColumnNotFoundError where the
    customers lack a column that the previous segments rest on."""
    if previous.purchases is not None and given.purchases is None:
        raise SettingsError(
            "The previous segmentation was made from orders, and this source is a table of customers.",
            remedy="Give the orders: --orders FILE (orders=... in Python), or fit without --previous.",
        )
    if previous.purchases is None and given.purchases is not None:
        raise SettingsError(
            "The previous segmentation was made from a table of customers, and this source holds orders.",
            remedy="Give the customers: --customers FILE (customers=... in Python), or fit without --previous.",
        )
    check_columns(previous.recipe.clustered, given.table)


@contextmanager
def or_customers(guessed: bool) -> Iterator[None]:
    """An error about the data names the way out, where nobody said that the rows are purchases."""
    try:
        yield
    except InputError as error:
        raise error.also(OR_CUSTOMERS) if guessed else error from None


def _enough(table: Table) -> Table:
    if table.rows_read == 0:
        raise NotEnoughDataError("The table has no customers.", found="0 rows", remedy="Check the file.")
    if table.rows_read == 1:
        raise NotEnoughDataError("Segments need at least two customers.", found="1 row", remedy="Give more customers.")
    return table


def _from_orders(log: Table, customers: Table | None, settings: Settings, earlier: PurchaseRecipe | None) -> Source:
    purchases = _opened(log, customers, settings, earlier)
    of_table = settings.id if customers is not None else None
    valued = valued_customers(purchases, customers, of_table, settings.value, settings.today)
    found = valued.customers
    return Source(
        table=_enough(found.table),
        id_column=found.id_column,
        as_of=purchases.as_of,
        made=found.made,
        notices=(*found.notices, *valued.notices),
        purchases=replace(purchases.recipe, joined=customers is not None),
        orders=found.account,
        log=purchases,
        value=found.model,
        holdout=valued.holdout,
    )


def _made_before(table: Table, earlier: Segmentation) -> Source:
    """Figures keep the names and meanings that the earlier fit gave them; what only the orders tell is its own."""
    features = {f.sources: f for f in (*earlier.recipe.clustered, *earlier.recipe.described)}
    made = [
        MadeColumn(features[r["column"],], cast(Role, r["role"]), r["reason"].removeprefix(FROM_ORDERS))
        for r in earlier.roles
        if r["reason"].startswith(FROM_ORDERS) and (r["column"],) in features
    ]
    return Source(
        table=table,
        id_column=next((r["column"] for r in earlier.roles if r["role"] == "id"), None),
        as_of=earlier.recipe.as_of,
        made=tuple(made),
        purchases=earlier.purchases,
        orders=earlier.orders,
        value=earlier.value,
        holdout=earlier.holdout,
    )


def _opened(log: Table, customers: Table | None, settings: Settings, earlier: PurchaseRecipe | None) -> Purchases:
    # With a customer table, --id names its column; in the log it is named alike, or found.
    named = settings.id if settings.id in log.names else None
    return open_log(
        log,
        settings.orders,
        customer=named if customers is not None else settings.id,
        as_of=settings.as_of,
        today=settings.today,
        earlier=earlier,
    )
