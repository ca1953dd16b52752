"""Quick k-means on many tables at once, for criteria that need hundreds of searches; nobody is scored by these.

A table gives what scikit-learn's k-means gives with as many starts and that seed, but all tables go through its steps
together. The draws are the same for each, so that no table depends on those beside it. The caller limits threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from segmentry.prototypes.lloyd import means, placed, turned

STARTS = 2
STILL = 1e-4  # of the mean variance of a column: a run has ended when its centres move by less, squared and summed
MOST_STEPS = 300
FINEST = 256.0  # parts of a step of the grid, in which rows and centres are whole numbers: enough to lose nothing
AT_ONCE = 42  # runs in one batch: more are not faster, and their distances take memory


@dataclass(frozen=True)
class Sketch:
    """Of each table the centres, the label of each row, and the inertia."""

    centres: np.ndarray  # (tables, k, axes)
    labels: np.ndarray  # (tables, rows)
    inertias: np.ndarray


def sketch_kmeans(tables: np.ndarray, k: int, seed: int, starts: int = STARTS) -> Sketch:
    """The best of `starts` for each of the (tables, rows, axes), in steps of the grid.

    >>> rows = np.array([[0.0], [2.0], [100.0], [102.0]])
    >>> sketch_kmeans(np.stack([rows, 2.0 * rows]), 2, seed=0).inertias.tolist()
    [4.0, 16.0]
    """
    share = max(1, AT_ONCE // starts)
    parts = _parts_of_a_step(tables, k)
    whole = np.floor(tables * parts[:, None, None] + 0.5)
    found = [_searched(whole[a : a + share], k, seed, starts) for a in range(0, len(tables), share)]
    return Sketch(
        centres=np.concatenate([one.centres for one in found]) / parts[:, None, None],
        labels=np.concatenate([one.labels for one in found]),
        inertias=np.concatenate([one.inertias for one in found]) / parts**2,
    )


def _parts_of_a_step(tables: np.ndarray, k: int) -> np.ndarray:
    """For each table a power of two so small that the scores of its farthest row are exact, whatever the centres."""
    farthest = np.sqrt((tables * tables).sum(axis=2).max(axis=1))
    room = math.sqrt(2.0**52 / (3 * k)) / np.maximum(farthest, 1.0)
    result: np.ndarray = np.minimum(FINEST, np.ldexp(1.0, np.frexp(room)[1] - 1))
    return result


def _searched(tables: np.ndarray, k: int, seed: int, starts: int) -> Sketch:
    across = np.repeat(turned(tables), starts, axis=0)
    moving = np.repeat(STILL * tables.var(axis=1).mean(axis=1), starts)
    centres, labels, scores = _steps(across, _starts(tables, k, seed, starts), moving)
    best = scores.reshape(len(tables), starts).argmin(axis=1) + starts * np.arange(len(tables))
    return Sketch(centres[best], labels[best], scores[best] + (tables * tables).sum(axis=(1, 2)))


def _starts(tables: np.ndarray, k: int, seed: int, starts: int) -> np.ndarray:
    """(tables * starts, k, axes): k-means++ with several draws for each next centre, of which the best is taken."""
    (count, rows, axes), trials = tables.shape, 2 + int(math.log(k))
    chances = np.random.RandomState(seed).random_sample((starts, 1 + (k - 1) * trials))
    chances = np.tile(chances, (count, 1))
    across, norms = turned(tables)[:, :-1], np.repeat((tables * tables).sum(axis=2), starts, axis=0)
    table, run = np.repeat(np.arange(count), starts), np.arange(count * starts)
    centres = np.empty((len(run), k, axes))
    nearest = np.full((len(run), rows), np.inf)
    drawn = (chances[:, :1] * rows).astype(np.intp)
    for place in range(k):
        if place:
            drawn = _drawn(nearest, chances[:, 1 + (place - 1) * trials : 1 + place * trials])
        new = tables[table[:, None], drawn]
        products = (new.reshape(count, -1, axes) @ across).reshape(len(run), -1, rows)
        squared = norms[run[:, None], drawn][:, :, None] - 2.0 * products + norms[:, None, :]
        np.minimum(squared, nearest[:, None, :], out=squared)
        best = squared.sum(axis=2).argmin(axis=1)
        nearest, centres[:, place] = squared[run, best], new[run, best]
    return centres


def _drawn(weights: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """For each run, rows drawn with a chance in proportion to their weight."""
    ends = weights.cumsum(axis=1)
    found = [np.searchsorted(end, chance * end[-1]) for end, chance in zip(ends, chances, strict=True)]
    result: np.ndarray = np.minimum(found, weights.shape[1] - 1)
    return result


def _steps(across: np.ndarray, centres: np.ndarray, moving: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres, labels and summed scores of each run once no row moves or the centres move by no more than `moving`."""
    everyone, going = across, np.arange(len(centres))
    centres = centres[:, None].copy()
    before = np.full((len(centres), 1, across.shape[2]), -1)
    for _ in range(MOST_STEPS):
        labels, _ = placed(across, centres[going])
        moved = means(across, labels, centres[going])
        still = ((moved - centres[going]) ** 2).sum(axis=(1, 2, 3)) <= moving[going]
        still |= (labels == before[going]).all(axis=(1, 2))
        before[going], centres[going] = labels, moved
        if still.all():
            break
        if still.any():
            going, across = going[~still], across[~still]
    labels, scores = placed(everyone, centres)
    return centres[:, 0], labels[:, 0], scores.sum(axis=(1, 2))
