"""Rows into a table of a database: in one transaction, so that it is there whole or as it was before."""

from __future__ import annotations

import contextlib
import io
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from segmentry.errors import MissingExtraError, OutputError, SettingsError
from segmentry.tables.database.address import Address, parse, quoted
from segmentry.tables.database.choice import Name
from segmentry.tables.embedded.batches import BATCH
from segmentry.tables.embedded.duckdb import connect as connect_duckdb
from segmentry.tables.embedded.plain import in_words
from segmentry.tables.embedded.postgresql import connect as connect_postgresql
from segmentry.tables.scratch import needs_room, scratch_folder

_EXISTS = "Pass --overwrite to replace it, or name another table."


def check_database(text: str, table: str | None, overwrite: bool) -> Address:
    """The address with the table that will be written; an error, before any work is done, when it cannot be."""
    address = _target(text, table)
    if address.system == "postgresql":
        with connect_postgresql(address) as connection, connection.cursor() as cursor:
            exists = _exists_postgresql(cursor, _name(address))
    else:
        path = Path(address.file)
        if not path.absolute().parent.is_dir():
            raise OutputError(f"The folder {path.parent} does not exist.", remedy="Create it first.")
        exists = path.exists() and _exists_in_file(address, path)
    if exists and not overwrite:
        raise _exists_already(address)
    return address


def write_database(rows: pl.LazyFrame, text: str, table: str | None, origin: Any, *, overwrite: bool) -> None:
    """Write rows as a new table, or in place of the one of that name."""
    address = _target(text, table)
    if isinstance(origin, Address) and _replaces(address, origin):
        what = "is the input" if origin.table else "may be what the query reads"
        raise OutputError(f"The table {address.table} {what}.", remedy="Name another; the input is never overwritten.")
    _refuse_nested(rows)
    if address.system != "duckdb":
        rows = in_words(rows)
    writers = {"sqlite": _write_sqlite, "duckdb": _write_duckdb, "postgresql": _write_postgresql}
    try:
        writers[address.system](rows, address, overwrite)
    except (OutputError, MissingExtraError):
        raise
    except Exception as error:
        if not _is_of_a_database(error):
            raise
        raise OutputError(
            f"{address.shown} could not be written.",
            found=address.cleaned(str(error))[:500],
            remedy="Nothing was changed there. Check the table's name, your rights and the space left.",
            code="database",
        ) from None


def _is_of_a_database(error: Exception) -> bool:
    module = type(error).__module__.lstrip("_").split(".")[0]
    return isinstance(error, sqlite3.Error) or module in ("duckdb", "psycopg")


def _target(text: str, table: str | None) -> Address:
    address = parse(text)
    named = table if table is not None else address.table
    if address.query is not None or not named:
        raise SettingsError(
            "The output needs the name of a table.",
            found=address.shown,
            remedy=f'Pass --into, or name it in the address: "{address.shown}?table=scored".',
            code="which-table",
        )
    return replace(address, table=named)


def _name(address: Address) -> Name:
    schema, _, table = (address.table or "").rpartition(".")
    return Name("", address.table or "") if address.system == "sqlite" else Name(schema, table)


def _replaces(target: Address, origin: Address) -> bool:
    """Whether the table that would be written is the one that was read; of a query, any table that is there may be."""
    if not _same_database(origin, target):
        return False
    if target.system == "postgresql":
        with connect_postgresql(target) as connection, connection.cursor() as cursor:
            read = _name(origin) if origin.table else _name(target)
            cursor.execute("select to_regclass(%s) = to_regclass(%s)", (read.sql, _name(target).sql))
            return bool(cursor.fetchone()[0])
    if origin.table is None:
        return _exists_in_file(target, Path(target.file))
    return _folded(origin) == _folded(target)


def _same_database(one: Address, other: Address) -> bool:
    if one.system != other.system:
        return False
    if one.system == "postgresql":
        return _server(one) == _server(other)
    first, second = Path(one.file), Path(other.file)
    return first.exists() and second.exists() and first.samefile(second)


def _server(address: Address) -> tuple[str, int, str]:
    return address.host or "localhost", address.port or 5432, address.database or address.user


def _folded(address: Address) -> tuple[str, str]:
    """The table as SQLite and DuckDB know it: they take no notice of case."""
    name = _name(address)
    return (name.schema or "main").casefold(), name.table.casefold()


def _exists_already(address: Address) -> OutputError:
    return OutputError(f"The table {address.table} exists already in {address.shown}.", remedy=_EXISTS)


def _refuse_nested(rows: pl.LazyFrame) -> None:
    nested = [name for name, dtype in rows.collect_schema().items() if dtype.is_nested()]
    if nested:
        raise OutputError(
            "Nested columns have no place in a table of a database.",
            found=", ".join(nested),
            remedy="Write .parquet instead.",
        )


@contextlib.contextmanager
def _whole_or_not_there(path: Path) -> Iterator[None]:
    """A file that the block has made is gone again where it fails, and so is DuckDB's log of it."""
    fresh = not path.exists()
    try:
        yield
    except BaseException:
        if fresh:
            for left in (path, path.with_name(f"{path.name}.wal")):
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)
        raise


def _batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    yield from rows.collect_batches(chunk_size=BATCH, maintain_order=True)


def _exists_in_file(address: Address, path: Path) -> bool:
    try:
        if address.system == "sqlite":
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                return _exists_sqlite(connection, address.table or "")
        with connect_duckdb(path, read_only=True) as connection:
            return _exists_duckdb(connection, _name(address))
    except Exception as error:
        if not _is_of_a_database(error):
            raise
        raise OutputError(
            f"{address.shown} cannot be opened.", found=address.cleaned(str(error))[:500], remedy="Check the file."
        ) from None


# -- SQLite


def _exists_sqlite(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("select 1 from sqlite_master where lower(name) = lower(?)", (table,))
    return found.fetchone() is not None


def _write_sqlite(rows: pl.LazyFrame, address: Address, overwrite: bool) -> None:
    path, table = Path(address.file), address.table or ""
    with _whole_or_not_there(path), closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("begin immediate")
        if _exists_sqlite(connection, table):
            if not overwrite:
                raise _exists_already(address)
            connection.execute(f"drop table {quoted(table)}")
        schema = rows.collect_schema()
        columns = ", ".join(f"{quoted(name)} {_sqlite_type(dtype)}" for name, dtype in schema.items())
        connection.execute(f"create table {quoted(table)} ({columns})")
        marks = ", ".join("?" * len(schema))
        for batch in _batches(rows.with_columns(_for_sqlite(schema))):
            connection.executemany(f"insert into {quoted(table)} values ({marks})", batch.iter_rows())  # noqa: S608
        connection.execute("commit")


def _sqlite_type(dtype: Any) -> str:
    if dtype.is_integer() or dtype == pl.Boolean:
        return "INTEGER"
    if dtype.is_float():
        return "REAL"
    return "NUMERIC" if dtype.is_decimal() else "TEXT"


def _for_sqlite(schema: Any) -> list[pl.Expr]:
    """SQLite has no dates: they are written as text that sorts as they do."""
    plain = [n for n, d in schema.items() if not (d.is_float() or d == pl.Boolean or d == pl.String or d.is_integer())]
    wide = [n for n, d in schema.items() if d in (pl.UInt64, pl.Int128)]
    return [pl.col(n).cast(pl.String) for n in (*plain, *wide)]


# -- DuckDB


def _exists_duckdb(connection: Any, name: Name) -> bool:
    found = connection.execute(
        "select 1 from information_schema.tables where lower(table_name) = lower(?) and lower(table_schema) = lower(?) "
        "and table_catalog = current_database()",
        [name.table, name.schema or "main"],
    ).fetchall()
    return bool(found)


def _write_duckdb(rows: pl.LazyFrame, address: Address, overwrite: bool) -> None:
    path, name = Path(address.file), _name(address)
    scratch = scratch_folder()
    try:
        # DuckDB reads the rows itself, so that they need not all be in memory.
        part = scratch / "rows.parquet"
        with needs_room():
            rows.sink_parquet(part, compression="lz4")
        with _whole_or_not_there(path), connect_duckdb(path, read_only=False) as connection:
            connection.execute("begin transaction")
            if _exists_duckdb(connection, name):
                if not overwrite:
                    raise _exists_already(address)
                connection.execute(f"drop table {name.sql}")
            literal = str(part).replace("'", "''")
            connection.execute(f"create table {name.sql} as select * from read_parquet('{literal}')")  # noqa: S608
            connection.execute("commit")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


# -- PostgreSQL


def _exists_postgresql(cursor: Any, name: Name) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (name.sql,))
    return bool(cursor.fetchone()[0])


def _write_postgresql(rows: pl.LazyFrame, address: Address, overwrite: bool) -> None:
    name = _name(address)
    schema = rows.collect_schema()
    columns = ", ".join(f"{quoted(n)} {_postgresql_type(d)}" for n, d in schema.items())
    # psycopg commits when the block ends well and takes everything back when it does not.
    with connect_postgresql(address) as connection, connection.cursor() as cursor:
        if _exists_postgresql(cursor, name):
            if not overwrite:
                raise _exists_already(address)
            cursor.execute(f"drop table {name.sql}")
        cursor.execute(f"create table {name.sql} ({columns})")
        with cursor.copy(f"copy {name.sql} from stdin (format csv)") as stream:
            for batch in _batches(rows):
                out = io.BytesIO()
                batch.write_csv(out, include_header=False)
                stream.write(out.getvalue())


def _postgresql_type(dtype: Any) -> str:
    if dtype.is_integer():
        return "numeric" if dtype in (pl.UInt64, pl.Int128) else "bigint"
    if dtype.is_float():
        return "double precision"
    if dtype.is_decimal():
        return "numeric"
    if isinstance(dtype, pl.Datetime):
        return "timestamptz" if dtype.time_zone else "timestamp"
    return {pl.Boolean: "boolean", pl.Date: "date", pl.Time: "time"}.get(type(dtype), "text")
