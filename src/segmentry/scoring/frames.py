"""Scores frames that are in memory, a block of rows at a time; the answers are those of the expressions, bit for bit.

Columns of numbers go straight from the frame through arithmetic to the rule. A feature of one text or one date comes by
the expressions that every engine runs, over its different values, and is looked up for each row; what is left, as a
logarithm is, comes by the expressions over all rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.blocks import Steps, fill_values, is_arithmetic
from segmentry.features.derive import meaning_yes
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_columns, axis_expressions, with_features
from segmentry.features.recipe import Recipe, Scale, axis_reach
from segmentry.prototypes.assign import NO_DATA, NOISE
from segmentry.prototypes.blocks import Fill, Lookup, Places, fits_blocks, place_rows
from segmentry.prototypes.rule import Rule
from segmentry.segmentation import Segmentation
from segmentry.tables import (
    ROW,
    Numbers,
    Table,
    Words,
    arrays_of,
    coded_days,
    coded_texts,
    deliver_beside,
    free_names,
    n_threads,
    numbers_of,
)

OUTPUT = ("segment_id", "segment", "confidence", "runner_up")
PREVIOUS = "previous_segment_id"  # after them, where a fit follows another
NAMES = {NO_DATA: "No data", NOISE: "Noise"}
_IN_MEMORY = ("polars", "pandas", "pyarrow")
_MISSING = "missing::"


def fits_memory(segmentation: Segmentation, table: Table) -> bool:
    """Whether the table is a frame that the caller holds already, and the rule one for blocks."""
    return table.source_kind in _IN_MEMORY and fits_blocks(segmentation.rule, axis_reach(segmentation.recipe))


def score_in_memory(segmentation: Segmentation, table: Table) -> Any:
    """The frame that came in, with the output columns beside its own. The table must fit."""
    rule = segmentation.rule
    places = place_in_memory(segmentation.recipe, rule, table)
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
    return deliver_beside(table, dict(zip(added, columns, strict=True)))


def place_in_memory(recipe: Recipe, rule: Rule, table: Table) -> Places:
    """Where each row of a table belongs that is in memory, none of them set aside, by a rule for blocks."""
    fill, lookups = _filling(recipe, table)
    return place_rows(rule, table.rows_read, fill, n_threads(), lookups)


def place_numbers(recipe: Recipe, rule: Rule, columns: Mapping[str, np.ndarray], rows: int) -> Places | None:
    """Where each row of some columns belongs, NaN for a missing cell; None where that takes more than arithmetic."""
    if not all(map(is_arithmetic, recipe.scales)) or recipe.levels:
        return None
    return place_rows(rule, rows, _fill_by(recipe, columns, list(enumerate(recipe.scales))), n_threads())


def _filling(recipe: Recipe, table: Table) -> tuple[Fill, list[Lookup]]:
    """What puts rows of the table on the grid, but for axes that are looked up; and the lookups."""
    direct = [s for s in recipe.scales if is_arithmetic(s)]
    numbers = numbers_of(table, sorted({c for s in direct for c in _columns(s.feature)}))
    ready = [(row, s) for row, s in enumerate(recipe.scales) if s in direct and _columns(s.feature) <= numbers.keys()]
    looked_up = _looked_up(recipe, table)
    made = {s.feature.name for _, s in ready} | {part.feature for part in looked_up}
    computed = _by_expressions(recipe, table, [f for f in recipe.clustered if f.name not in made])
    parts = [*looked_up, *computed]
    lookups = [part.lookup for part in parts if part.lookup is not None]
    filled = _without(recipe, [lookup.axes for lookup in lookups], [part for part in parts if part.lookup is None])
    return _fill_by(recipe, numbers, ready, filled, parts), lookups


def _fill_by(
    recipe: Recipe,
    numbers: Mapping[str, Numbers],
    ready: Sequence[tuple[int, Scale]],
    filled: Sequence[tuple[slice, _Part]] = (),
    parts: Sequence[_Part] = (),
) -> Fill:
    """What fills a grid: scales that are `ready` by their rows, from columns of numbers; then parts by theirs. A row is
    known by any of the scales or of all `parts`."""
    steps, scales = Steps(recipe.scales), slice(len(recipe.scales))

    def fill(at: slice, grid: np.ndarray) -> np.ndarray | None:
        gone = [fill_values(scale, numbers, at, recipe.as_of, grid[row]) for row, scale in ready]
        steps.take(grid[scales])
        for axes, part in filled:
            part.fill(at, grid[axes])
        missing = [rows for rows in gone if rows is not None]
        # One feature is enough to be known.
        if len(missing) < len(ready):
            return None
        missing += [part.missing_at(at) for part in parts]
        unknown: np.ndarray = np.logical_and.reduce(missing)
        return ~unknown

    return fill


def _without(recipe: Recipe, gone: Sequence[slice], parts: Sequence[_Part]) -> list[tuple[slice, _Part]]:
    """These parts with the rows of their axes in a grid where the axes `gone` are none."""
    left = [axis for axis in range(len(recipe.axes)) if not any(axes.start <= axis < axes.stop for axes in gone)]
    row_of = {axis: row for row, axis in enumerate(left)}
    firsts = [row_of[part.axes.start] for part in parts]
    return [(slice(first, first + len(part.numbers)), part) for first, part in zip(firsts, parts, strict=True)]


def _columns(feature: Feature) -> set[str]:
    return {*feature.sources, *feature.over}


@dataclass(frozen=True)
class _Part:
    """A feature on the grid, and where it is missing: for each row, or for each value that `places` tells of a row."""

    feature: str
    axes: slice
    numbers: np.ndarray  # (axes, rows or values)
    missing: np.ndarray
    places: np.ndarray | None = None

    @property
    def lookup(self) -> Lookup | None:
        """The part for the rule to look up: that pays where a value stands for several axes."""
        if self.places is None or len(self.numbers) == 1:
            return None
        return Lookup(self.axes, self.numbers, self.places)

    def fill(self, at: slice, grid: np.ndarray) -> None:
        if self.places is None:
            grid[:] = self.numbers[:, at]
        else:
            # Each place is one of a value; "clip" spares NumPy a second array.
            np.take(self.numbers, self.places[at], axis=1, out=grid, mode="clip")

    def missing_at(self, at: slice) -> np.ndarray:
        return self.missing[at] if self.places is None else self.missing[self.places[at]]


def _looked_up(recipe: Recipe, table: Table) -> list[_Part]:
    """The features of one column of text or of dates, which are computed once for each of its values."""
    alone = [f for f in recipe.clustered if len(_columns(f)) == 1]
    dated = {f.sources[0] for f in alone if f.operation == "years_since"}
    coded = coded_texts(table, _words(recipe, alone)) | coded_days(table, sorted(dated))
    parts: list[_Part] = []
    for name, column in coded.items():
        features = [f for f in alone if f.sources[0] == name]
        arrays = arrays_of(_on_axes(recipe, nw.from_native(column.values.lazy()), features))
        parts += _parts(recipe, features, arrays, column.places)
    return parts


def _words(recipe: Recipe, features: Sequence[Feature]) -> dict[str, list[str]]:
    """The texts by column that features of it alone tell apart."""
    levels = {part.feature.name: part.levels for part in recipe.levels}
    words: dict[str, list[str]] = {}
    for feature in features:
        if feature.operation == "flag":
            told = meaning_yes(feature.levels)
        elif feature.operation in ("level", "category"):
            told = [*levels.get(feature.name, feature.levels)]
        else:
            continue
        column = words.setdefault(feature.sources[0], [])
        column += [word for word in told if word not in column]
    return words


def _by_expressions(recipe: Recipe, table: Table, features: Sequence[Feature]) -> list[_Part]:
    if not features:
        return []
    # With the number of the row: a query of conditions between constants alone may come in any order.
    arrays = arrays_of(_on_axes(recipe, table.frame, features, ROW))
    rows = arrays[ROW]
    if (rows[1:] < rows[:-1]).any():
        order = np.argsort(rows)
        arrays = {name: column[order] for name, column in arrays.items()}
    return _parts(recipe, features, arrays)


def _on_axes(recipe: Recipe, frame: nw.LazyFrame[Any], features: Sequence[Feature], *others: str) -> nw.LazyFrame[Any]:
    """The axes of these features, which cells are missing, and other columns."""
    names = [f.name for f in features]
    named = zip(_feature_of_axis(recipe), axis_expressions(recipe), strict=True)
    axes = [expression for name, expression in named if name in names]
    missing = [nw.col(FEATURE + name).is_null().alias(_MISSING + name) for name in names]
    return with_features(frame, features, recipe.as_of).select(*others, *axes, *missing)


def _parts(
    recipe: Recipe, features: Sequence[Feature], arrays: Mapping[str, np.ndarray], places: np.ndarray | None = None
) -> list[_Part]:
    of_axis, columns = _feature_of_axis(recipe), axis_columns(recipe.axes)
    parts = []
    for feature in features:
        first = of_axis.index(feature.name)
        axes = slice(first, first + of_axis.count(feature.name))
        numbers = np.stack([arrays[axis] for axis in columns[axes]])
        parts.append(_Part(feature.name, axes, numbers, arrays[_MISSING + feature.name], places))
    return parts


def _feature_of_axis(recipe: Recipe) -> list[str]:
    names = [s.feature.name for s in recipe.scales]
    return [*names, *(part.feature.name for part in recipe.levels for _ in part.levels)]


def _with_reasons(places: Places, segments: int) -> np.ndarray:
    """The place of each segment, and after them one for no data and one for noise."""
    nowhere = segments if places.far is None else np.where(places.far, segments + 1, segments)
    found: np.ndarray = np.where(places.segment < 0, nowhere, places.segment)
    return found
