"""Later customers beside those of the segmentation that is open: a file that was handed in, compared and pictured."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.data import goes_on, look, reading_of
from segmentry.app.desk import Upload
from segmentry.app.opened import Opened
from segmentry.app.pages import desk_of, go, of_what_is_open, show
from segmentry.app.uploads import LARGEST, called, named
from segmentry.errors import Notice, SegmentryError
from segmentry.monitoring import Drift
from segmentry.monitoring import drift as measured
from segmentry.plots.drift import draw_drift
from segmentry.reports.drift import TITLES, drift_page, feature_rows, segment_rows
from segmentry.tables import as_day


@of_what_is_open
def drift(request: Request, opened: Opened) -> Response:
    upload = desk_of(request).upload
    found, problem, day = None, None, None
    if upload is not None:
        try:
            _look_first(request, opened, upload)
            day = _day(request, opened, upload)
            found = _compared(opened, upload, day)
        except SegmentryError as error:
            problem = named(error, upload)
    return show(
        request,
        "drift.html.j2",
        status=422 if problem else 200,
        segmentation=opened.segmentation,
        upload=upload,
        found=found,
        problem=problem,
        day=day,
        largest=LARGEST // 2**20,
        title=TITLES[found.verdict] if found else "",
        pictures=draw_drift(opened.segmentation, found) if found else (),
        features=feature_rows(found) if found else (),
        segments=segment_rows(found) if found else (),
        can_keep=found is not None and upload is not None and goes_on(opened, upload),
    )


def download(request: Request) -> Response:
    """The same as a page to send to someone."""
    desk = desk_of(request)
    if desk.opened is None or desk.upload is None:
        return go(request, "/drift")
    day = _day(request, desk.opened, desk.upload)
    found = _compared(desk.opened, desk.upload, day)
    html = drift_page(desk.opened.segmentation, found, source_name=desk.upload.name)
    head = {"content-disposition": 'attachment; filename="drift.html"'}
    return Response(html.encode(), media_type="text/html; charset=utf-8", headers=head)


def _look_first(request: Request, opened: Opened, upload: Upload) -> None:
    """Of two files it has to be known which one holds purchases, and of purchases to which day they go."""
    if upload.inspection is None and upload.purchases is None:
        try:
            look(request, upload)
        except SegmentryError:
            if opened.segmentation.purchases is not None:
                raise


def _day(request: Request, opened: Opened, upload: Upload) -> date | None:
    """The day that ages and recencies count to: the one asked for, else the last one of new purchases."""
    segmentation = opened.segmentation
    if segmentation.recipe.as_of is None:
        return None
    asked = request.query_params.get("as_of", "").strip()[:20]
    if asked:
        return as_day(asked)
    log = upload.purchases
    return log.account.last_day if log is not None and segmentation.purchases is not None else None


def _compared(opened: Opened, upload: Upload, day: date | None) -> Drift:
    """What `drift` finds, once for each state of the segmentation, the file and the day."""
    asked = (opened.segmentation, day)
    if upload.compared is None or upload.compared[0] is not asked[0] or upload.compared[1] != day:
        paths = (upload.path, None) if upload.beside is None else (upload.beside.path, upload.path)
        found = measured(opened.segmentation, paths[0], orders=paths[1], as_of=day, reading=reading_of(upload))
        told = tuple(Notice(n.code, called(n.message, upload)) for n in found.notices)
        upload.compared = (*asked, replace(found, notices=told))
    return upload.compared[2]


ROUTES = [Route("/drift", drift), Route("/drift.html", download)]
