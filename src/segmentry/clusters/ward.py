"""Hierarchical clustering by Ward's criterion: the tree of the rows, cut at each k."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from segmentry.clusters.exemplars import typical_points
from segmentry.clusters.grouping import Grouping, Layout, ruled
from segmentry.features.recipe import GRID
from segmentry.features.sample import evenly_spaced
from segmentry.prototypes.threads import on_one_thread

ROWS = 4_000  # the tree needs the distance of every pair: 64 MB at this many


@dataclass(frozen=True)
class Ward:
    """Merges the two groups whose union costs least, until k remain. Works on at most 4,000 rows."""

    layout: Layout
    name: str = "ward"
    needs_k: bool = True
    _trees: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)

    def search(self, grid: np.ndarray, k: int, seed: int) -> Grouping:
        rows = evenly_spaced(len(grid), ROWS)
        own = fcluster(self._tree(grid[rows]), k, criterion="maxclust") - 1
        rule, own = typical_points(grid[rows], own, self.layout.axes, seed)
        return ruled(grid, rule, own, rows)

    def _tree(self, seen: np.ndarray) -> np.ndarray:
        """The tree of these rows; kept for the next k, since it does not depend on k."""
        kept = self._trees.get(0)
        if kept is None or not np.array_equal(kept[0], seen):
            with on_one_thread():
                kept = (seen, linkage(seen / GRID, method="ward"))
            self._trees[0] = kept
        return kept[1]
