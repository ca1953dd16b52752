"""Pictures of later customers beside those of the fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segmentry.monitoring import BinDrift, Drift, FeatureDrift, SegmentDrift, Verdict
from segmentry.plots.drift import draw_drift
from segmentry.plots.picture import to_svg
from segmentry.segmentation import Segmentation


def feature(label: str, index: float, verdict: Verdict, moved: str = "") -> FeatureDrift:
    bins = (BinDrift("up to 10", 0.5, 0.2), BinDrift("above 10", 0.48, 0.8), BinDrift("missing", 0.02, 0.0))
    return FeatureDrift(label.lower(), label, index, 0.03, verdict, moved, 0.02, 0.0, 0.1, bins)


@pytest.fixture
def found(five: Segmentation) -> Drift:
    """Two features have moved, one of them by a unit, the segments have not; some customers are noise."""
    segments = (*(SegmentDrift(s.id, s.name, s.share, s.share) for s in five.segments),)
    features = (
        feature("Income <b>", 7.1, "act", "higher"),
        feature("Age", 0.15, "watch", "lower"),
        feature("Visits", 0.01, "stable"),
    )
    noise = SegmentDrift("noise", "noise", 0.0, 0.01)
    return Drift(900, 0, "act", "Act: …", 0.02, 0.03, "stable", (*segments, noise), features)


def test_each_picture_has_its_finding_its_sentence_and_its_numbers(five: Segmentation, found: Drift) -> None:
    """Three pictures that the grammar allows; titles say what moved, and data text is text."""
    pictures = draw_drift(five, found)
    assert [p.key for p in pictures] == ["drift", "drift-bins", "drift-segments"]
    assert [p.title for p in pictures] == [
        "2 features have moved, Income <b> furthest (higher)",
        "Income <b>: 80 % of customers are in the bin “above 10”, 48 % were",
        "The segments have the shares that they had",
    ]
    for picture in pictures:
        assert picture.caption
        assert picture.table
        assert picture.shown().to_dict(validate=True) == picture.shown().to_dict(validate=False)
        assert "<b>" not in to_svg(picture)


def test_the_index_stands_beside_what_chance_makes(five: Segmentation, found: Drift) -> None:
    """Every feature and the segments have their index, chance and verdict in words; beyond the axis it is said so."""
    picture = draw_drift(five, found)[0]
    assert picture.table[0] == {"Feature": "Income <b>", "Index": "7.100", "Chance": "0.030", "Verdict": "act, higher"}
    assert picture.table[-1]["Feature"] == "Shares of the segments"
    assert "at the edge" in picture.caption


def test_only_what_moved_is_shown_bin_by_bin(five: Segmentation, found: Drift) -> None:
    """A stable feature has no panel, unless all are: then those with the largest index have one."""
    assert {row["Feature"] for row in draw_drift(five, found)[1].table} == {"Income <b>", "Age"}
    calm = replace(found, features=tuple(replace(f, verdict="stable", moved="") for f in found.features))
    index, bins, _ = draw_drift(five, calm)
    assert index.title == "None of 3 features has moved"
    assert bins.title == "No feature has moved; Income <b> has the largest index"
    assert {row["Feature"] for row in bins.table} == {"Income <b>", "Age"}


def test_segments_that_moved_are_told_with_both_shares(five: Segmentation, found: Drift) -> None:
    """The segment that gained or lost most is the title, and whoever is in none has a row."""
    first, *others = found.segments
    mixed = replace(found, segments_verdict="act", segments=(replace(first, then=0.14, now=0.5), *others))
    picture = draw_drift(five, mixed)[2]
    assert picture.title == f"{first.name}: 50 % of customers are there, 14 % were"
    assert picture.table[-1] == {"Segment": "noise", "Then": "0 %", "Now": "1.0 %"}


def test_a_model_without_baselines_says_why_there_are_no_bins(five: Segmentation, found: Drift) -> None:
    """What an earlier version wrote is compared by its segments alone."""
    index, bins, _ = draw_drift(five, replace(found, features=()))
    assert index.title == "The segments have not moved"
    assert bins.chart is None
    assert "earlier version" in str(bins.absent)
