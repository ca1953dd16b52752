"""Counts and sums by segment over all rows, as queries; spreads, medians and quartiles from the sample.

Sums are taken on whole numbers (money in cents, other units at a stated fixed point), so that no engine,
partition or row order can change a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE
from segmentry.features.learning import mean_and_sd
from segmentry.features.levels import step_names
from segmentry.features.outlying import order_statistic
from segmentry.profiles.profile import (
    MISSING,
    OTHER,
    Category,
    Level,
    LevelInSegment,
    Measure,
    MeasureInSegment,
    Profile,
    Spread,
)
from segmentry.profiles.wording import ROUNDING
from segmentry.prototypes.assign import PLACE
from segmentry.tables import collect_rows, cut
from segmentry.tables.masking import FEWEST_TOLD

MOST_LEVELS = 20
_POINTS = {"money": 2, "share": 6, "flag": 6}  # decimal places of the fixed point; 4 otherwise
_MOST_COMBINATIONS = 500  # of levels; beyond it a table of groups costs more than another pass
_IN_A_STEP = 16  # features put on the fixed point in one step of the query
_LITTLE = 0.02  # of a total, by which shares of it may be wrong
_LARGEST = 1e13  # fixed-point steps a single value may count for


def describe(
    frame: nw.LazyFrame[Any],
    features: Sequence[Feature],
    clustered: frozenset[str],
    sensitive: frozenset[str],
    owners: Sequence[str],
    sample: Mapping[str, np.ndarray],
    sample_segments: np.ndarray,
) -> Profile:
    """The profile of each segment. The frame has the feature columns and PLACE of all customers.

    `owners` names the segment at each place; customers at a place beyond them are in no segment.
    """
    numeric = [f for f in features if f.operation != "category"]
    numeric = [f for f in numeric if not np.isnan(sample[f.name]).all()]
    steps = {f.name: _steps(f, sample[f.name]) for f in numeric}
    categories_of = [f for f in features if f.operation == "category"]
    rows = _in_segments(_grouped(frame, numeric, categories_of, steps, sample), owners)
    totals = _totals(rows, numeric, owners)
    measures = tuple(
        _measure(f, f.name in clustered, totals, steps[f.name], sample[f.name], sample_segments) for f in numeric
    )
    sizes = {s: row["n"] for s, row in totals.items()}
    categories = tuple(
        _category(
            rows if rows and FEATURE + f.name in rows[0] else _in_segments(_counted(frame, f), owners),
            f,
            f.name in clustered,
            bool(sensitive & set(f.sources)),
            sizes,
            owners,
        )
        for f in categories_of
    )
    spend = next(
        (f.name for f in sorted(numeric, key=lambda f: (f.name != "spend_total", f.name)) if f.theme == "spend"), None
    )
    return Profile(
        n_customers=sum(sizes.values()),
        minimum_customers=FEWEST_TOLD,
        quantiles_from=len(sample_segments),
        spend=spend,
        measures=measures,
        categories=categories,
    )


def _steps(feature: Feature, values: np.ndarray) -> float:
    """Fixed-point steps per unit: as many as the unit asks for, fewer where values are so large that sums overflow.

    More where all values are so small that nothing but 0 would be left of them.
    """
    places = _POINTS.get(feature.unit, 4)
    largest = max(float(np.nanmax(np.abs(values))), ROUNDING)
    while largest * 10.0**places > 1e11:
        places -= 1
    while largest * 10.0**places < 1e3:
        places += 1
    return 10.0**places


def _grouped(
    frame: nw.LazyFrame[Any],
    numeric: Sequence[Feature],
    categories: Sequence[Feature],
    steps: Mapping[str, float],
    sample: Mapping[str, np.ndarray],
) -> list[dict[str, Any]]:
    """Customers by place: their number and, for each feature, how many have a value and its fixed-point sum.

    Where categories have few levels they part the rows further, so that one pass over all customers counts them too.
    """
    fixed = [_fixed(f, steps[f.name]).alias(f"sum::{f.name}") for f in numeric]
    known = {f"known::{f.name}": nw.col(f"sum::{f.name}").count() for f in numeric}
    sums = {f"sum::{f.name}": nw.col(f"sum::{f.name}").sum() for f in numeric}
    combinations, by = 1, [PLACE]
    for feature in categories:
        levels = len({str(v) for v in sample[feature.name].tolist()})
        if combinations * levels <= _MOST_COMBINATIONS:
            combinations, by = combinations * levels, [*by, FEATURE + feature.name]
    for start in range(0, len(fixed), _IN_A_STEP):
        frame = cut(frame).with_columns(*fixed[start : start + _IN_A_STEP])
    return collect_rows(cut(frame).group_by(*by).agg(**known, **sums, n=nw.len()))


def _in_segments(rows: Sequence[dict[str, Any]], owners: Sequence[str]) -> list[dict[str, Any]]:
    # Left out of what comes back, not of the query: an engine would work out every place a second time to filter by it.
    return [row for row in rows if int(row[PLACE]) < len(owners)]


def _fixed(feature: Feature, steps: float) -> nw.Expr:
    """The value in whole steps."""
    own = nw.col(FEATURE + feature.name)
    value = (own * steps + 0.5).floor()
    # `clip` looks for missing values, so that SQL engines would write out and compute each value eight times.
    bounded = nw.min_horizontal(nw.max_horizontal(value, nw.lit(-_LARGEST)), nw.lit(_LARGEST))
    return nw.when(~own.is_null()).then(bounded.cast(nw.Int64))


def _totals(
    rows: Sequence[Mapping[str, Any]], features: Sequence[Feature], owners: Sequence[str]
) -> dict[str, dict[str, int]]:
    """The same by segment."""
    names = ["n", *(f"{what}::{f.name}" for what in ("known", "sum") for f in features)]
    totals: dict[str, dict[str, int]] = {s: dict.fromkeys(names, 0) for s in owners}
    for row in rows:
        segment = totals[owners[int(row[PLACE])]]
        for name in segment:
            segment[name] += int(row[name])
    return totals


def _measure(
    feature: Feature,
    clustered: bool,
    totals: Mapping[str, Mapping[str, int]],
    steps: float,
    values: np.ndarray,
    sample_segments: np.ndarray,
) -> Measure:
    counts = {s: (row[f"known::{feature.name}"], row[f"sum::{feature.name}"]) for s, row in totals.items()}
    told = _told_of({s: n for s, (n, _) in counts.items()})
    n, total = (sum(counts[s][part] for s in told) for part in (0, 1))
    untold = sum(abs(total) for s, (_, total) in counts.items() if s not in told)
    population = _spread(n, total, steps, values[np.isin(sample_segments, sorted(told))])
    # Places on a scale have no ratio: the third level is not three times the first. Nor has what goes below nothing.
    in_ratio = feature.unit != "level" and not (values < 0).any()
    cells = {
        s: _beside(_spread(n, total, steps, values[sample_segments == s]), population, in_ratio)
        for s, (n, total) in counts.items()
    }
    return Measure(
        feature.name,
        feature.label,
        feature.unit,
        feature.symbol,
        feature.theme,
        clustered,
        population,
        cells,
        # A flag's or a sum's levels are the answers that mean yes, and name no value.
        step_names(feature.levels) if feature.operation == "level" else (),
        whole=untold <= _LITTLE * (untold + abs(total)),
    )


def _told_of(customers: Mapping[str, int]) -> frozenset[str]:
    """Segments whose customers the figures of all rest on.

    Those too few to describe are left out, or theirs would follow by subtraction; they count where together they are
    enough to be told of.
    """
    few = {s for s, n in customers.items() if n < FEWEST_TOLD}
    hidden = sum(customers[s] for s in few)
    return frozenset(customers) - few if hidden < FEWEST_TOLD else frozenset(customers)


def _spread(n: int, total: int, steps: float, values: np.ndarray) -> Spread:
    """The mean over all rows; what needs each value by itself, from the sample."""
    if n < FEWEST_TOLD:
        return Spread(n, None, None, None, None, None)
    mean = total / n / steps
    ordered = np.sort(values[~np.isnan(values)])
    if len(ordered) < FEWEST_TOLD:
        return Spread(n, mean, None, None, None, None)
    q1, median, q3 = (order_statistic(ordered, share) for share in (0.25, 0.5, 0.75))
    return Spread(n, mean, mean_and_sd(ordered)[1], q1, median, q3)


def _beside(spread: Spread, population: Spread, in_ratio: bool) -> MeasureInSegment:
    if spread.mean is None or population.mean is None:
        return MeasureInSegment(spread, None, None)
    index = 100.0 * spread.mean / population.mean if population.mean > 0 and in_ratio else None
    difference = (spread.mean - population.mean) / population.sd if population.sd else None
    return MeasureInSegment(spread, index, difference)


def _counted(frame: nw.LazyFrame[Any], feature: Feature) -> list[dict[str, Any]]:
    name = FEATURE + feature.name
    return collect_rows(frame.select(PLACE, name).group_by(PLACE, name).agg(nw.len().alias("n")))


def _category(
    rows: Sequence[Mapping[str, Any]],
    feature: Feature,
    clustered: bool,
    sensitive: bool,
    sizes: Mapping[str, int],
    owners: Sequence[str],
) -> Category:
    name = FEATURE + feature.name
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        level = MISSING if row[name] is None else str(row[name])
        by_segment, segment = counts.setdefault(level, {}), owners[int(row[PLACE])]
        by_segment[segment] = by_segment.get(segment, 0) + int(row["n"])
    told = _told_of(sizes)
    everyone = sum(sizes[s] for s in told)
    ranked = sorted(counts, key=lambda level: (-sum(counts[level].values()), level))
    named = _named({level: sum(n for s, n in counts[level].items() if s in told) for level in ranked})
    if len(named) < len(ranked):
        rest = [level for level in ranked if level not in named]
        counts[OTHER] = {s: sum(counts[level].get(s, 0) for level in rest) for s in sizes}
        ranked = [*named, OTHER]
    return Category(
        feature.name,
        feature.label,
        clustered,
        sensitive,
        tuple(
            _level(level, {s: n for s, n in counts[level].items() if s in told}, sizes, everyone) for level in ranked
        ),
    )


def _named(customers: Mapping[str, int]) -> list[str]:
    """The levels told of by name; `customers` are those of each level, commonest level first.

    The rest is told of as one: levels beyond the number that is read, and those of too few customers. Where these are
    too few even together, the rarest level beside them joins, or their shares would follow by subtraction.
    """
    ranked = list(customers)
    cut = len(ranked) if len(ranked) <= MOST_LEVELS else MOST_LEVELS - 1
    named = [level for level in ranked[:cut] if customers[level] >= FEWEST_TOLD]
    hidden = sum(n for level, n in customers.items() if level not in named)
    if 0 < hidden < FEWEST_TOLD and named:
        named.remove(min(named, key=lambda level: (customers[level], level)))
    return named


def _level(level: str, counts: Mapping[str, int], sizes: Mapping[str, int], everyone: int) -> Level:
    """`counts` are of the segments told of, and `everyone` are their customers."""
    n = sum(counts.values())
    share = n / everyone if everyone else 0.0
    parts = {}
    for segment, size in sizes.items():
        # A share of a segment that is too small to describe, or of a level too rare, would point at persons.
        shown = size >= FEWEST_TOLD and n >= FEWEST_TOLD
        part = counts.get(segment, 0) / size if shown else None
        parts[segment] = LevelInSegment(part, None if part is None or not share else 100.0 * part / share)
    return Level(level, n, share, parts)
