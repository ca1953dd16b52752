"""K-means on many bootstrap samples at once, on whole numbers: what stability is measured with.

A bootstrap sample is a weight per row, so that all samples share one set of distances. Every start comes afresh from
its own sample: a start that knew the full solution would make any grouping look stable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from segmentry.prototypes.lloyd import means, placed, turned
from segmentry.prototypes.reaching import reaching_starts
from segmentry.prototypes.threads import on_one_thread

STARTS = 4
FIRST_STEPS = 4  # Lloyd steps that each start gets before the best of a sample goes on alone
MOST_STEPS = 60
STILL = 1e-3  # a sample has settled when no larger share of its weight moves in a step
AT_ONCE = 5  # samples in one batch: what fits a processor's cache


@dataclass(frozen=True)
class Resampled:
    """`labels[b, i]` is the cluster of row i by the grouping of sample b; `counts[b, i]`, how often b drew row i."""

    labels: np.ndarray
    counts: np.ndarray


def resampled_kmeans(grid: np.ndarray, ks: Sequence[int], seed: int, samples: int, threads: int = 2) -> list[Resampled]:
    """For each k, all rows placed by k-means fitted on each of the bootstrap samples, which all k share.

    The same for any number of threads: arithmetic is on whole numbers, and each start has a seed of its own.
    """
    counts = np.stack([_drawn(len(grid), seed, sample) for sample in range(samples)])
    batches = [range(a, min(a + AT_ONCE, samples)) for a in range(0, samples, AT_ONCE)]
    most = max(ks)

    def reach(batch: range) -> np.ndarray:
        return reaching_starts(grid, counts[batch.start : batch.stop], most)

    def run(job: tuple[int, range, np.ndarray]) -> np.ndarray:
        k, batch, far = job
        return _grouped(grid, far[:, :k], counts[batch.start : batch.stop], seed, batch)

    # Linear algebra on one thread each: the batches are what runs side by side.
    with on_one_thread(), ThreadPoolExecutor(threads) as pool:
        reached = list(pool.map(reach, batches))
        jobs = [(k, *job) for k in ks for job in zip(batches, reached, strict=True)]
        done = iter(list(pool.map(run, jobs)))
    return [Resampled(np.concatenate(list(_of_one_k(done, samples))), counts) for _ in ks]


def _of_one_k(done: Iterator[np.ndarray], samples: int) -> Iterator[np.ndarray]:
    for _ in range(0, samples, AT_ONCE):
        yield next(done)


def _drawn(n: int, seed: int, sample: int) -> np.ndarray:
    drawn = np.random.default_rng([seed, sample]).integers(0, n, n)
    return np.bincount(drawn, minlength=n).astype(np.float64)


def _grouped(grid: np.ndarray, far: np.ndarray, counts: np.ndarray, seed: int, batch: range) -> np.ndarray:
    """(samples, rows) labels: for each sample the best of several starts drawn from it and of the one that is `far`."""
    k = far.shape[1]
    across = turned(grid[None])
    norms = (grid * grid).sum(axis=1)
    weights = np.repeat(counts, STARTS, axis=0)
    chances = [np.random.default_rng([seed, sample, k]).random((k, STARTS)) for sample in batch]
    drawn = _starts(grid, norms, weights, np.concatenate(chances, axis=1)).reshape(len(counts), STARTS, k, -1)
    starts = np.concatenate([drawn, far[:, None]], axis=1).reshape(-1, k, grid.shape[1])
    weights = np.repeat(counts, STARTS + 1, axis=0)
    centres, best = _steps(across, weights, starts, FIRST_STEPS)
    costs = ((best + norms) * weights).sum(axis=1).reshape(len(counts), STARTS + 1)
    chosen = costs.argmin(axis=1) + (STARTS + 1) * np.arange(len(counts))
    centres, _ = _steps(across, counts, centres[chosen], MOST_STEPS)
    labels: np.ndarray = placed(across, centres[None])[0][0].astype(np.int8)
    return labels


def _starts(grid: np.ndarray, norms: np.ndarray, weights: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """(runs, k, axes) k-means++ starts: each next row with a chance in proportion to its squared distance."""
    k, runs = chances.shape
    centres = np.empty((runs, k, grid.shape[1]))
    nearest = np.ones((runs, len(grid)))
    for place in range(k):
        cumulated = np.cumsum(nearest * weights, axis=1)
        for run, total in enumerate(cumulated[:, -1]):
            # Fewer different rows than clusters: every row is a centre already, and any row will do.
            row = np.searchsorted(cumulated[run], chances[place, run] * total, side="right") if total > 0 else 0
            centres[run, place] = grid[min(int(row), len(grid) - 1)]
        new = centres[:, place]
        squared = (new * new).sum(axis=1)[:, None] - 2.0 * (new @ grid.T) + norms
        nearest = squared if place == 0 else np.minimum(nearest, squared)
    return centres


def _steps(across: np.ndarray, weights: np.ndarray, centres: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres after Lloyd steps, and each row's lowest score in the last of them."""
    centres, going = centres.copy(), np.arange(len(centres))
    lowest = np.empty_like(weights)
    before = np.full(weights.shape, -1)
    moving = STILL * weights[0].sum()
    for _ in range(most):
        current, counted = centres[None, going], weights[None, going]
        labels, scores = placed(across, current)
        lowest[going] = scores[0]
        moved = (counted[0] * (labels[0] != before[going])).sum(axis=1)
        before[going] = labels[0]
        centres[going] = means(across, labels, current, counted)[0]
        going = going[moved > moving]
        if not len(going):
            break
    return centres, lowest
