"""A Parquet file, or a folder of parts, as the embedded engine's table."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from segmentry.errors import UnreadableFileError
from segmentry.tables.embedded.assembly import Source, as_it_is, assemble
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table
from segmentry.tables.writing import atomically

_MAGIC = b"PAR1"


def read_parquet(
    path: Path, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows of a Parquet file or of all parts in a folder, in the order of the parts' names."""
    parts = parts_of(path)
    for part in parts:
        _check_whole(part)
    try:
        frame = pl.scan_parquet(parts, glob=False)
        source = Source(frame, "parquet", path.name, as_it_is, origin=path)
        return assemble(source, settings, expected, only)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, pl.exceptions.ColumnNotFoundError) as error:
        raise UnreadableFileError(
            f"{path.name} cannot be read as Parquet.",
            found=type(error).__name__,
            remedy="Its parts may differ in their columns, or it is damaged; write it again.",
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            f"{path.name} is damaged.", found=error.strerror or type(error).__name__, remedy="Copy it again."
        ) from error


def parquet_size(path: Path) -> tuple[int, int] | None:
    """Rows and columns of a Parquet file or folder, from its footers alone; None for anything else."""
    parts = parts_of(path) if path.exists() else []
    with contextlib.suppress(OSError, pl.exceptions.PolarsError):
        if parts and all(_is_parquet(part) for part in parts):
            frame = pl.scan_parquet(parts, glob=False)
            return int(frame.select(pl.len()).collect().item()), len(frame.collect_schema())
    return None


def kept_on_disk(frame: nw.LazyFrame[Any], path: Path) -> nw.LazyFrame[Any]:
    """A lazy frame computed once into a Parquet file of ours, and the same rows read from it when they are asked for.

    For those who ask many small questions of one large table.
    """
    with atomically(path, overwrite=True, private=True) as part:
        # Groups of rows that are small enough to be left out when a question is about others.
        nw.to_native(frame).lazy().sink_parquet(part, compression="lz4", row_group_size=100_000)
    return nw.from_native(pl.scan_parquet(path, glob=False))


def _is_parquet(part: Path) -> bool:
    if not part.is_file():  # a pipe that nobody writes to would be waited for
        return False
    with part.open("rb") as file:
        return file.read(4) == _MAGIC


def parts_of(path: Path) -> list[Path]:
    """The Parquet files that make up `path`."""
    if path.is_dir():
        return sorted(p for p in path.rglob("*.parquet") if p.is_file() and not p.name.startswith((".", "_")))
    return [path]


def _check_whole(part: Path) -> None:
    """A Parquet file ends as it begins; one that was cut does not."""
    with part.open("rb") as file:
        head = file.read(4)
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(size - 4, 0))
        tail = file.read(4)
    if head != _MAGIC or tail != _MAGIC or size < 12:
        raise UnreadableFileError(
            f"{part.name} is not a whole Parquet file.",
            found=f"{size:,} bytes " + ("that end too early" if head == _MAGIC else "of something else"),
            remedy="Copy or write it again.",
        )
