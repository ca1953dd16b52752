"""Later customers are compared where their table lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing

SPARK = [pytest.mark.slow, pytest.mark.spark, pytest.mark.xdist_group("spark")]


@pytest.mark.parametrize("engine", ["file", "pandas", "duckdb", pytest.param("spark", marks=SPARK)])
def test_every_engine_counts_the_same(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Index, missing and outside of each feature, and shares of the segments, are those of a Polars frame."""
    quick = FitSettings(stability_pairs=0)
    model = sg.fit(sample_marketing(1_000, seed=0), features="income,spend_total", settings=quick)
    later = sample_marketing(900, seed=7).with_columns(pl.col("income") * 2)
    later.write_parquet(tmp_path / "later.parquet")
    source: Any = tmp_path / "later.parquet"
    if engine == "spark":
        source = request.getfixturevalue("spark").read.parquet(str(source))
    elif engine == "duckdb":
        source = duckdb.connect().read_parquet(str(source))
    elif engine == "pandas":
        source = later.to_pandas()
    ours, theirs = sg.drift(model, later), sg.drift(model, source)
    assert ours.verdict == "act"
    assert (theirs.features, theirs.segments) == (ours.features, ours.segments)
