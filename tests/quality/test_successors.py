"""Which groups of two groupings are the same is told by the customers they share."""

from __future__ import annotations

import numpy as np
import pytest

from segmentry.quality.stability import adjusted_rand
from segmentry.quality.successors import SAME, match


def counted(old: list[int], new: list[int], k_old: int, k_new: int) -> np.ndarray:
    """Customers by old and new group; -1 is in none, and stands last."""
    table = np.zeros((k_old + 1, k_new + 1), dtype=np.int64)
    for a, b in zip(old, new, strict=True):
        table[a, b] += 1
    return table


def test_the_pairing_keeps_most_customers_together() -> None:
    """Old 0 shares most with new 0, but that would part both others: the best of all pairings gives it new 1."""
    found = match(np.array([[60, 55, 0], [70, 2, 0], [0, 0, 0]]))
    assert found.old_of == {0: 1}
    assert match(np.array([[6, 55, 0], [70, 2, 0], [0, 0, 0]])).old_of == {0: 1, 1: 0}


def test_half_of_their_union_is_the_least_that_makes_two_groups_the_same() -> None:
    """At a Jaccard index of 0.5 they are the same, one customer further they are not."""
    assert SAME == 0.5
    assert match(np.array([[10, 5], [5, 0]])).jaccards == {0: 0.5}
    assert match(np.array([[10, 6], [5, 0]])).old_of == {}


def test_customers_in_no_group_count_for_none() -> None:
    """Whoever left for no group keeps none, and whoever is in none by both is not looked at."""
    old, new = [0] * 10 + [1] * 10 + [-1] * 30, [0] * 10 + [1] * 8 + [-1] * 32
    found = match(counted(old, new, 2, 2))
    assert found.old_of == {0: 0, 1: 1}
    assert found.customers == 20
    assert found.agreement == pytest.approx(0.9)
    assert found.jaccards[1] == pytest.approx(0.8)


@pytest.mark.parametrize("seed", range(5))
def test_names_of_groups_do_not_matter(seed: int) -> None:
    """A grouping under other numbers agrees wholly, and the adjusted Rand index is that of the labels."""
    draw = np.random.default_rng(seed)
    old = draw.integers(0, 5, 400)
    names = draw.permutation(5)
    same = match(counted(old.tolist(), names[old].tolist(), 5, 5))
    assert (same.agreement, same.adjusted_rand) == (1.0, 1.0)
    assert same.old_of == {int(new): place for place, new in sorted(enumerate(names), key=lambda pair: pair[1])}
    other = draw.integers(0, 4, 400)
    assert match(counted(old.tolist(), other.tolist(), 5, 4)).adjusted_rand == pytest.approx(adjusted_rand(old, other))
