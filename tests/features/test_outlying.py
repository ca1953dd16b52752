"""A group that stands far out is a group: it is neither capped nor passed over; a tail, a code and a mistake are."""

from __future__ import annotations

import numpy as np
import pytest

from segmentry.features.feature import Feature
from segmentry.features.learning import learn_scale
from segmentry.features.outlying import has_group_apart, outer_fences

SPEND = Feature("spend", "Spend", "money", "spend", "column", ("spend",))


def _beside(n, distance, seed=0, most=1000):
    random = np.random.default_rng(seed)
    return np.sort(np.append(random.normal(0, 1, most), random.normal(distance, 1, n)))


@pytest.mark.parametrize("distance", [8.0, 12.0, 40.0])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_group_far_out_keeps_its_values(distance, side):
    """However far away it is, its customers are told apart from each other; what is far beyond them is capped."""
    values = np.sort(side * _beside(80, distance))
    low, high = outer_fences(values)
    assert has_group_apart(values)
    assert low < values[0] <= values[-1] < high
    with_mistake = np.sort(np.append(values, side * 1e6))
    low, high = outer_fences(with_mistake)
    assert max(-low, high) < 2 * distance + 20


@pytest.mark.parametrize("seed", range(5))
def test_twenty_five_of_a_thousand_may_be_a_group(seed):
    """That many, with nobody near them, are not there by luck."""
    values = _beside(25, 12.0, seed)
    assert has_group_apart(values)
    assert outer_fences(values)[1] > values[-1]


def test_a_group_far_out_is_no_tail():
    """No logarithm draws it nearer."""
    scale = learn_scale(SPEND, _beside(100, 20.0) + 10.0)
    assert (scale.transform, scale.n_capped) == ("none", 0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("rows", [100, 800, 20_000])
def test_a_tail_is_no_group(rows, seed):
    """Incomes, waiting times, counts and stragglers have their far values nearer to the rest than to each other."""
    random = np.random.default_rng(seed)
    for values in (
        random.lognormal(0, 1, rows),
        random.exponential(1, rows),
        random.standard_t(3, rows),
        random.pareto(2, rows),
        np.round(random.lognormal(1, 0.8, rows)),
        random.negative_binomial(1, 0.3, rows).astype(float),
        np.where(random.random(rows) < 0.6, 0.0, random.lognormal(3, 1, rows)),
    ):
        assert not has_group_apart(np.sort(values))


def test_a_few_or_one_value_of_many_are_no_group():
    """Fewer than one in fifty would be a segment of a few; one value that many share is a code such as 999."""
    assert not has_group_apart(_beside(15, 12.0))
    assert not has_group_apart(np.sort(np.append(_beside(0, 0.0), np.full(60, 999.0))))


def test_half_of_one_value_has_no_fence():
    """Who bought nothing is no heap beside all others."""
    assert outer_fences(np.sort(np.append(np.zeros(80), np.arange(20.0)))) is None
