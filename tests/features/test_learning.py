"""Constants depend on the values alone; logarithms are for heavy tails, caps for values far outside."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from segmentry.features.feature import Feature
from segmentry.features.learning import learn_levels, learn_scale, mean_and_sd, order_statistic, prepared
from segmentry.samples import sample_marketing

SPEND = Feature("spend_total", "Total spend", "money", "spend", "column", ("spend",))
CITY = Feature("city", "City", "category", "category", "category", ("city",))


def test_the_order_of_values_changes_nothing():
    """Shuffled values give the same scale, to the last bit."""
    draw = np.random.default_rng(0)
    values = draw.lognormal(3, 1, 999) * 0.1
    values[::50] = np.nan
    first = learn_scale(SPEND, values)
    for _ in range(5):
        assert learn_scale(SPEND, draw.permutation(values)) == first


def test_a_quantile_is_a_value_of_the_data():
    """Never one between two of them."""
    ordered = np.array([1.0, 2.0, 4.0, 8.0])
    assert [order_statistic(ordered, share) for share in (0, 0.25, 0.5, 0.75, 1)] == [1, 1, 2, 4, 8]


def test_a_heavy_tail_is_logged():
    """A log-normal amount, with more values far outside than an exponential one has, is taken as log(1 + x)."""
    assert learn_scale(SPEND, np.random.default_rng(1).lognormal(4, 1.2, 3000)).transform == "log1p"
    assert learn_scale(SPEND, np.random.default_rng(1).gamma(2.0, 100.0, 3000)).transform == "none"


def test_groups_are_not_taken_for_a_tail():
    """Few big spenders beside many small ones are what is looked for, and stay as far apart as they are."""
    shop = sample_marketing(2_000, seed=1)
    spend = shop.select(pl.sum_horizontal(c for c in shop.columns if c.startswith("mnt_"))).to_series()
    scale = learn_scale(SPEND, spend.cast(pl.Float64).to_numpy())
    assert scale.skewness > 1
    assert scale.transform == "none"


def test_one_wrong_value_is_not_a_tail():
    """A single value of a thousand, far outside, is capped; the others are taken as they are."""
    values = np.append(np.random.default_rng(5).normal(50_000, 9_000, 999), 666_666_666.0)
    scale = learn_scale(SPEND, values)
    assert (scale.transform, scale.n_capped) == ("none", 1)


def test_a_value_far_outside_is_capped_and_counted():
    """Beyond three interquartile ranges from the quartiles a value counts as the fence, and the scale as without it."""
    values = np.append(np.arange(1000.0), 1e9)
    scale = learn_scale(SPEND, values)
    assert scale.n_capped == 1
    assert scale.high is not None
    assert scale.high < 3000
    assert scale.maximum == 1e9
    assert prepared(scale, values)[-1] < 10


def test_a_gap_is_filled_with_the_median():
    """A missing value stands at the median, and is counted."""
    scale = learn_scale(SPEND, np.array([1.0, 2.0, np.nan, 3.0, 100.0]))
    assert (scale.fill, scale.n_missing) == (2.0, 1)


def test_prepared_values_are_standard_scores():
    """Mean 0 and deviation 1 over the sample."""
    values = np.random.default_rng(3).normal(50, 9, 500)
    mean, sd = mean_and_sd(prepared(learn_scale(SPEND, values), values))
    assert mean == pytest.approx(0, abs=1e-12)
    assert sd == pytest.approx(1)


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [0.0, 0.0, 0.0], [7.0]])
def test_a_constant_has_no_scale(values):
    """A feature that never varies has scale 0, by which the choice leaves it out."""
    assert learn_scale(SPEND, np.array(values)).scale == 0


def test_negative_values_are_never_logged():
    """Refunds have no logarithm; the feature is taken as it is."""
    values = -np.random.default_rng(4).lognormal(4, 1.2, 500)
    assert learn_scale(SPEND, np.append(values, np.exp(range(9)))).transform == "none"


def test_the_commonest_levels_get_an_axis():
    """Twelve at most, in name order, ties by name; all levels weigh alike."""
    values = [f"c{i:02d}" for i in range(20) for _ in range(3 + (i < 5))] + [None]
    part = learn_levels(CITY, values)
    assert part.levels == tuple(f"c{i:02d}" for i in range(12))
    assert part.n_missing == 1
    assert part.weight == round(1024 * math.sqrt(0.5))


@pytest.mark.parametrize("unit", ["flag", "level"])
@pytest.mark.parametrize("yes", [0.03, 0.5])
def test_two_answers_are_as_far_apart_as_two_levels_of_a_category(unit, yes):
    """However few say yes; by the deviation of the answers, the few would outweigh all that is known of everyone."""
    answers = (np.arange(1000) < 1000 * yes).astype(float)
    told = Feature("club_card", "Club card", unit, "other", "column", ("club_card",))
    assert np.ptp(prepared(learn_scale(told, answers), answers)) == pytest.approx(1.0)
    levels = learn_levels(CITY, ["Bonn", "Ulm"]).weight
    assert np.hypot(levels, levels) == pytest.approx(1024, abs=1)


def test_a_flag_that_is_the_same_for_all_has_no_scale():
    """Nobody can be told apart by it."""
    told = Feature("club_card", "Club card", "flag", "other", "column", ("club_card",))
    assert learn_scale(told, np.ones(5)).scale == 0
