"""Lloyd steps on whole numbers, for several tables and runs at once."""

import numpy as np
import pytest

from segmentry.prototypes.lloyd import means, placed, turned


@pytest.fixture
def tables():
    return np.floor(np.random.default_rng(0).normal(0, 20, (2, 60, 3)))


@pytest.fixture
def centres(tables):
    return np.stack([np.stack([table[start : start + 7] for start in (0, 9, 20)]) for table in tables])


def test_each_row_goes_to_the_nearest_centre_and_the_first_of_equals(tables, centres):
    """For each run of each table, as by the distances themselves; a centre that is there twice is asked once."""
    centres[:, :, 5] = centres[:, :, 2]
    labels, scores = placed(turned(tables), centres)
    squares = ((tables[:, None, :, None, :] - centres[:, :, None, :, :]) ** 2).sum(axis=4)
    assert (labels == squares.argmin(axis=3)).all()
    assert (scores + (tables**2).sum(axis=2)[:, None] == squares.min(axis=3)).all()
    assert not (labels == 5).any()


def test_centres_become_the_rounded_means_of_their_rows(tables, centres):
    """Halves go up, a row may count several times, and a centre without rows stays where it is."""
    rows = turned(tables)
    labels, _ = placed(rows, centres)
    labels[0, 1] = 0
    weights = np.random.default_rng(1).integers(0, 3, labels.shape).astype(float)
    for counted in (None, weights):
        moved = means(rows, labels, centres, counted)
        for table, run, place in np.ndindex(2, 3, 7):
            times = (labels[table, run] == place) * (1 if counted is None else counted[table, run])
            mean = np.floor(times @ tables[table] / max(times.sum(), 1) + 0.5)
            expected = mean if times.sum() else centres[table, run, place]
            assert (moved[table, run, place] == expected).all()
