"""What is said of the segments by how they are made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

import segmentry as sg
from segmentry.fitting.segments import one_sided_notices
from segmentry.profiles.profile import Category, Level, LevelInSegment
from segmentry.samples import sample_marketing


@pytest.mark.parametrize(("share", "everyone", "told"), [(0.97, 0.5, True), (0.9, 0.5, False), (0.97, 0.94, False)])
def test_a_segment_of_one_gender_is_told_of(share: float, everyone: float, told: bool) -> None:
    """Nearly all of a segment at one level of a sensitive attribute, and not of everyone, is a group of its own."""
    found = sg.fit(sample_marketing(300, seed=0), k=2)
    cells = {"s1": LevelInSegment(share, 194.0), "s2": LevelInSegment(everyone, 100.0)}
    gender = Category("gender", "Gender", False, True, (Level("Female", 150, everyone, cells),))
    profile = replace(found.profile, categories=(gender,))
    notices = one_sided_notices(found.segments, profile)
    assert [n.code for n in notices] == ["one-sided-segment"] * told
    if told:
        assert notices[0].message.startswith("97 % of segment s1 are 'Female' by 'Gender', of all customers 50 %: ")
    plain = replace(profile, categories=(replace(gender, sensitive=False),))
    assert one_sided_notices(found.segments, plain) == []
