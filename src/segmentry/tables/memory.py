"""From a lazy table to memory: the only place where that happens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.tables.days import ordinal
from segmentry.tables.engines import Adder, engine_of
from segmentry.tables.names import ROW
from segmentry.tables.table import Table


def to_memory(frame: nw.LazyFrame[Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Every column as an array: numbers as float64 with NaN for missing, text as objects with None,
    dates as days (`date.toordinal`) in float64.

    >>> import polars as pl
    >>> to_memory(nw.from_native(pl.LazyFrame({"spend": [1, None]})))["spend"]
    array([ 1., nan])
    """
    schema = frame.collect_schema()
    days = [ordinal(nw.col(c)).alias(c) for c, kind in schema.items() if kind in (nw.Date, nw.Datetime)]
    collected = _collected(frame.with_columns(days) if days else frame)
    return {name: _array(collected[name]) for name in collected.columns}


def _array(series: nw.Series[Any]) -> np.ndarray[Any, Any]:
    if series.dtype.is_numeric() or series.dtype == nw.Boolean:
        numbers = series.cast(nw.Float64)
        return np.array(numbers.fill_null(float("nan")).to_numpy(), dtype=np.float64)
    out = np.empty(len(series), dtype=object)
    out[:] = series.to_list()
    return out


def arrays_of(frame: nw.LazyFrame[Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Every column as an array of its own type; none may have a missing cell.

    >>> import polars as pl
    >>> arrays_of(nw.from_native(pl.LazyFrame({"n": [1, 2]}, schema={"n": pl.Int16})))["n"].dtype
    dtype('int16')
    """
    collected = _collected(frame)
    return {name: collected[name].to_numpy() for name in collected.columns}


def materialise(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame computed once and held in memory, for a sample that several queries read."""
    return _collected(frame).lazy()


def materialise_beside(
    frame: nw.LazyFrame[Any], figures: nw.LazyFrame[Any]
) -> tuple[nw.LazyFrame[Any], dict[str, Any]]:
    """A frame held in memory, as `materialise` does, and the one row of another query over the same table: in one pass
    where the engine can."""
    kept, found = engine_of(frame).collect_all([frame, figures])
    [row] = found.rows(named=True)
    return kept.lazy(), row


def keeping_of(table: Table) -> Callable[[nw.LazyFrame[Any]], Adder] | None:
    """What computes a frame of a table's rows that has their numbers, and keeps it: it gives what adds its columns to
    any frame that has the numbers.

    None where rows have no number that holds from one query to the next: elsewhere, and in a query of the caller's.
    """
    return None if table.source_kind == "polars-lazy" else engine_of(table.frame).keep


def row_of(frame: nw.LazyFrame[Any], dtype: Any = nw.Int64) -> list[nw.Expr]:
    """The number of the row, for a `select`, in a list; an empty one where the frame has none.

    >>> import polars as pl
    >>> frame = nw.from_native(pl.LazyFrame({"age": [41]}))
    >>> len(row_of(frame)), len(row_of(frame.with_columns(nw.lit(0).alias(ROW))))
    (0, 1)
    """
    return [nw.col(ROW).cast(dtype)] if ROW in frame.collect_schema().names() else []


def _collected(frame: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    return engine_of(frame).collect(frame)


def collect_rows(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """A small result, such as sums by segment, as a list of rows."""
    return list(_collected(frame).rows(named=True))


def count_rows(frame: nw.LazyFrame[Any]) -> int:
    return int(_collected(frame.select(nw.len().cast(nw.Int64))).item())


def all_different(frame: nw.LazyFrame[Any], column: str) -> bool:
    """Whether no two rows have the same value there. False may also mean that only a count could tell.

    Counting different values is the costliest question one can ask of a table; ids in order, or with hashes that
    all differ, answer it at a fraction of the cost.
    """
    return engine_of(frame).all_different(frame, column)


def text_of(table: Table, column: str) -> nw.Expr:
    """The cells of a column as text, as they were written: for ids, which are never numbers."""
    found = table.column(column)
    if found.raw is None and found.reading.kind == "text" and not found.as_it_came:
        return nw.col(column)  # what reading left as it was has no white space around it, and is not empty
    source = found.raw or column
    return as_text(nw.col(source), table.frame.collect_schema()[source])


def plain_id(text: nw.Expr) -> nw.Expr:
    """Ids with 1001 where 1001.0 is written, which is what pandas makes of whole numbers where some are missing: one
    file's 1001 is another's 1001.0.

    >>> import polars as pl
    >>> ids = nw.from_native(pl.LazyFrame({"id": ["1001.0", "1001", "v1.0"]}))
    >>> [row["id"] for row in collect_rows(ids.select(plain_id(nw.col("id"))))]
    ['1001', '1001', 'v1.0']
    """
    pointed = text.str.contains(r"^[0-9]+\.0$")
    return nw.when(pointed).then(text.str.replace_all(r"\.0$", "")).otherwise(text)


def asked_id(text: str) -> str:
    """An id as somebody types it, in the form that `plain_id` gives the ids of a table.

    >>> asked_id("1001.0"), asked_id(" K1 ")
    ('1001', 'K1')
    """
    typed = text.strip()
    return typed.removesuffix(".0") if re.fullmatch(r"[0-9]+\.0", typed) else typed


def has_id(table: Table, column: str, asked: str) -> nw.Expr:
    """Which rows are those of the customer with this id: the one way in which a customer is found by id."""
    return plain_id(text_of(table, column)) == asked_id(asked)


def as_text(cell: nw.Expr, dtype: Any) -> nw.Expr:
    """Cells of any type as text, missing where nothing is written.

    Whole numbers have no decimal point, so that an id column that pandas made floating reads as before.
    """
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        text = cell.cast(nw.String).str.strip_chars()
    elif dtype.is_float():
        # Beyond 2^53 a float holds no id exactly, and beyond 2^63 no whole number fits.
        whole = (cell == cell.floor()) & (cell < 2.0**63) & (cell > -(2.0**63))
        safe = nw.when(whole).then(cell).otherwise(nw.lit(0.0))
        known = nw.when(whole).then(safe.cast(nw.Int64).cast(nw.String)).otherwise(cell.cast(nw.String))
        text = nw.when(~cell.is_nan()).then(known)
    elif dtype == nw.Datetime:
        text = cell.cast(nw.Date).cast(nw.String)
    else:
        text = cell.cast(nw.String)
    return nw.when(text != "").then(text)
