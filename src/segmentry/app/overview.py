"""The first page: what was found, how real it is, a card for each segment, what to read before acting."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.opened import Opened
from segmentry.app.pages import of_what_is_open, show
from segmentry.reports.answers import answer_rows
from segmentry.reports.cards import cards, opening
from segmentry.segmentation import Segmentation

# What each verdict is called, and how far one may lean on it.
VERDICTS = {
    "natural": ("Natural groups", "firm"),
    "reproducible": ("Reproducible, not natural", "fair"),
    "constructive": ("A division you asked for", "fair"),
    "no groups": ("No groups found", "weak"),
    "": ("Not judged", "weak"),
}


def verdict_of(segmentation: Segmentation) -> tuple[str, str]:
    """The verdict's name for a reader, and its strength: firm, fair or weak."""
    return VERDICTS.get(segmentation.verdict, VERDICTS[""])


@of_what_is_open
def overview(request: Request, opened: Opened) -> Response:
    segmentation = opened.segmentation
    return show(
        request,
        "overview.html.j2",
        segmentation=segmentation,
        opening=opening(segmentation),
        verdict=verdict_of(segmentation),
        cards=cards(segmentation),
        answers=answer_rows(segmentation),
    )


ROUTES = [Route("/", overview)]
