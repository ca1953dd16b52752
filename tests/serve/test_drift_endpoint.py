"""Whether customers of a request are still like those of the fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import segmentry as sg
from segmentry.monitoring import drift_rows
from segmentry.samples import sample_marketing
from segmentry.scoring import RowScorer

pytestmark = pytest.mark.xdist_group("serve")


def rows_of(scorer: RowScorer, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Customers as a request has them: numbers as they are, the rest as text."""
    text = {field.name for field in scorer.fields if field.kind != "number"}
    rows = frame.select(field.name for field in scorer.fields).to_dicts()
    return [{k: str(v) if k in text and v is not None else v for k, v in row.items()} for row in rows]


@pytest.fixture(scope="module")
def scorer(model_file: Path) -> RowScorer:
    return RowScorer(sg.load(model_file))


@pytest.fixture(scope="module")
def moved() -> pl.DataFrame:
    """Later customers with higher incomes, some levels that were never there, and cells that are empty."""
    later = sample_marketing(600, seed=7)
    third = pl.int_range(pl.len()) % 3 == 0
    return later.with_columns(
        pl.col("income") * 1.5,
        pl.when(third).then(pl.lit("Hermit")).otherwise(pl.col("marital_status")).alias("marital_status"),
        pl.when(~third).then("recency").alias("recency"),
    )


def test_customers_by_field_are_counted_as_a_table_is(scorer: RowScorer, moved: pl.DataFrame) -> None:
    """Numbers, dates, categories and gaps: every figure is the one that `drift` has of the same customers."""
    found = drift_rows(scorer, rows_of(scorer, moved))
    assert found == sg.drift(scorer.segmentation, moved)
    assert {f.feature: f.moved for f in found.features}["marital_status"] == "more: others"


def test_the_server_tells_of_drift(server: Any, scorer: RowScorer, moved: pl.DataFrame) -> None:
    """The answer has what `segmentry drift --json` prints, and the model that gave it."""
    answer = server.post("/v1/drift", {"customers": rows_of(scorer, moved)})
    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("model") == server.get("/v1/model").json()["model"]
    assert told == json.loads(json.dumps(sg.drift(scorer.segmentation, moved).plain()))
    assert (told["verdict"], told["features"][0]["verdict"]) == ("act", "act")


def test_what_cannot_be_compared_is_refused(server: Any, scorer: RowScorer, moved: pl.DataFrame) -> None:
    """Too few customers, too many, some of whom nothing is known, and a value that cannot be used, with its place."""
    rows = rows_of(scorer, moved)
    for customers, pointer, said in (
        (rows[:29], "/customers", "fewer than 30"),
        ([{}] * 40, "/customers", "0 customers with a value"),
        (rows[:1] * 10_001, "/customers", "10,000 customers"),
        ([*rows[:40], {"income": "much"}], "/customers/40/income", "must be a number"),
    ):
        answer = server.post("/v1/drift", {"customers": customers})
        assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)
        assert said in answer.json()["detail"]


def test_the_description_tells_how_many_and_what_comes_back(server: Any) -> None:
    """The example can be sent as it is, and the answer has every key that is described."""
    described = server.get("/openapi.json").json()
    post = described["paths"]["/v1/drift"]["post"]
    body = post["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["customers"]["minItems"] == 30
    answer = server.post("/v1/drift", body["example"]).json()
    assert set(post["responses"]["200"]["content"]["application/json"]["schema"]["required"]) <= answer.keys()
    for name, part in (("FeatureDrift", answer["features"][0]), ("SegmentDrift", answer["segments"][0])):
        assert set(described["components"]["schemas"][name]["required"]) == part.keys()
