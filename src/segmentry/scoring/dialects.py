"""Where databases differ in what a scorer needs: quoting, names of types, floor, dates, and truth values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from segmentry.errors import SettingsError
from segmentry.tables import check_kind


def _date_literal(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def _doubled(quote: str) -> Callable[[str], str]:
    return lambda text: text.replace(quote, quote * 2)


def _backslashed(quote: str) -> Callable[[str], str]:
    def escape(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
        return escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")

    return escape


_double_quotes, _single_quotes, _backticks = _doubled('"'), _doubled("'"), _doubled("`")


def _spark_text(text: str) -> str:
    # Spark fills in ${...} before it reads the statement.
    return _backslashed("'")(text).replace("${", "\\u0024{")


@dataclass(frozen=True)
class Dialect:
    """How one kind of database writes what the others write otherwise."""

    name: str
    double: str
    string: str
    quote: str = '"'
    escape_name: Callable[[str], str] = _double_quotes
    escape_text: Callable[[str], str] = _single_quotes
    as_date: Callable[[str], str] = lambda column: f"CAST({column} AS DATE)"
    date_needed: str = "date"
    days_since: Callable[[date, str], str] = lambda day, column: f"({_date_literal(day)} - {column})"
    extract: Callable[[str, str], str] = lambda part, column: f"EXTRACT({part} FROM {column})"
    floor: Callable[[str], str] = lambda value: f"FLOOR({value})"
    least: str = "LEAST"
    greatest: str = "GREATEST"
    truth_casts: bool = True  # whether a truth value casts to a float
    # Written after a step's name, for planners that would put each step into the next, again and again.
    once: str = ""

    def name_of(self, identifier: str) -> str:
        """An identifier, quoted.

        >>> print(DIALECTS["postgres"].name_of('spend "net" total'))
        "spend ""net"" total"
        """
        return f"{self.quote}{self.escape_name(identifier)}{self.quote}"

    def table(self, name: str) -> str:
        """A table's name, perhaps qualified; a part that has a dot itself stands in quotes.

        >>> print(DIALECTS["spark"].table('crm."customers.2024"'))
        `crm`.`customers.2024`
        """
        return ".".join(self.name_of(part) for part in table_parts(name))

    def text(self, value: str) -> str:
        """A text literal."""
        return f"'{self.escape_text(value)}'"

    def number(self, value: float) -> str:
        """A float64 literal: the shortest digits that give back the same value, with an exponent, because databases
        take 1.5 for a decimal and 1.5e0 for a float.

        >>> DIALECTS["duckdb"].number(0.1), DIALECTS["duckdb"].number(-2.0)
        ('0.1e0', '-2e0')
        """
        digits = repr(float(value)).removesuffix(".0").replace("e+", "e")
        return digits if "e" in digits else f"{digits}e0"


_QUOTED = re.compile(r'"((?:[^"]|"")+)"|`((?:[^`]|``)+)`')


def table_parts(name: str) -> list[str]:
    """The parts of a table's name, without quotes. Raises SettingsError where one is empty.

    >>> table_parts("crm.customers"), table_parts('"odd "" name".x')
    (['crm', 'customers'], ['odd " name', 'x'])
    """
    check_kind(name, str, "The table should be a name.", "For example customers, or crm.customers.")
    parts, at = [], 0
    while at <= len(name):
        quoted = _QUOTED.match(name, at)
        if quoted and (quoted.end() == len(name) or name[quoted.end()] == "."):
            parts.append(quoted[1].replace('""', '"') if quoted[1] else quoted[2].replace("``", "`"))
            at = quoted.end() + 1
            continue
        end = name.find(".", at)
        end = len(name) if end < 0 else end
        parts.append(name[at:end].strip())
        at = end + 1
    if not all(parts) or "\0" in name:
        raise SettingsError(
            "This is not the name of a table.",
            found=repr(name),
            remedy="Pass --table customers, --table crm.customers, or --table 'crm.\"odd.name\"'.",
        )
    return parts


def _sqlite_floor(value: str) -> str:
    # SQLite may be built without FLOOR; a cast cuts towards zero.
    return f"(CAST({value} AS INTEGER) - (({value}) < CAST({value} AS INTEGER)))"


def _sqlite_extract(part: str, column: str) -> str:
    code = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d"}[part]
    return f"CAST(STRFTIME('{code}', {column}) AS INTEGER)"


DIALECTS: Mapping[str, Dialect] = {
    "duckdb": Dialect("duckdb", "DOUBLE", "VARCHAR"),
    "postgres": Dialect("postgres", "DOUBLE PRECISION", "TEXT", truth_casts=False, once=" MATERIALIZED"),
    "sqlite": Dialect(
        "sqlite",
        "REAL",
        "TEXT",
        once=" MATERIALIZED",
        as_date=lambda column: f"DATE({column})",
        date_needed="date, as text YYYY-MM-DD",
        days_since=lambda day, column: f"(JULIANDAY('{day.isoformat()}') - JULIANDAY({column}))",
        extract=_sqlite_extract,
        floor=_sqlite_floor,
        least="MIN",
        greatest="MAX",
    ),
    "spark": Dialect(
        "spark",
        "DOUBLE",
        "STRING",
        quote="`",
        escape_name=_backticks,
        escape_text=_spark_text,
        days_since=lambda day, column: f"DATEDIFF({_date_literal(day)}, {column})",
    ),
    "bigquery": Dialect(
        "bigquery",
        "FLOAT64",
        "STRING",
        quote="`",
        escape_name=_backslashed("`"),
        escape_text=_backslashed("'"),
        days_since=lambda day, column: f"DATE_DIFF({_date_literal(day)}, {column}, DAY)",
        truth_casts=False,
    ),
    "snowflake": Dialect(
        "snowflake",
        "DOUBLE",
        "VARCHAR",
        escape_text=_backslashed("'"),
        days_since=lambda day, column: f"DATEDIFF(DAY, {column}, {_date_literal(day)})",
        truth_casts=False,
    ),
}
_ALIASES = {"postgresql": "postgres", "sqlite3": "sqlite", "pyspark": "spark", "databricks": "spark"}


def dialect_of(name: str) -> Dialect:
    """The dialect of a database by its name. Raises SettingsError for one that is not known."""
    check_kind(name, str, "The dialect should be a name.", f"Use {', '.join(DIALECTS)}.")
    folded = name.strip().lower()
    found = DIALECTS.get(_ALIASES.get(folded, folded))
    if found is None:
        raise SettingsError(f"There is no dialect '{name}'.", found=name, remedy=f"Use {', '.join(DIALECTS)}.")
    return found
