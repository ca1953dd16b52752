"""A sheet of a workbook as the embedded engine's table."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
import polars as pl

from segmentry.errors import InputError, Notice, SettingsError, UnreadableFileError, plural
from segmentry.tables.embedded.assembly import Source, assemble, in_memory
from segmentry.tables.embedded.totals import is_row_of_sums
from segmentry.tables.files import content_of, unchanged
from segmentry.tables.names import check_names
from segmentry.tables.numbers import LARGEST_EXACT
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table
from segmentry.tables.text.document import EXCEL_LIMITS
from segmentry.tables.text.footer import LOOKED_AT, count_footer, footer_skipped
from segmentry.tables.text.header import Header, find_header
from segmentry.tables.text.records import Record
from segmentry.tables.workbook import Findings, Sheet, Workbook, letters_of

# It warns of columns without results; we say so ourselves, with the column and the remedy.
logging.getLogger("fastexcel.types.dtype").setLevel(logging.ERROR)

_DAY_ZERO = dt.date(1899, 12, 31)
_HEAD = 100  # rows in which the header must be
_LARGEST_OLD = 256 * 1024**2  # bytes of an .xls file, which is read whole
_SAVE_AS = "Save it as .xlsx or the sheet as CSV (UTF-8), and pass that file."
_TOO_LONG = 10**15  # Excel keeps 15 digits


@dataclass(frozen=True)
class _Grid:
    """The cells of a sheet below its header: a column for each name, and the sheet's row of each row."""

    frame: pl.DataFrame
    lines: np.ndarray[tuple[int], np.dtype[np.int64]]
    header: Header
    letters: dict[str, str]
    notices: tuple[Notice, ...]


def read_excel(
    path: Path, settings: ReadingSettings, expected: Mapping[str, Reading], *, only: Collection[str] | None = None
) -> Table:
    """The rows of a sheet; numbers and dates as the workbook types them, text as in a text file."""
    with unchanged(path, remedy="Close it, then run again."):
        zipped = content_of(path) == "zip"
        book = Workbook(path) if zipped else None
        reader = _open(path, zipped)
        sheet = _choose(path, book, reader, settings)
        findings = book.inspect(sheet) if book is not None else Findings()
        grid = _grid(reader, sheet, settings, path)
        unsolved = _look_for_unsolved(findings, grid, path, only)
    source = Source(
        frame=grid.frame.lazy(),
        kind="excel",
        name=f"{path.name} ({sheet.name})",
        keep=in_memory,
        present=grid.frame.height,
        lines=grid.lines,
        notices=(*grid.notices, *unsolved, *_notices(book, findings, grid, path)),
        origin=path,
        how=f"sheet '{sheet.name}'",
    )
    return assemble(source, settings, expected, only)


def _open(path: Path, zipped: bool) -> fastexcel.ExcelReader:
    if not zipped and path.stat().st_size > _LARGEST_OLD:
        raise UnreadableFileError(f"{path} is too large for an old workbook.", remedy=_SAVE_AS)
    try:
        return fastexcel.read_excel(path.read_bytes())
    except fastexcel.FastExcelError as error:
        if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in path.read_bytes():
            raise UnreadableFileError(f"{path} is protected by a password.", remedy="Save it without one.") from None
        raise UnreadableFileError(
            f"{path} cannot be read as a workbook.", found="a damaged or unknown format", remedy=_SAVE_AS
        ) from error


def _choose(path: Path, book: Workbook | None, reader: fastexcel.ExcelReader, settings: ReadingSettings) -> Sheet:
    sheets = book.sheets if book is not None else [Sheet(name, "") for name in reader.sheet_names]
    listed = ", ".join(
        f"'{s.name}'" + (" (hidden)" if s.hidden else "") + (" (empty)" if s.empty else "") for s in sheets
    )
    if settings.sheet is not None:
        found = next((s for s in sheets if s.name.casefold() == settings.sheet.casefold()), None)
        if found is None:
            raise SettingsError(
                f"{path.name} has no sheet '{settings.sheet}'.", found=listed, remedy="Name one of these with --sheet."
            )
        return found
    filled = [s for s in sheets if not s.empty]
    if not filled:
        raise UnreadableFileError(f"{path.name} holds no cells.", found=listed, remedy="Check the file.")
    if len(filled) > 1:
        raise SettingsError(
            f"{path.name} holds {len(filled)} sheets.",
            found=listed,
            remedy="Name one with --sheet.",
            code="which-sheet",
        )
    return filled[0]


def _grid(reader: fastexcel.ExcelReader, sheet: Sheet, settings: ReadingSettings, path: Path) -> _Grid:
    name = f"{path.name} ({sheet.name})"
    try:
        # Without a header, row 0 is the sheet's first row, whether or not anything stands there.
        top = reader.load_sheet(sheet.name, header_row=None, skip_rows=0, n_rows=_HEAD, dtypes="string")
        if not top.height:
            raise UnreadableFileError(f"{name} holds no cells.", remedy="Check the file, or pass --sheet.")
        header = _header(top.to_polars(), settings, name)
        start = header.line - 1
        loaded = _load(reader, sheet, start)
        cells = _plain(loaded)
        first = _first_column(loaded)
    except fastexcel.FastExcelError as error:
        raise UnreadableFileError(f"{name} cannot be read.", found=type(error).__name__, remedy=_SAVE_AS) from error
    names = [*header.names, *(f"column_{n}" for n in range(len(header.names) + 1, cells.width + 1))][: cells.width]
    letters = {n: letters_of(first + i) for i, n in enumerate(names)}
    unnamed = {n for i, n in enumerate(names) if n == f"column_{i + 1}"} if settings.header is not False else set()
    frame = cells.rename(dict(zip(cells.columns, names, strict=True)))
    # Formatted but empty columns beside the table are no part of it.
    frame = frame.drop([n for n in unnamed if frame[n].null_count() == frame.height])
    check_names(frame.columns, name)
    lines = np.arange(start + 1, start + 1 + frame.height, dtype=np.int64)
    filled = ~_blank_rows(frame)
    notices = [n for n in header.notices if n.code != "unnamed-column"]
    still = [n for n in frame.columns if n in unnamed]
    if still:
        text = f"{name} has columns without a name; they are called {', '.join(still)}."
        notices.append(Notice("unnamed-column", text))
    frame, lines = frame.filter(filled), lines[filled.to_numpy()]
    frame, lines, footer = _without_total(frame, lines, name)
    return _Grid(frame, lines, header, letters, (*notices, *footer))


def _load(reader: fastexcel.ExcelReader, sheet: Sheet, start: int) -> fastexcel.ExcelSheet:
    """The rows from `start` on; columns that mix kinds which have no common one, as hours and dates, are text."""
    texts: dict[str | int, Any] = {}
    while True:
        try:
            return reader.load_sheet(
                sheet.name,
                header_row=None,
                skip_rows=start,
                schema_sample_rows=None,
                skip_whitespace_tail_rows=True,
                dtypes=texts or None,
            )
        except fastexcel.UnsupportedColumnTypeCombinationError as error:
            found = re.search(r"for column (\w+)", str(error))
            if found is None or found[1] in texts:
                raise
            texts[found[1]] = "string"


def _plain(sheet: fastexcel.ExcelSheet) -> pl.DataFrame:
    """The cells; whole numbers as such, times at midnight as the days that they are, and times of no day as text."""
    frame = sheet.to_polars()
    changes = []
    for name, dtype in frame.schema.items():
        column = frame[name]
        if dtype == pl.Float64 and column.null_count() < frame.height:
            whole = bool(((column == column.floor()) & (column.abs() <= LARGEST_EXACT)).all())
            changes += [pl.col(name).cast(pl.Int64)] if whole else []
        elif isinstance(dtype, pl.Datetime):
            midnight = bool((column.dt.truncate("1d") == column).all())
            changes += [pl.col(name).dt.date()] if midnight else _with_times(name, column)
        elif dtype == pl.String:
            changes.append(_as_said(pl.col(name)))
    return frame.with_columns(changes)


def _with_times(name: str, column: pl.Series) -> list[pl.Expr]:
    """The change to text of a column with times of no day, which would else be of the day before Excel's first."""
    of_no_day = (column.dt.date() == _DAY_ZERO) & (column.dt.truncate("1d") != column)
    return [_as_said(pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S"))] if of_no_day.any() else []


def _as_said(text: pl.Expr) -> pl.Expr:
    return text.str.replace(rf"^{_DAY_ZERO} ", "").str.replace(r" 00:00:00$", "")


def _first_column(sheet: fastexcel.ExcelSheet) -> int:
    columns = sheet.available_columns()
    return 1 + columns[0].absolute_index if columns else 1


def _header(top: pl.DataFrame, settings: ReadingSettings, name: str) -> Header:
    records = []
    for at, row in enumerate(top.iter_rows()):
        cells = [(cell or "").encode() for cell in row]
        blank = not any(cell.strip() for cell in cells)
        records.append(Record(at, at + 1, [b""] if blank else cells, 1))
    return find_header(records, top.width, settings.header, 0, name)


def _blank_rows(frame: pl.DataFrame) -> pl.Series:
    if not frame.width:
        return pl.Series([True] * frame.height, dtype=pl.Boolean)
    empty = [
        pl.col(n).is_null() | (pl.col(n).str.strip_chars() == "") if d == pl.String else pl.col(n).is_null()
        for n, d in frame.schema.items()
    ]
    return frame.select(pl.all_horizontal(empty)).to_series()


def _without_total(
    frame: pl.DataFrame, lines: np.ndarray[tuple[int], np.dtype[np.int64]], name: str
) -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.int64]], tuple[Notice, ...]]:
    n = count_footer([["" if cell is None else str(cell) for cell in row] for row in frame.tail(LOOKED_AT).rows()])
    n = 0 if n >= frame.height else n
    above = frame.height - n
    n += above > 1 and is_row_of_sums(frame.head(above).lazy(), above)
    if not n:
        return frame, lines, ()
    skipped = footer_skipped(f"row {', '.join(map(str, lines[-n:]))}", name)
    return frame[:-n], lines[:-n], (skipped,)


def _look_for_unsolved(findings: Findings, grid: _Grid, path: Path, only: Collection[str] | None) -> list[Notice]:
    """Raises InputError where a column that is read lacks the results of formulas; of others there are notices."""
    said = []
    for name in grid.frame.columns:
        rows = [row for row in findings.unsolved.get(grid.letters[name], []) if row >= grid.header.line]
        if not rows:
            continue
        text = f"The column '{name}' of {path.name} holds formulas whose results were never stored"
        if only is None or name in only:
            raise InputError(
                f"{text}.",
                found=f"{plural(len(rows), 'cell')}, the first in row {min(rows)}",
                remedy="Open the workbook in Excel or LibreOffice and save it: that computes and stores the results.",
                code="formula-without-result",
            )
        said.append(Notice("formula-without-result", f"{text}; {plural(len(rows), 'cell is', 'cells are')} empty."))
    return said


def _notices(book: Workbook | None, findings: Findings, grid: _Grid, path: Path) -> list[Notice]:
    out: list[Notice] = []
    by_column = {name: findings.errors.get(grid.letters[name], 0) for name in grid.frame.columns}
    errors = [f"'{name}' ({n})" for name, n in by_column.items() if n]
    if errors:
        text = f"{path.name}: cells with errors such as #N/A or #REF! were taken as empty, in {', '.join(errors)}."
        out.append(Notice("cell-errors", text))
    if book is not None and book.counts_from_1904:
        out.append(Notice("dates-from-1904", f"{path.name} counts days from 1904; its dates were read accordingly."))
    merged = [area for area in findings.merged if area[1] >= grid.header.line]
    if merged:
        text = f"{path.name}: {len(merged)} merged areas lie among the rows; only the first cell of each has a value."
        out.append(Notice("merged-cells", text))
    out += _long_numbers(grid.frame)
    out += _times(grid.frame)
    if len(grid.lines) and int(grid.lines[-1]) in EXCEL_LIMITS:
        text = f"{path.name} fills its sheet to the last row, {int(grid.lines[-1]):,}: it was probably cut."
        out.append(Notice("cut-by-excel", text))
    return out


def _times(frame: pl.DataFrame) -> list[Notice]:
    out: list[Notice] = []
    for name in (n for n, d in frame.schema.items() if d == pl.String):
        many = int(frame[name].str.contains(r"^[0-9]{2}:[0-9]{2}:[0-9]{2}$").sum())
        if many:
            text = f"'{name}' holds {plural(many, 'time of no day', 'times of no day')}, no dates and no numbers."
            out.append(Notice("times-without-day", text))
    return out


def _long_numbers(frame: pl.DataFrame) -> list[Notice]:
    names: Sequence[str] = [n for n, d in frame.schema.items() if d in (pl.Int64, pl.Float64)]
    out: list[Notice] = []
    for name in names:
        many: Any = (frame[name].abs() >= _TOO_LONG).sum()
        if many:
            text = f"'{name}' holds {many} numbers of more than 15 digits; Excel keeps 15, so that ids may be wrong."
            out.append(Notice("long-numbers", text))
    return out
