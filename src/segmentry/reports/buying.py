"""What the segments buy, ready for the page: what is typical, what comes first and next, what to offer to whom."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.baskets import Baskets, Item, Level, Recommendation
from segmentry.baskets.recommendations import times
from segmentry.baskets.results import EVERYONE, SUPPORT, WORTH
from segmentry.errors import plural
from segmentry.profiles.wording import say_number
from segmentry.reports.csvs import csv_of
from segmentry.segmentation import Segmentation

_LEVELS: tuple[tuple[Level, str, str], ...] = (
    ("product", "product", "products"),
    ("category", "category", "categories"),
)
_SHOWN = 5
ALL_CUSTOMERS = "All customers"


@dataclass(frozen=True)
class OfSegment:
    """One segment: how many different items its customers bought, then sentences on each level."""

    name: str
    breadth: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class OfferRow:
    """A recommendation as a row of text."""

    segment: str
    what: str
    why: str
    reach: str


@dataclass(frozen=True)
class Buying:
    """The section; `absent` says why there is nothing, and is "" where there is something."""

    absent: str
    compared: str
    segments: tuple[OfSegment, ...]
    offers: tuple[OfferRow, ...]


def buying_of(segmentation: Segmentation) -> Buying | None:
    """What the segments buy in words; None for a segmentation without orders."""
    baskets = segmentation.baskets
    if baskets is None:
        return None
    if baskets.absent:
        return Buying(baskets.absent, "", (), ())
    segments = tuple(_of_segment(baskets, s.id, s.name) for s in segmentation.segments)
    return Buying("", _compared(baskets), segments, offer_rows(segmentation, baskets))


def offer_rows(segmentation: Segmentation, baskets: Baskets) -> tuple[OfferRow, ...]:
    """The recommendations as rows of text, in their order."""
    return tuple(_row(segmentation, r) for r in baskets.recommendations)


def _compared(baskets: Baskets) -> str:
    seen, compared = baskets.seen or {}, baskets.compared or {}
    bought = " and ".join(plural(seen[level], one, many) for level, one, many in _LEVELS if level in seen)
    enough = " and ".join(say_number(compared[level]) for level, _, _ in _LEVELS if level in compared)
    return (
        f"{bought} were bought. Of these {enough} had {SUPPORT} customers or more and were compared. An item is told "
        f"of where at least {WORTH:g} times the share of all customers bought it, where chance cannot explain that (95 "
        "% sure of all items together), and where it also takes a larger part of what the segment buys, so that buying "
        "more of everything is not taken for taste."
    )


def _of_segment(baskets: Baskets, segment: str, name: str) -> OfSegment:
    breadth = (baskets.breadth or {}).get(segment)
    words = "" if breadth is None else f"{say_number(breadth)} different items a customer."
    sentences = [s for level, one, many in _LEVELS for s in _on_level(baskets, segment, level, one, many)]
    return OfSegment(name, words, tuple(sentences or ["Too few of its customers bought any item to tell."]))


def _on_level(baskets: Baskets, segment: str, level: Level, one: str, many: str) -> list[str]:
    kept = baskets.of(segment, level)
    if not kept:
        return []
    said = []
    typical = baskets.typical(segment, level)[:_SHOWN]
    if typical:
        listed = "; ".join(_typical(i) for i in typical)
        said.append(f"Typical {one if len(typical) == 1 else many}: {listed}.")
    else:
        most = ", ".join(f"{i.name} ({_beside(i.share, i.everyone)})" for i in kept[:3])
        said.append(f"No {one} is surely typical. Most bought: {most}.")
    first = sorted((i for i in kept if i.first), key=lambda i: (-(i.first or 0), i.item))[:3]
    if first:
        listed = ", ".join(f"{i.name} ({_beside(i.first_share, i.first_everyone)})" for i in first)
        said.append(f"Their first orders most often held {listed}.")
    starts = sorted((i for i in kept if i.starts), key=lambda i: (-(i.first_lift.low if i.first_lift else 0.0), i.item))
    if starts:
        listed = ", ".join(f"{i.name} ({times(i.first_lift.value if i.first_lift else None)})" for i in starts[:3])
        said.append(f"More of them than of everyone began with {listed}.")
    return said


def _typical(item: Item) -> str:
    lift = item.lift
    assert lift is not None
    return f"{item.name}, {times(lift.value)} (at least {lift.low:.1f}): {_beside(item.share, item.everyone)}"


def _beside(share: float | None, everyone: float | None) -> str:
    return f"{say_number(share, 'share')}, all {say_number(everyone, 'share')}"


def _row(segmentation: Segmentation, found: Recommendation) -> OfferRow:
    return OfferRow(_name(segmentation, found.segment), found.name, found.reason, say_number(found.reach))


def _name(segmentation: Segmentation, segment: str) -> str:
    return ALL_CUSTOMERS if segment == EVERYONE else segmentation.segment(segment).name


def recommendations_csv(segmentation: Segmentation, baskets: Baskets) -> str:
    """The recommendations as CSV, a row each, with the segment's name and the reason in words."""
    columns = ("segment_id", "segment", "kind", "level", "item", "name", "reason", "share", "compared_with", "lift",
               "lift_low", "lift_high", "customers")  # fmt: skip
    rows = [
        (r.segment, _name(segmentation, r.segment), r.kind, r.level, r.item, r.name, r.reason, r.share, r.compared,
         r.lift, r.lift_low, r.lift_high, r.reach)
        for r in baskets.recommendations
    ]  # fmt: skip
    return csv_of(columns, rows)


def cohorts_csv(segmentation: Segmentation) -> str:
    """The cohorts as CSV, a row per cohort and period since; a figure of fewer than ten customers is empty."""
    found = segmentation.over_time
    assert found is not None
    rows = [(found.label(c.cohort), c.after, c.customers, found.retention(c.cohort, c.after)) for c in found.cells]
    return csv_of((f"first_{found.grain}", f"{found.grain}s_after", "customers", "share"), rows)
