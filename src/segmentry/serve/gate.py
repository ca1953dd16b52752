"""The way in: who may ask, how often, how many at a time; what cannot be served is refused before it is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segmentry.serve.keys import Key, Keys
from segmentry.serve.metrics import Metrics
from segmentry.serve.problems import Problem, problem_response
from segmentry.serve.settings import ServeSettings

OPEN = frozenset({"/health/live", "/health/ready"})  # no key: whoever starts and stops servers has none
_ROUTES = frozenset(
    {f"/v1/{name}" for name in ("score", "explain", "segments", "model", "model/reload", "schema")}
    | {"/openapi.json", "/metrics"}
)


class Turns:
    """One request is worked on at a time, in the order of their coming, and only so many wait.

    Arithmetic gains nothing from taking turns within a processor, and a check of health must not wait behind all of it.
    """

    def __init__(self, most: int, metrics: Metrics) -> None:
        self.most, self.metrics = most, metrics
        self.inside = 0
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place in the queue, from before the body is read to the answer. Raises Problem when there is none."""
        if self.inside >= self.most:
            raise Problem(503, "Too many requests are waiting; try again.", headers={"Retry-After": "1"})
        self.inside += 1
        self.metrics.waiting.set(self.inside)
        try:
            yield
        finally:
            self.inside -= 1
            self.metrics.waiting.set(self.inside)

    def turn(self) -> asyncio.Lock:
        """To be held while working."""
        return self._lock


class Limiter:
    """So many requests a minute for each key, counted in this worker."""

    def __init__(self, per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._windows = FixedWindowRateLimiter(MemoryStorage())

    def check(self, name: str) -> None:
        """Counts a request. Raises Problem with the seconds to wait when the minute is used up."""
        if self._windows.hit(self._limit, name):
            return
        ends = self._windows.get_window_stats(self._limit, name).reset_time
        wait = max(1, int(ends - time.time()) + 1)
        raise Problem(429, "This key has used up its minute.", headers={"Retry-After": str(wait)})


class Gate:
    """ASGI: counts each request, lets in whoever has a key, and turns refusals and failures into problem details."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, keys: Keys, metrics: Metrics) -> None:
        self.app, self.keys, self.metrics = app, keys, metrics
        self.limiter = Limiter(settings.requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._let_in(scope)
            await self.app(scope, receive, counted)
        except Problem as problem:
            await problem_response(problem)(scope, receive, counted)
        finally:
            route = _route_of(scope["path"])
            self.metrics.requests.labels(route, str(status)).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - begun)

    def _let_in(self, scope: Scope) -> None:
        if scope["path"] in OPEN:
            return
        name = "anyone"
        if self.keys.known:
            key = self._key_of(scope)
            scope.setdefault("state", {})["key"] = key
            name = key.name
        self.limiter.check(name)

    def _key_of(self, scope: Scope) -> Key:
        given = _given(scope)
        key = None if given is None else self.keys.find(given)
        if key is None:
            raise Problem(401, "Send a key: Authorization: Bearer <key>.", headers={"WWW-Authenticate": "Bearer"})
        return key


def _given(scope: Scope) -> str | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    found = [value for name, value in headers if name in (b"authorization", b"x-api-key")]
    if len(found) != 1:
        return None
    text = found[0].decode("latin-1").strip()
    if any(name == b"x-api-key" for name, _ in headers):
        return text
    scheme, _, key = text.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _route_of(path: str) -> str:
    """The path for metrics: never one that a caller made up."""
    if path in OPEN or path in _ROUTES:
        return path
    return "/v1/segments/{id}" if path.startswith("/v1/segments/") else "other"


def key_may(scope: Any, right: str) -> bool:
    """Whether the request's key has this right; without keys everyone has each."""
    key = scope.get("state", {}).get("key")
    return key is None or key.may == right
