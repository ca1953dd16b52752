"""Customers from new orders, by the rules of the orders that a segmentation was fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segmentry.errors import Notice, SettingsError
from segmentry.purchases import Account, PurchaseRecipe, customers_of, open_like
from segmentry.segmentation import Segmentation
from segmentry.tables import Reading, ReadingSettings, Table, read


@dataclass(frozen=True)
class FromOrders:
    """A row per customer, what the orders came to, and what was unusual about them."""

    table: Table
    account: Account
    notices: tuple[Notice, ...]


def readings_of(segmentation: Segmentation) -> dict[str, Reading]:
    """How each column that the segments rest on was read at fitting, those of the orders included."""
    own = {c.name: c.reading for c in segmentation.recipe.columns}
    log = segmentation.purchases.columns if segmentation.purchases is not None else ()
    return {**own, **{c.name: c.reading for c in log}}


def is_log_of(segmentation: Segmentation, table: Table) -> bool:
    """Whether a table holds orders as those fitted on did, and not customers with their figures."""
    recipe = segmentation.purchases
    if recipe is None or recipe.joined:
        return False
    return not segmentation.recipe.needed <= set(table.names) and {c.name for c in recipe.columns} <= set(table.names)


def read_orders(
    segmentation: Segmentation,
    orders: Any,
    customers: Any = None,
    *,
    reading: ReadingSettings | None = None,
) -> FromOrders:
    """The customers of new orders, counted to the segmentation's date.

    Raises SettingsError where the segments were not made from orders, or rest on a customer table that is not given.
    """
    recipe = _recipe(segmentation)
    expected = readings_of(segmentation)
    if customers is None and recipe.joined:
        raise SettingsError(
            "The segments rest on orders and on a table of customers.", remedy="Give both: --orders and --customers."
        )
    stated = reading or ReadingSettings()
    log = read(orders, stated, expected)
    beside = None if customers is None else read(customers, stated.of_another_file(), expected)
    return from_log(segmentation, log, beside)


def from_log(segmentation: Segmentation, log: Table, customers: Table | None = None) -> FromOrders:
    """The customers of orders that were read already."""
    purchases = open_like(log, _recipe(segmentation))
    id_column = segmentation.recipe.id_column if customers is not None else None
    value = segmentation.value
    found = customers_of(purchases, customers, id_column, (lambda _: value) if value is not None else None)
    notices = list(found.notices)
    if found.account.after_as_of:
        hint = f"Orders count to {purchases.as_of}; pass a later day with --as-of, so that newer ones count."
        notices.append(Notice("orders-after-the-model", hint))
    return FromOrders(found.table, found.account, tuple(notices))


def _recipe(segmentation: Segmentation) -> PurchaseRecipe:
    if segmentation.purchases is None:
        raise SettingsError(
            "The segments were made from a table of customers, not from orders.", remedy="Give the customers instead."
        )
    return segmentation.purchases
