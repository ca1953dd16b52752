"""Numbers as a reader says them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import pytest

from segmentry.profiles.profile import Measure, Spread
from segmentry.profiles.wording import say_exactly, say_number, way


@pytest.mark.parametrize(
    ("value", "unit", "symbol", "said"),
    [
        (606.4, "money", "$", "$606"),
        (60.56, "money", "k$", "$60,560"),
        (0.4712, "share", "", "47 %"),
        (0.0141, "share", "", "1.4 %"),
        (0.0, "share", "", "0 %"),
        (1.0, "flag", "", "100 %"),
        (1_234_567, "number", "", "1.2 M"),
        (2_500_000_000, "money", "€", "€2.5 bn"),
        (12_345.6, "number", "", "12,346"),
        (4.56, "count", "", "4.6"),
        (0.1234, "number", "", "0.12"),
        (0.00461, "number", "", "0.0046"),
        (0.0996, "number", "", "0.1"),
        (0.00021, "money", "$", "$0.00021"),
        (0.00046, "share", "", "0.046 %"),
        (39.6, "years", "", "40 years"),
        (None, "money", "$", "–"),
        (math.nan, "money", "$", "–"),
    ],
)
def test_three_digits_that_matter_and_the_unit(value, unit, symbol, said):
    """Short, with the unit, never six decimals; what is not known is a dash."""
    assert say_number(value, unit, symbol) == said


@pytest.mark.parametrize("value", [0.5, 1, 9.99, 99.96, 999.6, 999_499, 999_501, 5e8, 9.996e8, 1e12, 1e20])
def test_a_negative_number_is_the_same_with_a_sign(value):
    """The sign stands before the digits, whatever the size."""
    assert say_number(-value) == "-" + say_number(value)


@pytest.mark.parametrize("unit", ["number", "share", "money", "years", "days", "count"])
@pytest.mark.parametrize("value", [-0.0, -1e-12, -1e-17])
def test_nothing_is_a_negative_zero(value, unit):
    """What is left over from adding up is 0, and 0 has no sign."""
    assert say_number(value, unit).split()[0] == "0"


@pytest.mark.parametrize(
    ("value", "unit", "symbol", "said"),
    [
        (0.337, "share", "", "33.7 %"),
        (0.00461, "number", "", "0.00461"),
        (1_234_567.0, "count", "", "1,234,567"),
        (60.56, "money", "k$", "$60,560"),
        (1e-7, "number", "", "0.0000001"),
        (200.0, "days", "", "200 days"),
        (-0.0, "number", "", "0"),
    ],
)
def test_exactly_is_with_every_digit(value, unit, symbol, said):
    """What is acted on loses no digit, and gains none that floating point made up."""
    assert say_exactly(value, unit, symbol) == said


def test_a_channel_with_a_number_for_a_name_is_called_one() -> None:
    """Nobody meets customers by 580111; a channel that has a word is a way to meet them."""
    label = "Share of orders: 580111"
    share = Measure("channel_share_580111", label, "share", "", "channel", False, cast("Spread", None), {})
    assert way(share) == "through channel 580111"
    assert way(replace(share, label="Share of orders: Marketplace")) == "by Marketplace"
