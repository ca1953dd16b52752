"""Any source in, checked: a path or a frame becomes a typed Table, or an error says what to do.

A new kind of source is one new reader, and one line in `read`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segmentry.tables.embedded.csv import read_csv
from segmentry.tables.embedded.frames import read_frame
from segmentry.tables.embedded.parquet import parts_of, read_parquet
from segmentry.tables.files import content_of
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table

_DEFAULTS = ReadingSettings()


def read(source: Any, settings: ReadingSettings = _DEFAULTS, expected: Mapping[str, Reading] | None = None) -> Table:
    """A path (CSV, also gzipped; Parquet, also a folder of parts) or a frame as a typed table.

    Each column is read in one way, decided over all its cells; `expected` fixes the way for the columns it
    names, so that new customers are read as those at fitting were. Rows that do not fit are `rejects`.

    >>> import polars as pl
    >>> table = read(pl.DataFrame({"id": ["007", "008"], "spend": ["$1,200.50", "$80.00"]}))
    >>> [(c.name, c.reading.kind, c.unit) for c in table.columns]
    [('id', 'text', ''), ('spend', 'number', '$')]
    """
    expected = expected or {}
    if not isinstance(source, (str, Path)):
        return read_frame(source, settings, expected)
    path = Path(source)
    if path.is_dir() and parts_of(path):
        return read_parquet(path, settings, expected)
    content = content_of(path)
    if content == "parquet":
        return read_parquet(path, settings, expected)
    return read_csv(path, settings, expected, packed=content == "gzip")
