"""One segment: what it is like, what marks it, how to recognise it, how stable it is, what to do, its customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.customers import customer_table
from segmentry.app.opened import Opened
from segmentry.app.pages import desk_of, go, of_what_is_open, show
from segmentry.profiles.chance import level_beyond_chance
from segmentry.profiles.playbook import Play
from segmentry.profiles.profile import MISSING, OTHER, Measure
from segmentry.profiles.wording import say, say_number
from segmentry.reports.buying import OfferRow, OfSegment, buying_of
from segmentry.reports.cards import cards
from segmentry.reports.rules import rules_of
from segmentry.segmentation import Segment, Segmentation

MARKERS = 8
LEVELS = 6
MOST_PLAYS = 6
BY_HAND = "own"
PRODUCTS = ("spend_mix",)
LONGEST = {"title": 120, "action": 600}


@dataclass(frozen=True)
class Marker:
    """How one measure or level marks the segment: its figure beside everyone's, and a bar from -1 to 1."""

    label: str
    value: str
    everyone: str
    index: str
    reach: float


@of_what_is_open
def segment_page(request: Request, opened: Opened) -> Response:
    segmentation = opened.segmentation
    segment = _segment(segmentation, request.path_params["id"])
    rules = rules_of(segmentation)
    return show(
        request,
        "segment.html.j2",
        segmentation=segmentation,
        segment=segment,
        card=next(c for c in cards(segmentation) if c.id == segment.id),
        markers=markers(segmentation, segment.id),
        products=products(segmentation, segment.id),
        bought=bought(segmentation, segment),
        levels=level_markers(segmentation, segment),
        rules=[r for r in rules.rows if r.segment == segment.name],
        worth=rules.worth,
        plays=[(p.title, p.action) for p in segment.playbook],
        most_plays=MOST_PLAYS,
        customers=customer_table(request, opened, (segment.id,)),
    )


def _segment(segmentation: Segmentation, segment_id: str) -> Segment:
    if segment_id not in {s.id for s in segmentation.segments}:
        raise HTTPException(404)
    return segmentation.segment(segment_id)


def markers(segmentation: Segmentation, segment_id: str) -> list[Marker]:
    """The measures in which the segment differs most from everyone, the clustered ones first."""
    known = [m for m in segmentation.profile.measures if _difference(m, segment_id) is not None]
    ranked = sorted(known, key=lambda m: -abs(_difference(m, segment_id) or 0.0))
    return [_marker(m, segment_id) for m in ranked[:MARKERS]]


def products(segmentation: Segmentation, segment_id: str) -> list[Marker]:
    """What the segment spends its money on, where the data tells it: the largest shares first."""
    known = [m for m in segmentation.profile.measures if m.theme in PRODUCTS and segment_id in m.segments]
    known = [m for m in known if m.segments[segment_id].spread.mean is not None]
    ranked = sorted(known, key=lambda m: -(m.segments[segment_id].spread.mean or 0.0))
    return [_marker(m, segment_id) for m in ranked]


def bought(segmentation: Segmentation, segment: Segment) -> tuple[OfSegment, list[OfferRow]] | None:
    """What the segment buys, and what to offer it, where the segmentation was made from orders that say so."""
    buying = buying_of(segmentation)
    if buying is None or buying.absent:
        return None
    own = next(s for s in buying.segments if s.name == segment.name)
    return own, [offer for offer in buying.offers if offer.segment == segment.name]


def level_markers(segmentation: Segmentation, segment: Segment) -> list[Marker]:
    """The levels of categories that are more or less common in the segment than elsewhere, beyond chance."""
    found: list[tuple[float, Marker]] = []
    for category in segmentation.profile.categories:
        for level in category.levels:
            part = level.segments.get(segment.id)
            if part is None or part.share is None or part.index is None or level.level in (MISSING, OTHER):
                continue
            if not level_beyond_chance(segmentation.profile, level, segment.id, segment.size):
                continue
            gap = part.share - level.share
            said = say_number(part.share, "share"), say_number(level.share, "share")
            marker = Marker(f"{category.label}: {level.level}", *said, f"{part.index:.0f}", _reach(gap / 0.25))
            found.append((abs(gap), marker))
    ranked = sorted(found, key=lambda pair: -pair[0])
    return [marker for gap, marker in ranked[:LEVELS] if gap >= 0.02]


def _difference(measure: Measure, segment_id: str) -> float | None:
    part = measure.segments.get(segment_id)
    return part.difference if part else None


def _marker(measure: Measure, segment_id: str) -> Marker:
    part = measure.segments[segment_id]
    return Marker(
        label=measure.label,
        value=say(measure, part.spread.mean),
        everyone=say(measure, measure.population.mean),
        index="–" if part.index is None else f"{part.index:.0f}",
        reach=_reach((part.difference or 0.0) / 2.0),
    )


def _reach(share: float) -> float:
    return round(max(-1.0, min(1.0, share)), 3)


async def edit(request: Request) -> Response:
    async with request.form(max_files=0, max_fields=100) as form:
        return await run_in_threadpool(_edit, request, form)


def _edit(request: Request, form: FormData) -> Response:
    opened = desk_of(request).opened
    if opened is None:
        return go(request, "/data")
    segment = _segment(opened.segmentation, request.path_params["id"])
    name = " ".join(str(form.get("name", "")).split())[:80]
    opened.edit(segment.id, name, stated_plays(form, segment.playbook))
    return go(
        request, f"/segments/{segment.id}", "Saved in the model file. Reports and labelled files will say so too."
    )


def stated_plays(form: FormData, before: Sequence[Play]) -> tuple[Play, ...]:
    """The plays as the form states them; those that were not changed keep the figures they rest on."""
    kept = {(p.title, p.action): p for p in before}
    plays = []
    for title, action in zip(form.getlist("title"), form.getlist("action"), strict=False):
        words = str(title).strip()[: LONGEST["title"]].rstrip("."), str(action).strip()[: LONGEST["action"]]
        if words != ("", ""):
            plays.append(kept.get(words, Play(BY_HAND, *words, reason="")))
    return tuple(plays[:MOST_PLAYS])


ROUTES = [
    Route("/segments/{id}", segment_page),
    Route("/segments/{id}", edit, methods=["POST"]),
]
