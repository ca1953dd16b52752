"""The rules of a log that only its cells can decide: what an amount stands for, what counts as cancelled, which money.

Each is one pass, or one count by order, and none looks at the order of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import narwhals.stable.v2 as nw

from segmentry.errors import InputError, Notice, plural
from segmentry.features.words import parse_name
from segmentry.purchases import lines as ln
from segmentry.purchases.lines import Lines
from segmentry.purchases.recipe import AmountIs, PurchaseRecipe
from segmentry.purchases.roles import PurchaseColumn, column_of, levels_of
from segmentry.purchases.settings import PurchaseSettings
from segmentry.purchases.times import Clock
from segmentry.purchases.words import said
from segmentry.tables import Table, collect_rows, currency_code

_MOST_OF = 0.9
_PLACES = (2, 3, 4)
# One order that stands in the file twice says nothing of the others: of so many, or of such a share of all, it is told.
_ENOUGH_ORDERS, _ENOUGH_SHARE = 10, 0.01


def currency_of(table: Table, column: str | None) -> str:
    """The currency that all orders are in by this column; "" where it says none. Raises InputError for several."""
    levels = levels_of(table, column) if column is not None else {}
    codes = {currency_code(level) for level in levels or {}}
    if levels is None or len(codes) > 1:
        some = ", ".join(f"{n:,} in {level}" for level, n in sorted((levels or {}).items(), key=lambda i: -i[1])[:4])
        raise InputError(
            f"The orders are in several currencies ('{column}'), and amounts of different money cannot be added.",
            found=some,
            remedy="Give one currency at a time, or amounts that are converted to one.",
            code="currencies",
        )
    return next(iter(codes), "")


def symbol_of(table: Table, found: tuple[PurchaseColumn, ...]) -> str:
    """The sign of the money: of the cells, of the column's name, or of the currency column."""
    money = column_of(found, "amount") or column_of(found, "unit_price") or ""
    own = table.column(money).unit or parse_name(money).symbol
    currency = column_of(found, "currency")
    if own or currency is None:
        return "" if own == "%" else own
    code = next(iter(levels_of(table, currency) or {}), "")
    return parse_name(f"amount {code}").symbol


def with_rules(
    table: Table, draft: PurchaseRecipe, clock: Clock, told: PurchaseSettings
) -> tuple[PurchaseRecipe, tuple[Notice, ...]]:
    """The rules that the cells decide: what an amount stands for, what is filled in, cancellations, decimal places;
    and what to say of the first."""
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
        return recipe, ()
    amount = draft.column("amount")
    with_gaps = [name for name in gaps if counts[f"gap {name}"]]
    once = amount is not None and told.amount_is is None and said(amount).any("total", "order", "amount", "spend")
    once = once and not said(amount or "").any("line")  # what a line cost stands for the line
    # Only a total can stand for an order on every line, and only with gaps can it stand on the first.
    once = once and (counts["gap amount"] > 0 or said(amount or "").any("total", "order"))
    if not with_gaps and not once:
        return recipe, ()
    return _by_order(table, recipe, clock, with_gaps, once)


def _is_off(money: nw.Expr, places: int) -> nw.Expr:
    steps = money * 10.0**places
    return (steps - (steps + 0.5).floor()).abs() > 1e-6 * (1.0 + money.abs())


_FILLED_FROM = {"customer": ln.CUSTOMER, "time": ln.DAY, "status": ln.STATE}


def _by_order(
    table: Table, recipe: PurchaseRecipe, clock: Clock, with_gaps: list[str], once: bool
) -> tuple[PurchaseRecipe, tuple[Notice, ...]]:
    """What the lines of an order show together: a total said once or repeated, a head on the first line only."""
    own: dict[str, nw.Expr] = {ln.ORDER: ln.key(table, recipe.column("order") or ""), "amount": ln.amount_of(recipe)}
    for name in with_gaps:
        own[name] = clock.day if name == "time" else ln.key(table, recipe.column(name) or "")
    counts = {f"has {name}": nw.col(name).count() for name in (*with_gaps, "amount")}
    grouped = (
        table.frame.select(**own)
        .filter(~nw.col(ln.ORDER).is_null())
        .group_by(ln.ORDER)
        .agg(n=nw.len(), low=nw.col("amount").min(), high=nw.col("amount").max(), **counts)
    )
    partly = {
        f"partly {name}": (nw.col(f"has {name}") > 0) & (nw.col(f"has {name}") < nw.col("n"))
        for name in (*with_gaps, "amount")
    }
    several = nw.col("n") > 1
    same = several & (nw.col("has amount") == nw.col("n")) & (nw.col("low") == nw.col("high"))
    told = {**partly, "same": same, "several": several, "orders": nw.col("n") > 0}
    shown = grouped.select(
        *(nw.when(e).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(n) for n, e in told.items())
    )
    [row] = collect_rows(shown.select(*(nw.col(n).sum() for n in told)))
    seen = {name: int(value or 0) for name, value in row.items()}
    fill = tuple(_FILLED_FROM[name] for name in with_gaps if seen[f"partly {name}"])
    # Where the head of an order stands on its first line only, so does the day on which it was cancelled.
    fill += (ln.CALLED_OFF,) if fill and recipe.column("cancelled") is not None else ()
    recipe = replace(recipe, fill=fill)
    if not once or not seen["several"]:
        return recipe, ()
    amount = recipe.column("amount") or ""
    repeated = said(amount).any("total", "order") and seen["same"] >= _MOST_OF * seen["several"]
    said_once = seen["partly amount"] >= seen["several"] / 2
    if not repeated and not said_once:
        return recipe, ()
    many = seen["several"] >= min(_ENOUGH_ORDERS, _ENOUGH_SHARE * seen["orders"])
    enough = many or said(amount).any("order")  # "order total" says it by itself
    whole: AmountIs = "order" if enough else recipe.amount_is
    return replace(recipe, amount_is=whole), (_stands_for(amount, seen, repeated, whole),)


def _stands_for(amount: str, seen: Mapping[str, int], repeated: bool, whole: AmountIs) -> Notice:
    """What an amount was taken for, with the orders that show it."""
    n = seen["same"] if repeated else seen["partly amount"]
    where = "the same on each line" if repeated else "missing on some lines"
    text = f"'{amount}' is {where} of {n:,} of the {plural(seen['several'], 'order')} with several lines"
    if whole == "order":
        return Notice("amount-of-order", f"{text}: it is taken for what the order cost, and counts once an order.")
    return Notice(
        "amount-of-order",
        f"{text}, of {seen['orders']:,} in all: too few to take it for what an order cost, so that each line "
        'counts. If it is, state [orders] amount_is = "order" in segmentry.toml.',
    )


def largest(lines: Lines, recipe: PurchaseRecipe, column: str, most: int) -> tuple[str, ...]:
    """The levels that most was sold in, the largest first; frozen, so that later orders have the same shares."""
    if recipe.column(column) is None or not most:
        return ()
    sold = ln.usable(lines, recipe).filter(nw.col(ln.SALE), ~nw.col(column).is_null())
    rows = collect_rows(sold.group_by(column).agg(nw.col(ln.SOLD).sum()))
    ranked = sorted(rows, key=lambda row: (-float(row[ln.SOLD]), str(row[column])))
    return tuple(str(row[column]) for row in ranked[:most]) if len(ranked) > 1 else ()
