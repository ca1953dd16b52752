"""Later customers beside the segmentation that is open, asked without a browser; and a fit that keeps its segments."""

from __future__ import annotations

import html
import re
from importlib.resources import files

import polars as pl
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.plots.drift import TINTS
from segmentry.plots.stability import BAND_TINTS
from segmentry.samples import sample_mall, sample_marketing, sample_orders
from segmentry.store.file import parse

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def later() -> pl.DataFrame:
    return sample_marketing(500, seed=7)


def handed_in(client, name: str, table: pl.DataFrame):
    """The answer to a file that is dropped on the page of drift."""
    files = {"file": (name, table.write_csv().encode(), "text/csv")}
    return client.post("/data/upload", files=files, data={"to": "drift"})


def test_a_file_is_compared_with_the_segments_that_are_open(own, later, out):
    """The verdict, three pictures and all figures are those of the library; the page can be taken along."""
    assert "Are they still the same customers?" in own.get("/drift").text
    rich = later.with_columns(pl.col("income") * 3)
    page = handed_in(own, "autumn.csv", rich)
    assert page.url.path == "/drift"
    found = sg.drift(sg.load(out / "segmentation.seg"), rich)
    text = html.unescape(page.text)
    assert found.verdict == "act"
    for words in ("These customers are clearly unlike those of the fit", "Act: 500 customers", "Income (higher"):
        assert words in text.replace("\u00a0", " ")
    assert text.count("<svg role=") == 3
    assert f'<td class="number">{found.features[0].index:.3f}</td>' in text
    sent = own.get("/drift.html")
    assert 'filename="drift.html"' in sent.headers["content-disposition"]
    assert "autumn.csv" in sent.text
    assert own.post("/data/forget", data={"to": "drift"}).url.path == "/drift"


def test_what_cannot_be_compared_is_told_by_the_file_s_own_name(own, later):
    """A column that is missing, and too few customers, are told in words with the way back."""
    page = handed_in(own, "autumn.csv", later.drop("income"))
    assert page.status_code == 422
    assert "rest on the column" in html.unescape(page.text)
    assert "handed-in" not in page.text
    assert "fewer than 30" in handed_in(own, "few.csv", later.head(20)).text
    assert own.get("/drift?as_of=soon").status_code == 422


def test_a_fit_of_later_customers_keeps_the_segments_that_are_open(own, later, out, until):
    """Number, features and what was stated are taken over and shown; ids and own names stay, and the page says so."""
    first = sg.load(out / "segmentation.seg")
    own.post("/segments/s1", data={"name": "Friends of the house"})
    handed_in(own, "autumn.csv", later)
    page = own.post("/data/keep", data={"keep": "1"})
    assert page.url.path == "/data"
    assert "still there keep their ids" in page.text
    ticked = set(re.findall(r'name="feature" value="([^"]+)" checked', page.text))
    assert ticked == {f.name for f in first.recipe.clustered}
    sent = {"fit": "1", "k": str(first.k), "method": "k-means", "feature": sorted(ticked)}
    own.post("/data/look", data=sent)
    done = until(own, "/job", "Open these segments")
    assert "segments are those of last time" in done
    tried = parse(own.get("/download/segmentation.seg?of=tried").content, "tried")
    assert tried.succession is not None
    assert tried.segment("s1").name == "Friends of the house"
    assert tried.provenance.n_customers == later.height


def test_keeping_can_be_taken_back(own, later):
    """Without it the form is as it would have been, and the fit is one of its own."""
    handed_in(own, "autumn.csv", later.head(100))
    own.post("/data/keep", data={"keep": "1"})
    page = own.post("/data/keep", data={"keep": "0"}).text
    assert "still there keep their ids" not in page
    assert '<option value="auto" selected>' in page


def test_only_customers_of_the_same_columns_can_follow(own, tmp_path):
    """A table of another shop, or purchases after customers, are not offered to keep the segments."""
    handed_in(own, "mall.csv", sample_mall(100, seed=1))
    assert "Keep the segments that are open" not in own.get("/data").text
    handed_in(own, "orders.csv", sample_orders(60, seed=1))
    assert "Keep the segments that are open" not in own.get("/data").text
    handed_in(own, "autumn.csv", sample_marketing(100, seed=1))
    assert "Keep the segments that are open" in own.get("/data").text


def test_purchases_are_compared_with_segments_of_purchases(dashboard, tmp_path):
    """Recency counts to the last day of the new purchases, unless another day is asked for."""
    lines = sample_orders(400, seed=4)
    model = sg.fit(orders=lines, k=3, as_of="2024-12-31", settings=FitSettings(stability_pairs=0))
    sg.save(model, tmp_path / "shop.seg")
    with dashboard(tmp_path / "shop.seg") as client:
        page = handed_in(client, "orders.csv", lines)
        last = lines["ordered_at"].max().date()
        assert f'name="as_of" value="{last}"' in page.text
        assert "Find segments anew, and keep those that are still there" in page.text
        assert "These customers are like those of the fit" in client.get("/drift?as_of=2024-12-31").text


def test_grounds_of_pictures_turn_dark_with_the_page():
    """Words on them are light then: each tint of a bound has a twin in the style of dark pages."""
    style = (files("segmentry.app") / "static" / "app.css").read_text("utf-8")
    for tint in {*TINTS.values(), *BAND_TINTS}:
        assert f'[fill="{tint}"]' in style


def test_drift_in_a_browser(browser, later, tmp_path):
    """A file is chosen and compared by clicks; on a phone only pictures and tables scroll sideways."""
    page = browser.page
    later.with_columns(pl.col("income") * 3).write_csv(tmp_path / "autumn.csv")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(browser.address + "/drift")
    page.set_input_files("#file", tmp_path / "autumn.csv")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Income has moved: higher").wait_for()
    assert page.locator("figure.picture svg").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") == 390
