"""From the rows of a log to order lines in one form: whose, when, sold for how much, and what came back.

The rules, each counted in `account`:

- An order that was cancelled, or failed, or is still open never took place: its lines are left out.
- An order with a day on which it was cancelled, or a yes to that, never took place either.
- An order whose state is refunded was bought and given back; a refunded amount is given back in part.
- A line of a kind such as Refund or credit note is a return, whatever its sign.
- A line of a guest, by a word such as that, has no customer.
- A negative amount or quantity is a return. What comes back is taken off the spend of its customer, and is no order.
- A line without an amount counts for nothing where its order has an amount on another line, and is left out otherwise.
- A line of nothing (0.00) is a purchase like others.
- A discount is taken off quantity x unit price where it is known what it is; an amount of the line has it off already.

Money is counted in whole numbers of its smallest unit, so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.purchases.recipe import DiscountIs, PurchaseRecipe
from segmentry.purchases.times import Clock
from segmentry.purchases.words import answers, guests, line_kinds, states
from segmentry.tables import Table, numbers, plain_id, text_of

Lines = nw.LazyFrame[Any]

# Columns of the lines, whatever the log has.
CUSTOMER, DAY, ORDER = "customer", "day", "order"
SOLD, RETURNED, ITEMS, DISCOUNTED = "sold", "returned", "items", "discounted"
SALE, VOID, CANCELLED, REFUNDED = "sale", "void", "cancelled", "refunded"
PRODUCT, PRODUCT_NAME, CATEGORY, CHANNEL, HOUR = "product", "product_name", "category", "channel", "hour"
UNITS = "units"
_AMOUNT, _QUANTITY, _BACK = "amount", "quantity", "back"
GUEST = "guest"  # a word for nobody stands where the customer should
CALLED_OFF = "called_off"  # a word where the order was cancelled
STATE, MARK = "state", "mark"  # of the order; of the line: whether it came back, or is a sale or a refund
_NOTHING = r"^[-+–—./0, ]*[%€$£]?$"  # 0, 0.00, 0 %, a dash


def key(table: Table, column: str) -> nw.Expr:
    """The cells of a column that names something, as text; missing where nothing is written."""
    if table.column(column).reading.kind != "text":
        return plain_id(text_of(table, column))
    return nw.when(nw.col(column) != "").then(nw.col(column))


def in_one_form(table: Table, recipe: PurchaseRecipe, clock: Clock) -> Lines:
    """The lines of a log with the columns named above; those that the log does not have are missing in every line."""
    named_by = plain_id(key(table, _of(recipe, "customer")))
    is_guest = _is(named_by.str.to_lowercase(), guests())
    own: dict[str, nw.Expr] = {CUSTOMER: nw.when(~is_guest).then(named_by), GUEST: is_guest, DAY: clock.day}
    order = recipe.column("order")
    own[ORDER] = nw.lit(None, dtype=nw.String) if order is None else plain_id(key(table, order))
    for name, role in ((PRODUCT, "product"), (CATEGORY, "category"), (CHANNEL, "channel")):
        column = recipe.column(role)
        own[name] = nw.lit(None, dtype=nw.String) if column is None else key(table, column)
    named = recipe.column("product_name")
    own[PRODUCT_NAME] = own[PRODUCT] if named is None else key(table, named)
    own[HOUR] = nw.lit(None, dtype=nw.Int64) if clock.hour is None else clock.hour.cast(nw.Int64)
    own[_AMOUNT] = amount_of(recipe)
    own[_QUANTITY] = _number(recipe, "quantity")
    own[_BACK] = _number(recipe, "refunded")
    own[CALLED_OFF] = _called_off(table, recipe)
    own[STATE] = _state(table, recipe, "status")
    own[MARK] = _state(table, recipe, "returned")
    own[DISCOUNTED] = _has_discount(table, recipe)
    frame = table.frame
    if recipe.duplicates == "drop":
        frame = frame.unique(subset=list(table.names))
    lines = frame.select(**own)
    if recipe.fill:
        lines = lines.with_columns(*(_filled(c).alias(c) for c in recipe.fill))
    if recipe.amount_is == "order":
        lines = _once_an_order(lines)
    return _with_kinds(lines, recipe)


def _of(recipe: PurchaseRecipe, role: str) -> str:
    column = recipe.column(role)
    if column is None:
        raise ValueError(f"the log has no {role}")
    return column


def amount_of(recipe: PurchaseRecipe) -> nw.Expr:
    """What a line, or its order, was sold for, in the log's own money."""
    amount, price, quantity = (recipe.column(role) for role in ("amount", "unit_price", "quantity"))
    if amount is not None:
        return nw.col(amount)
    gross = nw.col(price or "") * (nw.col(quantity) if quantity is not None else 1.0)
    return _discounted(gross, nw.col(recipe.column("discount") or "").fill_null(0.0), recipe.discount_is)


def _discounted(gross: nw.Expr, discount: nw.Expr, how: DiscountIs) -> nw.Expr:
    """What is left of quantity x unit price; never more than it, nor of another sign."""
    if how == "none":
        return gross
    if how == "amount":
        off = nw.min_horizontal(discount.abs(), gross.abs())
        return nw.when(gross < 0).then(gross + off).otherwise(gross - off)
    share = discount if how == "fraction" else discount * 0.01
    return gross * (1.0 - nw.min_horizontal(nw.max_horizontal(share, nw.lit(0.0)), nw.lit(1.0)))


def _number(recipe: PurchaseRecipe, role: str) -> nw.Expr:
    column = recipe.column(role)
    return nw.lit(None, dtype=nw.Float64) if column is None else nw.col(column)


def _state(table: Table, recipe: PurchaseRecipe, role: str) -> nw.Expr:
    column = recipe.column(role)
    if column is None:
        return nw.lit(None, dtype=nw.String)
    return _plain(key(table, column))


def _plain(cell: nw.Expr) -> nw.Expr:
    """As `words.plain_state` writes it."""
    plain = cell.str.to_lowercase().str.replace_all(r"[_\- ]+", " ").str.strip_chars()
    return plain.str.replace_all(r"^wc ", "")


def _called_off(table: Table, recipe: PurchaseRecipe) -> nw.Expr:
    column = recipe.column("cancelled")
    if column is None:
        return nw.lit(None, dtype=nw.String)
    return nw.when(is_called_off(table, column)).then(nw.lit("yes"))


def is_called_off(table: Table, column: str) -> nw.Expr:
    """Whether a column of days of cancellations, or of yes and no, says that the order of a line was cancelled."""
    if table.column(column).reading.kind == "date":
        return ~nw.col(column).is_null()
    return _is(_plain(key(table, column)), answers("yes"))


def _has_discount(table: Table, recipe: PurchaseRecipe) -> nw.Expr:
    column = recipe.column("discount")
    if column is None:
        return nw.lit(None, dtype=nw.Float64)
    if table.column(column).reading.kind == "number":
        given = nw.col(column).abs() > 0
    else:
        said = key(table, column).str.to_lowercase()
        given = ~said.is_in([*answers("no"), *numbers.MISSING_TOKENS]) & ~said.str.contains(_NOTHING)
    return nw.when(given).then(nw.lit(1.0)).otherwise(nw.lit(0.0))


def _filled(column: str) -> nw.Expr:
    """What another line of the order says, where a line says nothing; lines without an order number have no other."""
    gap = nw.col(column).is_null() & ~nw.col(ORDER).is_null()
    return nw.when(gap).then(nw.col(column).max().over(ORDER)).otherwise(nw.col(column))


_TELLING = (_AMOUNT, DAY, CUSTOMER, _BACK, STATE, MARK, CALLED_OFF, CHANNEL)  # what matters to who paid what, and when


def _once_an_order(lines: Lines) -> Lines:
    """An amount that stands on every line of its order stays on one of them, whatever the order of the rows; it is
    discounted where any line is."""
    # Engines do not agree whether what is missing comes first.
    gaps = {f"no {c}": nw.when(nw.col(c).is_null()).then(nw.lit(1)).otherwise(nw.lit(0)) for c in _TELLING}
    by = [column for c in _TELLING for column in (f"no {c}", c)]
    ranked = lines.with_columns(**gaps).with_columns(
        nw.col(by[0]).cum_count().over(ORDER, order_by=by).alias("place"),
        nw.col(DISCOUNTED).max().over(ORDER).alias("any discounted"),
    )
    alone = nw.col(ORDER).is_null()
    first = (nw.col("place") == 1) | alone
    kept = {c: nw.when(first).then(nw.col(c)).otherwise(nw.lit(0.0)) for c in (_AMOUNT, _BACK)}
    kept[DISCOUNTED] = nw.when(alone).then(nw.col(DISCOUNTED)).otherwise(nw.col("any discounted"))
    return ranked.with_columns(**kept).drop("place", "any discounted", *gaps)


def _with_kinds(lines: Lines, recipe: PurchaseRecipe) -> Lines:
    units = 10.0**recipe.places
    amount, back, state, mark = nw.col(_AMOUNT), nw.col(_BACK), nw.col(STATE), nw.col(MARK)
    quantity = nw.col(_QUANTITY).fill_null(0.0)
    void, refunded = meaning(recipe, "void"), meaning(recipe, "refunded")
    takes_back = line_kinds("back")
    is_void = _is(state, void) | _is(mark, void) | ~nw.col(CALLED_OFF).is_null()
    is_refunded = _is(state, refunded) | _is(mark, {*refunded, *answers("yes")} - {*takes_back})
    negative = (amount < 0) | (quantity < 0) | _is(mark, takes_back)
    whole = nw.when(is_refunded).then(amount).otherwise(nw.lit(0.0))
    part = nw.when(~back.is_null() & (back.abs() > 0)).then(back.abs()).otherwise(whole)
    begins = nw.col(ORDER).str.starts_with(recipe.cancel_prefix) if recipe.cancel_prefix else nw.lit(False)
    flags = {
        SALE: ~negative & ~amount.is_null(),
        VOID: is_void,
        REFUNDED: is_refunded,
        CANCELLED: begins.fill_null(False) if recipe.cancel_prefix else begins,
        "given": nw.when(negative).then(-amount.abs()).otherwise(amount),
        "taken": nw.when(negative).then(nw.lit(0.0)).otherwise(part),
    }
    cents = {name: (nw.col(name) * units + 0.5).floor() for name in ("given", "taken")}
    named = lines.with_columns(**flags).with_columns(**cents)
    sold = nw.when(nw.col(SALE)).then(nw.col("given")).otherwise(nw.lit(0.0))
    returned = nw.when(nw.col(SALE)).then(nw.col("taken")).otherwise(nw.lit(0.0) - nw.col("given"))
    wanted = [CUSTOMER, DAY, ORDER, PRODUCT, PRODUCT_NAME, CATEGORY, CHANNEL, HOUR, SALE, VOID, REFUNDED, CANCELLED]
    return named.select(
        *wanted,
        sold.alias(SOLD),
        returned.alias(RETURNED),
        nw.when(nw.col(SALE)).then(quantity).otherwise(nw.lit(0.0)).alias(ITEMS),
        nw.when(nw.col(SALE)).then(nw.col(DISCOUNTED)).otherwise(nw.lit(0.0)).alias(DISCOUNTED),
        amount.is_null().alias("no_amount"),
        state,
        mark,
        nw.col(GUEST) & nw.col(CUSTOMER).is_null(),
    )


def _is(state: nw.Expr, words: Collection[str]) -> nw.Expr:
    return state.is_in(sorted(words)).fill_null(False)


def meaning(recipe: PurchaseRecipe, kind: str) -> tuple[str, ...]:
    """States that mean an order is "sold", "void" or "refunded": those that were stated, and the known ones."""
    stated = dict(recipe.states)
    known = {word for word in states(kind) if word not in stated}
    return tuple(sorted(known | {word for word, means in recipe.states if means == kind}))


def usable(lines: Lines, recipe: PurchaseRecipe) -> Lines:
    """The lines that count for customers: of someone, on a day up to the as-of date, for a known amount, not void."""
    return lines.filter(counted(), nw.col(DAY) <= recipe.as_of)


def counted() -> nw.Expr:
    """Holds for a line that counts, whatever its day."""
    return ~nw.col(CUSTOMER).is_null() & ~nw.col(DAY).is_null() & ~nw.col("no_amount") & ~nw.col(VOID)


def units(recipe: PurchaseRecipe) -> dict[str, nw.Expr]:
    """The column of how many smallest units one of the money is, to divide sums by."""
    return {UNITS: in_every_row(10.0**recipe.places)}


def in_every_row(number: float) -> nw.Expr:
    """A number as a column, beside what was sold.

    To divide by: asked to divide by a number, some engines multiply with its reciprocal, and the last digit is another.
    They know a number even as the result of a condition, so that it must come from the row.
    """
    return nw.col(SOLD) * 0.0 + number
