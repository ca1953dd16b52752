"""The products that most customers bought of each category: what to offer to those who like the category."""

from __future__ import annotations

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from segmentry.baskets.items import CATEGORY, ITEM
from segmentry.baskets.placed import Frame
from segmentry.baskets.results import Popular
from segmentry.tables import collect_rows

MOST_CATEGORIES = 20
MOST_PRODUCTS = 20  # of a category


def popular_products(bought: Frame, customers: Mapping[str, int], buyers: int) -> tuple[Popular, ...]:
    """By category, the largest first, the products that most customers bought.

    `bought` are lines of products with their category, and `customers` how many of all `buyers` bought each product
    that is compared. A product is of the category that most of its lines have.
    """
    counted = bought.filter(~nw.col(CATEGORY).is_null()).group_by(ITEM, CATEGORY).agg(n=nw.len())
    most: dict[str, tuple[int, str]] = {}
    for row in collect_rows(counted):
        item, own = str(row[ITEM]), (-int(row["n"]), str(row[CATEGORY]))
        if item in customers:
            most[item] = min(most.get(item, own), own)
    of: dict[str, list[str]] = {}
    for item, (_, category) in most.items():
        of.setdefault(category, []).append(item)
    largest = sorted(of, key=lambda c: (-sum(customers[item] for item in of[c]), c))[:MOST_CATEGORIES]
    return tuple(
        Popular(category, item, item, customers[item], customers[item] / buyers)
        for category in largest
        for item in sorted(of[category], key=lambda item: (-customers[item], item))[:MOST_PRODUCTS]
    )
