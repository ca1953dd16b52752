"""Intervals of ratios: against known values, and how often they are wrong when nothing differs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segmentry.baskets.ratios import Share, against_all, clustered, deviate, limits, ratio


def test_ratio_is_close_to_katz_where_counts_are_large() -> None:
    """With hundreds of buyers the interval is that of the log method (Katz and others 1978) to 2 %."""
    a, n, b, m = 600, 2000, 1000, 10000
    error = math.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    found = ratio(Share(a, n), Share(b, m), 1.96)
    assert found.value == pytest.approx(3.0)
    assert found.low == pytest.approx(3.0 * math.exp(-1.96 * error), rel=0.02)
    assert found.high == pytest.approx(3.0 * math.exp(1.96 * error), rel=0.02)


def test_rare_item_has_no_sure_lift() -> None:
    """Ten buyers of an item where three were expected are not enough among a thousand items."""
    found = against_all(Share(10, 1000), Share(20, 9000), deviate(3000))
    assert found is not None
    assert found.value == pytest.approx(10 / 3, rel=0.01)
    assert found.low < 1.0


def test_more_comparisons_widen_the_interval() -> None:
    """The more items are compared, the lower the lower end."""
    lows = [against_all(Share(40, 200), Share(80, 1000), deviate(n)).low for n in (1, 100, 10_000)]  # type: ignore[union-attr]
    assert lows == sorted(lows, reverse=True)


def test_lift_cannot_exceed_all_customers_by_the_segment() -> None:
    """An item that nobody else bought has the highest lift there is: all customers by those of the segment."""
    found = against_all(Share(50, 100), Share(0, 900), 1.96)
    assert found is not None
    assert found.value == pytest.approx(10.0)
    assert found.high == pytest.approx(10.0)


def test_nothing_to_compare_with_gives_no_lift() -> None:
    """A single segment has no rest to be compared with."""
    assert against_all(Share(5, 10), Share(0, 0), 1.96) is None


@pytest.mark.parametrize("share", [0.004, 0.05, 0.5])
def test_wrong_claims_are_as_rare_as_promised(share: float) -> None:
    """Drawn from one share, at most 1 in 400 of small segments has an interval at 99.5 % that begins above 1."""
    rng = np.random.default_rng(1)
    draws = 20_000
    own, rest = rng.binomial(500, share, draws), rng.binomial(9500, share, draws)
    z = deviate(10)
    lifts = [against_all(Share(int(a), 500), Share(int(b), 9500), z) for a, b in zip(own, rest, strict=True)]
    wrong = sum(lift is not None and lift.low > 1.0 for lift in lifts)
    assert wrong / draws <= 1.5 * 0.0025


def test_lines_of_the_same_customers_widen_the_interval() -> None:
    """A hundred lines of a hundred customers say more than a hundred of five."""
    many = clustered(100, 100, 1000, 10_000, 100_000)
    few = clustered(100, 2000, 1000, 10_000, 100_000)
    (many_low, many_high), (few_low, few_high) = limits(many, 1.96), limits(few, 1.96)
    assert few_low < many_low < many_high < few_high
