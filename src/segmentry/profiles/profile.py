"""What each segment is like: numbers only. Words are made of them in `names`, pictures in `plots`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from segmentry.features.feature import Theme, Unit
from segmentry.tables import Frame, check_known, result_frame

_Cell = TypeVar("_Cell")

# Levels that are no level of the column.
MISSING, OTHER = "(missing)", "(other)"


@dataclass(frozen=True)
class Spread:
    """A number's distribution in a group of customers, in original units.

    `n` counts the customers with a value. `q1`, `median`, `q3` are order statistics, never interpolated.
    Every figure but `n` is None where fewer customers have a value than the privacy floor asks.
    """

    n: int
    mean: float | None
    sd: float | None
    q1: float | None
    median: float | None
    q3: float | None


@dataclass(frozen=True)
class MeasureInSegment:
    """One measure in one segment beside the population.

    `index` is 100 x segment mean / population mean (None for levels, and for what is negative for anyone or has no
    positive population mean); `difference` is (segment mean - population mean) / population standard deviation.
    """

    spread: Spread
    index: float | None
    difference: float | None


@dataclass(frozen=True)
class Measure:
    """A numeric feature or column, over all customers and by segment id.

    `population` leaves out segments with too few customers to describe, unless together they are enough.
    """

    name: str
    label: str
    unit: Unit
    symbol: str
    theme: Theme
    clustered: bool
    population: Spread
    segments: dict[str, MeasureInSegment]
    levels: tuple[str, ...] = ()  # names of the levels, lowest first, where a value is a place among them
    whole: bool = True  # False where what `population` leaves out has more than a little of the total

    @property
    def apart(self) -> float:
        """How far the segments' means lie apart, in standard deviations of all customers."""
        known = [c.difference for c in self.segments.values() if c.difference is not None]
        return max(known) - min(known) if known else 0.0


@dataclass(frozen=True)
class LevelInSegment:
    """Share of a segment's customers with a level, and 100 x that share / the population's share."""

    share: float | None
    index: float | None


@dataclass(frozen=True)
class Level:
    """One level of a category by segment id, and over all customers but those in segments too small to describe."""

    level: str
    n: int
    share: float
    segments: dict[str, LevelInSegment]


@dataclass(frozen=True)
class Category:
    """A category, its commonest levels first."""

    name: str
    label: str
    clustered: bool
    sensitive: bool
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Profile:
    """Everything known about the segments as groups; it holds no customer's row."""

    n_customers: int
    minimum_customers: int  # figures resting on fewer are None
    quantiles_from: int  # number of customers that medians and quartiles were taken from
    spend: str | None  # the measure that is money spent, when there is one
    measures: tuple[Measure, ...]
    categories: tuple[Category, ...]

    def measure(self, name: str) -> Measure:
        """The measure with this name. Raises SettingsError where there is none."""
        check_known(name, [m.name for m in self.measures], "measure")
        return next(m for m in self.measures if m.name == name)

    def spend_shares(self) -> dict[str, float]:
        """Each segment's share of the money spent; empty without a spend measure, and as `shares_of` says."""
        return {} if self.spend is None else self.shares_of(self.spend)

    def shares_of(self, name: str) -> dict[str, float]:
        """Each segment's share of the total of a measure, over all that figures are told of.

        Empty where there is no such measure, where the total is no whole that parts could be told of, and where few
        customers, of whom nothing is told, have more than a little of it: the shares of the others would be wrong.
        """
        if name not in {m.name for m in self.measures}:
            return {}
        measure = self.measure(name)
        if not measure.whole:
            return {}
        totals = {s: c.spread.n * c.spread.mean for s, c in measure.segments.items() if c.spread.mean is not None}
        everyone = measure.population
        # Of what the population's figures rest on: a whole with the money of a few persons in it would tell theirs.
        everything = 0.0 if everyone.mean is None else everyone.n * everyone.mean
        if not totals or everything <= 0 or min(totals.values()) < 0:
            return {}
        return {segment: total / everything for segment, total in totals.items()}

    def renamed(self, new: dict[str, str]) -> Profile:
        """The same profile with other segment ids, in the order of the new ids' numbers."""

        def moved(cells: dict[str, _Cell]) -> dict[str, _Cell]:
            named = {new[old]: cell for old, cell in cells.items()}
            return dict(sorted(named.items(), key=lambda item: (len(item[0]), item[0])))

        return replace(
            self,
            measures=tuple(replace(m, segments=moved(m.segments)) for m in self.measures),
            categories=tuple(
                replace(c, levels=tuple(replace(level, segments=moved(level.segments)) for level in c.levels))
                for c in self.categories
            ),
        )

    def frame(self) -> Frame:
        """The profile as a Polars frame, a row per measure (or level) and segment; see `rows` for its columns."""
        return result_frame(self.rows())

    def rows(self) -> list[dict[str, object]]:
        """The profile as rows, one a measure (or level) and segment: what `profile.csv` holds."""
        rows: list[dict[str, object]] = []
        for measure in self.measures:
            for segment, cell in measure.segments.items():
                rows.append(
                    {
                        "segment_id": segment,
                        "measure": measure.name,
                        "level": "",
                        "unit": measure.unit,
                        "clustered_on": measure.clustered,
                        "n": cell.spread.n,
                        "mean": cell.spread.mean,
                        "sd": cell.spread.sd,
                        "q1": cell.spread.q1,
                        "median": cell.spread.median,
                        "q3": cell.spread.q3,
                        "population_mean": measure.population.mean,
                        "population_median": measure.population.median,
                        "population_sd": measure.population.sd,
                        "index": cell.index,
                        "difference_sd": cell.difference,
                    }
                )
        for category in self.categories:
            for level in category.levels:
                for segment, part in level.segments.items():
                    rows.append(
                        {
                            "segment_id": segment,
                            "measure": category.name,
                            "level": level.level,
                            "unit": "share",
                            "clustered_on": category.clustered,
                            "mean": part.share,
                            "population_mean": level.share,
                            "index": part.index,
                        }
                    )
        return rows
