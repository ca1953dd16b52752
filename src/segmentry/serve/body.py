"""The body of a request: read within its limits, and parsed strictly. What is unclear in JSON is refused here."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from starlette.requests import ClientDisconnect, Request

from segmentry.serve.problems import Problem
from segmentry.serve.settings import ServeSettings

_JSON_TYPE = re.compile(r"application/json\s*(;\s*charset\s*=\s*\"?utf-8\"?\s*)?", re.I)


async def read_json(request: Request, settings: ServeSettings) -> Any:
    """The body's JSON value. Raises Problem where it is too large, too slow, not JSON, or JSON of two meanings."""
    _check_head(request, settings)
    try:
        async with asyncio.timeout(settings.body_seconds):
            body = await _read(request, settings.max_body)
    except TimeoutError:
        rule = f"The body must arrive within {settings.body_seconds:g} seconds."
        raise Problem(408, rule, headers={"Connection": "close"}) from None
    return parse(body)


def _check_head(request: Request, settings: ServeSettings) -> None:
    kinds = request.headers.getlist("content-type")
    if len(kinds) != 1 or not _JSON_TYPE.fullmatch(kinds[0].strip()):
        raise Problem(415, "Send application/json in UTF-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Problem(415, "Send the body as it is, without Content-Encoding.")
    length = request.headers.get("content-length", "")
    # A length of forty digits is too large as well, and need not be read as a number.
    if length and (len(length) > 18 or not length.isdigit() or int(length) > settings.max_body):
        raise _too_large(settings.max_body)


async def _read(request: Request, most: int) -> bytes:
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise _too_large(most)
            parts.append(part)
    except ClientDisconnect:
        raise Problem(400, "The client left before the body ended.") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(most: int) -> Problem:
    # The rest of the body is not read, so the connection cannot be used again.
    return Problem(413, f"A body may have {most:,} bytes; send fewer customers.", headers={"Connection": "close"})


def parse(body: bytes) -> Any:
    """The JSON value in these bytes. Raises Problem for what is no JSON, and for what two readers would read
    differently: a key given twice, NaN and Infinity, text that is not UTF-8.

    >>> parse(b'{"age": 41}')
    {'age': 41}
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(400, f"The body is not UTF-8 at byte {error.start}.") from None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise Problem(400, "The body nests too deep; a request needs three levels.") from None
    except json.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    except ValueError:  # a whole number of thousands of digits
        raise Problem(400, "The body holds a number that is too long.") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise Problem(400, "An object of the body gives the same key twice.")
    return made


def _constant(name: str) -> Any:
    raise Problem(400, f"{name} is not JSON; leave out what is not known, or send null.")
