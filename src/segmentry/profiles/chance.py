"""Whether a segment differs from everyone by more than chance would make it: exactly for shares, nearly for means.

Where a column has nothing to do with the segments, those of a segment are as if its customers had been drawn blindly
from all. A profile has many figures, so that chance gets many tries, and each must pass for all.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from segmentry.profiles.profile import MISSING, OTHER, Level, Measure, Profile

LEVEL = 0.01  # how often a whole profile may show something where there is nothing
MOST_TERMS = 1_000_000  # of a sum; a thousand million customers need a tenth, and a made-up model file gets no more


def level_beyond_chance(profile: Profile, level: Level, segment: str, size: int) -> bool:
    """Whether a level is more or less common in a segment of `size` customers than among all, chance allowed for."""
    share = level.segments[segment].share
    if share is None or not level.share:
        return False
    return _differs(profile, round(share * size), size, level.n, round(level.n / level.share))


def flag_beyond_chance(profile: Profile, measure: Measure, segment: str) -> bool:
    """The same of those who say yes to a measure that is yes or no, among the customers who answer."""
    own, everyone = measure.segments[segment].spread, measure.population
    # Other customers than those of the fit may have any number where those had 0 and 1.
    if own.mean is None or everyone.mean is None or not 0 <= own.mean <= 1 or not 0 <= everyone.mean <= 1:
        return False
    return _differs(profile, round(own.mean * own.n), own.n, round(everyone.mean * everyone.n), everyone.n)


def mean_beyond_chance(profile: Profile, measure: Measure, segment: str) -> bool:
    """The same of the mean of a number. Of what the segments were made by there is no question: they differ there."""
    if measure.clustered:
        return True
    cell, everyone = measure.segments[segment], measure.population.n
    if cell.difference is None:
        return False
    # In standard deviations, as the difference is: the mean of n drawn without return.
    error = math.sqrt(max(1.0 / cell.spread.n - 1.0 / everyone, 0.0))
    return abs(cell.difference) >= NormalDist().inv_cdf(1.0 - _highest(profile)) * error


def _differs(profile: Profile, yes: int, size: int, yes_of_all: int, everyone: int) -> bool:
    if yes * everyone < yes_of_all * size:  # fewer say yes is the same as more say no
        yes, yes_of_all = size - yes, everyone - yes_of_all
    if yes < profile.minimum_customers:
        return False
    highest = _highest(profile)
    # Of many customers the sum has thousands of terms, and the bound or the first of them nearly always settle it.
    if bound(yes, size, yes_of_all, everyone) < highest:
        return True
    return at_least(yes, size, yes_of_all, everyone, highest) < highest


def _highest(profile: Profile) -> float:
    """The chance that each figure which the profile puts beside everyone's may be given, on either side."""
    levels = [level for c in profile.categories for level in c.levels if level.level not in (MISSING, OTHER)]
    measures = [m for m in profile.measures if m.unit == "flag" or not m.clustered]
    tries = sum(len(level.segments) for level in levels) + sum(len(m.segments) for m in measures)
    return LEVEL / (2.0 * max(tries, 1))


def bound(yes: int, size: int, yes_of_all: int, everyone: int) -> float:
    """What `at_least` cannot exceed (Hoeffding 1963, theorem 1 and section 6).

    >>> at_least(4, 4, 5, 10) < bound(4, 4, 5, 10) < 0.07
    True
    """
    share, of_all = yes / size, yes_of_all / everyone
    if share <= of_all:
        return 1.0
    if of_all == 0.0:
        return 0.0
    rest = (1.0 - share) * math.log((1.0 - of_all) / (1.0 - share)) if share < 1.0 else 0.0
    return math.exp(size * (share * math.log(of_all / share) + rest))


def at_least(yes: int, size: int, yes_of_all: int, everyone: int, enough: float = 1.0) -> float:
    """The chance that of `size` customers drawn blindly from everyone at least `yes` are among the `yes_of_all`.

    Adding up ends where it has come to `enough`.

    >>> round(at_least(4, 4, 5, 10), 4)  # 5/10 x 4/9 x 3/8 x 2/7
    0.0238
    >>> at_least(2, 4, 5, 10) > 0.5
    True
    """
    most, no_of_all = min(size, yes_of_all), everyone - yes_of_all
    if not 0 <= yes <= most or not size <= everyone or size - yes > no_of_all:
        return 1.0
    ways = _ways(yes_of_all, yes) + _ways(no_of_all, size - yes) - _ways(everyone, size)
    term = total = math.exp(min(ways, 0.0))
    for n in range(yes, min(most, yes + MOST_TERMS)):
        if term < 1e-12 * total or total >= enough:
            break
        term *= (yes_of_all - n) * (size - n) / ((n + 1) * (no_of_all - size + n + 1))
        total += term
    return min(total, 1.0)


def _ways(of: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose."""
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)
