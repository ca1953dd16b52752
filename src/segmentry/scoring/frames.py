"""Scores frames that are in memory, a block of rows at a time; the answers are those of the expressions, bit for bit.

Columns of numbers go straight from the frame through arithmetic to the rule. Features of texts, of dates and with a
logarithm come by the expressions that every engine runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.blocks import fill_axis, is_arithmetic
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_columns, axis_expressions, feature_expressions
from segmentry.features.recipe import Recipe, axis_reach
from segmentry.prototypes.assign import NO_DATA, NOISE
from segmentry.prototypes.blocks import Fill, Places, fits_blocks, place_rows
from segmentry.segmentation import Segmentation
from segmentry.tables import ROW, Table, Words, arrays_of, deliver_beside, free_names, n_threads, numbers_of

OUTPUT = ("segment_id", "segment", "confidence", "runner_up")
NAMES = {NO_DATA: "No data", NOISE: "Noise"}
_IN_MEMORY = ("polars", "pandas", "pyarrow")
_MISSING = "missing::"


def fits_memory(segmentation: Segmentation, table: Table) -> bool:
    """Whether the table is a frame that the caller holds already, and the rule one for blocks."""
    return table.source_kind in _IN_MEMORY and fits_blocks(segmentation.rule, axis_reach(segmentation.recipe))


def score_in_memory(segmentation: Segmentation, table: Table) -> Any:
    """The frame that came in, with the output columns beside its own. The table must fit."""
    rule = segmentation.rule
    fill, rows = _filling(segmentation.recipe, table)
    places = place_rows(rule, table.rows_read, fill, n_threads())
    ids = (*rule.segments, NO_DATA, NOISE)
    names = {s.id: s.name for s in segmentation.segments} | NAMES
    own = _with_reasons(places, len(rule.segments))
    runner_up = np.where(places.runner_up < 0, len(rule.segments), places.runner_up)
    columns = (
        Words(own, ids),
        Words(own, [names[segment] for segment in ids]),
        places.confidence,
        Words(runner_up, [*rule.segments, None]),
    )
    added = free_names(OUTPUT, table.taken_names).values()
    return deliver_beside(table, rows, dict(zip(added, columns, strict=True)))


def _filling(recipe: Recipe, table: Table) -> tuple[Fill, np.ndarray | None]:
    """What puts rows of the table on the grid; and the places of the rows in the source, None where all are there."""
    direct = [s for s in recipe.scales if is_arithmetic(s)]
    numbers = numbers_of(table, sorted({c for s in direct for c in _columns(s.feature)}))
    ready = {s.feature.name: s for s in direct if _columns(s.feature) <= numbers.keys()}
    features = _feature_of_axis(recipe)
    arrays, rows = _by_expressions(recipe, table, [f for f in recipe.clustered if f.name not in ready])

    def fill(at: slice, grid: np.ndarray) -> np.ndarray | None:
        missing: list[np.ndarray] = []
        for feature, axis, out in zip(features, axis_columns(recipe.axes), grid, strict=True):
            if feature in ready:
                gone = fill_axis(ready[feature], numbers, at, recipe.as_of, out)
            else:
                out[:] = arrays[axis][at]
                gone = arrays[_MISSING + feature][at]
            missing += [] if gone is None else [gone]
        # One feature is enough to be known.
        return None if len(missing) < len(features) else ~np.logical_and.reduce(missing)

    return fill, rows


def _columns(feature: Feature) -> set[str]:
    return {*feature.sources, *feature.over}


def _feature_of_axis(recipe: Recipe) -> list[str]:
    names = [s.feature.name for s in recipe.scales]
    return [*names, *(part.feature.name for part in recipe.levels for _ in part.levels)]


def _by_expressions(
    recipe: Recipe, table: Table, features: Sequence[Feature]
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """The axes of these features and which cells are missing; and the places of the rows, None where all are there."""
    if not features and not table.rows_rejected:
        return {}, None
    names = {f.name for f in features}
    named = zip(_feature_of_axis(recipe), axis_expressions(recipe), strict=True)
    axes = [expression for name, expression in named if name in names]
    missing = [nw.col(FEATURE + name).is_null().alias(_MISSING + name) for name in sorted(names)]
    frame = table.frame.with_columns(*feature_expressions(features, recipe.as_of)).select(ROW, *axes, *missing)
    arrays = arrays_of(frame.sort(ROW) if table.rows_rejected else frame)
    return arrays, arrays[ROW] if table.rows_rejected else None


def _with_reasons(places: Places, segments: int) -> np.ndarray:
    """The place of each segment, and after them one for no data and one for noise."""
    nowhere = segments if places.far is None else np.where(places.far, segments + 1, segments)
    found: np.ndarray = np.where(places.segment < 0, nowhere, places.segment)
    return found
