"""Objects of a JSON file, one after another: a line each, or the elements of one array."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segmentry.errors import UnreadableFileError

_BLOCK = 1 << 20
_LONGEST = 1 << 26  # characters of one object
_SPACE = " \t\r\n"

Row = tuple[int, dict[str, Any] | None, str]  # line, object or None, what is wrong with it


class RepeatedKeyError(ValueError):
    """An object that states a key twice: which value is meant cannot be known."""


def json_rows(path: Path, skip: int, name: str) -> Iterator[Row]:
    """Each object with the line it begins on. A bad line is given with its reason; a bad array is an error."""
    if _has_lines(path, skip):
        yield from _by_line(path, skip, name)
    else:
        yield from _elements(path, skip, name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RepeatedKeyError
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)


def _has_lines(path: Path, skip: int) -> bool:
    """Whether the first line that is not blank is a whole object."""
    with path.open("rb") as file:
        file.seek(skip)
        while line := file.readline(_LONGEST):
            if line.strip():
                break
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(_DECODER.decode(line.decode("utf-8")), dict)
    except RepeatedKeyError:
        return True
    except (ValueError, RecursionError):
        return False


def _by_line(path: Path, skip: int, name: str) -> Iterator[Row]:
    with path.open("rb") as file:
        file.seek(skip)
        number = 0
        while line := file.readline(_LONGEST + 1):
            number += 1
            if len(line) > _LONGEST:
                raise UnreadableFileError(f"{name} has a line longer than {_LONGEST // 2**20} MB.")
            if line.strip():
                yield _parsed(number, line)


def _parsed(number: int, line: bytes) -> Row:
    try:
        found = _DECODER.decode(line.decode("utf-8"))
    except RepeatedKeyError:
        return number, None, "repeats a key"
    except (ValueError, RecursionError):
        return number, None, "not a JSON object"
    return (number, found, "") if isinstance(found, dict) else (number, None, "not a JSON object")


def _elements(path: Path, skip: int, name: str) -> Iterator[Row]:
    buffer, at, line, inside, first = "", 0, 1, False, True
    with path.open("r", encoding="utf-8", newline="") as file:
        file.seek(skip)
        while True:
            buffer, at, line = _past_space(buffer, at, line)
            if at == len(buffer):
                buffer, at = file.read(_BLOCK), 0
                if not buffer:
                    break
                continue
            mark = buffer[at]
            if first and mark == "[":
                inside, at, first = True, at + 1, False
            elif inside and mark in ",]":
                inside, at = mark == ",", at + 1
            else:
                first = False
                found, end, buffer, at = _decode(buffer, at, file, line, name)
                good = isinstance(found, dict)
                yield line, found if good else None, "" if good else "not a JSON object"
                line += buffer.count("\n", at, end)
                at = end
    if inside:
        raise _broken(name, line, "an array that does not end")


def _past_space(buffer: str, at: int, line: int) -> tuple[str, int, int]:
    while at < len(buffer) and buffer[at] in _SPACE:
        line += buffer[at] == "\n"
        at += 1
    return buffer, at, line


def _decode(buffer: str, at: int, file: Any, line: int, name: str) -> tuple[Any, int, str, int]:
    """The value at `at`, reading on until it is whole."""
    while True:
        try:
            found, end = _DECODER.raw_decode(buffer, at)
            if end < len(buffer):
                return found, end, buffer, at
            more = file.read(_BLOCK)
            if not more:
                return found, end, buffer, at
            buffer, at = buffer[at:] + more, 0
        except RepeatedKeyError:
            raise _broken(name, line, "an object that repeats a key") from None
        except (ValueError, RecursionError) as error:
            more = file.read(_BLOCK)
            buffer, at = buffer[at:] + more, 0
            if not more or len(buffer) > _LONGEST:
                broken = line + buffer.count("\n", 0, getattr(error, "pos", 0) or 0)
                raise _broken(name, broken, "text that is not JSON, or that was cut") from None


def _broken(name: str, line: int, found: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{name} cannot be read as JSON from line {line} on.",
        found=found,
        remedy="Export it again, best as JSON lines: one object on each line.",
        code="json",
    )
