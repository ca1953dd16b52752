"""Where a start that reaches out puts its centres."""

from __future__ import annotations

import numpy as np

from segmentry.prototypes.reaching import reaching_starts


def _rows() -> np.ndarray:
    random = np.random.default_rng(0)
    rows = random.normal(size=(500, 8))
    rows[:20] += 3.0
    rows[20:40, 0] -= 9.0
    return np.floor(1024 * rows)


def test_each_small_group_gets_a_centre() -> None:
    """Beside the mean of all, there is one in each of two groups of a twenty-fifth."""
    centres = reaching_starts(_rows(), np.ones((1, 500)), 3)[0] / 1024
    assert np.abs(centres[0]).max() < 1.0
    assert sorted([centres[1].sum() > 12.0, centres[2].sum() > 12.0]) == [False, True]
    assert min(centres[1:, 0]) < -6.0


def test_a_group_that_a_sample_lacks_gets_none() -> None:
    """Rows count as often as they were drawn: of two samples each has the starts that it gives alone."""
    rows, weights = _rows(), np.ones((2, 500))
    weights[1, :20] = 0.0
    both = reaching_starts(rows, weights, 2)
    assert (both[1] == reaching_starts(rows, weights[1:], 2)[0]).all()
    assert both[0, 1].sum() / 1024 > 12.0 or both[0, 1, 0] / 1024 < -6.0
    assert both[1, 1, 0] / 1024 < -6.0


def test_more_centres_begin_with_the_same_ones() -> None:
    """The next centre is added to those before it."""
    rows, weights = _rows(), np.ones((1, 500))
    assert (reaching_starts(rows, weights, 5)[:, :3] == reaching_starts(rows, weights, 3)).all()
