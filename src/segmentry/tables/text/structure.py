"""Where each row of a text file begins and ends, which rows are whole, and a clean copy where some are not."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from segmentry.errors import UnreadableFileError
from segmentry.tables.masking import mask
from segmentry.tables.table import Reject
from segmentry.tables.text.footer import LOOKED_AT
from segmentry.tables.text.records import Record, UnclosedQuoteError, count_lines, records, written
from segmentry.tables.text.survey import BLOCK, LONGEST_LINE, has_controls, line_ends

_LONGEST_QUOTED = 1 << 20
_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass
class Rows:
    """What walking over the body of a file has found; `lines` are the physical lines of the rows kept."""

    lines: list[np.ndarray[Any, np.dtype[np.int64]]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    present: int = 0
    regular: bool = True  # an engine can split the file itself
    wide: dict[int, int] = field(default_factory=dict)  # number of cells -> rows with that many
    odd: list[tuple[int, int]] = field(default_factory=list)  # line and number of cells of those of another width
    separators: int = 0  # lines that hold nothing else
    repeated: list[int] = field(default_factory=list)  # lines that say the header again
    tail: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=LOOKED_AT))  # the last rows, by line

    @property
    def kept(self) -> int:
        return sum(len(part) for part in self.lines)

    @property
    def last_kept(self) -> int:
        return max((int(part[-1]) for part in self.lines if len(part)), default=0)


@dataclass(frozen=True)
class Body:
    """The part of a file that holds rows: from byte `start`, which is on physical line `line`."""

    path: Path
    name: str
    separator: str
    width: int
    start: int
    line: int
    header: bytes = b""  # as it stands in the file, which may be joined from several
    dropped: tuple[int, ...] = ()  # lines of a footer, which are no rows


def walk(body: Body, out: IO[bytes] | None = None) -> Rows:
    """Go over all rows; those of the right width are kept (and written to `out`), the others are rejects."""
    walker = _Walker(body, out)
    carry = b""
    with body.path.open("rb") as file:
        file.seek(body.start)
        while True:
            block = file.read(BLOCK)
            data = carry + block
            if not data:
                break
            used = walker.take(data, at_end=not block)
            carry = data[used:]
            if not block:
                break
    return walker.rows


class _Walker:
    def __init__(self, body: Body, out: IO[bytes] | None) -> None:
        self.body, self.out, self.rows, self.line = body, out, Rows(), body.line
        self.mark = ord(body.separator)

    def take(self, data: bytes, at_end: bool) -> int:
        """Handle the whole records at the beginning of `data`; the number of bytes they span."""
        cells = np.frombuffer(data, dtype=np.uint8)
        quotes = np.flatnonzero(cells == 34) if b'"' in data else None
        if quotes is not None and not _well_formed(cells, quotes, self.mark):
            return self._take_carefully(data, at_end)
        if quotes is not None and len(quotes) % 2 and (at_end or len(data) - quotes[-1] > _LONGEST_QUOTED):
            raise self._unclosed(data, int(quotes[-1]))
        used = self._take_quickly(data, cells, quotes, at_end)
        if not used and len(data) > LONGEST_LINE:
            raise UnreadableFileError(f"{self.body.name} has a line longer than {LONGEST_LINE // 2**20} MB.")
        return used

    def _take_quickly(
        self,
        data: bytes,
        cells: np.ndarray[Any, np.dtype[np.uint8]],
        quotes: np.ndarray[Any, np.dtype[np.int64]] | None,
        at_end: bool,
    ) -> int:
        every, lone = line_ends(data, cells)
        if not at_end and data.endswith(b"\r"):
            every = every[:-1]  # perhaps half of a line end
        ends = every if quotes is None else every[np.searchsorted(quotes, every) % 2 == 0]
        if at_end and (not len(ends) or ends[-1] != len(data) - 1):
            ends = np.append(ends, len(data))
        if not len(ends):
            return 0
        starts = np.concatenate([[0], ends[:-1] + 1])
        pairs = (cells[np.maximum(ends - 1, 0)] == 13) & (np.append(cells, np.uint8(10))[ends] == 10) & (ends > starts)
        stops = ends - pairs
        marks = np.flatnonzero(cells == self.mark)
        if quotes is not None:
            marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
        widths = np.diff(np.searchsorted(marks, ends), prepend=0) + 1
        lines = self.line + np.searchsorted(every, starts)
        used = int(ends[-1]) + 1 if ends[-1] < len(data) else len(data)
        self.line += int(np.searchsorted(every, used))
        hollow = (stops - starts == self.body.width - 1) & (widths == self.body.width)
        good = (widths == self.body.width) & (stops > starts) & ~hollow
        if self.body.dropped:
            good &= ~np.isin(lines, self.body.dropped)
        if self._header_is_in(data):
            as_long = np.isin(stops - starts, (len(self.body.header), len(_BOM) + len(self.body.header)))
            for at in np.flatnonzero(good & as_long).tolist():
                good[at] = not self._is_header(data[starts[at] : stops[at]])
        if has_controls(data, cells):
            control = np.flatnonzero((cells < 32) & (cells != 9) & (cells != 10) & (cells != 13))
            good &= np.searchsorted(control, starts) == np.searchsorted(control, ends)
        for at in np.flatnonzero(~good).tolist():
            good[at] = self._odd(data[starts[at] : stops[at]], int(widths[at]), int(lines[at]))
        kept = int(np.count_nonzero(good))
        self._count(self.body.width, kept)
        self.rows.lines.append(lines[good])
        self.rows.regular &= kept == len(good) and not (lone and len(ends))
        filled = np.flatnonzero((stops > starts) & ~hollow)[-LOOKED_AT:].tolist()
        self.rows.tail.extend((int(lines[at]), data[starts[at] : stops[at]]) for at in filled)
        if self.out is not None:
            self._copy(data, starts, stops, good)
        return used

    def _copy(self, data: bytes, starts: Any, stops: Any, good: Any) -> None:
        assert self.out is not None
        if good.all() and b"\r" not in data and data.endswith(b"\n") and stops[-1] + 1 == len(data):
            self.out.write(data)
            return
        pieces = [data[a:b] for a, b in zip(starts[good].tolist(), stops[good].tolist(), strict=True)]
        if pieces:
            self.out.write(b"\n".join(pieces) + b"\n")

    def _take_carefully(self, data: bytes, at_end: bool) -> int:
        used, lines = 0, []
        self.rows.regular = False
        try:
            for record in records(data, self.mark, at_end):
                if self._careful_row(record, data):
                    lines.append(self.line)
                    if self.out is not None:
                        self.out.write(written(record.cells, self.mark))
                self.line += record.lines
                used = record.stop
        except UnclosedQuoteError as error:
            raise self._unclosed(data, error.offset, used) from None
        self.rows.lines.append(np.array(lines, dtype=np.int64))
        return used

    def _careful_row(self, record: Record, data: bytes) -> bool:
        raw = data[record.start : record.stop].rstrip(b"\r\n")
        hollow = self._is_hollow(raw)
        if raw and not hollow:
            self.rows.tail.append((self.line, raw))
        clean = _CONTROL.search(raw) is None
        if (
            len(record.cells) == self.body.width
            and raw
            and clean
            and not hollow
            and self.line not in self.body.dropped
            and not self._is_header(raw)
        ):
            self._count(self.body.width, 1)
            return True
        return self._odd(raw, len(record.cells), self.line)

    def _odd(self, raw: bytes, width: int, line: int) -> bool:
        """Account for a record that is not simply a row; whether it is one nevertheless."""
        if self._is_hollow(raw):
            self.rows.separators += 1
            return False
        if self._is_header(raw):
            self.rows.repeated.append(line)
            return False
        if line in self.body.dropped or not raw.strip(b" \t" if self.body.separator != "\t" else b" "):
            return False
        self._count(width, 1)
        if width == self.body.width:
            reason = "holds a control character"
        else:
            few = "too few" if width < self.body.width else "too many"
            reason = f"{few} cells: {width} instead of {self.body.width}"
            self.rows.odd.append((line, width))
        first = raw.decode("utf-8", "replace").lstrip('"\0 ')
        self.rows.rejects.append(Reject(line, "", reason, mask(first)))
        return False

    def _header_is_in(self, data: bytes) -> bool:
        return self.body.width > 1 and self.body.header != b"" and self.body.header in data

    def _is_header(self, raw: bytes) -> bool:
        """Whether a row says the names of the columns again, as where exports were joined."""
        return self._header_is_in(raw) and raw.removeprefix(_BOM) == self.body.header

    def _is_hollow(self, raw: bytes) -> bool:
        """Whether a line has the cells of a row and nothing in them, as spreadsheets write empty rows."""
        return self.body.width > 1 and raw == self.body.separator.encode() * (self.body.width - 1)

    def _count(self, width: int, many: int) -> None:
        if many:
            self.rows.present += many
            self.rows.wide[width] = self.rows.wide.get(width, 0) + many

    def _unclosed(self, data: bytes, offset: int, used: int = 0) -> UnreadableFileError:
        line = self.line + count_lines(data[used:offset])
        return UnreadableFileError(
            f"{self.body.name} opens a quote on line {line} that is never closed.",
            remedy="Close the quote, or double it if it belongs to the text.",
            code="unclosed-quote",
        )


def _well_formed(cells: Any, quotes: Any, mark: int) -> bool:
    """Every quote opens at the beginning of a cell, closes at its end, or is doubled."""
    allowed = np.zeros(256, dtype=bool)
    allowed[[mark, 10, 13, 34]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = cells[np.maximum(opening - 1, 0)]
    after = cells[np.minimum(closing + 1, len(cells) - 1)]
    return bool((allowed[before] | (opening == 0)).all() and (allowed[after] | (closing == len(cells) - 1)).all())
