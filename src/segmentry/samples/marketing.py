"""A made-up shop's table of customers, with five kinds of customer planted in it.

A row depends on the seed and on its own number only, so that a longer sample begins with the shorter one
and any part of a sample can be made alone. The kinds are told in a table of their own, never beside the row.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum, auto

import numpy as np
import polars as pl

from segmentry.samples.deviates import Deviates, Numbers, grow, whole
from segmentry.samples.drawing import (
    Groups,
    Whole,
    around,
    choice,
    count,
    flag,
    folded,
    groups_of,
    in_blocks,
    level,
    of,
    text_ids,
)
from segmentry.samples.shop import Quirks, Shop
from segmentry.samples.shoppers import EDUCATION, MARITAL_STATUS, PRODUCTS, SHOPPERS

AS_OF = date(2024, 12, 31)  # the day on which the shop's table was drawn

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
    return in_blocks(_customers, rows, seed, start)


def sample_marketing_truth(rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """The kind of each customer of `sample_marketing` with the same arguments: `customer_id`, `group`.

    >>> sample_marketing_truth(1_000, seed=0)["group"].n_unique()
    5
    """
    return in_blocks(_truth, rows, seed, start)


def _truth(random: Deviates) -> pl.DataFrame:
    names = pl.Series([kind.name for kind in SHOPPERS])
    return pl.DataFrame({"customer_id": text_ids(random, "C{}", 7), "group": names.gather(_groups(random))})


def _customers(random: Deviates) -> pl.DataFrame:
    groups = _groups(random)
    age = np.clip(whole(around([kind.age for kind in SHOPPERS], groups, random.normal(_Stream.AGE))), 18, 95)
    recency = _recency(random, groups)
    activity = random.normal(_Stream.ACTIVITY)
    income_deviate = random.normal(_Stream.INCOME)
    columns: dict[str, pl.Series | np.ndarray] = {
        "customer_id": text_ids(random, "C{}", 7),
        "year_birth": AS_OF.year - age,
        "education": level(EDUCATION, [kind.education for kind in SHOPPERS], groups, random.uniform(_Stream.EDUCATION)),
        "marital_status": level(
            MARITAL_STATUS, [kind.marital_status for kind in SHOPPERS], groups, random.uniform(_Stream.MARITAL_STATUS)
        ),
        "income": _income(random, groups, income_deviate),
        "kidhome": choice([kind.kids for kind in SHOPPERS], groups, random.uniform(_Stream.KIDS)),
        "teenhome": choice([kind.teens for kind in SHOPPERS], groups, random.uniform(_Stream.TEENS)),
        "dt_customer": _sign_up(random, recency),
        "recency": recency,
        **_spend(random, groups, 0.45 * income_deviate + 0.55 * activity),
        **_purchases(random, groups, activity),
        **_answers(random, groups),
    }
    return pl.DataFrame(columns)


def _groups(random: Deviates) -> Groups:
    return groups_of([kind.share for kind in SHOPPERS], random.uniform(_Stream.GROUP))


def _income(random: Deviates, groups: Groups, deviate: Numbers) -> pl.Series:
    spread = of([kind.income_spread for kind in SHOPPERS], groups)
    income = pl.Series(whole(of([kind.income for kind in SHOPPERS], groups) * grow(spread * deviate)))
    missing = pl.Series(random.uniform(_Stream.INCOME_MISSING) < 0.01)
    return pl.select(pl.when(~missing).then(income)).to_series()


def _recency(random: Deviates, groups: Groups) -> Whole:
    days = around([kind.recency for kind in SHOPPERS], groups, random.normal(_Stream.RECENCY))
    return folded(days, 0, 99)


def _sign_up(random: Deviates, recency: Whole) -> pl.Series:
    # Nobody bought before joining.
    days = recency + whole(_LONGEST_MEMBERSHIP_DAYS * random.uniform(_Stream.MEMBERSHIP))
    return pl.Series((_EPOCH_DAY - days).astype(np.int32)).cast(pl.Date)


def _spend(random: Deviates, groups: Groups, shared: Numbers) -> dict[str, np.ndarray]:
    own = 0.7 * random.normal(_Stream.SPEND)
    spread = of([kind.spend_spread for kind in SHOPPERS], groups)
    total = of([kind.spend for kind in SHOPPERS], groups) * grow(spread * (shared + own))
    appetite = [
        of([kind.mix[place] for kind in SHOPPERS], groups) * grow(0.18 * random.normal(_Stream.PRODUCT + place))
        for place in range(len(PRODUCTS))
    ]
    whole_appetite = appetite[0]
    for part in appetite[1:]:
        whole_appetite = whole_appetite + part
    return {
        f"mnt_{product}": whole(total * part / whole_appetite) for product, part in zip(PRODUCTS, appetite, strict=True)
    }


def _purchases(random: Deviates, groups: Groups, activity: Numbers) -> dict[str, np.ndarray]:
    def bought(stream: _Stream, means: list[float]) -> Whole:
        return count(means, groups, 0.4 * activity + 0.9 * random.normal(stream))

    web = bought(_Stream.WEB, [kind.web for kind in SHOPPERS])
    catalog = bought(_Stream.CATALOG, [kind.catalog for kind in SHOPPERS])
    store = bought(_Stream.STORE, [kind.store for kind in SHOPPERS])
    # Everyone in the table has bought once.
    store = np.where(web + catalog + store == 0, 1, store)
    deals = bought(_Stream.DEALS, [kind.deals for kind in SHOPPERS])
    return {
        "num_deals_purchases": np.minimum(deals, web + catalog + store),
        "num_web_purchases": web,
        "num_catalog_purchases": catalog,
        "num_store_purchases": store,
        "num_web_visits_month": count([kind.visits for kind in SHOPPERS], groups, random.normal(_Stream.VISITS)),
    }


def _answers(random: Deviates, groups: Groups) -> dict[str, np.ndarray]:
    flags = {
        f"accepted_campaign_{number}": flag(
            [kind.campaigns[place] for kind in SHOPPERS], groups, random.uniform(_Stream.CAMPAIGN + place)
        )
        for place, number in enumerate(_CAMPAIGNS)
    }
    flags["response"] = flag([kind.response for kind in SHOPPERS], groups, random.uniform(_Stream.RESPONSE))
    flags["complain"] = flag([kind.complain for kind in SHOPPERS], groups, random.uniform(_Stream.COMPLAIN))
    return flags


MARKETING = Shop(
    name="marketing",
    rows=2_000,
    customers=sample_marketing,
    truth=sample_marketing_truth,
    quirks=Quirks(
        money=("income",),
        dates=("dt_customer",),
        holes=("year_birth", "income", "recency", "num_web_visits_month"),
        recased=("education", "marital_status"),
        odd_levels={"marital_status": ("It's complicated", "Fiancé(e)", "test"), "education": ("2nd level", "???")},
        outliers={"income": (666_666,)},
        impossible={"year_birth": (1893, 1900, 1899)},
    ),
)
