"""K-medoids: each group stands around one of its customers, by distance and not its square, so that outliers pull less.

Swaps as in PAM (Kaufman and Rousseeuw 1990), each candidate's gain for all medoids at once (Schubert and Rousseeuw
2021). Distances are whole grid steps, so that sums are exact in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentry.clusters.exemplars import medians_of_nearest
from segmentry.clusters.grouping import Grouping, Layout, ruled
from segmentry.clusters.kmeans import in_order
from segmentry.features.sample import evenly_spaced
from segmentry.prototypes.assign import kmeans_rule

ROWS = 2_000  # the distance of every pair is held: 32 MB at this many
STARTS = 3
MOST_ROUNDS = 20


@dataclass(frozen=True)
class KMedoids:
    """The k customers with the least sum of distances to everyone's nearest. Works on at most 2,000 rows."""

    layout: Layout
    name: str = "k-medoids"
    needs_k: bool = True

    def search(self, grid: np.ndarray, k: int, seed: int) -> Grouping:
        rows = evenly_spaced(len(grid), ROWS)
        seen = grid[rows]
        distances = whole_distances(seen)
        draw = np.random.default_rng(seed)
        found = [swap(distances, _seeded(distances, k, draw)) for _ in range(STARTS)]
        medoids = min(found, key=lambda places: (_cost(distances, places), places.tolist()))
        medoids = medoids[np.lexsort(seen[medoids].T[::-1])]
        own = distances[:, medoids].argmin(axis=1)
        points = medians_of_nearest(seen, own, seen[medoids])
        order = np.lexsort(points.T[::-1])
        rule = kmeans_rule(self.layout.axes, in_order(points), [str(place) for place in range(k)])
        return ruled(grid, rule, np.argsort(order)[own], rows)


def whole_distances(rows: np.ndarray) -> np.ndarray:
    """Euclidean distances of all pairs, rounded to whole grid steps."""
    norms = (rows * rows).sum(axis=1)
    squared = norms[:, None] + norms[None, :] - 2.0 * (rows @ rows.T)
    distances: np.ndarray = np.floor(np.sqrt(np.maximum(squared, 0.0)) + 0.5)
    return distances


def swap(distances: np.ndarray, medoids: np.ndarray) -> np.ndarray:
    """The medoids after every swap with another row that lowers the sum of distances.

    >>> rows = np.array([[0.0], [10.0], [20.0], [1000.0], [1010.0], [1020.0]])
    >>> sorted(swap(whole_distances(rows), np.array([0, 1])).tolist())
    [1, 4]
    """
    medoids = medoids.copy()
    k = len(medoids)
    for _ in range(MOST_ROUNDS):
        moved = False
        nearest, first, second = _two_nearest(distances, medoids)
        loss = np.bincount(nearest, weights=second - first, minlength=k)
        for candidate in range(len(distances)):
            if candidate in medoids:
                continue
            gain, place = _best_swap(distances[candidate], nearest, first, second, loss)
            if gain > 0:
                medoids[place] = candidate
                nearest, first, second = _two_nearest(distances, medoids)
                loss = np.bincount(nearest, weights=second - first, minlength=k)
                moved = True
        if not moved:
            break
    return medoids


def _best_swap(
    away: np.ndarray, nearest: np.ndarray, first: np.ndarray, second: np.ndarray, loss: np.ndarray
) -> tuple[float, int]:
    """The gain of taking a row in place of each medoid: what all rows save, less what the dropped one's rows lose."""
    saved = np.maximum(first - away, 0.0)
    # A row of the dropped medoid goes to its second nearest or to the candidate, whichever is nearer.
    own = np.bincount(nearest, weights=np.maximum(second - np.maximum(away, first), 0.0), minlength=len(loss))
    gains = saved.sum() - loss + own
    place = int(gains.argmax())
    return float(gains[place]), place


def _two_nearest(distances: np.ndarray, medoids: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    to_medoids = distances[:, medoids]
    nearest = to_medoids.argmin(axis=1)
    everyone = np.arange(len(distances))
    first = to_medoids[everyone, nearest]
    if len(medoids) == 1:
        return nearest, first, np.full(len(distances), float(distances.max()))
    to_medoids[everyone, nearest] = np.inf
    return nearest, first, to_medoids.min(axis=1)


def _seeded(distances: np.ndarray, k: int, draw: np.random.Generator) -> np.ndarray:
    """The first medoid is the middle of all; each next is drawn by its distance to those before it."""
    chosen = [int(distances.sum(axis=0).argmin())]
    for _ in range(1, k):
        nearest = distances[:, chosen].min(axis=1)
        steps = np.cumsum(nearest)
        chosen.append(int(np.searchsorted(steps, draw.random() * steps[-1], side="right").clip(0, len(steps) - 1)))
    return np.array(chosen)


def _cost(distances: np.ndarray, medoids: np.ndarray) -> float:
    return float(distances[:, medoids].min(axis=1).sum())
