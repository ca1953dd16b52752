"""Databases in and out: SQLite, DuckDB and a real PostgreSQL server."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.errors import MissingExtraError, OutputError, SettingsError, UnreadableFileError
from segmentry.tables import ReadingSettings, Table, check_output, count_rows, deliver, read, to_memory, write_table
from segmentry.tables.database.address import parse

CUSTOMERS = pl.DataFrame(
    {
        "id": [f"{i:03}" for i in range(40)],
        "spend": [i * 1.25 for i in range(40)],
        "orders": list(range(40)),
        "since": ["2024-05-03", "2023-01-31"] * 20,
        "note": ["a,b", None] * 20,
    }
).with_columns(pl.col("since").str.to_date())


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each system."""
    if request.param == "postgresql":
        address: str = request.getfixturevalue("postgresql")
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("drop schema public cascade; create schema public")
        return address
    if request.param == "duckdb":
        pytest.importorskip("duckdb")
    return f"{request.param}:///{tmp_path}/shop.db"


def segmented(table: Table) -> nw.LazyFrame[Any]:
    return table.frame.with_columns(nw.lit("s1").alias("segment"))


def fill(database: str, frame: pl.DataFrame = CUSTOMERS, table: str = "customers") -> None:
    given = read(frame)
    write_table(given, given.frame, [], database, into=table, overwrite=True)


def test_what_is_written_is_read(database: str) -> None:
    """A table written and read again has the same kinds and values, and no row is lost."""
    fill(database)
    given, table = read(CUSTOMERS), read(database)
    assert table.source_kind == "sql"
    assert (table.rows_present, table.rows_read) == (40, 40)
    kinds = {"id": "text", "spend": "number", "orders": "number", "since": "date", "note": "text"}
    assert {c.name: c.reading.kind for c in table.columns} == kinds
    columns = [nw.col(name) for name in kinds]
    before, after = (to_memory(t.frame.select(columns)) for t in (given, table))
    assert {n: list(v) for n, v in before.items()} == {n: list(v) for n, v in after.items()}


def test_several_tables_must_be_told_apart(database: str) -> None:
    """With more than one table the error lists them; an option, the address or a query settles it."""
    fill(database)
    fill(database, CUSTOMERS.head(3), 'odd "name" x')
    with pytest.raises(SettingsError, match=r"2 tables.*customers.*odd"):
        read(database)
    assert read(database, ReadingSettings(table='odd "name" x')).rows_read == 3
    assert read(f"{database}?table=customers").rows_read == 40
    few = read(database, ReadingSettings(query="select id, spend from customers where orders < 5;"))
    assert (few.names, few.rows_read) == (("id", "spend"), 5)
    assert read(database, ReadingSettings(query="select * from customers limit 2 -- two")).rows_read == 2
    with pytest.raises(UnreadableFileError, match=r"no table 'nope'.*customers"):
        read(database, ReadingSettings(table="nope"))
    with pytest.raises(SettingsError, match="cannot both"):
        ReadingSettings(table="a", query="select 1")


@pytest.mark.parametrize("query", ["drop table customers", "delete from customers", "select * from nope", "nonsense"])
def test_a_query_changes_nothing(database: str, query: str) -> None:
    """A statement that is no query is an error that names the place, and the table stays."""
    fill(database)
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read(database, ReadingSettings(query=query))
    assert read(database).rows_read == 40


def test_existing_tables_are_kept(database: str) -> None:
    """A table is replaced only when asked, and the input never is."""
    fill(database)
    table = read(database)
    given = read(CUSTOMERS)
    with pytest.raises(OutputError, match="exists already"):
        write_table(given, given.frame, [], database, into="customers")
    with pytest.raises(OutputError, match="exists already"):
        check_output(database, into="customers")
    with pytest.raises(OutputError, match="is the input"):
        write_table(table, segmented(table), ["segment"], database, into="customers", overwrite=True)
    with pytest.raises(SettingsError, match=r"name of a table.*Pass --into"):
        check_output(database)
    write_table(table, segmented(table), ["segment"], database, into="scored")
    write_table(table, segmented(table), ["segment"], database, into="scored", overwrite=True)
    assert read(database, ReadingSettings(table="scored")).names == (*table.names, "segment")


def test_the_input_is_known_by_any_of_its_names(database: str) -> None:
    """Another spelling of the table that was read, with its schema or in capitals, is that table."""
    fill(database)
    table = read(database)
    names = {"sqlite": ["Customers"], "duckdb": ["CUSTOMERS", "main.customers", "MAIN.Customers"]}
    for name in names.get(database.partition(":")[0], ["public.customers"]):
        with pytest.raises(OutputError, match="is the input"):
            write_table(table, segmented(table), ["segment"], database, into=name, overwrite=True)
    assert read(database).names == table.names


def test_no_table_that_a_query_may_read_is_replaced(database: str) -> None:
    """Which tables a query reads is not known: none that is there is written to; a new one is."""
    fill(database)
    table = read(database, ReadingSettings(query="select * from customers where orders > 5"))
    with pytest.raises(OutputError, match="may be what the query reads"):
        write_table(table, segmented(table), ["segment"], database, into="customers", overwrite=True)
    write_table(table, segmented(table), ["segment"], database, into="scored", overwrite=True)
    assert read(database, ReadingSettings(table="scored")).rows_read == 34


def test_a_failed_write_leaves_the_old_table(database: str) -> None:
    """When rows fail on their way, the transaction is taken back and the table is as it was."""
    fill(database)
    table = read(CUSTOMERS)

    def fail(_: pl.Series) -> pl.Series:
        raise ZeroDivisionError

    broken = nw.from_native(nw.to_native(table.frame).with_columns(pl.col("orders").map_batches(fail, pl.Float64)))
    with pytest.raises((ZeroDivisionError, pl.exceptions.ComputeError)):
        write_table(table, broken, ["orders"], database, into="customers", overwrite=True)
    assert read(database).rows_read == 40


def test_many_rows_go_by_way_of_the_disk(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result too large for memory gives the same table, and its scratch folder goes with it."""
    fill(database)
    small = read(database)
    for module in ("batches", "duckdb", "postgresql"):
        monkeypatch.setattr(f"segmentry.tables.embedded.{module}.IN_MEMORY_BELOW", 0)
    monkeypatch.setattr("segmentry.tables.embedded.sqlite.BATCH", 7)
    large = read(database)
    assert large.scratch is not None
    scratch = Path(str(large.scratch))
    assert count_rows(large.frame) == 40
    assert deliver(large, large.frame, []).equals(deliver(small, small.frame, []))
    del large
    assert not scratch.exists()


def test_csv_cells_become_values_in_a_database(database: str, tmp_path: Path) -> None:
    """Numbers and dates that were text in the file are numbers and dates in the table; ids stay text."""
    path = tmp_path / "c.csv"
    path.write_text('id,spend,when\n007,"$1,200.50",03.05.2024\n008,$80,31.12.2023\n')
    table = read(path)
    write_table(table, segmented(table), ["segment"], database, into="scored")
    out = read(database)
    assert [c.reading.kind for c in out.columns] == ["text", "number", "date", "text"]
    assert deliver(out, out.frame, [])["spend"].to_list() == [1200.5, 80.0]
    assert deliver(out, out.frame, [])["id"].to_list() == ["007", "008"]


def test_text_among_numbers_is_a_reject_with_its_rowid(tmp_path: Path) -> None:
    """SQLite keeps text in a column of numbers; such a row is set aside and found again by its rowid."""
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("create table t (id text, n integer)")
        connection.executemany(
            "insert into t (rowid, id, n) values (?, ?, ?)", [(10 * i, f"c{i}", i) for i in range(40)]
        )
        connection.execute("update t set n = 'seven' where rowid = 70")
        connection.commit()
    table = read(f"sqlite:///{tmp_path}/s.db")
    assert [(r.line, r.column, r.value) for r in table.rejects] == [(70, "n", "s…")]
    assert (table.rows_present, table.rows_read) == (40, 39)


def test_long_whole_numbers_stay_whole(tmp_path: Path) -> None:
    """Ids beyond 2^53 are not rounded, even beside a NULL."""
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("create table t (id integer, x)")
        connection.executemany("insert into t values (?, ?)", [(1582218195625938945, 1), (None, 2)])
        connection.commit()
    table = read(f"sqlite:///{tmp_path}/s.db")
    assert table.column("id").reading.kind == "text"
    assert to_memory(table.frame)["id"].tolist() == ["1582218195625938945", None]


def test_types_of_a_server(postgresql: str) -> None:
    """Exact numbers become exact values, long ones text; odd types never stop a read."""
    query = (
        "select i as id, (i * 0.1)::numeric(10,2) as money, 12345678901234567890 + i as long, 'NaN'::float8 as nan, "
        "timestamptz '2024-05-03 23:30+00' as at, date '2024-05-03' as day, true as yes, array[1, 2] as list, "
        "interval '1 day' as span, '{}'::jsonb as doc from generate_series(1, 30) as r(i)"
    )
    table = read(postgresql, ReadingSettings(query=query))
    kinds = {c.name: c.reading.kind for c in table.columns}
    assert kinds["money"] == kinds["yes"] == "number"
    assert kinds["at"] == kinds["day"] == "date"
    assert kinds["long"] == kinds["list"] == "text"
    values = to_memory(table.frame.select("money", "long", "at"))
    assert values["money"].tolist() == [round(i / 10, 1) for i in range(1, 31)]
    assert values["long"][0] == "12345678901234567891"
    assert str(values["at"][0]) == str(values["at"][-1])


def test_dates_without_end_are_rejects(postgresql: str) -> None:
    """'infinity' is a date for the server and none for a calendar; not read, a moment is not cut to its day."""
    query = "select case i when 9 then date 'infinity' else '2024-05-03' end as d from generate_series(1, 40) r(i)"
    table = read(postgresql, ReadingSettings(query=query))
    assert [(r.line, r.column) for r in table.rejects] == [(9, "d")]
    unread = read(postgresql, ReadingSettings(query=f"select 1 as n, d::timestamp as d from ({query}) t"), only=["n"])
    assert unread.rows_rejected == 0
    assert deliver(unread, unread.frame, [])["d"].to_list()[7:9] == ["2024-05-03 00:00:00", "infinity"]


def test_passwords_are_never_shown(postgresql: str) -> None:
    """Neither errors nor the table hold the password, whatever is wrong with the address."""
    secret = "canary77"
    wrong = postgresql.replace("ge-heim%2577", secret)
    for address in (
        wrong,
        f"postgresql://shop:{secret}@127.0.0.1:1/none",
        f"postgresql://shop:{secret}/x@host/db",
        f"postgresql://shop:{secret}@x@host/db",
        f"postgresql://shop:{secret}[@host/db",
        f"postgresql://shop:a]{secret}@host/db",
        f"postgresql://shop:{secret}#1@host/db",
        f"postgresql://host/db?password={secret}&nonsense=1",
        f"mysql://shop:{secret}@host/db",
        f"sqlite://{secret}/x",
    ):
        with pytest.raises((UnreadableFileError, SettingsError)) as caught:
            read(address)
        assert secret not in str(caught.value), address
        assert secret not in repr(caught.value.__cause__), address
    table = read(postgresql, ReadingSettings(query="select 1 as a"))
    assert "ge-heim" not in repr(table) + repr(table.origin) + table.source_name
    assert secret not in repr(parse(wrong))


@pytest.mark.parametrize(("module", "address"), [("duckdb", "duckdb:///{}/x.db"), ("psycopg", "postgresql://host/db")])
def test_a_missing_driver_is_named(module: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the driver the error has the line that installs it."""
    (tmp_path / "x.db").write_bytes(b"")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r'pip install "segmentry\[(duckdb|sql)\]"'):
        read(address.format(tmp_path))


def test_database_files_are_told_by_content(tmp_path: Path) -> None:
    """A path to an SQLite or DuckDB file needs no address."""
    pytest.importorskip("duckdb")
    for system in ("sqlite", "duckdb"):
        fill(f"{system}:///{tmp_path}/{system}.bin")
        assert read(tmp_path / f"{system}.bin").rows_read == 40


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A missing database is not made by reading, and a file that is none is named."""
    with pytest.raises(UnreadableFileError, match="does not exist"):
        read(f"sqlite:///{tmp_path}/no.db")
    assert not (tmp_path / "no.db").exists()
    (tmp_path / "text.db").write_text("id,n\n1,2\n" * 100)
    with pytest.raises(UnreadableFileError, match="not a database"):
        read(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(OutputError, match="does not exist"):
        check_output(f"sqlite:///{tmp_path}/no/x.db", into="t")
