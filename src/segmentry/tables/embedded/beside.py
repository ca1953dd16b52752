"""New columns beside those of a frame in memory, which goes out as it came in."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, Protocol, cast

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.tables.embedded.native import is_text, largest_used
from segmentry.tables.embedded.rows import n_threads
from segmentry.tables.embedded.typing import text_as_told
from segmentry.tables.table import Table

try:
    from segmentry.tables.embedded import _words
except ImportError:  # installed without a C compiler: Polars compares
    _words = None  # type: ignore[assignment]

COMPILED = _words is not None

_MOST_WORDS = 250
_MOST_DAYS = 65_000  # 178 years


@dataclass(frozen=True)
class Words:
    """A column of few different texts: the text of each row is the one at its place, None for a missing cell."""

    places: np.ndarray[Any, Any]
    texts: Sequence[str | None]


@dataclass(frozen=True)
class Coded:
    """A column by its different values: each row has the one at its place in `values`, a frame of this column."""

    places: np.ndarray[Any, Any]
    values: pl.DataFrame


class _Cells(Protocol):
    def __getitem__(self, rows: slice, /) -> np.ndarray[Any, Any]: ...


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, of which the rows of a slice are had as an array; larger ones than `most` cannot be used.

    A slice that does not reach beyond one of `ends` copies nothing.
    """

    cells: _Cells
    most: float = math.inf
    ends: tuple[int, ...] = ()

    def __getitem__(self, rows: slice, /) -> np.ndarray[Any, Any]:
        return self.cells[rows]


def numbers_of(table: Table, names: Sequence[str]) -> dict[str, Numbers]:
    """Columns of numbers as the frame in memory has them, and of dates as days since the first of 1970; NaN for a
    missing cell.

    Where none is missing no number is copied, but for rows of a slice that lie in several pieces. A column that is not
    of that kind in the source as well, or of which a cell does not fit, is not there.
    """
    columns = [column for column in map(table.column, names) if not column.n_unfit]
    frame: pl.LazyFrame = nw.to_native(table.frame)
    own_name = {c.name: c.name if c.reading.missing else c.raw or c.name for c in columns}
    numbers = [pl.col(own_name[c.name]).alias(c.name) for c in columns if c.reading.kind == "number"]
    days = [pl.col(c.name).cast(pl.Int32) for c in columns if c.reading.kind == "date"]
    own = frame.select(*numbers, *days).collect()
    found = (series for series in own.iter_columns() if series.dtype.is_numeric())
    return {series.name: _numbers(series, series.name in table.unseen) for series in found}


def _numbers(series: pl.Series, unseen: bool) -> Numbers:
    # The largest whole number that is used is, as a floating-point one, also the next, which is not.
    most = math.nextafter(largest_used(series.dtype), 0) if unseen else math.inf
    # Of 128 bits NumPy has no numbers.
    plain = series.dtype.is_float() or (series.dtype.is_integer() and not str(series.dtype).endswith("128"))
    if not plain:
        series = series.cast(pl.Float64)
    if series.n_chunks() == 1 and not series.null_count():
        return Numbers(series.to_numpy(), most)
    pieces = [piece if piece.null_count() else piece.to_numpy() for piece in series.get_chunks()]
    ends = tuple(accumulate(map(len, pieces)))
    return Numbers(_Pieces(pieces, ends), most, ends)


@dataclass(frozen=True)
class _Pieces:
    """A column that is no array, of which the rows of a slice are made one: copied where cells are missing, or where
    they lie in several pieces."""

    pieces: Sequence[pl.Series | np.ndarray[Any, Any]]
    ends: tuple[int, ...]

    def __getitem__(self, rows: slice, /) -> np.ndarray[Any, Any]:
        first, last = bisect_right(self.ends, rows.start), bisect_left(self.ends, rows.stop) + 1
        parts = []
        for end, piece in zip(self.ends[first:last], self.pieces[first:last], strict=True):
            begin = end - len(piece)
            part = piece[max(rows.start - begin, 0) : min(rows.stop, end) - begin]
            parts.append(part.to_numpy() if isinstance(part, pl.Series) else part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def coded_texts(table: Table, words: Mapping[str, Sequence[str]]) -> dict[str, Coded]:
    """Columns of text by the words that matter of each: the values are missing, these words, and one that is none.

    A column that is not text in the source as well is not there, nor is one of very many words.
    """
    names = [name for name in words if len(words[name]) <= _MOST_WORDS and table.column(name).reading.kind == "text"]
    own = _own_cells(table, names)
    told = {name: text_as_told(name, table.column(name).reading.missing).value for name in own.columns}
    known = {name: _as_they_are(name, words[name], told[name]) for name in own.columns}
    with ThreadPoolExecutor(n_threads()) as pool:
        found = list(pool.map(_places_of, own.iter_columns(), known.values()))
    coded = {}
    for name, (places, others) in zip(own.columns, found, strict=True):
        # Only what is no word by its letters can be one with spaces around it.
        if others:
            rest = places > len(known[name])
            cells = own.select(pl.col(name).filter(pl.Series(rest))).lazy().select(told[name].alias(name))
            places[rest] = cells.select(_word_places(name, known[name])).collect().to_series().to_numpy()
        other = "?".join(["", *words[name], ""])  # longer than each of them
        coded[name] = Coded(places, pl.DataFrame({name: [None, *words[name], other]}, schema={name: pl.String}))
    return coded


def coded_days(table: Table, names: Sequence[str]) -> dict[str, Coded]:
    """Columns of dates by their days: the values are missing, and each day from the first to the last.

    A column whose days may be more than its rows is not there.
    """
    names = [name for name in names if table.column(name).reading.kind == "date"]
    frame: pl.LazyFrame = nw.to_native(table.frame)
    days = frame.select(pl.col(name).cast(pl.Int32) for name in names).collect()
    coded = {}
    for series in days.iter_columns():
        low, high = (cast("int", end if end is not None else 0) for end in (series.min(), series.max()))
        if high - low < min(len(series), _MOST_DAYS):
            places = (series - (low - 1)).fill_null(0).cast(pl.UInt16).to_numpy()
            values = pl.Series(series.name, [None, *range(low, high + 1)], dtype=pl.Int32).cast(pl.Date)
            coded[series.name] = Coded(places, values.to_frame())
    return coded


def _own_cells(table: Table, names: Sequence[str]) -> pl.DataFrame:
    """Those of the columns that are text in the source, as they are there."""
    columns = [table.column(name) for name in names]
    frame: pl.LazyFrame = nw.to_native(table.frame)
    own = frame.select(pl.col(c.raw or c.name).alias(c.name) for c in columns).collect()
    return own.select(name for name, dtype in own.schema.items() if is_text(dtype))


def _as_they_are(name: str, words: Sequence[str], told: pl.Expr) -> list[str | None]:
    """The words that stay what they are when they are read; None in place of the others, which no cell can be."""
    frame = pl.DataFrame({name: words}, schema={name: pl.String})
    return frame.select(pl.when(told == pl.col(name)).then(pl.col(name))).to_series().to_list()


def _places_of(column: pl.Series, words: Sequence[str | None]) -> tuple[np.ndarray[Any, Any], int]:
    """As `_word_places` has them, and how many cells are none of the words."""
    if not COMPILED or column.dtype != pl.String:
        found = column.to_frame().select(_word_places(column.name, words)).to_series()
        places = found.to_numpy(writable=True)
        return places, int(np.count_nonzero(places > len(words)))
    places = np.empty(len(column), dtype=np.uint8)
    texts = [None if word is None else word.encode() for word in words]
    return places, _words.places_of(column.__arrow_c_stream__(), texts, places)


def _word_places(name: str, words: Sequence[str | None]) -> pl.Expr:
    """0 where the cell is missing, the place of its word counted from 1, and behind them where it is none of the words.

    One comparison after the other: this many times over a column takes less than to look its texts up once.
    """
    place = pl.lit(len(words) + 1, pl.UInt8)
    for at, word in enumerate(words, 1):
        if word is not None:
            place = pl.when(pl.col(name) == word).then(pl.lit(at, pl.UInt8)).otherwise(place)
    return pl.when(pl.col(name).is_not_null()).then(place).otherwise(pl.lit(0, pl.UInt8)).alias(name)


def deliver_beside(table: Table, columns: Mapping[str, Words | np.ndarray[Any, Any]]) -> Any:
    """The frame that `table` was read from, whole, with more columns.

    Numbers that are NaN are missing. The names must be free. Nothing of the frame is computed or, where the kind of
    frame allows it, copied.
    """
    native = nw.to_native(table.origin, pass_through=True)
    if table.source_kind == "pandas":
        with ThreadPoolExecutor(n_threads()) as pool:
            cells = pool.map(partial(_for_pandas, native), columns.items())
            made = native.assign(**dict(zip(columns, cells, strict=True)))
    elif table.source_kind == "pyarrow":
        made = native
        for series in _series(columns):
            made = made.append_column(series.name, series.to_arrow())
    else:
        made = native.hstack(_series(columns))
    return made if table.origin is native else nw.from_native(made)


def _series(columns: Mapping[str, Words | np.ndarray[Any, Any]]) -> list[pl.Series]:
    # In one query: each column on a thread of its own.
    return pl.select([_column(column).alias(name) for name, column in columns.items()]).get_columns()


def _column(column: Words | np.ndarray[Any, Any]) -> pl.Expr:
    if isinstance(column, Words):
        return pl.lit(pl.Series(column.texts, dtype=pl.String)).gather(pl.lit(pl.Series(column.places)))
    return pl.lit(pl.Series(column)).fill_nan(None)


def _for_pandas(frame: Any, named: tuple[str, Words | np.ndarray[Any, Any]]) -> Any:
    name, column = named
    if isinstance(column, Words):
        # The frame's own library makes its kind of text of the few that there are; every row points at one of them.
        return type(frame)({name: list(column.texts)})[name].array.take(column.places)
    # As a column it is not copied once more.
    return type(frame)({name: column}, index=frame.index, copy=False)[name]
