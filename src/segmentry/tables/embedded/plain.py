"""Cells that text has no form of its own for, in words: bytes, spans of time, lists and fields, and infinite days."""

from __future__ import annotations

from typing import Any

import polars as pl

from segmentry.tables.embedded.calendar import day_in_words, is_no_day, writable

_PER_DAY = 86_400_000_000.0  # microseconds
_CELL = "cell"


def in_words(rows: pl.LazyFrame, nested: bool = True) -> pl.LazyFrame:
    """Bytes as hexadecimal digits, spans of time in days, and days that no calendar has as `infinity`.

    `nested` makes JSON of lists and fields; without it these stay, and only what is in them is put so.

    >>> rows = pl.LazyFrame({"seen": [[1, 2], None], "key": [b"\\x01\\xff", None]})
    >>> in_words(rows).collect().rows()
    [('[1,2]', '01ff'), (None, None)]
    """
    schema = rows.collect_schema()
    changed = {name: _plain(pl.col(name), dtype) for name, dtype in schema.items() if _is_odd(dtype)}
    changed |= {name: day_in_words(pl.col(name), schema[name]) for name in _with_far_days(rows, schema)}
    if nested:
        odd = [name for name, dtype in schema.items() if dtype.is_nested()]
        changed |= {name: _json(changed.get(name, pl.col(name)), name) for name in odd}
    return rows.with_columns(e.alias(name) for name, e in changed.items()) if changed else rows


def _with_far_days(rows: pl.LazyFrame, schema: Any) -> list[str]:
    days = [name for name, dtype in schema.items() if isinstance(dtype, (pl.Date, pl.Datetime))]
    if not days:
        return []
    far = rows.select(is_no_day(pl.col(name), schema[name]).any().alias(name) for name in days)
    return [name for name, some in far.collect(engine="streaming").row(0, named=True).items() if some]


def _is_odd(dtype: Any) -> bool:
    """Whether cells of this type must be put in another way; of dates only those within lists and fields."""
    if isinstance(dtype, pl.Map) and dtype.key != pl.String:  # the keys of JSON are text
        return True
    if dtype.is_nested():
        return any(_is_odd(part) or isinstance(part, (pl.Date, pl.Datetime)) for part in _parts(dtype))
    return dtype == pl.Binary or isinstance(dtype, pl.Duration)


def _parts(dtype: Any) -> list[Any]:
    if isinstance(dtype, pl.Struct):
        return [field.dtype for field in dtype.fields]
    return [dtype.key, dtype.value] if isinstance(dtype, pl.Map) else [dtype.inner]


def _plain(cell: pl.Expr, dtype: Any) -> pl.Expr:
    if dtype == pl.Binary:
        return cell.bin.encode("hex")
    if isinstance(dtype, pl.Duration):
        return cell.dt.total_microseconds().cast(pl.Float64) / _PER_DAY
    if isinstance(dtype, (pl.Date, pl.Datetime)):
        return writable(cell, dtype)
    if not dtype.is_nested() or not _is_odd(dtype):
        return cell
    if isinstance(dtype, pl.Struct):
        fields = [_plain(cell.struct.field(f.name), f.dtype).alias(f.name) for f in dtype.fields]
        return pl.when(cell.is_not_null()).then(pl.struct(fields))
    if isinstance(dtype, pl.Map):
        pair = pl.Struct({"key": dtype.key, "value": dtype.value})
        return cell.map.entries().list.eval(_plain(pl.element(), pair))
    listed = cell.arr.to_list() if isinstance(dtype, pl.Array) else cell
    return listed.list.eval(_plain(pl.element(), dtype.inner))


def _json(cell: pl.Expr, name: str) -> pl.Expr:
    # The engine writes JSON of fields only: the cell is the one field, which is taken off again.
    whole = pl.struct(cell.alias(_CELL)).struct.json_encode()
    text = whole.str.strip_prefix(f'{{"{_CELL}":').str.strip_suffix("}")
    return pl.when(pl.col(name).is_not_null()).then(text)
