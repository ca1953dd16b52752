"""A fit that is under way, what came of it, and stopping it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.overview import verdict_of
from segmentry.app.pages import desk_of, go, show
from segmentry.app.uploads import named
from segmentry.profiles.succession import ENOUGH_STAY, succession_words
from segmentry.reports.cards import cards, opening
from segmentry.segmentation import Segmentation


def job_page(request: Request) -> Response:
    desk = desk_of(request)
    job = desk.job
    if job is None:
        return go(request, "/data")
    if job.outcome == "done" and desk.job_is_refit:
        return go(request, "/beside")
    error = job.error
    if error is not None and desk.upload is not None and not desk.job_is_refit:
        error = named(error, desk.upload)
    result = desk.result().segmentation if job.outcome == "done" else None
    return show(
        request,
        "job.html.j2",
        job=job,
        error=error,
        back="/choosing" if desk.job_is_refit else "/data",
        result=result,
        opening=opening(result) if result else None,
        changed=changed(result) if result else (),
        few_stay=result is not None and few_stay(result),
        cards=cards(result) if result else (),
        verdict=verdict_of(result) if result else None,
    )


def changed(result: Segmentation) -> tuple[str, ...]:
    """What became of the segments that it was to keep."""
    if result.succession is None:
        return ()
    return tuple(succession_words(result.succession, {s.id: s.name for s in result.segments}))


def few_stay(result: Segmentation) -> bool:
    """Whether so many customers have changed segments that one should look twice before it takes the other's place."""
    return result.succession is not None and result.succession.agreement < ENOUGH_STAY


async def stop(request: Request) -> Response:
    desk = desk_of(request)
    back = "/choosing" if desk.job_is_refit else "/data"
    await run_in_threadpool(desk.drop)
    return go(request, back, "The fit was stopped; nothing of it was kept.")


ROUTES = [
    Route("/job", job_page),
    Route("/job/stop", stop, methods=["POST"]),
]
