"""Workbooks out: sheets a marketer can filter at once, with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import datetime as dt
import math
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from segmentry.errors import OutputError
from segmentry.tables.inert import inert_cell
from segmentry.tables.writing import atomically, part_of

LARGEST_SHEET = 1_048_576  # rows, the header among them
LARGEST_WIDTH = 16_384
_LONGEST_TEXT = 32_767
_LONGEST_WHOLE = 10**15  # Excel keeps 15 digits
_FIRST_DAY = dt.date(1900, 3, 1)  # before it Excel counts a day that never was
_NARROWEST, _WIDEST = 8, 60
_LINE, _HIGHEST = 15, 405  # points
_SAMPLE = 200  # rows that the width of a column is taken from, and whether it holds figures
_RIGHT = {"align": "right", "indent": 2}  # figures, and their header left of the arrow of its filter

# The same bytes for the same rows: Excel shows this date as the day of creation.
_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no zones


@dataclass(frozen=True)
class SheetContent:
    """Rows for one sheet under a header, which a lazy frame brings itself.

    `formats` are number formats by column name, such as "0 %".
    `row_formats` has one for the numbers of each row instead, where rows are of different units. `wrapped` names
    columns of long text, which are broken into lines.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Any]] | nw.LazyFrame[Any]
    formats: Mapping[str, str] = field(default_factory=dict)
    wrapped: Sequence[str] = ()
    row_formats: Sequence[str] = ()


def write_workbook(
    path: str | Path, sheets: Mapping[str, SheetContent | nw.LazyFrame[Any]], *, overwrite: bool = False
) -> None:
    """Write sheets by name, in this order, whole or not at all; too many rows are an error before anything is written.

    Headers are frozen and can be filtered by, text never becomes a formula or a link, and the same rows give the same
    bytes.
    """
    made = {_sheet_name(name): _content(content) for name, content in sheets.items()}
    for name, content in made.items():
        check_fits(content.height, len(content.header), name)
    with atomically(path, overwrite=overwrite) as part, _scratch_for(Path(path)) as scratch:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(scratch),
        }
        book = xlsxwriter.Workbook(str(part), options)
        book.set_properties({"created": _CREATED})
        style = _Style(book)
        try:
            for name, content in made.items():
                _fill(book.add_worksheet(name), content, style)
            book.close()
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()  # it stays open where the workbook is not closed


@contextmanager
def _scratch_for(target: Path) -> Iterator[Path]:
    """A folder for cells that are not in the workbook yet: beside it, since there must be room for it there."""
    scratch = part_of(target)
    scratch.mkdir(0o700)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_fits(rows: int, columns: int, name: str) -> None:
    """An error when a sheet cannot hold as many rows and columns; Excel would leave the others out."""
    if rows + 1 > LARGEST_SHEET or columns > LARGEST_WIDTH:
        raise OutputError(
            f"An Excel sheet cannot hold '{name}'.",
            found=f"{rows:,} rows and {columns:,} columns; it holds {LARGEST_SHEET - 1:,} and {LARGEST_WIDTH:,}",
            remedy="Write .csv or .parquet instead.",
            code="too-many-rows",
        )


@dataclass(frozen=True)
class _Content:
    given: SheetContent
    header: list[str]
    height: int
    first: list[tuple[Any, ...]]
    rows: Iterator[tuple[Any, ...]]


def _content(content: SheetContent | nw.LazyFrame[Any]) -> _Content:
    given = content if isinstance(content, SheetContent) else SheetContent((), content)
    if not isinstance(given.rows, nw.LazyFrame):
        rows = [tuple(row) for row in given.rows]
        return _Content(given, list(given.header), len(rows), rows[:_SAMPLE], iter(rows))
    lazy: pl.LazyFrame = nw.to_native(given.rows)
    header = lazy.collect_schema().names()
    check_fits(int(lazy.select(pl.len()).collect(engine="streaming").item()), len(header), "the table")
    frame = lazy.collect(engine="streaming")
    return _Content(given, header, frame.height, frame.head(_SAMPLE).rows(), frame.iter_rows())


class _Style:
    """The formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, bool, bool], Any] = {}
        head = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3B57", "valign": "vcenter", "text_wrap": True}
        self.header = book.add_format(head)
        self.header_of_figures = book.add_format(head | _RIGHT)
        self.date = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
        self.time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top", "align": "left"})

    def of(self, number_format: str, wrapped: bool = False, figures: bool = False) -> Any:
        key = (number_format, wrapped, figures)
        if key not in self._made:
            wanted: dict[str, Any] = {"valign": "top", "text_wrap": wrapped}
            if wrapped:
                wanted |= {"align": "left", "indent": 1}
            if figures:
                wanted |= _RIGHT
            if number_format:
                wanted["num_format"] = number_format
            self._made[key] = self._book.add_format(wanted)
        return self._made[key]


def _fill(sheet: Worksheet, content: _Content, style: _Style) -> None:
    given = content.given
    figures = _figures(content)
    formats = [
        style.of(given.formats.get(n, ""), n in given.wrapped, right)
        for n, right in zip(content.header, figures, strict=True)
    ]
    for at, width in enumerate(_widths(content)):
        sheet.set_column(at, at, width)
    sheet.freeze_panes(1, 0)
    _set_printing(sheet)
    if content.header:
        sheet.autofilter(0, 0, max(content.height, 1), len(content.header) - 1)
    for at, name in enumerate(content.header):
        sheet.write_string(0, at, inert_cell(name), style.header_of_figures if figures[at] else style.header)
    long = [at for at, name in enumerate(content.header) if name in given.wrapped]
    for place, row in enumerate(content.rows, start=1):
        if long:
            sheet.set_row(place, _height([row[at] for at in long]))
        own = given.row_formats[place - 1] if given.row_formats else None
        for at, cell in enumerate(row):
            if cell is not None:
                form = formats[at] if own is None else style.of(own, figures=figures[at])
                _write(sheet, place, at, cell, form, style)


def _figures(content: _Content) -> list[bool]:
    """Whether a column holds numbers only, and some."""
    columns = [[row[at] for row in content.first if row[at] is not None] for at in range(len(content.header))]
    return [bool(cells) and all(type(cell) in (int, float) for cell in cells) for cells in columns]


def _set_printing(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _height(cells: Sequence[Any]) -> float:
    """Room for the longest of the cells: not every program makes it when it opens the file."""
    lines = [
        sum(math.ceil(max(len(part), 1) / (_WIDEST - 4)) for part in str(cell).split("\n")) for cell in cells if cell
    ]
    return float(min(_LINE * max(lines, default=1), _HIGHEST))


def _write(sheet: Worksheet, row: int, at: int, cell: Any, form: Any, style: _Style) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, at, cell, form)
    elif isinstance(cell, int) and abs(cell) >= _LONGEST_WHOLE:
        sheet.write_string(row, at, str(cell), form)
    elif isinstance(cell, float) and not math.isfinite(cell):
        return
    elif isinstance(cell, (int, float)):
        sheet.write_number(row, at, cell, form)
    elif isinstance(cell, dt.datetime) and cell.date() >= _FIRST_DAY:
        sheet.write_datetime(row, at, cell.replace(tzinfo=None), style.time)
    elif isinstance(cell, dt.date) and not isinstance(cell, dt.datetime) and cell >= _FIRST_DAY:
        sheet.write_datetime(row, at, cell, style.date)
    else:
        _write_text(sheet, row, at, inert_cell(str(cell)), form)


def _write_text(sheet: Worksheet, row: int, at: int, text: str, form: Any) -> None:
    if len(text) > _LONGEST_TEXT:
        raise OutputError(
            "An Excel cell cannot hold so long a text.",
            found=f"{len(text):,} characters in row {row + 1}; a cell holds {_LONGEST_TEXT:,}",
            remedy="Write .csv or .parquet instead.",
            code="too-long-text",
        )
    sheet.write_string(row, at, text, form)


def _widths(content: _Content) -> list[float]:
    out = []
    for at, name in enumerate(content.header):
        if name in content.given.wrapped:
            out.append(float(_WIDEST))
            continue
        shown = [_shown(row[at], content.given.formats.get(name, "")) for row in content.first if row[at] is not None]
        # Room for the arrow of the filter beside the name.
        longest = max([len(name) + 4, *(len(text) + 3 for text in shown)])
        out.append(float(min(max(longest, _NARROWEST), _WIDEST)))
    return out


def _shown(cell: Any, number_format: str) -> str:
    if isinstance(cell, float):
        return f"{cell:.0%}" if number_format.endswith("%") else f"{cell:.6g}"
    return str(cell)


def _sheet_name(name: str) -> str:
    cleaned = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip().strip("'")[:31]
    return cleaned or "Sheet"
