"""What later orders say that the earlier log did not: other money is an error, a column that was not used a warning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segmentry.errors import InputError, Notice, plural
from segmentry.features.words import parse_name
from segmentry.purchases import lines as ln
from segmentry.purchases.recipe import PurchaseRecipe
from segmentry.purchases.roles import PurchaseColumn, PurchaseRole, column_of, columns_beside, levels_of
from segmentry.purchases.settling import currency_of
from segmentry.purchases.words import plain_state
from segmentry.tables import Table, collect_rows, currency_code

NEW_COLUMN = "orders-new-column"
_CODE = 3  # letters of a currency's code
_TELLING: tuple[PurchaseRole, ...] = ("status", "refunded", "returned", "cancelled", "currency")
_SAYS: dict[PurchaseRole, str] = {
    "status": "the state of an order",
    "refunded": "what was refunded",
    "returned": "what came back",
    "cancelled": "which orders were cancelled",
    "currency": "the currency",
}


def new_columns(table: Table, recipe: PurchaseRecipe) -> tuple[PurchaseColumn, ...]:
    """Columns that say whether a line is a sale, or of what money, where the recipe knows none that does."""
    return columns_beside(table, {c.role: c.name for c in recipe.columns}, _TELLING)


def refuse_other_money(table: Table, recipe: PurchaseRecipe, new: Iterable[PurchaseColumn]) -> None:
    """Raises InputError where the orders are in several currencies, or in another than those of the recipe."""
    column = recipe.column("currency") or column_of(new, "currency")
    amount = recipe.column("amount") or recipe.column("unit_price") or ""
    code, sign = currency_of(table, column), table.column(amount).unit
    other = code if code and not _is_money_of(recipe, code) else ""
    if not other and (not sign or sign == "%" or not recipe.symbol or _is_alike(sign, recipe.symbol)):
        return
    raise InputError(
        "The orders are in another currency than those that the segments were made from.",
        found=f"{other} in '{column}'" if other else f"{sign} in '{amount}'",
        remedy=f"Give orders in {recipe.currency or recipe.symbol.strip()}, or fit again on orders in this currency.",
        code="currencies",
    )


def _is_money_of(recipe: PurchaseRecipe, code: str) -> bool:
    """Whether this is the recipe's currency; where it knows only a sign, or nothing, what does not speak against it."""
    if recipe.currency:
        return code == recipe.currency
    is_code = len(code) == _CODE and code.isalpha()
    return not recipe.symbol or not is_code or _is_alike(code, recipe.symbol)


def _is_alike(one: str, other: str) -> bool:
    """Whether two signs may be of the same money: $ stands for A$ too, and k€ is thousands of €."""
    a, b = _sign(one), _sign(other)
    return a.endswith(b) or b.endswith(a)


def _sign(money: str) -> str:
    code = currency_code(money)
    return (parse_name(f"amount {code}").symbol or code).strip().casefold()


def told_of(table: Table, recipe: PurchaseRecipe, new: Iterable[PurchaseColumn]) -> Iterator[Notice]:
    """A warning for each new column that would have changed what counts."""
    for column in new:
        begin = (
            f"'{column.column}' seems to say {_SAYS[column.role]}; the segments were made from orders without such a "
        )
        if column.role == "currency":
            code = currency_of(table, column.column)
            if code and not (recipe.symbol and _is_alike(code, recipe.symbol)):
                text = (
                    f"column, and amounts count as they stand. Were those orders in {code} too? If not, convert these."
                )
                yield Notice(NEW_COLUMN, begin + text)
            continue
        void = _not_sold(table, recipe, column)
        lines = f", {plural(void, 'line')} that it says nothing came of among them" if void else ""
        text = f"column, and it was not used: lines count as at the fit{lines}. Leave some out, or fit again."
        yield Notice(NEW_COLUMN, begin + text)


def _not_sold(table: Table, recipe: PurchaseRecipe, column: PurchaseColumn) -> int:
    if column.role == "refunded":
        return 0
    if column.role == "cancelled":
        [row] = collect_rows(table.frame.select(n=ln.is_called_off(table, column.column).sum()))
        return int(row["n"] or 0)
    lost = {*ln.meaning(recipe, "void"), *ln.meaning(recipe, "refunded")}
    levels = levels_of(table, column.column) or {}
    return sum(n for level, n in levels.items() if plain_state(level) in lost)
