"""A made-up mall's card holders, with five groups planted in income and spending score.

The teaching classic: two columns tell the groups, a third helps, and there is little else to go by.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
import polars as pl

from segmentry.samples.deviates import Deviates, whole
from segmentry.samples.drawing import Groups, around, folded, groups_of, in_blocks, level, text_ids
from segmentry.samples.shop import Quirks, Shop


@dataclass(frozen=True)
class _Holders:
    """One kind of card holder. A pair is a mean and a standard deviation."""

    name: str
    share: float
    age: tuple[float, float]
    income: tuple[float, float]  # thousands a year
    score: tuple[float, float]
    women: float


_HOLDERS = (
    _Holders("modest and sparing", 0.13, (52, 5.5), (25, 5.0), (19, 7.0), 0.60),
    _Holders("modest but spending", 0.13, (24, 3.0), (25, 5.0), (80, 7.0), 0.57),
    _Holders("middle of the road", 0.36, (46, 5.5), (55, 5.5), (49, 5.5), 0.58),
    _Holders("affluent and spending", 0.21, (32, 3.0), (88, 7.5), (82, 6.5), 0.54),
    _Holders("affluent but sparing", 0.17, (41, 4.5), (89, 7.5), (17, 7.0), 0.47),
)


class _Stream(IntEnum):
    """The address of each random number of a row. The order is part of what a seed means: append only."""

    GROUP = 0
    GENDER = auto()
    AGE = auto()
    INCOME = auto()
    SCORE = auto()


def sample_mall(rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """Card holders of a made-up mall, 5 columns; rows `start` to `start + rows` of an endless table.

    Income is in thousands a year, the spending score goes from 1 to 100. Which kind each is: `sample_mall_truth`.

    >>> sample_mall(200, seed=0).columns
    ['customer_id', 'gender', 'age', 'income_k_usd', 'spending_score']
    """
    return in_blocks(_customers, rows, seed, start)


def sample_mall_truth(rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """The kind of each customer of `sample_mall` with the same arguments: `customer_id`, `group`.

    >>> sample_mall_truth(200, seed=0)["group"].n_unique()
    5
    """
    return in_blocks(_truth, rows, seed, start)


def _groups(random: Deviates) -> Groups:
    return groups_of([kind.share for kind in _HOLDERS], random.uniform(_Stream.GROUP))


def _truth(random: Deviates) -> pl.DataFrame:
    names = pl.Series([kind.name for kind in _HOLDERS])
    return pl.DataFrame({"customer_id": text_ids(random, "{}", 4), "group": names.gather(_groups(random))})


def _customers(random: Deviates) -> pl.DataFrame:
    groups = _groups(random)
    women = [(kind.women, 1.0 - kind.women) for kind in _HOLDERS]
    income = around([kind.income for kind in _HOLDERS], groups, random.normal(_Stream.INCOME))
    columns: dict[str, pl.Series | np.ndarray] = {
        "customer_id": text_ids(random, "{}", 4),
        "gender": level(("Female", "Male"), women, groups, random.uniform(_Stream.GENDER)),
        "age": folded(around([kind.age for kind in _HOLDERS], groups, random.normal(_Stream.AGE)), 18, 75),
        "income_k_usd": np.maximum(whole(income), 8),
        "spending_score": folded(
            around([kind.score for kind in _HOLDERS], groups, random.normal(_Stream.SCORE)), 1, 100
        ),
    }
    return pl.DataFrame(columns)


MALL = Shop(
    name="mall",
    rows=200,
    customers=sample_mall,
    truth=sample_mall_truth,
    quirks=Quirks(
        marked=("income_k_usd",),
        holes=("age", "income_k_usd", "spending_score"),
        outliers={"income_k_usd": (666,)},
        impossible={"age": (133, 0)},
        recased=("gender",),
    ),
)
