"""Names a segment in a marketer's words, each word true of its profile and shown with its evidence.

A word is true where the segment's mean differs from everyone's by at least 0.3 standard deviations; where no
measure does, an index of at least 130 or at most 75 counts; where none does either, the name is "Average".
A segment is also named by a level of a category that was clustered on, where most of it has the level, at an index of
at least 130. What chance could have made does not name a segment, nor what fewer than half of its customers have a
value for, nor a share of customers (a yes or no, or a level) that fewer than ten make up. A segment that is too small
to describe is called so.
Names are unique within a segmentation, and depend on the profile alone: not on the seed, order or segment numbers.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from segmentry.profiles.absolute import by_itself, not_bought
from segmentry.profiles.profile import MISSING, OTHER, Category, Level, Measure, MeasureInSegment, Profile
from segmentry.profiles.sayable import sayable
from segmentry.profiles.wording import lowered, part_of, say, say_number, way

CLEAR = 0.3
HIGH_INDEX, LOW_INDEX = 130.0, 75.0
WORDS = 2  # in a name, before uniqueness asks for more
# Words on what was clustered on come first; another measure must speak this much louder to be heard.
ASIDE = 0.5
# Who has left is what came of a segment, and not what its customers are, unless they were grouped by it.
_NO_NAME = ("leaving",)
_APART = {"visits": "count", "rating": "rating"}  # units by theme: of these several are told apart
MOST = 0.6  # the share of a segment that makes it "mostly" of a level


@dataclass(frozen=True)
class Word:
    """A word for a segment with the measure it rests on. `strength` ranks words of one segment."""

    text: str
    order: int
    measure: str
    strength: float
    evidence: str


@dataclass(frozen=True)
class Naming:
    """A segment's name, and a sentence of evidence for each of its words."""

    name: str
    evidence: tuple[str, ...]


def name_segments(profile: Profile, sizes: Mapping[str, int]) -> dict[str, Naming]:
    """A unique name for each segment, with its evidence; `sizes` are the customers of each."""
    said = sayable(profile, sizes)
    few = profile.minimum_customers
    words = {s: _words(said, s) if size >= few else [_too_few(few)] for s, size in sizes.items()}
    used = {s: min(WORDS, len(words[s])) for s in sizes}
    while True:
        names = {s: _join(words[s][: used[s]]) for s in sizes}
        repeated = {name for name, count in Counter(names.values()).items() if count > 1}
        grown = [s for s in sizes if names[s] in repeated and used[s] < len(words[s])]
        if not grown:
            break
        for s in grown:
            used[s] += 1
    names = _numbered(names, profile, sizes)
    return {s: Naming(names[s], _evidence(words[s][: used[s]])) for s in sizes}


def _numbered(names: dict[str, str], profile: Profile, segment_ids: Iterable[str]) -> dict[str, str]:
    """Segments that no true word tells apart get a number, the one with more spend (else more customers) first."""
    rank = {s: place for place, s in enumerate(_by_value(profile, segment_ids))}
    result = dict(names)
    for name, count in Counter(names.values()).items():
        if count > 1:
            same = sorted((s for s in segment_ids if names[s] == name), key=rank.__getitem__)
            for number, segment in enumerate(same[1:], start=2):
                result[segment] = f"{name} ({number})"
    return result


def _by_value(profile: Profile, segment_ids: Iterable[str]) -> list[str]:
    measure = profile.measure(profile.spend) if profile.spend else None

    def value(segment: str) -> tuple[float, ...]:
        means = [] if measure is None else [measure.segments[segment].spread.mean or 0.0]
        return tuple(-m for m in [*means, *(m.segments[segment].spread.mean or 0.0 for m in profile.measures)])

    return sorted(segment_ids, key=value)


def _evidence(words: Sequence[Word]) -> tuple[str, ...]:
    if words:
        return tuple(w.evidence for w in sorted(words, key=lambda w: w.order))
    figures = "0.3 standard deviations or an index of 130 or 75"
    return (f"Average: no measure differs from everyone's by {figures}, unless by chance.",)


def _join(words: Sequence[Word]) -> str:
    text = ", ".join(w.text for w in sorted(words, key=lambda w: w.order))
    return text[:1].upper() + text[1:] if text else "Average"


def _too_few(fewest: int) -> Word:
    """Of a few nothing may be said, "average" least of all."""
    return Word("too few to describe", 0, "", 0.0, f"Fewer than {fewest} customers: their figures are withheld.")


def _words(profile: Profile, segment: str) -> list[Word]:
    """The segment's true words, strongest first, one a theme."""
    # That they have bought nothing says that they spent little, on small baskets.
    said = ("spend", "order_value") if not_bought(profile, segment) else ()
    told = [m for m in profile.measures if m.theme not in said and (m.clustered or m.theme not in _NO_NAME)]
    cells = [(m, m.segments[segment]) for m in told]
    clear = [_word(profile, m, segment) for m, c in cells if c.difference is not None and abs(c.difference) >= CLEAR]
    if not any(clear):
        clear = [
            _word(profile, m, segment) for m, c in cells if c.index is not None and not LOW_INDEX < c.index < HIGH_INDEX
        ]
    clear += [_level_word(category, level, segment) for category, level in _telling_levels(profile, segment)]
    best: dict[int, Word] = {}
    for word in sorted(clear, key=lambda w: (-w.strength, w.measure)):
        best.setdefault(word.order, word)
    return list(best.values())


def _telling_levels(profile: Profile, segment: str) -> list[tuple[Category, Level]]:
    """Levels that most of a segment share and others have less often. No name tells a sensitive attribute."""
    told = []
    for category in profile.categories:
        if not category.clustered or category.sensitive:
            continue
        for level in category.levels:
            cell = level.segments[segment]
            most = (cell.share or 0.0) >= MOST and (cell.index or 0.0) >= HIGH_INDEX
            if most and level.level not in (OTHER, MISSING):
                told.append((category, level))
    return told


def _level_word(category: Category, level: Level, segment: str) -> Word:
    cell, spoken = level.segments[segment], _vocabulary()["level"]["most"]
    share, index = cell.share or 0.0, cell.index or 0.0
    text = str(spoken["high"]).format(rest=level.level)
    figures = f"{say_number(share, 'share')}, everyone {say_number(level.share, 'share')} (index {index:.0f})"
    evidence = f"{text[:1].upper()}{text[1:]}: {lowered(category.label)} {level.level} {figures}."
    strength = (share - level.share) / math.sqrt(level.share * (1.0 - level.share))
    return Word(text, int(spoken["order"]), category.name, strength, evidence)


def _word(profile: Profile, measure: Measure, segment: str) -> Word:
    spoken, cell = _spoken(measure, profile), measure.segments[segment]
    high = (cell.difference or 0.0) > 0 if cell.difference is not None else (cell.index or 100.0) > 100
    side = "high" if high else "low"
    surely = spoken.get("surely", {}) if by_itself(profile, measure, segment, high=high) else {}
    without = "" if high else spoken.get("without", {}).get(not_bought(profile, segment), "")
    text = str(without or surely.get(side, spoken[side])).format(
        rest=part_of(measure), way=way(measure), label=lowered(measure.label)
    )
    strength = abs(cell.difference or 0.0) * (1.0 if measure.clustered else ASIDE)
    return Word(text, int(spoken["order"]), measure.name, strength, says(text, measure, cell))


def surely_high(profile: Profile, measure: Measure, segment: str) -> Word | None:
    """The word for a mean that is high by itself, such as "lapsed", whatever everyone's is; None where it is not."""
    spoken = _spoken(measure, profile)
    text = spoken.get("surely", {}).get("high")
    if text is None or not by_itself(profile, measure, segment, high=True):
        return None
    cell = measure.segments[segment]
    return Word(str(text), int(spoken["order"]), measure.name, abs(cell.difference or 0.0), says(text, measure, cell))


def says(text: str, measure: Measure, cell: MeasureInSegment) -> str:
    """The sentence of evidence for a word: the segment's mean beside everyone's."""
    figures = []
    if cell.difference is not None:
        figures.append(f"{cell.difference:+.1f} standard deviations")
    if cell.index is not None:
        figures.append(f"index {cell.index:.0f}")
    word = text[:1].upper() + text[1:]
    mean, everyone = say(measure, cell.spread.mean), say(measure, measure.population.mean)
    average = " on average" if not measure.levels else ""
    return f"{word}: {lowered(measure.label)} {mean}{average}, everyone {everyone} ({', '.join(figures)})."


def _spoken(measure: Measure, profile: Profile) -> dict[str, Any]:
    vocabulary = _vocabulary()
    if _one_of_several(profile, measure):
        return dict(vocabulary["unknown"][measure.theme])
    for prefix, entry in vocabulary["feature"].items():
        if measure.name == prefix or (
            prefix.endswith("_") and measure.name.startswith(prefix) and ": " in measure.label
        ):
            found: dict[str, Any] = entry
            return found
    unknown: dict[str, Any] = vocabulary["unknown"]
    if (measure.theme, measure.unit) == ("engagement", "score"):
        return dict(unknown["score"])
    chosen: dict[str, Any] = vocabulary["theme"].get(measure.theme) or unknown.get(measure.unit) or unknown["other"]
    return chosen


def _one_of_several(profile: Profile, measure: Measure) -> bool:
    """Whether the word of its theme would stand for measures that go up and down apart, as visits to the site and to
    the branch, or ratings of the price and of the service."""
    unit = _APART.get(measure.theme)
    alike = [m for m in profile.measures if m.theme == measure.theme and m.clustered and m.unit == unit]
    return measure.unit == unit and len(alike) > 1


@cache
def _vocabulary() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("segmentry.profiles").joinpath("names.toml").read_text(encoding="utf-8"))
