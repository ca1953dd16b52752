"""All made-up shops by name."""

from __future__ import annotations

from difflib import get_close_matches

from segmentry.errors import SettingsError
from segmentry.samples.ecommerce import ECOMMERCE
from segmentry.samples.mall import MALL
from segmentry.samples.marketing import MARKETING
from segmentry.samples.shop import Shop

SHOPS = {shop.name: shop for shop in (MARKETING, MALL, ECOMMERCE)}


def shop_named(name: str) -> Shop:
    """The made-up shop of this name.

    >>> shop_named("mall").rows
    200
    """
    if name not in SHOPS:
        near = get_close_matches(name, SHOPS, n=1)
        remedy = f"Did you mean '{near[0]}'? " if near else ""
        raise SettingsError(
            "There is no such made-up shop.", found=repr(name), remedy=f"{remedy}Known: {', '.join(SHOPS)}."
        )
    return SHOPS[name]
