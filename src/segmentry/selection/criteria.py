"""What is known of each number of segments beyond its own fit: chance, gap, prediction strength, stability, heaps.

All of it is computed on at most ROWS customers, evenly spaced over the sample, with seeds of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentry.clusters.sketch import Sketch, sketch_kmeans
from segmentry.features.sample import evenly_spaced
from segmentry.quality import silhouettes
from segmentry.quality.gap import gap_choice, gaps
from segmentry.quality.modes import Heaps, all_apart, find_heaps
from segmentry.quality.prediction_strength import prediction_strength
from segmentry.quality.reference import boxes, look_alikes
from segmentry.quality.stability import global_stability
from segmentry.selection.mixtures import MixtureEvidence, hear_mixtures

ROWS = 800
FEWEST_ROWS = 30  # below it no criterion tells groups from chance
FEW_REFERENCES = 8  # where a look-alike is dear and the bar high
BOXES = 8
# Of ROWS customers. Of fewer, each draw says less and takes less time: there are up to MORE times as many.
REFERENCES = 20
SPLITS = 4
PAIRS = 10
MORE = 4
# Below these, a standard deviation over references is rounding, and dividing by it would make much of nothing.
LEAST_SPREAD = 0.004


@dataclass(frozen=True)
class CriteriaByK:
    """Figures by number of segments, and whether a column or direction has several heaps."""

    rows: int
    silhouette: dict[int, float]  # standard deviations beyond look-alikes without groups
    tightness: dict[int, float]  # the same of -log inertia
    gap: dict[int, float]
    gap_error: dict[int, float]
    gap_choice: int | None
    prediction_strength: dict[int, float]
    stability: dict[int, float]
    draws: int  # of the customers, behind each stability
    heaps: Heaps
    apart: dict[int, bool]  # whether each segment and the one next to it are heaps of their own
    mixture: MixtureEvidence | None  # None where mixtures have nothing to say


def gather_criteria(
    grid: np.ndarray, ks: Sequence[int], seed: int, categories: Sequence[tuple[int, int]] = ()
) -> CriteriaByK | None:
    """The evidence on the sampled rows; None with too few of them, or too few that differ.

    `categories` has the first axis of each category and the one past its last. The caller limits threads: with more
    than one, the order of additions depends on the machine.
    """
    rows = grid[evenly_spaced(len(grid), ROWS)]
    ks = [k for k in ks if k <= len(np.unique(rows, axis=0)) // 2]
    if len(rows) < FEWEST_ROWS or not ks:
        return None
    more = min(MORE, ROWS / len(rows))
    references = list(look_alikes(rows, round(REFERENCES * more), seed, categories))
    tables = np.stack([rows, *references])
    found = [sketch_kmeans(tables, k, seed) for k in ks]
    separation, inertias = _separation(tables, found), _log_inertias(found)
    gap, error = _gaps(rows, ks, inertias[0], seed)
    strength = {k: prediction_strength(rows, k, _centres, round(SPLITS * more), seed) for k in ks}
    heaps = find_heaps(rows, references[:FEW_REFERENCES])
    apart = {k: all_apart(rows, fit.labels[0]) for k, fit in zip(ks, found, strict=True)}
    mixture = hear_mixtures(rows, references, ks[-1], seed) if len(ks) > 1 else None
    pairs = round(PAIRS * more)
    stability = global_stability(rows, ks, seed, pairs)
    in_a_row = len(ks) > 1
    return CriteriaByK(
        rows=len(rows),
        silhouette=_beyond(separation, ks),
        tightness=_beyond(-inertias, ks),
        gap=dict(zip(ks, gap[1:], strict=True)),
        gap_error=dict(zip(ks, error[1:], strict=True)),
        gap_choice=gap_choice([1, *ks], gap, error) if in_a_row and ks[0] == 2 else None,
        prediction_strength={k: value for k, value in strength.items() if value is not None},
        stability={k: math.fsum(values.tolist()) / len(values) for k, values in stability.items()},
        draws=2 * pairs,
        heaps=heaps,
        apart=apart,
        mixture=mixture,
    )


def _separation(tables: np.ndarray, found: Sequence[Sketch]) -> np.ndarray:
    """(tables, ks) mean silhouettes."""
    separated = [silhouettes(table, [f.labels[place] for f in found]) for place, table in enumerate(tables)]
    return np.array([[math.fsum(s.tolist()) / len(s) for s in of_table] for of_table in separated])


def _log_inertias(found: Sequence[Sketch]) -> np.ndarray:
    """(tables, ks), in the order of both."""
    return _log(np.column_stack([f.inertias for f in found]))


def _log(inertias: np.ndarray) -> np.ndarray:
    # Below one step of the grid, squared, there is nothing left to explain.
    result: np.ndarray = np.log(np.maximum(inertias, 1.0))
    return result


def _centres(tables: np.ndarray, k: int, seed: int) -> np.ndarray:
    return sketch_kmeans(tables, k, seed).centres


def _beyond(figures: np.ndarray, ks: Sequence[int]) -> dict[int, float]:
    """How many standard deviations of the references the data, which come first, are better than their mean.

    A deviation of so few is itself a matter of luck, and changes little from one k to the next: it is that of the
    variances of k and of those beside it.
    """
    own, chance = figures[0], figures[1:]
    variances = np.pad(chance.var(axis=0, ddof=1), 1, mode="edge")
    spread = np.sqrt((variances[:-2] + variances[1:-1] + variances[2:]) / 3.0)
    beyond = (own - chance.mean(axis=0)) / np.maximum(spread, LEAST_SPREAD)
    return dict(zip(ks, beyond.tolist(), strict=True))


def _gaps(rows: np.ndarray, ks: Sequence[int], own: np.ndarray, seed: int) -> tuple[list[float], list[float]]:
    """Gap and its error for k = 1, then each of ks."""
    tables = np.stack(list(boxes(rows, BOXES, seed)))
    drawn = np.column_stack([_spread_out(tables), _log_inertias([sketch_kmeans(tables, k, seed) for k in ks])])
    return gaps([*_spread_out(rows[None]), *own], drawn)


def _spread_out(tables: np.ndarray) -> np.ndarray:
    """The logarithm of each table's inertia around its mean."""
    return _log(((tables - tables.mean(axis=1, keepdims=True)) ** 2).sum(axis=(1, 2)))
