"""Smallest and largest sizes hold in the rule itself, for all customers."""

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linear_sum_assignment

from segmentry.clusters.grouping import Layout
from segmentry.clusters.kmeans import search_kmeans
from segmentry.clusters.limits import costs_of, limited
from segmentry.clusters.mixture import Mixture
from segmentry.errors import SettingsError
from segmentry.fitting import FitSettings, fit
from segmentry.prototypes.assign import kmeans_rule, nearest
from segmentry.samples import sample_marketing
from segmentry.scoring import score


def _rows(n, seed=0):
    draw = np.random.default_rng(seed)
    return np.floor(draw.normal(size=(n, 3)) * 1024 * np.where(draw.random((n, 1)) < 0.2, 3, 1))


def _rule(grid, k):
    return kmeans_rule("abc", search_kmeans(grid, k, 0).centres, [f"s{place}" for place in range(k)])


@pytest.mark.parametrize(("low", "high"), [(0, 180), (140, 800), (160, 160)])
def test_sizes_are_within_both_limits(low, high):
    """Whatever the limits that can be, the rule with other offsets keeps them; equal sizes as well."""
    grid = _rows(800)
    found = limited(_rule(grid, 5), grid, low, high)
    sizes = np.bincount(nearest(found, grid), minlength=5)
    assert low <= sizes.min()
    assert sizes.max() <= high


def test_no_cheaper_assignment_has_these_sizes():
    """The sum of squared distances is that of the best assignment, found by an exact solver."""
    grid = _rows(90, 3)
    rule = _rule(grid, 3)
    found = limited(rule, grid, 30, 30)
    costs = costs_of(rule, grid)
    rows, columns = linear_sum_assignment(np.repeat(costs, 30, axis=1))
    labels = nearest(found, grid)
    assert costs[np.arange(90), labels].sum() == costs[rows, columns // 30].sum()


def test_a_mixture_keeps_limits_too():
    """Offsets move the borders of any rule."""
    grid = _rows(800, 2)
    rule = Mixture(Layout.numeric(3)).search(grid, 4, 0).rule
    sizes = np.bincount(nearest(limited(rule, grid, 150, 250), grid), minlength=4)
    assert 150 <= sizes.min() <= sizes.max() <= 250


def test_row_order_does_not_move_a_border():
    """Shuffled rows give the same offsets."""
    grid = _rows(600, 4)
    rule = _rule(grid, 4)
    shuffled = np.random.default_rng(0).permutation(grid)
    assert limited(rule, grid, 140, 160) == limited(rule, shuffled, 140, 160)


def test_customers_who_are_alike_stay_together():
    """Where half of all customers are the same, no offsets part them: there is no such rule."""
    grid = np.repeat(np.array([[0.0, 0.0, 0.0], [900.0, 0.0, 0.0], [0.0, 900.0, 0.0]]), [60, 20, 20], axis=0)
    assert limited(_rule(grid, 3), grid, 0, 40) is None


def test_limits_hold_for_all_customers_of_a_table_larger_than_the_sample():
    """25,000 customers, 20,000 in the sample: scored again, each segment is within what was asked for."""
    shop = sample_marketing(25_000, seed=3)
    model = fit(shop, k=5, settings=FitSettings(min_size=4_000, max_size=6_000, stability_pairs=0))
    counts = score(model, shop)["segment_id"].value_counts()["count"]
    assert sum(counts) == 25_000
    assert 4_000 <= counts.min() <= counts.max() <= 6_000
    assert sorted(counts) == sorted(s.size for s in model.segments)
    said = next(n.message for n in model.notices if n.code == "limited-sizes")
    free = fit(shop, k=5, settings=FitSettings(stability_pairs=0))
    moved = (score(free, shop)["segment_id"] != score(model, shop)["segment_id"]).mean()
    assert f"{100 * moved:.0f} % of the customers are in another segment" in said


def test_a_large_table_takes_its_borders_from_the_sample(monkeypatch):
    """Beyond what memory is meant to hold, room is left for what the sample may be off, and all rows are counted."""
    monkeypatch.setattr("segmentry.fitting.final.IN_MEMORY", 1_000)
    shop = sample_marketing(25_000, seed=3)
    model = fit(shop, k=5, settings=FitSettings(min_size=3_500, max_size=6_500, stability_pairs=0))
    counts = score(model, shop)["segment_id"].value_counts()["count"]
    assert 3_500 <= counts.min() <= counts.max() <= 6_500
    said = next(n.message for n in model.notices if n.code == "limited-sizes")
    assert "of the sampled customers are in another segment" in said


def test_limits_that_cannot_be_are_an_error():
    """Too few customers for so many segments, and a method whose groups are as large as they are."""
    shop = pl.DataFrame({"age": [20 + i % 50 for i in range(300)], "income": [1000 + 7 * i for i in range(300)]})
    with pytest.raises(SettingsError, match="No number of segments"):
        fit(shop, k=5, settings=FitSettings(min_size=100))
    with pytest.raises(SettingsError, match="cannot be limited"):
        fit(shop, method="hdbscan", settings=FitSettings(max_size=100))
    assert fit(shop, settings=FitSettings(min_size=80)).k == 3
