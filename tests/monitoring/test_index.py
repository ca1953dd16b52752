"""The stability index, and what chance alone makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from segmentry.monitoring import chance_of, stability_index, verdict_on


def test_the_index_is_that_of_the_formula() -> None:
    """Over 0.2, 0.3, 0.5 and 0.3, 0.3, 0.4, computed by hand."""
    assert stability_index([0.2, 0.3, 0.5], [0.3, 0.3, 0.4], 99) == pytest.approx(0.1 * np.log(1.5) - 0.1 * np.log(0.8))


def test_a_bin_that_was_empty_has_a_floor() -> None:
    """A share of nothing counts as half a customer, or one in ten thousand, so that the index has an end."""
    for customers, least in ((50, 0.01), (10**9, 1e-4)):
        by_hand = 0.5 * np.log(2) + (0.5 - least) * np.log(0.5 / least)
        assert stability_index([1.0, 0.0], [0.5, 0.5], customers) == pytest.approx(by_hand)


@pytest.mark.parametrize(("bins", "then", "now"), [(2, 500, 80), (5, 2_000, 2_000), (11, 20_000, 300)])
def test_chance_is_what_one_draw_in_a_thousand_exceeds(bins: int, then: int, now: int) -> None:
    """Of draws of the same shares about one in a thousand lies above, and the quantile is that of chi squared."""
    assert chance_of(bins, then, now) == pytest.approx(chi2.ppf(0.999, bins - 1) * (1 / then + 1 / now), rel=0.06)
    rng, shares = np.random.default_rng(bins), np.full(bins, 1 / bins)
    a, b = rng.multinomial(then, shares, 4_000) / then, rng.multinomial(now, shares, 4_000) / now
    above = sum(stability_index(x, y, now) > chance_of(bins, then, now) for x, y in zip(a, b, strict=True))
    assert above <= 20


def test_what_chance_explains_asks_for_nothing() -> None:
    """Above a quarter is to be acted on, unless so few customers show it that chance would."""
    assert [verdict_on(index, 0.02) for index in (0.05, 0.15, 0.3)] == ["stable", "watch", "act"]
    assert verdict_on(0.3, 0.4) == "stable"
