"""Frames that live in memory already: Polars, pandas, and what Narwhals wraps."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.errors import InputError
from segmentry.tables.embedded.assembly import Source, as_it_is, assemble, in_memory
from segmentry.tables.names import check_names
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, SourceKind, Table


def read_frame(
    source: Any, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows of a frame. `origin` stays the frame as it was handed over, so that it can go out again."""
    native = nw.to_native(source, pass_through=True)
    if isinstance(native, pl.LazyFrame):
        return assemble(Source(native, "polars-lazy", "the frame", as_it_is, origin=source), settings, expected, only)
    names, kind, made = _columns_of(native)
    check_names(names, _NAMES[kind])
    frame = made([name for name in names if only is None or name in only])
    # What is read once is not copied first.
    keep = in_memory if only is None else as_it_is
    found = Source(frame.lazy(), kind, _NAMES[kind], keep, present=len(native), origin=source, judged=only is None)
    return replace(assemble(found, settings, expected), in_source=tuple(names))


_NAMES: Mapping[SourceKind, str] = {"polars": "the frame", "pandas": "the frame", "pyarrow": "the table"}


def _columns_of(native: Any) -> tuple[list[str], SourceKind, Callable[[Sequence[str]], pl.DataFrame]]:
    """The names of a frame's columns, its kind, and what makes a Polars frame of some of them."""
    if isinstance(native, pl.DataFrame):
        return native.columns, "polars", native.select
    if nw.dependencies.is_pandas_dataframe(native):
        names = [str(name) for name in native.columns]
        return names, "pandas", lambda wanted: _from_pandas(native, names, wanted)
    if nw.dependencies.is_pyarrow_table(native):
        return native.column_names, "pyarrow", lambda wanted: pl.DataFrame(pl.from_arrow(native.select(wanted)))
    raise InputError(
        "This is not a table that segmentry can read.",
        found=type(native).__name__,
        remedy="Pass a path, or a pandas or Polars frame.",
    )


def _from_pandas(frame: Any, names: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame:
    # Column by column through NumPy: the index stays behind, and PyArrow is not needed.
    return pl.DataFrame([_series(name, frame.iloc[:, at]) for at, name in enumerate(names) if name in wanted])


def _series(name: str, column: Any) -> pl.Series:
    dtype = column.dtype
    kind = getattr(dtype, "kind", "O")
    if isinstance(dtype, np.dtype) and kind in "biuf":
        values = column.to_numpy()
        return pl.Series(name, values.astype(np.float64) if values.dtype == np.float16 else values)
    if kind == "M":
        zoneless = column.dt.tz_localize(None) if getattr(column.dt, "tz", None) is not None else column
        return pl.Series(name, zoneless.to_numpy().astype("datetime64[us]"))
    if kind == "m":
        return pl.Series(name, column.to_numpy().astype("timedelta64[us]"))
    if getattr(dtype, "storage", "") == "pyarrow":
        # Text that is in Arrow's form already need not become Python objects.
        return pl.Series(name, pl.from_arrow(column.array.__arrow_array__()), dtype=pl.String)
    categories = getattr(dtype, "categories", None)
    if categories is not None and all(isinstance(category, str) for category in categories):
        codes = column.cat.codes.to_numpy()
        places = np.where(codes < 0, len(categories), codes).astype(np.uint32)
        return pl.Series(name, [*categories, None], dtype=pl.String).gather(pl.Series(places))
    missing = column.isna().to_numpy()
    cells = column.astype(object).to_numpy()
    return objects(name, [None if gone else cell for gone, cell in zip(missing, cells, strict=True)])


def objects(name: str, cells: list[Any]) -> pl.Series:
    """Python objects as a column: of one kind where all cells are, else as text.

    >>> objects("when", [dt.date(2024, 5, 3), None]).dtype
    Date
    """
    known = [cell.item() if isinstance(cell, np.generic) else cell for cell in cells]
    kinds = {type(cell) for cell in known if cell is not None}
    if all(issubclass(kind, bool) for kind in kinds) and kinds:
        return pl.Series(name, known, dtype=pl.Boolean)
    if kinds and all(issubclass(kind, (int, float, decimal.Decimal)) and kind is not bool for kind in kinds):
        if all(issubclass(kind, int) for kind in kinds):
            small = all(cell is None or -(2**63) <= cell < 2**63 for cell in known)
            return pl.Series(name, known if small else [None if c is None else str(c) for c in known])
        return pl.Series(name, [None if c is None else float(c) for c in known], dtype=pl.Float64)
    if kinds and all(issubclass(kind, dt.date) for kind in kinds):
        days = [c.date() if isinstance(c, dt.datetime) else c for c in known]
        return pl.Series(name, days, dtype=pl.Date)
    return pl.Series(name, [None if c is None else _text(c) for c in known], dtype=pl.String)


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**63:
        return str(int(cell))
    return str(cell)
