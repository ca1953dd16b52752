"""A made-up online shop's customers, with five groups planted in spend, items, recency and rating.

No column gives another away: a city holds every membership tier, and every tier some who are dissatisfied.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
import polars as pl

from segmentry.samples.deviates import Deviates, Numbers, grow, whole
from segmentry.samples.drawing import Groups, around, count, flag, folded, groups_of, in_blocks, level, of
from segmentry.samples.shop import Quirks, Shop

_CITIES = ("Ashford", "Kingsbridge", "Lakeview", "Milton", "Northport", "Riverton")
_TIERS = ("Bronze", "Silver", "Gold")
_SATISFACTION = ("Unsatisfied", "Neutral", "Satisfied")
_FIRST_ID = 1_001


@dataclass(frozen=True)
class _Buyers:
    """One kind of buyer. A pair is a mean and a standard deviation; other tuples are chances, not summing to 1."""

    name: str
    share: float
    age: tuple[float, float]
    women: float
    cities: tuple[float, ...]
    tiers: tuple[float, float, float]
    spend: float
    spend_spread: float  # relative
    items: float
    rating: tuple[float, float]
    discount: float  # chance that the last purchase was reduced
    days: tuple[float, float]  # since the last purchase


_BUYERS = (
    _Buyers(
        name="loyal big spenders",
        share=0.18,
        age=(41, 4.0),
        women=0.52,
        cities=(3, 2, 3, 2, 3, 1),
        tiers=(1, 3, 8),
        spend=1_480,
        spend_spread=0.12,
        items=23,
        rating=(4.6, 0.18),
        discount=0.22,
        days=(12, 5),
    ),
    _Buyers(
        name="young trend followers",
        share=0.25,
        age=(24, 2.5),
        women=0.6,
        cities=(2, 3, 2, 3, 2, 3),
        tiers=(5, 5, 2),
        spend=430,
        spend_spread=0.18,
        items=14,
        rating=(4.2, 0.2),
        discount=0.55,
        days=(17, 6),
    ),
    _Buyers(
        name="bargain hunters",
        share=0.22,
        age=(37, 4.0),
        women=0.55,
        cities=(2, 3, 2, 2, 2, 3),
        tiers=(6, 4, 1),
        spend=560,
        spend_spread=0.17,
        items=8,
        rating=(3.3, 0.2),
        discount=0.91,
        days=(38, 6),
    ),
    _Buyers(
        name="considered buyers",
        share=0.16,
        age=(61, 4.5),
        women=0.46,
        cities=(2, 1, 3, 2, 3, 2),
        tiers=(2, 5, 4),
        spend=1_080,
        spend_spread=0.13,
        items=5,
        rating=(4.4, 0.2),
        discount=0.18,
        days=(48, 7),
    ),
    _Buyers(
        name="lapsed and let down",
        share=0.19,
        age=(49, 4.5),
        women=0.49,
        cities=(2, 2, 2, 3, 2, 2),
        tiers=(6, 3, 1),
        spend=240,
        spend_spread=0.22,
        items=4,
        rating=(2.6, 0.25),
        discount=0.5,
        days=(84, 8),
    ),
)


class _Stream(IntEnum):
    """The address of each random number of a row. The order is part of what a seed means: append only."""

    GROUP = 0
    GENDER = auto()
    AGE = auto()
    CITY = auto()
    TIER = auto()
    SPEND = auto()
    ITEMS = auto()
    RATING = auto()
    DISCOUNT = auto()
    DAYS = auto()
    MOOD = auto()
    UNASKED = auto()


def sample_ecommerce(rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """Customers of a made-up online shop, 11 columns; rows `start` to `start + rows` of an endless table.

    About 1 % were not asked how satisfied they are. Which kind each customer is: `sample_ecommerce_truth`.

    >>> sample_ecommerce(500, seed=0).shape
    (500, 11)
    """
    return in_blocks(_customers, rows, seed, start)


def sample_ecommerce_truth(rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """The kind of each customer of `sample_ecommerce` with the same arguments: `customer_id`, `group`.

    >>> sample_ecommerce_truth(500, seed=0)["group"].n_unique()
    5
    """
    return in_blocks(_truth, rows, seed, start)


def _groups(random: Deviates) -> Groups:
    return groups_of([kind.share for kind in _BUYERS], random.uniform(_Stream.GROUP))


def _ids(random: Deviates) -> pl.Series:
    return pl.int_range(random.start + _FIRST_ID, random.start + random.rows + _FIRST_ID, eager=True)


def _truth(random: Deviates) -> pl.DataFrame:
    names = pl.Series([kind.name for kind in _BUYERS])
    return pl.DataFrame({"customer_id": _ids(random), "group": names.gather(_groups(random))})


def _customers(random: Deviates) -> pl.DataFrame:
    groups = _groups(random)
    women = [(kind.women, 1.0 - kind.women) for kind in _BUYERS]
    rating = around([kind.rating for kind in _BUYERS], groups, random.normal(_Stream.RATING))
    days = around([kind.days for kind in _BUYERS], groups, random.normal(_Stream.DAYS))
    reduced = flag([kind.discount for kind in _BUYERS], groups, random.uniform(_Stream.DISCOUNT))
    spend = random.normal(_Stream.SPEND)
    bought = 0.5 * spend + 0.85 * random.normal(_Stream.ITEMS)
    columns: dict[str, pl.Series | np.ndarray] = {
        "customer_id": _ids(random),
        "gender": level(("Female", "Male"), women, groups, random.uniform(_Stream.GENDER)),
        "age": folded(around([kind.age for kind in _BUYERS], groups, random.normal(_Stream.AGE)), 18, 85),
        "city": level(_CITIES, [kind.cities for kind in _BUYERS], groups, random.uniform(_Stream.CITY)),
        "membership_tier": level(_TIERS, [kind.tiers for kind in _BUYERS], groups, random.uniform(_Stream.TIER)),
        "total_spend": _spend(groups, spend),
        "items_purchased": np.maximum(count([kind.items for kind in _BUYERS], groups, bought), 1),
        "average_rating": folded(10.0 * rating, 10, 50) / 10.0,
        "discount_applied": pl.Series(("FALSE", "TRUE")).gather(reduced),
        "days_since_purchase": folded(days, 0, 120),
        "satisfaction": _satisfaction(random, rating),
    }
    return pl.DataFrame(columns)


def _spend(groups: Groups, deviate: Numbers) -> Numbers:
    spread = of([kind.spend_spread for kind in _BUYERS], groups)
    cents = whole(100.0 * of([kind.spend for kind in _BUYERS], groups) * grow(spread * deviate))
    amount: Numbers = cents / 100.0
    return amount


def _satisfaction(random: Deviates, rating: Numbers) -> pl.Series:
    # The mood of the day is as large as the differences between kinds, so that the answer is no second rating.
    felt = rating + 0.7 * random.normal(_Stream.MOOD)
    answer = pl.Series(_SATISFACTION).gather((felt >= 3.3).astype(np.int64) + (felt >= 4.0))
    asked = pl.Series(random.uniform(_Stream.UNASKED) >= 0.01)
    return pl.select(pl.when(asked).then(answer)).to_series()


ECOMMERCE = Shop(
    name="ecommerce",
    rows=500,
    customers=sample_ecommerce,
    truth=sample_ecommerce_truth,
    quirks=Quirks(
        money=("total_spend",),
        marked=("average_rating",),
        holes=("age", "total_spend", "items_purchased", "average_rating", "days_since_purchase"),
        recased=("gender", "city", "membership_tier", "satisfaction"),
        odd_levels={"city": ("Somewhere", "Saint-André", "test")},
        outliers={"total_spend": (66_666, 99_999)},
        impossible={"age": (133, 0)},
    ),
)
