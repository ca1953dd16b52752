"""A table or a query of an SQLite database as the embedded engine's table."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from segmentry.errors import UnreadableFileError
from segmentry.tables.database.address import Address
from segmentry.tables.database.choice import Choice, Name, choose
from segmentry.tables.embedded.assembly import Source, assemble
from segmentry.tables.embedded.batches import BATCH, Batches, series
from segmentry.tables.names import check_names
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table

_ROWIDS = ("rowid", "oid", "_rowid_")
_NUMERIC = ("INT", "REAL", "FLOA", "DOUB", "NUM", "DEC")
_TEXTUAL = ("CHAR", "CLOB", "TEXT", "BLOB", "DATE", "TIME", "BOOL")


def read_sqlite(
    address: Address, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows as they are at one moment; a reject's line is the rowid where the table has one."""
    path = Path(address.file)
    batches = Batches()
    try:
        with closing(_open(path)) as connection:
            # One transaction: the list of tables and the rows are of the same moment.
            connection.execute("begin")
            choice = choose(address, settings, _tables(connection))
            numeric = _declared_numeric(connection, choice)
            names, rowids = _fetch(connection, choice, batches)
        mixed = {n: "number" for n in numeric if n in names and n not in expected and n not in settings.types}
        settings = settings.model_copy(update={"types": {**mixed, **settings.types}})
        source = Source(
            frame=batches.lazy(names),
            kind="sql",
            name=f"{path.name} ({choice.name})",
            keep=batches.keep,
            present=batches.rows,
            lines=rowids,
            origin=choice.origin(address),
            scratch=batches.scratch,
        )
        return assemble(source, settings, expected, only)
    except sqlite3.Error as error:
        batches.drop()
        raise UnreadableFileError(
            f"{address.shown} cannot be read.",
            found=address.cleaned(str(error)),
            remedy="Check the file and the query; a database that is being written may have to be read again.",
            code="database",
        ) from None
    except BaseException:
        batches.drop()
        raise


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise UnreadableFileError(f"{path} does not exist.", remedy="Check the name and the folder.")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30)
    connection.execute("pragma query_only = on")
    return connection


def _tables(connection: sqlite3.Connection) -> list[Name]:
    found = connection.execute(
        "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'"
    )
    return [Name("", name) for (name,) in found]


def _declared_numeric(connection: sqlite3.Connection, choice: Choice) -> list[str]:
    """Columns declared as numbers. SQLite keeps text in them all the same, which is then no number."""
    if choice.table is None:
        return []
    found = connection.execute("select name, upper(type) from pragma_table_info(?)", (choice.table.table,))
    return [n for n, t in found if any(k in t for k in _NUMERIC) and not any(k in t for k in _TEXTUAL)]


def _fetch(
    connection: sqlite3.Connection, choice: Choice, batches: Batches
) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.int64]] | None]:
    rowid = _rowid(connection, choice)
    select = choice.select if rowid is None else choice.select.replace("select *", f"select {rowid}, *", 1)
    cursor = connection.execute(select)
    if cursor.description is None:
        raise UnreadableFileError("The query gives no rows.", remedy="Pass a select statement.", code="database")
    first = 0 if rowid is None else 1
    names = [column[0] for column in cursor.description][first:]
    check_names(names, choice.name)
    ids: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    while rows := cursor.fetchmany(BATCH):
        columns = list(zip(*rows, strict=True))
        if first:
            ids.append(np.array(columns[0], dtype=np.int64))
        batches.add([series(name, list(cells)) for name, cells in zip(names, columns[first:], strict=True)])
    if rowid is None:
        return names, None
    return names, np.concatenate(ids) if ids else np.empty(0, dtype=np.int64)


def _rowid(connection: sqlite3.Connection, choice: Choice) -> str | None:
    if choice.table is None:
        return None
    name = choice.table.table
    (kind,) = connection.execute("select type from sqlite_master where name = ?", (name,)).fetchone()
    own = {n.lower() for (n,) in connection.execute("select name from pragma_table_info(?)", (name,))}
    free = next((r for r in _ROWIDS if r not in own), None)
    if kind != "table" or free is None:
        return None
    try:
        connection.execute(f"select {free} from {choice.table.sql} limit 0")  # noqa: S608 - both are known names
    except sqlite3.OperationalError:  # a table WITHOUT ROWID
        return None
    return free
