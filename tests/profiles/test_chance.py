"""An exact test on counts, and the bound that spares its sums."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from segmentry.profiles.chance import at_least, bound, flag_beyond_chance


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_chance_is_that_of_a_blind_draw_and_below_its_bound(data: st.DataObject) -> None:
    everyone = data.draw(st.integers(1, 3_000))
    size, yes_of_all = data.draw(st.integers(1, everyone)), data.draw(st.integers(0, everyone))
    yes = data.draw(st.integers(max(0, size + yes_of_all - everyone), min(size, yes_of_all)))
    chance = at_least(yes, size, yes_of_all, everyone)
    if yes * everyone >= yes_of_all * size:  # below the mean there is nothing to test
        assert chance == pytest.approx(hypergeom.sf(yes - 1, everyone, yes_of_all, size), rel=1e-6, abs=1e-12)
    assert chance <= bound(yes, size, yes_of_all, everyone) * (1 + 1e-9)


def test_what_is_far_beyond_chance_among_millions_needs_no_sum() -> None:
    """Its terms are too small for a number."""
    assert bound(500_000, 2_000_000, 2_000_000, 10_000_000) == 0.0


def test_numbers_under_a_yes_or_no_are_no_finding_and_no_error() -> None:
    """Where customers of another day have 2 instead of 1, no share can be compared."""
    spread = SimpleNamespace(mean=1.6, n=40)
    measure = SimpleNamespace(
        segments={"s1": SimpleNamespace(spread=spread)}, population=SimpleNamespace(mean=1.2, n=90)
    )
    assert not flag_beyond_chance(SimpleNamespace(), measure, "s1")  # type: ignore[arg-type]
