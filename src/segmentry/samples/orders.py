"""A made-up shop's order lines, drawn from a known process: who buys how often, leaves when, and spends how much.

Purchases follow the BG/NBD process (Fader, Hardie and Lee, 2005) and their money the Gamma-Gamma process (Fader and
Hardie, 2013): each customer has a rate, a chance of leaving after each repeat purchase and a mean spend of their own.
Tastes in categories, channels and discounts are planted beside. A customer's orders depend on the seed and on their own
number only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from segmentry.errors import SettingsError
from segmentry.samples.addressed import Addresses, gamma_at, log, uniform_at
from segmentry.samples.deviates import Numbers, whole
from segmentry.samples.drawing import check

LAST_DAY = date(2024, 12, 31)  # no order is later
CATEGORIES = ("wine", "cheese", "bread", "coffee", "chocolate", "oil")
CHANNELS = ("web", "app", "store")
_SHARES = (0.30, 0.22, 0.18, 0.14, 0.10, 0.06)  # of categories, for a customer without a taste
_CHANNEL_SHARES = (0.55, 0.25, 0.20)
_FAVOURITE = 0.6  # the chance that a line is of the customer's own category
_LINES = (0.45, 0.25, 0.15, 0.10, 0.05)  # the chance of 1, 2, ... lines in an order
_PRODUCTS = 12  # in a category
_DEALS = 0.18
_MOST = 20_000  # purchases of one customer
_WEEK = 7.0

# Streams of random numbers, far enough apart for the distributions that take many.
_RATE, _LEAVE_A, _LEAVE_B, _MEAN, _SPEND = 0, 1_000, 2_000, 3_000, 4_000
_JOINED, _WAIT, _LEFT, _HOUR, _LINE, _TASTE, _CHANNEL, _DEAL, _BACK = range(5_000, 5_900, 100)

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shopping:
    """The parameters of the process, and the period that is watched.

    Purchases by week have a rate from Gamma(r, alpha); the chance of leaving after a repeat is from Beta(a, b). The
    mean spend of a customer is p times a number whose reciprocal is from Gamma(q, v). Customers join on any day of the
    first `joining` days of `days`. `returns` is the share of lines that are sent back.

    >>> Shopping(r=0.5).alpha
    4.414
    """

    r: float = 0.243
    alpha: float = 4.414
    a: float = 0.793
    b: float = 2.426
    p: float = 6.25
    q: float = 3.74
    v: float = 15.44
    days: int = 728
    joining: int = 364
    returns: float = 0.02

    def checked(self) -> Shopping:
        """The same. Raises SettingsError for parameters that no process has."""
        parameters = {name: getattr(self, name) for name in ("r", "alpha", "a", "b", "p", "q", "v")}
        wrong = [f"{name} {value}" for name, value in parameters.items() if not 0 < value < 1e6]
        if wrong:
            raise SettingsError("The parameters of a shop are above 0.", found=", ".join(wrong))
        if not 1 <= self.joining <= self.days <= 40_000 or not 0 <= self.returns <= 0.5:
            raise SettingsError(
                "A shop is watched for its days, and customers join in some of them.",
                found=f"days {self.days}, joining {self.joining}, returns {self.returns}",
                remedy="Let days be at least joining, both at least 1, and returns from 0 to 0.5.",
            )
        return self


@dataclass(frozen=True)
class _Customers:
    number: Addresses
    rate: Numbers  # by day
    leaving: Numbers
    scale: Numbers  # of the spend: its mean is p times this
    joined: Numbers  # days from the first day of the shop
    alive: npt.NDArray[np.bool_]


def sample_orders(customers: int, seed: int = 0, *, start: int = 0, shop: Shopping | None = None) -> pl.DataFrame:
    """The order lines of `customers` made-up customers, with those of customer `start` first.

    >>> sample_orders(100, seed=1).columns
    ['order_id', 'customer_id', 'ordered_at', 'product', 'category', 'channel', 'quantity', 'amount', 'discount']
    """
    check(customers, seed, start)
    told = (shop or Shopping()).checked()
    who = _customers(customers, seed, start, told)
    buyer, place, day, _ = _purchases(who, seed, told)
    return _lines(who, buyer, place, day, seed, told)


def sample_orders_truth(customers: int, seed: int = 0, *, start: int = 0, shop: Shopping | None = None) -> pl.DataFrame:
    """What is true of each customer of `sample_orders`: rate by week, chance of leaving, mean spend, still there?

    >>> sample_orders_truth(100, seed=1).columns
    ['customer_id', 'rate_per_week', 'chance_of_leaving', 'mean_spend', 'alive', 'n_orders', 'favourite_category']
    """
    check(customers, seed, start)
    told = (shop or Shopping()).checked()
    who = _customers(customers, seed, start, told)
    buyer, _, _, alive = _purchases(who, seed, told)
    taste = _favourites(who.number, seed)
    return pl.DataFrame(
        {
            "customer_id": _ids("K", who.number),
            "rate_per_week": who.rate * _WEEK,
            "chance_of_leaving": who.leaving,
            "mean_spend": told.p * who.scale,
            "alive": alive,
            "n_orders": np.bincount(buyer, minlength=len(who.number)),
            "favourite_category": pl.Series(CATEGORIES).gather(taste),
        }
    )


def _customers(customers: int, seed: int, start: int, shop: Shopping) -> _Customers:
    number = np.arange(start, start + customers, dtype=np.uint64)
    leave, stay = gamma_at(shop.a, seed, _LEAVE_A, number), gamma_at(shop.b, seed, _LEAVE_B, number)
    return _Customers(
        number=number,
        rate=gamma_at(shop.r, seed, _RATE, number) / (shop.alpha * _WEEK),
        leaving=leave / (leave + stay),
        scale=shop.v / gamma_at(shop.q, seed, _MEAN, number),
        joined=np.floor(uniform_at(seed, _JOINED, number) * shop.joining),
        alive=np.ones(customers, dtype=np.bool_),
    )


def _purchases(who: _Customers, seed: int, shop: Shopping) -> tuple[Places, Places, Numbers, npt.NDArray[np.bool_]]:
    """Each purchase by customer: whose (a place), its number from 0, and when; then which customers have not left."""
    here = np.arange(len(who.number))
    time, alive = who.joined.copy(), who.alive.copy()
    parts = [(here, np.zeros(len(here), dtype=np.int64), time.copy())]
    for count in range(1, _MOST):
        address = _address(who.number[here], count)
        wait = -log(uniform_at(seed, _WAIT, address)) / np.maximum(who.rate[here], 1e-300)
        time[here] = time[here] + np.minimum(wait, 1e9)
        bought = time[here] < shop.days
        here, address = here[bought], address[bought]
        if not len(here):
            break
        parts.append((here, np.full(len(here), count, dtype=np.int64), time[here].copy()))
        stays = uniform_at(seed, _LEFT, address) >= who.leaving[here]
        alive[here[~stays]] = False
        here = here[stays]
    buyer, place, day = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort([place, buyer])
    return buyer[order], place[order], day[order], alive


def _address(number: Addresses, count: int | Places) -> Addresses:
    """Where a customer's purchase, or a purchase's line, has its random numbers."""
    with np.errstate(over="ignore"):
        moved = np.asarray(count, dtype=np.uint64) * np.uint64(0xA24BAED4963EE407)
        return number * np.uint64(0x9FB21C651E98DF25) + moved


def _lines(who: _Customers, buyer: Places, place: Places, day: Numbers, seed: int, shop: Shopping) -> pl.DataFrame:
    at = _address(who.number[buyer], place)
    many = 1 + np.searchsorted(np.cumsum(_LINES)[:-1], uniform_at(seed, _LINE, at), side="right")
    cents = whole(who.scale[buyer] * gamma_at(shop.p, seed, _SPEND, at) * 100.0)
    order = np.repeat(np.arange(len(at)), many)
    nth = np.arange(len(order)) - np.repeat(np.cumsum(many) - many, many)
    line = _address(at[order], nth + 1)
    category = _categories(who.number[buyer][order], line, seed)
    product = (uniform_at(seed, _TASTE + 1, line) * _PRODUCTS).astype(np.int64)
    deal = uniform_at(seed, _DEAL, at) < _DEALS
    parted = _parted(cents, many, 0.25 + uniform_at(seed, _LINE + 1, line), order)
    minute = whole(np.floor(day)) * 1440 + whole(480.0 + 840.0 * uniform_at(seed, _HOUR, at))
    lines = pl.DataFrame(
        {
            "order": _ids("O", who.number[buyer]) + "-" + pl.Series((place + 1).astype(str)),
            "customer_id": _ids("K", who.number[buyer]),
            "minute": minute,
            "channel": pl.Series(CHANNELS).gather(_placed(_CHANNEL_SHARES, uniform_at(seed, _CHANNEL, at))),
            "deal": deal,
        }
    )[order]
    first = (LAST_DAY.toordinal() - date(1970, 1, 1).toordinal() - shop.days + 1) * 1440
    sold = lines.select(
        pl.col("order").alias("order_id"),
        "customer_id",
        ((pl.col("minute") + first) * 60_000_000).cast(pl.Datetime("us")).alias("ordered_at"),
        pl.Series("product", [f"{c} {n}" for c in CATEGORIES for n in range(1, _PRODUCTS + 1)]).gather(
            category * _PRODUCTS + product
        ),
        pl.Series("category", CATEGORIES).gather(category),
        "channel",
        pl.Series(
            "quantity", 1 + (uniform_at(seed, _LINE + 2, line) * uniform_at(seed, _LINE + 3, line) * 4).astype(int)
        ),
        pl.Series("amount", parted / 100.0),
        pl.Series("discount", np.where(deal[order], whole(parted.astype(np.float64) * 0.1) / 100.0, 0.0)),
    )
    return _with_returns(sold, uniform_at(seed, _BACK, line), uniform_at(seed, _BACK + 1, line), shop)


def _parted(cents: Places, many: Places, weight: Numbers, order: Places) -> Places:
    """The money of each order in whole cents by line: shares by weight, what is left over on the first line."""
    total = np.bincount(order, weights=weight, minlength=len(cents))
    own = np.floor(cents[order] * (weight / total[order])).astype(np.int64)
    rest = cents - np.bincount(order, weights=own.astype(np.float64), minlength=len(cents)).astype(np.int64)
    own[np.cumsum(many) - many] += rest
    return own


def _with_returns(sold: pl.DataFrame, sent: Numbers, late: Numbers, shop: Shopping) -> pl.DataFrame:
    """The lines with those that are sent back, up to 30 days later, as lines of their own right after."""
    if not shop.returns:
        return sold
    back = sold.with_columns(
        pl.Series("sent", sent < shop.returns),
        (pl.col("ordered_at") + pl.duration(days=pl.lit(pl.Series(1 + (late * 30).astype(np.int64))))).alias(
            "ordered_at"
        ),
        ("R" + pl.col("order_id")).alias("order_id"),
        (-pl.col("quantity")).alias("quantity"),
        (-pl.col("amount")).alias("amount"),
        pl.lit(0.0).alias("discount"),
        pl.int_range(pl.len()).alias("place"),
    )
    end = pl.lit(LAST_DAY).cast(pl.Datetime("us")) + pl.duration(days=1)
    back = back.filter("sent", pl.col("ordered_at") < end).drop("sent")
    both = pl.concat([sold.with_columns(pl.int_range(pl.len()).alias("place")), back])
    return both.sort("place", maintain_order=True).drop("place")


def _favourites(number: Addresses, seed: int) -> Places:
    return _placed(_SHARES, uniform_at(seed, _TASTE, number))


def _categories(number: Addresses, line: Addresses, seed: int) -> Places:
    own = uniform_at(seed, _TASTE + 2, line) < _FAVOURITE
    return np.where(own, _favourites(number, seed), _placed(_SHARES, uniform_at(seed, _TASTE + 3, line)))


def _placed(shares: tuple[float, ...], uniform: Numbers) -> Places:
    return np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right").astype(np.int64)


def _ids(letter: str, number: Addresses) -> pl.Series:
    counted = pl.Series(number.astype(np.int64) + 1).cast(pl.String).str.zfill(7)
    return pl.select(pl.format(f"{letter}{{}}", counted)).to_series()
