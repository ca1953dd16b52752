"""Effects with intervals, tests with Holm's correction, and markers, from a profile; similarities from the sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import stdtr

from segmentry.features.recipe import GRID
from segmentry.profiles.chance import at_least, bound
from segmentry.profiles.evidence import BINS, Effect, Gorge
from segmentry.profiles.profile import MISSING, OTHER, Category, Level, Measure, Profile
from segmentry.profiles.sayable import KNOWN
from segmentry.prototypes.assign import scores
from segmentry.prototypes.rule import Rule

LEVEL = 0.05
NEVER = 1e-200  # a chance that is none
BEYOND_CHANCE = 2.576  # standard errors of 99 %: with few customers, chance looks like a difference
SMALLEST = 0.2  # a small effect (Cohen); a marker is beyond it, chance allowed for
POINTS, RELATIVE = 0.25, 0.5  # a share is a marker that differs by a quarter or by half (Dolnicar et al. 2018)
Z95 = 1.959964


def effects(profile: Profile, sizes: Mapping[str, int], shaped: frozenset[str] = frozenset()) -> tuple[Effect, ...]:
    """Every measure and level in every segment that has figures, with tests for what was not clustered on.

    `sizes` are the customers of each segment. `shaped` names what was not clustered on and shares a column with
    what was: it had a part in the segments, so that no test is made for it either.
    """
    found: list[tuple[Effect, float | None]] = []
    for segment in sizes:
        for measure in profile.measures:
            one = _of_measure(measure, segment, sizes[segment], measure.clustered or measure.name in shaped)
            found += [one] if one else []
        for category in profile.categories:
            rested = category.clustered or category.name in shaped
            levels = [_of_level(category, level, segment, sizes[segment], rested) for level in category.levels]
            found += [one for one in levels if one]
    corrected = holm([p for _, p in found if p is not None])
    result = []
    waiting = iter(corrected)
    for effect, p in found:
        after = None if p is None else next(waiting)
        certain = after is None or after < LEVEL
        result.append(replace(effect, p_value=after, marker=effect.marker and certain))
    return tuple(result)


def holm(p_values: Sequence[float]) -> list[float]:
    """p values corrected so that all tests together err in at most as many cases as one would (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, p_values[i] * (len(p_values) - rank)))
        corrected[i] = highest
    return corrected


def _of_measure(measure: Measure, segment: str, size: int, rested: bool) -> tuple[Effect, float | None] | None:
    own, everyone = measure.segments[segment].spread, measure.population
    n, rest = own.n, everyone.n - own.n
    if own.mean is None or own.sd is None or everyone.mean is None or everyone.sd is None or min(n, rest) < 2:
        return None
    others = (everyone.n * everyone.mean - n * own.mean) / rest
    between = n * (own.mean - everyone.mean) ** 2 + rest * (others - everyone.mean) ** 2
    spread_of_rest = max(everyone.n * everyone.sd**2 - n * own.sd**2 - between, 0.0) / rest
    pooled = math.sqrt((n * own.sd**2 + rest * spread_of_rest) / everyone.n)
    if pooled == 0:
        return None
    effect = (own.mean - others) / pooled
    error = math.sqrt(1 / n + 1 / rest + effect**2 / (2 * everyone.n))
    p = None
    if not rested and measure.unit == "flag":
        p = fisher(round(own.mean * n), n, round(everyone.mean * everyone.n), everyone.n)
    elif not rested:
        p = welch(own.mean - others, own.sd**2, n, spread_of_rest, rest)
    marker = n >= KNOWN * size and abs(effect) - BEYOND_CHANCE * error >= SMALLEST
    marker = marker and _outside(measure, segment, own.mean, everyone.mean)
    made = Effect(segment, measure.name, "", measure.clustered, effect, effect - Z95 * error, effect + Z95 * error,
                  None, marker, n, rest)  # fmt: skip
    return made, p


def _outside(measure: Measure, segment: str, own: float, everyone: float) -> bool:
    """For a share, that it differs much; for a number, that the usual customer lies outside of the segment's box."""
    if measure.unit in ("flag", "share"):
        return _much(own, everyone)
    spread, median = measure.segments[segment].spread, measure.population.median
    if spread.q1 is None or spread.q3 is None or median is None:
        return False
    return not spread.q1 <= median <= spread.q3


def _much(own: float, everyone: float) -> bool:
    return abs(own - everyone) >= POINTS or (everyone > 0 and abs(own - everyone) / everyone >= RELATIVE)


def _of_level(
    category: Category, level: Level, segment: str, n: int, rested: bool
) -> tuple[Effect, float | None] | None:
    share = level.segments[segment].share
    everyone = round(level.n / level.share) if level.share else 0
    rest = everyone - n
    if share is None or rest < 1 or n < 1 or level.level in (MISSING, OTHER):
        return None
    others = (level.share * everyone - share * n) / rest
    difference = share - others
    error = math.sqrt(max(share * (1 - share), 0.25 / n) / n + max(others * (1 - others), 0.25 / rest) / rest)
    p = None if rested else fisher(round(share * n), n, level.n, everyone)
    marker = abs(difference) > BEYOND_CHANCE * error and _much(share, level.share)
    made = Effect(segment, category.name, level.level, category.clustered, difference, difference - Z95 * error,
                  difference + Z95 * error, None, marker, n, rest)  # fmt: skip
    return made, p


def welch(difference: float, variance: float, n: int, variance_of_rest: float, rest: int) -> float:
    """The chance of means that differ at least as much where those of both groups are one (Welch 1947).

    The variances are those of the customers themselves; those that they are drawn from are a little larger.

    >>> round(welch(1.0, 4.0, 12, 1.0, 300), 3)
    0.127
    """
    own, other = variance / (n - 1), variance_of_rest / (rest - 1)  # squared standard errors
    if own + other == 0:
        return 0.0 if difference else 1.0
    freedom = (own + other) ** 2 / (own**2 / (n - 1) + other**2 / (rest - 1))
    return float(2.0 * stdtr(freedom, -abs(difference) / math.sqrt(own + other)))


def fisher(yes: int, size: int, yes_of_all: int, everyone: int) -> float:
    """The chance of a share at least as far from everyone's, either way, in as many drawn blindly from all.

    >>> round(fisher(0, 4, 5, 10), 4), fisher(2, 4, 5, 10)
    (0.0476, 1.0)
    """
    if yes * everyone < yes_of_all * size:  # fewer say yes is the same as more say no
        yes, yes_of_all = size - yes, everyone - yes_of_all
    # Among millions the terms of the sum are too small for a number, and there are as many of them.
    if bound(yes, size, yes_of_all, everyone) < NEVER:
        return 0.0
    return min(2.0 * at_least(yes, size, yes_of_all, everyone), 1.0)


def gorge(rule: Rule, grid: np.ndarray, segments: Sequence[str]) -> tuple[Gorge, ...]:
    """Histograms of how similar each row is to each segment: well separated means much at 0 and 1 and little between.

    The similarity is the root of e^-d / sum e^-d over the segments, d the distance to the nearest prototype of each, in
    standard deviations.
    """
    scored = scores(rule, grid)
    norm = 0.0 if rule.pairs else (grid * grid).sum(axis=1)
    owners = np.array(rule.owners)
    squared = np.stack([scored[:, owners == s].min(axis=1) + norm for s in segments], axis=1)
    distances = np.sqrt(np.maximum(squared, 0.0) / rule.scale) / (1.0 if rule.pairs else GRID)
    near = np.exp(-(distances - distances.min(axis=1, keepdims=True)))
    similar = np.sqrt(near / near.sum(axis=1, keepdims=True))
    places = np.minimum((similar * BINS).astype(np.int64), BINS - 1)
    return tuple(Gorge(s, tuple(np.bincount(places[:, i], minlength=BINS).tolist())) for i, s in enumerate(segments))
