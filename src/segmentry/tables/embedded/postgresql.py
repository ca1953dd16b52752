"""A table or a query of a PostgreSQL server as the embedded engine's table."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from segmentry.errors import UnreadableFileError
from segmentry.tables.database.address import Address
from segmentry.tables.database.choice import Choice, Name, choose
from segmentry.tables.database.drivers import postgresql_driver
from segmentry.tables.embedded.assembly import Source, assemble, in_memory, new_scratch
from segmentry.tables.embedded.batches import IN_MEMORY_BELOW, in_scratch
from segmentry.tables.names import check_names
from segmentry.tables.numbers import LARGEST_EXACT
from segmentry.tables.scratch import needs_room
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table

_WHOLE, _FLOATING, _EXACT = ("int2", "int4", "int8", "oid"), ("float4", "float8"), ("numeric",)
_DAYS = ("date", "timestamp", "timestamptz")


@needs_room()
def read_postgresql(
    address: Address, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows as they are at one moment, streamed by COPY; times with a zone are taken in UTC."""
    with new_scratch() as scratch:
        rows = Path(str(scratch)) / "rows.csv"
        choice, types = _copy(address, settings, rows)
        small = rows.stat().st_size < IN_MEMORY_BELOW
        text = pl.scan_csv(
            rows, has_header=False, schema=dict.fromkeys(types, pl.String), infer_schema=False, glob=False
        )
        if not rows.stat().st_size:
            text = pl.LazyFrame(schema=dict.fromkeys(types, pl.String))
        if small:
            text = in_memory(text)
            shutil.rmtree(scratch, ignore_errors=True)
        long = _long(text, [n for n, t in types.items() if t in _EXACT])
        frame = text.with_columns(
            _typed(name, kind, name in long, only is None or name in only) for name, kind in types.items()
        )
        source = Source(
            frame=frame,
            kind="sql",
            name=f"{address.database or 'the database'} ({choice.name})",
            keep=in_memory if small else in_scratch(scratch),
            origin=choice.origin(address),
            scratch=None if small else scratch,
        )
        return assemble(source, _with_types(settings, expected, types, long), expected, only)


def connect(address: Address) -> Any:
    """A connection; MissingExtraError with the line that installs the driver where it is not there."""
    psycopg = postgresql_driver()
    stated = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "dbname": address.database,
    }
    given: dict[str, Any] = {name: value for name, value in stated.items() if value} | dict(address.options)
    try:
        return psycopg.connect(**given)
    except psycopg.Error as error:
        raise UnreadableFileError(
            f"{address.shown} does not answer.",
            found=address.cleaned(str(error))[:500],
            remedy="Check the address; the password may also come from PGPASSWORD or ~/.pgpass.",
            code="database",
        ) from None


def is_of_postgresql(error: Exception) -> bool:
    return type(error).__module__.split(".")[0] in ("psycopg", "psycopg_binary")


def tables_of(cursor: Any) -> list[Name]:
    """Tables and views that this user may see; those on the search path need no schema."""
    cursor.execute(
        "select n.nspname, c.relname, pg_table_is_visible(c.oid) from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'm', 'p', 'f') "
        "and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%' "
        "and not c.relispartition"
    )
    return [Name("" if visible else schema, table) for schema, table, visible in cursor.fetchall()]


def _copy(address: Address, settings: ReadingSettings, target: Path) -> tuple[Choice, dict[str, str]]:
    try:
        with connect(address) as connection, connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local time zone 'UTC'")
            cursor.execute("set local datestyle to 'ISO, YMD'")
            choice = choose(address, settings, tables_of(cursor))
            cursor.execute(f"select * from (\n{choice.select}\n) as rows limit 0")  # noqa: S608 - the user's own query
            names = [column.name for column in cursor.description]
            check_names(names, choice.name)
            types = {column.name: _type_name(connection, column.type_code) for column in cursor.description}
            with target.open("wb") as out, cursor.copy(f"copy (\n{choice.select}\n) to stdout (format csv)") as stream:
                for block in stream:
                    out.write(block)
            return choice, types
    except Exception as error:
        if not is_of_postgresql(error):
            raise
        raise UnreadableFileError(
            f"{address.shown} cannot be read.",
            found=address.cleaned(str(error))[:500],
            remedy="Check the table, the query and your rights; nothing was written.",
            code="database",
        ) from None


def _type_name(connection: Any, code: int) -> str:
    known = connection.adapters.types.get(code)
    # An array is known by the name of its elements.
    return str(known.name) if known is not None and known.oid == code else ""


def _long(text: pl.LazyFrame, names: list[str]) -> set[str]:
    """Columns of exact numbers with a whole one that float64 does not hold: ids, which stay text."""
    if not names:
        return set()
    value = {n: pl.col(n).cast(pl.Float64, strict=False).abs() for n in names}
    huge = {n: v.is_finite() & (v > LARGEST_EXACT) for n, v in value.items()}
    row = text.select((huge[n] & ~pl.col(n).str.contains(r"\.\d*[1-9]")).any().alias(n) for n in names)
    return {n for n, found in row.collect(engine="streaming").row(0, named=True).items() if found}


def _typed(name: str, kind: str, long: bool, read: bool) -> pl.Expr:
    cell = pl.col(name)
    if kind in _WHOLE:
        return cell.cast(pl.Int64)
    if kind in _FLOATING or (kind in _EXACT and not long):
        return cell.str.replace("Infinity", "inf", literal=True).cast(pl.Float64)
    if kind == "bool":
        return cell == "t"
    # "infinity" is a date there; as text it is a cell that does not fit, and its row is a reject.
    return cell.str.head(10) if kind in _DAYS and read else cell


def _with_types(
    settings: ReadingSettings, expected: Mapping[str, Reading], types: Mapping[str, str], long: set[str]
) -> ReadingSettings:
    free = [n for n in types if n not in expected and n not in settings.types]
    stated = {n: "text" for n in free if n in long}
    stated |= {n: "date" for n in free if types[n] in _DAYS}
    forms = {n: "YYYY-MM-DD" for n in types if types[n] in _DAYS}
    return settings.model_copy(
        update={"types": {**stated, **settings.types}, "date_formats": {**settings.date_formats, **forms}}
    )
