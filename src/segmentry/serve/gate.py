"""The way in: who may ask, how often, how many at a time; what cannot be served is refused before it is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import Message, Receive, Scope, Send

from segmentry.serve.keys import Key, Keys
from segmentry.serve.metrics import Metrics
from segmentry.serve.problems import Problem, problem_response
from segmentry.serve.routes import Routes
from segmentry.serve.settings import ServeSettings

OPEN = frozenset({"/health/live", "/health/ready"})  # no key: whoever starts and stops servers has none


class Turns:
    """One request is worked on at a time, in the order of their coming, and only so many wait.

    Arithmetic gains nothing from taking turns within a processor, and a check of health must not wait behind all of it.
    Explanations take turns of their own, beside the loop, so that places need not wait for them.
    """

    def __init__(self, most: int, metrics: Metrics) -> None:
        self.most, self.metrics = most, metrics
        self.inside = 0
        self.work, self.explanations = asyncio.Lock(), asyncio.Lock()

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


class Limiter:
    """So many requests, and so many customers, a minute for each key, counted in this worker."""

    def __init__(self, requests: int, customers: int) -> None:
        self._requests = RateLimitItemPerMinute(requests, namespace="requests")
        self._customers = RateLimitItemPerMinute(customers, namespace="customers")
        self._windows = FixedWindowRateLimiter(MemoryStorage())

    def request(self, name: str) -> None:
        """Counts a request. Raises Problem with the seconds to wait when the minute is used up."""
        self._count(self._requests, name, 1)

    def customers(self, name: str, count: int) -> None:
        """Counts the customers of a request. Raises Problem with the seconds to wait when the minute is used up, and
        one without them when they are more than a minute's."""
        if count:
            self._count(self._customers, name, count)

    def _count(self, limit: RateLimitItem, name: str, count: int) -> None:
        if count > limit.amount:
            raise Problem(422, f"A key may send {limit.amount:,} {limit.namespace} a minute; send fewer at a time.")
        # Asked before it is counted: what is refused must not use up what is left.
        if self._windows.test(limit, name, cost=count):
            self._windows.hit(limit, name, cost=count)
            return
        ends = self._windows.get_window_stats(limit, name).reset_time
        wait = max(1, int(ends - time.time()) + 1)
        what = f"{limit.amount:,} {limit.namespace} a minute"
        raise Problem(429, f"This key has used up its {what}.", headers={"Retry-After": str(wait)})


class Gate:
    """ASGI: counts each request, lets in whoever has a key, and turns refusals and failures into problem details."""

    def __init__(self, routes: Routes, settings: ServeSettings, keys: Keys, metrics: Metrics, limiter: Limiter) -> None:
        self.routes, self.keys, self.metrics, self.limiter = routes, keys, metrics, limiter
        self.hosts = frozenset(settings.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, status = time.perf_counter(), 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._let_in(scope)
            await self.routes(scope, receive, counted)
        except Problem as problem:
            if _waits_for_leave(scope):
                problem.headers.setdefault("Connection", "close")
            await problem_response(problem)(scope, receive, counted)
        except Exception:
            # What went wrong is in the server's log; a caller learns nothing of its inside.
            if not status:
                await problem_response(Problem(500, "The server failed; it is in its log."))(scope, receive, counted)
            raise
        finally:
            self.metrics.count(self.routes.known(scope["path"]), status or 500, time.perf_counter() - begun)

    def _let_in(self, scope: Scope) -> None:
        if self.hosts and _host(scope) not in self.hosts:
            # Else a page in a browser could have its own name point here, and read what is answered.
            raise Problem(421, f"Without keys this server answers as {', '.join(sorted(self.hosts))} only.")
        if scope["path"] in OPEN:
            return
        if self.keys.known:
            scope.setdefault("state", {})["key"] = self._key_of(scope)
        self.limiter.request(name_of_key(scope))

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


def _host(scope: Scope) -> str | None:
    """The name that the request calls this server by, without the port; None where it has none or several."""
    given = [value for name, value in scope["headers"] if name == b"host"]
    if len(given) != 1:
        return None
    text: str = given[0].decode("latin-1").strip().lower()
    name, _, port = text.rpartition(":")
    return name if name and port.isdigit() and not name.endswith(":") else text


def _waits_for_leave(scope: Scope) -> bool:
    """Whether the client asked before it sends its body. After a refusal it may send it or not: nobody can tell."""
    return any(name == b"expect" for name, _ in scope["headers"])


def name_of_key(scope: Any) -> str:
    """The name of the request's key, for what is counted."""
    key = scope.get("state", {}).get("key")
    return "anyone" if key is None else str(key.name)


def key_may(scope: Any, right: str) -> bool:
    """Whether the request's key has this right; without keys everyone has each."""
    key = scope.get("state", {}).get("key")
    return key is None or key.may == right
