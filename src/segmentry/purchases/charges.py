"""Lines of postage, fees, discounts and corrections among the products: their money counts, and they are no goods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, plural
from segmentry.purchases import lines as ln
from segmentry.purchases.lines import Lines
from segmentry.purchases.recipe import PurchaseRecipe
from segmentry.purchases.words import charge_parts, is_charge
from segmentry.tables import collect_rows
from segmentry.tables.masking import shown

_COLUMNS = (ln.PRODUCT, ln.PRODUCT_NAME)
_TOLD = 6
_MOST = 0.5  # the share of lines from which on they are what the shop sells


@dataclass(frozen=True)
class Charge:
    """What stands as a product and is none, by its number or name, with the lines that count and their money."""

    name: str
    lines: int
    money: float  # sold less returned


def charges_of(lines: Lines, recipe: PurchaseRecipe, used: int) -> tuple[Charge, ...]:
    """Numbers and names of products that are charges, those with most lines first; `used` lines count.

    None where half of the lines or more are such: a carrier sells delivery.
    """
    charges = charges_among(ln.usable(lines, recipe), recipe)
    return () if sum(c.lines for c in charges) >= _MOST * used else charges


def charges_among(lines: Lines, recipe: PurchaseRecipe) -> tuple[Charge, ...]:
    """As `charges_of`, of lines that all count and of which any share may be charges: those of one customer, say."""
    if recipe.column("product") is None and recipe.column("product_name") is None:
        return ()
    of_each = lines.group_by(*_COLUMNS)
    counted = of_each.agg(n=nw.len(), sold=nw.col(ln.SOLD).sum(), returned=nw.col(ln.RETURNED).sum())
    # The engine leaves few of the names; which of them are charges is settled here.
    likely = [nw.col(c).str.to_lowercase().str.contains(charge_parts()).fill_null(False) for c in _COLUMNS]
    found: dict[str, tuple[int, float]] = {}
    for row in collect_rows(counted.filter(likely[0] | likely[1])):
        name = next((row[c] for c in reversed(_COLUMNS) if row[c] is not None and is_charge(row[c])), None)
        if name is not None:
            n, cents = found.get(name, (0, 0.0))
            found[name] = (n + int(row["n"]), cents + float(row["sold"]) - float(row["returned"]))
    units = 10.0**recipe.places
    charges = (Charge(name, n, cents / units) for name, (n, cents) in found.items())
    return tuple(sorted(charges, key=lambda c: (-c.lines, c.name)))


def is_goods(charges: Sequence[Charge]) -> nw.Expr:
    """Holds for a line that is none of these charges."""
    names = [c.name for c in charges]
    marked = [nw.col(c).is_in(names).fill_null(False) for c in _COLUMNS]
    return ~(marked[0] | marked[1])


def charge_notices(charges: Sequence[Charge], recipe: PurchaseRecipe) -> tuple[Notice, ...]:
    """A warning that names the charges, with their money where amounts are those of lines."""
    if not charges:
        return ()
    money = ["" if recipe.amount_is == "order" else f", {c.money:,.2f}" for c in charges[:_TOLD]]
    said = [
        f"'{shown(c.name, c.lines)}' ({plural(c.lines, 'line')}{paid})" for c, paid in zip(charges, money, strict=False)
    ]
    said += [f"{len(charges) - _TOLD:,} more"] if len(charges) > _TOLD else []
    text = (
        f"{plural(sum(c.lines for c in charges), 'order line')} of postage, fees, discounts or corrections, by the "
        f"product's name: {', '.join(said)}. Their money counts; among what customers buy and what to offer they are "
        "left out."
    )
    return (Notice("orders-charges", text),)
