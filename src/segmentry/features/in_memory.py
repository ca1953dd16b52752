"""Features and their whole numbers for a few customers in memory, without an engine: for requests, forms and sliders.

The twin of `derive.expression` and `grid.axis_expressions`, step by step the same arithmetic, so that a customer who is
asked for alone gets the segment that a query gives. Tables go through the expressions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from segmentry.features.derive import known_day, meaning_yes
from segmentry.features.feature import Bins, Feature, Unit
from segmentry.features.levels import steps
from segmentry.features.recipe import GRID, LIMIT, Levels, Recipe

# A column in memory: numbers as float64 with NaN for missing; dates and texts as objects with None.
Array = np.ndarray[Any, Any]


def feature_array(feature: Feature, columns: Mapping[str, Array], as_of: date | None) -> Array:
    """The feature of each customer: float64 with NaN, or objects with None for a category.

    >>> spend = Feature("spend_total", "Total spend", "money", "spend", "sum", ("wine", "fruit"))
    >>> feature_array(spend, {"wine": np.array([5.0, np.nan]), "fruit": np.array([2.0, np.nan])}, None)
    array([ 7., nan])
    """
    values = _derived(feature, columns, as_of)
    return values if feature.bins is None else _scored(values, feature.bins)


def _scored(values: Array, bins: Bins) -> Array:
    score = np.where(np.isnan(values), np.nan, 1.0)
    for place, threshold in enumerate(bins.thresholds, start=2):
        beyond = values < threshold if bins.falling else values > threshold
        score = np.where(beyond, float(place), score)
    return score


def _derived(feature: Feature, columns: Mapping[str, Array], as_of: date | None) -> Array:
    first = columns[feature.sources[0]]
    match feature.operation:
        case "sum":
            return _sum(columns, feature.sources, feature.levels)
        case "ratio":
            return _ratio(_sum(columns, feature.sources, ()), _sum(columns, feature.over, ()), feature.unit)
        case "years_since_year":
            return float(known_day(as_of, feature).year) - first
        case "years_since":
            day = known_day(as_of, feature)
            return _each(
                first, lambda born: float(day.year - born.year - ((born.month, born.day) > (day.month, day.day)))
            )
        case "days_since":
            today = known_day(as_of, feature).toordinal()
            return _each(first, lambda when: float(today - when.toordinal()))
        case "flag":
            return _flag(first, feature.levels)
        case "level":
            places = {level: float(place) for place, level in zip(steps(feature.levels), feature.levels, strict=True)}
            return _each(first, lambda level: places.get(level, math.nan))
        case _:
            return first


class GridOfRows:
    """The grid of a recipe, made ready to place customers in memory: all scales at once, as one matrix."""

    def __init__(self, recipe: Recipe) -> None:
        scales = recipe.scales
        self.names = tuple(s.feature.name for s in scales)
        self._levels = recipe.levels
        self._fill = np.array([s.fill for s in scales], dtype=np.float64)
        capped = [s.low is not None and s.high is not None for s in scales]
        pairs = list(zip(scales, capped, strict=True))
        self._low = np.array([s.low if caps else -math.inf for s, caps in pairs], dtype=np.float64)
        self._high = np.array([s.high if caps else math.inf for s, caps in pairs], dtype=np.float64)
        self._logged = [place for place, s in enumerate(scales) if s.transform == "log1p"]
        self._centre = np.array([s.centre for s in scales], dtype=np.float64)
        self._scale = np.array([s.scale for s in scales], dtype=np.float64)

    def numbers(self, features: Mapping[str, Array]) -> Array:
        """(n, scales) the features that are numbers, NaN for missing."""
        columns = [features[name] for name in self.names]
        if not columns:
            return np.empty((len(next(iter(features.values()))), 0))
        return np.array(columns, dtype=np.float64).T

    def rows(self, numbers: Array, features: Mapping[str, Array]) -> Array:
        """(n, axes) whole numbers, in the order of the recipe's axes."""
        placed = self._placed(numbers)
        if not self._levels:
            return placed
        parts = [axis for part in self._levels for axis in _on_levels(part, features[part.feature.name])]
        return np.column_stack([placed, *parts])

    def _placed(self, numbers: Array) -> Array:
        value = np.where(np.isnan(numbers), self._fill, numbers)
        value = np.minimum(np.maximum(value, self._low), self._high)
        for place in self._logged:
            # NumPy's own logarithm differs from the engines' in the last digit for one value in ten thousand.
            column = (np.maximum(value[:, place], 0.0) + 1.0).tolist()
            value[:, place] = [math.log(v) for v in column]
        result: Array = np.floor((value - self._centre) / self._scale * float(GRID) + 0.5)
        return np.minimum(np.maximum(result, float(-LIMIT * GRID)), float(LIMIT * GRID))


def grid_rows(recipe: Recipe, features: Mapping[str, Array]) -> Array:
    """(n, axes) whole numbers of the customers with these features by name, in the order of the recipe's axes."""
    grid = GridOfRows(recipe)
    return grid.rows(grid.numbers(features), features)


def one_customer(recipe: Recipe, features: Mapping[str, float | str | None]) -> dict[str, Array]:
    """The features of one customer by name, as columns of one row."""
    made = {}
    for f in recipe.clustered:
        kind = object if f.operation == "category" else np.float64
        value = features[f.name]
        made[f.name] = np.array([math.nan if value is None and kind is np.float64 else value], dtype=kind)
    return made


def missing(values: Array) -> Array:
    """Where nothing is known."""
    if values.dtype == object:
        return np.array([value is None for value in values], dtype=bool)
    return np.isnan(values)


def _each(cells: Array, value: Any) -> Array:
    return np.array([math.nan if cell is None else value(cell) for cell in cells], dtype=np.float64)


def _sum(columns: Mapping[str, Array], names: Sequence[str], true_levels: Sequence[str]) -> Array:
    parts = [_flag(columns[name], true_levels) if true_levels else columns[name] for name in names]
    total, known = np.zeros(len(parts[0])), np.zeros(len(parts[0]), dtype=bool)
    for part in parts:
        absent = np.isnan(part)
        total = total + np.where(absent, 0.0, part)
        known |= ~absent
    return np.where(known, total, np.nan)


def _ratio(above: Array, below: Array, unit: Unit) -> Array:
    positive = below > 0
    above = np.clip(above, 0.0, below) if unit == "share" else above
    with np.errstate(over="ignore"):
        return np.where(positive, above / np.where(positive, below, 1.0), np.nan)


def _flag(cells: Array, true_levels: Sequence[str]) -> Array:
    yes = frozenset(meaning_yes(true_levels))
    return _each(cells, lambda cell: 1.0 if cell in yes else 0.0)


def _on_levels(part: Levels, cells: Array) -> list[Array]:
    return [np.where(cells == level, float(part.weight), 0.0) for level in part.levels]
