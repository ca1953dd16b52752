"""Every method by name. Each answers with groups of rows on the grid and the one rule that stands for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from segmentry.clusters.density import Density, HDensity
from segmentry.clusters.grouping import Layout, Method
from segmentry.clusters.kmeans import Clustering, search_kmeans
from segmentry.clusters.kprototypes import KPrototypes
from segmentry.clusters.medoids import KMedoids
from segmentry.clusters.mixture import Mixture
from segmentry.clusters.names import known_method
from segmentry.clusters.ward import Ward
from segmentry.errors import SettingsError


@dataclass(frozen=True)
class KMeansMethod:
    """K-means, polished on all customers afterwards."""

    layout: Layout
    name: str = "k-means"
    needs_k: bool = True

    def search(self, grid: np.ndarray, k: int, seed: int) -> Clustering:
        return search_kmeans(grid, k, seed)


_KINDS: Mapping[str, Callable[[Layout], Method]] = {
    "k-means": KMeansMethod,
    "gmm": Mixture,
    "ward": Ward,
    "k-medoids": KMedoids,
    "k-prototypes": KPrototypes,
    "hdbscan": HDensity,
    "dbscan": Density,
}


def method_called(name: str, layout: Layout) -> Method:
    """The method of that name for axes so laid out. Raises SettingsError for a name that is not known, and for
    rfm, which takes a table of customers.

    >>> method_called("kmedoids", Layout.numeric(2)).name
    'k-medoids'
    """
    known = known_method(name)
    if known not in _KINDS:
        raise SettingsError(
            f"{known} divides customers by a table, and not rows of numbers.",
            remedy="Fit a table of customers with --method rfm, or sg.fit(customers, method='rfm').",
        )
    return _KINDS[known](layout)
