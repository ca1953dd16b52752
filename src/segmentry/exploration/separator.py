"""Which character sets the columns of a text file apart, seen from the names that were read from it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CANDIDATES = {",": ",", ";": ";", "\t": "tab", "|": "|"}
_HEAD = 1 << 18
_LINES = 100


def separator_of(source: Any, names: Sequence[str]) -> str | None:
    """The separator as the option takes it, None where there is none or the first lines do not tell."""
    if not isinstance(source, (str, Path)) or not Path(source).is_file() or len(names) < 2:
        return None
    lines = _text(Path(source)).splitlines()[:_LINES]
    by_names = [c for c in CANDIDATES if any(_cells(line, c) == list(names) for line in lines)]
    if by_names:
        return CANDIDATES[by_names[0]]
    if any(line.split() == list(names) for line in lines):
        return "space"
    return None


def _text(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"\x1f\x8b"):
        with gzip.open(path, "rb") as packed:
            head = packed.read(_HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    text = head.decode("utf-8-sig", errors="replace")
    return head.decode("cp1252", errors="replace") if "\ufffd" in text[:-4] else text


def _cells(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    return [" ".join(cell.split()) for cell in cells]
