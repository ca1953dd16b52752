"""The profile as it may be spoken of: what too few customers bear out, or chance could have made, says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from segmentry.profiles.chance import flag_beyond_chance, level_beyond_chance, mean_beyond_chance
from segmentry.profiles.profile import Level, LevelInSegment, Measure, MeasureInSegment, Profile, Spread

KNOWN = 0.5  # the share of a segment that must have a value before it speaks for all of them
BOUGHT = 0.67  # the same of days since the last purchase where a quarter or more have bought nothing


def sayable(profile: Profile, sizes: Mapping[str, int]) -> Profile:
    """The profile with the cells of the segments in `sizes` as names, advice and answers may use them.

    A figure that fewer than half of a segment's customers have is withheld. So are days since the last purchase that
    fewer than two thirds have, where a quarter or more have bought nothing. A difference that chance could have made is
    none, and its index 100; means and shares stay what they are.
    """
    return replace(
        profile,
        measures=tuple(replace(m, segments=_cells(profile, m, sizes)) for m in profile.measures),
        categories=tuple(
            replace(c, levels=tuple(replace(x, segments=_parts(profile, x, sizes)) for x in c.levels))
            for c in profile.categories
        ),
    )


def _cells(profile: Profile, measure: Measure, sizes: Mapping[str, int]) -> dict[str, MeasureInSegment]:
    return {s: _cell(profile, measure, s, sizes[s]) if s in sizes else c for s, c in measure.segments.items()}


def _cell(profile: Profile, measure: Measure, segment: str, size: int) -> MeasureInSegment:
    cell = measure.segments[segment]
    if cell.spread.n < _share_needed(profile, measure, segment) * size:
        return MeasureInSegment(Spread(cell.spread.n, None, None, None, None, None), None, None)
    beyond = flag_beyond_chance if measure.unit == "flag" else mean_beyond_chance
    if cell.spread.mean is None or beyond(profile, measure, segment):
        return cell
    return MeasureInSegment(cell.spread, None if cell.index is None else 100.0, 0.0)


def _share_needed(profile: Profile, measure: Measure, segment: str) -> float:
    """Who has bought nothing has no last purchase: where many have not, more than half must have one."""
    orders = [m.segments[segment].spread.q1 for m in profile.measures if (m.theme, m.unit) == ("frequency", "count")]
    return BOUGHT if measure.theme == "recency" and 0 in orders else KNOWN


def _parts(profile: Profile, level: Level, sizes: Mapping[str, int]) -> dict[str, LevelInSegment]:
    return {s: _part(profile, level, s, sizes[s]) if s in sizes else p for s, p in level.segments.items()}


def _part(profile: Profile, level: Level, segment: str, size: int) -> LevelInSegment:
    part = level.segments[segment]
    if part.share is None or level_beyond_chance(profile, level, segment, size):
        return part
    return LevelInSegment(part.share, 100.0)
