"""Where databases differ in what a scorer needs: quoting, the name of float64, floor, and parts of dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date


def _date_literal(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def _extract(part: str, column: str) -> str:
    return f"EXTRACT({part} FROM {column})"


def _floor(value: str) -> str:
    return f"FLOOR({value})"


@dataclass(frozen=True)
class Dialect:
    """How one kind of database writes what the others write otherwise."""

    name: str
    double: str
    quote: str = '"'
    days_since: Callable[[date, str], str] = lambda day, column: f"({_date_literal(day)} - {column})"
    extract: Callable[[str, str], str] = _extract
    floor: Callable[[str], str] = _floor
    least: str = "LEAST"
    greatest: str = "GREATEST"
    escape_backslash: bool = False

    def name_of(self, identifier: str) -> str:
        """An identifier, quoted.

        >>> print(DIALECTS["postgres"].name_of('spend "net" total'))
        "spend ""net"" total"
        """
        return f"{self.quote}{identifier.replace(self.quote, self.quote * 2)}{self.quote}"

    def text(self, value: str) -> str:
        """A text literal."""
        escaped = value.replace("\\", "\\\\") if self.escape_backslash else value
        quoted = escaped.replace("'", "\\'" if self.escape_backslash else "''")
        return f"'{quoted}'"

    def number(self, value: float) -> str:
        """A float64 literal: the shortest digits that give back the same value, with an exponent, because databases
        take 1.5 for a decimal and 1.5e0 for a float.

        >>> DIALECTS["duckdb"].number(0.1), DIALECTS["duckdb"].number(-2.0)
        ('0.1e0', '-2.0e0')
        """
        digits = repr(float(value))
        return digits if "e" in digits else f"{digits}e0"


def _sqlite_floor(value: str) -> str:
    # SQLite may be built without FLOOR; a cast cuts towards zero.
    return f"(CAST({value} AS INTEGER) - (({value}) < CAST({value} AS INTEGER)))"


def _sqlite_extract(part: str, column: str) -> str:
    code = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d"}[part]
    return f"CAST(STRFTIME('{code}', {column}) AS INTEGER)"


DIALECTS: Mapping[str, Dialect] = {
    "duckdb": Dialect("duckdb", "DOUBLE"),
    "postgres": Dialect("postgres", "DOUBLE PRECISION"),
    "sqlite": Dialect(
        "sqlite",
        "REAL",
        days_since=lambda day, column: f"(JULIANDAY('{day.isoformat()}') - JULIANDAY({column}))",
        extract=_sqlite_extract,
        floor=_sqlite_floor,
        least="MIN",
        greatest="MAX",
    ),
    "spark": Dialect(
        "spark",
        "DOUBLE",
        quote="`",
        days_since=lambda day, column: f"DATEDIFF({_date_literal(day)}, {column})",
        escape_backslash=True,
    ),
    "bigquery": Dialect(
        "bigquery",
        "FLOAT64",
        quote="`",
        days_since=lambda day, column: f"DATE_DIFF({_date_literal(day)}, {column}, DAY)",
        escape_backslash=True,
    ),
    "snowflake": Dialect(
        "snowflake",
        "DOUBLE",
        days_since=lambda day, column: f"DATEDIFF(DAY, {column}, {_date_literal(day)})",
    ),
}
