"""What is known of each number of segments beyond its own fit: chance, gap, prediction strength, stability, heaps.

All of it is computed on at most ROWS customers, evenly spaced over the sample, on one thread, with seeds of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from segmentry.clusters.kmeans import sketch_kmeans
from segmentry.quality import silhouettes
from segmentry.quality.gap import gap_choice, gaps
from segmentry.quality.modes import Heaps, find_heaps, is_valley
from segmentry.quality.prediction_strength import prediction_strength
from segmentry.quality.reference import boxes, look_alikes
from segmentry.quality.stability import global_stability
from segmentry.selection.mixtures import MixtureEvidence, hear_mixtures

ROWS = 800
FEWEST_ROWS = 30  # below it no criterion tells groups from chance
REFERENCES = 20
FEW_REFERENCES = 8  # where a look-alike is dear and the bar high
BOXES = 8
SPLITS = 4
PAIRS = 10
# Below these, a standard deviation over references is rounding, and dividing by it would make much of nothing.
LEAST_SPREAD = 0.004


@dataclass(frozen=True)
class Evidence:
    """Figures by number of segments, and whether a column or direction has several heaps."""

    rows: int
    silhouette: dict[int, float]  # standard deviations beyond look-alikes without groups
    tightness: dict[int, float]  # the same of -log inertia
    gap: dict[int, float]
    gap_error: dict[int, float]
    gap_choice: int | None
    prediction_strength: dict[int, float]
    stability: dict[int, float]
    heaps: Heaps
    valley: bool  # between the two halves of a cut into 2
    mixture: MixtureEvidence | None  # None where mixtures have nothing to say


def gather_evidence(grid: np.ndarray, ks: Sequence[int], seed: int) -> Evidence | None:
    """The evidence on the sampled rows; None with too few of them, or too few that differ."""
    rows = grid[evenly_spaced(len(grid), ROWS)]
    ks = [k for k in ks if k <= len(np.unique(rows, axis=0)) // 2]
    if len(rows) < FEWEST_ROWS or not ks:
        return None
    # One thread: with more, the order of additions inside the searches depends on the machine.
    with threadpool_limits(limits=1):
        references = list(look_alikes(rows, REFERENCES, seed))
        own, chance = _curve(rows, ks, seed), [_curve(r, ks, seed) for r in references]
        gap, error = _gaps(rows, ks, own[1], seed)
        strength = {k: prediction_strength(rows, k, _centres, SPLITS, seed) for k in ks}
        heaps = find_heaps(rows, references[:FEW_REFERENCES])
        valley = ks[0] == 2 and is_valley(rows, sketch_kmeans(rows, 2, seed)[1])
        mixture = hear_mixtures(rows, references, ks[-1], seed) if len(ks) > 1 else None
    stability = global_stability(rows, ks, seed, PAIRS)
    in_a_row = len(ks) > 1
    return Evidence(
        rows=len(rows),
        silhouette=_beyond(own[0], [c[0] for c in chance], ks),
        tightness=_beyond(own[1], [c[1] for c in chance], ks, -1.0),
        gap=dict(zip(ks, gap[1:], strict=True)),
        gap_error=dict(zip(ks, error[1:], strict=True)),
        gap_choice=gap_choice([1, *ks], gap, error) if in_a_row and ks[0] == 2 else None,
        prediction_strength={k: value for k, value in strength.items() if value is not None},
        stability={k: math.fsum(values.tolist()) / len(values) for k, values in stability.items()},
        heaps=heaps,
        valley=valley,
        mixture=mixture,
    )


def evenly_spaced(n: int, most: int) -> np.ndarray:
    """Indices of at most `most` of n rows, evenly spaced: no draw, so nothing to seed."""
    return np.arange(n) if n <= most else (np.arange(most) * n) // most


def _curve(rows: np.ndarray, ks: Iterable[int], seed: int) -> tuple[list[float], list[float]]:
    """Mean silhouette and log inertia of a quick search for each k."""
    found = [sketch_kmeans(rows, k, seed) for k in ks]
    separated = silhouettes(rows, [labels for _, labels, _ in found])
    return [math.fsum(s.tolist()) / len(s) for s in separated], [_log(inertia) for _, _, inertia in found]


def _log(inertia: float) -> float:
    return math.log(max(inertia, 1.0))  # below one step of the grid, squared, there is nothing left to explain


def _centres(rows: np.ndarray, k: int, seed: int) -> np.ndarray:
    return sketch_kmeans(rows, k, seed)[0]


def _beyond(own: list[float], chance: list[list[float]], ks: Sequence[int], sign: float = 1.0) -> dict[int, float]:
    """How many standard deviations of the references the data are better than their mean."""
    expected = np.array(chance)
    spread = np.maximum(expected.std(axis=0, ddof=1), LEAST_SPREAD)
    return dict(zip(ks, (sign * (np.array(own) - expected.mean(axis=0)) / spread).tolist(), strict=True))


def _gaps(rows: np.ndarray, ks: Sequence[int], own: list[float], seed: int) -> tuple[list[float], list[float]]:
    """Gap and its error for k = 1, then each of ks."""
    drawn = [
        [_spread_out(box), *(_log(sketch_kmeans(box, k, seed)[2]) for k in ks)] for box in boxes(rows, BOXES, seed)
    ]
    return gaps([_spread_out(rows), *own], np.array(drawn))


def _spread_out(rows: np.ndarray) -> float:
    return _log(float(((rows - rows.mean(axis=0)) ** 2).sum()))
