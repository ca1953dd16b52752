"""Any source in, checked: a path or a frame becomes a typed Table, or an error says what to do.

A new kind of source is one new reader, and one line in `read`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from segmentry.errors import SettingsError
from segmentry.tables.database.address import check_name, is_address
from segmentry.tables.embedded.arrow import read_arrow
from segmentry.tables.embedded.csv import read_csv
from segmentry.tables.embedded.database import read_database
from segmentry.tables.embedded.excel import read_excel
from segmentry.tables.embedded.frames import read_frame
from segmentry.tables.embedded.json import read_json
from segmentry.tables.embedded.parquet import parts_of, read_parquet
from segmentry.tables.engines import warehouse_of
from segmentry.tables.files import content_of, packed_content
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table
from segmentry.tables.warehouse import read_warehouse

_DEFAULTS = ReadingSettings()


def read(
    source: Any,
    settings: ReadingSettings = _DEFAULTS,
    expected: Mapping[str, Reading] | None = None,
    *,
    only: Collection[str] | None = None,
    whole: bool = False,
    unseen: Collection[str] = (),
) -> Table:
    """A file, a database or a frame as a typed table.

    A path is told by what it holds: CSV and JSON (also gzipped), Parquet (also a folder of parts), Excel, Arrow.
    A database is an address such as "sqlite:///shop.db", with `table` or `query` in the settings.

    Each column is read in one way, decided over all its cells; `expected` fixes the way for the columns it
    names, so that new customers are read as those at fitting were. Rows that do not fit are `rejects`.
    No other columns than `only` are read, where it is given: the others go out as they came, and cannot make a row
    unfit. A frame that is wanted `whole` has no rejects: cells that do not fit count as missing. Of a frame in memory,
    numbers of `unseen` columns are not looked at; they are taken as if each could be used, and the table's `unseen`
    names those.

    >>> import polars as pl
    >>> table = read(pl.DataFrame({"id": ["007", "008"], "spend": ["$1,200.50", "$80.00"]}))
    >>> [(c.name, c.reading.kind, c.unit) for c in table.columns]
    [('id', 'text', ''), ('spend', 'number', '$')]
    """
    expected = expected or {}
    if isinstance(source, str) and not source.strip():
        raise SettingsError(
            "No source is named.", found="an empty text", remedy="Name a file; a shell variable may be empty."
        )
    if settings.columns and (is_address(source) or not isinstance(source, (str, Path))):
        raise _named_already()
    if is_address(source):
        return read_database(source, settings, expected, only=only)
    if not isinstance(source, (str, Path)):
        warehouse = warehouse_of(source)
        if warehouse is not None:
            return read_warehouse(source, warehouse, settings, expected, only=only)
        return read_frame(source, settings, expected, only=only, whole=whole, unseen=unseen)
    check_name(source)
    path = Path(source)
    if path.is_dir() and parts_of(path):
        return read_parquet(path, settings, expected, only=only)
    return _read_file(path, settings, expected, only)


def _read_file(
    path: Path, settings: ReadingSettings, expected: Mapping[str, Reading], only: Collection[str] | None
) -> Table:
    content = content_of(path)
    if settings.columns and content not in ("text", "gzip"):
        raise _named_already()
    if content == "parquet":
        return read_parquet(path, settings, expected, only=only)
    if content == "arrow":
        return read_arrow(path, settings, expected, only=only)
    if content in ("zip", "ole"):
        return read_excel(path, settings, expected, only=only)
    if content in ("sqlite", "duckdb"):
        return read_database(f"{content}:///{quote(str(path.absolute()))}", settings, expected, only=only)
    packed = content == "gzip"
    if content == "json" or (packed and packed_content(path) == "json"):
        return read_json(path, settings, expected, packed=packed, only=only)
    return read_csv(path, settings, expected, packed=packed, only=only)


def _named_already() -> SettingsError:
    return SettingsError(
        "Only a text file can be without names for its columns.", found="--columns", remedy="Leave out --columns."
    )
