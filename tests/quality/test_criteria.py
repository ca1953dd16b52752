"""Measures of a grouping against the reference implementations."""

import numpy as np
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

from segmentry.quality import calinski_harabasz, davies_bouldin, knee, principal_components


def test_criteria_equal_the_reference():
    """Calinski-Harabasz and Davies-Bouldin are scikit-learn's to nine digits."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 4)) * 500
    labels = rng.integers(0, 5, 400)
    assert np.isclose(calinski_harabasz(rows, labels), calinski_harabasz_score(rows, labels), rtol=1e-9)
    assert np.isclose(davies_bouldin(rows, labels), davies_bouldin_score(rows, labels), rtol=1e-9)


def test_criteria_of_a_single_cluster_are_undefined():
    """At k = 1 neither criterion has a value, rather than a wrong one."""
    rows = np.arange(10.0)[:, None]
    labels = np.zeros(10, dtype=int)
    assert calinski_harabasz(rows, labels) is None
    assert davies_bouldin(rows, labels) is None


def test_a_straight_line_has_no_knee():
    """An inertia curve without a bend has no elbow to point at."""
    assert knee([2, 3, 4], [30.0, 20.0, 10.0]) is None


def test_components_do_not_depend_on_the_sign_that_the_solver_picks():
    """Mirroring the data mirrors the coordinates; the largest weight stays positive."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(100, 3)) * [3, 2, 1]
    coordinates, shares = principal_components(rows)
    assert np.corrcoef(coordinates[:, 0], rows[:, 0])[0, 1] > 0.9
    assert shares[0] > shares[1] > 0
