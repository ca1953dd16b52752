"""The engines, each real: a Spark session, a PostgreSQL server, and tables that make them work."""

from __future__ import annotations

import datetime as dt
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

# (table as --table takes it, statements to make room for it) -> the answer of a dialect
Answer = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One local session for the run: it takes seconds to start."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = sql.SparkSession.builder.master("local[2]").appName("segmentry-tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of versions of pandas that are not used
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@dataclass
class Databases:
    """Puts a frame into a database of each kind, under the name given, and gives the rows that a query answers."""

    request: pytest.FixtureRequest
    relations: list[Any] = field(default_factory=list)

    def answer(self, dialect: str, frame: pl.DataFrame, sql: str, parts: tuple[str, ...] = ("customers",)) -> Any:
        return getattr(self, dialect)(frame, sql, parts)

    def duckdb(self, frame: pl.DataFrame, sql: str, parts: tuple[str, ...]) -> pl.DataFrame:
        import duckdb

        with closing(duckdb.connect()) as connection:
            if len(parts) > 1:
                connection.execute(f"create schema {_quoted(parts[:1])}")
            connection.register("given", frame.to_arrow())
            connection.execute(f"create table {_quoted(parts)} as select * from given")
            return connection.sql(sql).pl()

    def sqlite(self, frame: pl.DataFrame, sql: str, parts: tuple[str, ...]) -> pl.DataFrame:
        plain = frame.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Decimal).cast(pl.Float64))
        with closing(sqlite3.connect(":memory:")) as connection:
            if len(parts) > 1:
                connection.execute(f"attach ':memory:' as {_quoted(parts[:1])}")
            columns = ", ".join(_quoted((name,)) for name in plain.columns)
            connection.execute(f"create table {_quoted(parts)} ({columns})")
            marks = ", ".join("?" * plain.width)
            connection.executemany(f"insert into {_quoted(parts)} values ({marks})", plain.iter_rows())
            return _frame(connection.execute(sql))

    def postgres(self, frame: pl.DataFrame, sql: str, parts: tuple[str, ...]) -> pl.DataFrame:
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.request.getfixturevalue("postgresql")) as connection:
            if len(parts) > 1:
                connection.execute(f"create schema {_quoted(parts[:1])}")
            columns = ", ".join(f"{_quoted((n,))} {_postgres_type(d)}" for n, d in frame.schema.items())
            connection.execute(f"create table {_quoted(parts)} ({columns})")
            with connection.cursor().copy(f"copy {_quoted(parts)} from stdin (format csv)") as rows:
                rows.write(frame.write_csv(include_header=False, quote_style="non_numeric").encode())
            answered = _frame(connection.execute(sql.encode()))
            connection.rollback()
        return answered

    def spark(self, frame: pl.DataFrame, sql: str, parts: tuple[str, ...]) -> pl.DataFrame:
        session = self.request.getfixturevalue("spark")
        made = session.createDataFrame(frame.to_arrow())
        if parts[:-1] == ("global_temp",):
            made.createOrReplaceGlobalTempView(parts[-1])
        else:
            made.createOrReplaceTempView(parts[-1])
        found = pl.from_arrow(session.sql(sql).toArrow())
        assert isinstance(found, pl.DataFrame)
        return found


def _quoted(parts: tuple[str, ...]) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _frame(cursor: Any) -> pl.DataFrame:
    names = [column[0] for column in cursor.description]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def _postgres_type(dtype: pl.DataType) -> str:
    plain = {pl.String: "text", pl.Date: "date", pl.Boolean: "boolean", pl.Float64: "double precision"}
    return next((name for kind, name in plain.items() if dtype == kind), "numeric" if dtype.is_decimal() else "bigint")


@pytest.fixture(scope="module")
def databases(request: pytest.FixtureRequest) -> Databases:
    return Databases(request)


CITIES = ["St. Louis", "O'Fallon", 'Old "Mill"', "back\\slash", "gold", "Gold", "100 %", "Zürich", "${city}", "a;--b"]


@pytest.fixture(scope="session")
def odd_shop() -> pl.DataFrame:
    """Few customers, every kind of feature, names and levels that must be quoted, and something missing everywhere."""
    draw, n = np.random.default_rng(7), 1_200
    rich = draw.integers(0, 2, n).astype(bool)

    def some(values: Any, share: float = 0.08) -> list[Any]:
        gone = draw.random(n) < share
        return [None if out else value for out, value in zip(gone, list(values), strict=True)]

    def days(start: dt.date, most: int) -> list[dt.date]:
        return [start + dt.timedelta(days=int(d)) for d in draw.integers(0, most, n)]

    def words(*levels: str) -> list[str]:
        return [levels[i] for i in draw.integers(0, len(levels), n)]

    spend = draw.gamma(2, 40, (3, n)) * np.where(rich, 4, 1)
    bought = draw.poisson(np.where(rich, 6, 1), (2, n))
    shop = pl.DataFrame(
        {
            "Kunden-Nr %": [int(i) for i in draw.permutation(n) + 70_000],
            'born "on"': some(days(dt.date(1940, 1, 1), 25_000)),
            "year of birth": some(draw.integers(1940, 2005, n).tolist()),
            "größe seit": some(days(dt.date(2019, 2, 27), 1_800)),
            "spend 100% wine": some(spend[0].round(2).tolist()),
            "spend o'fruit": some([Decimal(f"{v:.2f}") for v in spend[1]]),
            'spend "meat"': some(spend[2].tolist()),
            "buy web": some(bought[0].tolist()),
            "buy store": some(bought[1].tolist()),
            "buy deal": some(np.minimum(bought[0], 2).tolist()),
            "income": some(draw.lognormal(9, 1.6, n).round(2).tolist()),
            "agreed A": some(words("Yes", "No")),
            "agreed B": some(words("Yes", "No", "No")),
            "likes mail": some([bool(b) for b in draw.integers(0, 2, n)]),
            "complained?": some(words("Ja", "Nein", "Nein")),
            "tier": some(words("Bronze", "Silver", "Gold")),
            "ort": some([*words(*CITIES)[: n - 20], *[""] * 20]),
        },
        schema_overrides={"spend o'fruit": pl.Decimal(10, 2)},
    )
    nobody = {name: [70_000 + n] if name.startswith("Kunden") else [None] for name in shop.columns}
    return pl.concat([shop, pl.DataFrame(nobody, schema=shop.schema)])


ODD_ROLES = {
    'born "on"': "birth_date",
    "year of birth": "birth_year",
    "größe seit": "signup_date",
    "spend 100% wine": "spend_part:wine",
    "spend o'fruit": "spend_part:fruit",
    'spend "meat"': "spend_part:meat",
    "buy web": "purchases_channel:web",
    "buy store": "purchases_channel:store",
    "buy deal": "purchases_deal",
    "income": "income",
    "agreed A": "campaign",
    "agreed B": "campaign",
    "likes mail": "flag",
    "complained?": "complaint",
    "tier": "membership",
    "ort": "category",
}


@pytest.fixture(scope="session")
def odd_roles() -> dict[str, str]:
    return ODD_ROLES
