"""What was found in a file that was handed in, what its owner corrects, and the fit that follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.choosing import NUMBERS, selection_of, used
from segmentry.app.desk import Upload
from segmentry.app.jobs import Job
from segmentry.app.opened import Opened
from segmentry.app.pages import desk_of, go, show
from segmentry.app.uploads import LARGEST, SAMPLES, named
from segmentry.clusters.names import FIND_K, METHODS, STATED
from segmentry.errors import InputError, SegmentryError, SettingsError
from segmentry.exploration import InspectSettings, inspect
from segmentry.features.choice import FeatureSettings
from segmentry.features.roles import ROLES
from segmentry.purchases import Purchases, PurchaseSettings, looks_like_log, open_log
from segmentry.purchases.roles import ROLES as LOG_ROLES
from segmentry.reports.inspection import groups
from segmentry.segmentation import Segmentation
from segmentry.tables import ReadingSettings, read

DATE_FORMATS = ("YYYY-MM-DD", "DD-MM-YYYY", "MM-DD-YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY")
SEPARATORS = ("comma", "semicolon", "tab", "pipe")


def data(request: Request) -> Response:
    desk = desk_of(request)
    if desk.upload is None:
        return show(request, "data.html.j2", samples=SAMPLES, largest=LARGEST // 2**20)
    return _looked(request, desk.upload)


def _looked(request: Request, upload: Upload) -> Response:
    """What was found in the file that was handed in, or what keeps it from being read."""
    problem: SegmentryError | None = None
    if upload.inspection is None and upload.purchases is None:
        try:
            look(request, upload)
        except SegmentryError as error:
            problem = named(error, upload)
    found, log = upload.inspection, upload.purchases
    return show(
        request,
        "looked.html.j2",
        upload=upload,
        found=found,
        log=log,
        log_columns=_log_columns(log),
        log_roles=LOG_ROLES,
        log_notices=log.account.notices() if log else (),
        problem=problem,
        groups=groups(found) if found else (),
        repeated=found is not None and any(f.code == "repeated-id" for f in found.findings),
        roles=sorted(ROLES),
        numbers=NUMBERS,
        methods=tuple(METHODS),
        find_k=FIND_K,
        date_formats=DATE_FORMATS,
        separators=SEPARATORS,
        labels={f.name: f.label for f in found.features} if found else {},
        can_keep=goes_on(desk_of(request).opened, upload),
        status=422 if problem else 200,
    )


def look(request: Request, upload: Upload) -> None:
    """What the rows are, customers or purchases, and what is in them."""
    settings = _settings(upload.stated, request.app.state.site.today())
    if upload.beside is not None:
        _orders_first(upload, upload.beside, settings.reading)
    table = read(upload.path, settings.reading)
    if not looks_like_log(table):
        upload.inspection = inspect(upload.path, settings=settings)
        return
    # The id that is stated may be the name in the customer table alone.
    customer = settings.id if upload.beside is None or settings.id in table.names else None
    orders = PurchaseSettings(**_orders(upload.stated))
    upload.purchases = open_log(table, orders, customer=customer, as_of=settings.as_of, today=settings.today)
    if upload.beside is not None:
        own = settings.model_copy(update={"reading": ReadingSettings()})
        upload.inspection = inspect(upload.beside.path, settings=own)


def _orders_first(upload: Upload, other: Upload, reading: ReadingSettings) -> None:
    """Puts the file with purchases first, whichever came first. Raises InputError where none or both have some."""
    logs = [looks_like_log(read(one.path, reading)) for one in (upload, other)]
    if logs[0] == logs[1]:
        raise InputError(
            "Of two files, one has to hold purchases and the other the customers who made them.",
            found="two tables of " + ("purchases" if logs[0] else "customers"),
            remedy="Hand in one of them alone, or the customers together with a file that has a row for each purchase.",
        )
    if logs[1]:
        for name in ("path", "name", "size"):
            mine, theirs = getattr(upload, name), getattr(other, name)
            setattr(upload, name, theirs)
            setattr(other, name, mine)


def _orders(stated: Mapping[str, Any]) -> dict[str, Any]:
    once = stated.get("duplicates") == "drop"
    return {"roles": stated.get("order_roles", {}), "duplicates": "drop" if once else "keep"}


def _log_columns(log: Purchases | None) -> list[tuple[str, str, str]]:
    """Name, role and reason of each column of a log; one that is not used has no role."""
    if log is None:
        return []
    used = {c.name: c for c in log.recipe.columns}
    return [(n, used[n].role, used[n].reason) if n in used else (n, "", "not used") for n in log.table.names]


def _settings(stated: Mapping[str, Any], today: date) -> InspectSettings:
    """What was stated, as settings. Raises SettingsError for what is none."""
    named = ("reading", "id", "as_of")
    plain = {name: stated[name] for name in named if stated.get(name)}
    features = {name: stated[name] for name in ("roles", "purposes", "features") if stated.get(name)}
    try:
        return InspectSettings(**plain, features=FeatureSettings(**features), today=today)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingsError(f"{first['loc'][-1]}: {first['msg']}.", remedy="Correct it and look again.") from None


async def correct(request: Request) -> Response:
    async with request.form(max_files=0, max_fields=5000) as form:
        return await run_in_threadpool(_correct, request, form)


def _correct(request: Request, form: FormData) -> Response:
    desk = desk_of(request)
    upload = desk.upload
    if upload is None:
        return go(request, "/data")
    upload.stated = stated_in(form, upload)
    if "fit" not in form:
        upload.inspection = upload.purchases = upload.compared = None
        return go(request, "/data")
    folder = desk.new_folder("fit") / "out"
    files = {"source": upload.path} | ({} if upload.beside is None else {"customers": upload.beside.path})
    if upload.stated["keep"] and desk.opened is not None:
        files["previous"] = desk.opened.model
    job = Job(files, fit_settings(request, upload), folder, f"Segments of {upload.name}", go_on="previous" in files)
    desk.start(job, refit=False)
    return go(request, "/job")


def stated_in(form: FormData, upload: Upload) -> dict[str, Any]:
    """What the form states that was not found without it: roles, purposes, features, reading, id, as-of, k, method."""
    before = upload.stated
    stated: dict[str, Any] = {"roles": dict(before.get("roles", {})), "purposes": {}, "features": ()}
    found = upload.inspection
    for place, column in enumerate(found.columns if found else ()):
        role = str(form.get(f"role.{place}", column.role))
        if role != column.role:
            stated["roles"][column.name] = role
        purpose = str(form.get(f"purpose.{place}", "")).strip()[:200]
        if purpose:
            stated["purposes"][column.name] = purpose
    stated["order_roles"] = _order_roles(form, upload)
    ticked = tuple(f.name for f in (found.features if found else ()) if f.name in set(form.getlist("feature")))
    if (found is not None and ticked and set(ticked) != set(found.chosen)) or (
        before.get("features") and set(ticked) == set(before["features"])
    ):
        stated["features"] = ticked
    texts = {name: str(form.get(name, "")).strip()[:60] for name in ("separator", "decimal", "date_format", "sheet")}
    stated["reading"] = {name: text for name, text in texts.items() if text}
    stated["keep"] = before.get("keep", "")
    for name in ("id", "as_of", "k", "method", "duplicates", "on_duplicate"):
        stated[name] = str(form.get(name, "")).strip()[:200]
    return stated


def _order_roles(form: FormData, upload: Upload) -> dict[str, str]:
    """Roles of a log's columns that differ from those that were found."""
    stated = dict(upload.stated.get("order_roles", {}))
    for place, (name, role, _) in enumerate(_log_columns(upload.purchases)):
        wanted = str(form.get(f"order.{place}", role))
        if wanted != role and wanted in LOG_ROLES:
            stated[name] = wanted
    return stated


def fit_settings(request: Request, upload: Upload) -> dict[str, Any]:
    """The settings of a fit, as plain data that a process of its own reads."""
    stated = upload.stated
    settings: dict[str, Any] = {
        "reading": stated.get("reading", {}),
        "features": {
            n: list(v) if n == "features" else v for n in ("roles", "purposes", "features") if (v := stated.get(n))
        },
        "selection": selection_of(stated.get("k") or "auto", stated.get("method") or "k-means"),
        "orders": _orders(stated),
        "today": request.app.state.site.today().isoformat(),
    }
    settings |= {name: stated[name] for name in ("id", "as_of", "on_duplicate") if stated.get(name)}
    return settings


def reading_of(upload: Upload) -> ReadingSettings:
    """How its owner says that the file is to be read."""
    return ReadingSettings(**upload.stated.get("reading", {}))


def goes_on(opened: Opened | None, upload: Upload) -> bool:
    """Whether a fit of this file can follow the segmentation that is open: it has what those segments rest on."""
    if opened is None:
        return False
    orders, log, found = opened.segmentation.purchases, upload.purchases, upload.inspection
    if orders is not None and log is not None:
        return orders.joined == (upload.beside is not None) and {c.name for c in orders.columns} <= set(log.table.names)
    if orders is not None or log is not None or found is None:
        return False
    return opened.segmentation.recipe.needed <= {c.name for c in found.columns}


async def keep(request: Request) -> Response:
    async with request.form(max_files=0, max_fields=5) as form:
        return await run_in_threadpool(_keep, request, form)


def _keep(request: Request, form: FormData) -> Response:
    """Segments that are open are to stay where they are still there, or not: the form then shows what that states."""
    desk = desk_of(request)
    upload, opened = desk.upload, desk.opened
    if upload is None or opened is None:
        return go(request, "/data")
    stays = form.get("keep") == "1"
    own: dict[str, Any] = {name: upload.stated[name] for name in ("reading", "as_of") if name in upload.stated}
    more = stated_by(opened.segmentation) if stays else {}
    upload.stated = own | more | {"keep": "1" if stays else ""}
    upload.inspection = upload.purchases = None
    return go(request, "/data")


def stated_by(segmentation: Segmentation) -> dict[str, Any]:
    """What the fit of a segmentation was told, as the form states it; so is what it found of number and features."""
    before: Mapping[str, Any] = segmentation.provenance.settings
    of_features, of_orders = before.get("features", {}), before.get("orders", {})
    k = str(segmentation.k)
    stated = {
        "roles": dict(of_features.get("roles", {})),
        "purposes": dict(of_features.get("purposes", {})),
        "order_roles": dict(of_orders.get("roles", {})),
        "duplicates": of_orders.get("duplicates", ""),
        "on_duplicate": before.get("on_duplicate", ""),
        "k": k if k in NUMBERS else "auto",
        "method": segmentation.method,
    }
    if segmentation.method not in STATED and segmentation.purchases is None:
        stated["features"] = tuple(sorted(used(segmentation)))
    return stated


ROUTES = [
    Route("/data", data),
    Route("/data/keep", keep, methods=["POST"]),
    Route("/data/look", correct, methods=["POST"]),
]
