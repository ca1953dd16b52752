"""An Arrow or Feather file as the embedded engine's table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from segmentry.errors import UnreadableFileError
from segmentry.tables.embedded.assembly import Keep, Source, as_it_is, assemble, in_memory
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table

_FILE = b"ARROW1"


def read_arrow(
    path: Path, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows of an Arrow file; a stream of record batches, which cannot be scanned, is held in memory."""
    with path.open("rb") as file:
        whole = file.read(len(_FILE)) == _FILE
        file.seek(-len(_FILE), 2)
        cut = whole and file.read() != _FILE
    if cut:
        raise _damaged(path, "a file that ends too early")
    try:
        frame = pl.scan_ipc(path, glob=False) if whole else pl.read_ipc_stream(path).lazy()
        keep: Keep = as_it_is if whole else in_memory
        return assemble(Source(frame, "arrow", path.name, keep, origin=path), settings, expected, only)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, type(error).__name__) from error


def _damaged(path: Path, found: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name} cannot be read as an Arrow file.", found=found, remedy="Copy or write it again."
    )
