"""Cells that text has no form for go out in words, and days that no calendar has stop nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from segmentry.tables import ReadingSettings, collect_rows, read, write_table

ENDLESS = 2**31 - 1, -(2**31) + 1  # days, as DuckDB counts its two infinities
EXTREME = 2**63 - 1, -(2**63) + 1


def odd() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": ["a", "b", "c"],
            "until": pl.Series([*ENDLESS, 19_000], dtype=pl.Int32).cast(pl.Date),
            "seen": pl.Series([*EXTREME, 10**15]).cast(pl.Datetime("us")),
            "zoned": pl.Series([*EXTREME, 10**15])
            .cast(pl.Datetime("us"))
            .dt.replace_time_zone("UTC")
            .dt.convert_time_zone("Europe/Berlin"),
        }
    )


def nested() -> pl.DataFrame:
    frame = pl.DataFrame({"id": ["a", "b"], "key": [b"\x00\xff", None], "tags": [["x", 'y"'], None]})
    frame = frame.with_columns(lasts=pl.Series([timedelta(hours=36), None]), pair=pl.Series([[1, 2], None]))
    whole = pl.struct(n=pl.lit(1), raw=pl.lit(b"\x01"), until=pl.lit(ENDLESS[0], dtype=pl.Int32).cast(pl.Date))
    first = pl.col("id") == "a"
    return frame.with_columns(pl.col("pair").cast(pl.Array(pl.Int64, 2)), fields=pl.when(first).then(whole))


@pytest.fixture(params=["parquet", "frame", "lazy frame"])
def endless(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    odd().write_parquet(tmp_path / "odd.parquet")
    return {"parquet": tmp_path / "odd.parquet", "frame": odd(), "lazy frame": odd().lazy()}[request.param]


def test_a_day_that_no_calendar_has_counts_as_missing(endless: Any) -> None:
    """Infinite days and numbers of days beyond all years are missing, and a warning counts them by column."""
    table = read(endless)
    assert [table.column(n).reading.kind for n in ("until", "seen", "zoned")] == ["date"] * 3
    rows = collect_rows(table.frame.select(*table.names))
    assert [row["until"] is None for row in rows] == [True, True, False]
    assert [row["seen"] is None for row in rows] == [row["zoned"] is None for row in rows] == [True, True, False]
    told = [n.message for n in table.notices if n.code == "unfit-cells"]
    assert [message.split("'")[1] for message in told] == ["until", "seen", "zoned"]
    assert told[0].startswith("2 cells of 'until' cannot be used (no day of the years 1 to 9999")


def test_the_last_day_of_the_calendar_is_a_day() -> None:
    """9999-12-31, which stands for never, is a date as before, in any zone."""
    last = pl.DataFrame({"id": ["a"], "until": ["9999-12-31 23:59:59"]}).with_columns(
        pl.col("until").str.to_datetime().dt.replace_time_zone("UTC")
    )
    table = read(last)
    assert str(collect_rows(table.frame.select(*table.names))[0]["until"]) == "9999-12-31"
    assert "unfit-cells" not in {n.code for n in table.notices}


def test_such_a_day_may_be_wanted_as_text() -> None:
    """A column that is stated to be text is, without a panic."""
    table = read(odd(), ReadingSettings(types={"until": "text", "seen": "text"}))
    assert [row["until"] for row in collect_rows(table.frame.select(*table.names))] == [None, None, "2022-01-08"]


@pytest.mark.parametrize("only", [None, {"id"}])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx", "parquet", "arrow"])
def test_such_a_day_goes_out(tmp_path: Path, ending: str, only: set[str] | None) -> None:
    """Text says infinity, whether the column was read or only carried along; Parquet and Arrow keep what was there."""
    odd().write_parquet(tmp_path / "odd.parquet")
    table, target = read(tmp_path / "odd.parquet", only=only), tmp_path / f"out.{ending}"
    write_table(table, table.frame, (), target)
    if ending == "csv":
        assert target.read_text().splitlines()[1:] == [
            "a,infinity,infinity,infinity",
            "b,-infinity,-infinity,-infinity",
            "c,2022-01-08,2001-09-09T01:46:40.000000,2001-09-09T03:46:40.000000+0200",
        ]
    elif ending == "jsonl":
        assert [json.loads(line)["until"] for line in target.read_text().splitlines()] == [
            "infinity", "-infinity", "2022-01-08"
        ]  # fmt: skip
    elif ending in ("parquet", "arrow"):
        back = pl.read_parquet(target) if ending == "parquet" else pl.read_ipc(target)
        assert back["until"].to_physical().to_list() == [*ENDLESS, 19_000]


def test_infinity_of_a_duckdb_file_and_of_a_relation(tmp_path: Path) -> None:
    """Dates and times that DuckDB calls infinite are missing in either, with the same warning."""
    first = "select 'a' id, date 'infinity' until, '-infinity'::timestamp seen"
    sql = f"{first} union all select 'b', date '2024-01-01', null"
    with duckdb.connect(tmp_path / "shop.duckdb") as connection:
        connection.execute(f"create table c as {sql}")
    with duckdb.connect() as connection:
        for table in (read(f"duckdb:///{tmp_path}/shop.duckdb"), read(connection.sql(sql))):
            rows = sorted(collect_rows(table.frame.select("id", "until", "seen")), key=lambda row: row["id"])
            assert [str(row["until"]) for row in rows] == ["None", "2024-01-01"]
            assert [n.code for n in table.notices if "'seen'" in n.message] == ["unfit-cells"]


def test_what_is_no_text_goes_into_a_text_file_in_words(tmp_path: Path) -> None:
    """Bytes as hexadecimal digits, spans of time in days, lists and fields as JSON; what is missing stays empty."""
    nested().write_parquet(tmp_path / "odd.parquet")
    table = read(tmp_path / "odd.parquet")
    write_table(table, table.frame, (), tmp_path / "out.csv")
    back = pl.read_csv(tmp_path / "out.csv", infer_schema=False).rows(named=True)
    assert back[0] == {
        "id": "a", "key": "00ff", "tags": '["x","y\\""]', "lasts": "1.5", "pair": "[1,2]",
        "fields": '{"n":1,"raw":"01","until":null}',
    }  # fmt: skip
    assert set(back[1].values()) == {"b", None}


def test_what_is_no_text_goes_into_json_lines(tmp_path: Path) -> None:
    """Lists and fields stay nested there, and bytes within them are digits too."""
    nested().write_parquet(tmp_path / "odd.parquet")
    table = read(tmp_path / "odd.parquet")
    write_table(table, table.frame, (), tmp_path / "out.jsonl")
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert (first["key"], first["tags"], first["lasts"]) == ("00ff", ["x", 'y"'], 1.5)
    assert first["fields"] == {"n": 1, "raw": "01", "until": None}


def test_a_map_of_duckdb_goes_out_as_json(tmp_path: Path) -> None:
    """By its keys where they are text; else as pairs, as where what it holds must be put in words first."""
    with duckdb.connect(tmp_path / "shop.duckdb") as connection:
        connection.execute(
            "create table c as select 'a' id, map(['x'], [1]) plain, map([7], [8]) numbers, "
            "map(['x'], ['\\xFF'::blob]) odd"
        )
    table = read(f"duckdb:///{tmp_path}/shop.duckdb")
    write_table(table, table.frame, (), tmp_path / "out.csv")
    [row] = pl.read_csv(tmp_path / "out.csv", infer_schema=False).rows()
    assert row == ("a", '{"x":1}', '[{"key":7,"value":8}]', '[{"key":"x","value":"ff"}]')


def test_what_is_no_text_goes_into_sqlite_in_words(tmp_path: Path) -> None:
    """A database without types for them has bytes and infinite days as text files do."""
    odd().with_columns(key=pl.lit(b"\x01")).write_parquet(tmp_path / "odd.parquet")
    table = read(tmp_path / "odd.parquet")
    write_table(table, table.frame, (), f"sqlite:///{tmp_path}/out.db", into="c")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        assert connection.execute("select until, key from c").fetchall()[0] == ("infinity", "01")
