"""Why so many segments, what another number would change, and a fit with other settings beside the one that is open."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.jobs import Job
from segmentry.app.opened import Opened
from segmentry.app.overview import verdict_of
from segmentry.app.pages import desk_of, go, of_what_is_open, show
from segmentry.app.progress import changed, few_stay
from segmentry.browsing import Move, moves
from segmentry.clusters.names import FIND_K, METHODS, STATED
from segmentry.errors import SettingsError
from segmentry.profiles.succession import stay_words
from segmentry.reports.cards import cards
from segmentry.reports.method import candidate_rows
from segmentry.segmentation import Segmentation

MOST = 12
NUMBERS = ("auto", *(str(k) for k in range(2, MOST + 1)))
_LIMITS = ("min_size", "max_size")
# What holds of another fit of the same customers. Names do not: segments that stay have theirs. Nor do settings of
# orders, which are not read again.
_CARRIED = (
    "features", "id", "as_of", "on_duplicate", *_LIMITS, "playbook", "stability_pairs", "value", "rfm_grid",
)  # fmt: skip


@of_what_is_open
def choosing(request: Request, opened: Opened) -> Response:
    segmentation = opened.segmentation
    return show(
        request,
        "choosing.html.j2",
        segmentation=segmentation,
        state=opened.state,
        verdict=verdict_of(segmentation),
        candidates=candidate_rows(segmentation),
        criteria=opened.picture("criteria"),
        series=opened.picture("series"),
        stability=opened.picture("stability"),
        numbers=NUMBERS,
        methods=tuple(METHODS),
        find_k=FIND_K,
        used=used(segmentation),
        usable=usable(segmentation),
        job=desk_of(request).job if desk_of(request).job_is_refit else None,
    )


def used(segmentation: Segmentation) -> frozenset[str]:
    """The features that the segments rest on; of an RFM grid, those that its scores are of."""
    return frozenset(f.measured for f in segmentation.recipe.clustered)


def usable(segmentation: Segmentation) -> list[tuple[str, str, str]]:
    """Name, label and why it was left out, for every feature that another fit could rest on; those in use first."""
    recipe, own = segmentation.recipe, used(segmentation)
    reasons = {part.feature: part.reason for part in recipe.left_out}
    sensitive = {r["column"] for r in segmentation.roles if r["role"] == "sensitive"}
    features = [f for f in (*recipe.clustered, *recipe.described) if not f.bins]
    open_to = [f for f in features if f.name in own or not sensitive & {*f.sources, *f.over}]
    return [(f.name, f.label, reasons.get(f.name, "")) for f in sorted(open_to, key=lambda f: f.name not in own)]


def settings_of(opened: Opened, k: str, features: list[str], method: str) -> dict[str, Any]:
    """The settings of the fit that is open, with another k, method or other features in their place."""
    segmentation = opened.segmentation
    before: Mapping[str, Any] = segmentation.provenance.settings
    settings = {name: copy.deepcopy(before[name]) for name in _CARRIED if name in before}
    if method in STATED:
        # An RFM grid rests on recency, frequency and spend, whatever is ticked.
        if segmentation.method != method:
            settings.get("features", {}).pop("features", None)
    elif set(features) != {f.name for f in segmentation.recipe.clustered}:
        settings["features"] = {**settings.get("features", {}), "features": features}
    if method in FIND_K:
        for limit in _LIMITS:
            settings.pop(limit, None)
    if segmentation.purchases is not None:
        settings.pop("id", None)  # of the orders; that of the customers is known
    if segmentation.recipe.as_of is not None:
        settings["as_of"] = segmentation.recipe.as_of.isoformat()
    settings["selection"] = {**selection_of(k, method), "seed": segmentation.provenance.seed}
    if opened.rows is not None:
        settings["reading"] = opened.rows.reading.model_dump(mode="json", exclude_defaults=True)
    return settings


def selection_of(k: str, method: str) -> dict[str, Any]:
    """The number of segments and the method, as settings; a method that finds the number is asked for none."""
    return {"k": "auto" if method in FIND_K else k, "method": method}


async def refit(request: Request) -> Response:
    async with request.form(max_files=0, max_fields=500) as form:
        return await run_in_threadpool(_refit, request, form)


def _refit(request: Request, form: FormData) -> Response:
    desk = desk_of(request)
    opened = desk.opened
    if opened is None or opened.rows is None:
        raise SettingsError(
            "Another fit needs the customers, and they are not here.",
            remedy="Start the dashboard with the folder that `segmentry fit -o` wrote.",
        )
    known = [name for name, _, _ in usable(opened.segmentation)]
    features = [str(f) for f in form.getlist("feature") if f in known]
    k, method = str(form.get("k", "auto")), str(form.get("method", "k-means"))
    if k not in NUMBERS or method not in METHODS:
        raise SettingsError("There is no such number of segments or method.", found=f"{k[:20]}, {method[:20]}")
    if not features:
        raise SettingsError("No feature is ticked.", remedy="Tick at least one that the segments should rest on.")
    source = opened.rows.write_source(opened.folder)
    number = "the best number of segments" if k == "auto" else f"{k} segments"
    title = f"Trying {method if method in FIND_K else number}"
    # The model that is open gives its segments' ids, names and colours to those that are the same.
    files = {"source": source, "previous": opened.model}
    files |= {} if opened.segmentation.purchases is None else {"earlier": opened.model}
    job = Job(files, settings_of(opened, k, features, method), desk.new_folder("fit") / "out", title)
    desk.start(job, refit=True)
    return go(request, "/job")


def beside(request: Request) -> Response:
    """The fit that was tried beside the one that is open."""
    desk = desk_of(request)
    if desk.opened is None or desk.job is None or desk.job.outcome != "done":
        return go(request, "/choosing")
    old, new = desk.opened.segmentation, desk.result().segmentation
    moved = moves(desk.opened.rows, new) if desk.opened.rows is not None else ()
    return show(
        request,
        "beside.html.j2",
        both=[(old, cards(old), verdict_of(old), "Open now"), (new, cards(new), verdict_of(new), "Just tried")],
        table=crossed(old, new, moved),
        new=new,
        old=old,
        stay=stay_words(new.succession) if new.succession else "",
        changed=changed(new)[1:],
        few_stay=few_stay(new),
    )


def crossed(old: Segmentation, new: Segmentation, moved: tuple[Move, ...]) -> list[tuple[str, list[tuple[int, float]]]]:
    """A row for each old segment: its name, and for each new one how many customers go there and what share."""
    counts = {(m.before, m.after): m.customers for m in moved}
    table = []
    for before in old.segments:
        row = [counts.get((before.id, after.id), 0) for after in new.segments]
        total = sum(row)
        table.append((before.name, [(n, n / total if total else 0.0) for n in row]))
    return table


async def take(request: Request) -> Response:
    desk = desk_of(request)
    if desk.job is None or desk.job.outcome != "done":
        return go(request, "/data")
    await run_in_threadpool(desk.take)
    return go(request, "/", "This is the segmentation that you just fitted. Download it to keep it.")


async def leave(request: Request) -> Response:
    desk = desk_of(request)
    await run_in_threadpool(desk.drop)
    return go(request, "/choosing", "The segmentation that was open stays.")


ROUTES = [
    Route("/choosing", choosing),
    Route("/refit", refit, methods=["POST"]),
    Route("/beside", beside),
    Route("/take", take, methods=["POST"]),
    Route("/leave", leave, methods=["POST"]),
]
