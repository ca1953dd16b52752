"""Database drivers that only some users install, imported when a database is first opened.

The one place below the commands that imports late: a driver that is not there must not keep a CSV file from being read.
"""

from __future__ import annotations

import importlib
from typing import Any

from segmentry.errors import MissingExtraError


def duckdb_driver() -> Any:
    """The module duckdb; MissingExtraError with the line that installs it where it is not there."""
    try:
        return importlib.import_module("duckdb")
    except ImportError:
        raise MissingExtraError("A DuckDB database cannot be opened without DuckDB.", "duckdb") from None


def postgresql_driver() -> Any:
    """The module psycopg; MissingExtraError with the line that installs it where it is not there."""
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        raise MissingExtraError("A PostgreSQL database cannot be read without its driver.", "sql") from None
