"""K-means on whole numbers."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from segmentry.clusters.kmeans import search_kmeans, settle


@pytest.fixture
def grid():
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(5, 4)) * 3
    return np.floor((centres[rng.integers(0, 5, 800)] + rng.normal(size=(800, 4))) * 1024 + 0.5)


def test_inertia_is_as_good_as_ten_starts_of_the_reference(grid):
    """At each k the inertia is at most 1.001 times scikit-learn's best of ten."""
    for k in range(2, 9):
        reference = KMeans(k, n_init=10, random_state=0).fit(grid).inertia_
        assert search_kmeans(grid, k, seed=0).inertia <= 1.001 * reference


def test_a_settled_clustering_is_a_fixed_point(grid):
    """Centres are the rounded means of their rows; settling again changes nothing."""
    found = search_kmeans(grid, 5, seed=0)
    again = settle(grid, found.centres)
    assert (again.centres == found.centres).all()
    assert (again.labels == found.labels).all()
    for place, centre in enumerate(found.centres):
        np.testing.assert_array_equal(centre, np.floor(grid[found.labels == place].mean(axis=0) + 0.5))


def test_centres_are_whole_numbers_in_order(grid):
    """Prototypes are ordered by their coordinates, so that ties and numbers do not depend on the search."""
    centres = search_kmeans(grid, 5, seed=0).centres
    assert (centres == np.floor(centres)).all()
    assert sorted(map(tuple, centres)) == [tuple(c) for c in centres]
