"""Which encoding a text file is in, and the same text as UTF-8."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from segmentry.errors import Notice, SettingsError, UnreadableFileError

_BLOCK = 1 << 22
# The longer mark first: that of UTF-16 is the beginning of that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Typical traces of UTF-8 that was taken for cp1252 and encoded again.
_TWICE_ENCODED = (
    "â€™".encode(),
    "â€œ".encode(),
    "â€“".encode(),
    "Ã©".encode(),
    "Ã¼".encode(),
    "Ã¶".encode(),
    "Ã¤".encode(),
)


@dataclass(frozen=True)
class Decoded:
    """A file in UTF-8: the source itself or a copy of it; `skip` is the length of a byte order mark."""

    path: Path
    skip: int
    notices: tuple[Notice, ...]
    encoding: str = "UTF-8"


def decode(source: Path, name: str, declared: str | None, copy_to: Path) -> Decoded:
    """The file in UTF-8: by its byte order mark, else as UTF-8, else as declared, else as cp1252 with a notice."""
    with source.open("rb") as file:
        head = file.read(4096)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            if encoding == "utf-8-sig":
                _require_utf8(source, name)
                return Decoded(source, len(mark), _twice_encoded(source, name))
            return _transcode(source, name, encoding, copy_to, ())
    if declared is not None and not _is_like_ascii(declared):
        return _transcode(source, name, declared, copy_to, ())
    _refuse_unmarked_utf16(head, name)
    if _is_utf8(source):
        return Decoded(source, 0, _twice_encoded(source, name))
    if declared is not None:
        return _transcode(source, name, declared, copy_to, ())
    notice = Notice(
        "encoding-guessed",
        f"{name} is not UTF-8; it was read as cp1252 (Western European). If letters look wrong, pass --encoding.",
    )
    return _transcode(source, name, "cp1252", copy_to, (notice,))


def _is_like_ascii(declared: str) -> bool:
    try:
        return "a,1\n".encode(declared) == b"a,1\n"
    except LookupError:
        raise SettingsError(
            "The encoding is not known.", found=repr(declared), remedy="Pass for example --encoding cp1252 or utf-8."
        ) from None
    except UnicodeError:
        return False


def _refuse_unmarked_utf16(head: bytes, name: str) -> None:
    if len(head) >= 8 and head.count(0) > len(head) // 4:
        guess = "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
        raise UnreadableFileError(
            f"{name} is full of zero bytes, like UTF-16 without its mark, or not text at all.",
            remedy=f"Pass --encoding {guess} if it is text, or export it as UTF-8.",
        )


def _is_utf8(source: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with source.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _require_utf8(source: Path, name: str) -> None:
    if not _is_utf8(source):
        raise UnreadableFileError(
            f"{name} begins with the mark of UTF-8 but holds bytes that are not UTF-8.",
            found=_place(source, "utf-8"),
            remedy="Export it again as UTF-8.",
        )


def _transcode(source: Path, name: str, encoding: str, target: Path, notices: tuple[Notice, ...]) -> Decoded:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with source.open("rb") as file, target.open("wb") as out:
            while block := file.read(_BLOCK):
                out.write(decoder.decode(block).encode("utf-8"))
            out.write(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError:
        raise UnreadableFileError(
            f"{name} is not text in {encoding}.",
            found=_place(source, encoding),
            remedy="Pass --encoding with the encoding it was written in, or export it as UTF-8.",
        ) from None
    return Decoded(target, 0, notices, encoding.upper() if encoding.lower().startswith("utf") else encoding)


def _place(source: Path, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, offset = 1, 0
    with source.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeError as error:
                start = max(getattr(error, "start", 0), 0)
                return f"line {line + block[:start].count(10)}, byte {offset + start}"
            line, offset = line + block.count(10), offset + len(block)
    return "the end of the file"


def _twice_encoded(source: Path, name: str) -> tuple[Notice, ...]:
    count = 0
    with source.open("rb") as file:
        while block := file.read(_BLOCK):
            if not block.isascii():
                count += sum(block.count(trace) for trace in _TWICE_ENCODED)
    if not count:
        return ()
    text = f"{name} holds {count} places like 'Ã©' or 'â€™': its text was probably encoded twice before."
    return (Notice("encoded-twice", text),)
