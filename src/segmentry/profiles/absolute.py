"""When a segment is lapsed, recent, new, likely gone or without purchases by itself, and not only beside the others."""

from __future__ import annotations

from collections.abc import Mapping

from segmentry.features.feature import Unit
from segmentry.profiles.profile import Measure, Profile

# By theme or measure, and whether it is about high figures: the limit in each unit that has one.
_LIMITS: Mapping[tuple[str, bool], Mapping[Unit, float]] = {
    ("recency", True): {"days": 180.0},
    ("recency", False): {"days": 30.0},
    ("activity", True): {"days": 180.0},
    ("activity", False): {"days": 30.0},
    ("tenure", True): {"days": 730.0, "years": 2.0},
    ("tenure", False): {"days": 120.0, "years": 0.33},
    ("probability_alive", True): {"share": 0.67},
    ("probability_alive", False): {"share": 0.33},
}
_HARDLY_ANY = 0.1
# A shop's own rhythm says better how long is long: usual times from one order to the next.
_GAP = "days_between_orders"
_GAPS = {True: 2.0, False: 1.0}


def by_itself(profile: Profile, measure: Measure, segment: str, *, high: bool) -> bool:
    """Whether a segment's mean is high, or low, whatever that of the others is; never where no limit is known.

    A recency is so in usual times between two orders where the data has them, else in days.
    """
    mean, limit = measure.segments[segment].spread.mean, _limit(profile, measure, high)
    if mean is None or limit is None:
        return False
    return mean >= limit if high else mean <= limit


def not_bought(profile: Profile, segment: str) -> str:
    """Whether "nearly_all" of a segment or "most" have bought nothing yet, "" where neither is known.

    The profile is what may be said of it: a recency in it means that most have bought before.
    """
    orders = [m.segments[segment].spread for m in profile.measures if (m.theme, m.unit) == ("frequency", "count")]
    spent = [m.segments[segment].spread.median for m in profile.measures if m.theme == "spend"]
    bought = any(m.segments[segment].spread.mean is not None for m in profile.measures if m.theme == "recency")
    if not orders or bought or any(s.median != 0 for s in orders) or any(median for median in spent):
        return ""
    # No order is less than one, so that no more than this share of them has any.
    return "nearly_all" if all((s.mean or 0.0) <= _HARDLY_ANY for s in orders) else "most"


def _limit(profile: Profile, measure: Measure, high: bool) -> float | None:
    gap = next((m.population.mean for m in profile.measures if m.name == _GAP), None)
    if measure.theme == "recency" and gap is not None:
        return _GAPS[high] * gap
    known = _LIMITS.get((measure.name, high)) or _LIMITS.get((measure.theme, high), {})
    return known.get(measure.unit)
