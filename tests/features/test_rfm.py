"""Scores by quantile: ties, constants, few values, direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segmentry.errors import NotEnoughDataError, SettingsError
from segmentry.features.feature import Bins, Feature
from segmentry.features.rfm import learn_bins, rfm_features, scores_of

FEW = st.integers(0, 6).map(float)
ANY = st.floats(0, 1e6, allow_nan=False)


@given(arrays(float, st.integers(1, 60), elements=st.one_of(FEW, ANY)), st.integers(2, 9), st.booleans())
def test_equal_values_always_have_equal_scores(values: np.ndarray, count: int, falling: bool) -> None:
    """Whatever the values, ties stay together, the order of scores is that of values, and each is from 1 to n."""
    scores = scores_of(learn_bins("x", values, count, falling=falling), values)
    order = np.argsort(values)
    steps, rises = np.diff(values[order]), np.diff(scores[order])
    assert np.all(rises[steps == 0] == 0)
    assert np.all(rises <= 0) if falling else np.all(rises >= 0)
    assert scores.min() >= 1
    assert scores.max() <= count


@given(arrays(float, st.integers(2, 60), elements=FEW), st.integers(2, 9), st.randoms())
def test_the_order_of_rows_changes_no_threshold(values: np.ndarray, count: int, random: object) -> None:
    """Thresholds are values of customers, and shuffling the customers leaves them as they are."""
    shuffled = values.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    bins = learn_bins("x", values, count)
    assert learn_bins("x", shuffled, count) == bins
    assert set(bins.thresholds) <= set(values)


def test_without_ties_scores_are_equally_frequent() -> None:
    """A thousand different values fall into five scores of two hundred."""
    values = np.random.default_rng(0).permutation(1000).astype(float)
    for falling in (False, True):
        scores = scores_of(learn_bins("x", values, 5, falling=falling), values)
        assert np.all(np.abs(np.bincount(scores.astype(int))[1:] - 200) <= 1)


def test_lately_scores_high() -> None:
    """Where the scale falls, the fewest days have the highest score."""
    days = np.arange(1.0, 101.0)
    scores = scores_of(learn_bins("days", days, 5, falling=True), days)
    assert (scores[0], scores[-1]) == (5, 1)


def test_a_constant_column_scores_one() -> None:
    """Where everyone has the same value, everyone has the lowest score, and it is the only one below a higher value."""
    bins = learn_bins("x", np.full(30, 7.0), 5)
    assert bins.thresholds == (7.0,) * 4
    assert scores_of(bins, np.array([6.0, 7.0, 8.0])).tolist() == [1, 1, 5]
    assert bins.reachable == (1, 5)


def test_fewer_values_than_scores_leave_scores_out() -> None:
    """Half bought once: they share the lowest score; the highest values, as common as 25 in 100, share the fourth."""
    orders = np.array([1.0] * 50 + [2.0] * 25 + [3.0] * 25)
    bins = learn_bins("orders", orders, 5)
    assert bins.reachable == (1, 3, 4, 5)
    assert sorted(set(scores_of(bins, orders))) == [1, 3, 4]


def test_frozen_thresholds_score_new_customers() -> None:
    """Values never seen are scored by the thresholds that were learned, and a missing one is missing."""
    bins = Bins("spend", (10.0, 20.0, 30.0, 40.0))
    assert scores_of(bins, np.array([-5.0, 10.0, 10.01, 1e9])).tolist() == [1, 1, 2, 5]
    assert np.isnan(scores_of(bins, np.array([np.nan])))[0]


def test_a_column_without_any_value_is_refused() -> None:
    """There is no quantile of nothing."""
    with pytest.raises(NotEnoughDataError, match="'spend' is missing for every customer"):
        learn_bins("spend", np.full(9, np.nan), 5)


def feature(name: str, theme: str, operation: str = "column") -> Feature:
    return Feature(name, name, "number", theme, operation, (name,))  # type: ignore[arg-type]


def test_axes_find_their_features_by_meaning() -> None:
    """Of several features of a theme the usual one is meant, unless another is named."""
    features = [feature("recency_days", "recency"), feature("items", "frequency"), feature("spend_total", "spend"),
                feature("purchases_total", "frequency")]  # fmt: skip
    chosen = rfm_features(features, (), ("recency", "frequency", "spend"))
    assert [f.name for f in chosen.values()] == ["recency_days", "purchases_total", "spend_total"]
    named = rfm_features(features, ("items", "recency_days"), ("recency", "frequency"))
    assert named["frequency"].name == "items"


def test_a_missing_axis_is_named_with_what_to_do() -> None:
    """Without spend the grid of eleven is refused, and the one of ten recommended."""
    with pytest.raises(SettingsError, match=r"needs the spend of each customer.*--rfm-grid ten"):
        rfm_features([feature("recency_days", "recency"), feature("items", "frequency")], (), ("recency", "spend"))
