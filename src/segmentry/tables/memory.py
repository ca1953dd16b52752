"""From a lazy table to memory, and dates as days: the only place where either happens."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

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


def materialise(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame computed once and held in memory, for a sample that several queries read."""
    return _collected(frame).lazy()


def hold(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """A frame that several passes read: computed once and kept, where the embedded engine holds it anyway."""
    return materialise(frame) if frame.implementation.is_polars() else frame


def _collected(frame: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    if frame.implementation.is_polars():
        # The streaming engine takes less memory, and less time on many rows.
        return nw.from_native(nw.to_native(frame).collect(engine="streaming"), eager_only=True)
    return frame.collect("polars")


def collect_rows(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """A small result, such as sums by segment, as a list of rows."""
    return list(_collected(frame).rows(named=True))


def count_rows(frame: nw.LazyFrame[Any]) -> int:
    return int(_collected(frame.select(nw.len().cast(nw.Int64))).item())


def ordinal(expr: nw.Expr) -> nw.Expr:
    """Days of a date as `date.toordinal` counts them, on every engine."""
    # Narwhals has no difference in days that all engines answer; this whole-number form is one.
    y = expr.dt.year().cast(nw.Int64) - 1
    return 365 * y + y // 4 - y // 100 + y // 400 + expr.dt.ordinal_day().cast(nw.Int64)


def text_of(table: Table, column: str) -> nw.Expr:
    """The cells of a column as text, as they were written: for ids, which are never numbers.

    Whole numbers have no decimal point, so that an id column that pandas made floating reads as before.
    """
    source = table.column(column).raw or column
    cell, kind = nw.col(source), table.frame.collect_schema()[source]
    if kind in (nw.String, nw.Categorical, nw.Enum):
        text = cell.cast(nw.String).str.strip_chars()
    elif kind.is_float():
        # Beyond 2^53 a float holds no id exactly, and beyond 2^63 no whole number fits.
        whole = (cell == cell.floor()) & (cell < 2.0**63) & (cell > -(2.0**63))
        safe = nw.when(whole).then(cell).otherwise(nw.lit(0.0))
        known = nw.when(whole).then(safe.cast(nw.Int64).cast(nw.String)).otherwise(cell.cast(nw.String))
        text = nw.when(~cell.is_nan()).then(known)
    else:
        text = cell.cast(nw.String)
    return nw.when(text != "").then(text)
