"""What they buy and over time, on the page and as files to take along."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from segmentry.baskets import Baskets
from segmentry.reports import report
from segmentry.reports.buying import buying_of, cohorts_csv, recommendations_csv
from segmentry.segmentation import Segmentation
from segmentry.store import load, save


@pytest.fixture(scope="module")
def baskets(tea_shop_segmentation: Segmentation) -> Baskets:
    assert tea_shop_segmentation.baskets is not None
    return tea_shop_segmentation.baskets


def test_page_tells_what_is_typical(tea_shop_segmentation: Segmentation, baskets: Baskets) -> None:
    """The section names what is typical of each segment with both shares, the first orders, and offers with reasons."""
    page = report(tea_shop_segmentation)
    assert '<section id="buying"' in page
    assert '<section id="over-time"' in page
    told = buying_of(tea_shop_segmentation)
    assert told is not None
    for segment, row in zip(tea_shop_segmentation.segments, told.segments, strict=True):
        for item in baskets.typical(segment.id, "product"):
            assert any(f"{item.name}, {item.lift.value:.1f} times" in s for s in row.sentences if item.lift)
    assert any("Their first orders most often held" in s for row in told.segments for s in row.sentences)
    assert len(told.offers) == len(baskets.recommendations)


def test_stored_model_tells_the_same(tea_shop_segmentation: Segmentation, tmp_path: Path) -> None:
    """A report from the model file has the same baskets and pictures over time."""
    loaded = load(save(tea_shop_segmentation, tmp_path / "shop.seg"))
    assert loaded.baskets == tea_shop_segmentation.baskets
    assert loaded.over_time == tea_shop_segmentation.over_time
    ours, theirs = (
        page[page.index('<section id="buying"') : page.index('<section id="pictures"')]
        for page in (report(tea_shop_segmentation), report(loaded))
    )
    assert ours == theirs


def test_log_without_products_says_so_on_the_page(tea_shop_segmentation: Segmentation) -> None:
    """Where nothing is known of products the section gives the reason, and cohorts are there all the same."""
    without = replace(tea_shop_segmentation, baskets=Baskets(absent="The orders name neither products nor categories."))
    page = report(without)
    assert "The orders name neither products nor categories." in page
    assert 'id="picture-cohorts"' in page


def test_customers_without_orders_have_no_such_sections(five: Segmentation) -> None:
    """A segmentation of a customer table has neither section, and no place kept for their pictures."""
    page = report(five)
    assert 'id="buying"' not in page
    assert 'id="over-time"' not in page
    assert "picture-cohorts" not in page


def test_recommendations_come_as_rows_to_paste(tea_shop_segmentation: Segmentation, baskets: Baskets) -> None:
    """Each row has the segment's own name, the product, and the reason in words."""
    renamed = replace(
        tea_shop_segmentation, segments=tuple(replace(s, name=f"Ours {s.id}") for s in tea_shop_segmentation.segments)
    )
    rows = list(csv.DictReader(io.StringIO(recommendations_csv(renamed, baskets))))
    assert len(rows) == len(baskets.recommendations) > 0
    assert {row["segment"] for row in rows} <= {"Ours s1", "Ours s2", "Ours s3", "All customers"}
    assert all(row["reason"].endswith(".") for row in rows)


def test_name_of_a_product_is_no_formula_in_a_spreadsheet(
    tea_shop_segmentation: Segmentation, baskets: Baskets
) -> None:
    """A product called like a formula is written as text."""
    first = replace(baskets.recommendations[0], name='=HYPERLINK("x")', item="@x")
    [row] = csv.DictReader(
        io.StringIO(recommendations_csv(tea_shop_segmentation, replace(baskets, recommendations=(first,))))
    )
    assert row["name"] == '\'=HYPERLINK("x")'
    assert row["item"] == "'@x"


def test_cohorts_come_as_rows(tea_shop_segmentation: Segmentation) -> None:
    """A row per cohort and month since, the first of each being the whole cohort."""
    rows = list(csv.DictReader(io.StringIO(cohorts_csv(tea_shop_segmentation))))
    assert {row["share"] for row in rows if row["months_after"] == "0"} == {"1.0"}
    assert rows[0]["first_month"] == "Jan 2025"


def test_text_of_the_orders_cannot_enter_the_page_as_code(
    tea_shop_segmentation: Segmentation, baskets: Baskets
) -> None:
    """A product whose name is a tag is shown as text."""
    items = tuple(replace(i, name="<script>x</script>") for i in baskets.items)
    page = report(replace(tea_shop_segmentation, baskets=replace(baskets, items=items)))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
