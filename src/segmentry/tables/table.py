"""The table every later room works on: typed lazily, with every row of the source accounted for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import narwhals.stable.v2 as nw

from segmentry.errors import Notice

Kind = Literal["number", "date", "text"]
NOT_USED = "lists, bytes or the like, not used"  # how a column is read whose values are of no kind
SourceKind = Literal[
    "csv", "parquet", "excel", "json", "arrow", "sql", "pandas", "polars", "polars-lazy", "pyarrow", "duckdb", "spark",
    "computed",
]  # fmt: skip


def not_used(name: str, dtype: object) -> Notice:
    """What is said of a column whose values can be of no kind: lists, structs, bytes."""
    return Notice("nested-column", f"'{name}' holds values that are neither number, day nor text ({dtype}); not used.")


@dataclass(frozen=True)
class Reading:
    """How the cells of a column were turned into values; kept in the model so that scoring reads alike.

    `kind` is number (Float64), date (Date) or text (String). `decimal` is the decimal mark that was
    settled on, None where no cell has one. `date_format` is spelled as people do: "DD-MM-YYYY".
    `missing` are the words that the caller said mean "missing".
    """

    kind: Kind
    decimal: Literal[".", ","] | None = None
    date_format: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of the source.

    `raw` names a hidden column of the frame that holds the cells as they were in the source, where
    the typed column differs from them; None when the typed column is the source's own.
    `how` says in words how it was read ("numbers with decimal comma", "dates as DD-MM-YYYY").
    `unit` is a currency sign or % that the cells carried, else "".
    `as_it_came` tells that nothing was read: the cells have the source's own type, whatever `reading` says.
    `n_unfit` cells could not be used and count as missing.
    """

    name: str
    reading: Reading
    how: str
    raw: str | None = None
    unit: str = ""
    as_it_came: bool = False
    n_unfit: int = 0

    def with_missing(self, missing: tuple[str, ...]) -> Column:
        """The column, read with these words for "missing"."""
        return replace(self, reading=replace(self.reading, missing=missing))

    @classmethod
    def unread(cls, name: str) -> Column:
        """A column that is carried along and not looked at."""
        return cls(name, Reading("text"), "not read", as_it_came=True)


@dataclass(frozen=True)
class Reject:
    """A row that could not be used: physical line (1 = first line of the file), column, reason, masked value.

    In a sheet the line is the row's number, in a database the rowid or, where there is none, the place in the result.
    """

    line: int
    column: str
    reason: str
    value: str


@dataclass(frozen=True)
class Table:
    """A typed, lazy table. `rows_read + rows_rejected == rows_present`, always."""

    frame: nw.LazyFrame[Any]
    columns: tuple[Column, ...]
    rows_present: int
    rows_read: int
    source_kind: SourceKind
    source_name: str
    rejects: tuple[Reject, ...] = ()
    notices: tuple[Notice, ...] = ()
    # Of a frame in memory that was not read whole: all its columns. What is not among `columns` goes out as it came.
    in_source: tuple[str, ...] = ()
    unseen: frozenset[str] = frozenset()  # columns whose numbers nobody has looked at: some may be too large to use
    missing: tuple[str, ...] = ()  # words that the caller said mean "missing" in every column
    how: str = ""  # what was settled about the source as a whole: "semicolon, cp1252", "sheet 'Spring'"
    # What the caller handed over, so that the same kind goes out; a path, or the frame itself.
    origin: Any = field(default=None, repr=False, compare=False)
    # Held so that a scratch folder lives exactly as long as the lazy frame that scans it.
    scratch: Path | None = field(default=None, repr=False, compare=False)

    @property
    def rows_rejected(self) -> int:
        return self.rows_present - self.rows_read

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    @property
    def taken_names(self) -> tuple[str, ...]:
        """Every column's name in the source: those that a new one cannot have."""
        return self.in_source or self.names
