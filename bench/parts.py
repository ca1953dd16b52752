"""The parts that have a peer of their own in scikit-learn: inertia, search, silhouette. Prints JSON lines.

python bench/parts.py [MOST_ROWS]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from segmentry.clusters.kmeans import search_kmeans
from segmentry.quality import squared_silhouettes
from segmentry.selection import SelectionSettings, search_segments

REPEATS = 3


def timed(work: Callable[[], Any]) -> float:
    """The median of a few runs, after one that does not count."""
    work()
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def tell(name: str, ours: float, peer: float | None = None) -> None:
    print(json.dumps({"part": name, "ours": ours, "peer": peer}), flush=True)


def matrix(rows: int, columns: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Five groups on the grid, and the group of each row."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 5, rows)
    centres = rng.normal(size=(5, columns)) * 2
    return np.floor((centres[groups] + rng.normal(size=(rows, columns))) * 1024), groups


def inertia(rows: int) -> None:
    grid, _ = matrix(rows, 6)
    for k in range(2, 11):
        peer = KMeans(k, n_init=10, random_state=0).fit(grid).inertia_
        tell(f"inertia k={k}", float(search_kmeans(grid, k, seed=0).inertia), float(peer))


def search(rows: int) -> None:
    grid, _ = matrix(rows, 6)
    tell("search", timed(lambda: search_segments(grid, SelectionSettings(k="2-10"))))


def silhouette(rows: int) -> None:
    grid, groups = matrix(rows, 10)
    tell("silhouette", timed(lambda: squared_silhouettes(grid, groups)))


def main(most: int) -> None:
    inertia(min(most, 50_000))
    search(2240)
    silhouette(min(most, 1_000_000))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
