"""Addresses and what answers at each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from segmentry.serve.problems import TITLES, Problem

Handler = Callable[[Request], Awaitable[Response]]
SEGMENT = "/v1/segments/"


class Routes:
    """ASGI: passes a request to the handler of its address. Raises Problem where there is none, or not by this method.

    An address is compared as a whole; only that of one segment has a part that varies, and it is one step.
    """

    def __init__(self, reads: Mapping[str, Handler], works: Mapping[str, Handler]) -> None:
        self._handlers = {(method, path): handler for path, handler in reads.items() for method in ("GET", "HEAD")}
        self._handlers |= {("POST", path): handler for path, handler in works.items()}
        self._allowed = dict.fromkeys(reads, "GET, HEAD") | dict.fromkeys(works, "POST")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get((scope["method"], pattern_of(scope["path"])))
        if handler is None:
            self._refuse(pattern_of(scope["path"]))
        else:
            response = await handler(Request(scope, receive))
            await response(scope, receive, send)

    def _refuse(self, pattern: str) -> None:
        if pattern in self._allowed:
            raise Problem(405, f"{TITLES[405]}.", headers={"Allow": self._allowed[pattern]})
        raise Problem(404, f"{TITLES[404]}.")

    def known(self, path: str) -> str:
        """The address for counters: never one that a caller made up."""
        pattern = pattern_of(path)
        return pattern if pattern in self._allowed else "other"


def pattern_of(path: str) -> str:
    """The address with the part that varies by its name.

    >>> pattern_of("/v1/segments/s1"), pattern_of("/v1/model")
    ('/v1/segments/{id}', '/v1/model')
    """
    step = path.removeprefix(SEGMENT)
    return f"{SEGMENT}{{id}}" if step and step != path and "/" not in step else path
