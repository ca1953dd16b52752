"""One quick look at every line of a file: how often each possible separator occurs in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from segmentry.errors import UnreadableFileError

Positions = np.ndarray[Any, np.dtype[np.int64]]

CANDIDATES = (",", ";", "\t", "|")
BLOCK = 1 << 22
LONGEST_LINE = 1 << 26


@dataclass
class Survey:
    """`histograms[separator][n]` is the number of lines that hold it n times, outside quotes."""

    histograms: dict[str, dict[int, int]]
    first: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    quotes: bool = False

    def share(self, separator: str) -> tuple[int, float]:
        """The commonest number of this separator in a line, and the share of lines that have it."""
        histogram = self.histograms[separator]
        total = sum(histogram.values())
        if not total:
            return 0, 0.0
        count = max(histogram, key=lambda n: (histogram[n], n == self.first.get(separator), n))
        return count, histogram[count] / total


def blocks(path: Path, start: int, name: str) -> Iterator[bytes]:
    """The file in pieces that end at a line end."""
    with path.open("rb") as file:
        file.seek(start)
        carry = b""
        while block := file.read(BLOCK):
            data = carry + block
            # A carriage return at the very end may be half of a line end.
            cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
            if cut:
                yield data[:cut]
            carry = data[cut:]
            if len(carry) > LONGEST_LINE:
                raise UnreadableFileError(f"{name} has a line longer than {LONGEST_LINE // 2**20} MB.")
        if carry:
            yield carry


def survey(path: Path, start: int, name: str, separators: tuple[str, ...] = CANDIDATES) -> Survey:
    """Count separators in all lines; lines that open a quote without closing it are left out."""
    out = Survey({separator: {} for separator in separators})
    for block in blocks(path, start, name):
        _add(out, block)
    return out


def line_ends(data: bytes, cells: np.ndarray[Any, np.dtype[np.uint8]]) -> tuple[Positions, bool]:
    """Where lines end, as the position of the last byte of each line end; and whether any ends by CR alone."""
    feeds = np.flatnonzero(cells == 10)
    if data.count(b"\r") == data.count(b"\r\n"):
        return feeds, False
    returns = np.flatnonzero(cells == 13)
    following = np.append(cells, np.uint8(0))[returns + 1]
    lone = returns[following != 10]
    return np.sort(np.concatenate([feeds, lone])), True


def has_controls(data: bytes, cells: np.ndarray[Any, np.dtype[np.uint8]]) -> bool:
    allowed = data.count(b"\n") + data.count(b"\r") + data.count(b"\t")
    return int(np.count_nonzero(cells < 32)) != allowed


def _add(out: Survey, data: bytes) -> None:
    cells = np.frombuffer(data, dtype=np.uint8)
    ends, _ = line_ends(data, cells)
    if not len(ends) or ends[-1] != len(cells) - 1:
        ends = np.append(ends, len(cells))
    starts = np.concatenate([[0], ends[:-1] + 1])
    stops = ends - (cells[np.maximum(ends - 1, 0)] == 13)
    filled = stops > starts
    counted, quotes, before = filled, None, starts
    if b'"' in data:
        quotes = np.flatnonzero(cells == 34)
        before = np.searchsorted(quotes, starts)
        counted = filled & ((np.searchsorted(quotes, ends) - before) % 2 == 0)
        out.quotes = True
    for separator, histogram in out.histograms.items():
        found = np.flatnonzero(cells == ord(separator))
        if quotes is not None and len(found):
            line = np.searchsorted(ends, found)
            found = found[(np.searchsorted(quotes, found) - before[line]) % 2 == 0]
        bounds = np.searchsorted(found, ends)
        counts = np.diff(bounds, prepend=0)[counted]
        values, times = np.unique(counts, return_counts=True)
        for n, many in zip(values.tolist(), times.tolist(), strict=True):
            histogram[n] = histogram.get(n, 0) + many
        if separator not in out.first and len(counts):
            out.first[separator] = int(counts[0])
    out.lines += len(starts)
