"""The first lines of a text file: which one is the header, what stands before it, and what the columns are called."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from segmentry.errors import ColumnNamesError, Notice, UnreadableFileError, plural
from segmentry.tables import dateformats, numbers
from segmentry.tables.text.records import Record

_MOST_PREAMBLE = 30
_NO_ROOM = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")  # characters that nobody sees
_YEAR_LIKE = re.compile(r"^(19|20)\d\d$")
_DATE = tuple(re.compile(dateformats.pattern(form)) for form in dateformats.CANDIDATES)


@dataclass(frozen=True)
class Header:
    """Names of the columns, and where the rows begin."""

    names: tuple[str, ...]
    start: int  # byte
    begin: int  # byte at which the line of the names begins; where there is none, `start`
    line: int  # physical line
    notices: tuple[Notice, ...]
    plain: bool  # nothing before the rows but one header line


def find_header(
    head: list[Record], width: int, wanted: bool | None, offset: int, name: str, given: tuple[str, ...] = ()
) -> Header:
    """The header among the first records; `width` is the number of cells that most lines have.

    `wanted` is True or False where the user says whether there is one; None decides, and stops when unsure. Names
    that are `given` take the place of those in the file, which is thought to have none.
    """
    at, line, skipped = 0, 1, []
    while at < len(head) and (_is_blank(head[at]) or (wanted is not False and _is_preamble(head, at, width))):
        if not _is_blank(head[at]):
            skipped.append(line)
        line += head[at].lines
        at += 1
    if at == len(head):
        raise UnreadableFileError(f"{name} holds no table.", remedy="Check the file, or pass --separator.")
    first = head[at]
    notices = _preamble_notice(skipped, name)
    if given:
        _check_given(given, [_clean(cell) for cell in first.cells], wanted, line, name)
        if wanted:
            return Header(
                given,
                offset + first.stop,
                offset + first.start,
                line + first.lines,
                notices,
                at == 0 and first.lines == 1,
            )
        return Header(given, offset + first.start, offset + first.start, line, notices, False)
    if wanted is False:
        names = tuple(f"column_{n}" for n in range(1, len(first.cells) + 1))
        begin = offset + first.start
        return Header(names, begin, begin, line, (*notices, _numbered(names, name)), False)
    cells = [_clean(cell) for cell in first.cells]
    if wanted is None:
        _refuse_data(cells, line, name)
    names, unnamed = _names(cells, name)
    rows = [record for record in head[at + 1 :] if not _is_blank(record)]
    _check_width(len(names), width, rows, line, name)
    plain = at == 0 and first.lines == 1
    return Header(names, offset + first.stop, offset + first.start, line + first.lines, (*notices, *unnamed), plain)


def _is_blank(record: Record) -> bool:
    return len(record.cells) == 1 and not record.cells[0].strip()


def _is_preamble(head: list[Record], at: int, width: int) -> bool:
    if at >= _MOST_PREAMBLE or width < 3 or at + 1 >= len(head):
        return False
    filled = [cell for cell in head[at].cells if cell.strip()]
    narrow = (len(head[at].cells) <= 2 and width > 3) or len(head[at].cells) == 1
    # Excel pads a title, and the empty line below it, with separators.
    title = len(filled) == 1 and bool(head[at].cells[0].strip())
    return narrow or not filled or title or (len(filled) * 2 <= width and _is_above_names(head, at, width))


def _is_above_names(head: list[Record], at: int, width: int) -> bool:
    """Whether a half empty line, of titles or names of groups, stands above one that is full of different names, where
    the row below these holds numbers or dates."""
    for names, row in itertools.pairwise(head[at + 1 : at + _MOST_PREAMBLE]):
        cells = [_clean(cell) for cell in names.cells]
        if len(cells) == width and all(cells):
            values = any(_is_value(cell) for cell in cells)
            return not values and len(set(cells)) == width and any(_is_value(_clean(cell)) for cell in row.cells)
        if sum(map(bool, cells)) * 2 > width:
            return False
    return False


def _preamble_notice(skipped: list[int], name: str) -> tuple[Notice, ...]:
    if not skipped:
        return ()
    lines = ", ".join(map(str, skipped))
    return (Notice("lines-skipped", f"{name}: line {lines} before the header is no part of the table; skipped."),)


def _check_given(given: tuple[str, ...], cells: list[str], wanted: bool | None, line: int, name: str) -> None:
    if len(given) != len(cells):
        named, held = plural(len(given), "column"), plural(len(cells), "cell")
        raise ColumnNamesError(
            f"--columns names {named}, but line {line} of {name} has {held}.",
            found=", ".join(given),
            remedy="Name every column, in the order they stand in the file.",
        )
    if wanted is None and not any(_is_value(cell) for cell in cells):
        raise ColumnNamesError(
            f"Line {line} of {name} looks like a header, and --columns gives names of its own.",
            found=", ".join(cells),
            remedy="Pass --header to put the names of --columns in its place, --no-header if it is a row.",
            code="header-and-columns",
        )


def _numbered(names: tuple[str, ...], name: str) -> Notice:
    return Notice("no-header", f"{name} has no header; its columns are called column_1 to column_{len(names)}.")


def _clean(cell: bytes) -> str:
    return " ".join(_NO_ROOM.sub("", cell.decode("utf-8", "replace")).split())


def _refuse_data(cells: list[str], line: int, name: str) -> None:
    values = [cell for cell in cells if cell and _is_value(cell)]
    others = [cell for cell in cells if cell and not _is_value(cell)]
    # Years may be names of columns, as long as something else is named too.
    years = all(_YEAR_LIKE.match(cell) for cell in values)
    if not values or (years and len(others) >= 1):
        return
    if len(values) * 3 >= len(values) + len(others):
        raise ColumnNamesError(
            f"Line {line} of {name} looks like data and not like a header.",
            found=f"numbers or dates in {len(values)} of {plural(len(cells), 'cell')}",
            remedy="Pass --no-header if it is a row, or --columns a,b,c to name its cells; --header if they are names.",
            code="no-header",
        )


def _is_value(cell: str) -> bool:
    return numbers.is_number(cell) or any(p.match(cell) for p in _DATE)


def _names(cells: list[str], name: str) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    unnamed = [n for n, cell in enumerate(cells, start=1) if not cell]
    names = tuple(cell or f"column_{n}" for n, cell in enumerate(cells, start=1))
    if not unnamed:
        return names, ()
    called = ", ".join(f"column_{n}" for n in unnamed)
    return names, (Notice("unnamed-column", f"{name} has columns without a name; they are called {called}."),)


def _check_width(named: int, width: int, rows: list[Record], line: int, name: str) -> None:
    if named == width or not rows or any(len(row.cells) == named for row in rows):
        return
    cells = plural(len(rows[0].cells), "cell")
    what = f"{name} names {plural(named, 'column')} on line {line}, but its rows have {cells}."
    if len(rows[0].cells) == named + 1:
        what = f"Every row of {name} has one cell more than the header names."
    raise UnreadableFileError(
        what,
        found=f"{plural(named, 'name')}, {cells} in the first row",
        remedy="Name every column in the header (an index column too), or check the separator.",
        code="header-width",
    )
