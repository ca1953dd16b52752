"""The usual rules are what they are called, and the page shows them beside what the battery left there."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from rules import FAMILIES, MARKS, OURS, answers, elbow, judge, ours, sums

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "choosing-k.md").read_text(encoding="utf-8")


def test_the_elbow_is_where_the_curve_is_farthest_from_its_chord():
    """Inertias that fall steeply up to three groups and hardly after them."""
    assert elbow([100.0, 60.0, 12.0, 10.0, 8.0]) == 3


def test_every_rule_finds_three_groups_that_nobody_could_miss():
    """Three far heaps of unlike numbers, in three columns so that no rule is deceived."""
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0, 0], [40, 0, 0], [0, 40, 40]])
    values = np.vstack([random.normal(centre, 1.0, (n, 3)) for centre, n in zip(centres, (60, 50, 40), strict=True)])
    assert set(answers(values).values()) == {3}


def test_only_some_rules_can_say_that_there_is_nothing():
    """On uniform columns the gap statistic is right; elbow and silhouette have no such answer."""
    right = judge(("uniform", 2, 0))
    assert right["gap statistic"]
    assert not right["elbow (farthest from the chord)"]
    assert not right["highest silhouette"]


def test_right_answers_are_counted_by_family():
    """Two tables without groups, of which a rule has one right, and one with groups."""
    jobs = [("uniform", 2, 0), ("Gaussian", 2, 0), ("equal", 2, 0)]
    counts = sums(jobs, [{"a rule": False}, {"a rule": True}, {"a rule": True}])
    assert counts == {"a rule": dict.fromkeys(FAMILIES, 0) | {"none": 1, "separable": 1}}


def test_the_page_has_a_row_for_every_rule_and_ours_as_the_battery_left_it():
    """Whoever runs the battery anew puts its sums here too."""
    rows = on_the_page()
    assert len(rows) == 8
    assert rows[f"**{OURS}**"] == list(ours(PAGE).values())


def test_the_first_page_says_of_elbow_and_silhouette_what_was_counted():
    """Groups in every table without, and how many of the separable ones they have right."""
    rows = on_the_page()
    elbow_right, silhouette_right = rows["elbow (farthest from the chord)"], rows["highest silhouette"]
    assert elbow_right[0] == silhouette_right[0] == 0
    told = f"the elbow is right on {elbow_right[1] / 144:.0%} and the silhouette on {silhouette_right[1] / 144:.0%} of"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert told.replace("%", " %") in " ".join(readme.split())


def on_the_page() -> dict[str, list[int]]:
    lines = PAGE.split(MARKS[0])[1].split(MARKS[1])[0].strip().splitlines()[2:]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {row[1]: list(map(int, row[2:-1])) for row in rows}
