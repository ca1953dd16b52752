"""Silhouettes of many groupings at once."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from segmentry.quality import silhouettes, squared_silhouettes


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


@pytest.mark.parametrize("n", [40, 40_000])
def test_squared_silhouettes_equal_the_reference_in_linear_time(n):
    """With squared distances every row's silhouette is what all pairs give; a row alone in its cluster has 0."""
    rng = np.random.default_rng(n)
    rows, labels = np.floor(rng.normal(size=(n, 3)) * 1000), rng.integers(0, 4, n)
    labels[0] = 4
    ours = squared_silhouettes(rows, labels)
    assert ours[0] == 0.0
    few = np.arange(0, n, max(1, n // 40))
    distances = ((rows[few, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    for place, row in enumerate(few[1:], start=1):
        to = [distances[place][labels == c].sum() / ((labels == c).sum() - (c == labels[row])) for c in range(5)]
        a, b = to[labels[row]], min(d for c, d in enumerate(to) if c != labels[row])
        assert ours[row] == pytest.approx((b - a) / max(a, b), abs=1e-9)
