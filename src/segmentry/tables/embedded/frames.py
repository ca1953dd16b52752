"""Frames that live in memory already: Polars, pandas, and what Narwhals wraps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.errors import InputError
from segmentry.tables.embedded.assembly import Source, as_it_is, assemble, in_memory
from segmentry.tables.embedded.batches import series
from segmentry.tables.names import check_names
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, SourceKind, Table


def read_frame(
    source: Any,
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    *,
    only: Collection[str] | None = None,
    whole: bool = False,
    unseen: Collection[str] = (),
) -> Table:
    """The rows of a frame. `origin` stays the frame as it was handed over, so that it can go out again."""
    native = nw.to_native(source, pass_through=True)
    if isinstance(native, pl.LazyFrame):
        lazy = Source(native, "polars-lazy", "the frame", as_it_is, origin=source, whole=whole)
        return assemble(lazy, settings, expected, only)
    names, kind, made = _columns_of(native)
    check_names(names, _NAMES[kind])
    frame = made([name for name in names if only is None or name in only])
    # What is read once is not copied first.
    keep = in_memory if only is None else as_it_is
    found = Source(frame.lazy(), kind, _NAMES[kind], keep, present=len(native), origin=source, judged=only is None)
    numeric = frozenset(name for name, dtype in frame.schema.items() if name in unseen and dtype.is_numeric())
    table = assemble(replace(found, whole=whole, unseen=numeric), settings, expected)
    return replace(table, in_source=tuple(names), unseen=numeric)


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
    columns = {name: frame.iloc[:, at] for at, name in enumerate(names) if name in wanted}
    texts = _arrow_texts({name: column for name, column in columns.items() if _is_arrow_text(column)})
    return pl.DataFrame([texts[name] if name in texts else _series(name, column) for name, column in columns.items()])


def _is_arrow_text(column: Any) -> bool:
    return getattr(column.dtype, "storage", "") == "pyarrow"


def _arrow_texts(columns: Mapping[str, Any]) -> Mapping[str, pl.Series]:
    """Text that is in Arrow's form already, which need not become Python objects: as a table, which is turned on
    several threads."""
    if not columns:
        return {}
    table = nw.dependencies.get_pyarrow().table({name: c.array.__arrow_array__() for name, c in columns.items()})
    return {series.name: series.cast(pl.String) for series in pl.DataFrame(pl.from_arrow(table)).iter_columns()}


def _series(name: str, column: Any) -> pl.Series:
    dtype = column.dtype
    kind = getattr(dtype, "kind", "O")
    if isinstance(dtype, np.dtype) and kind in "biuf":
        values = column.to_numpy()
        return pl.Series(name, values.astype(np.float64) if values.dtype == np.float16 else values)
    if kind == "M":
        return _times(name, column)
    if kind == "m":
        return pl.Series(name, column.to_numpy().astype("timedelta64[us]"))
    categories = getattr(dtype, "categories", None)
    if categories is not None and all(isinstance(category, str) for category in categories):
        codes = column.cat.codes.to_numpy()
        places = np.where(codes < 0, len(categories), codes).astype(np.uint32)
        return pl.Series(name, [*categories, None], dtype=pl.String).gather(pl.Series(places))
    missing = column.isna().to_numpy()
    cells = column.astype(object).to_numpy()
    return objects(name, [None if gone else cell for gone, cell in zip(missing, cells, strict=True)])


def _times(name: str, column: Any) -> pl.Series:
    zone = getattr(column.dt, "tz", None)
    zoneless = column if zone is None else column.dt.tz_convert("UTC").dt.tz_localize(None)
    times = pl.Series(name, zoneless.to_numpy().astype("datetime64[us]", copy=False))
    return times if zone is None else times.dt.replace_time_zone("UTC").dt.convert_time_zone(_zone_name(zone))


def _zone_name(zone: dt.tzinfo) -> str:
    """The zone's name. One that is so many hours from UTC has one too; what has none is told in UTC."""
    distance = zone.utcoffset(None)
    if distance is None:
        return str(zone)
    hours, rest = divmod(distance, dt.timedelta(hours=1))
    # These names count westward.
    return "UTC" if rest or not hours or not -14 <= -hours <= 12 else f"Etc/GMT{-hours:+d}"


def objects(name: str, cells: list[Any]) -> pl.Series:
    """Python objects as a column: days where all cells are days or times, else what `series` makes of them.

    >>> objects("when", [dt.date(2024, 5, 3), None]).dtype
    Date
    """
    known = [cell.item() if isinstance(cell, np.generic) else cell for cell in cells]
    kinds = {type(cell) for cell in known if cell is not None}
    if kinds and all(issubclass(kind, dt.date) for kind in kinds):
        return pl.Series(name, [None if cell is None else _day(cell) for cell in known], dtype=pl.Date)
    return series(name, known)


def _day(cell: dt.date) -> dt.date:
    if not isinstance(cell, dt.datetime):
        return cell
    return (cell if cell.tzinfo is None else cell.astimezone(dt.UTC)).date()
