"""Which levels the comparison of segments marks."""

from __future__ import annotations

from dataclasses import replace

from segmentry.profiles.profile import Category, Level, LevelInSegment
from segmentry.reports.comparison import category_groups
from segmentry.segmentation import Segmentation


def test_only_what_is_beyond_chance_is_marked(five: Segmentation) -> None:
    """An index of 145 is marked where 400 of 1,000 have the level, and not where 16 of 100 have it."""
    profile = replace(five.profile, n_customers=5000)
    marked = []
    for share, size, everyone in ((0.16, 100, 500), (0.4, 1000, 5000)):
        cells = {"s1": LevelInSegment(share, 145.0)}
        level = Level("North", round(everyone * share / 1.45), share / 1.45, cells)
        of_regions = replace(profile, categories=(Category("region", "Region", False, False, (level,)),))
        segments = (replace(five.segments[0], size=size),)
        (group,) = category_groups(replace(five, profile=of_regions, segments=segments))
        cell = group.rows[0].cells[0]
        assert cell.index == "145"
        marked.append(cell.direction)
    assert marked == ["", "above"]
