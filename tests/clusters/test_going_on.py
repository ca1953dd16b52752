"""K-means goes on from an earlier grouping where that is nearly as good as the best that is found anew."""

from __future__ import annotations

import numpy as np
import pytest

from segmentry.clusters.kmeans import GOING_ON, going_on, search_kmeans, settle

# A square of four heaps: two halves side by side or one above the other are as good, until it is longer one way.
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def square(longer: float) -> np.ndarray:
    draw = np.random.default_rng(0)
    heaps = np.repeat(CORNERS * [1_000.0 * longer, 1_000.0], 50, axis=0)
    return np.floor(heaps + draw.normal(0, 40, heaps.shape))


@pytest.mark.parametrize(("longer", "kept"), [(1.0, True), (1.2, False)])
def test_an_earlier_grouping_is_kept_while_it_is_nearly_as_good(longer: float, kept: bool) -> None:
    """Halves one above the other stay so while side by side is hardly better, and no longer."""
    rows = square(longer)
    anew = search_kmeans(rows, 2, seed=0)
    above = np.array([[500.0, 0.0], [500.0, 1_000.0]])
    found = going_on(rows, anew, above)
    assert (settle(rows, above).inertia <= (1 + GOING_ON) * anew.inertia) == kept
    across = abs(found.centres[0, 1] - found.centres[1, 1]) > 500
    assert across == kept


def test_an_earlier_group_that_has_nobody_is_not_gone_on_with() -> None:
    """A centre far from everyone is no start: what was found anew is taken."""
    rows = square(1.0)
    anew = search_kmeans(rows, 2, seed=0)
    assert going_on(rows, anew, np.array([[500.0, 500.0], [9e6, 9e6]])) is anew
