"""Quick k-means on many tables at once."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from segmentry.clusters.sketch import sketch_kmeans


@pytest.fixture
def tables():
    random = np.random.default_rng(3)
    centres = random.normal(size=(3, 5, 4)) * 3
    return np.stack([np.floor((c[random.integers(0, 5, 400)] + random.normal(size=(400, 4))) * 1024) for c in centres])


@pytest.mark.parametrize("k", [2, 5, 8])
def test_a_table_gives_what_the_reference_gives(tables, k):
    """The labels of scikit-learn's k-means with as many starts and that seed."""
    found = sketch_kmeans(tables, k, 4, starts=3)
    for place, table in enumerate(tables):
        reference = KMeans(k, n_init=3, random_state=4, algorithm="lloyd").fit(table)
        assert (found.labels[place] == reference.labels_).all()
        assert found.inertias[place] == pytest.approx(reference.inertia_, rel=1e-6)
        np.testing.assert_allclose(found.centres[place], reference.cluster_centers_, atol=0.01)


def test_inertia_and_labels_are_those_of_the_centres(tables):
    """Every row is in its nearest cluster, and the squares of these distances are summed."""
    found = sketch_kmeans(tables, 6, 0)
    squares = ((tables[:, :, None, :] - found.centres[:, None, :, :]) ** 2).sum(axis=3)
    assert (found.labels == squares.argmin(axis=2)).all()
    assert found.inertias.tolist() == pytest.approx(squares.min(axis=2).sum(axis=1).tolist(), rel=1e-12)


def test_a_table_gives_the_same_alone_and_among_others(tables):
    """References stand no better than the data, nor worse."""
    together = sketch_kmeans(tables, 3, 7)
    for place in range(len(tables)):
        alone = sketch_kmeans(tables[place : place + 1], 3, 7)
        assert (alone.centres[0] == together.centres[place]).all()
        assert (alone.labels[0] == together.labels[place]).all()


def test_rows_that_are_all_the_same_have_no_inertia():
    """Fewer different rows than clusters are no error."""
    found = sketch_kmeans(np.full((1, 20, 2), 7.0), 3, 0)
    assert found.inertias.tolist() == [0.0]


def test_far_rows_are_placed_right(tables):
    """Where a 256th of a step is too fine for exact sums, a coarser part is taken."""
    far = tables * 2.0**12
    found = sketch_kmeans(far, 6, 0)
    squares = ((far[:, :, None, :] - found.centres[:, None, :, :]) ** 2).sum(axis=3)
    assert (found.labels == squares.argmin(axis=2)).all()
