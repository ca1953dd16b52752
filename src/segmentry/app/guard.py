"""Who may ask what: this machine's browser only, forms of our own pages only, and nothing from elsewhere on a page."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with none at all, a form of our own would not say where it is from
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Guard:
    """Refuses other names for this machine (a page elsewhere could give itself one) and other pages' forms."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = _refusal(scope["method"], Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal, status_code=403, headers=HEADERS)(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, guarded)


def _refusal(method: str, headers: Headers) -> str:
    if _host(headers.get("host", "")) not in LOCAL:
        return "The dashboard answers on this machine only, by the address that it printed."
    origin = headers.get("origin")
    if method not in ("GET", "HEAD") and (
        headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        or (origin is not None and urlsplit(origin).netloc != headers.get("host"))
    ):
        return "This form was not sent from a page of the dashboard."
    return ""


def _host(host: str) -> str:
    """The name without the port.

    >>> _host("127.0.0.1:8700"), _host("[::1]:8700"), _host("evil.example")
    ('127.0.0.1', '::1', 'evil.example')
    """
    return (urlsplit(f"//{host}").hostname or "") if host else ""
