"""Customers by segment: how many, and of each feature how many in each bin, without a value, and outside.

The same counts by a query over a table of any engine, and in memory over customers given as plain values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.grid import FEATURE
from segmentry.features.in_memory import Array, missing
from segmentry.features.recipe import Scale
from segmentry.profiles.baseline import Baseline
from segmentry.prototypes.assign import SEGMENT
from segmentry.scoring import RowScorer
from segmentry.segmentation import Segmentation
from segmentry.tables import collect_rows

N = "n"
MISSING, OUTSIDE = "missing", "outside"


def count_of(baseline: Baseline, what: int | str) -> str:
    """The name under which a bin, by its place, or what is missing or outside is counted."""
    return f"{baseline.feature}::{what}"


def count_table(segmentation: Segmentation, placed: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """The counts of customers with their features and segments: one query, a row a segment."""
    scales = {s.feature.name: s for s in segmentation.recipe.scales}
    flags: dict[str, nw.Expr] = {}
    for baseline in segmentation.baselines:
        value = nw.col(FEATURE + baseline.feature)
        for place, bounds in enumerate(_bins(baseline, value)):
            flags[count_of(baseline, place)] = bounds
        flags[count_of(baseline, MISSING)] = value.is_null()
        if baseline.feature in scales:
            scale = scales[baseline.feature]
            flags[count_of(baseline, OUTSIDE)] = (value < scale.minimum) | (value > scale.maximum)
    ones = [nw.when(held).then(1).otherwise(0).cast(nw.Int64).alias(name) for name, held in flags.items()]
    counted = placed.select(SEGMENT, *ones).group_by(SEGMENT)
    return collect_rows(counted.agg(*(nw.col(name).sum() for name in flags), nw.len().alias(N)))


def _bins(baseline: Baseline, value: nw.Expr) -> list[nw.Expr]:
    if baseline.levels:
        return [*(value == level for level in baseline.levels), ~value.is_in(list(baseline.levels)) & ~value.is_null()]
    edges = baseline.edges
    if not edges:
        return [~value.is_null()]
    between = [(value > low) & (value <= high) for low, high in pairwise(edges)]
    return [value <= edges[0], *between, value > edges[-1]]


def count_rows(scorer: RowScorer, rows: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
    """The counts of customers given by field. Raises RowError for a value that cannot be used."""
    placed, features = scorer.score_and_features(rows)
    scales = {s.feature.name: s for s in scorer.segmentation.recipe.scales}
    flags: dict[str, Array] = {}
    for baseline in scorer.segmentation.baselines if rows else ():
        flags |= _flags(baseline, features[baseline.feature], scales.get(baseline.feature))
    owners = np.array([row.segment_id for row in placed], dtype=object)
    return [
        {SEGMENT: owner, N: int(own.sum()), **{name: int((held & own).sum()) for name, held in flags.items()}}
        for owner in sorted(set(owners.tolist()))
        for own in (owners == owner,)
    ]


def _flags(baseline: Baseline, values: Array, scale: Scale | None) -> dict[str, Array]:
    unknown = missing(values)
    if baseline.levels:
        places = {level: place for place, level in enumerate(baseline.levels)}
        bins = np.array([places.get(value, len(places)) for value in values.tolist()])
    else:
        bins = np.searchsorted(baseline.edges, values, side="left")
    flags = {count_of(baseline, place): (bins == place) & ~unknown for place in range(len(baseline.shares))}
    flags[count_of(baseline, MISSING)] = unknown
    if scale is not None:
        flags[count_of(baseline, OUTSIDE)] = (values < scale.minimum) | (values > scale.maximum)
    return flags
