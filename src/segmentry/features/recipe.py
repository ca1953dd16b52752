"""The recipe: everything learned from the customers that is needed to place another one.

Constants are computed once, from the sample sorted by id, so that no engine, thread count or row
order can change them (see docs/how-it-works.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from segmentry.features.feature import Feature
from segmentry.tables.table import Reading

GRID = 1024  # whole-number steps per standard deviation
LIMIT = 16  # standard deviations beyond which a value counts as the limit


@dataclass(frozen=True)
class Scale:
    """How a numeric feature becomes a whole number on the grid.

    grid = floor((f(clip(x, low, high)) - centre) / scale x 1024 + 1/2), f = log(1 + x) or x itself.
    """

    feature: Feature
    fill: float  # put where the value is missing: the median
    low: float | None  # caps, in original units; None where none is set
    high: float | None
    transform: Literal["none", "log1p"]
    centre: float
    scale: float
    # What was seen at fitting, for the report and for the "out of range" flag.
    minimum: float
    maximum: float
    n_missing: int
    n_capped: int
    skewness: float


@dataclass(frozen=True)
class Levels:
    """How a category becomes one whole-number axis per level: `weight` where it is that level, else 0."""

    feature: Feature
    levels: tuple[str, ...]
    weight: int
    n_missing: int


@dataclass(frozen=True)
class LeftOut:
    """A feature that could have been used for clustering and was not, and why."""

    feature: str
    reason: str


@dataclass(frozen=True)
class SourceColumn:
    """A column that the recipe reads, so that scoring can ask for it by name."""

    name: str
    reading: Reading
    role: str


@dataclass(frozen=True)
class Recipe:
    """From a typed row to whole numbers. Axes are in name order: numeric features, then category levels."""

    id_column: str | None
    as_of: date | None
    columns: tuple[SourceColumn, ...]
    scales: tuple[Scale, ...]
    levels: tuple[Levels, ...]
    described: tuple[Feature, ...]  # features that are profiled but not clustered on
    left_out: tuple[LeftOut, ...]
    n_sample: int

    @property
    def clustered(self) -> tuple[Feature, ...]:
        """The features that the clustering rests on."""
        return tuple(s.feature for s in self.scales) + tuple(part.feature for part in self.levels)

    @property
    def needed(self) -> frozenset[str]:
        """The columns that the clustering rests on."""
        return frozenset(c for f in self.clustered for c in (*f.sources, *f.over))

    @property
    def dated(self) -> tuple[str, ...]:
        """The columns of dates that the clustering counts ages and tenures from, up to the as-of date."""
        dated = [f for f in self.clustered if f.operation in ("years_since", "days_since")]
        return tuple(sorted({column for feature in dated for column in feature.sources}))

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the grid's columns, in order."""
        names = [s.feature.name for s in self.scales]
        names += [f"{part.feature.name}={level}" for part in self.levels for level in part.levels]
        return tuple(names)


def two_figures(value: float) -> float:
    """A least or largest value as it is told of: enough to see a mistake by, and nobody's own figure.

    >>> two_figures(666_666.0), two_figures(27.0)
    (670000.0, 27.0)
    """
    return float(f"{value:.1e}")


def axis_reach(recipe: Recipe) -> tuple[int, ...]:
    """The largest size of the whole numbers on each axis."""
    levels = [abs(part.weight) for part in recipe.levels for _ in part.levels]
    return (*(LIMIT * GRID for _ in recipe.scales), *levels)
