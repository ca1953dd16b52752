"""What was worked out once of everyone is what each query would work out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import narwhals.exceptions
import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest

from segmentry.features.grid import FEATURE
from segmentry.fitting import FitSettings, fit_source
from segmentry.prototypes.assign import CONFIDENCE, PLACE, RUNNER_UP_PLACE
from segmentry.prototypes.everyone import placing_by
from segmentry.samples import sample_marketing
from segmentry.scoring import score_table
from segmentry.selection import SelectionSettings
from segmentry.tables import ReadingSettings, kept_alongside, read

ANSWERS = (PLACE, RUNNER_UP_PLACE, CONFIDENCE)


@pytest.fixture(scope="module")
def untidy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers of a CSV file: some rows cannot be used, others have no value at all."""
    shop = sample_marketing(3_000, seed=4).cast(pl.String)
    row = pl.int_range(pl.len())
    clustered = [c for c in shop.columns if c != "customer_id"]
    shop = shop.with_columns(pl.when(row % 100 == 7).then(pl.lit(None)).otherwise(pl.col(clustered)).name.keep())
    shop = shop.with_columns(income=pl.when(row % 300 == 5).then(pl.lit("much")).otherwise("income"))
    path = tmp_path_factory.mktemp("untidy") / "customers.csv"
    shop.write_csv(path)
    return path


@pytest.mark.parametrize("method", ["k-means", "dbscan"])
def test_the_places_of_a_fit_are_those_of_the_model(untidy: Path, method: str) -> None:
    """In the source's order, without the rejected rows, with those of nobody's and those of no data."""
    limits = ReadingSettings(max_rejected_share=0.1)
    selection = SelectionSettings(k=4) if method == "k-means" else SelectionSettings(method=method)
    fitted = fit_source(untidy, FitSettings(reading=limits, selection=selection))
    by_model = score_table(fitted.segmentation, fitted.table)
    assert fitted.table.rows_rejected == 10
    assert by_model.counts["no-data"] == 30
    labelled = score_table(fitted.segmentation, fitted.table, count=False, placing=fitted.placing)
    added = ["customer_id", *labelled.added]
    placed, expected = (nw.to_native(s.frame).select(added).collect() for s in (labelled, by_model))
    assert placed.equals(expected)


def test_a_query_of_the_callers_own_is_placed_by_each_query() -> None:
    """Its rows may come in another order the next time."""
    shop = sample_marketing(500, seed=4)
    lazy, frame = read(shop.lazy()), read(shop)
    assert kept_alongside(lazy, lazy.frame.select("income")) is None
    assert kept_alongside(frame, frame.frame.select("income")) is not None


def test_a_relation_is_placed_by_each_query() -> None:
    """There, rows have no order."""
    shop = sample_marketing(500, seed=4)
    with duckdb.connect() as connection:
        connection.register("shop", shop.to_arrow())
        fitted = fit_source(connection.table("shop"), FitSettings(selection=SelectionSettings(k=3)))
        recipe, rule = fitted.segmentation.recipe, fitted.segmentation.rule
        features = {FEATURE + f.name: nw.lit(1.0) for f in recipe.clustered}
        frame = fitted.table.frame.with_columns(**features)
        found, expected = (
            placing(frame).select(*ANSWERS).collect("polars") for placing in (fitted.placing, placing_by(recipe, rule))
        )
    assert found.to_native().equals(expected.to_native())
    assert len(found) == 500


def test_columns_are_kept_beside_any_frame_of_the_same_rows() -> None:
    table = read(pl.DataFrame({"spend": [3.0, 1.0, 2.0], "age": [30, 41, 52]}))
    beside = kept_alongside(table, table.frame.select(double=nw.col("spend") * 2))
    assert beside is not None
    found = beside(table.frame.select("age")).filter(nw.col("double") > 2).collect()
    assert np.array_equal(found.to_numpy(), [[30, 6], [52, 4]])
    with pytest.raises(narwhals.exceptions.ShapeError):
        beside(table.frame.select("age").head(2)).collect()
