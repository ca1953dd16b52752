"""The comparison of the segments: every measure, and which levels of categories they have more or less often."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.profiles.chance import level_beyond_chance
from segmentry.profiles.profile import Category, Level, Measure
from segmentry.profiles.wording import say, say_number
from segmentry.reports.cards import direction, say_index
from segmentry.segmentation import Segmentation

UNUSUAL = 0.5  # standard deviations from the average that are worth an arrow
MORE, LESS = 120.0, 80.0  # index from which a level is over- or under-represented
LEVELS = 8


@dataclass(frozen=True)
class Cell:
    """One segment's number, its index, and whether it is worth noting."""

    value: str
    index: str
    direction: str


@dataclass(frozen=True)
class Row:
    """One measure or level: the number of all customers, then of each segment."""

    label: str
    everyone: str
    cells: tuple[Cell, ...]
    clustered: bool


@dataclass(frozen=True)
class Group:
    """One category with its commonest levels."""

    label: str
    clustered: bool
    sensitive: bool
    rows: tuple[Row, ...]
    hidden: int


EMPTY = Cell("–", "–", "")


def measure_rows(segmentation: Segmentation) -> tuple[Row, ...]:
    """A row for each measure: those the segments rest on first."""
    ranked = sorted(segmentation.profile.measures, key=lambda m: not m.clustered)
    return tuple(_measure_row(segmentation, measure) for measure in ranked)


def _measure_row(segmentation: Segmentation, measure: Measure) -> Row:
    cells = []
    for segment in segmentation.segments:
        part = measure.segments.get(segment.id)
        if part is None or part.spread.mean is None:
            cells.append(EMPTY)
            continue
        value = say(measure, part.spread.mean)
        cells.append(Cell(value, say_index(part.index), direction(part.difference, UNUSUAL)))
    everyone = say(measure, measure.population.mean)
    return Row(measure.label, everyone, tuple(cells), measure.clustered)


def category_groups(segmentation: Segmentation) -> tuple[Group, ...]:
    """The categories with the share of each level in each segment."""
    return tuple(_group(segmentation, category) for category in segmentation.profile.categories)


def _group(segmentation: Segmentation, category: Category) -> Group:
    rows = tuple(_level_row(segmentation, level) for level in category.levels[:LEVELS])
    return Group(category.label, category.clustered, category.sensitive, rows, max(0, len(category.levels) - LEVELS))


def _level_row(segmentation: Segmentation, level: Level) -> Row:
    cells = []
    for segment in segmentation.segments:
        part = level.segments.get(segment.id)
        if part is None or part.share is None:
            cells.append(EMPTY)
            continue
        told = level_beyond_chance(segmentation.profile, level, segment.id, segment.size)
        way = _way(part.index) if told else ""
        cells.append(Cell(say_number(part.share, "share"), say_index(part.index), way))
    return Row(level.level, say_number(level.share, "share"), tuple(cells), False)


def _way(index: float | None) -> str:
    return "" if index is None else "above" if index >= MORE else "below" if index <= LESS else ""
