"""What was predicted beside what happened after the as-of date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segmentry.errors import InputError
from segmentry.profiles.holdout import Holdout
from segmentry.value import fit_purchases, holdout, purchase_counts


@pytest.fixture(scope="module")
def foreseen(cdnow: Any) -> Holdout:
    model = fit_purchases(purchase_counts(cdnow.x, cdnow.t_x, cdnow.age))
    return holdout(
        model, cdnow.x, cdnow.t_x, cdnow.age, cdnow.later, horizon=39.0, repeat_times=cdnow.repeat_times
    )  # fmt: skip


def test_the_next_nine_months_of_cdnow_are_foreseen(foreseen: Holdout) -> None:
    """Purchases of October 1997 to June 1998 are predicted within 15 %, and rise with frequency as they did."""
    assert foreseen.actual_total == 1882
    assert foreseen.error == pytest.approx(-0.12, abs=0.03)
    actual, expected = ([getattr(b, name) for b in foreseen.bins] for name in ("actual", "expected"))
    assert sorted(expected) == expected
    assert np.corrcoef(actual, expected)[0, 1] > 0.99
    assert [b.customers for b in foreseen.bins] == [1411, 439, 214, 100, 62, 38, 29, 64]


def test_the_track_ends_at_all_repeat_purchases(cdnow: Any, foreseen: Holdout) -> None:
    """Summed over time, purchases end at all that were made; the last year is tracked within 10 %."""
    actual = [p.actual for p in foreseen.track]
    assert actual == sorted(actual)
    assert actual[-1] == len(cdnow.repeat_times)
    assert foreseen.track[-1].time == pytest.approx(foreseen.starts + 39.0)
    late = [p for p in foreseen.track if p.time > 26.0]
    assert all(abs(p.expected / p.actual - 1.0) < 0.1 for p in late)


def test_customers_given_in_groups_are_the_same_holdout(cdnow: Any, foreseen: Holdout) -> None:
    """Row order, and purchases counted by time instead of listed, change nothing."""
    model = fit_purchases(purchase_counts(cdnow.x, cdnow.t_x, cdnow.age))
    order = np.random.default_rng(1).permutation(len(cdnow.x))
    times, counts = np.unique(cdnow.repeat_times, return_counts=True)
    again = holdout(
        model, cdnow.x[order], cdnow.t_x[order], cdnow.age[order], cdnow.later[order],
        horizon=39.0, repeat_times=times, repeat_counts=counts,
    )  # fmt: skip
    assert repr(again) == repr(foreseen)


def test_both_tables_have_a_row_each(foreseen: Holdout) -> None:
    """The bins and the track are had as frames."""
    assert foreseen.frame().shape == (8, 5)
    assert foreseen.track_frame().columns == ["time", "expected", "actual"]


def test_a_holdout_without_length_is_refused(cdnow: Any) -> None:
    """There is nothing to compare within no time."""
    model = fit_purchases(purchase_counts(cdnow.x, cdnow.t_x, cdnow.age))
    with pytest.raises(InputError, match="positive length"):
        holdout(model, cdnow.x, cdnow.t_x, cdnow.age, cdnow.later, horizon=0.0, repeat_times=cdnow.repeat_times)
