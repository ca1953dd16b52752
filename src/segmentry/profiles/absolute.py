"""From which figure on a segment is lapsed, recent, new or likely gone by itself, and not only beside the others."""

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


def _limit(profile: Profile, measure: Measure, high: bool) -> float | None:
    gap = next((m.population.mean for m in profile.measures if m.name == _GAP), None)
    if measure.theme == "recency" and gap is not None:
        return _GAPS[high] * gap
    known = _LIMITS.get((measure.name, high)) or _LIMITS.get((measure.theme, high), {})
    return known.get(measure.unit)
