"""How often as often as everyone: ratios of shares with intervals that hold for all comparisons of a list together.

Limits of a share come from the arcsine transform (Anscombe 1948), whose error hardly depends on the share, so that rare
items do not lead by chance; limits of a ratio from those of its two shares (MOVER, Donner and Zou 2012); the correction
for many comparisons is Bonferroni's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from segmentry.baskets.results import SURE, Ratio


@dataclass(frozen=True)
class Share:
    """A share `count` / `of`. `error` is its standard error where it is not that of independent customers."""

    count: float
    of: float
    error: float | None = None

    @property
    def value(self) -> float:
        return self.count / self.of


def deviate(comparisons: int) -> float:
    """Standard deviations to either side that so many intervals need to hold all together.

    >>> round(deviate(1), 2), round(deviate(1000), 2)
    (1.96, 4.06)
    """
    return NormalDist().inv_cdf(1.0 - (1.0 - SURE) / (2.0 * max(comparisons, 1)))


def limits(share: Share, z: float) -> tuple[float, float]:
    """Lower and upper limit of a share, `z` standard deviations to either side.

    >>> low, high = limits(Share(20, 100), 1.96)
    >>> round(low, 3), round(high, 3)
    (0.13, 0.286)
    """
    # 3/8 more of each kind: without it a share of nothing would have no error at all.
    p = (share.count + 0.375) / (share.of + 0.75)
    spread = math.sqrt(p * (1.0 - p))
    error = spread / math.sqrt(share.of) if share.error is None else max(share.error, 0.0)
    middle, half = math.asin(math.sqrt(p)), z * error / (2.0 * spread)
    low, high = max(middle - half, 0.0), min(middle + half, math.pi / 2.0)
    return math.sin(low) ** 2, math.sin(high) ** 2


def ratio(one: Share, other: Share, z: float) -> Ratio:
    """One share by another of different customers.

    >>> found = ratio(Share(60, 200), Share(100, 1000), 1.96)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (3.0, 2.25, 3.96)
    """
    (low, high), (other_low, other_high) = limits(one, z), limits(other, z)
    p, q = _known(one), _known(other)
    below = low * (2.0 * p - low) / (p * q + _root(p, q, low, other_high))
    if other_low <= 0.0:
        return Ratio(one.value / q, max(below, 0.0), None)
    above = (p * q + _root(p, q, high, other_low)) / (other_low * (2.0 * q - other_low))
    return Ratio(one.value / q, max(below, 0.0), above)


def _known(share: Share) -> float:
    """The share, above nothing where it is of nobody."""
    return share.value if share.count else 0.375 / (share.of + 0.75)


def _root(p: float, q: float, end: float, other_end: float) -> float:
    return math.sqrt(max((p * q) ** 2 - end * other_end * (2.0 * p - end) * (2.0 * q - other_end), 0.0))


def against_all(one: Share, rest: Share, z: float) -> Ratio | None:
    """The share of a part of the customers by that of all, the part among them; None where there is no rest.

    >>> found = against_all(Share(60, 200), Share(100, 1000), 1.96)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (2.25, 1.86, 2.65)
    """
    if rest.of <= 0 or one.of <= 0 or one.count + rest.count <= 0:
        return None
    weight = one.of / (one.of + rest.of)
    found = ratio(one, rest, z)

    def whole(value: float | None) -> float:
        # The rest is compared with, since part and whole are no different customers; the whole follows from it.
        if value is None:
            return 1.0 / weight
        return 1.0 / (weight + (1.0 - weight) / value) if value > 0.0 else 0.0

    together = (one.count + rest.count) / (one.of + rest.of)
    return Ratio(one.value / together, whole(found.low), whole(found.high))


def clustered(x: float, xx: float, xn: float, n: float, nn: float) -> Share:
    """The share of all lines that are of one item, with its error over customers, whose lines are alike.

    From sums over customers of lines of the item `x`, all lines `n`, their squares and their product: the variance of a
    ratio of totals (Cochran 1977).

    >>> clustered(4, 4, 40, 400, 4000).error < clustered(4, 16, 40, 400, 4000).error
    True
    """
    share = x / n
    squares = max(xx - 2.0 * share * xn + share * share * nn, 0.0)
    return Share(x, n, math.sqrt(squares) / n)
