"""The sample that a segmentation is fitted on: all rows when there are few, else those with the smallest key.

The key is arithmetic over a row's own values, the same on every engine, so that row order, partitions and engine
do not matter: the same customers are drawn wherever the table lives.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.grid import (
    AXIS,
    FEATURE,
    KNOWN,
    axis_columns,
    axis_expressions,
    is_known,
    with_features,
)
from segmentry.features.recipe import Recipe
from segmentry.tables import (
    Column,
    Table,
    collect_rows,
    count_rows,
    materialise,
    materialise_beside,
    to_memory,
    with_days,
)
from segmentry.tables.table import NOT_USED

SAMPLE_ROWS = 20_000
MODELLED = "from a model"  # how a column came about that says nothing new of a row
KEY = "key::"
ID = "id::"
_MIXED = "mixed::"
_DAY = "day::"
_REACH = 1e12  # beyond it a sum has no fractional part worth the name
_ABSENT = -271.828
_RANGE = 2.0**31
_MARGIN = 6.0  # standard deviations of the number of rows drawn
_MOST_FETCHED = 3
_COARSE = 0.5  # share of different keys below which text is mixed in as well


def with_key(frame: nw.LazyFrame[Any], columns: Sequence[Column], with_text: bool = False) -> nw.LazyFrame[Any]:
    """Adds KEY, a whole number below 2^31 that mixes a row's numbers and dates, in name order; on request its texts.

    It is the fractional part of a weighted sum. The weights are square roots of primes, so that no two sums of whole
    numbers meet; additions and products of float64 in a stated order give the same bits on every engine.
    """
    total = nw.lit(0.0)
    days = {_DAY + c.name: c.name for c in columns if c.reading.kind == "date"}
    # What a model says of customers, over a horizon and at a margin that change, must not change who is drawn.
    ordered = sorted((c for c in columns if c.how != MODELLED), key=lambda c: c.name)
    for column, weight in zip(ordered, map(math.sqrt, _primes(len(ordered))), strict=True):
        value = _as_number(column, with_text)
        if value is not None:
            total = total + value.fill_null(_ABSENT) * weight
    # In steps: in one, an engine would work out the sum at each of its four mentions.
    mixed = nw.col(_MIXED)
    summed = with_days(frame, days).with_columns(total.clip(-_REACH, _REACH).alias(_MIXED))
    # Taken twice: once alone leaves neighbours in value neighbours in key.
    once = summed.with_columns(((mixed - mixed.floor()) * 9973.0 * math.pi).alias(_MIXED))
    return once.with_columns(((mixed - mixed.floor()) * _RANGE).floor().cast(nw.Int64).alias(KEY)).drop(_MIXED, *days)


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _as_number(column: Column, with_text: bool) -> nw.Expr | None:
    own = nw.col(column.name)
    if column.reading.kind == "number":
        return own
    if column.reading.kind == "date":
        return nw.col(_DAY + column.name)
    if not with_text:
        return None
    digits = own.str.replace_all(r"[^0-9]", "").str.tail(12)
    return nw.concat_str([nw.lit("0"), digits]).cast(nw.Float64) + own.str.len_chars().cast(nw.Float64) * 0.5


@dataclass(frozen=True)
class Sample:
    """Sampled rows of a table, typed, in memory. `whole` when they are all of its rows.

    `key_total` adds up the keys of all rows of the table: a digest that no order changes. `figures` are those that were
    asked for, over all rows.
    """

    frame: nw.LazyFrame[Any]
    whole: bool
    key_total: int
    figures: Mapping[str, Any]


def draw(table: Table, most: int = SAMPLE_ROWS, figures: Mapping[str, nw.Expr] | None = None) -> Sample:
    """At most `most` rows: all of them, else those with the smallest key.

    `figures` are counts and extremes by name, worked out over all rows on the same pass.
    """
    wanted = {**(figures or {}), KEY: nw.col(KEY).sum()}
    if table.rows_read <= most:
        frame = materialise(table.frame.select(*table.names, *_raw(table)))
        [found] = collect_rows(with_key(frame, table.columns).select(**wanted))
        return _sampled(frame, True, found)
    drawn, found = _smallest(table, wanted, most, with_text=False)
    different = int(collect_rows(drawn.select(nw.col(KEY).n_unique()))[0][KEY])
    if different < _COARSE * most:
        # Customers who share every number would be drawn all together or not at all.
        drawn, found = _smallest(table, wanted, most, with_text=True)
    return _sampled(drawn.drop(KEY), False, found)


def _sampled(frame: nw.LazyFrame[Any], whole: bool, found: dict[str, Any]) -> Sample:
    return Sample(frame, whole, int(found.pop(KEY)), found)


def words_digest(sample: Sample, columns: Sequence[Column], identity: nw.Expr | None) -> str:
    """A digest of the sampled customers' ids and texts that no order changes; engines share no arithmetic of letters.

    The texts of all customers are in it where the sample is whole.
    """
    texts = [nw.col(name) for name in sorted(c.name for c in columns if c.reading.kind == "text")]
    cells = [*([] if identity is None else [identity.alias(ID)]), *texts]
    if not cells:
        return ""
    rows = zip(*to_memory(sample.frame.select(*cells)).values(), strict=True)
    return hashlib.sha256("\n".join(sorted(map(json.dumps, rows))).encode()).hexdigest()


def _raw(table: Table) -> list[str]:
    # What is of no kind has no cell that anything is made of, and not every engine can hand it over.
    return [c.raw for c in table.columns if c.raw is not None and c.how != NOT_USED]


def _smallest(
    table: Table, figures: Mapping[str, nw.Expr], most: int, with_text: bool
) -> tuple[nw.LazyFrame[Any], dict[str, Any]]:
    """The rows with the smallest key, and the figures of all rows."""
    keyed = with_key(table.frame.select(*table.names, *_raw(table)), table.columns, with_text)
    # Keys are spread evenly where values are, so that the last one is about here: then one pass is enough.
    last = math.ceil(_RANGE * (most + _MARGIN * math.sqrt(most)) / table.rows_read)
    wanted, found = materialise_beside(keyed.filter(nw.col(KEY) <= last), keyed.select(**figures))
    if not most <= count_rows(wanted) <= _MOST_FETCHED * most:
        keys = with_key(table.frame, table.columns, with_text).select(KEY)
        last = int(collect_rows(keys.sort(KEY).head(most).select(nw.col(KEY).max()))[0][KEY])
        wanted = materialise(keyed.filter(nw.col(KEY) <= last))
    # Equal keys at the end are ordered by everything that is known of a row.
    return materialise(wanted.sort(KEY, *sorted(table.names)).head(most)), found


def sampled_values(frame: nw.LazyFrame[Any], identity: nw.Expr, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Features of sampled customers by name, from a frame that has them under their hidden names: NaN or None where
    missing, rows in order of id, then of value."""
    columns = _in_order(to_memory(frame.select(identity.alias(ID), *(nw.col(FEATURE + name) for name in names))))
    return {name.removeprefix(FEATURE): column for name, column in columns.items() if name.startswith(FEATURE)}


def on_grid(sample: Sample, identity: nw.Expr, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """The sampled customers as whole numbers (n, axes), and which of them have any clustering feature.

    Rows are in the order of `sampled_values`.
    """
    features = [*recipe.clustered, *recipe.described]
    hidden = [nw.col(FEATURE + f.name) for f in features]
    frame = with_features(sample.frame, features, recipe.as_of).select(identity.alias(ID), *hidden)
    prepared = frame.with_columns(*axis_expressions(recipe)).with_columns(is_known(recipe).alias(KNOWN))
    columns = _in_order(to_memory(prepared), ignore=(AXIS, KNOWN))
    grid = np.column_stack([columns[axis] for axis in axis_columns(recipe.axes)])
    return grid, columns[KNOWN] == 1.0


def evenly_spaced(n: int, most: int) -> np.ndarray:
    """Places of at most `most` of n rows in a stated order, evenly spaced: no draw, so nothing to seed.

    >>> evenly_spaced(10, 4).tolist(), evenly_spaced(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    return np.arange(n) if n <= most else (np.arange(most) * n) // most


def _in_order(columns: dict[str, np.ndarray], ignore: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    keys = [_sortable(columns[name]) for name in sorted(columns, reverse=True) if not name.startswith((ID, *ignore))]
    order = np.lexsort([*keys, _sortable(columns[ID])])
    return {name: column[order] for name, column in columns.items()}


def _sortable(column: np.ndarray) -> np.ndarray:
    return column if column.dtype != object else np.array(["" if v is None else str(v) for v in column])
