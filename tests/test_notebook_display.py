"""What a notebook shows of a segmentation, and its numbers as frames."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

import segmentry as sg
from segmentry.samples import sample_marketing


@pytest.fixture(scope="module")
def segmentation() -> sg.Segmentation:
    return sg.fit(sample_marketing(800, seed=2), k="3-5", seed=0)


def test_a_segmentation_introduces_itself(segmentation: sg.Segmentation) -> None:
    """In a console one line names the segments; in a notebook a table does, with the reason for their number."""
    assert repr(segmentation).startswith("<Segmentation of 800 customers: s1 ")
    html = segmentation._repr_html_()
    assert html.count("<tr>") == 1 + segmentation.k
    assert segmentation.reason in html


def test_names_of_the_users_own_are_text_in_a_notebook(segmentation: sg.Segmentation) -> None:
    """A name that looks like markup is shown, not run."""
    assert "<script>" not in sg.rename(segmentation, {"s1": "<script>alert(1)</script>"})._repr_html_()


def test_results_give_their_numbers_as_frames(segmentation: sg.Segmentation) -> None:
    """Segments, candidates and profile come as Polars frames."""
    segments = segmentation.frame()
    assert isinstance(segments, pl.DataFrame)
    assert segments["size"].sum() == 800
    assert segments["id"].to_list() == [s.id for s in segmentation.segments]
    assert segmentation.candidates_frame()["k"].to_list() == [3, 4, 5]
    profile = segmentation.profile.frame()
    assert profile.height == len(segmentation.profile.rows())
    assert set(profile["segment_id"]) == set(segments["id"])


def test_a_stored_segmentation_gives_the_same_frames(segmentation: sg.Segmentation, tmp_path: Path) -> None:
    """Saved and loaded, it shows the same segments and the same numbers."""
    loaded = sg.load(sg.save(segmentation, tmp_path / "a.seg"))
    assert loaded.frame().equals(segmentation.frame())
    assert loaded.profile.frame().equals(segmentation.profile.frame())
    assert repr(loaded) == repr(segmentation)


def test_a_picture_shows_itself_without_the_network(segmentation: sg.Segmentation) -> None:
    """A notebook gets the drawn picture: no script, nothing to fetch."""
    html = sg.draw(segmentation, "sizes")._repr_html_()
    assert html.startswith("<svg")
    assert "<script" not in html
    assert not re.search(r'(?:href|src)="https?:', html)
    assert sg.draw_all(segmentation)[0].key == "sizes"


def test_a_picture_that_needs_rows_says_so_after_loading(segmentation: sg.Segmentation, tmp_path: Path) -> None:
    """Where it cannot be drawn, the reason is shown in its place; an unknown key names the known ones."""
    loaded = sg.load(sg.save(segmentation, tmp_path / "a.seg"))
    assert "fit again" in sg.draw(loaded, "scatter")._repr_html_()
    with pytest.raises(sg.SegmentryError, match=r"no picture 'pie'.*sizes, heatmap"):
        sg.draw(segmentation, "pie")
