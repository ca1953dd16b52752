"""The site: which page answers which address, the visitor's desk, and what is said when something goes wrong."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from segmentry.app import (
    choosing,
    customers,
    data,
    downloads,
    drift,
    explore,
    overview,
    predict,
    progress,
    segment,
    uploads,
)
from segmentry.app.desk import Site
from segmentry.app.guard import Guard
from segmentry.app.pages import trouble
from segmentry.errors import SegmentryError
from segmentry.reports.page import STYLE

logger = logging.getLogger(__name__)
COOKIE = "segmentry_desk"
HERE = Path(__file__).parent


def make_site(source: Path | None, today: Callable[[], date]) -> Starlette:
    """The dashboard of a model, or of a folder that `fit` wrote; without one it begins at New data.

    `today` says which dates lie in the future, and what ages count to where the data has no date.

    Raises ModelFileError when there is no sound model at `source`.
    """
    site = Site(source, today)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(site.close)

    app = Starlette(
        routes=[
            *overview.ROUTES,
            *explore.ROUTES,
            *choosing.ROUTES,
            *segment.ROUTES,
            *customers.ROUTES,
            *predict.ROUTES,
            *data.ROUTES,
            *drift.ROUTES,
            *uploads.ROUTES,
            *progress.ROUTES,
            *downloads.ROUTES,
            Route("/static/style.css", _style),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(Guard), Middleware(BaseHTTPMiddleware, dispatch=_at_a_desk)],
        exception_handlers={SegmentryError: _told, HTTPException: _no_page, Exception: _broken},
        lifespan=lifespan,
    )
    app.state.site = site
    return app


async def _at_a_desk(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.url.path.startswith("/static/"):
        return await call_next(request)
    site: Site = request.app.state.site
    sent = request.cookies.get(COOKIE)
    key, request.state.desk = site.desk(sent)
    response = await call_next(request)
    if key != sent:
        response.set_cookie(COOKIE, key, httponly=True, samesite="strict", path="/")
    return response


def _style(_: Request) -> Response:
    return FileResponse(STYLE, media_type="text/css")


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, SegmentryError)
    return await run_in_threadpool(trouble, request, error)


async def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        wrong = SegmentryError("There is no such page.", remedy="Choose one of the pages above.")
    else:
        wrong = SegmentryError("The page could not be shown.", found=str(error.detail))
    return await run_in_threadpool(trouble, request, wrong, error.status_code)


async def _broken(request: Request, error: Exception) -> Response:
    # Where it went wrong, and not the error's own words: they may hold a customer's values.
    places = "".join(f"\n  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__))
    logger.error("%s at%s", type(error).__name__, places)
    wrong = SegmentryError(
        "Something went wrong on our side.", remedy="The terminal that runs the dashboard says what."
    )
    return await run_in_threadpool(trouble, request, wrong, 500)
