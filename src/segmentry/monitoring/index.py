"""The population stability index: how far shares have moved, and how far they move by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Verdict = Literal["stable", "watch", "act"]

WATCH, ACT = 0.10, 0.25  # what credit scoring has long used as rules of thumb
LEAST_SHARE = 1e-4  # of a bin that nobody is in, whose logarithm would have no end; of few customers, half a one
_ONE_IN_A_THOUSAND = 3.0902  # standard deviations of a normal distribution


def stability_index(then: Sequence[float], now: Sequence[float], customers: int) -> float:
    """The sum over bins of (now - then) x ln(now / then), of so many customers now: 0 where shares are the same.

    >>> stability_index([0.5, 0.5], [0.5, 0.5], 100), round(stability_index([0.5, 0.5], [0.8, 0.2], 100), 3)
    (0.0, 0.416)
    """
    least = max(LEAST_SHARE, 0.5 / customers)
    pairs = [(max(a, least), max(b, least)) for a, b in zip(then, now, strict=True)]
    return round(math.fsum((b - a) * math.log(b / a) for a, b in pairs), 9)


def chance_of(bins: int, n_then: int, n_now: int) -> float:
    """What the index stays below in about 999 of 1,000 draws where nothing has changed.

    It is then nearly a chi-squared variable of `bins` - 1 degrees of freedom, times 1 / n_then + 1 / n_now (Yurdakul
    2018); its quantile is Wilson and Hilferty's.

    >>> round(chance_of(10, 1_000, 1_000), 3), round(chance_of(10, 1_000_000, 1_000_000), 6)
    (0.056, 5.6e-05)
    """
    free = bins - 1
    if not free or not n_then or not n_now:
        return 0.0
    spread = 2.0 / (9.0 * free)
    quantile = free * (1.0 - spread + _ONE_IN_A_THOUSAND * math.sqrt(spread)) ** 3
    return quantile * (1.0 / n_then + 1.0 / n_now)


def verdict_on(index: float, chance: float) -> Verdict:
    """What an index asks for; what chance alone brings about asks for nothing.

    >>> verdict_on(0.3, 0.01), verdict_on(0.12, 0.01), verdict_on(0.12, 0.2)
    ('act', 'watch', 'stable')
    """
    if index <= chance or index < WATCH:
        return "stable"
    return "act" if index > ACT else "watch"
