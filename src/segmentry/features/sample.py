"""The sample that a segmentation is fitted on: all rows when there are few, else those with the smallest key.

The key is whole-number arithmetic over a row's own id and numbers, so that row order, partitions and engine do
not matter: the same customers are drawn wherever the table lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.grid import AXIS, FEATURE, axis_expressions, is_known
from segmentry.features.recipe import Recipe
from segmentry.tables import materialise, to_memory

SAMPLE_ROWS = 25_000
KEY = "key::"
ID = "id::"
_KNOWN = "known::"
_PRIME = 2_147_483_647  # products of two residues stay below 2^63
_STEP = 48_271
_ABSENT = 700_000_000_001
_REACH = 1e9  # beyond it a number counts as the limit, in the key only


def key_expression(numbers: Sequence[str]) -> nw.Expr:
    """A residue that mixes the digits of ID (a text column) and the named number columns, in the given order."""
    digits = nw.col(ID).fill_null("").str.replace_all(r"[^0-9]", "").str.tail(15)
    key = nw.concat_str([nw.lit("0"), digits]).cast(nw.Int64) % _PRIME
    for name in numbers:
        value = nw.col(name)
        steps = ((value.clip(-_REACH, _REACH) + _REACH) * 100.0).floor().cast(nw.Int64)
        key = (key * _STEP + nw.when(value.is_null()).then(nw.lit(_ABSENT)).otherwise(steps)) % _PRIME
    # Squaring breaks the order that multiplying alone leaves in consecutive ids.
    for constant in (12_345, 987_654_321):
        key = (key * key + constant) % _PRIME
    return key.alias(KEY)


@dataclass(frozen=True)
class Sample:
    """Sampled customers in memory, in one order whatever order they came in: by id, then by every value."""

    frame: nw.LazyFrame[Any]
    values: dict[str, np.ndarray]  # by feature name, original units, NaN or None where missing


def draw(frame: nw.LazyFrame[Any], rows: int, most: int = SAMPLE_ROWS) -> Sample:
    """The sample of a frame with ID, KEY and features, of `rows` rows."""
    drawn = materialise(frame if rows <= most else frame.sort(KEY, ID).head(most))
    columns = _in_order(to_memory(drawn))
    values = {name.removeprefix(FEATURE): column for name, column in columns.items() if name.startswith(FEATURE)}
    return Sample(drawn, values)


def on_grid(sample: Sample, recipe: Recipe) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The sample's rows with any clustering feature: as whole numbers (n, axes), and their values by feature name."""
    prepared = sample.frame.with_columns(*axis_expressions(recipe)).with_columns(is_known(recipe).alias(_KNOWN))
    columns = _in_order(to_memory(prepared), ignore=(AXIS, _KNOWN))
    known = columns[_KNOWN] == 1.0
    grid = np.column_stack([columns[AXIS + axis] for axis in recipe.axes])[known]
    return grid, {name: column[known] for name, column in sample.values.items()}


def _in_order(columns: dict[str, np.ndarray], ignore: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    keys = [_sortable(columns[name]) for name in sorted(columns, reverse=True) if not name.startswith((ID, *ignore))]
    order = np.lexsort([*keys, _sortable(columns[ID])])
    return {name: column[order] for name, column in columns.items()}


def _sortable(column: np.ndarray) -> np.ndarray:
    return column if column.dtype != object else np.array(["" if v is None else str(v) for v in column])
