"""One record after the other, read with care: for the parts of a file that plain splitting would get wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

QUOTE = 0x22
_QUOTED = re.compile(rb'["\r\n]')
_LONGEST_QUOTED = 1 << 20  # a quoted cell longer than this was never closed


@dataclass(frozen=True)
class Record:
    """Cells of one row, the bytes it spans (`stop` is after the line end) and the line ends within."""

    start: int
    stop: int
    cells: list[bytes]
    lines: int


class UnclosedQuoteError(Exception):
    """A quote is opened at `offset` and its cell never ends."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


class _NeedsMoreError(Exception):
    """The record goes on beyond the bytes at hand."""


def records(data: bytes, separator: int, at_end: bool) -> Iterator[Record]:
    """Records of `data` in order; what is left after the last one is not complete unless `at_end`."""
    position, reader = 0, _Reader(data, separator, at_end)
    while position < len(data):
        try:
            record = reader.record(position)
        except _NeedsMoreError:
            return
        yield record
        position = record.stop


class _Reader:
    def __init__(self, data: bytes, separator: int, at_end: bool) -> None:
        self.data, self.separator, self.at_end = data, bytes([separator]), at_end
        # A line whose quotes all wrap whole cells, but for spaces: most lines of most files.
        mark = re.escape(self.separator)
        cell = rb' *"((?:[^"]|"")*)" *|([^"' + mark + rb"]*)"
        self.tidy = re.compile(rb"(?:" + cell + rb")(?:" + mark + rb"(?:" + cell + rb"))*")
        self.cell = re.compile(rb"(?:^|" + mark + rb")(?:" + cell + rb")")

    def record(self, start: int) -> Record:
        stop, after = self._line_end(start)
        line = self.data[start:stop]
        if QUOTE not in line:
            return Record(start, after, line.split(self.separator), 1)
        if self.tidy.fullmatch(line):
            found = self.cell.findall(line)
            return Record(start, after, [quoted.replace(b'""', b'"') or bare for quoted, bare in found], 1)
        cells: list[bytes] = []
        position = start
        while True:
            cell, position = self._cell(position)
            cells.append(cell)
            if position >= len(self.data) or self.data[position : position + 1] != self.separator:
                break
            position += 1
        stop, after = self._line_end(position)
        block = self.data[start:after]
        return Record(start, after, cells, max(count_lines(block), 1))

    def _line_end(self, start: int) -> tuple[int, int]:
        feed = self.data.find(b"\n", start)
        limit = feed if feed >= 0 else len(self.data)
        carriage = self.data.find(b"\r", start, limit)
        if carriage >= 0:
            if carriage + 1 == len(self.data) and not self.at_end:
                raise _NeedsMoreError
            return carriage, carriage + (2 if feed == carriage + 1 else 1)
        if feed < 0 and not self.at_end:
            raise _NeedsMoreError
        return limit, min(limit + 1, len(self.data))

    def _cell(self, start: int) -> tuple[bytes, int]:
        opening = start
        while self.data[opening : opening + 1] == b" ":
            opening += 1
        if self.data[opening : opening + 1] == b'"':
            quoted = self._quoted(opening)
            if quoted is not None:
                return quoted
        return self._bare(start)

    def _bare(self, start: int) -> tuple[bytes, int]:
        stop, _ = self._line_end(start)
        found = self.data.find(self.separator, start, stop)
        stop = found if found >= 0 else stop
        return self.data[start:stop], stop

    def _quoted(self, opening: int) -> tuple[bytes, int] | None:
        """The cell, or None where the quote turns out to be a character like others."""
        position, strays = opening + 1, False
        while True:
            closing = self.data.find(b'"', position)
            inside = self.data[opening + 1 : closing if closing >= 0 else len(self.data)]
            spans_lines = b"\n" in inside or b"\r" in inside
            if strays and (spans_lines or (closing < 0 and self.at_end)):
                return None
            if len(inside) > _LONGEST_QUOTED or (closing < 0 and self.at_end):
                raise UnclosedQuoteError(opening)
            if closing < 0 or (closing + 1 == len(self.data) and not self.at_end):
                raise _NeedsMoreError
            if self.data[closing + 1 : closing + 2] == b'"':
                position = closing + 2
                continue
            after = closing + 1
            while self.data[after : after + 1] == b" ":
                after += 1
            if after >= len(self.data) and not self.at_end:
                raise _NeedsMoreError
            if after >= len(self.data) or self.data[after : after + 1] in (self.separator, b"\n", b"\r"):
                return inside.replace(b'""', b'"'), after
            if spans_lines:
                raise UnclosedQuoteError(opening)
            strays, position = True, closing + 1


def count_lines(block: bytes) -> int:
    """Line ends in the block, whichever of the three kinds they are."""
    return block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")


def written(cells: list[bytes], separator: int) -> bytes:
    """The cells as one clean line."""
    if cells == [b""]:
        return b'""\n'  # an empty line would not be a row
    mark = bytes([separator])
    line = mark.join(cells)
    if line.count(mark) == len(cells) - 1 and not _QUOTED.search(line):
        return line + b"\n"
    parts = [b'"' + c.replace(b'"', b'""') + b'"' if mark in c or _QUOTED.search(c) else c for c in cells]
    return mark.join(parts) + b"\n"
