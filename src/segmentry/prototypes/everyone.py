"""Everyone's place in a rule, worked out once where the engine can keep it beside the table, else with each query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.features.grid import KNOWN, axis_columns, axis_expressions, is_known
from segmentry.features.recipe import Recipe
from segmentry.prototypes.assign import CONFIDENCE, PLACE, RUNNER_UP_PLACE, answers_of, with_places
from segmentry.prototypes.rule import Rule
from segmentry.tables import ROW, Table, keeping_of

_MOST_IN_A_BYTE = 128
# Adds PLACE, RUNNER_UP_PLACE and CONFIDENCE to a frame of the table's rows that has the features.
Placing = Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]]


def placing_by(recipe: Recipe, rule: Rule) -> Placing:
    """By the expressions, in whatever query asks for it."""
    return lambda frame: with_places(frame.with_columns(*axis_expressions(recipe)), rule, is_known(recipe))


def place_everyone(table: Table, recipe: Recipe, rule: Rule, grid: nw.LazyFrame[Any]) -> Placing:
    """The same for the rows of one table, whose axes, KNOWN and numbers are `grid`."""
    keep = keeping_of(table)
    if keep is None:
        return placing_by(recipe, rule)
    wide = grid.with_columns(*(nw.col(axis).cast(nw.Float64) for axis in axis_columns(rule.axes)))
    small = nw.Int8 if len(answers_of(rule)) < _MOST_IN_A_BYTE else nw.Int16
    places = (nw.col(place).cast(small) for place in (PLACE, RUNNER_UP_PLACE))
    return keep(with_places(wide, rule, nw.col(KNOWN)).select(ROW, *places, CONFIDENCE))
