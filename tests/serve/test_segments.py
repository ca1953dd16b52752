"""What the API tells of segments."""

from __future__ import annotations

from pathlib import Path

import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing
from segmentry.serve import answers
from segmentry.serve.models import read_model

pytestmark = pytest.mark.xdist_group("serve")


def test_figures_of_a_few_customers_are_withheld(tmp_path: Path) -> None:
    """Means and spend of a segment of fewer customers than the floor are null, and cannot be had by subtraction: no
    figure of all customers is told, and shares of spend are of those that figures are told of. Others have theirs."""
    settings = FitSettings(stability_pairs=0)
    model = sg.save(sg.fit(sample_marketing(60, seed=3), k=8, settings=settings), tmp_path / "small.seg")
    read = read_model(str(model))
    floor = read.segmentation.profile.minimum_customers
    told = answers.segments_of(read)["segments"]
    assert isinstance(told, list)
    small = [s for s in told if s["size"] < floor]
    large = [s for s in told if s["size"] >= floor]
    assert len(small) > 1
    assert large
    for segment in small:
        assert set(segment["means"].values()) == {None}
        assert segment["spend_share"] is None
        assert segment["evidence"] == [f"Fewer than {floor} customers: their figures are withheld."]
    for segment in large:
        assert segment["means"]["age"] > 18
    # What is left of all spend is that of several small segments together, or nothing.
    left = 1 - sum(s["spend_share"] for s in large)
    assert abs(left) < 1e-9 or sum(s["size"] for s in small) >= floor


def test_a_server_that_is_told_the_day_counts_ages_and_tenures_to_it(serve, model_file: Path) -> None:
    """`--as-of` holds in every worker and after a reload; the answers are those of the library for that day."""
    customer = {"income": 52_000, "year_birth": 1980, "dt_customer": "2025-11-02"}
    loaded = sg.load(model_file)
    expected = sg.score_one(loaded, customer, as_of="2026-06-30")
    assert expected["confidence"] != sg.score_one(loaded, customer)["confidence"]
    with serve(model_file, ["--as-of", "2026-06-30", "--workers", "2"]) as running:
        for _ in range(2):
            assert running.get("/v1/model").json()["as_of"] == "2026-06-30"
            found = running.post("/v1/score", {"customers": [customer]}).json()["customers"][0]
            assert (found["segment_id"], found["confidence"]) == (expected["segment_id"], expected["confidence"])
            assert running.post("/v1/model/reload", {}).status_code == 200
