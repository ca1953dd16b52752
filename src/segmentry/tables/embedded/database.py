"""Databases by address, each through its own reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from segmentry.tables.database.address import parse
from segmentry.tables.embedded.duckdb import read_duckdb
from segmentry.tables.embedded.postgresql import read_postgresql
from segmentry.tables.embedded.sqlite import read_sqlite
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table

_READERS = {"sqlite": read_sqlite, "duckdb": read_duckdb, "postgresql": read_postgresql}


def read_database(
    text: str, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows that `table` or `query` name in the database at an address."""
    address = parse(text)
    return _READERS[address.system](address, settings, expected, only=only)
