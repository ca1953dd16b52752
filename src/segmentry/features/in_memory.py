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

from segmentry.features.derive import meaning_yes
from segmentry.features.feature import Feature
from segmentry.features.levels import steps
from segmentry.features.recipe import GRID, LIMIT, Levels, Recipe, Scale

# A column in memory: numbers as float64 with NaN for missing; dates and texts as objects with None.
Array = np.ndarray[Any, Any]


def feature_array(feature: Feature, columns: Mapping[str, Array], as_of: date | None) -> Array:
    """The feature of each customer: float64 with NaN, or objects with None for a category.

    >>> spend = Feature("spend_total", "Total spend", "money", "spend", "sum", ("wine", "fruit"))
    >>> feature_array(spend, {"wine": np.array([5.0, np.nan]), "fruit": np.array([2.0, np.nan])}, None)
    array([ 7., nan])
    """
    first = columns[feature.sources[0]]
    match feature.operation:
        case "sum":
            return _sum(columns, feature.sources, feature.levels)
        case "ratio":
            return _ratio(_sum(columns, feature.sources, ()), _sum(columns, feature.over, ()))
        case "years_since_year":
            return float(_known(as_of, feature).year) - first
        case "years_since":
            day = _known(as_of, feature)
            return _each(
                first, lambda born: float(day.year - born.year - ((born.month, born.day) > (day.month, day.day)))
            )
        case "days_since":
            today = _known(as_of, feature).toordinal()
            return _each(first, lambda when: float(today - when.toordinal()))
        case "flag":
            return _flag(first, feature.levels)
        case "level":
            places = {level: float(place) for place, level in zip(steps(feature.levels), feature.levels, strict=True)}
            return _each(first, lambda level: places.get(level, math.nan))
        case _:
            return first


def grid_rows(recipe: Recipe, features: Mapping[str, Array]) -> Array:
    """(n, axes) whole numbers of the customers with these features by name, in the order of the recipe's axes."""
    axes = [_on_grid(scale, features[scale.feature.name]) for scale in recipe.scales]
    axes += [axis for part in recipe.levels for axis in _on_levels(part, features[part.feature.name])]
    return np.column_stack(axes)


def missing(values: Array) -> Array:
    """Where nothing is known."""
    if values.dtype == object:
        return np.array([value is None for value in values], dtype=bool)
    return np.isnan(values)


def _known(as_of: date | None, feature: Feature) -> date:
    if as_of is None:
        raise ValueError(f"{feature.name} needs an as-of date")
    return as_of


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


def _ratio(above: Array, below: Array) -> Array:
    positive = below > 0
    return np.where(positive, above / np.where(positive, below, 1.0), np.nan)


def _flag(cells: Array, true_levels: Sequence[str]) -> Array:
    yes = frozenset(meaning_yes(true_levels))
    return _each(cells, lambda cell: 1.0 if cell in yes else 0.0)


def _on_grid(scale: Scale, values: Array) -> Array:
    value = np.where(np.isnan(values), scale.fill, values)
    if scale.low is not None and scale.high is not None:
        value = np.minimum(np.maximum(value, scale.low), scale.high)
    if scale.transform == "log1p":
        # NumPy's own logarithm differs from the engines' in the last digit for one value in ten thousand.
        value = np.array([math.log(v) for v in (np.maximum(value, 0.0) + 1.0).tolist()])
    result: Array = np.floor((value - scale.centre) / scale.scale * float(GRID) + 0.5)
    return np.minimum(np.maximum(result, float(-LIMIT * GRID)), float(LIMIT * GRID))


def _on_levels(part: Levels, cells: Array) -> list[Array]:
    return [np.where(cells == level, float(part.weight), 0.0) for level in part.levels]
