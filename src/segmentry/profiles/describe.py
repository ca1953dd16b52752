"""Counts and sums by segment over all rows, as queries; medians and quartiles from the sample.

Sums are taken on whole numbers (money in cents, other units at a stated fixed point), so that no engine,
partition or row order can change a figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE
from segmentry.features.learning import mean_and_sd, order_statistic
from segmentry.profiles.profile import Category, Level, LevelInSegment, Measure, MeasureInSegment, Profile, Spread
from segmentry.prototypes.assign import SEGMENT
from segmentry.tables import collect_rows

MINIMUM_CUSTOMERS = 10
MOST_LEVELS = 20
MISSING, OTHER = "(missing)", "(other)"
_POINTS = {"money": 2, "share": 6, "flag": 6}  # decimal places of the fixed point; 4 otherwise
_LARGEST = 1e13  # fixed-point steps a single value may count for
_FINE = 256.0  # steps per standard deviation for sums of squares
_WIDEST = float(2**17)


@dataclass(frozen=True)
class _Point:
    """How a feature's values become whole numbers: for the mean, and around the median for the spread."""

    per_unit: float
    middle: float
    per_sd: float  # steps per unit for squares


def describe(
    frame: nw.LazyFrame[Any],
    features: Sequence[Feature],
    clustered: frozenset[str],
    sensitive: frozenset[str],
    segment_ids: Sequence[str],
    sample: Mapping[str, np.ndarray],
    sample_segments: np.ndarray,
) -> Profile:
    """The profile of each segment. The frame has the feature columns and SEGMENT, for all customers in a segment."""
    numeric = [f for f in features if f.operation != "category"]
    numeric = [f for f in numeric if not np.isnan(sample[f.name]).all()]
    points = {f.name: _point(f, sample[f.name]) for f in numeric}
    totals = _totals(frame, numeric, points)
    measures = tuple(
        _measure(f, f.name in clustered, totals, points[f.name], segment_ids, sample[f.name], sample_segments)
        for f in numeric
    )
    sizes = {s: int(totals.get(s, {}).get("n", 0)) for s in segment_ids}
    categories = tuple(
        _category(frame, f, f.name in clustered, bool(sensitive & set(f.sources)), sizes)
        for f in features
        if f.operation == "category"
    )
    spend = next(
        (f.name for f in sorted(numeric, key=lambda f: (f.name != "spend_total", f.name)) if f.theme == "spend"), None
    )
    return Profile(
        n_customers=sum(sizes.values()),
        minimum_customers=MINIMUM_CUSTOMERS,
        quantiles_from=len(sample_segments),
        spend=spend,
        measures=measures,
        categories=categories,
    )


def _point(feature: Feature, values: np.ndarray) -> _Point:
    known = np.sort(values[~np.isnan(values)])
    places = _POINTS.get(feature.unit, 4)
    largest = max(abs(float(known[0])), abs(float(known[-1])), 1.0)
    while largest * 10.0**places > 1e11:
        places -= 1
    _, sd = mean_and_sd(known)
    return _Point(10.0**places, order_statistic(known, 0.5), _FINE / sd if sd else 1.0)


def _totals(
    frame: nw.LazyFrame[Any], features: Sequence[Feature], points: Mapping[str, _Point]
) -> dict[str, dict[str, Any]]:
    """By segment: number of customers and, for each feature, how many have a value, its sum and sum of squares."""
    whole, names = [], []
    for feature in features:
        value, point = nw.col(FEATURE + feature.name), points[feature.name]
        fixed = (value * point.per_unit + 0.5).floor().clip(-_LARGEST, _LARGEST)
        fine = ((value - point.middle) * point.per_sd + 0.5).floor().clip(-_WIDEST, _WIDEST)
        whole += [
            nw.when(value.is_null())
            .then(nw.lit(0))
            .otherwise(nw.lit(1))
            .cast(nw.Int64)
            .alias(f"known::{feature.name}"),
            fixed.fill_null(0.0).cast(nw.Int64).alias(f"sum::{feature.name}"),
            fine.fill_null(0.0).cast(nw.Int64).alias(f"fine::{feature.name}"),
            (fine * fine).fill_null(0.0).cast(nw.Int64).alias(f"square::{feature.name}"),
        ]
        names += [f"{kind}::{feature.name}" for kind in ("known", "sum", "fine", "square")]
    grouped = (
        frame.select(nw.col(SEGMENT), *whole)
        .group_by(SEGMENT)
        .agg(nw.len().alias("n"), *(nw.col(c).sum() for c in names))
    )
    return {str(row[SEGMENT]): row for row in collect_rows(grouped)}


def _measure(
    feature: Feature,
    clustered: bool,
    totals: Mapping[str, Mapping[str, Any]],
    point: _Point,
    segment_ids: Sequence[str],
    values: np.ndarray,
    sample_segments: np.ndarray,
) -> Measure:
    everyone = _add(totals.values(), feature.name)
    population = _spread(everyone, point, values, MINIMUM_CUSTOMERS)
    cells = {}
    for segment in segment_ids:
        part = _add([totals[segment]] if segment in totals else [], feature.name)
        spread = _spread(part, point, values[sample_segments == segment], MINIMUM_CUSTOMERS)
        cells[segment] = _beside(spread, population)
    return Measure(
        feature.name, feature.label, feature.unit, feature.symbol, feature.theme, clustered, population, cells
    )


def _add(rows: Any, name: str) -> tuple[int, int, int, int]:
    known, total, fine, square = 0, 0, 0, 0
    for row in rows:
        known += int(row[f"known::{name}"])
        total += int(row[f"sum::{name}"])
        fine += int(row[f"fine::{name}"])
        square += int(row[f"square::{name}"])
    return known, total, fine, square


def _spread(sums: tuple[int, int, int, int], point: _Point, values: np.ndarray, minimum: int) -> Spread:
    n, total, fine, square = sums
    if n < minimum:
        return Spread(n, None, None, None, None, None)
    variance = max(square * n - fine * fine, 0) / (n * n)
    ordered = np.sort(values[~np.isnan(values)])
    enough = len(ordered) >= minimum
    return Spread(
        n=n,
        mean=total / n / point.per_unit,
        sd=math.sqrt(variance) / point.per_sd,
        q1=order_statistic(ordered, 0.25) if enough else None,
        median=order_statistic(ordered, 0.5) if enough else None,
        q3=order_statistic(ordered, 0.75) if enough else None,
    )


def _beside(spread: Spread, population: Spread) -> MeasureInSegment:
    if spread.mean is None or population.mean is None:
        return MeasureInSegment(spread, None, None)
    index = 100.0 * spread.mean / population.mean if population.mean > 0 else None
    difference = (spread.mean - population.mean) / population.sd if population.sd else None
    return MeasureInSegment(spread, index, difference)


def _category(
    frame: nw.LazyFrame[Any], feature: Feature, clustered: bool, sensitive: bool, sizes: Mapping[str, int]
) -> Category:
    name = FEATURE + feature.name
    counted = frame.select(SEGMENT, name).group_by(SEGMENT, name).agg(nw.len().alias("n"))
    counts: dict[str, dict[str, int]] = {}
    for row in collect_rows(counted):
        level = MISSING if row[name] is None else str(row[name])
        by_segment = counts.setdefault(level, {})
        by_segment[str(row[SEGMENT])] = by_segment.get(str(row[SEGMENT]), 0) + int(row["n"])
    ranked = sorted(counts, key=lambda level: (-sum(counts[level].values()), level))
    if len(ranked) > MOST_LEVELS:
        rest = ranked[MOST_LEVELS - 1 :]
        counts[OTHER] = {s: sum(counts[level].get(s, 0) for level in rest) for s in sizes}
        ranked = [*ranked[: MOST_LEVELS - 1], OTHER]
    everyone = sum(sizes.values())
    return Category(
        feature.name,
        feature.label,
        clustered,
        sensitive,
        tuple(_level(level, counts[level], sizes, everyone) for level in ranked),
    )


def _level(level: str, counts: Mapping[str, int], sizes: Mapping[str, int], everyone: int) -> Level:
    n = sum(counts.values())
    share = n / everyone if everyone else 0.0
    parts = {}
    for segment, size in sizes.items():
        # A share of a segment that is too small to describe, or of a level too rare, would point at persons.
        shown = size >= MINIMUM_CUSTOMERS and n >= MINIMUM_CUSTOMERS
        part = counts.get(segment, 0) / size if shown else None
        parts[segment] = LevelInSegment(part, None if part is None or not share else 100.0 * part / share)
    return Level(level, n, share, parts)
