"""What one takes along: the report, the model, the labelled customers, the profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from segmentry.app.opened import Opened
from segmentry.app.pages import desk_of, go
from segmentry.browsing import Chosen
from segmentry.reports.folder import profile_csv
from segmentry.reports.page import report
from segmentry.store.file import dump


def download(request: Request) -> Response:
    """A file of the segmentation that is open, or of the one just fitted (`?of=tried`)."""
    desk = desk_of(request)
    tried = request.query_params.get("of") == "tried" and desk.job is not None and desk.job.outcome == "done"
    opened = desk.result() if tried else desk.opened
    if opened is None:
        return go(request, "/data")
    name = request.path_params["name"]
    if opened.labelled is not None and name == opened.labelled.name:
        return FileResponse(opened.labelled, filename=name)
    if name not in _MADE:
        raise HTTPException(404)
    content, kind = _MADE[name](opened), _KINDS[name.rsplit(".", 1)[-1]]
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _report(opened: Opened) -> bytes:
    """With the pictures of customers' rows where the customers are there."""
    whole = opened.among(Chosen())
    view = whole.view if whole is not None else None
    return report(replace(opened.segmentation, view=view)).encode()


_MADE: Mapping[str, Callable[[Opened], bytes]] = {
    "report.html": _report,
    "segmentation.seg": lambda opened: dump(opened.segmentation),
    "profile.csv": lambda opened: profile_csv(opened.segmentation).encode(),
}
_KINDS = {"html": "text/html; charset=utf-8", "seg": "application/octet-stream", "csv": "text/csv; charset=utf-8"}

ROUTES = [Route("/download/{name}", download)]
