"""Segments named by an RFM grid, with a word more where their own figures refute what their scores say.

Scores rank customers beside one another: where all stopped buying, those who stopped last score as the latest buyers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from segmentry.clusters.rfm.cells import RfmCells
from segmentry.clusters.rfm.grid import RfmGrid
from segmentry.errors import Notice
from segmentry.profiles.names import Word, says, surely_high
from segmentry.profiles.profile import Measure, Profile
from segmentry.profiles.sayable import sayable
from segmentry.profiles.wording import lowered, say
from segmentry.segmentation import Segment

LITTLE_SPEND = "spend below average"


def named_by_grid(
    segments: Sequence[Segment], cells: RfmCells, renamed: Mapping[str, str], profile: Profile
) -> tuple[tuple[Segment, ...], tuple[Notice, ...]]:
    """The segments with the names that a grid gives them, and a warning of names that had to be qualified.

    `renamed` gives the segment of each owner. A name is followed by "lapsed" where some of its combinations have the
    middle score of recency or more and the segment is lapsed by itself; by "long-standing" where all of them score so
    in recency, and less in frequency, and it is that; by "spend below average" where all of them score so in frequency
    or in spend, and it spends less than everyone, beyond chance.
    """
    place_of = {renamed[f"p{place}"]: place for place in range(len(cells.names)) if f"p{place}" in renamed}
    said = sayable(profile, {s.id: s.size for s in segments})
    named: list[Segment] = []
    told: dict[tuple[str, str], list[str]] = {}
    for s in segments:
        name = cells.names[place_of[s.id]]
        words = [w for w in _refuting(cells.grid, name, said, s.id) if w.text not in name.casefold()]
        evidence = (cells.grid.told(name), *(w.evidence for w in words), *s.evidence)
        full = ", ".join([name, *(w.text for w in words)])
        named.append(replace(s, name=full, evidence=tuple(dict.fromkeys(evidence)), named_by="grid"))
        for word in words:
            measure = profile.measure(word.measure)
            figure = f"{s.id} '{name}' ({say(measure, measure.segments[s.id].spread.mean)})"
            told.setdefault((word.text, word.measure), []).append(figure)
    return tuple(named), _notices(told, profile)


def _refuting(grid: RfmGrid, name: str, profile: Profile, segment: str) -> Iterator[Word]:
    """What the segment's figures say against its place in the grid."""
    recency, frequency, spend = (grid.scored(name, axis) for axis in ("recency", "frequency", "spend"))
    if recency and recency[-1] >= grid.middle:
        yield from _surely(profile, "recency", segment)
    if recency and frequency and recency[0] >= grid.middle > frequency[-1]:
        yield from _surely(profile, "tenure", segment)
    if any(scores and scores[0] >= grid.middle for scores in (frequency, spend)):
        yield from _little_spend(profile, segment)


def _surely(profile: Profile, theme: str, segment: str) -> Iterator[Word]:
    found = (surely_high(profile, m, segment) for m in _of_theme(profile, theme))
    yield from [word for word in found if word is not None][:1]


def _little_spend(profile: Profile, segment: str) -> Iterator[Word]:
    for measure in _of_theme(profile, "spend")[:1]:
        cell = measure.segments[segment]
        if cell.difference is not None and cell.difference < 0:
            yield Word(LITTLE_SPEND, 0, measure.name, -cell.difference, says(LITTLE_SPEND, measure, cell))


def _of_theme(profile: Profile, theme: str) -> list[Measure]:
    """The measures of a theme, what the scores are made of first."""
    own = [m for m in profile.measures if m.theme == theme]
    return sorted(own, key=lambda m: (not m.clustered, m.name != profile.spend, m.name))


def _notices(told: Mapping[tuple[str, str], Sequence[str]], profile: Profile) -> tuple[Notice, ...]:
    """One for all names that were qualified: by which word and figure, and whose."""
    if not told:
        return ()
    parts = []
    for (word, name), segments in told.items():
        measure = profile.measure(name)
        everyone = f"{lowered(measure.label)} on average, everyone {say(measure, measure.population.mean)}"
        parts.append(f"'{word}' ({everyone}) to {', '.join(segments)}")
    text = (
        "An RFM grid ranks customers beside one another, and what some of its names say is not so by the segments' own "
        f"figures. Added to these names: {'; '.join(parts)}."
    )
    return (Notice("qualified-names", text),)
