"""The bins of a feature in words."""

from __future__ import annotations

import pytest

from segmentry.features.feature import Feature, Unit
from segmentry.monitoring.bins import bin_names
from segmentry.profiles.baseline import Baseline


def named(unit: Unit, edges: tuple[float, ...], levels: tuple[str, ...] = (), symbol: str = "") -> tuple[str, ...]:
    """The names of the bins that end at these edges."""
    feature = Feature("x", "X", unit, "other", "column", ("x",), levels=levels, symbol=symbol)
    return bin_names(Baseline("x", 100, 0.0, (0.0,) * (len(edges) + 1), edges=edges), feature)


@pytest.mark.parametrize(
    ("unit", "edges", "levels", "expected"),
    [
        ("money", (1_200_000.0, 1_300_000.0), (), ("up to 1.2 M", "1.2 to 1.3 M", "above 1.3 M")),
        ("money", (1_210_000.0, 1_230_000.0), (), ("up to 1,210,000", "1,210,000 to 1,230,000", "above 1,230,000")),
        ("share", (0.1, 0.25), (), ("up to 10 %", "10 to 25 %", "above 25 %")),
        ("years", (30.0, 31.0, 40.0), (), ("up to 30 years", "31 years", "32 to 40 years", "41 years and more")),
        ("count", (0.5, 2.0), (), ("up to 0.5", "0.5 to 2", "above 2")),
        ("flag", (0.0,), (), ("no", "yes")),
        ("level", (0.0, 2.0), ("low", "mid", "high", "top"), ("low", "mid or high", "top")),
        ("number", (), (), ("any value",)),
    ],
)
def test_bins_are_named_as_a_reader_says_them(
    unit: Unit, edges: tuple[float, ...], levels: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """Ends carry the unit and no more digits than tell them apart; whole numbers name the first and last of a bin."""
    assert named(unit, edges, levels) == expected


def test_the_levels_of_a_category_are_its_bins() -> None:
    """Each by its own name, and one for every other."""
    channel = Feature("channel", "Channel", "category", "channel", "category", ("channel",))
    assert bin_names(Baseline("channel", 9, 0.0, (0.5, 0.5, 0.0), levels=("web", "shop")), channel) == (
        "web",
        "shop",
        "others",
    )
