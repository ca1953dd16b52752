"""Quick Gaussian mixtures: likelihood, criteria, and groups that k-means cuts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from segmentry.clusters.quick_mixture import quick_mixtures, run, single


def _needles(n=300, gap=5.0, seed=0):
    """Two long groups side by side: 8 deviations long, `gap` apart across."""
    draw = np.random.default_rng(seed).normal(0, 1, (n, 2)) * np.array([8.0, 1.0])
    truth = np.arange(n) % 2
    rows = draw + np.column_stack([np.zeros(n), gap * truth])
    return (rows - rows.mean(axis=0)) / rows.std(axis=0), truth


@pytest.mark.parametrize(("shape", "known_as"), [("one", "tied"), ("own", "full")])
def test_likelihood_and_bic_are_those_of_scikit_learn(shape, known_as):
    """The same start leads to the same mixture, with one covariance or one for each group."""
    rows, truth = _needles()
    ours = run(rows, truth, 2, shape, 100)
    theirs = GaussianMixture(2, covariance_type=known_as, reg_covar=1e-3, random_state=0, tol=1e-6, max_iter=500)
    theirs.means_init = np.array([rows[truth == g].mean(axis=0) for g in (0, 1)])
    theirs.fit(rows)
    assert ours.log_likelihood == pytest.approx(theirs.score(rows) * len(rows), rel=1e-3)
    assert ours.bic == pytest.approx(theirs.bic(rows), rel=1e-3)


def test_long_groups_side_by_side_are_told_apart():
    """K-means would cut both across; the mixture of one shape finds them from the rows made round."""
    rows, truth = _needles()
    centred = rows - rows.mean(axis=0)
    one, own = quick_mixtures(rows, centred / centred.std(axis=0), 2, seed=0)
    assert (one.shape, own.shape) == ("one", "own")
    assert adjusted_rand_score(truth, one.labels) > 0.95
    assert one.certainty > 0.98
    assert one.icl < single(rows).icl


def test_unsure_groups_cost_more_by_icl_than_by_bic():
    """Halves of one round cloud overlap: ICL adds what is unsure, and prefers one group."""
    rows = np.random.default_rng(1).normal(0, 1, (400, 2))
    halves = run(rows, (rows[:, 0] > 0).astype(int), 2, "one", 100)
    assert halves.icl > halves.bic + 10
    assert single(rows).icl < halves.icl
