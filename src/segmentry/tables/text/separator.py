"""Which character separates the columns of a text file, judged over the whole of it."""

from __future__ import annotations

import re
from pathlib import Path

from segmentry.errors import UnreadableFileError
from segmentry.tables.text.survey import Survey, blocks

ONE_COLUMN = "\x1f"  # occurs in no clean text, so that nothing is split
_SAYS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe", ONE_COLUMN: "one column", " ": "spaces"}


def elect(seen: Survey, name: str) -> str:
    """The separator that most lines hold equally often, the header included; a tie is an error."""
    ranked: list[tuple[bool, float, str]] = []
    for separator in seen.histograms:
        count, share = seen.share(separator)
        if count > 0 and share >= 0.5:
            ranked.append((seen.first.get(separator) == count, share, separator))
    if not ranked:
        return ONE_COLUMN
    ranked.sort(key=lambda r: (r[0], r[1]), reverse=True)
    if len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]:
        found = " and ".join(f"{say(r[2])} ({seen.share(r[2])[0] + 1} columns)" for r in ranked[:2])
        raise UnreadableFileError(
            f"{name} can be split into columns in two ways.",
            found=found,
            remedy=f"Pass --separator {say(ranked[0][2])} or --separator {say(ranked[1][2])}.",
            code="ambiguous-separator",
        )
    return ranked[0][2]


def say(separator: str) -> str:
    """The separator as a word that the option takes."""
    return _SAYS.get(separator, separator)


def is_padded(path: Path, start: int, name: str) -> bool:
    """Whether the columns are set apart by runs of spaces: every line has as many words, most are padded."""
    words: set[int] = set()
    lines = padded = 0
    for block in blocks(path, start, name):
        if b'"' in block or b"\0" in block:
            return False
        for line in block.splitlines():
            if line.strip():
                words.add(len(line.split()))
                lines += 1
                padded += line.startswith(b" ") or b"  " in line.rstrip()
        if len(words) != 1:
            return False
    return lines > 1 and words != {1} and padded > lines / 2


def unpad(path: Path, start: int, name: str, target: Path) -> None:
    """A copy with one tab in place of each run of spaces, and as many lines."""
    with target.open("wb") as out:
        for block in blocks(path, start, name):
            lines = re.split(rb"\r\n|\n|\r", block)
            trailing = lines[-1] == b""
            body = b"\n".join(b"\t".join(line.split()) for line in lines[: -1 if trailing else None])
            out.write(body + (b"\n" if trailing else b""))
