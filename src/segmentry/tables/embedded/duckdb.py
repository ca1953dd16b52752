"""A table or a query of a DuckDB file as the embedded engine's table."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from segmentry.errors import UnreadableFileError
from segmentry.tables.database.address import Address, quoted
from segmentry.tables.database.choice import Choice, Name, choose
from segmentry.tables.database.drivers import duckdb_driver
from segmentry.tables.embedded.assembly import Source, as_it_is, assemble, in_memory, new_scratch
from segmentry.tables.embedded.batches import IN_MEMORY_BELOW
from segmentry.tables.names import check_names
from segmentry.tables.scratch import needs_room
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table

# Parquet has no place for these: wide whole numbers would become floating, the others bytes.
_AS_TEXT = ("HUGEINT", "UHUGEINT", "BIGNUM", "VARINT", "UUID", "INTERVAL", "BIT", "ENUM", "JSON", "TIME WITH TIME ZONE")


def read_duckdb(
    address: Address, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows as they are at one moment, copied by DuckDB itself, so that they never pass through Python."""
    path = Path(address.file)
    with new_scratch() as scratch:
        rows = Path(str(scratch)) / "rows.parquet"
        choice, wide = _copy(address, path, settings, rows)
        small = rows.stat().st_size < IN_MEMORY_BELOW // 4  # Parquet is packed
        frame = pl.scan_parquet(rows)
        if small:
            frame = in_memory(frame)
            shutil.rmtree(scratch, ignore_errors=True)
        numbers = {n: "number" for n in wide if n not in expected and n not in settings.types and _short(frame, n)}
        source = Source(
            frame=frame,
            kind="sql",
            name=f"{path.name} ({choice.name})",
            keep=in_memory if small else as_it_is,
            origin=choice.origin(address),
            scratch=None if small else scratch,
        )
        return assemble(source, settings.model_copy(update={"types": {**numbers, **settings.types}}), expected, only)


def connect(path: Path, *, read_only: bool) -> Any:
    """A connection; MissingExtraError with the line that installs DuckDB where it is not there."""
    return duckdb_driver().connect(str(path), read_only=read_only)


def _copy(address: Address, path: Path, settings: ReadingSettings, target: Path) -> tuple[Choice, list[str]]:
    if not path.is_file():
        raise UnreadableFileError(f"{path} does not exist.", remedy="Check the name and the folder.")
    try:
        with connect(path, read_only=True) as connection:
            connection.execute("begin transaction")
            choice = choose(address, settings, _tables(connection))
            described = connection.execute(f"describe {choice.select}").fetchall()
            check_names([row[0] for row in described], choice.name)
            cells = [_cell(name, str(kind)) for name, kind, *_ in described]
            select = f"select {', '.join(cells)} from (\n{choice.select}\n) as rows"  # noqa: S608 - quoted names
            with needs_room():
                connection.execute(f"copy ({select}) to '{_literal(target)}' (format parquet)")
            return choice, [row[0] for row in described if str(row[1]) in ("HUGEINT", "UHUGEINT", "BIGNUM", "VARINT")]
    except Exception as error:
        if not _is_of_duckdb(error):
            raise
        raise UnreadableFileError(
            f"{address.shown} cannot be read.",
            found=address.cleaned(str(error))[:500],
            remedy="Check the file and the query; close programs that have the database open for writing.",
            code="database",
        ) from None


def _is_of_duckdb(error: Exception) -> bool:
    return type(error).__module__.lstrip("_").split(".")[0] == "duckdb"


def _tables(connection: Any) -> list[Name]:
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal and database_name = current_database() "
        "union all "
        "select schema_name, view_name from duckdb_views() where not internal and database_name = current_database()"
    ).fetchall()
    return [Name("" if schema == "main" else schema, table) for schema, table in found]


def _cell(name: str, kind: str) -> str:
    column = quoted(name)
    return f"{column}::varchar as {column}" if kind.startswith(_AS_TEXT) and not kind.endswith("]") else column


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")


def _short(frame: pl.LazyFrame, name: str) -> bool:
    """Whether no number of a column of text is longer than float64 holds exactly."""
    longest = frame.select(pl.col(name).str.len_chars().max()).collect(engine="streaming").item()
    return longest is None or longest <= 15
