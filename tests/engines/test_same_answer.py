"""One table, many engines: the same model, the same segment for every customer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing
from segmentry.segmentation import Segmentation
from segmentry.store import dump, save

ROWS = 60_000  # above the sample's cap, so that drawing the sample and polishing run on the engine
MANY = 1_000_000
# The search runs on the sample, which is the same wherever it was drawn: a short one proves as much.
FIT = FitSettings(selection={"k": "3-5"}, stability_pairs=2)
COMMAND = [sys.executable, "-c", "from segmentry.cli import main; main()"]
OUTPUT = ["segment_id", "segment", "confidence", "runner_up"]
SPARK = [pytest.mark.slow, pytest.mark.spark, pytest.mark.xdist_group("spark")]


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engines") / "customers.parquet"
    sample_marketing(ROWS, seed=5).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def segmentation(parquet: Path) -> Segmentation:
    return sg.fit(parquet, settings=FIT)


@pytest.fixture(scope="module")
def relation(parquet: Path) -> Any:
    return duckdb.connect().read_parquet(str(parquet))


def as_polars(scored: Any) -> pl.DataFrame:
    """Whatever a score came back as, in order of the id."""
    if isinstance(scored, duckdb.DuckDBPyRelation):
        frame = scored.pl()
    elif hasattr(scored, "toArrow"):
        frame = pl.DataFrame(scored.toArrow())
    elif isinstance(scored, pd.DataFrame):
        frame = pl.from_pandas(scored[["customer_id", *OUTPUT]], nan_to_null=True)
    else:
        frame = pl.DataFrame(scored.collect() if isinstance(scored, pl.LazyFrame) else scored)
    return frame.select("customer_id", *OUTPUT).sort("customer_id")


def test_a_duckdb_relation_gives_the_same_model(segmentation: Segmentation, relation: Any) -> None:
    """Fitting where the table lives gives the bytes that fitting its file gives."""
    assert dump(sg.fit(relation, settings=FIT)) == dump(segmentation)


def test_a_duckdb_relation_comes_back_as_one_with_the_same_segments(
    segmentation: Segmentation, relation: Any, parquet: Path
) -> None:
    """Scores come back lazily on the engine they came in on; not one customer is placed elsewhere."""
    scored = sg.score(segmentation, relation)
    assert type(scored) is type(relation)
    theirs, ours = scored.pl().sort("customer_id"), sg.score(segmentation, parquet).sort("customer_id")
    assert theirs.columns == ours.columns
    assert theirs.select(ours.columns[-4:]).equals(ours.select(ours.columns[-4:]))


def test_row_order_and_partitions_do_not_move_a_customer(
    segmentation: Segmentation, parquet: Path, tmp_path: Path
) -> None:
    """Shuffled rows in several files give the same model as one file."""
    shuffled = pl.read_parquet(parquet).sample(fraction=1.0, shuffle=True, seed=1)
    for part in range(4):
        shuffled.slice(part * ROWS // 4, ROWS // 4).write_parquet(tmp_path / f"part-{part}.parquet")
    assert dump(sg.fit(tmp_path, settings=FIT)) == dump(segmentation)


@pytest.mark.parametrize("engine", ["duckdb", "polars-lazy", pytest.param("spark", marks=SPARK)])
@pytest.mark.thorough("spark")
def test_a_fit_after_another_is_the_same_on_every_engine(
    engine: str, segmentation: Segmentation, parquet: Path, request: pytest.FixtureRequest
) -> None:
    """Who is where by both rules is counted where the table lives: the same ids, moves and bytes as from a file."""
    told = FitSettings(selection={"k": segmentation.k + 1}, stability_pairs=0)
    frames = {"duckdb": lambda: request.getfixturevalue("relation"), "polars-lazy": lambda: pl.scan_parquet(parquet)}
    frames["spark"] = lambda: request.getfixturevalue("spark").read.parquet(str(parquet)).repartition(3)
    expected = sg.fit(parquet, previous=segmentation, settings=told)
    assert dump(sg.fit(frames[engine](), previous=segmentation, settings=told)) == dump(expected)
    assert expected.succession is not None
    assert expected.succession.customers == ROWS
    assert expected.succession.new


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_a_spark_frame_gives_the_same_model_and_segments(segmentation: Segmentation, parquet: Path, spark: Any) -> None:
    """Shuffled over three partitions, Spark gives the bytes that one file gives, and every score."""
    frame = spark.read.parquet(str(parquet)).orderBy("recency").repartition(3).persist()
    assert dump(sg.fit(frame, settings=FIT)) == dump(segmentation)
    scored = sg.score(segmentation, frame)
    assert type(scored) is type(frame)
    assert scored.columns == [*frame.columns, *OUTPUT]
    assert as_polars(scored).equals(as_polars(sg.score(segmentation, parquet)))


@pytest.mark.parametrize("engine", ["duckdb", pytest.param("spark", marks=SPARK)])
def test_no_table_is_pulled_to_the_driver(
    engine: str, parquet: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fit, after another too, brings a sample and sums into memory, and a score counts: never the rows of the
    table."""
    if engine == "spark":
        frame = request.getfixturevalue("spark").read.parquet(str(parquet))
        natives = [(type(frame), name) for name in ("toArrow", "toPandas", "collect", "toLocalIterator", "take")]
    else:
        frame, natives = duckdb.connect().read_parquet(str(parquet)), []
    crossed = _spy_on(monkeypatch, natives)
    first = sg.fit(parquet, k=3, settings=FitSettings(stability_pairs=0))
    model = sg.fit(frame, k=3, previous=first, settings=FitSettings(stability_pairs=0))
    assert max(crossed) >= 20_000, "the sample is seen"
    assert sum(rows for rows in crossed if rows < 20_000) < 1_000, "all else is sums and levels"
    assert [rows for rows in crossed if rows > 21_000] == []
    crossed.clear()
    sg.score(model, frame)
    assert sum(crossed) < 100


def _spy_on(monkeypatch: pytest.MonkeyPatch, natives: list[tuple[type, str]]) -> list[int]:
    """Rows of everything that is fetched, whether through the common layer or past it."""
    crossed: list[int] = []
    lazily = nw.LazyFrame.collect

    def collect(self: Any, *arguments: Any, **options: Any) -> Any:
        found = lazily(self, *arguments, **options)
        if not self.implementation.is_polars():
            crossed.append(len(found))
        return found

    monkeypatch.setattr(nw.LazyFrame, "collect", collect)
    for owner, name in natives:
        original = getattr(owner, name)

        def counted(self: Any, *arguments: Any, _original: Any = original, **options: Any) -> Any:
            found = _original(self, *arguments, **options)
            crossed.append(len(found))
            return found

        monkeypatch.setattr(owner, name, counted)
    return crossed


@pytest.mark.parametrize("engine", ["duckdb", pytest.param("spark", marks=SPARK)])
def test_customers_without_crowds_are_one_segment_everywhere(engine: str, request: pytest.FixtureRequest) -> None:
    """A density method that finds no crowd makes a rule of one prototype: engines fit it and place everyone by it."""
    drawn = np.random.default_rng(0).uniform(size=(500, 4)).round(3)
    even = pl.DataFrame({"customer_id": list(range(500))}).hstack(pl.DataFrame(drawn, schema=list("abcd")))
    if engine == "spark":
        frame = request.getfixturevalue("spark").createDataFrame(even.to_arrow())
    else:
        frame = duckdb.connect().from_arrow(even.to_arrow())
    model = sg.fit(even, features=list("abcd"), method="dbscan")
    assert len(model.rule.owners) == 1
    assert dump(sg.fit(frame, features=list("abcd"), method="dbscan")) == dump(model)
    scored = as_polars(sg.score(model, frame))
    assert scored["segment_id"].unique().to_list() == ["s1"]
    assert scored.equals(as_polars(sg.score(model, even)))


@pytest.mark.parametrize("engine", ["lazy", "pandas", "arrow", "duckdb", "csv", pytest.param("spark", marks=SPARK)])
def test_odd_customers_are_placed_alike(
    engine: str, odd_shop: pl.DataFrame, odd_roles: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Decimals, truth values, dates, levels that differ in case, empty cells: one model, the same on every engine."""
    features = ("age", "tenure_days", "spend_total", "average_order_value", "income", "campaigns_accepted",
                "likes_mail", "complained", "tier", "ort")  # fmt: skip
    settings = FitSettings(id="Kunden-Nr %", features={"features": features, "roles": odd_roles}, selection={"k": 5})
    model = sg.fit(odd_shop, settings=settings)
    if engine == "spark":
        source = request.getfixturevalue("spark").createDataFrame(odd_shop.to_arrow())
    elif engine == "csv":
        source = tmp_path / "customers.csv"
        odd_shop.write_csv(source)
    else:
        frames = {"lazy": odd_shop.lazy, "pandas": odd_shop.to_pandas, "arrow": odd_shop.to_arrow}
        source = frames[engine]() if engine in frames else duckdb.connect().from_arrow(odd_shop.to_arrow())
    renamed = [_answer(sg.score(model, frame)) for frame in (source, odd_shop)]
    assert renamed[0].equals(renamed[1])


def _answer(scored: Any) -> pl.DataFrame:
    named = scored.withColumnRenamed("Kunden-Nr %", "customer_id") if hasattr(scored, "withColumnRenamed") else None
    if named is None and isinstance(scored, duckdb.DuckDBPyRelation):
        named = scored.project('*, "Kunden-Nr %" as customer_id')
    if named is None:
        named = scored.rename(columns={"Kunden-Nr %": "customer_id"}) if isinstance(scored, pd.DataFrame) else None
    if named is None and isinstance(scored, pa.Table):
        scored = pl.DataFrame(scored)
    if named is None:
        named = scored.rename({"Kunden-Nr %": "customer_id"})
    return as_polars(named).with_columns(pl.col("customer_id").cast(pl.Int64)).sort("customer_id")


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Segmentation, pl.DataFrame]:
    """A million customers, a model of them with every kind of feature, and the segment of each."""
    path = tmp_path_factory.mktemp("million") / "customers.parquet"
    sample_marketing(MANY, seed=11).write_parquet(path)
    features = ("age", "income", "tenure_days", "spend_total", "average_order_value", "campaigns_accepted",
                "education", "marital_status")  # fmt: skip
    model = sg.fit(path, settings=FitSettings(features={"features": features}, selection={"k": 6}))
    return path, model, as_polars(sg.score(model, path))


@pytest.mark.slow
@pytest.mark.xdist_group("million")
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite", "postgres"])
def test_sql_gives_a_million_customers_their_segment(
    dialect: str, million: tuple[Path, Segmentation, pl.DataFrame], databases: Any
) -> None:
    """0 disagreements between the library and the database."""
    path, model, expected = million
    columns = ["customer_id", *(c for f in model.recipe.clustered for c in (*f.sources, *f.over))]
    frame = pl.read_parquet(path, columns=list(dict.fromkeys(columns)))
    found = databases.answer(dialect, frame, sg.to_sql(model, dialect=dialect)).sort("customer_id")
    assert found.height == MANY
    assert found.equals(expected.select("customer_id", "segment_id"))


@pytest.mark.slow
@pytest.mark.xdist_group("million")
@pytest.mark.parametrize("threads", [1, 2])
def test_the_command_gives_a_million_customers_their_segment(
    threads: int, million: tuple[Path, Segmentation, pl.DataFrame], tmp_path: Path
) -> None:
    """From the command line, on one thread and on two, rows shuffled over seven files: 0 disagreements."""
    path, model, expected = million
    save(model, tmp_path / "model.seg")
    shuffled = pl.read_parquet(path).sample(fraction=1.0, shuffle=True, seed=threads)
    folder = tmp_path / "parts"
    folder.mkdir()
    for part, start in enumerate(range(0, MANY, MANY // 7)):
        shuffled.slice(start, MANY // 7).write_parquet(folder / f"part-{part}.parquet")
    command = [*COMMAND, "score", str(tmp_path / "model.seg"), str(folder), "-o", str(tmp_path / "scored.parquet")]
    subprocess.run(command, check=True, env={**os.environ, "POLARS_MAX_THREADS": str(threads)}, capture_output=True)
    assert as_polars(pl.read_parquet(tmp_path / "scored.parquet")).equals(expected)


@pytest.mark.slow
@pytest.mark.xdist_group("million")
@pytest.mark.parametrize("engine", ["pandas", "arrow", "duckdb on one thread", "duckdb on two threads"])
def test_frames_give_a_million_customers_their_segment(
    engine: str, million: tuple[Path, Segmentation, pl.DataFrame]
) -> None:
    """Segment, confidence and runner-up of each are the same to the last bit."""
    path, model, expected = million
    if engine.startswith("duckdb"):
        connection = duckdb.connect(config={"threads": 1 if "one" in engine else 2})
        assert as_polars(sg.score(model, connection.read_parquet(str(path)))).equals(expected)
        return
    columns = ["customer_id", *(c for f in model.recipe.clustered for c in (*f.sources, *f.over))]
    frame = pl.read_parquet(path, columns=list(dict.fromkeys(columns)))
    assert as_polars(sg.score(model, frame.to_pandas() if engine == "pandas" else frame.to_arrow())).equals(expected)


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_gives_a_million_customers_their_segment(spark: Any, tmp_path: Path) -> None:
    """As a frame and as SQL, over six partitions: 0 disagreements."""
    path = tmp_path / "customers.parquet"
    sample_marketing(MANY, seed=11).write_parquet(path)
    model = sg.fit(sample_marketing(30_000, seed=11), features=["age", "income", "spend_total", "education"], k=5)
    expected = as_polars(sg.score(model, path))
    frame = spark.read.parquet(str(path)).repartition(6)
    assert as_polars(sg.score(model, frame).select("customer_id", *OUTPUT)).equals(expected)
    frame.createOrReplaceTempView("million")
    found = pl.DataFrame(spark.sql(sg.to_sql(model, dialect="spark", table="million")).toArrow()).sort("customer_id")
    assert found.equals(expected.select("customer_id", "segment_id"))
