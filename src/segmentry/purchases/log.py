"""A purchase log opened: its columns found, its rules settled, every line accounted for.

The way in for everything that works on orders; what becomes of a customer is left to `features` and `summary`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import InputError, NotEnoughDataError, Notice
from segmentry.features.words import parse_name
from segmentry.purchases import lines as ln
from segmentry.purchases.account import Account, account_for
from segmentry.purchases.lines import Lines
from segmentry.purchases.recipe import AmountIs, LogColumn, PurchaseRecipe
from segmentry.purchases.roles import PurchaseColumn, find_columns, levels_of, missing_parts
from segmentry.purchases.settings import PurchaseSettings
from segmentry.purchases.times import Clock, clock_of
from segmentry.purchases.words import said
from segmentry.tables import Table, collect_rows, count_rows

DUPLICATES_COUNTED_BELOW = 2_000_000  # rows; comparing more of them in every cell costs more than all the rest
_MOST_OF = 0.9
_PLACES = (2, 3, 4)
_NONE = "none"  # no day is later than this
_TREND = 180


@dataclass(frozen=True)
class Purchases:
    """A purchase log in one form. `lines` are all of its order lines; `used` those that count for customers."""

    table: Table
    lines: Lines
    recipe: PurchaseRecipe
    account: Account

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
        return self.account.notices()


def open_log(
    table: Table,
    settings: PurchaseSettings | None = None,
    *,
    customer: str | None = None,
    as_of: date | None = None,
    today: date | None = None,
) -> Purchases:
    """The purchases in a table with a row per order or order line.

    `customer` names the column of who bought. The as-of date is `as_of`, else the last day in the log that is not after
    `today`; purchases after it are the holdout. Raises InputError where the log lacks a part or mixes currencies,
    NotEnoughDataError where no line counts.

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
    found = find_columns(table, roles)
    lacking = missing_parts(found)
    if lacking:
        raise InputError(
            f"The orders do not say {' and '.join(lacking)}.",
            found="; ".join(f"{c.column}: {c.role}" for c in found) or ", ".join(table.names),
            remedy='State it in segmentry.toml, for example [orders.roles] "Total" = "amount".',
            code="no-purchases",
        )
    found = _without_chatter(found)
    columns = tuple(LogColumn(c.column, c.role, c.reason, table.column(c.column).reading) for c in found)
    _refuse_currencies(table, found)
    clock = clock_of(table, _column(found, "time") or "")
    draft = PurchaseRecipe(
        columns=columns,
        amount_is=told.amount_is or "line",
        places=_PLACES[0],
        symbol=_symbol(table, found),
        duplicates=told.duplicates,
        as_of=as_of or date.max,
        trend_days=told.trend_days or _TREND,
        utc=clock.utc,
        has_hours=clock.hour is not None,
    )
    draft = _with_rules(table, draft, clock, told)
    lines = ln.in_one_form(table, draft, clock)
    days = _days(lines, today)
    if days is None:
        raise NotEnoughDataError(
            "No line of the orders counts for a customer.",
            found=f"{table.rows_read:,} lines",
            remedy="Look at the columns with segmentry inspect, and at --as-of.",
        )
    first, last = days
    settled = as_of or last
    half = max((settled - first).days // 2, 1)
    recipe = replace(draft, as_of=settled, trend_days=told.trend_days or min(_TREND, half))
    recipe = replace(
        recipe,
        categories=_largest(lines, recipe, ln.CATEGORY, told.categories),
        channels=_largest(lines, recipe, ln.CHANNEL, told.channels),
    )
    account = account_for(lines, recipe, _duplicates(table, told))
    if not account.used:
        raise NotEnoughDataError(
            f"No purchase lies on or before {settled}.",
            found=f"purchases from {first} to {last}",
            remedy="Pass a later --as-of.",
        )
    return Purchases(table, lines, replace(recipe, has_returns=account.returned > 0), account)


def open_like(table: Table, recipe: PurchaseRecipe, *, as_of: date | None = None) -> Purchases:
    """The purchases in a table read by the rules of an earlier log; `as_of` moves the date they are counted to."""
    missing = sorted({c.name for c in recipe.columns} - set(table.names))
    if missing:
        raise InputError(
            f"The orders lack the column '{missing[0]}', which the segments rest on.",
            found=", ".join(table.names),
            remedy="Rename the column that holds it, or add it; its cells may be empty.",
            code="column-not-found",
        )
    clock = clock_of(table, recipe.column("time") or "")
    moved = replace(recipe, as_of=as_of or recipe.as_of)
    lines = ln.in_one_form(table, moved, clock)
    return Purchases(table, lines, moved, account_for(lines, moved))


def looks_like_log(table: Table) -> bool:
    """Whether a row of the table is a purchase: customers come back, each time on a day and for an amount.

    >>> import polars as pl
    >>> from segmentry.tables import read
    >>> looks_like_log(read(pl.DataFrame({"customer_id": ["a", "b"], "total_spend": ["5", "7"]})))
    False
    """
    found = find_columns(table)
    who, when = _column(found, "customer"), _column(found, "time")
    if missing_parts(found) or who is None or when is None:
        return False
    if said(when).any("signup", "created") and not said(when).any("order", "purchase"):
        return False
    counted = table.frame.select(different=nw.col(who).n_unique(), filled=(~nw.col(who).is_null()).sum())
    [row] = collect_rows(counted)
    return int(row["different"]) < _MOST_OF * int(row["filled"])


def _column(found: tuple[PurchaseColumn, ...], role: str) -> str | None:
    return next((c.column for c in found if c.role == role), None)


def _without_chatter(found: tuple[PurchaseColumn, ...]) -> tuple[PurchaseColumn, ...]:
    """A description in a list of payments describes the payment; it names goods only beside their number or price."""
    roles = {c.role for c in found}
    if roles & {"quantity", "unit_price", "category"}:
        return found
    return tuple(c for c in found if not (c.role in ("product", "product_name") and said(c.column).any("about")))


def _refuse_currencies(table: Table, found: tuple[PurchaseColumn, ...]) -> None:
    column = _column(found, "currency")
    levels = levels_of(table, column) if column is not None else {}
    if column is not None and (levels is None or len({level.casefold() for level in levels}) > 1):
        some = ", ".join(f"{n:,} in {level}" for level, n in sorted((levels or {}).items(), key=lambda i: -i[1])[:4])
        raise InputError(
            f"The orders are in several currencies ('{column}'), and amounts of different money cannot be added.",
            found=some,
            remedy="Give one currency at a time, or amounts that are converted to one.",
            code="currencies",
        )


def _symbol(table: Table, found: tuple[PurchaseColumn, ...]) -> str:
    """The sign of the money: of the cells, of the column's name, or of the currency column."""
    money = _column(found, "amount") or _column(found, "unit_price") or ""
    own = table.column(money).unit or parse_name(money).symbol
    currency = _column(found, "currency")
    if own or currency is None:
        return "" if own == "%" else own
    code = next(iter(levels_of(table, currency) or {}), "")
    return parse_name(f"amount {code}").symbol


def _with_rules(table: Table, draft: PurchaseRecipe, clock: Clock, told: PurchaseSettings) -> PurchaseRecipe:
    """The rules that the cells decide: what an amount stands for, what is filled in, cancellations, decimal places."""
    frame = table.frame
    order = draft.column("order")
    money = ln.amount_of(draft)
    checked = {f"off {p}": _is_off(money, p) for p in _PLACES}
    gaps = {name: column for name in ("customer", "time", "status") if (column := draft.column(name)) is not None}
    checked |= {f"gap {name}": nw.col(column).is_null() for name, column in gaps.items()}
    checked["gap amount"] = money.is_null()
    if order is not None:
        quantity = draft.column("quantity")
        number = ln.key(table, order)
        negative = money < 0 if quantity is None else (money < 0) | (nw.col(quantity) < 0)
        checked |= {"c": number.str.starts_with("C"), "c back": number.str.starts_with("C") & negative}
    flags = [
        nw.when(e.fill_null(False)).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(n)
        for n, e in checked.items()
    ]
    [row] = collect_rows(frame.select(*flags).select(*(nw.col(n).sum() for n in checked)))
    counts = {name: int(value or 0) for name, value in row.items()}
    rows = max(table.rows_read, 1)
    places = next((p for p in _PLACES if counts[f"off {p}"] * 1000 <= rows), _PLACES[-1])
    cancelled = 0 < counts.get("c", 0) < rows / 2 and counts["c back"] >= _MOST_OF * counts["c"]
    recipe = replace(draft, places=places, cancel_prefix="C" if cancelled else "")
    if order is None:
        return recipe
    amount = draft.column("amount")
    with_gaps = [name for name in gaps if counts[f"gap {name}"]]
    once = amount is not None and told.amount_is is None and said(amount).any("total", "order", "amount", "spend")
    if not with_gaps and not (once and not said(amount or "").any("line")):
        return recipe
    return _by_order(table, recipe, clock, with_gaps, once)


def _is_off(money: nw.Expr, places: int) -> nw.Expr:
    steps = money * 10.0**places
    return (steps - (steps + 0.5).floor()).abs() > 1e-6 * (1.0 + money.abs())


_FILLED_FROM = {"customer": ln.CUSTOMER, "time": ln.DAY, "status": "state"}


def _by_order(
    table: Table, recipe: PurchaseRecipe, clock: Clock, with_gaps: list[str], once: bool
) -> PurchaseRecipe:
    """What the lines of one order show together: a total that is said once or repeated, a head on the first line only."""
    own: dict[str, nw.Expr] = {ln.ORDER: ln.key(table, recipe.column("order") or ""), "amount": ln.amount_of(recipe)}
    for name in with_gaps:
        own[name] = clock.day if name == "time" else ln.key(table, recipe.column(name) or "")
    counts = {f"has {name}": nw.col(name).count() for name in (*with_gaps, "amount")}
    grouped = (
        table.frame.select(**own)
        .filter(~nw.col(ln.ORDER).is_null())
        .group_by(ln.ORDER)
        .agg(n=nw.len(), low=nw.col("amount").min(), high=nw.col("amount").max(), **counts)
        .filter(nw.col("n") > 1)
    )
    partly = {
        f"partly {name}": (nw.col(f"has {name}") > 0) & (nw.col(f"has {name}") < nw.col("n"))
        for name in (*with_gaps, "amount")
    }
    same = (nw.col("has amount") == nw.col("n")) & (nw.col("low") == nw.col("high"))
    shown = grouped.select(
        *(nw.when(e).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(n) for n, e in partly.items()),
        nw.when(same).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias("same"),
        nw.lit(1).cast(nw.Int64).alias("several"),
    )
    [row] = collect_rows(shown.select(*(nw.col(n).sum() for n in (*partly, "same", "several"))))
    seen = {name: int(value or 0) for name, value in row.items()}
    fill = tuple(_FILLED_FROM[name] for name in with_gaps if seen[f"partly {name}"])
    repeated = said(recipe.column("amount") or "").any("total", "order") and seen["same"] >= _MOST_OF * seen["several"]
    said_once = seen["partly amount"] >= seen["several"] / 2
    whole: AmountIs = "order" if once and seen["several"] and (repeated or said_once) else recipe.amount_is
    return replace(recipe, fill=fill, amount_is=whole)


def _days(lines: Lines, today: date | None) -> tuple[date, date] | None:
    """The first and the last day of lines that count, up to `today`."""
    counted = lines.filter(ln.counted())
    if today is not None:
        counted = counted.filter(nw.col(ln.DAY) <= today)
    [row] = collect_rows(counted.select(first=nw.col(ln.DAY).min(), last=nw.col(ln.DAY).max()))
    return None if row["first"] is None else (row["first"], row["last"])


def _largest(lines: Lines, recipe: PurchaseRecipe, column: str, most: int) -> tuple[str, ...]:
    """The levels that most was sold in, the largest first; frozen, so that later orders have the same shares."""
    if recipe.column(column) is None or not most:
        return ()
    sold = ln.usable(lines, recipe).filter(nw.col(ln.SALE), ~nw.col(column).is_null())
    rows = collect_rows(sold.group_by(column).agg(nw.col(ln.SOLD).sum()))
    ranked = sorted(rows, key=lambda row: (-float(row[ln.SOLD]), str(row[column])))
    return tuple(str(row[column]) for row in ranked[:most]) if len(ranked) > 1 else ()


def _duplicates(table: Table, told: PurchaseSettings) -> int | None:
    if table.rows_read > DUPLICATES_COUNTED_BELOW and told.duplicates == "keep":
        return None
    names: Any = list(table.names)
    return table.rows_read - count_rows(table.frame.select(names).unique(subset=names))
