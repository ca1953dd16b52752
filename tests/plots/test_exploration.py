"""Pictures of a table as it came."""

from __future__ import annotations

import polars as pl
import pytest

from segmentry.exploration import Inspection, inspect
from segmentry.plots.exploration import draw_exploration
from segmentry.plots.picture import to_svg

N = 90


@pytest.fixture(scope="module")
def inspection() -> Inspection:
    return inspect(
        pl.DataFrame(
            {
                "id": [f"k{i}" for i in range(N)],
                "age": [None if i == 3 else 20 + i * 7 % 50 for i in range(N)],
                "income": [1000 + i * 37 % 900 for i in range(N)],
                "total_spend": [i * 13 % 400 for i in range(N - 1)] + [98_765],
                "joined": [f"20{10 + i % 9}-03-1{i % 9}" for i in range(N)],
                "city": ["Leeds" if i % 3 else "<York>" for i in range(N)],
                "email": [f"secret{i}@example.org" for i in range(N)],
            }
        )
    )


def test_every_picture_is_drawn_with_a_finding_a_caption_and_a_table(inspection: Inspection) -> None:
    """Six pictures, each renders, says what to see, and has its numbers as rows."""
    pictures = draw_exploration(inspection)
    assert [p.key for p in pictures] == ["missing", "histograms", "column-boxes", "levels", "correlations", "pairs"]
    for picture in pictures:
        assert picture.title
        assert picture.caption
        assert picture.table
        assert picture.shown().to_dict(validate=True)
        assert "<svg" in to_svg(picture)


def test_no_picture_holds_a_private_value_or_a_whole_extreme_one(inspection: Inspection) -> None:
    """E-mail addresses are drawn nowhere, and a value far out only as a place on an axis."""
    specs = "".join(p.spec for p in draw_exploration(inspection))
    assert "secret" not in specs
    assert "98765" not in specs


def test_a_picture_that_lacks_its_data_says_so() -> None:
    """A table of ids and one category has no numbers to draw."""
    bare = inspect(pl.DataFrame({"id": [f"k{i}" for i in range(N)], "city": ["a", "b", "c"] * 30}))
    absent = {p.key: p.absent for p in draw_exploration(bare) if p.chart is None}
    assert set(absent) == {"missing", "histograms", "column-boxes", "correlations", "pairs"}
    assert all(absent.values())


def test_the_same_inspection_gives_the_same_pictures(inspection: Inspection) -> None:
    """Nothing is drawn by chance."""
    one, other = ([p.spec for p in draw_exploration(inspection)] for _ in range(2))
    assert one == other
