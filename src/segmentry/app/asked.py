"""What a page's address asks for, checked against what there is: anything else is left aside."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import ImmutableMultiDict

from segmentry.browsing import Chosen, Range
from segmentry.profiles.profile import MISSING, OTHER, Measure
from segmentry.segmentation import Segmentation

RANGES = 2  # features that a page filters by at once
LONGEST = 200  # letters of a search
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")  # as the pages write numbers
_DECIMAL_COMMA = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d*),\d+")

Query = ImmutableMultiDict[str, str]


@dataclass(frozen=True)
class Filters:
    """The choice, and what the form that states it shows again."""

    chosen: Chosen
    ranges: tuple[tuple[str, str, str], ...]
    level: str
    unread: tuple[str, ...] = ()  # ends of ranges that are no numbers, and so leave everyone in

    @property
    def stated(self) -> bool:
        return not self.chosen.is_everyone


def number(text: str | None) -> float | None:
    """A number as people type it, with groups as the pages write them or with a decimal comma; None for anything else.

    >>> number("1,200.5"), number("1,200"), number("0,5"), number("1.200,5"), number("-12,25")
    (1200.5, 1200.0, 0.5, 1200.5, -12.25)
    >>> number(" "), number("nan"), number("1,2,3"), number("12,00,000"), number("about 5")
    (None, None, None, None, None)
    """
    plain = re.sub(r"\s", "", text or "")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def filters(query: Query, segmentation: Segmentation) -> Filters:
    """The conditions that the address states, of those that can be stated of this segmentation."""
    own = {s.id for s in segmentation.segments}
    segments = tuple(sorted({s for s in query.getlist("segment") if s in own}))
    measures = {m.name for m in segmentation.profile.measures}
    shown, ranges, unread = [], [], []
    for place in range(1, RANGES + 1):
        name, low, high = (query.get(f"{part}{place}", "") for part in ("feature", "from", "to"))
        shown.append((name if name in measures else "", low, high))
        ends = number(low), number(high)
        unread += [end for end, value in zip((low, high), ends, strict=True) if end.strip() and value is None]
        if name in measures and ends != (None, None):
            ranges.append(Range(name, *ends))
    level = query.get("level", "")
    known = dict(levels(segmentation))
    chosen = Chosen(
        segments=() if len(segments) == len(own) else segments,
        ranges=tuple(ranges),
        levels=(known[level],) if level in known else (),
        search=query.get("search", "").strip()[:LONGEST],
    )
    return Filters(chosen, tuple(shown), level if level in known else "", tuple(end[:LONGEST] for end in unread))


def levels(segmentation: Segmentation) -> list[tuple[str, tuple[str, str]]]:
    """Every level that one may filter by: how the form calls it, the category and the level."""
    found = []
    for place, category in enumerate(segmentation.profile.categories):
        for rank, level in enumerate(category.levels):
            if level.level not in (MISSING, OTHER):
                found.append((f"{place}.{rank}", (category.name, level.level)))
    return found


def drawable(segmentation: Segmentation) -> list[Measure]:
    """The measures that have a distribution worth drawing: those that the segments rest on first."""
    found = [m for m in segmentation.profile.measures if m.unit != "flag" and m.population.median is not None]
    return sorted(found, key=lambda m: (not m.clustered, -m.apart, m.label))


def one_of(query: Mapping[str, str], name: str, known: list[str], otherwise: str) -> str:
    """What the address states, where it is one of those that there are."""
    stated = query.get(name, otherwise)
    return stated if stated in known else otherwise
