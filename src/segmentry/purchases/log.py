"""A purchase log opened: its columns found, its rules settled, every line accounted for.

The way in for everything that works on orders; what becomes of a customer is left to `features` and `summary`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import InputError, NotEnoughDataError, Notice
from segmentry.features.misread import AS
from segmentry.purchases import lines as ln
from segmentry.purchases.account import Account, account_for
from segmentry.purchases.changes import new_columns, refuse_other_money, told_of
from segmentry.purchases.charges import Charge, charge_notices, charges_of
from segmentry.purchases.discounts import settle_discount
from segmentry.purchases.doubts import FEWEST_ORDERS, doubts_of, never_back
from segmentry.purchases.lines import Lines
from segmentry.purchases.reading import KEYS, in_full, read_log
from segmentry.purchases.recipe import LogColumn, PurchaseRecipe
from segmentry.purchases.roles import (
    PurchaseColumn,
    column_of,
    find_columns,
    is_name,
    may_be_log,
    misread,
    missing_parts,
)
from segmentry.purchases.settings import PurchaseSettings
from segmentry.purchases.settling import currency_of, largest, symbol_of, with_rules
from segmentry.purchases.times import clock_of
from segmentry.purchases.words import plain_state, said
from segmentry.tables import Reading, ReadingSettings, Table, collect_rows, count_rows, fold, read

DUPLICATES_COUNTED_BELOW = 2_000_000  # rows; comparing more of them in every cell costs more than all the rest
_MOST_OF = 0.9
_MOST_OF_NAMES = 0.5
_TREND = 180
_MOST_NAMED = 8
_TOLD = 2  # columns that might say what is lacking
OR_CUSTOMERS = "If each row is a customer and no purchase, pass the file by --customers FILE (customers=... in Python)."


@dataclass(frozen=True)
class CustomerTable:
    """A source that is stated to have a row per customer, whatever its columns look like."""

    source: Any


@dataclass(frozen=True)
class OrderTable:
    """A source that is stated to have a row per order or order line, whatever its columns look like."""

    source: Any


@dataclass(frozen=True)
class Purchases:
    """A purchase log in one form. `lines` are all of its order lines; `used` those that count for customers."""

    table: Table
    lines: Lines
    recipe: PurchaseRecipe
    account: Account
    doubts: tuple[Notice, ...] = ()
    charges: tuple[Charge, ...] = ()  # products that are none; looked for at fitting alone

    @property
    def as_of(self) -> date:
        return self.recipe.as_of

    @property
    def used(self) -> Lines:
        """Lines that count: of someone, up to the as-of date, for a known amount, of an order that took place."""
        return ln.usable(self.lines, self.recipe)

    @property
    def holdout(self) -> Lines:
        """Lines that would count but for their day, which is after the as-of date."""
        return self.lines.filter(ln.counted(), nw.col(ln.DAY) > self.recipe.as_of)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a reader must know before trusting the figures."""
        found, who = [], self.recipe.column("customer") or ""
        if said(who).any("contact"):
            text = f"Customers are told apart by '{who}', which is personal data: keep the labelled customers private."
            found.append(Notice("personal-id", text))
        elif is_name(who):
            text = (
                f"Customers are told apart by '{who}': two of one name count as one, and one who is written in two "
                "ways as two. Where another column has an id of theirs, name it with --id. Names are personal data: "
                "keep the labelled customers private."
            )
            found.append(Notice("personal-id", text))
        category = self.recipe.column("category")
        if self.recipe.amount_is == "order" and category is not None:
            text = (
                f"'{self.recipe.column('amount')}' is what a whole order cost. How much of it each "
                f"'{category}' cost is not known, so there are no shares of spend by category."
            )
            found.append(Notice("order-amounts", text))
        return (*found, *self.account.notices(), *self.doubts)


def open_log(
    table: Table,
    settings: PurchaseSettings | None = None,
    *,
    customer: str | None = None,
    as_of: date | None = None,
    today: date | None = None,
    earlier: PurchaseRecipe | None = None,
) -> Purchases:
    """The purchases in a table with a row per order or order line.

    `customer` names the column of who bought. The as-of date is `as_of`, else the last day in the log that is not after
    `today`; purchases after it are the holdout. Categories and channels that had a share of their own in an `earlier`
    log keep it. Raises InputError where the log lacks a part or mixes currencies, NotEnoughDataError where no line
    counts.

    >>> import polars as pl
    >>> from segmentry.tables import read
    >>> log = pl.DataFrame({"client": ["a", "a", "b"], "date": ["2026-01-05", "2026-02-01", "2026-02-03"],
    ...                     "amount": ["5.00", "7.50", "-1.00"]})
    >>> found = open_log(read(log))
    >>> found.as_of, found.account.customers, found.account.amount, found.account.returns
    (datetime.date(2026, 2, 3), 2, 11.5, 1)
    """
    told = settings or PurchaseSettings()
    roles = dict(told.roles) if customer is None else {**told.roles, customer: "customer"}
    found = _whole(find_columns(table, roles), table)
    currency = currency_of(table, column_of(found, "currency"))
    clock = clock_of(table, column_of(found, "time") or "")
    draft = PurchaseRecipe(
        columns=tuple(LogColumn(c.column, c.role, c.reason, _reading(table, c)) for c in found),
        amount_is=told.amount_is or "line",
        places=2,
        symbol=symbol_of(table, found),
        duplicates=told.duplicates,
        as_of=as_of or date.max,
        trend_days=told.trend_days or _TREND,
        utc=clock.utc,
        has_hours=clock.hour is not None,
        states=tuple(sorted((plain_state(state), means) for state, means in told.states.items())),
        currency=currency,
    )
    discount_is, discounts = settle_discount(table, draft, told)
    draft, stands_for = with_rules(table, replace(draft, discount_is=discount_is), clock, told)
    lines = ln.in_one_form(table, draft, clock)
    recipe = _dated(lines, draft, told, as_of, today)
    recipe = replace(
        recipe,
        # What an order cost is not known by its lines.
        categories=() if recipe.amount_is == "order" else _levels(lines, recipe, ln.CATEGORY, told.categories, earlier),
        channels=_levels(lines, recipe, ln.CHANNEL, told.channels, earlier),
    )
    doubts = (*stands_for, *discounts)
    return _accounted(_without_false_alarms(table, found), lines, recipe, _duplicates(table, told), doubts)


def _accounted(
    table: Table, lines: Lines, recipe: PurchaseRecipe, duplicates: int | None, doubts: tuple[Notice, ...]
) -> Purchases:
    """The purchases with their account, what stands as a product and is none, and more doubts."""
    account = account_for(lines, recipe, table.rows_rejected, duplicates)
    charges = charges_of(lines, recipe, account.used)
    more = (*charge_notices(charges, recipe), *doubts_of(lines, recipe, account), *never_back(lines, recipe, account))
    return Purchases(
        table,
        lines,
        replace(recipe, has_returns=account.returned > 0),
        replace(account, charges=sum(c.lines for c in charges)),
        (*doubts, *more),
        charges,
    )


def _levels(
    lines: Lines, recipe: PurchaseRecipe, column: str, most: int, earlier: PurchaseRecipe | None
) -> tuple[str, ...]:
    """Levels with a share of their own: those that had one, then the largest that there is still room for."""
    found = largest(lines, recipe, column, most)
    if earlier is None or recipe.column(column) is None:
        return found
    had = earlier.categories if column == ln.CATEGORY else earlier.channels
    return tuple(dict.fromkeys((*had, *found)))[: max(most, len(had))]


def _without_false_alarms(table: Table, found: tuple[PurchaseColumn, ...]) -> Table:
    """The table without what was said of names that are mostly digits: C536379 cancels an order, 85123A is an item."""
    names = tuple(f"'{c.column}' " for c in found if c.role in KEYS)
    kept = tuple(n for n in table.notices if n.code != "mostly-numbers" or not n.message.startswith(names))
    return replace(table, notices=kept)


def _reading(table: Table, column: PurchaseColumn) -> Reading:
    """How a later log's column is to be read: what names something is text, whatever this one's cells look like."""
    found = table.column(column.column).reading
    return Reading("text", missing=found.missing) if column.role in KEYS else found


def _whole(found: tuple[PurchaseColumn, ...], table: Table) -> tuple[PurchaseColumn, ...]:
    """The columns, if they say who bought, when and for how much; without a description of payments.

    A description names goods only beside their number or price.
    """
    lacking = missing_parts(found)
    if lacking:
        unread = misread(table, found)[:_TOLD]
        seen = [f"'{name}' was read as {AS[table.column(name).reading.kind]}, {cells.found}" for name, cells in unread]
        stated = _how_to_state(found, table)
        raise InputError(
            f"The orders do not say {' and '.join(lacking)}.",
            found="; ".join([*seen, *(f"{c.column}: {c.role}" for c in found)]) or ", ".join(table.names),
            remedy=" ".join(dict.fromkeys(cells.remedy for _, cells in unread)) or stated,
            code="no-purchases",
        )
    if {c.role for c in found} & {"quantity", "unit_price", "category"}:
        return found
    return tuple(c for c in found if not (c.role in ("product", "product_name") and said(c.column).any("about")))


def _how_to_state(found: tuple[PurchaseColumn, ...], table: Table) -> str:
    """What to do where the columns found lack a part: how to state it, and what a log without money or buyers is."""
    roles, used = {c.role for c in found}, {c.column for c in found}
    parts = ['State it in segmentry.toml, for example [orders.roles] "Total" = "amount".']
    if "customer" not in roles:
        free = [c for c in table.columns if c.name not in used]
        named = [c.name for c in free if c.reading.kind == "text" or said(c.name).any("id", "customer")]
        some = ", ".join(f"'{name}'" for name in named[:_MOST_NAMED])
        parts = [f"Name the column of the customers with --id ({some or 'none is left'})."]
        if "time" not in roles or not roles & {"amount", "unit_price"}:
            parts.append('State the rest in segmentry.toml, for example [orders.roles] "Total" = "amount".')
        parts.append("Receipts that name nobody have no customers to segment.")
    if not roles & {"amount", "unit_price"}:
        parts.append("Where the file holds no money, add a column 'amount' with 1 in each row: spend then counts rows.")
    return " ".join(parts)


def _dated(
    lines: Lines, draft: PurchaseRecipe, told: PurchaseSettings, as_of: date | None, today: date | None
) -> PurchaseRecipe:
    """The recipe with its as-of date, and how long recent is."""
    days = _days(lines, today)
    if days is None:
        raise NotEnoughDataError(
            "No line of the orders counts for a customer.",
            remedy="Look at the columns with segmentry inspect, and at --as-of.",
        )
    first, last = days
    settled = as_of or last
    if settled < first:
        raise NotEnoughDataError(
            f"No purchase lies on or before {settled}.",
            found=f"purchases from {first} to {last}",
            remedy="Pass a later day with --as-of (as_of=... in Python).",
        )
    half = ((settled - first).days + 2) // 2  # twice that reaches back to the first day
    return replace(draft, as_of=settled, trend_days=told.trend_days or min(_TREND, half))


def open_like(table: Table, recipe: PurchaseRecipe) -> Purchases:
    """The purchases in a table read by the rules of an earlier log.

    Raises InputError where a column of that log is lacking, or the money is of several currencies or of another one.
    """
    missing = sorted({c.name for c in recipe.columns} - set(table.names))
    if missing:
        free = {fold(name): name for name in table.names if name not in {c.name for c in recipe.columns}}
        near = get_close_matches(fold(missing[0]), free, n=1, cutoff=0.8)
        hint = f"Did you mean '{free[near[0]]}'? " if near else ""
        raise InputError(
            f"The orders lack the column '{missing[0]}', which the segments rest on.",
            found=", ".join(table.names),
            remedy=f"{hint}Rename the column that holds it, or add it; its cells may be empty.",
            code="column-not-found",
        )
    new = new_columns(table, recipe)
    refuse_other_money(table, recipe, new)
    clock = clock_of(table, recipe.column("time") or "")
    lines = ln.in_one_form(table, recipe, clock)
    account = account_for(lines, recipe, table.rows_rejected)
    return Purchases(table, lines, recipe, account, (*told_of(table, recipe, new), *doubts_of(lines, recipe, account)))


def looks_like_log(table: Table, customer: str | None = None) -> bool:
    """Whether a row of the table is a purchase: customers come back, each time on a day and for an amount. `customer`
    names the column of who bought.

    >>> import polars as pl
    >>> from segmentry.tables import read
    >>> looks_like_log(read(pl.DataFrame({"customer_id": ["a", "b"], "total_spend": ["5", "7"]})))
    False
    """
    return _judged(table, customer)[0]


def _judged(table: Table, customer: str | None = None) -> tuple[bool, tuple[Notice, ...]]:
    """Whether it looks like a log; and a doubt where it would, did customers come back."""
    stated = {customer: "customer"} if customer in table.names else {}
    if not may_be_log(table, stated):
        return False, ()
    found = find_columns(table, stated)
    who, when = column_of(found, "customer"), column_of(found, "time")
    if missing_parts(found) or who is None or when is None:
        return False, ()
    dated = said(when).any("order", "purchase") or not said(when).any("signup", "created")
    if not dated and not (column_of(found, "order") and column_of(found, "status")):
        return False, ()
    counted = table.frame.select(different=nw.col(who).n_unique(), filled=(~nw.col(who).is_null()).sum())
    [row] = collect_rows(counted)
    # In a table of customers as well some have the name of another.
    most = _MOST_OF_NAMES if is_name(who) and who not in stated else _MOST_OF
    if int(row["different"]) < most * int(row["filled"]):
        return True, ()
    return False, _lone_orders(table, who, when, column_of(found, "order"))


def _lone_orders(table: Table, who: str, when: str, order: str | None) -> tuple[Notice, ...]:
    """That rows with an order's number each, a day and an amount were taken as customers."""
    if order is None or table.rows_read < FEWEST_ORDERS or not said(order).any("order", "purchase", "tx"):
        return ()
    [row] = collect_rows(table.frame.select(different=nw.col(order).n_unique()))
    if int(row["different"]) < table.rows_read:
        return ()
    text = (
        f"The rows look like orders, by '{order}' and '{when}', but nearly each has a customer of its own in '{who}': "
        "every row was taken as a customer. If they are orders, pass them by --orders FILE (orders=... in Python), "
        "and name the column of the customers with --id if it is another."
    )
    return (Notice("lone-orders", text),)


def read_either(
    source: Any,
    reading: ReadingSettings,
    settings: PurchaseSettings,
    expected: Mapping[str, Reading] | None = None,
    customer: str | None = None,
) -> tuple[Table, bool]:
    """The table of customers or of a log, and whether it is a log: its settings say so, or its columns do, or it
    is stated. `expected` fixes how columns are read that an earlier source had, `customer` names the column that
    identifies one."""
    if isinstance(source, CustomerTable):
        return read(source.source, reading, expected), False
    if isinstance(source, OrderTable):
        return read_log(source.source, reading, settings, expected), True
    table = read(source, reading, expected)
    is_log, doubts = (bool(settings.roles), ()) if settings.roles or not table.rows_read else _judged(table, customer)
    if is_log:
        return in_full(source, table, reading, settings, expected), True
    return replace(table, notices=(*table.notices, *doubts)), False


def _days(lines: Lines, today: date | None) -> tuple[date, date] | None:
    """The first and the last day of lines that count, up to `today`."""
    counted = lines.filter(ln.counted())
    if today is not None:
        counted = counted.filter(nw.col(ln.DAY) <= today)
    [row] = collect_rows(counted.select(first=nw.col(ln.DAY).min(), last=nw.col(ln.DAY).max()))
    return None if row["first"] is None else (row["first"], row["last"])


def _duplicates(table: Table, told: PurchaseSettings) -> int | None:
    if table.rows_read > DUPLICATES_COUNTED_BELOW and told.duplicates == "keep":
        return None
    names = list(table.names)
    return table.rows_read - count_rows(table.frame.select(names).unique(subset=names))
