"""Scores frames that are in memory; the answers are those of the expressions, bit for bit.

Where the compiled kernel fits, columns of numbers go straight from the frame to it. A feature of one text or one date
comes by the expressions that every engine runs, over its different values, and is looked up for each row; what is left,
as a logarithm is, comes by the expressions over all rows. Elsewhere these place everybody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.derive import meaning_yes
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_columns, axis_expressions, with_features
from segmentry.features.recipe import Recipe
from segmentry.prototypes.assign import CONFIDENCE, NO_DATA, NOISE, PLACE, RUNNER_UP_PLACE, answers_of
from segmentry.prototypes.everyone import placing_by
from segmentry.prototypes.rule import Rule
from segmentry.scoring.blocks import Part, Places, fits_kernel, is_arithmetic, place_rows
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
    row_of,
)

OUTPUT = ("segment_id", "segment", "confidence", "runner_up")
PREVIOUS = "previous_segment_id"  # after them, where a fit follows another
NAMES = {NO_DATA: "No data", NOISE: "Noise"}
_IN_MEMORY = ("polars", "pandas", "pyarrow")
_MISSING = "missing::"


def fits_memory(table: Table) -> bool:
    """Whether the table is a frame that the caller holds already."""
    return table.source_kind in _IN_MEMORY


def unseen_columns(segmentation: Segmentation) -> frozenset[str]:
    """The columns whose numbers none but the kernel need look at when a frame in memory is scored."""
    recipe = segmentation.recipe
    if not fits_kernel(recipe, segmentation.rule):
        return frozenset()
    direct = [s.feature for s in recipe.scales if is_arithmetic(s)]
    used = {c for f in direct for c in _columns(f)} - {
        c for f in recipe.clustered if f not in direct for c in _columns(f)
    }
    plain = {c.name for c in recipe.columns if c.reading.kind == "number" and not c.reading.missing}
    return frozenset(used & plain)


def score_in_memory(segmentation: Segmentation, table: Table) -> Any | None:
    """The frame that came in, with the output columns beside its own. The table must be in memory. None where a number
    of an unseen column cannot be used."""
    rule = segmentation.rule
    places = place_in_memory(segmentation.recipe, rule, table)
    if places is None:
        return None
    answers = answers_of(rule)
    names = {s.id: s.name for s in segmentation.segments} | NAMES
    columns = (
        Words(places.segment, answers),
        Words(places.segment, [names[answer] for answer in answers]),
        places.confidence,
        Words(places.runner_up, [*rule.segments, None]),
    )
    added = free_names(OUTPUT, table.taken_names).values()
    return deliver_beside(table, dict(zip(added, columns, strict=True)))


def place_in_memory(recipe: Recipe, rule: Rule, table: Table) -> Places | None:
    """Where each row of a table belongs that is in memory, none of them set aside. None where a number of an unseen
    column cannot be used."""
    if not fits_kernel(recipe, rule):
        return _place_by_expressions(recipe, rule, table)
    direct = [s.feature for s in recipe.scales if is_arithmetic(s)]
    numbers = numbers_of(table, sorted({c for feature in direct for c in _columns(feature)}))
    if not table.unseen <= numbers.keys():
        return None
    looked_up = _looked_up(recipe, table)
    made = {f.name for f in direct if _columns(f) <= numbers.keys()} | looked_up.keys()
    computed = _computed(recipe, table, [f for f in recipe.clustered if f.name not in made])
    return place_rows(recipe, rule, numbers, [*looked_up.values(), *computed.values()], table.rows_read, n_threads())


def place_numbers(recipe: Recipe, rule: Rule, columns: Mapping[str, np.ndarray], rows: int) -> Places | None:
    """Where each row of some columns belongs, NaN for a missing cell; None where that takes more than the kernel."""
    if not fits_kernel(recipe, rule) or not all(map(is_arithmetic, recipe.scales)) or recipe.levels:
        return None
    numbers = {name: Numbers(column) for name, column in columns.items()}
    return place_rows(recipe, rule, numbers, (), rows, n_threads())


def _place_by_expressions(recipe: Recipe, rule: Rule, table: Table) -> Places:
    placed = placing_by(recipe, rule)(with_features(table.frame, recipe.clustered, recipe.as_of))
    columns = (
        nw.col(PLACE).cast(nw.UInt32),
        nw.col(RUNNER_UP_PLACE).fill_null(len(rule.segments)).cast(nw.UInt32),
        nw.col(CONFIDENCE).fill_null(math.nan),
    )
    arrays = _in_order(arrays_of(placed.select(ROW, *columns)))
    return Places(*(arrays[name] for name in (PLACE, RUNNER_UP_PLACE, CONFIDENCE)))


def _columns(feature: Feature) -> set[str]:
    return {*feature.sources, *feature.over}


def _looked_up(recipe: Recipe, table: Table) -> dict[str, Part]:
    """By name, the features of one column of text or of dates, which are computed once for each of its values."""
    alone = [f for f in recipe.clustered if len(_columns(f)) == 1]
    dated = {f.sources[0] for f in alone if f.operation == "years_since"}
    coded = coded_texts(table, _words(recipe, alone)) | coded_days(table, sorted(dated))
    parts: dict[str, Part] = {}
    for name, column in coded.items():
        features = [f for f in alone if f.sources[0] == name]
        made = _parts(recipe, features, nw.from_native(column.values.lazy()))
        parts |= {feature: replace(part, places=column.places) for feature, part in made.items()}
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


def _computed(recipe: Recipe, table: Table, features: Sequence[Feature]) -> dict[str, Part]:
    """By name, features by the expressions over all rows."""
    return _parts(recipe, features, table.frame) if features else {}


def _parts(recipe: Recipe, features: Sequence[Feature], frame: nw.LazyFrame[Any]) -> dict[str, Part]:
    """By name, these features on their axes, for each row of the frame."""
    names = [f.name for f in features]
    own = replace(
        recipe,
        scales=tuple(s for s in recipe.scales if s.feature.name in names),
        levels=tuple(part for part in recipe.levels if part.feature.name in names),
    )
    columns, axes_of = axis_columns(own.axes), _axes_of(recipe)
    missing = [nw.col(FEATURE + name).is_null().alias(_MISSING + name) for name in names]
    made = with_features(frame, features, recipe.as_of)
    arrays = _in_order(arrays_of(made.select(*row_of(frame), *axis_expressions(own), *missing)))
    return {
        name: Part(axes_of[name], np.stack([arrays[c] for c in columns[axes]]), arrays[_MISSING + name])
        for name, axes in _axes_of(own).items()
    }


def _in_order(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a query in the order of the rows' numbers: one of conditions between constants may be in any."""
    rows = arrays.get(ROW)
    if rows is None or not (rows[1:] < rows[:-1]).any():
        return arrays
    order = np.argsort(rows)
    return {name: column[order] for name, column in arrays.items()}


def _axes_of(recipe: Recipe) -> dict[str, slice]:
    """The axes of each feature by its name."""
    lengths = {s.feature.name: 1 for s in recipe.scales} | {p.feature.name: len(p.levels) for p in recipe.levels}
    ends = accumulate(lengths.values())
    return {name: slice(end - lengths[name], end) for name, end in zip(lengths, ends, strict=True)}
