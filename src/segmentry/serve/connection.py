"""A connection that does not wait for ever: so many at a time, and the head of a request soon and not too large.

What needs no thought is answered here, before there is a task: that the server lives, and that it is busy. So a server
that has more work than it can do still says so at once.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from segmentry.serve.metrics import Metrics
from segmentry.serve.problems import MEDIA_TYPE, details

LARGEST_HEAD = 64 * 1024  # bytes
LIVE = "/health/live"
ASKS_LIFE = b"GET /health/live "
_WORK = (b"/v1/score", b"/v1/explain")
_SPARE = 64  # places that are kept for what is not work: readiness, counters, the schema
_READS = 128  # pieces of what connections send that are looked at in one turn of the event loop
_STARTS = 24  # requests that begin in one turn
_PIPELINED = 32  # requests of one connection that wait for the one before them
# Seconds that a refused connection is not listened to, and up to twice that, so that not all return at one time.
_PAUSE = 0.15
_LINGER = 1.0  # seconds that what is still on its way may take to arrive, after an answer that ends a connection
_UPGRADE = b"upgrade"


def _whole(status: int, media_type: str, value: object, *more: str) -> tuple[bytes, bytes]:
    """A whole answer: one after which the connection goes on, and one that ends it."""
    body = json.dumps(value).encode()
    after = ("Retry-After: 1",) if status == 503 else ()
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        *after,
        *more,
    )
    head = "".join(f"{line}\r\n" for line in lines).encode()
    return head + b"\r\n" + body, head + b"Connection: close\r\n\r\n" + body


def _refusal(status: int, rule: str) -> tuple[bytes, bytes]:
    return _whole(status, MEDIA_TYPE, details(status, rule))


_LIVES = _whole(200, "application/json", {"status": "live"})
_BUSY = _refusal(503, "Too many requests are waiting; try again.")
# The last words of a connection.
_UNREADABLE = 400, _refusal(400, "This is not a request of HTTP/1.1.")[1]
_HEAD = 431, _refusal(431, f"The headers of a request may have {LARGEST_HEAD // 1024} KiB.")[1]
_FULL = _refusal(503, "Too many connections are open; try again.")[1]


class Starts:
    """So many things begin in one turn of the event loop; the others wait for the next, in the order of their coming.

    Else a crowd that comes at one time would begin all at once, and a check of health behind it would wait for all.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting: deque[Callable[[], None]] = deque()
        self._begun = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether what comes now waits for a later turn."""
        return bool(self._waiting) or self._begun >= self.most

    def begin(self, start: Callable[[], None]) -> None:
        if self.is_full:
            self._waiting.append(start)
            return
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._begun += 1
        start()

    def _next_turn(self) -> None:
        self._begun = min(self.most, len(self._waiting))
        for _ in range(self._begun):
            self._waiting.popleft()()
        if self._begun:
            asyncio.get_running_loop().call_soon(self._next_turn)


class PatientProtocol(HttpToolsProtocol):
    """The HTTP protocol with limits. `seconds` are those that the head of a request may take to arrive; `most` are the
    connections that may be open at a time, `room` the requests that may be in work or wait for it."""

    seconds: ClassVar[float] = 10.0
    most: ClassVar[int] = 4096
    room: ClassVar[int] = 400
    metrics: ClassVar[Metrics]
    leaving: ClassVar[bool] = False  # the server is about to go, so each answer ends its connection
    reads: ClassVar[Starts]
    starts: ClassVar[Starts]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_size = 0
        self._in_head = self._in_message = True
        self._answered = False  # here, without a task
        self._ended = False  # what comes now is thrown away
        self._last_words = b""  # after the answers to what came before
        self._silent = False  # they were said
        self._held = 0  # pieces that wait to be looked at
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(self.seconds, self._close)
        if len(self.connections) > self.most:
            self.metrics.count("other", 503)
            self.transport.write(_FULL)
            self._close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A check of life is looked at as it comes, all else in its turn; so long, no more is taken from the client."""
        if self._ended:
            return
        if not self._held and data.startswith(ASKS_LIFE):
            self._look_at(data)
        elif not self.reads.is_full:
            self.reads.begin(lambda: self._look_at(data))
        else:
            self._held += 1
            self.flow.pause_reading()
            self.reads.begin(lambda: self._look_at_held(data))

    def _look_at_held(self, data: bytes) -> None:
        self._held -= 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._look_at(data)

    def _look_at(self, data: bytes) -> None:
        if self._is_over():
            return
        if self._in_head:
            self._head_size += len(data)
        self._feed(data)
        if self._in_head and self._head_size > LARGEST_HEAD:
            self._refuse(*_HEAD)
        # Empty lines between requests are no request, and must not keep a connection open for ever.
        if not self._in_message and self._is_idle():
            self._keep_alive()

    def _feed(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stopped:
            self._stay_with_http(data[stopped.args[0] :])
        except httptools.HttpParserError:
            self._refuse(*_UNREADABLE)

    def _stay_with_http(self, rest: bytes) -> None:
        """Has the request that wanted another protocol read again without that wish (RFC 9110, 7.8).

        The parser takes what comes after such a head for the other protocol, and then for a request, when it is the
        body of this one. Nothing but the answer comes after the wish for a tunnel.
        """
        if self._is_over():
            return
        if not self._wants_upgrade():
            self._ended = True
            return
        head = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        head += [b"%s: %s" % (name, value) for name, value in self.headers if name != _UPGRADE]
        self._feed(b"".join(line + b"\r\n" for line in (*head, b"")) + rest)

    def on_message_begin(self) -> None:
        if self._ended:
            return
        self._in_head, self._head_size = True, 0
        self._in_message, self._answered = True, False
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self._close)
        super().on_message_begin()

    def on_headers_complete(self) -> Any:
        if self._ended or self._wants_upgrade():
            return
        # It may have come at one blow.
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._refuse(*_HEAD)
            return
        self._in_head = False
        self._on_time()
        if not self._is_idle():
            # Answers keep the order of their questions, so this one is looked at when the one before it is answered.
            if len(self.pipeline) >= _PIPELINED:
                self._ended = True
            else:
                super().on_headers_complete()
        elif self.url == LIVE.encode() and self.parser.get_method() == b"GET":
            self._answer(_LIVES, LIVE, 200)
        elif len(self.tasks) + len(self.starts) >= self.room + (0 if self.url in _WORK else _SPARE):
            self._answer(_BUSY, self.url.decode() if self.url in _WORK else "other", 503)
            self._pause()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_over() and not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_over() or self._wants_upgrade():
            return
        self._in_message = False
        self._on_time()
        if not self._answered:
            super().on_message_complete()

    def _wants_upgrade(self) -> bool:
        # A tunnel is a method, which no address has.
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def on_response_complete(self) -> None:
        was_last = not self.pipeline
        super().on_response_complete()
        if self._ended and was_last:
            self._hang_up()
        # Refused before its body came: the rest is thrown away, but not waited for for ever.
        if self._in_message and self._deadline is None and not self._is_over():
            self._deadline = self.loop.call_later(self.seconds, self._close)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        start = super()._start_asgi_task
        cycle.transport = _Parting(self.transport, self._part)  # type: ignore[assignment]
        self.starts.begin(lambda: start(cycle, self._with_leave(cycle, app)))

    def _with_leave(self, cycle: RequestResponseCycle, app: Any) -> Any:
        """The application, whose answer takes leave where the server is going; of several, the last one does."""

        async def answered(scope: Any, receive: Any, send: Any) -> None:
            async def told(message: Any) -> None:
                if self.leaving and not self.pipeline and message["type"] == "http.response.start":
                    cycle.keep_alive = False
                await send(message)

            await app(scope, receive, told)

        return answered

    def _refuse(self, status: int, words: bytes) -> None:
        if not self._is_over():
            self.metrics.count("other", status)
            self._end(words)

    def _answer(self, words: tuple[bytes, bytes], route: str, status: int) -> None:
        """Answers without a task. A client that waits for leave to send its body may never send it."""
        self._answered = True
        self.metrics.count(route, status)
        self.server_state.total_requests += 1
        # A connection cannot go on when the server is leaving, or after a body that may or may not come.
        goes_on = self.parser.should_keep_alive() and not self.expect_100_continue and not self.leaving
        if not goes_on:
            self._end(words[1])
            return
        self.transport.write(words[0])
        self._deadline = self.loop.call_later(self.seconds, self._close)

    def shutdown(self) -> None:
        # What has come and is not looked at yet is answered first; the answer ends the connection.
        if not self._held:
            super().shutdown()

    def _pause(self) -> None:
        """Whoever does not wait as told is made to wait, so that refusing leaves time for the work."""
        if not self._is_over():
            self.flow.pause_reading()
            spread = (self.server_state.total_requests % 64) / 64
            self.loop.call_later(_PAUSE * (1 + spread), self.flow.resume_reading)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _keep_alive(self) -> None:
        if self.timeout_keep_alive_task is None and self._deadline is None and not self._is_over():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _on_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self, words: bytes) -> None:
        """Says this and hangs up, as soon as what came before has its answers."""
        if self._is_over():
            return
        self._ended, self._last_words = True, words
        breaks_off = self._in_message and not self._in_head  # the request has begun and waits for its body
        if breaks_off and self.pipeline:
            self.pipeline.popleft()
        elif breaks_off or self._is_idle():
            self._hang_up()

    def _part(self) -> None:
        """The end after an answer that said so; of a request that was refused, the body may still be on its way."""
        self.pipeline.clear()
        if self._in_message:
            self._hang_up(self.seconds)
        else:
            self.transport.close()

    def _hang_up(self, seconds: float = _LINGER) -> None:
        """Says no more, but lets what is still on its way arrive: cut off at once, the client would hear of a reset,
        and might never see the answer."""
        if self._silent or self.transport.is_closing():
            return
        self._ended = self._silent = True
        self.transport.write(self._last_words)
        self.transport.write_eof()
        self.flow.resume_reading()
        self._on_time()
        self._deadline = self.loop.call_later(seconds, self._close)

    def _is_over(self) -> bool:
        return self._ended or self.transport.is_closing()

    def _close(self) -> None:
        self._on_time()
        if not self.transport.is_closing():
            self.transport.close()


class _Parting:
    """The transport of one answer, which does not end the connection but asks for its end."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write, self.close, self.is_closing = transport.write, close, transport.is_closing


def protocol_for(seconds: float, most: int, room: int, metrics: Metrics) -> type[PatientProtocol]:
    """The protocol with the limits of one server."""
    limits = {"seconds": seconds, "most": most, "room": room, "metrics": metrics}
    turns = {"reads": Starts(_READS), "starts": Starts(_STARTS)}
    return type("Protocol", (PatientProtocol,), limits | turns)
