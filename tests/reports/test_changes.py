"""The report tells what changed since the fit before."""

from __future__ import annotations

import polars as pl
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.reports.changes import changes_of
from segmentry.samples import sample_marketing
from segmentry.segmentation import Segmentation

QUICK = FitSettings(stability_pairs=0)


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    return sample_marketing(700, seed=5)


@pytest.fixture(scope="module")
def first(shop: pl.DataFrame) -> Segmentation:
    return sg.fit(shop, k=5, settings=QUICK)


def test_a_fit_of_its_own_has_no_such_section(first: Segmentation) -> None:
    """Neither the section nor a way to it."""
    assert changes_of(first) is None
    page = sg.report(first, share=True)
    assert 'id="changes"' not in page
    assert "#changes" not in page


def test_every_segment_then_and_now_has_a_row(shop: pl.DataFrame, first: Segmentation) -> None:
    """Kept ones with both shares, new ones with today's, retired ones with that of last time, under their old name."""
    found = sg.fit(shop, k=3, previous=first, settings=QUICK)
    told, changes = found.succession, changes_of(found)
    assert told is not None
    assert changes is not None
    assert told.retired
    states = [row.state.partition(",")[0] for row in changes.rows]
    assert states.count("retired") == len(told.retired)
    assert states.count("new") == len(told.new)
    assert states.count("kept") == len(told.kept)
    assert all(row.then == "–" for row in changes.rows if row.state == "new")
    assert all(row.now == "–" for row in changes.rows if row.state == "retired")
    page = sg.report(found, share=True)
    assert all(f"({gone.id})" in page for gone in told.retired)
    assert "Who moved" in page
    assert len(changes.moves) == len(told.moves)


def test_a_kept_segment_that_is_called_otherwise_says_how_it_was_called(
    shop: pl.DataFrame, first: Segmentation
) -> None:
    """A name made by rule may change with the figures: the row tells the one of last time."""
    found = sg.fit(shop, previous=first, settings=QUICK)
    renamed = sg.rename(found, {"s1": "Best"})
    changes = changes_of(renamed)
    assert changes is not None
    assert changes.rows[0].state == f"kept, was called {first.segment('s1').name}"
    assert changes.rows[1].state == "kept"
