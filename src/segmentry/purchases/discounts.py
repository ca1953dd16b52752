"""Whether discounts are shares of the price or amounts off, where a line costs quantity x unit price.

A line's own amount has its discount off already.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, SettingsError, plural
from segmentry.purchases import lines as ln
from segmentry.purchases.recipe import DiscountIs, PurchaseRecipe
from segmentry.purchases.settings import PurchaseSettings
from segmentry.purchases.words import said
from segmentry.tables import Table, collect_rows

_IS = {"fraction": "a share of the price", "percent": "percent of the price", "amount": "an amount off the line"}


def settle_discount(
    table: Table, draft: PurchaseRecipe, told: PurchaseSettings
) -> tuple[DiscountIs, tuple[Notice, ...]]:
    """What the discounts are, and a warning of what is taken off, or of what is not because it may be either.

    A share: all from 0 to 1, some between. Percent: by the name or the sign %, all from 0 to 100. An amount: by the
    name or the sign of money, never more than the line costs.
    """
    column = draft.column("discount")
    is_number = column is not None and table.column(column).reading.kind == "number"
    if column is None or not is_number or draft.column("amount") is not None:
        if told.discount_is in (None, "none"):
            return "none", ()
        raise SettingsError(
            "There is no discount that could be taken off.",
            found="no column of numbers with discounts" if not is_number else "lines with an amount of their own",
            remedy="Leave discount_is out, or state the columns under [orders.roles].",
        )
    if told.discount_is is not None:
        return told.discount_is, ()
    seen = _looked_at(table, draft, column)
    low, high = float(seen["low"] or 0.0), float(seen["high"] or 0.0)
    if not seen["between"] and (low, high) in ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        return "none", ()  # no discount, or a yes and no
    how = _meant(table, column, low, high, int(seen["beyond"] or 0))
    span = f"'{column}' (from {low:g} to {high:g}, {plural(int(seen['given'] or 0), 'line')} with one)"
    if how == "none":
        text = (
            f"{span} may be percent or money: nothing is taken off quantity x unit price. If the prices are before it, "
            'state [orders] discount_is = "percent" (or "fraction", or "amount") in segmentry.toml; if not, "none".'
        )
        return how, (Notice("unclear-discount", text),)
    text = (
        f"{span} is {_IS[how]}: taken off quantity x unit price. If the prices have it off already, state "
        '[orders] discount_is = "none" in segmentry.toml.'
    )
    return how, (Notice("discount-off", text),)


def _looked_at(table: Table, draft: PurchaseRecipe, column: str) -> dict[str, float]:
    """The smallest and largest discount; lines with one, with one between 0 and 1, and with more than they cost."""
    own = nw.col(column)
    flags = {"given": own.abs() > 0, "between": (own > 0) & (own < 1), "beyond": own.abs() > ln.amount_of(draft).abs()}
    ones = (
        nw.when(e.fill_null(False)).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(name)
        for name, e in flags.items()
    )
    marked = table.frame.select(own.alias("low"), own.alias("high"), *ones)
    [row] = collect_rows(marked.select(nw.col("low").min(), nw.col("high").max(), *(nw.col(n).sum() for n in flags)))
    return row


def _meant(table: Table, column: str, low: float, high: float, beyond: int) -> DiscountIs:
    unit, name = table.column(column).unit, said(column)
    is_money = bool(unit and unit != "%") or name.any("amount", "total", "line")
    if unit == "%" or (name.any("rate") and high > 1):
        return "percent" if low >= 0 and high <= 100 else "none"
    if low >= 0 and high <= 1:
        return "none" if is_money else "fraction"
    one_sided = low >= 0 or high <= 0
    return "amount" if is_money and one_sided and not beyond else "none"
