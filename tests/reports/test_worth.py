"""The section on lifetime value says how far off the forecast was, and on which side."""

from __future__ import annotations

from dataclasses import replace

from segmentry.features.lifetime import LifetimeModel, PurchaseModel, SpendModel
from segmentry.profiles.holdout import Holdout, HoldoutBin
from segmentry.reports.worth import worth_of
from segmentry.segmentation import Segmentation

MODEL = LifetimeModel(
    PurchaseModel(0.25, 4.5, 0.8, 2.4, (0.01, 0.2, 0.1, 0.3), -9000.0, 2000, "weeks", 30),
    SpendModel(6.0, 3.7, 15.0, (1.0, 0.2, 2.0), -4000.0, 900, 0.1),
    365,
    1.0,
    0.1,
)


def test_a_forecast_below_what_came_is_said_to_be_too_low(five: Segmentation) -> None:
    """It is the forecast that is too low and not the purchases that are too few; the worst group is named."""
    bins = (HoldoutBin(0, False, 500, 0.1, 0.1), HoldoutBin(7, True, 40, 3.0, 2.5))
    found = Holdout(bins, (), 39, 39, "weeks", 972.0, 1000.0)
    worth = worth_of(replace(five, value=MODEL, holdout=found))
    assert worth is not None
    assert "972 purchases were predicted" in worth.tested
    assert "1,000 were made: the forecast was 2.8 % too low." in worth.tested
    assert "furthest off for customers who had bought again 7 times or more before: 20 % too high." in worth.tested
    even = worth_of(replace(five, value=MODEL, holdout=replace(found, bins=bins[:1])))
    assert even is not None
    assert "furthest off" not in even.tested
