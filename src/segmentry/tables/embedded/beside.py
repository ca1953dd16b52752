"""New columns beside those of a frame in memory, which goes out as it came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.tables.table import Table


@dataclass(frozen=True)
class Words:
    """A column of few different texts: the text of each row is the one at its place, None for a missing cell."""

    places: np.ndarray[Any, Any]
    texts: Sequence[str | None]


def numbers_of(table: Table, names: Sequence[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Columns of numbers as the frame in memory has them, NaN for a missing cell; not copied where none is missing.

    A column that is not numbers in the source as well is not there, nor is any where rows were rejected.
    """
    columns = [c for c in map(table.column, names) if c.reading.kind == "number" and not table.rows_rejected]
    frame: pl.LazyFrame = nw.to_native(table.frame)
    own = frame.select(pl.col(c.raw or c.name).alias(c.name) for c in columns).collect()
    return {series.name: _array(series) for series in own.iter_columns() if series.dtype.is_numeric()}


def _array(series: pl.Series) -> np.ndarray[Any, Any]:
    plain = series.dtype.is_integer() or series.dtype.is_float()
    return (series if plain and not series.null_count() else series.cast(pl.Float64)).to_numpy()


def deliver_beside(
    table: Table, rows: np.ndarray[Any, Any] | None, columns: Mapping[str, Words | np.ndarray[Any, Any]]
) -> Any:
    """The frame that `table` was read from, with columns for its rows at the places `rows`; None where for all.

    Numbers that are NaN are missing. The names must be free. Nothing of the frame is computed or, where the kind of
    frame allows it, copied.
    """
    native = nw.to_native(table.origin, pass_through=True)
    if table.source_kind == "pandas":
        kept = native if rows is None else native.iloc[rows]
        made = kept.assign(**{name: _for_pandas(native, name, column) for name, column in columns.items()})
    elif table.source_kind == "pyarrow":
        made = native if rows is None else native.take(pl.Series(rows).to_arrow())
        for name, column in columns.items():
            made = made.append_column(name, _series(name, column).to_arrow())
    else:
        kept = native if rows is None else native[rows]
        made = kept.hstack([_series(name, column) for name, column in columns.items()])
    return made if table.origin is native else nw.from_native(made)


def _series(name: str, column: Words | np.ndarray[Any, Any]) -> pl.Series:
    if isinstance(column, Words):
        places = pl.Series(column.places.astype(np.uint32))
        return pl.Series(name, column.texts, dtype=pl.String).gather(places)
    return pl.Series(name, column, nan_to_null=True)


def _for_pandas(frame: Any, name: str, column: Words | np.ndarray[Any, Any]) -> Any:
    if isinstance(column, Words):
        # The frame's own library makes its kind of text of the few that there are; every row points at one of them.
        return type(frame)({name: list(column.texts)})[name].array.take(column.places)
    return column
