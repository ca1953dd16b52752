"""What was worked out once of everyone is what each query would work out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest

import segmentry
from segmentry.features.choice import FeatureSettings
from segmentry.fitting import FitSettings, Fitted, fit_source
from segmentry.prototypes.assign import CONFIDENCE, PLACE
from segmentry.samples import sample_marketing
from segmentry.scoring import score_table
from segmentry.selection import SelectionSettings
from segmentry.tables import ROW, ReadingSettings, collect_rows, keeping_of, read

ROWS = 20_000
KMEANS = SelectionSettings(k=4)
FLAGS = ("newsletter", "loyal", "education", "plan")


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    """Customers with yes and no, levels and categories beside their numbers."""
    draw = np.random.default_rng(3)
    made = {
        "newsletter": draw.choice(["Yes", "No"], ROWS),
        "loyal": draw.choice(["Yes", "No"], ROWS, p=[0.2, 0.8]),
        "education": draw.choice(["Primary", "Secondary", "Bachelor", "Master"], ROWS),
        "plan": draw.choice(["bronze", "silver", "gold"], ROWS),
        "city": draw.choice(["Ulm", "Bonn", "Kiel"], ROWS),
    }
    return sample_marketing(ROWS, seed=2).drop("education").with_columns(**{n: pl.Series(c) for n, c in made.items()})


@pytest.fixture(scope="module")
def pieces(shop: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in a file of many row groups, which are read side by side."""
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    shop.write_parquet(path, row_group_size=1_000)
    return path


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


def _answers(fitted: Fitted, **how: Any) -> pl.DataFrame:
    labelled = score_table(fitted.segmentation, fitted.table, count=False, **how)
    rows = nw.to_native(labelled.frame).select(ROW, *labelled.added)
    answers: pl.DataFrame = rows.collect(engine="streaming").sort(ROW)
    return answers


@pytest.mark.parametrize(
    ("features", "selection"),
    [((), SelectionSettings(method="rfm")), ((), KMEANS), (FLAGS, KMEANS), (("city", "plan"), KMEANS)],
    ids=["scores", "numbers", "flags and levels", "categories"],
)
def test_places_and_profile_of_a_file_in_pieces_are_those_of_a_frame(
    shop: pl.DataFrame, pieces: Path, features: tuple[str, ...], selection: SelectionSettings
) -> None:
    """Where features are conditions between constants alone, a query's rows come in no order."""
    settings = FitSettings(features=FeatureSettings(features=features), selection=selection, stability_pairs=0)
    whole, fitted = fit_source(shop, settings), fit_source(pieces, settings)
    expected = segmentry.score(whole.segmentation, shop).select("segment_id", "segment", "confidence", "runner_up")
    assert _answers(fitted, placing=fitted.placing).drop(ROW).equals(expected)
    assert fitted.segmentation.profile == whole.segmentation.profile
    assert fitted.segmentation.evidence == whole.segmentation.evidence


@pytest.mark.parametrize("method", ["k-means", "dbscan"])
def test_the_places_of_a_fit_are_those_of_the_model(untidy: Path, method: str) -> None:
    """Without the rejected rows, with those of nobody's and those of no data."""
    limits = ReadingSettings(max_rejected_share=0.1)
    selection = KMEANS if method == "k-means" else SelectionSettings(method=method)
    fitted = fit_source(untidy, FitSettings(reading=limits, selection=selection))
    assert fitted.table.rows_rejected == 10
    by_model = _answers(fitted)
    assert (by_model["segment_id"] == "no-data").sum() == 30
    assert _answers(fitted, placing=fitted.placing).equals(by_model)


def test_a_query_of_the_callers_own_is_placed_by_each_query() -> None:
    """Its rows may come in another order the next time."""
    shop = sample_marketing(500, seed=4)
    assert keeping_of(read(shop.lazy())) is None
    assert keeping_of(read(shop)) is not None


def test_a_relation_is_placed_by_each_query() -> None:
    """There, rows have no number."""
    shop = sample_marketing(500, seed=4)
    with duckdb.connect() as connection:
        connection.register("shop", shop.to_arrow())
        fitted = fit_source(connection.table("shop"), FitSettings(selection=SelectionSettings(k=3)))
        assert keeping_of(fitted.table) is None
        labelled = score_table(fitted.segmentation, fitted.table, placing=fitted.placing)
        found = labelled.frame.select("customer_id", *labelled.added).collect("polars").to_native()
    expected = segmentry.score(fitted.segmentation, shop).select(found.columns)
    assert found.sort("customer_id").equals(expected.sort("customer_id"))
    assert expected["segment_id"].n_unique() == 3


def test_columns_are_added_by_the_number_of_the_row(tmp_path: Path) -> None:
    """Whatever the order of the rows that are kept, of those they are added to, and with gaps between them."""
    numbers = pl.DataFrame({ROW: np.arange(5_000), "spend": np.arange(5_000) % 700})
    numbers.write_parquet(tmp_path / "all.parquet", row_group_size=100)
    numbers.sample(fraction=1.0, shuffle=True, seed=1).filter(pl.col(ROW) % 3 > 0).write_parquet(
        tmp_path / "some.parquet"
    )
    whole, some = (nw.from_native(pl.scan_parquet(tmp_path / f"{name}.parquet")) for name in ("all", "some"))
    keep = keeping_of(read(numbers.select("spend")))
    assert keep is not None
    add = keep(some.select(ROW, twice=nw.col("spend") * 2))
    rows = collect_rows(add(whole).filter(nw.col(ROW) % 3 > 0).select("spend", "twice"))
    assert len(rows) == 3_333
    assert all(row["twice"] == 2 * row["spend"] for row in rows)
    assert all(row["twice"] is None for row in collect_rows(add(whole).filter(nw.col(ROW) % 3 == 0)))


def test_a_name_of_ours_in_the_source_is_no_obstacle() -> None:
    shop = sample_marketing(300, seed=4).with_columns(pl.lit(1).alias(name) for name in (PLACE, CONFIDENCE))
    fitted = fit_source(shop, FitSettings(selection=SelectionSettings(k=3)))
    assert _answers(fitted, placing=fitted.placing).equals(_answers(fitted))
