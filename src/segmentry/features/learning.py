"""Learns a recipe's constants from the sample: fills, caps, transforms, centres, scales, category levels.

Sums are exact (`math.fsum`) and quantiles are order statistics, so that a constant depends on nothing but the values.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np

from segmentry.features.feature import Feature
from segmentry.features.outlying import order_statistic, outer_fences
from segmentry.features.recipe import GRID, Levels, Scale

# Share of values beyond the upper fence above which log(1 + x) is taken; an exponential distribution has 0.9 %.
# Skewness would not do: groups are skewed as well (few big spenders, many small ones), and a logarithm would draw
# together what should be told apart; and a single wrong value makes anything skewed.
HEAVY_TAIL = 0.01
SKEWED = 2.0  # where half of the values are the same there is no fence; the skewness of an exponential distribution
MOST_LEVELS = 12  # levels of a category that get an axis; rarer ones share the origin
# Two customers in different levels of a category are as far apart as one standard deviation: sqrt(1/2) on each axis.
LEVEL_WEIGHT = round(GRID * math.sqrt(0.5))


def mean_and_sd(values: np.ndarray) -> tuple[float, float]:
    """Mean and population standard deviation from exactly rounded sums."""
    mean = math.fsum(values.tolist()) / len(values)
    from_mean = values - mean
    return mean, math.sqrt(math.fsum((from_mean * from_mean).tolist()) / len(values))


def learn_scale(feature: Feature, values: np.ndarray) -> Scale:
    """How this feature's sampled values (NaN where missing) become whole numbers on the grid."""
    known = np.sort(values[~np.isnan(values)])
    fences = outer_fences(known)
    transform: Literal["none", "log1p"] = "none"
    skewness = _skewness(_clipped(known, fences))
    if known[0] >= 0 and _has_heavy_tail(known, fences, skewness):
        logs = np.log(known + 1.0)
        log_fences = outer_fences(logs)
        if abs(_skewness(_clipped(logs, log_fences))) < skewness:
            transform = "log1p"
            fences = None if log_fences is None else (math.expm1(log_fences[0]), math.expm1(log_fences[1]))
    prepared = _clipped(known, fences)
    shaped = np.log(prepared + 1.0) if transform == "log1p" else prepared
    centre, scale = mean_and_sd(shaped)
    if feature.unit in ("flag", "level") and known[0] < known[-1] and np.isin(known, known[[0, -1]]).all():
        # As far apart as two levels of a category: by its own deviation, a yes that 3 % say would outweigh all else.
        scale = float(shaped[-1] - shaped[0])
    return Scale(
        feature=feature,
        fill=order_statistic(known, 0.5),
        low=None if fences is None else fences[0],
        high=None if fences is None else fences[1],
        transform=transform,
        centre=centre,
        scale=scale,
        minimum=float(known[0]),
        maximum=float(known[-1]),
        n_missing=int(len(values) - len(known)),
        n_capped=0 if fences is None else int(((known < fences[0]) | (known > fences[1])).sum()),
        skewness=round(skewness, 6),
    )


def _has_heavy_tail(known: np.ndarray, fences: tuple[float, float] | None, skewness: float) -> bool:
    if fences is None:
        return skewness > SKEWED
    return int((known > fences[1]).sum()) > HEAVY_TAIL * len(known)


def _clipped(values: np.ndarray, fences: tuple[float, float] | None) -> np.ndarray:
    return values if fences is None else np.clip(values, *fences)


def _skewness(values: np.ndarray) -> float:
    mean, sd = mean_and_sd(values)
    if sd == 0:
        return 0.0
    standard = (values - mean) / sd
    return math.fsum((standard * standard * standard).tolist()) / len(values)


def prepared(scale: Scale, values: np.ndarray) -> np.ndarray:
    """Sampled values as standard scores: filled, capped, transformed; used to compare features with each other."""
    filled = np.where(np.isnan(values), scale.fill, values)
    capped = filled if scale.low is None or scale.high is None else np.clip(filled, scale.low, scale.high)
    shaped = np.log(capped + 1.0) if scale.transform == "log1p" else capped
    result: np.ndarray = (shaped - scale.centre) / (scale.scale or 1.0)
    return result


def learn_levels(feature: Feature, values: Sequence[str | None] | np.ndarray) -> Levels:
    """The category's commonest levels, in name order; a level beyond them counts as none of them."""
    counts = Counter(str(v) for v in values if v is not None)
    common = sorted(counts, key=lambda level: (-counts[level], level))[:MOST_LEVELS]
    return Levels(feature, tuple(sorted(common)), LEVEL_WEIGHT, n_missing=sum(v is None for v in values))
