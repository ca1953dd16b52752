"""What a path holds, told from its content and never from its name."""

from __future__ import annotations

import gzip
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from segmentry.errors import UnreadableFileError, plural
from segmentry.tables.scratch import ROOM

# A gzip file may not grow beyond this, nor by more than this factor: real tables shrink 3 to 30 times.
LARGEST_INFLATED = 64 * 1024**3
LARGEST_RATIO = 200
_HEAD = 1024**2  # bytes that the size of the whole is told from
_SMALL = 16 * 1024**2  # growth below this harms nobody, whatever the factor

_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", "Export the table as CSV."),
    (b"FEA1", "a Feather file of the first version", "Write it as Parquet."),
    (b"BZh", "a bzip2 archive", "Unpack it first."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it first."),
    (b"\x89PNG", "a picture", "Pass a table."),
)

Content = Literal["text", "json", "parquet", "arrow", "zip", "ole", "gzip", "sqlite", "duckdb"]

# The beginning of a file, and what such a file holds.
_MAGIC: tuple[tuple[bytes, Content], ...] = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),  # a stream of record batches
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\0", "sqlite"),
)


def content_of(path: Path) -> Content:
    """What the file holds; an error naming the remedy where that is no table."""
    _check_kind(path)
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be opened.", found=error.strerror or "", remedy=_RIGHTS) from error
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf") and path.stat().st_size <= len(head):
        raise UnreadableFileError(f"{path} is empty.", remedy="Export the table again.")
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    if head[8:12] == b"DUCK":
        return "duckdb"
    return _text_content(path, head)


@contextmanager
def unchanged(path: Path, remedy: str = "Wait until it is complete, then run again.") -> Iterator[None]:
    """Raises UnreadableFileError where the file is another at the end of the block than at its beginning."""
    before = path.stat()
    yield
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UnreadableFileError(f"{path.name} changed while it was read.", remedy=remedy)


def packed_content(path: Path) -> Content:
    """What a gzip file holds: text or JSON; an error for anything else, and for one that is damaged."""
    try:
        with gzip.open(path, "rb") as file:
            head = file.read(1024)
    except (EOFError, zlib.error, OSError):
        head = b""  # unpacking it whole says what is wrong with it
    return _text_content(path, head)


def _text_content(path: Path, head: bytes) -> Content:
    _refuse_foreign(path, head)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].replace(b"\0", b"")
    return "json" if re.match(rb"(\xff\xfe|\xfe\xff)?\s*(\{\s*[\"}]|\{$|\[\s*[\[{\]])", start) else "text"


_RIGHTS = "Check the name and that you may read the file."


def _check_kind(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise UnreadableFileError(f"{path} does not exist.", remedy="Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path!s} cannot be opened.", found=str(error), remedy=_RIGHTS) from error
    if stat.S_ISDIR(mode):
        raise UnreadableFileError(
            f"{path} is a folder without Parquet files.", remedy="Pass a file, or a folder of Parquet files."
        )
    if not stat.S_ISREG(mode):
        raise UnreadableFileError(
            f"{path} is not a regular file.",
            found="a pipe, a socket or a device",
            remedy="Write it to a file first; a command reads its standard input where - stands for the file.",
        )


def _refuse_foreign(path: Path, head: bytes) -> None:
    for magic, kind, remedy in _FOREIGN:
        if head.startswith(magic):
            raise UnreadableFileError(f"{path} is not a text table.", found=kind, remedy=remedy)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<head")):
        raise UnreadableFileError(
            f"{path} is not a text table.",
            found="HTML or XML",
            remedy="Perhaps a login page or a web export was saved; save the table as CSV.",
        )


@dataclass(frozen=True)
class TextSize:
    """How large a file of text is, told from its beginning: bytes once unpacked, lines, cells in a line."""

    size: int
    lines: int
    columns: int


def text_size(path: Path) -> TextSize | None:
    """An estimate for a file of text or JSON lines, packed or not; None for anything else.

    The error is that of the mean line: exact where lines are alike.
    """
    content = content_of(path) if path.is_file() else None
    if content not in ("text", "json", "gzip"):
        return None
    with path.open("rb") as file:
        head = file.read(_HEAD)
        packed = len(head)
    if content == "gzip":
        # A stream is cut anywhere; what comes out before tells how much it grows.
        try:
            head = zlib.decompressobj(wbits=31).decompress(head)
        except zlib.error:
            return None  # reading it says what is wrong with it
    size = round(path.stat().st_size * len(head) / packed)
    first, newline, _ = head.partition(b"\n")
    lines = round(size * head.count(b"\n") / max(head.rfind(b"\n") + 1, 1)) if newline else 1
    return TextSize(size, lines, 1 + max(first.count(separator) for separator in (b",", b";", b"\t", b"|")))


def inflate(path: Path, target: Path) -> None:
    """Unpack gzip into `target`, stopping at a bomb, and at a file that was cut."""
    packed, written = path.stat().st_size, 0
    try:
        with gzip.open(path, "rb") as source, target.open("wb") as out:
            # What is before the end of a cut stream comes out in one piece with the end, or not at all.
            while block := source.read1(1 << 20):
                written += len(block)
                if written > LARGEST_INFLATED or (written > _SMALL and written > LARGEST_RATIO * packed):
                    raise UnreadableFileError(
                        f"{path} grows suspiciously when it is unpacked.",
                        found=f"more than {written // 2**20} MB from {packed // 2**10} KB",
                        remedy="Unpack it yourself if you trust it.",
                        code="inflates-too-much",
                    )
                out.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFileError(
            f"{path} is damaged or was cut while it was copied.",
            found=f"gzip data that ends or breaks after {plural(written, 'byte')}",
            remedy="Copy or download it again.",
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            f"{path} could not be unpacked.",
            found=error.strerror or type(error).__name__,
            remedy=ROOM,
        ) from error
