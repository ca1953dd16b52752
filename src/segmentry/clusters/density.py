"""Density methods: groups are crowded places with emptier ones between; whoever stands in no crowd is noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.neighbors import NearestNeighbors

from segmentry.clusters.exemplars import typical_points
from segmentry.clusters.grouping import Grouping, Layout, ruled
from segmentry.features.recipe import GRID
from segmentry.features.sample import evenly_spaced
from segmentry.prototypes.assign import kmeans_rule
from segmentry.prototypes.threads import on_one_thread
from segmentry.tables.masking import FEWEST_TOLD

ROWS = 10_000  # time grows with the square of the rows
LEAST_SHARE = 0.02  # of the customers in a group; fewer are noise
NEIGHBOURS = 10
MOST_NOISE = (
    0.5  # share in no crowd beyond which the few crowds say nothing of the customers: evenly spread rows have some
)


@dataclass(frozen=True)
class HDensity:
    """HDBSCAN (Campello and others 2013): crowds of any density. Works on at most 10,000 rows, finds k itself."""

    layout: Layout
    name: str = "hdbscan"
    needs_k: bool = False

    def search(self, grid: np.ndarray, k: int, seed: int) -> Grouping:  # noqa: ARG002
        rows = evenly_spaced(len(grid), ROWS)
        least = max(FEWEST_TOLD, int(len(rows) * LEAST_SHARE))
        if len(rows) <= least:
            return _everyone(grid, self.layout, rows)
        with on_one_thread():
            model = HDBSCAN(min_cluster_size=least, min_samples=min(NEIGHBOURS, len(rows) - 1), copy=True, n_jobs=1)
            own = model.fit_predict(grid[rows] / GRID)
        return _grouping(grid, self.layout, rows, own, seed)


@dataclass(frozen=True)
class Density:
    """DBSCAN (Ester and others 1996): crowds of at least one density. Works on at most 10,000 rows, finds k itself.

    The reach is where the curve of the distances to the tenth neighbour bends; groups below 2 % are noise.
    """

    layout: Layout
    name: str = "dbscan"
    needs_k: bool = False

    def search(self, grid: np.ndarray, k: int, seed: int) -> Grouping:  # noqa: ARG002
        rows = evenly_spaced(len(grid), ROWS)
        if len(rows) <= NEIGHBOURS:
            return _everyone(grid, self.layout, rows)
        seen = grid[rows] / GRID
        with on_one_thread():
            own = DBSCAN(eps=_bend(seen), min_samples=NEIGHBOURS, n_jobs=1).fit_predict(seen)
        counts = np.bincount(own[own >= 0]) if (own >= 0).any() else np.zeros(0)
        small = np.flatnonzero(counts < max(FEWEST_TOLD, len(rows) * LEAST_SHARE))
        return _grouping(grid, self.layout, rows, np.where(np.isin(own, small), -1, own), seed)


def _bend(rows: np.ndarray) -> float:
    """The distance to the tenth neighbour that lies farthest below the line from the least to the largest of them."""
    away = np.sort(NearestNeighbors(n_neighbors=NEIGHBOURS, n_jobs=1).fit(rows).kneighbors(rows)[0][:, -1])
    height = away[-1] - away[0]
    line = away[0] + height * np.arange(len(away)) / max(len(away) - 1, 1)
    return max(float(away[int((line - away).argmax())]), 1.0 / GRID)


def _grouping(grid: np.ndarray, layout: Layout, rows: np.ndarray, own: np.ndarray, seed: int) -> Grouping:
    if (own < 0).mean() > MOST_NOISE:
        return _everyone(grid, layout, rows)
    rule, own = typical_points(grid[rows], own, layout.axes, seed, within=True)
    return ruled(grid, rule, own, rows)


def _everyone(grid: np.ndarray, layout: Layout, rows: np.ndarray) -> Grouping:
    """No crowd was found: all customers stay together, and the method's own labels say that none is in a group."""
    middle = np.floor(grid.sum(axis=0, keepdims=True) / len(grid) + 0.5)
    return ruled(grid, kmeans_rule(layout.axes, middle, ["0"]), np.full(len(rows), -1), rows)
