"""From a typed row to whole numbers on the grid, as expressions: the same for fitting, polishing and scoring."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.features.derive import Part, dates_counted, expression, parts_of_ratios
from segmentry.features.feature import Feature
from segmentry.features.recipe import GRID, LIMIT, Levels, Recipe, Scale
from segmentry.tables import cut, row_of, with_days

FEATURE = "feature::"  # hidden columns of a query; no source column can be called so by accident
AXIS = "axis::"
KNOWN = "known::"
_RATIOS_IN_A_STEP = 6
_PART = "part::"
_DAY = "day::"
_FARTHEST = float(LIMIT * GRID)


def axis_columns(axes: Sequence[str]) -> list[str]:
    """The hidden columns of the axes, in order. By number: a level may hold a dot, or differ from another in case only,
    and neither is a name to every engine.

    >>> axis_columns(["age", "city=St. Louis"])
    ['axis::0', 'axis::1']
    """
    return [f"{AXIS}{place}" for place in range(len(axes))]


def with_features(frame: nw.LazyFrame[Any], features: Sequence[Feature], as_of: date | None) -> nw.LazyFrame[Any]:
    """The frame with each feature beside its own columns, under its hidden name."""
    held, parts = _with_parts(frame, features)
    made = [expression(f, as_of, parts).alias(FEATURE + f.name) for f in features]
    return held.with_columns(*made) if made else held


def _with_parts(
    frame: nw.LazyFrame[Any], features: Sequence[Feature]
) -> tuple[nw.LazyFrame[Any], Mapping[Part, nw.Expr]]:
    """The frame with what ratios divide, and what they divide by, as hidden columns; and those by what they add up.

    Each is added up once: the shares of hundreds of columns, each with the whole sum in it, took minutes to plan.
    """
    parts = parts_of_ratios(features)
    names = {part: f"{_PART}{place}" for place, part in enumerate(parts)}
    held = frame.with_columns(*(parts[part].alias(name) for part, name in names.items())) if parts else frame
    return held, {part: nw.col(name) for part, name in names.items()}


def features_of(frame: nw.LazyFrame[Any], features: Sequence[Feature], as_of: date | None) -> nw.LazyFrame[Any]:
    """The feature columns of a typed table, and the number of the row where it has one."""
    # In steps: in one, SQL engines would add up what a ratio divides, and what it divides by, at each of its many
    # mentions, and their programs grow too long to be compiled.
    held, parts = _with_parts(frame, features)
    days = {column: f"{_DAY}{place}" for place, column in enumerate(dates_counted(features))}
    counted = with_days(cut(held) if parts else held, {name: column for column, name in days.items()})
    by_date = {column: nw.col(name) for column, name in days.items()}
    made = {f: expression(f, as_of, parts, by_date).alias(FEATURE + f.name) for f in features}
    ratios = [e for f, e in made.items() if f.operation == "ratio"]
    whole = counted.with_columns(*(e for f, e in made.items() if f.operation != "ratio"))
    for start in range(0, len(ratios), _RATIOS_IN_A_STEP):
        whole = cut(whole).with_columns(*ratios[start : start + _RATIOS_IN_A_STEP])
    return cut(whole.select(*(nw.col(FEATURE + f.name) for f in features), *row_of(frame)))


def axis_expressions(recipe: Recipe) -> list[nw.Expr]:
    """The grid's whole-number columns, in axis order, over a frame that has the feature columns."""
    axes = [_on_grid(scale) for scale in recipe.scales]
    axes += [_on_level(part, level) for part in recipe.levels for level in part.levels]
    return [e.alias(name) for e, name in zip(axes, axis_columns(recipe.axes), strict=True)]


def is_known(recipe: Recipe) -> nw.Expr:
    """True for a customer with at least one clustering feature; the others are 'no data', never a segment."""
    names = [s.feature.name for s in recipe.scales] + [part.feature.name for part in recipe.levels]
    known = ~nw.col(FEATURE + names[0]).is_null()
    for name in names[1:]:
        known = known | ~nw.col(FEATURE + name).is_null()
    return known


def _on_grid(scale: Scale) -> nw.Expr:
    value = nw.col(FEATURE + scale.feature.name).fill_null(scale.fill)
    if scale.transform == "log1p":
        if scale.low is not None and scale.high is not None:
            value = _between(value, scale.low, scale.high)
        # Only features without negative values are logged; a later negative one counts as 0.
        value = (nw.max_horizontal(value, nw.lit(0.0)) + 1.0).log()
    steps = ((value - scale.centre) / scale.scale * float(GRID) + 0.5).floor()
    return _between(steps, *steps_between(scale))


def steps_between(scale: Scale) -> tuple[float, float]:
    """The fewest and the most steps: the limit and, without a logarithm, the caps.

    Steps grow with the value, so that capping them caps the value too.
    """
    if scale.transform != "none" or scale.low is None or scale.high is None:
        return -_FARTHEST, _FARTHEST
    low, high = (math.floor((v - scale.centre) / scale.scale * float(GRID) + 0.5) for v in (scale.low, scale.high))
    return min(max(float(low), -_FARTHEST), _FARTHEST), min(max(float(high), -_FARTHEST), _FARTHEST)


def _between(value: nw.Expr, low: float, high: float) -> nw.Expr:
    # There is no missing value here. `clip` looks for one, so that SQL engines would write out and compute each value
    # twice at every step, eight times in the end.
    return nw.min_horizontal(nw.max_horizontal(value, nw.lit(low)), nw.lit(high))


def _on_level(part: Levels, level: str) -> nw.Expr:
    return nw.when(nw.col(FEATURE + part.feature.name) == level).then(nw.lit(float(part.weight))).otherwise(nw.lit(0.0))
