"""Everyone's place in a rule, worked out once where the engine can keep it beside the table, else with each query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.features.grid import KNOWN, axis_columns, axis_expressions, is_known, with_features
from segmentry.features.recipe import Recipe
from segmentry.prototypes.assign import CONFIDENCE, PLACE, RUNNER_UP_PLACE, answers_of, with_places
from segmentry.prototypes.rule import Rule
from segmentry.tables import ROW, Table, cut, keeping_of

_MOST_IN_A_BYTE = 128
BEFORE = "before::"
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
    places = (nw.col(place).cast(_small(rule)) for place in (PLACE, RUNNER_UP_PLACE))
    return keep(with_places(wide, rule, nw.col(KNOWN)).select(ROW, *places, CONFIDENCE))


@dataclass(frozen=True)
class Before:
    """Where an earlier rule puts the customers of a table: `placing` adds BEFORE, a place in `ids`, to frames that have
    the columns of the table and nothing derived from them.
    """

    placing: Placing
    ids: tuple[str, ...]  # the segments of the rule in its order, then what stands for no data and noise


def place_before(table: Table, recipe: Recipe, rule: Rule) -> Before:
    """Everyone's place in an earlier rule, by its own recipe. The table has the columns that it rests on."""

    def by_query(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        own = frame.collect_schema().names()
        derived = cut(with_features(frame, recipe.clustered, recipe.as_of))
        placed = with_places(derived.with_columns(*axis_expressions(recipe)), rule, is_known(recipe))
        return cut(placed.select(*own, nw.col(PLACE).cast(_small(rule)).alias(BEFORE)))

    keep = keeping_of(table)
    placing = by_query if keep is None else keep(by_query(table.frame).select(ROW, BEFORE))
    return Before(placing, answers_of(rule))


def _small(rule: Rule) -> Any:
    return nw.Int8 if len(answers_of(rule)) < _MOST_IN_A_BYTE else nw.Int16
