"""Rows that arrive as Python objects, a batch at a time: in memory while they are few, on disk once they are many."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from segmentry.tables.embedded.assembly import Keep, Scratch, in_memory
from segmentry.tables.embedded.native import LARGEST, as_text
from segmentry.tables.scratch import needs_room, scratch_folder

IN_MEMORY_BELOW = 256 * 1024**2  # bytes; larger sources are typed once into Parquet, so that no pass reads them again
BATCH = 50_000  # rows

_SINGLE: dict[type, Any] = {bool: pl.Boolean, dt.date: pl.Date, dt.datetime: pl.Datetime("us"), bytes: pl.Binary}


class Batches:
    """Collects frames with the same columns, whose types may differ from batch to batch."""

    def __init__(self) -> None:
        self.rows = 0
        self.scratch: Scratch | None = None
        self._frames: list[pl.DataFrame] = []
        self._parts: list[Path] = []
        self._schemas: list[dict[str, Any]] = []
        self._long: set[str] = set()  # columns with whole numbers that float64 does not hold
        self._size = 0

    def add(self, columns: Sequence[pl.Series]) -> None:
        frame = pl.DataFrame(columns)
        self.rows += frame.height
        self._size += int(frame.estimated_size())
        self._schemas.append(dict(frame.schema))
        for name, dtype in frame.schema.items():
            if dtype == pl.Int64 and name not in self._long and frame.height:
                extremes = frame.select(low=pl.col(name).min(), high=pl.col(name).max()).row(0)
                if any(value is not None and abs(value) > LARGEST for value in extremes):
                    self._long.add(name)
        self._frames.append(frame)
        if self._size > IN_MEMORY_BELOW:
            self._spill()

    def lazy(self, names: Iterable[str]) -> pl.LazyFrame:
        """All rows, each column in one type, columns in the order of `names`."""
        wanted = list(names)
        target = {name: self._common(name) for name in wanted}
        if not self._schemas:
            return pl.LazyFrame(schema=dict.fromkeys(wanted, pl.String))
        if self._parts:
            self._spill()
            sources = [pl.scan_parquet(part) for part in self._parts]
        else:
            sources = [frame.lazy() for frame in self._frames]
        made = [
            s.select(_cast(n, h.get(n), target[n]) for n in wanted) for s, h in zip(sources, self._schemas, strict=True)
        ]
        return pl.concat(made)

    @property
    def keep(self) -> Keep:
        return in_memory if self.scratch is None else in_scratch(self.scratch)

    def drop(self) -> None:
        """Nothing stays on disk when reading has failed."""
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _spill(self) -> None:
        if self.scratch is None:
            self.scratch = Scratch(scratch_folder())
        for frame in self._frames:
            part = Path(str(self.scratch)) / f"part-{len(self._parts):06}.parquet"
            with needs_room():
                frame.write_parquet(part, compression="lz4")
            self._parts.append(part)
        self._frames.clear()
        self._size = 0

    def _common(self, name: str) -> Any:
        kinds = {schema[name] for schema in self._schemas if name in schema} - {pl.Null}
        if not kinds:
            return pl.Null
        if len(kinds) == 1:
            return next(iter(kinds))
        if kinds == {pl.Int64, pl.Float64} and name not in self._long:
            return pl.Float64
        return pl.String


def in_scratch(scratch: Scratch) -> Keep:
    """Typed rows go into the scratch folder once, so that no later pass reads the source again."""

    def keep(frame: pl.LazyFrame) -> pl.LazyFrame:
        target = Path(str(scratch)) / "typed.parquet"
        with needs_room():
            frame.sink_parquet(target, compression="lz4")
        return pl.scan_parquet(target)

    return keep


def _cast(name: str, own: Any, target: Any) -> pl.Expr:
    if own is None:
        return pl.lit(None, dtype=target).alias(name)
    if own == target:
        return pl.col(name)
    if target == pl.String and own != pl.Null:
        return as_text(name, own).alias(name)
    return pl.col(name).cast(target)


def series(name: str, cells: list[Any]) -> pl.Series:
    """Python objects as a column of their kind; as text where they are of several, or where a number would change.

    >>> series("id", [2**60, None]).dtype, series("id", [2**60, 0.5])[0]
    (Int64, '1152921504606846976')
    """
    kinds = set(map(type, cells))
    kinds.discard(type(None))
    if not kinds:
        return pl.Series(name, cells, dtype=pl.Null)
    if kinds == {str}:
        return pl.Series(name, cells, dtype=pl.String)
    if kinds == {int}:
        if all(c is None or -(2**63) <= c < 2**63 for c in cells):
            return pl.Series(name, cells, dtype=pl.Int64)
    elif kinds <= {int, float, Decimal}:
        if not any(_would_change(c) for c in cells):
            return pl.Series(name, [None if c is None else float(c) for c in cells], dtype=pl.Float64)
    elif len(kinds) == 1:
        dtype = _SINGLE.get(next(iter(kinds)))
        if dtype is not None:
            return pl.Series(name, cells, dtype=dtype)
    return pl.Series(name, [None if c is None else _text(c) for c in cells], dtype=pl.String)


def _would_change(cell: Any) -> bool:
    """Whether a whole number is too long for float64, as ids may be."""
    if isinstance(cell, int):
        return abs(cell) > LARGEST
    return isinstance(cell, Decimal) and cell.is_finite() and abs(cell) > LARGEST and cell == cell.to_integral_value()


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**63:
        return str(int(cell))
    if isinstance(cell, bytes):
        return cell.hex()
    return str(cell)
