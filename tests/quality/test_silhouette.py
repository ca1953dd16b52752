"""Silhouettes of many groupings at once."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from segmentry.quality import silhouettes


@pytest.mark.parametrize("n", [30, 1500])
def test_silhouettes_equal_the_reference_for_every_grouping(n):
    """Each customer's silhouette is what scikit-learn computes from all pairs."""
    rng = np.random.default_rng(n)
    rows = np.floor(rng.normal(size=(n, 3)) * 1000)
    groupings = [rng.integers(0, k, n) for k in (2, 3, 7)]
    for labels, ours in zip(groupings, silhouettes(rows, groupings), strict=True):
        np.testing.assert_allclose(ours, silhouette_samples(rows, labels), atol=1e-9)


def test_a_customer_alone_in_a_cluster_has_silhouette_zero():
    """By Rousseeuw's definition a singleton is neither well nor badly placed."""
    rows = np.array([[0.0], [1.0], [50.0]])
    assert silhouettes(rows, [np.array([0, 0, 1])])[0][2] == 0.0


def test_one_cluster_has_no_silhouette():
    """Without another cluster to compare with every silhouette is 0."""
    assert (silhouettes(np.arange(5.0)[:, None], [np.zeros(5, dtype=int)])[0] == 0).all()
