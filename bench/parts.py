"""The parts that have a peer of their own in scikit-learn: inertia, search, silhouette, scoring. Prints JSON lines.

python bench/parts.py CUSTOMERS.parquet
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from sklearn.cluster import KMeans
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import segmentry as sg
from segmentry.clusters.kmeans import search_kmeans
from segmentry.quality import squared_silhouettes
from segmentry.samples import sample_marketing
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


def scoring(source: Path, rows: int) -> None:
    """Customers in memory -> segments, beside imputing, standardising and predicting with scikit-learn."""
    customers = pl.read_parquet(source, n_rows=rows)
    segmentation = sg.fit(sample_marketing(20_000, seed=0), k=5)
    columns = sorted({c for f in segmentation.recipe.clustered for c in (*f.sources, *f.over)})
    used = customers.select(columns)
    held = used.to_pandas()

    def derived() -> pd.DataFrame:
        return pd.DataFrame({f.name: held[list(f.sources)].sum(axis=1) for f in segmentation.recipe.clustered})

    peer = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), KMeans(5, n_init=1, random_state=0))
    peer.fit(derived()[:20_000])
    n = len(used) / 1e6
    frame = used.lazy()
    ours = timed(lambda: sg.score(segmentation, used))
    only = timed(lambda: sg.score(segmentation, frame).select("segment_id").collect(engine="streaming"))
    theirs = timed(lambda: peer.predict(derived()))
    matrix_only = derived()
    bare = timed(lambda: peer.predict(matrix_only))
    tell("scoring, millions a second", n / ours, n / theirs)
    tell("scoring segments only, millions a second", n / only, n / theirs)
    tell("scoring segments only, peer without deriving features, millions a second", n / only, n / bare)


def main(source: Path, most: int) -> None:
    inertia(min(most, 50_000))
    search(2240)
    silhouette(min(most, 1_000_000))
    scoring(source, min(most, 2_000_000))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000)
