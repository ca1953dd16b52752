"""A text file as an engine can read it safely: clean UTF-8, one separator, rows of one width."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from segmentry.errors import Notice, UnreadableFileError, plural
from segmentry.tables.names import check_names
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reject
from segmentry.tables.text.encoding import decode
from segmentry.tables.text.footer import count_footer, footer_skipped, starts_blank
from segmentry.tables.text.header import Header, find_header
from segmentry.tables.text.records import Record, UnclosedQuoteError, count_lines, records
from segmentry.tables.text.separator import ONE_COLUMN, elect, is_padded, say, unpad
from segmentry.tables.text.structure import Body, Rows, walk
from segmentry.tables.text.survey import CANDIDATES, Survey, survey

_HEAD = 1 << 20
_LOOKED_AT = 5  # rows of what may be a second table
EXCEL_LIMITS = (65_536, 1_048_576)  # rows that a sheet of an .xls and of an .xlsx file can have


@dataclass(frozen=True)
class Document:
    """`skip_lines` physical lines stand before the rows in `path`; `lines[i]` is where row i was in the source."""

    path: Path
    names: tuple[str, ...]
    separator: str
    quoted: bool
    skip_lines: int
    lines: np.ndarray[Any, np.dtype[np.int64]]
    present: int
    rejects: tuple[Reject, ...]
    notices: tuple[Notice, ...]
    how: str  # how it was read, in words
    ends_blank: bool  # whether the last row has nothing in its first cell

    def without_last(self, name: str) -> Document:
        """The document without its last row, which is a total."""
        notice = footer_skipped(f"line {self.lines[-1]}", name)
        lines, present = self.lines[:-1], self.present - 1
        return replace(self, lines=lines, present=present, notices=(*self.notices, notice), ends_blank=False)


def open_document(source: Path, name: str, settings: ReadingSettings, scratch: Path) -> Document:
    """Look at every byte of the file once or twice, and say how to read it; a copy is made only where needed."""
    decoded = decode(source, name, settings.encoding, scratch / "utf8.csv")
    path, start = decoded.path, decoded.skip
    wanted = settings.separator
    seen = survey(path, start, name, (wanted,) if wanted and wanted != " " else CANDIDATES)
    separator = split_by = _separator(seen, wanted, path, start, name)
    if separator == " ":
        unpad(path, start, name, scratch / "unpadded.csv")
        path, start, separator = scratch / "unpadded.csv", 0, "\t"
        seen = survey(path, start, name, (separator,))
    header = _header(path, start, separator, seen, settings, name)
    check_names(header.names, name)
    named = _bytes_of(path, header.begin, header.start)
    body = Body(path, name, separator, len(header.names), header.start, header.line, named)
    rows = walk(body)
    footer = _footer(rows, separator)
    if footer and rows.present > len(footer):
        body = replace(body, dropped=footer)
        rows = walk(body)
    _check_shape(rows, body)
    _check_second_table(rows, body)
    copied = not (rows.regular and header.plain and start == 0)
    if copied:
        path = scratch / "clean.csv"
        with path.open("wb") as out:
            rows = walk(body, out)
    lines = np.concatenate(rows.lines) if rows.lines else np.empty(0, dtype=np.int64)
    notices = (*decoded.notices, *header.notices, *_notices(rows, body))
    quoted = seen.quotes
    skip = 0 if copied else header.line - 1
    return Document(
        path,
        header.names,
        separator,
        quoted,
        skip,
        lines,
        rows.present,
        tuple(rows.rejects),
        notices,
        f"{say(split_by)}, {decoded.encoding}",
        len(lines) > 1 and starts_blank(dict(rows.tail).get(int(lines[-1]), b"?"), separator),
    )


def _separator(seen: Survey, wanted: str | None, path: Path, start: int, name: str) -> str:
    if wanted:
        return wanted
    elected = elect(seen, name)
    # A comma or two inside padded columns must not hide that spaces set them apart.
    if elected == ONE_COLUMN and is_padded(path, start, name):
        return " "
    return elected


def _header(path: Path, start: int, separator: str, seen: Survey, settings: ReadingSettings, name: str) -> Header:
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(_HEAD)
        at_end = not file.read(1)
    head: list[Record] = []
    try:
        for record in records(data, ord(separator), at_end):
            head.append(record)
            if len(head) == 100:
                break
    except UnclosedQuoteError as error:
        line = 1 + count_lines(data[: error.offset])
        raise UnreadableFileError(
            f"{name} opens a quote on line {line} that is never closed.",
            remedy="Close the quote, or double it if it belongs to the text.",
            code="unclosed-quote",
        ) from None
    width = 1 if separator == ONE_COLUMN else seen.share(separator)[0] + 1
    return find_header(head, width, settings.header, start, name, settings.columns)


def _check_shape(rows: Rows, body: Body) -> None:
    """Most rows must have the header's width; otherwise the header, or the separator, is not what it seems."""
    fitting = rows.wide.get(body.width, 0)
    if not rows.present or 2 * fitting >= rows.present:
        return
    width = max(rows.wide, key=lambda n: rows.wide[n])
    cells, columns = plural(width, "cell"), plural(body.width, "column")
    what = f"Most rows of {body.name} have {cells}, but its header names {columns}."
    if width == body.width + 1:
        what = f"The rows of {body.name} have one cell more than the header names."
    first = next((r.line for r in rows.rejects), body.line)
    raise UnreadableFileError(
        what,
        found=f"{rows.wide[width]} of {rows.present} rows, the first on line {first}",
        remedy="Name every column in the header (an index column too), or pass --separator.",
        code="header-width",
    )


def _check_second_table(rows: Rows, body: Body) -> None:
    """Rows at the end that all have one other width, below names of their own, are another table and no bad rows."""
    tail = [(line, width) for line, width in rows.odd if line > rows.last_kept]
    if len(tail) < 2 or len({width for _, width in tail}) > 1 or tail[0][1] < 2:
        return
    names, *below = (_cells_of(body, line) for line, _ in tail[:_LOOKED_AT])
    named = all(re.search(r"[^\W\d_]", name) and not re.search(r"\d", name) for name in names)
    if not named or len(set(names)) < len(names) or not any(re.search(r"\d", cell) for row in below for cell in row):
        return
    line, width = tail[0]
    raise UnreadableFileError(
        f"{body.name} holds a second table, from line {line} on.",
        found=f"{width} columns and {plural(len(tail) - 1, 'row')} there, below rows of {plural(body.width, 'cell')}",
        remedy="Put it into a file of its own, or delete these lines.",
        code="second-table",
    )


def _bytes_of(path: Path, begin: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(end - begin).rstrip(b"\r\n")


def _footer(rows: Rows, separator: str) -> tuple[int, ...]:
    """The lines at the end that are totals or notes."""
    try:
        found = [next(records(raw, ord(separator), at_end=True)).cells for _, raw in rows.tail]
    except UnclosedQuoteError:
        return ()
    n = count_footer([[cell.decode("utf-8", "replace") for cell in cells] for cells in found])
    return tuple(line for line, _ in rows.tail)[len(rows.tail) - n :]


def _cells_of(body: Body, line: int) -> list[str]:
    with body.path.open("rb") as file:
        file.seek(body.start)
        text = next(itertools.islice(file, line - body.line, None), b"").decode("utf-8", "replace")
    return [cell.strip(' "\r\n') for cell in text.split(body.separator)]


def _notices(rows: Rows, body: Body) -> list[Notice]:
    out: list[Notice] = []
    if rows.separators:
        lines = plural(rows.separators, "line holds", "lines hold")
        text = f"{body.name}: {lines} separators and nothing else; they are no rows."
        out.append(Notice("blank-rows", text))
    if body.dropped:
        out.append(footer_skipped(f"line {', '.join(map(str, body.dropped))}", body.name))
    if rows.repeated:
        what = f"{plural(len(rows.repeated), 'row says', 'rows say')} the header again"
        out.append(Notice("header-repeated", f"{body.name}: {what}, the first on line {rows.repeated[0]}; skipped."))
    if rows.present + 1 in EXCEL_LIMITS or rows.present in EXCEL_LIMITS:
        text = f"{body.name} has exactly {rows.present:,} rows, as many as Excel holds: it was probably cut."
        out.append(Notice("cut-by-excel", text))
    return out
