"""K-means on many bootstrap samples at once, on whole numbers: what stability is measured with.

A bootstrap sample is a weight per row, so that all samples share one set of distances. Every start is drawn afresh from
its own sample: a start that knew the full solution would make any grouping look stable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

STARTS = 4
FIRST_STEPS = 4  # Lloyd steps that each start gets before the best of a sample goes on alone
MOST_STEPS = 60
STILL = 1e-3  # a sample has settled when no larger share of its weight moves in a step
AT_ONCE = 10  # samples in one batch: what fits a processor's cache


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
    jobs = [(k, range(a, min(a + AT_ONCE, samples))) for k in ks for a in range(0, samples, AT_ONCE)]

    def run(job: tuple[int, range]) -> np.ndarray:
        k, batch = job
        return _grouped(grid, k, counts[batch.start : batch.stop], seed, batch)

    # Linear algebra on one thread each: the batches are what runs side by side.
    with threadpool_limits(limits=1), ThreadPoolExecutor(threads) as pool:
        done = iter(list(pool.map(run, jobs)))
    return [Resampled(np.concatenate(list(_of_one_k(done, samples))), counts) for _ in ks]


def _of_one_k(done: Iterator[np.ndarray], samples: int) -> Iterator[np.ndarray]:
    for _ in range(0, samples, AT_ONCE):
        yield next(done)


def _drawn(n: int, seed: int, sample: int) -> np.ndarray:
    drawn = np.random.default_rng([seed, sample]).integers(0, n, n)
    return np.bincount(drawn, minlength=n).astype(np.float64)


def _grouped(grid: np.ndarray, k: int, counts: np.ndarray, seed: int, batch: range) -> np.ndarray:
    """(samples, rows) labels: the best of several starts for each sample."""
    turned = np.ascontiguousarray(grid.T)
    norms = (grid * grid).sum(axis=1)
    starts = np.concatenate(
        [_starts(grid, norms, k, weights, [seed, sample, k]) for weights, sample in zip(counts, batch, strict=True)]
    )
    weights = np.repeat(counts, STARTS, axis=0)
    centres, best = _steps(turned, weights, starts, FIRST_STEPS)
    costs = ((best + norms) * weights).sum(axis=1).reshape(len(counts), STARTS)
    chosen = costs.argmin(axis=1) + STARTS * np.arange(len(counts))
    centres, _ = _steps(turned, counts, centres[chosen], MOST_STEPS)
    return _placed(turned, centres)[0]


def _starts(grid: np.ndarray, norms: np.ndarray, k: int, weights: np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """(STARTS, k, axes) k-means++ starts: each next row with a chance in proportion to its squared distance."""
    random = np.random.default_rng(seed)
    chances = random.random((k, STARTS))
    centres = np.empty((STARTS, k, grid.shape[1]))
    nearest = np.ones((STARTS, len(grid)))
    for place in range(k):
        cumulated = np.cumsum(nearest * weights, axis=1)
        for start in range(STARTS):
            total = cumulated[start, -1]
            # Fewer different rows than clusters: every row is a centre already, and any row will do.
            row = np.searchsorted(cumulated[start], chances[place, start] * total, side="right") if total > 0 else 0
            centres[start, place] = grid[min(int(row), len(grid) - 1)]
        new = centres[:, place]
        squared = (new * new).sum(axis=1)[:, None] - 2.0 * (new @ grid.T) + norms
        nearest = squared if place == 0 else np.minimum(nearest, squared)
    return centres


def _steps(turned: np.ndarray, weights: np.ndarray, centres: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres after Lloyd steps, and each row's lowest score in the last of them."""
    centres, going = centres.copy(), np.arange(len(centres))
    lowest = np.empty_like(weights)
    before = np.full(weights.shape, -1, dtype=np.int8)
    moving = STILL * weights[0].sum()
    for _ in range(most):
        labels, lowest[going] = _placed(turned, centres[going])
        moved = (weights[going] * (labels != before[going])).sum(axis=1)
        before[going] = labels
        centres[going] = _means(turned, weights[going], labels, centres[going])
        going = going[moved > moving]
        if not len(going):
            break
    return centres, lowest


def _placed(turned: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label and lowest score of each row, for each run; the first of equals."""
    runs, k, _ = centres.shape
    offsets = (centres * centres).sum(axis=2)
    lowest = offsets[:, :1] - 2.0 * (centres[:, 0] @ turned)
    labels = np.zeros((runs, turned.shape[1]), dtype=np.int8)
    for place in range(1, k):
        scores = (-2.0 * centres[:, place]) @ turned
        scores += offsets[:, place, None]
        np.copyto(labels, place, where=scores < lowest)
        np.minimum(lowest, scores, out=lowest)
    return labels, lowest


def _means(turned: np.ndarray, weights: np.ndarray, labels: np.ndarray, centres: np.ndarray) -> np.ndarray:
    runs, k, _ = centres.shape
    cells = (labels + (k * np.arange(runs))[:, None]).ravel()
    counts = np.bincount(cells, weights=weights.ravel(), minlength=runs * k)
    sums = np.stack(
        [np.bincount(cells, weights=(weights * axis).ravel(), minlength=runs * k) for axis in turned], axis=1
    )
    means = np.floor(sums / np.maximum(counts, 1.0)[:, None] + 0.5).reshape(centres.shape)
    return np.where(counts.reshape(runs, k, 1) > 0, means, centres)  # an empty cluster stays where it is
