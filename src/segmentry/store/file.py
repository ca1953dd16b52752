"""The model file: one header line that says what follows, then one JSON document of numbers and text.

    segmentry-segmentation 1 sha256=<64 hex digits> bytes=<length>
    {"candidates": [...], ...}

Nothing in it is code, names a class, or can be made to run. The header is checked before the document is
parsed, and the document is checked field by field before anything is built from it. Saved twice, it is the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from segmentry.errors import ModelFileError
from segmentry.segmentation import Segmentation, check_segmentation
from segmentry.store.sense import contradiction
from segmentry.store.shape import UnknownFieldError, from_plain, to_plain
from segmentry.tables import as_path, refuse_address, write_bytes_atomically

FORMAT = 1
LARGEST = 64 * 1024 * 1024
_HEADER = re.compile(rb"segmentry-segmentation (\d{1,6}) sha256=([0-9a-f]{64}) bytes=(\d{1,12})\n")
_WRITER = re.compile(rb'"segmentry": "([0-9][0-9A-Za-z.+-]{0,30})"')
_AGAIN = "Copy the file again, or fit again."


def save(segmentation: Segmentation, path: str | Path, *, overwrite: bool = False) -> Path:
    """Writes the model file, whole or not at all. Raises OutputError when it exists already or cannot be written."""
    check_segmentation(segmentation)
    path = as_path(path)
    write_bytes_atomically(path, dump(segmentation), overwrite=overwrite)
    return path


def dump(segmentation: Segmentation) -> bytes:
    """The model file's bytes; the same for the same segmentation."""
    plain = to_plain(segmentation)
    body = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"
    digest = hashlib.sha256(body).hexdigest()
    return f"segmentry-segmentation {FORMAT} sha256={digest} bytes={len(body)}\n".encode() + body


def load(path: str | Path) -> Segmentation:
    """The segmentation in a model file. Raises ModelFileError when it is anything but a sound one."""
    return parse(read_bytes(path), str(path))


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a model file, at most one more than it may have. Raises ModelFileError where they cannot be had, at
    once where they might never come."""
    refuse_address(path)
    path = as_path(path)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ModelFileError(
                f"'{path}' is not a regular file.",
                found="a pipe, a socket or a device",
                remedy="Copy the model to a file first.",
            )
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise ModelFileError(
            f"'{path}' cannot be read.", found=error.strerror or type(error).__name__, remedy="Check the path."
        ) from None


def parse(data: bytes, name: str = "model") -> Segmentation:
    """The segmentation in a model file's bytes; `name` is for error messages."""
    body = _body(data, name)
    try:
        plain = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"'{name}' is not a segmentation.", found=type(error).__name__, remedy=_AGAIN) from None
    try:
        segmentation: Segmentation = from_plain(Segmentation, plain, name)
    except UnknownFieldError as error:
        # A name in a file that is no model may be anybody's.
        field = str(error) if re.fullmatch(r"[\w.\[\]]{1,80}", str(error)) else "one"
        raise _newer(name, body, f"a field that this version does not know ({field})") from None
    fault = contradiction(segmentation)
    if fault:
        raise ModelFileError(f"'{name}' contradicts itself: {fault}.", remedy=_AGAIN)
    return segmentation


def _body(data: bytes, name: str) -> bytes:
    if len(data) > LARGEST:
        raise ModelFileError(f"'{name}' is larger than a segmentation can be.", found=f"over {LARGEST} bytes")
    header = _HEADER.match(data)
    if not header:
        found = "a pickle or joblib file, which is never opened" if data[:1] == b"\x80" else _kind(data)
        raise ModelFileError(
            f"'{name}' is not a segmentation file.", found=found, remedy="Pass a .seg file that `segmentry fit` wrote."
        )
    if int(header[1]) > FORMAT:
        raise _newer(name, data, f"format {int(header[1])}; this version reads format {FORMAT}")
    if int(header[1]) != FORMAT:
        raise ModelFileError(
            f"'{name}' has format {int(header[1])}; this version reads format {FORMAT}.",
            remedy="Use the version of segmentry that wrote it, or fit again.",
        )
    body = data[header.end() :]
    if len(body) != int(header[3]) or hashlib.sha256(body).hexdigest() != header[2].decode():
        raise ModelFileError(f"'{name}' is damaged: its content does not match its checksum.", remedy=_AGAIN)
    return body


def _newer(name: str, body: bytes, found: str) -> ModelFileError:
    writer = _WRITER.search(body)
    which = f" ({writer[1].decode()})" if writer else ""
    return ModelFileError(
        f"'{name}' was written by a newer version of segmentry{which}.",
        found=found,
        remedy="Update segmentry: pip install --upgrade segmentry.",
    )


def _kind(data: bytes) -> str:
    # The bytes themselves may be a customer's.
    if not data:
        return "an empty file"
    return "a zip file, perhaps a workbook" if data[:2] == b"PK" else "text" if data[:200].isascii() else "other bytes"


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number")
