"""A made-up tea shop with planted tastes, loaded by path: test folders are no packages."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

GOODS = {
    "bread": "bakery", "milk": "basics", "butter": "basics", "eggs": "basics", "jam": "basics", "salt": "basics",
    "tea": "hot drinks", "lemon": "fruit", "honey": "basics", "cake": "bakery", "coffee": "hot drinks",
    "apple": "fruit",
}  # fmt: skip
KINDS = ("tea lovers", "cake lovers", "occasional")
RATES = {"tea lovers": 9, "cake lovers": 9, "occasional": 2}
TASTES = {"tea lovers": {"tea": 6.0, "honey": 3.0}, "cake lovers": {"cake": 6.0, "coffee": 3.0}, "occasional": {}}


def kinds_of(customers: int) -> list[str]:
    """The kind of each customer: a fifth love tea, a fifth cake, the rest come now and then."""
    return [KINDS[0] if i % 5 == 0 else KINDS[1] if i % 5 == 1 else KINDS[2] for i in range(customers)]


def shop(customers: int = 1000, seed: int = 0, tastes: bool = True) -> pl.DataFrame:
    """Order lines of a year: who loves tea buys tea and honey, and lemons after tea; who loves cake, cake and coffee.

    Without tastes everyone buys alike, and some only more often.
    """
    rng = np.random.default_rng(seed)
    names = list(GOODS)
    rows: list[tuple[str, str, dt.date, str, str, float, int]] = []
    for i, kind in enumerate(kinds_of(customers)):
        weights = np.array([(TASTES[kind] if tastes else {}).get(name, 1.0) for name in names])
        days = sorted(set(rng.integers(0, 365, 1 + rng.poisson(RATES[kind])).tolist()))
        had_tea = False
        for day in days:
            basket = rng.choice(len(names), size=1 + rng.integers(0, 3), p=weights / weights.sum()).tolist()
            if tastes and had_tea and rng.random() < 0.5:
                basket.append(names.index("lemon"))
            had_tea = names.index("tea") in basket
            when = dt.date(2025, 1, 1) + dt.timedelta(days=day)
            for place in basket:
                name = names[place]
                rows.append((f"o{i}-{day}", f"c{i}", when, name, GOODS[name], 2.0 + place, 1))
    columns = ["order_id", "customer_id", "order_date", "product", "category", "unit_price", "quantity"]
    return pl.DataFrame(rows, schema=columns, orient="row")
