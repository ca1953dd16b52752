"""Whichever door a customer comes in by, the answer is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import polars as pl
import pytest

import segmentry as sg
from segmentry.samples import sample_marketing
from segmentry.scoring import RowScorer

pytestmark = pytest.mark.xdist_group("browser")
FEATURES = ["income", "spend_total", "recency_days", "age", "tenure_days", "marital_status"]


def taken_along(client, name: str, path: Path) -> Path:
    path.write_bytes(client.get(f"/download/{name}?of=tried").content)
    return path


def test_ten_thousand_customers_get_one_answer(empty, until, api, tmp_path):
    """The dashboard, the API, the command and the library give the same customers the same segment, confidence and
    runner-up: the file is handed in at the dashboard, and the model that it gives back answers at the other doors."""
    customers = sample_marketing(10_000, seed=9)
    customers = customers.with_columns(pl.when(pl.int_range(pl.len()) % 7 > 0).then(pl.col("income")).alias("income"))
    new = tmp_path / "new.csv"
    customers.write_csv(new)
    with new.open("rb") as file:
        assert "10,000 rows" in empty.post("/data/upload", files={"file": ("new.csv", file)}).text
    empty.post("/data/look", data={"fit": "1", "k": "4", "method": "k-prototypes", "feature": FEATURES})
    until(empty, "/job", "Open these segments")
    by_dashboard = pl.read_csv(taken_along(empty, "customers.csv", tmp_path / "labelled.csv"))

    model = taken_along(empty, "segmentation.seg", tmp_path / "model.seg")
    segmentation = sg.load(model)
    scorer = RowScorer(segmentation)
    text = [field.name for field in scorer.fields if field.kind != "number"]
    rows = customers.select(f.name for f in scorer.fields).with_columns(pl.col(text).cast(pl.String)).to_dicts()
    with api(model) as address:
        answer = httpx.post(f"{address}/v1/score", json={"customers": rows}, timeout=60)
    by_api = pl.DataFrame(answer.json()["customers"])
    command = [sys.executable, "-c", "from segmentry.cli import main; main()", "score", model, new, "--quiet"]
    subprocess.run([*command, "-o", tmp_path / "scored.parquet"], check=True)
    by_command = pl.read_parquet(tmp_path / "scored.parquet")
    by_library = sg.score(segmentation, customers)

    assert {f.name for f in segmentation.recipe.clustered} == set(FEATURES)
    assert by_api["id"].to_list() == customers["customer_id"].to_list()
    assert by_api["segment_id"].n_unique() == 4
    for column in ("segment_id", "segment", "confidence", "runner_up"):
        told = by_library[column].to_list()
        assert told == by_api[column].to_list()
        assert told == by_command[column].to_list()
        assert told == by_dashboard[column].to_list()
