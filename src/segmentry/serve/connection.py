"""A connection that does not wait for ever: so many at a time, and the head of a request soon and not too large."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from segmentry.serve.problems import MEDIA_TYPE, TITLES

LARGEST_HEAD = 64 * 1024  # bytes


def _last_words(status: int, rule: str) -> bytes:
    """A whole answer that ends the connection."""
    body = json.dumps({"type": "about:blank", "title": TITLES[status], "status": status, "detail": rule}).encode()
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
    after = "Retry-After: 1\r\n" if status == 503 else ""
    return f"{head}{after}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


_UNREADABLE = _last_words(400, "This is not a request of HTTP/1.1.")
_HEAD = _last_words(431, f"The headers of a request may have {LARGEST_HEAD // 1024} KiB.")
_FULL = _last_words(503, "Too many connections are open; try again.")


class PatientProtocol(HttpToolsProtocol):
    """The HTTP protocol with limits. `seconds` are those that the head of a request may take to arrive; `most` are the
    connections that may be open at a time."""

    seconds: ClassVar[float] = 10.0
    most: ClassVar[int] = 4096

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_size = 0
        self._in_head = True
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(self.seconds, self._close)
        if len(self.connections) > self.most:
            self._end(_FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > LARGEST_HEAD:
            self._end(_HEAD)

    def on_message_begin(self) -> None:
        self._in_head, self._head_size = True, 0
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self._close)
        super().on_message_begin()

    def on_headers_complete(self) -> Any:
        self._in_head = False
        self._on_time()
        # It may have come at one blow.
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._end(_HEAD)
            return None
        return super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._end(_UNREADABLE)

    def _on_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self, words: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(words)
        self._close()

    def _close(self) -> None:
        self._on_time()
        if not self.transport.is_closing():
            self.transport.close()
