"""Rows of plain values are placed as the table that they come from is."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import RowError
from segmentry.fitting import FitSettings
from segmentry.samples import sample_ecommerce, sample_mall, sample_marketing
from segmentry.scoring import RowScorer

N = 2000
MADE: dict[str, Callable[..., pl.DataFrame]] = {
    "marketing": sample_marketing,
    "mall": sample_mall,
    "ecommerce": sample_ecommerce,
}


def _shaken(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The customers with gaps, extremes and new categories among their values."""
    rng = np.random.default_rng(seed)
    changed = []
    for column in frame.columns[1:]:
        values = frame[column].to_list()
        for place in rng.choice(len(values), len(values) // 12, replace=False):
            values[place] = None
        if frame[column].dtype.is_numeric():
            for place in rng.choice(len(values), len(values) // 20, replace=False):
                values[place] = type(values[0] or 1)(rng.choice([-3, 0, 1, 10**6, 10**9]))
        elif frame[column].dtype == pl.String and frame[column].n_unique() < 20:
            for place in rng.choice(len(values), len(values) // 40, replace=False):
                values[place] = "Never seen"
        changed.append(pl.Series(column, values, dtype=frame[column].dtype))
    return frame.select(frame.columns[0], *changed)


def _rows(scorer: RowScorer, frame: pl.DataFrame) -> list[dict[str, Any]]:
    names = [field.name for field in scorer.fields]
    rows = frame.select(names).to_dicts()
    kinds = {field.name: field.kind for field in scorer.fields}
    return [
        {
            name: str(value) if value is not None and kinds[name] in ("id", "text", "date") else value
            for name, value in row.items()
        }
        for row in rows
    ]


@pytest.mark.parametrize(
    ("shop", "method"),
    [
        *((shop, "k-means") for shop in MADE),  # every kind of feature
        *(("marketing", method) for method in ("gmm", "ward", "hdbscan")),  # every kind of rule
        ("ecommerce", "k-prototypes"),  # levels of categories in a rule
        ("mall", "gmm"),
    ],
)
@pytest.mark.thorough("marketing-gmm", "marketing-hdbscan")
def test_rows_get_the_segment_that_the_table_gives(shop: str, method: str) -> None:
    """Segment, confidence and runner-up are those of `score`, to the last bit, gaps and extremes included."""
    customers = MADE[shop](N, seed=1)
    settings = FitSettings(stability_pairs=0, today=date(2026, 1, 31))
    segmentation = sg.fit(customers, k=None if method == "hdbscan" else 4, method=method, settings=settings)
    shaken = _shaken(customers, seed=2)
    scorer = RowScorer(segmentation)

    by_table = sg.score(segmentation, shaken)
    by_row = scorer.score(_rows(scorer, shaken))

    assert [row.segment_id for row in by_row] == by_table["segment_id"].to_list()
    assert [row.segment for row in by_row] == by_table["segment"].to_list()
    assert [row.confidence for row in by_row] == by_table["confidence"].to_list()
    assert [row.runner_up for row in by_row] == by_table["runner_up"].to_list()
    assert len({row.segment_id for row in by_row}) > 1


def test_a_row_alone_is_placed_as_it_is_among_others() -> None:
    """One request of 300 customers and 300 requests of one give the same."""
    customers = _shaken(sample_marketing(1000, seed=3), seed=4).head(300)
    scorer = RowScorer(sg.fit(sample_marketing(1000, seed=3), k=5, settings=FitSettings(stability_pairs=0)))
    rows = _rows(scorer, customers)
    assert [scorer.score([row])[0] for row in rows] == scorer.score(rows)


@pytest.fixture(scope="module")
def mall() -> RowScorer:
    return RowScorer(sg.fit(sample_mall(400, seed=0), k=4, settings=FitSettings(stability_pairs=0)))


def _number(scorer: RowScorer) -> str:
    return next(field.name for field in scorer.fields if field.kind == "number")


@pytest.mark.parametrize("value", [True, "12", [1], math.nan, math.inf, 1e400, 10**400, 1e101])
def test_what_is_no_number_is_refused_with_its_place(mall: RowScorer, value: object) -> None:
    """The error names the row and the field; a number in the same place is taken, and so is nothing at all."""
    name = _number(mall)
    with pytest.raises(RowError) as caught:
        mall.score([{name: 1}, {name: value}], first=10)
    assert (caught.value.row, caught.value.field) == (11, name)
    assert str(value) not in caught.value.rule or value is True
    assert [row.segment_id for row in mall.score([{name: 1}, {name: 2.5}, {name: None}])][2] == "no-data"


@pytest.mark.parametrize("given", [2**53 + 1, 1.5, True, [1], "\ud800", "x" * 10_001])
def test_an_id_is_text_or_a_whole_number_that_keeps_its_digits(mall: RowScorer, given: object) -> None:
    """Ids that other programs may change are refused; those beside the limits are not."""
    own = next(field.name for field in mall.fields if field.kind == "id")
    with pytest.raises(RowError):
        mall.score([{own: given}])
    assert [row.id for row in mall.score([{own: "007"}, {own: 2**53}, {own: None}])] == ["007", str(2**53), None]


def test_an_unknown_field_is_refused(mall: RowScorer) -> None:
    """A field that the segments do not rest on is an error: a misspelt one would else count as missing."""
    with pytest.raises(RowError) as caught:
        mall.score([{"nickname": "x"}])
    assert str(caught.value) == "Customer 0, field 'nickname': is not a field of this model."


def test_what_meant_missing_at_fitting_is_missing() -> None:
    """A number or word that the model was told of is not known of a customer either."""
    place = pl.int_range(pl.len())
    customers = sample_marketing(600, seed=5).with_columns(
        income=pl.when(place % 9 == 0).then(-999).otherwise("income"),
        education=pl.when(place % 7 == 0).then(pl.lit("(none)")).otherwise("education"),
    )
    features = {"features": ("age", "income", "education")}
    settings = FitSettings(reading={"missing": ("-999", "(none)")}, features=features, stability_pairs=0)
    scorer = RowScorer(sg.fit(customers, k=4, settings=settings))
    rows = [{"year_birth": 1970, "income": income, "education": "(none)"} for income in (-999, -999.0, None)]
    assert {row.missing for row in scorer.score(rows)} == {("income", "education")}


def test_what_is_unusual_is_told_by_feature() -> None:
    """Values that are missing, beyond what was seen, or of a new category are named."""
    scorer = RowScorer(sg.fit(sample_ecommerce(1000, seed=0), k=4, settings=FitSettings(stability_pairs=0)))
    name = _number(scorer)
    [row] = scorer.score([{name: 1e9}])
    assert row.out_of_range
    assert row.missing
    assert not scorer.score([])


@pytest.fixture(scope="module")
def dated() -> RowScorer:
    settings = FitSettings(stability_pairs=0)
    return RowScorer(sg.fit(sample_marketing(800, seed=0), k=3, features=["tenure_days", "income"], settings=settings))


@pytest.mark.parametrize("value", ["2024-W10-1", "20240101", "2024-02-30", 20240101, "01.02.2024", ""])
def test_a_date_is_written_in_one_way(dated: RowScorer, value: object) -> None:
    """Other spellings, and days that no calendar has, are refused; the one way is taken, and so is a date."""
    name = next(field.name for field in dated.fields if field.kind == "date")
    with pytest.raises(RowError, match="YYYY-MM-DD"):
        dated.score([{name: value}])
    first, second, _ = dated.score([{name: "2024-02-29"}, {name: date(2024, 2, 29)}, {name: None}])
    assert first == second


@pytest.mark.parametrize("grid", ["eleven", "ten"])
def test_rows_of_an_rfm_grid_are_placed_by_its_thresholds(grid: str) -> None:
    """A model of scores by quantile gives a row, and a frame in memory, the segment that a query gives."""
    customers = sample_marketing(N, seed=5)
    segmentation = sg.fit(customers, method="rfm", settings=FitSettings(stability_pairs=0, rfm_grid=grid))
    shaken = _shaken(customers, seed=6)
    by_query = sg.score(segmentation, shaken.lazy()).collect()["segment_id"].to_list()
    scorer = RowScorer(segmentation)
    assert [row.segment_id for row in scorer.score(_rows(scorer, shaken))] == by_query
    assert sg.score(segmentation, shaken)["segment_id"].to_list() == by_query
    assert len(set(by_query)) > 5
