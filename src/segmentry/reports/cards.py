"""The first page of the report: the summary in a paragraph, and a card for each segment."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segmentry.profiles.playbook import Play
from segmentry.profiles.playrules import built_in_playbook
from segmentry.profiles.profile import Measure
from segmentry.profiles.sayable import sayable
from segmentry.profiles.stability import advise
from segmentry.profiles.wording import say, say_number
from segmentry.segmentation import Segment, Segmentation

FIGURES = 5
GREY = "#6b7280"
EXPLAINED = {
    "trend": "from -1 (all in the earlier half of the time looked at) to 1 (all in the later half).",
    "days_between_spread": "how unlike the pauses between orders are; small where they come regularly.",
    "probability_alive": "the chance that a customer has not left for good, of those who have bought again.",
}
# On a field of 16 by 16, after the shapes of the pictures.
MARKERS = {
    "circle": "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12z",
    "square": "M2.5 2.5h11v11h-11z",
    "triangle-up": "M8 2l7 12h-14z",
    "triangle-down": "M8 14l7-12h-14z",
    "triangle-right": "M14 8l-12 7v-14z",
    "triangle-left": "M2 8l12-7v14z",
    "diamond": "M8 1l6 7l-6 7l-6-7z",
    "cross": "M5.5 1.5h5v4h4v5h-4v4h-5v-4h-4v-5h4z",
}


@dataclass(frozen=True)
class Figure:
    """One key figure of a segment beside all customers."""

    label: str
    value: str
    everyone: str
    index: str
    direction: str  # "above", "below" or ""


@dataclass(frozen=True)
class Card:
    """A segment as a reader meets it; every number is text already."""

    id: str
    name: str
    colour: str
    marker: str
    size: str
    share: str
    spend_share: str | None
    value_share: str | None  # of lifetime value
    description: str
    figures: tuple[Figure, ...]
    evidence: tuple[str, ...]
    by_user: bool
    plays: tuple[Play, ...]
    reliance: str  # how far to rely on it, in two or three words; "" where it was not measured
    reliance_means: str
    stability: str  # the same in figures


@dataclass(frozen=True)
class Opening:
    """What stands above everything: a title and a paragraph."""

    title: str
    found: str
    verdict: str
    reason: str
    first: str
    unplaced: str
    mark: str  # stands on every page when there are no groups


def opening(segmentation: Segmentation) -> Opening:
    """How many segments from how many customers, why so many, and what to look at first."""
    n = segmentation.provenance.n_customers
    k = len(segmentation.segments)
    groups = f"{k} segment" if k == 1 else f"{k} segments"
    features = len(segmentation.recipe.scales) + len(segmentation.recipe.levels)
    known = "1 feature" if features == 1 else f"{features} features"
    unplaced = segmentation.provenance.n_no_data
    return Opening(
        title=f"{groups} of {say_number(n)} customers",
        found=f"{say_number(n)} customers fall into {groups}, {_found_by(segmentation)} from {known}.",
        verdict=segmentation.verdict_words,
        reason=segmentation.plain_reason,
        first=_look_first(segmentation),
        unplaced=f"{say_number(unplaced)} more customers have no data on any feature and belong to none."
        if unplaced
        else "",
        mark=segmentation.mark,
    )


def _found_by(segmentation: Segmentation) -> str:
    return "by an RFM grid" if segmentation.method == "rfm" else f"found by {segmentation.method}"


def _look_first(segmentation: Segmentation) -> str:
    """The segment that brings most beyond its share, else the largest, of those that there is advice for."""
    segments = segmentation.segments
    if len(segments) < 2:
        return ""
    important = [s for s in segments if s.spend_share is not None and s.spend_share >= s.share] or list(segments)
    first = max([s for s in important if _advised(s)] or important, key=_weight)
    spent = "" if first.spend_share is None else f" and {say_number(first.spend_share, 'share')} of spend"
    return f"Look first at “{first.name}”: {say_number(first.share, 'share')} of customers{spent}."


def _advised(segment: Segment) -> bool:
    rules = built_in_playbook()
    return any(play.key not in (rules.otherwise.key, rules.too_few.key) for play in segment.playbook)


def _weight(segment: Segment) -> float:
    return segment.share if segment.spend_share is None else segment.spend_share - segment.share


def cards(segmentation: Segmentation) -> tuple[Card, ...]:
    """A card for each segment, in the order of the segmentation."""
    return tuple(_card(segmentation, segment) for segment in segmentation.segments)


def explained_figures(segmentation: Segmentation) -> tuple[str, ...]:
    """A sentence on each key figure of any card that does not say by its label what it is."""
    told = {m.name for s in segmentation.segments for m in _telling(segmentation, s.id)}
    labels = {m.name: m.label for m in segmentation.profile.measures}
    return tuple(f"{labels[name]}: {said}" for name, said in EXPLAINED.items() if name in told)


def _card(segmentation: Segmentation, segment: Segment) -> Card:
    spent = segment.spend_share
    measured = segment.stability is not None and segment.size >= segmentation.profile.minimum_customers
    reliance, means = advise(segment.stability.mean) if segment.stability and measured else ("", "")
    return Card(
        id=segment.id,
        name=segment.name,
        colour=tint(segment),
        marker=shape(segment),
        size=say_number(segment.size),
        share=say_number(segment.share, "share"),
        spend_share=None if spent is None else say_number(spent, "share"),
        value_share=None if segment.value_share is None else say_number(segment.value_share, "share"),
        description=segment.description,
        figures=tuple(_figure(measure, segment.id) for measure in _telling(segmentation, segment.id)),
        evidence=segment.evidence,
        by_user=segment.named_by == "user",
        plays=segment.playbook,
        reliance=reliance,
        reliance_means=f"When customers are drawn anew, {means}." if means else "",
        stability=_stability(segmentation, segment),
    )


def tint(segment: Segment) -> str:
    """A stored colour is text from a file: only a colour may reach the style of a page."""
    return segment.colour if re.fullmatch(r"#[0-9A-Fa-f]{6}", segment.colour) else GREY


def shape(segment: Segment) -> str:
    return MARKERS.get(segment.marker, MARKERS["circle"])


def _stability(segmentation: Segmentation, segment: Segment) -> str:
    found, whole = segment.stability, segmentation.stability
    if found is None or whole is None:
        return ""
    return (
        f"Stability {found.mean:.2f} (Jaccard index, 1 is exactly the same customers; {found.low:.2f} to "
        f"{found.high:.2f} in 90 % of {found.resamples} bootstrap samples of {say_number(whole.rows)} customers): "
        f"{found.words}."
    )


def _telling(segmentation: Segmentation, segment_id: str) -> list[Measure]:
    """The spend, then the measures in which the segment differs most, and the lifetime value."""
    said = sayable(segmentation.profile, {s.id: s.size for s in segmentation.segments if s.id == segment_id})
    known = [m for m in said.measures if segment_id in m.segments]
    known = [m for m in known if m.segments[segment_id].spread.mean is not None]
    spend = segmentation.profile.spend
    ranked = sorted(known, key=lambda m: (m.name != spend, -abs(m.segments[segment_id].difference or 0.0)))
    worth = [m for m in ranked[FIGURES:] if m.name == "lifetime_value"]
    return [segmentation.profile.measure(m.name) for m in (*ranked[:FIGURES], *worth)]


def _figure(measure: Measure, segment_id: str) -> Figure:
    cell = measure.segments[segment_id]
    return Figure(
        label=measure.label,
        value=say(measure, cell.spread.mean),
        everyone=say(measure, measure.population.mean),
        index=say_index(cell.index),
        direction=direction(cell.difference, 0.25),
    )


def say_index(index: float | None) -> str:
    """100 times the segment's mean by the average, as a whole number.

    >>> say_index(213.4), say_index(None)
    ('213', '–')
    """
    return "–" if index is None else f"{index:,.0f}"


def direction(value: float | None, threshold: float) -> str:
    """Whether a difference is worth an arrow, and which way it points.

    >>> direction(0.8, 0.5), direction(-0.8, 0.5), direction(0.1, 0.5)
    ('above', 'below', '')
    """
    if value is None or abs(value) < threshold:
        return ""
    return "above" if value > 0 else "below"
