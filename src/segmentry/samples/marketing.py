"""A made-up shop's table of customers, with five kinds of customer planted in it.

A row depends on the seed and on its own number only, so that a longer sample begins with the shorter one
and any part of a sample can be made alone. The kinds are told in a table of their own, never beside the row.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum, auto

import numpy as np
import numpy.typing as npt
import polars as pl

from segmentry.errors import SettingsError
from segmentry.samples.deviates import Deviates, Numbers, grow, whole
from segmentry.samples.shoppers import EDUCATION, MARITAL_STATUS, PRODUCTS, SHOPPERS

AS_OF = date(2024, 12, 31)  # the day on which the shop's table was drawn
BLOCK_ROWS = 100_000  # made at a time: the arrays of a block stay in the processor's cache

Groups = npt.NDArray[np.intp]

_EPOCH_DAY = (AS_OF - date(1970, 1, 1)).days
_LONGEST_MEMBERSHIP_DAYS = 1_000
_CAMPAIGNS = (1, 2, 3)


class _Stream(IntEnum):
    """The address of each random number of a row. The order is part of what a seed means: append only."""

    GROUP = 0
    AGE = auto()
    INCOME = auto()
    INCOME_MISSING = auto()
    ACTIVITY = auto()
    SPEND = auto()
    RECENCY = auto()
    MEMBERSHIP = auto()
    KIDS = auto()
    TEENS = auto()
    EDUCATION = auto()
    MARITAL_STATUS = auto()
    WEB = auto()
    CATALOG = auto()
    STORE = auto()
    DEALS = auto()
    VISITS = auto()
    RESPONSE = auto()
    COMPLAIN = auto()
    PRODUCT = 100  # and those that follow, one a product
    CAMPAIGN = 200  # likewise


def sample_marketing(rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """Customers of a made-up shop, 25 columns; rows `start` to `start + rows` of an endless table.

    About 1 % of incomes are missing. Which kind each customer is: `sample_marketing_truth`.

    >>> customers = sample_marketing(1_000, seed=0)
    >>> customers.shape
    (1000, 25)
    >>> customers.tail(3).equals(sample_marketing(3, seed=0, start=997))
    True
    """
    _check(rows, seed, start)
    return pl.concat([_customers(part) for part in _blocks(rows, seed, start)])


def sample_marketing_truth(rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """The kind of each customer of `sample_marketing` with the same arguments: `customer_id`, `group`.

    >>> sample_marketing_truth(1_000, seed=0)["group"].n_unique()
    5
    """
    _check(rows, seed, start)
    return pl.concat([_truth(part) for part in _blocks(rows, seed, start)])


def _check(rows: int, seed: int, start: int) -> None:
    if rows < 1:
        raise SettingsError("A sample has at least 1 row.", found=str(rows), remedy="Ask for 1 row or more.")
    if not 0 <= seed < 2**64:
        raise SettingsError("A seed is a whole number from 0 up.", found=str(seed), remedy="Pass seed=0, for example.")
    if start < 0:
        raise SettingsError("A sample starts at row 0 or later.", found=str(start), remedy="Pass start=0 or more.")


def _blocks(rows: int, seed: int, start: int) -> list[Deviates]:
    end = start + rows
    return [Deviates(seed, at, min(BLOCK_ROWS, end - at)) for at in range(start, end, BLOCK_ROWS)]


def _truth(random: Deviates) -> pl.DataFrame:
    names = pl.Series([kind.name for kind in SHOPPERS])
    return pl.DataFrame({"customer_id": _ids(random), "group": names.gather(_groups(random))})


def _customers(random: Deviates) -> pl.DataFrame:
    groups = _groups(random)
    age = np.clip(whole(_around([kind.age for kind in SHOPPERS], groups, random.normal(_Stream.AGE))), 18, 95)
    recency = _recency(random, groups)
    activity = random.normal(_Stream.ACTIVITY)
    income_deviate = random.normal(_Stream.INCOME)
    columns: dict[str, pl.Series | np.ndarray] = {
        "customer_id": _ids(random),
        "year_birth": AS_OF.year - age,
        "education": _level(
            EDUCATION, [kind.education for kind in SHOPPERS], groups, random.uniform(_Stream.EDUCATION)
        ),
        "marital_status": _level(
            MARITAL_STATUS, [kind.marital_status for kind in SHOPPERS], groups, random.uniform(_Stream.MARITAL_STATUS)
        ),
        "income": _income(random, groups, income_deviate),
        "kidhome": _choice([kind.kids for kind in SHOPPERS], groups, random.uniform(_Stream.KIDS)),
        "teenhome": _choice([kind.teens for kind in SHOPPERS], groups, random.uniform(_Stream.TEENS)),
        "dt_customer": _sign_up(random, recency),
        "recency": recency,
        **_spend(random, groups, 0.45 * income_deviate + 0.55 * activity),
        **_purchases(random, groups, activity),
        **_answers(random, groups),
    }
    return pl.DataFrame(columns)


def _ids(random: Deviates) -> pl.Series:
    numbers = pl.int_range(random.start + 1, random.start + random.rows + 1, eager=True)
    return pl.select(pl.format("C{}", numbers.cast(pl.String).str.zfill(7)).alias("customer_id")).to_series()


def _groups(random: Deviates) -> Groups:
    shares = np.cumsum([kind.share for kind in SHOPPERS])
    return np.searchsorted(shares[:-1], random.uniform(_Stream.GROUP), side="right")


def _of(values: list[float], groups: Groups) -> Numbers:
    picked: Numbers = np.asarray(values, dtype=np.float64)[groups]
    return picked


def _around(spreads: list[tuple[float, float]], groups: Groups, deviate: Numbers) -> Numbers:
    return _of([mean for mean, _ in spreads], groups) + _of([sd for _, sd in spreads], groups) * deviate


def _choice(chances: list[tuple[float, ...]], groups: Groups, uniform: Numbers) -> npt.NDArray[np.int64]:
    """The place of the alternative that falls to each row, with chances that differ by group."""
    table = np.asarray(chances, dtype=np.float64)
    edges = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    place = np.zeros(len(uniform), dtype=np.int64)
    for edge in range(table.shape[1] - 1):
        place += uniform >= edges[:, edge][groups]
    return place


def _level(levels: tuple[str, ...], chances: list[tuple[float, ...]], groups: Groups, uniform: Numbers) -> pl.Series:
    return pl.Series(levels).gather(_choice(chances, groups, uniform))


def _flag(chances: list[float], groups: Groups, uniform: Numbers) -> npt.NDArray[np.int64]:
    return (uniform < _of(chances, groups)).astype(np.int64)


def _count(means: list[float], groups: Groups, deviate: Numbers) -> npt.NDArray[np.int64]:
    """Counts spread like those of chance events: a normal number beside the root of the mean, squared."""
    root = np.sqrt(_of(means, groups)) + 0.4 * deviate
    return whole(np.square(np.maximum(root, 0.0)))


def _income(random: Deviates, groups: Groups, deviate: Numbers) -> pl.Series:
    spread = _of([kind.income_spread for kind in SHOPPERS], groups)
    income = pl.Series(whole(_of([kind.income for kind in SHOPPERS], groups) * grow(spread * deviate)))
    missing = pl.Series(random.uniform(_Stream.INCOME_MISSING) < 0.01)
    return pl.select(pl.when(~missing).then(income)).to_series()


def _recency(random: Deviates, groups: Groups) -> npt.NDArray[np.int64]:
    days = _around([kind.recency for kind in SHOPPERS], groups, random.normal(_Stream.RECENCY))
    # Folded at the ends, for a pile of customers at exactly 0 days would be a group of its own.
    return np.clip(whole(99.0 - np.abs(99.0 - np.abs(days))), 0, 99)


def _sign_up(random: Deviates, recency: npt.NDArray[np.int64]) -> pl.Series:
    # Nobody bought before joining.
    days = recency + whole(_LONGEST_MEMBERSHIP_DAYS * random.uniform(_Stream.MEMBERSHIP))
    return pl.Series((_EPOCH_DAY - days).astype(np.int32)).cast(pl.Date)


def _spend(random: Deviates, groups: Groups, shared: Numbers) -> dict[str, np.ndarray]:
    own = 0.7 * random.normal(_Stream.SPEND)
    spread = _of([kind.spend_spread for kind in SHOPPERS], groups)
    total = _of([kind.spend for kind in SHOPPERS], groups) * grow(spread * (shared + own))
    appetite = [
        _of([kind.mix[place] for kind in SHOPPERS], groups) * grow(0.18 * random.normal(_Stream.PRODUCT + place))
        for place in range(len(PRODUCTS))
    ]
    whole_appetite = appetite[0]
    for part in appetite[1:]:
        whole_appetite = whole_appetite + part
    return {
        f"mnt_{product}": whole(total * part / whole_appetite) for product, part in zip(PRODUCTS, appetite, strict=True)
    }


def _purchases(random: Deviates, groups: Groups, activity: Numbers) -> dict[str, np.ndarray]:
    def count(stream: _Stream, means: list[float]) -> npt.NDArray[np.int64]:
        return _count(means, groups, 0.4 * activity + 0.9 * random.normal(stream))

    web = count(_Stream.WEB, [kind.web for kind in SHOPPERS])
    catalog = count(_Stream.CATALOG, [kind.catalog for kind in SHOPPERS])
    store = count(_Stream.STORE, [kind.store for kind in SHOPPERS])
    # Everyone in the table has bought once.
    store = np.where(web + catalog + store == 0, 1, store)
    deals = count(_Stream.DEALS, [kind.deals for kind in SHOPPERS])
    return {
        "num_deals_purchases": np.minimum(deals, web + catalog + store),
        "num_web_purchases": web,
        "num_catalog_purchases": catalog,
        "num_store_purchases": store,
        "num_web_visits_month": _count([kind.visits for kind in SHOPPERS], groups, random.normal(_Stream.VISITS)),
    }


def _answers(random: Deviates, groups: Groups) -> dict[str, np.ndarray]:
    flags = {
        f"accepted_campaign_{number}": _flag(
            [kind.campaigns[place] for kind in SHOPPERS], groups, random.uniform(_Stream.CAMPAIGN + place)
        )
        for place, number in enumerate(_CAMPAIGNS)
    }
    flags["response"] = _flag([kind.response for kind in SHOPPERS], groups, random.uniform(_Stream.RESPONSE))
    flags["complain"] = _flag([kind.complain for kind in SHOPPERS], groups, random.uniform(_Stream.COMPLAIN))
    return flags
