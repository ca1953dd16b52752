"""K-prototypes (Huang 1998) for numbers and categories: means of the numbers, the commonest level of a category.

On the grid a category is one axis a level, `weight` where a customer has it. A prototype that has `weight` on the axis
of its level and 0 on the others is at no distance from a customer with that level, and one standard deviation from a
customer with another one: Huang's gamma is one squared standard deviation, and the rule is that of k-means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentry.clusters.grouping import Grouping, Layout, ruled
from segmentry.clusters.kmeans import in_order
from segmentry.prototypes.assign import kmeans_rule

STARTS = 10
MOST_STEPS = 100


@dataclass(frozen=True)
class KPrototypes:
    """Lloyd steps with means for numbers and modes for categories; the best of ten starts."""

    layout: Layout
    name: str = "k-prototypes"
    needs_k: bool = True

    def search(self, grid: np.ndarray, k: int, seed: int) -> Grouping:
        draw = np.random.default_rng(seed)
        rows = np.arange(len(grid))
        best: tuple[int, np.ndarray] | None = None
        for _ in range(STARTS):
            centres, cost = _settle(grid, _seeded(grid, k, draw), self.layout)
            if best is None or cost < best[0]:
                best = (cost, centres)
        assert best is not None
        centres = in_order(best[1])
        rule = kmeans_rule(self.layout.axes, centres, [str(place) for place in range(k)])
        return ruled(grid, rule, _squares(grid, centres).argmin(axis=1), rows)


def _squares(grid: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Squared distances less each row's own squared length."""
    squares: np.ndarray = (centres * centres).sum(axis=1) - 2.0 * (grid @ centres.T)
    return squares


def _settle(grid: np.ndarray, centres: np.ndarray, layout: Layout) -> tuple[np.ndarray, int]:
    """Steps until nothing moves or the sum of squared distances falls no more, and that sum less a constant."""
    cost = None
    for _ in range(MOST_STEPS):
        squares = _squares(grid, centres)
        labels = squares.argmin(axis=1)
        now = int(squares.min(axis=1).sum())
        if cost is not None and now >= cost:
            break
        cost = now
        centres = _centres(grid, labels, centres, layout)
    assert cost is not None
    return centres, cost


def _centres(grid: np.ndarray, labels: np.ndarray, before: np.ndarray, layout: Layout) -> np.ndarray:
    k = len(before)
    counts = np.bincount(labels, minlength=k)
    sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in grid.T], axis=1)
    means = np.floor(sums / np.maximum(counts, 1)[:, None] + 0.5)
    for start, stop in layout.categories:
        means[:, start:stop] = _modes(sums[:, start:stop], grid[:, start:stop], layout.reach[start])
    return np.where(counts[:, None] > 0, means, before)


def _modes(sums: np.ndarray, columns: np.ndarray, weight: int) -> np.ndarray:
    """`weight` on the commonest level of each group.

    Of equals the level that is commoner among all wins, then the one met first: how levels are written decides nothing.
    """
    everyone = columns.sum(axis=0)
    first = np.where(columns.any(axis=0), (columns > 0).argmax(axis=0), len(columns))
    rank = np.lexsort((first, -everyone))
    modes = np.zeros_like(sums)
    modes[np.arange(len(sums)), rank[sums[:, rank].argmax(axis=1)]] = weight
    return modes


def _seeded(grid: np.ndarray, k: int, draw: np.random.Generator) -> np.ndarray:
    """Each next start is drawn by its squared distance to those before it (Arthur and Vassilvitskii 2007)."""
    norms = (grid * grid).sum(axis=1)
    chosen = [int(draw.integers(len(grid)))]
    nearest = np.full(len(grid), np.inf)
    for _ in range(1, k):
        last = grid[chosen[-1]]
        nearest = np.minimum(nearest, norms - 2.0 * (grid @ last) + float(last @ last))
        steps = np.cumsum(nearest)
        chosen.append(int(np.searchsorted(steps, draw.random() * steps[-1], side="right").clip(0, len(grid) - 1)))
    return grid[chosen].copy()
