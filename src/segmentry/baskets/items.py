"""The items of order lines: which columns name them, who bought which on what day, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable

import narwhals.stable.v2 as nw

from segmentry.baskets.placed import Frame
from segmentry.baskets.results import Level
from segmentry.purchases import Purchases
from segmentry.purchases import lines as ln
from segmentry.purchases.charges import is_goods
from segmentry.tables import collect_rows

ITEM, CATEGORY = "item", "category"


def item_columns(purchases: Purchases) -> dict[Level, str]:
    """The column of the lines that names an item, for each level that the log has."""
    recipe = purchases.recipe
    levels: dict[Level, str] = {}
    if recipe.column("product"):
        levels["product"] = ln.PRODUCT
    elif recipe.column("product_name"):
        levels["product"] = ln.PRODUCT_NAME
    if recipe.column("category"):
        levels["category"] = ln.CATEGORY
    return levels


def bought_lines(purchases: Purchases, column: str) -> Frame:
    """Lines that were sold and name an item: customer, day, item, category.

    Returns are no purchase, and charges no item.
    """
    sold = purchases.used.filter(nw.col(ln.SALE), ~nw.col(column).is_null())
    if purchases.charges:
        sold = sold.filter(is_goods(purchases.charges))
    return sold.select(ln.CUSTOMER, ln.DAY, nw.col(column).alias(ITEM), nw.col(ln.CATEGORY).alias(CATEGORY))


def names_of(purchases: Purchases, level: Level, column: str, items: Iterable[str]) -> dict[str, str]:
    """What these items are called where the log has names beside numbers; of several names, the last by letters."""
    wanted = sorted(set(items))
    named = level == "product" and column == ln.PRODUCT and purchases.recipe.column("product_name") is not None
    if not named or not wanted:
        return {}
    lines = purchases.used.filter(nw.col(column).is_in(wanted), ~nw.col(ln.PRODUCT_NAME).is_null())
    rows = collect_rows(lines.group_by(column).agg(nw.col(ln.PRODUCT_NAME).max().alias("name")))
    return {str(row[column]): str(row["name"]) for row in rows}
