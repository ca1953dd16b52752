"""From a template and what it shows to an answer, and from a request to the desk of who asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from segmentry.app.desk import Desk
from segmentry.app.opened import Opened
from segmentry.errors import NotEnoughDataError, SegmentryError, plural
from segmentry.plots import Picture
from segmentry.profiles.wording import say, say_number
from segmentry.reports.cards import shape, tint
from segmentry.reports.page import environment, picture_svg
from segmentry.tables.masking import FEWEST_TOLD

Handler = Callable[[Request], Response]


def desk_of(request: Request) -> Desk:
    desk: Desk = request.state.desk
    return desk


def show(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page of ours. Whatever came with data is escaped by the template."""
    desk = desk_of(request)
    made = environment("segmentry.app").get_template(template)
    html = made.render(
        desk=desk,
        opened=desk.opened,
        path=request.url.path,
        said=desk.tell(),
        say=say,
        plural=plural,
        say_number=say_number,
        tint=tint,
        shape=shape,
        picture_svg=picture_svg,
        fewest_told=FEWEST_TOLD,
        **shown,
    )
    later = None if desk.opened is None else BackgroundTask(desk.opened.start)
    return HTMLResponse(html, status_code=status, background=later)


def go(request: Request, path: str, said: str = "") -> RedirectResponse:
    """To another page of ours, which tells `said` once."""
    if said:
        desk_of(request).said = said
    return RedirectResponse(path, status_code=303)


def of_what_is_open(page: Callable[[Request, Opened], Response]) -> Handler:
    """A page about the segmentation that is open; with none, its visitor begins at New data."""

    @wraps(page)
    def answer(request: Request) -> Response:
        opened = desk_of(request).opened
        return go(request, "/data") if opened is None else page(request, opened)

    return answer


def drawn(picture: Callable[[], Picture]) -> Picture:
    """A picture, or one without a chart and with the reason where there is too little to draw."""
    try:
        return picture()
    except NotEnoughDataError as error:
        return Picture("absent", "Nothing to draw", "", None, (), str(error))


def trouble(request: Request, error: SegmentryError, status: int = 400) -> HTMLResponse:
    """What is wrong, what was found and what to do next, on a page of its own."""
    return show(request, "trouble.html.j2", status=status, error=error)
