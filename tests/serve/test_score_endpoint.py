"""What the API answers; tests/app/test_same_answer.py has that all doors answer alike."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import segmentry as sg
from segmentry.explanations import explain
from segmentry.samples import sample_marketing
from segmentry.scoring import RowScorer

pytestmark = pytest.mark.xdist_group("serve")


def _rows(scorer: RowScorer, frame: pl.DataFrame) -> list[dict[str, Any]]:
    text = {field.name for field in scorer.fields if field.kind != "number"}
    rows = frame.select(field.name for field in scorer.fields).to_dicts()
    return [{k: str(v) if k in text and v is not None else v for k, v in row.items()} for row in rows]


def test_the_answer_says_which_model_gave_it(server: Any, model_file: Path) -> None:
    """Each answer carries the digest of the model file."""
    digest = hashlib.sha256(model_file.read_bytes()).hexdigest()
    for answer in (server.post("/v1/score", {"customers": [{}]}), server.get("/v1/model"), server.get("/health/ready")):
        assert answer.json()["model"] == digest


def test_what_is_unusual_is_told(server: Any) -> None:
    """A new category, a value out of range and what is missing are named; an unremarkable customer has none."""
    [row] = server.post("/v1/score", {"customers": [{"marital_status": "Hermit", "income": 9e9}]}).json()["customers"]
    assert row["new_category"] == ["marital_status"]
    assert row["out_of_range"] == ["income"]
    assert "recency_days" in row["missing"]
    [nobody] = server.post("/v1/score", {"customers": [{"customer_id": "x"}]}).json()["customers"]
    assert (nobody["segment_id"], nobody["confidence"], nobody["id"]) == ("no-data", None, "x")


def test_no_customers_are_refused(server: Any) -> None:
    """An empty list is more often a mistake than a question; the description says how many there may be."""
    answer = server.post("/v1/score", {"customers": []})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/customers")
    assert "at least one" in answer.json()["detail"]
    described = server.get("/openapi.json").json()["paths"]["/v1/score"]["post"]["requestBody"]["content"]
    customers = described["application/json"]["schema"]["properties"]["customers"]
    assert (customers["minItems"], customers["maxItems"]) == (1, 10_000)


def test_a_customer_is_explained_as_the_library_explains(server: Any, model_file: Path) -> None:
    """Why, how sure, who is next and what would move them."""
    scorer = RowScorer(sg.load(model_file))
    row = _rows(scorer, sample_marketing(5, seed=4))[3]
    answer = server.post("/v1/explain", {"customer": row, "changeable": ["spend_total", "recency_days"]}).json()
    known = {name: value for name, value in scorer.features_of(row).items() if value is not None}
    expected = explain(scorer.segmentation, known, changeable=["spend_total", "recency_days"])
    assert answer["words"] == expected.words
    assert [part["feature"] for part in answer["parts"]] == [part.feature for part in expected.parts]
    assert set((answer["change"] or {"values": {}})["values"]) <= {"spend_total", "recency_days"}


def test_segments_model_and_schema_tell_what_there_is(server: Any, model_file: Path) -> None:
    """Segments as the model has them, one by its id, the fields with what was seen of them, and a JSON Schema."""
    segmentation = sg.load(model_file)
    segments = server.get("/v1/segments").json()["segments"]
    assert [s["name"] for s in segments] == [s.name for s in segmentation.segments]
    assert server.get("/v1/segments/s2").json()["size"] == segmentation.segments[1].size
    assert server.get("/v1/segments/s99").status_code == 404
    schema = server.get("/v1/schema").json()
    assert {f["name"]: f["kind"] for f in schema["fields"]}["dt_customer"] == "date"
    assert schema["json_schema"]["additionalProperties"] is False
    assert server.get("/v1/model").json()["method"] == "k-prototypes"


def test_the_example_is_placed_without_a_remark(server: Any) -> None:
    """What /openapi.json shows, sent as it is, is of a usual customer, placed and explained."""
    paths = server.get("/openapi.json").json()["paths"]
    asked = {
        path: paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
        for path in ("/v1/score", "/v1/explain")
    }
    [placed] = server.post("/v1/score", asked["/v1/score"]).json()["customers"]
    assert (placed["missing"], placed["out_of_range"], placed["new_category"]) == ([], [], [])
    assert server.post("/v1/explain", asked["/v1/explain"]).json()["segment_id"] == placed["segment_id"]


def test_the_schema_tells_what_was_usual_of_numbers_alone(server: Any) -> None:
    """A column that is a feature, or the year of birth of an age, has three figures; a part of a total has none."""
    fields = {field["name"]: field for field in server.get("/v1/schema").json()["fields"]}
    for name in ("income", "recency", "year_birth"):
        assert fields[name]["lowest"] < fields[name]["usual"] < fields[name]["highest"]
    assert {fields[name]["usual"] for name in ("mnt_wine", "dt_customer")} == {None}
    assert fields["year_birth"]["lowest"] > 1900


def test_counts_are_there_for_prometheus(server: Any) -> None:
    """Requests by route and status, time, and customers by segment; a made-up address adds no line of its own."""
    server.post("/v1/score", {"customers": [{}]})
    server.get("/v1/segments/made-up-Xyzzy")
    server.get("/nothing-Plugh")
    told = server.get("/metrics").text
    assert 'segmentry_requests_total{route="/v1/score",status="200"}' in told
    assert 'segmentry_customers_total{segment="no-data"}' in told
    assert "Xyzzy" not in told
    assert "Plugh" not in told


def test_the_description_tells_each_refusal(server: Any) -> None:
    """A name that the server does not go by, headers too large, a failure and a busy server may come anywhere."""
    for path, methods in server.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            assert {"421", "431", "500", "503"} <= operation["responses"].keys(), (path, method)


def test_the_server_starts_without_what_fitting_needs(server: Any) -> None:
    """Neither scikit-learn nor pandas is loaded to answer."""
    code = (
        "import sys; from segmentry.serve import Api; from segmentry.serve.worker import run; "
        "sys.exit(any(m in sys.modules for m in ('sklearn', 'pandas', 'scipy', 'altair')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
