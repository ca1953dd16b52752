"""An RFM grid beside groups that were found: the same measures, on the same customers and features."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from segmentry.clusters.rfm.cells import groups_of
from segmentry.clusters.rfm.grid import RfmGrid
from segmentry.features.rfm import learn_axis_bins, scores_of
from segmentry.profiles.comparison import Compared
from segmentry.quality import calinski_harabasz, davies_bouldin, silhouettes
from segmentry.quality.stability import adjusted_rand, interval

PAIRS = 20  # a fit is a sort: more pairs than of other methods cost nothing


def by_rfm_grid(
    grid: np.ndarray, stated: RfmGrid, looked_at: Mapping[str, np.ndarray], seed: int
) -> tuple[Compared, np.ndarray]:
    """How the segments of an RFM grid stand, and the label of each row. `grid` is what the others were found on,
    `looked_at` the recency, frequency and spend of the same rows.

    Stability is the agreement of thresholds learned on two bootstrap samples, over all rows.
    """
    rows = np.arange(len(grid))
    labels = np.unique(_placed(stated, looked_at, rows), return_inverse=True)[1].reshape(-1)
    several = int(labels.max()) > 0
    draw = np.random.default_rng(seed)
    alike = []
    for _ in range(PAIRS if several else 0):
        first, second = (_placed(stated, looked_at, draw.integers(len(rows), size=len(rows))) for _ in range(2))
        alike.append(adjusted_rand(first, second))
    return Compared(
        name="rfm",
        k=int(labels.max()) + 1,
        stability=interval(np.array(alike)).mean if several else None,
        moved=0.0,
        noise=0.0,
        existing=True,
        **measures_of(grid, labels),
    ), labels


def measures_of(grid: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """The sizes of groups, and how well they are told apart where there are several."""
    found: dict[str, Any] = dict.fromkeys(("silhouette", "calinski_harabasz", "davies_bouldin"))
    if labels.max() > 0:
        silhouette = silhouettes(grid, [labels])[0]
        found["silhouette"] = math.fsum(silhouette.tolist()) / len(silhouette)
        found["calinski_harabasz"] = calinski_harabasz(grid, labels)
        found["davies_bouldin"] = davies_bouldin(grid, labels)
    return found | {"sizes": tuple(sorted((int(size) for size in np.bincount(labels)), reverse=True))}


def _placed(stated: RfmGrid, looked_at: Mapping[str, np.ndarray], learned_on: np.ndarray) -> np.ndarray:
    """The segment of every row, by thresholds learned on some of them."""
    bins = {a: learn_axis_bins(a, values[learned_on], stated.scores) for a, values in looked_at.items()}
    return groups_of(stated, {a: scores_of(bins[a], looked_at[a]) for a in stated.axes})
