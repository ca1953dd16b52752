"""Later customers beside those of the fit as a page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import Notice, OutputError
from segmentry.fitting import FitSettings
from segmentry.monitoring import Drift
from segmentry.reports.drift import FILES, drift_page, write_drift
from segmentry.samples import sample_mall
from segmentry.segmentation import Segmentation


@pytest.fixture(scope="module")
def model() -> Segmentation:
    return sg.fit(sample_mall(400, seed=1), k=5, settings=FitSettings(stability_pairs=0))


@pytest.fixture(scope="module")
def found(model: Segmentation) -> Drift:
    return sg.drift(model, sample_mall(400, seed=2).with_columns(pl.col("income_k_usd") / 2))


def test_the_folder_has_the_page_the_pictures_and_every_figure(
    model: Segmentation, found: Drift, tmp_path: Path
) -> None:
    """The verdict comes first, drift.json has all of it, and what is there is not replaced unasked."""
    page = write_drift(model, found, tmp_path / "drift", source_name="spring.csv").read_text("utf-8")
    assert sorted(p.name for p in (tmp_path / "drift").iterdir()) == sorted(FILES)
    figures = json.loads((tmp_path / "drift" / "drift.json").read_text("utf-8"))
    assert figures == json.loads(json.dumps(found.plain()))
    assert sum(b["now"] for b in figures["features"][0]["bins"]) == pytest.approx(1)
    assert page.index("spring.csv") < page.index("Act: 400 customers") < page.index("<svg")
    with pytest.raises(OutputError, match="--overwrite"):
        write_drift(model, found, tmp_path / "drift")


def test_the_page_runs_nothing_and_has_each_figure(model: Segmentation, found: Drift) -> None:
    """No script and nothing to fetch; each feature and segment has its row, each picture its numbers."""
    page = drift_page(model, found)
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert page.count("The numbers in this picture") == 3
    for words in (*(f.label for f in found.features), *(f"{s.id} {s.name}" for s in found.segments)):
        assert f'<th scope="row">{words}</th>' in page
    assert drift_page(model, found) == page


def test_warnings_of_the_source_are_on_the_page(model: Segmentation, found: Drift) -> None:
    """What was odd about the new customers is said above, and listed; their text is text."""
    page = drift_page(model, replace(found, notices=(Notice("odd", "A <b>cell</b> is odd."),)))
    assert "1 warning" in page
    assert "A &lt;b&gt;cell&lt;/b&gt; is odd." in page


@pytest.mark.xdist_group("browser")
def test_the_page_is_no_wider_than_a_phone(chromium: Any, model: Segmentation, found: Drift, tmp_path: Path) -> None:
    """Pictures and tables scroll by themselves, the page does not."""
    (tmp_path / "drift.html").write_text(drift_page(model, found), "utf-8")
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto((tmp_path / "drift.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
