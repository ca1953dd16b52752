"""Applies a rule: as expressions for any engine's table, and in NumPy for rows in memory; both give the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.grid import axis_columns
from segmentry.prototypes.rule import Rule
from segmentry.tables import with_words

NO_DATA = "no-data"
NOISE = "noise"

PROTOTYPE = "prototype::"
PLACE = "place::"
RUNNER_UP_PLACE = "runner-up-place::"
SEGMENT = "segment::"
RUNNER_UP = "runner-up::"
CONFIDENCE = "confidence::"
_SCORE = "score::"
_BEST = "best::"
_SIZE = "norm::"
_PAIR = "pair::"
_ROWS = 65_536  # of a matrix at a time, so that products of pairs stay small in memory


def kmeans_rule(axes: Sequence[str], centres: np.ndarray, owners: Sequence[str]) -> Rule:
    """The rule of whole-number centres (one row a prototype): the nearest wins, the first of equals."""
    whole = [[int(c) for c in row] for row in centres]
    return Rule(
        axes=tuple(axes),
        offsets=tuple(sum(c * c for c in row) for row in whole),
        weights=tuple(tuple(-2 * c for c in row) for row in whole),
        owners=tuple(owners),
    )


def centres_of(rule: Rule) -> np.ndarray:
    """The centres of a k-means rule, as whole numbers on the grid."""
    return np.array(rule.weights, dtype=np.float64) / -2.0


def scores(rule: Rule, grid: np.ndarray) -> np.ndarray:
    """(n, prototypes) whole-number scores of rows on the grid."""
    return scorer_of(rule)(grid)


def scorer_of(rule: Rule) -> Callable[[np.ndarray], np.ndarray]:
    """`scores` of a rule, made ready to be asked many times."""
    weights, offsets = np.array(rule.weights, dtype=np.float64).T, np.array(rule.offsets, dtype=np.float64)
    first, second = np.array(rule.pairs).T if rule.pairs else ((), ())
    pair_weights = np.array(rule.pair_weights, dtype=np.float64).T

    def scored(grid: np.ndarray) -> np.ndarray:
        result: np.ndarray = grid @ weights + offsets
        for start in range(0, len(grid) if rule.pairs else 0, _ROWS):
            part = grid[start : start + _ROWS]
            result[start : start + _ROWS] += (part[:, first] * part[:, second]) @ pair_weights
        return result

    return scored


def nearest(rule: Rule, grid: np.ndarray) -> np.ndarray:
    """Index of the winning prototype of each row, -1 for noise; ties go to the first."""
    norm = 0.0 if rule.pairs or rule.cutoff is None else (grid * grid).sum(axis=1)
    return winners(rule, scores(rule, grid), norm)


def winners(rule: Rule, scored: np.ndarray, norm: np.ndarray | float) -> np.ndarray:
    """`nearest` of rows by their scores and, for a rule of centres with a cut-off, their squared lengths."""
    winner: np.ndarray = scored.argmin(axis=1)
    if rule.cutoff is None:
        return winner
    far: np.ndarray = scored.min(axis=1) + norm > float(rule.cutoff)
    return np.where(far, -1, winner)


def segment_of(rule: Rule, grid: np.ndarray) -> np.ndarray:
    """The segment of each row by its id, NOISE for those beyond the cut-off."""
    found: np.ndarray = np.array([*rule.owners, NOISE])[nearest(rule, grid)]
    return found


def with_prototype(frame: nw.LazyFrame[Any], rule: Rule) -> nw.LazyFrame[Any]:
    """Adds PROTOTYPE, the index of the winner, -1 for noise. The frame has the grid's columns."""
    scored = _with_scores(frame, rule)
    names = _score_names(rule)
    # Two steps: in one, SQL engines would write out every score twice.
    best = scored.with_columns(_least(names).alias(_BEST))
    winner = _first_equal(names, nw.col(_BEST))
    if rule.cutoff is not None:
        far = nw.col(_BEST) + _norm(rule) > float(rule.cutoff)
        winner = nw.when(far).then(nw.lit(-1)).otherwise(winner)
    return best.with_columns(winner.alias(PROTOTYPE)).drop(*names, _BEST, *_pair_names(rule))


def with_segment(frame: nw.LazyFrame[Any], rule: Rule, known: nw.Expr) -> nw.LazyFrame[Any]:
    """Adds SEGMENT and RUNNER_UP by their ids, beside what `with_places` adds."""
    return with_ids(with_places(frame, rule, known), rule)


def with_ids(placed: nw.LazyFrame[Any], rule: Rule) -> nw.LazyFrame[Any]:
    """Adds SEGMENT and RUNNER_UP by their ids to a frame that has the places."""
    return with_words(placed, {SEGMENT: (PLACE, answers_of(rule)), RUNNER_UP: (RUNNER_UP_PLACE, rule.segments)})


def answers_of(rule: Rule) -> tuple[str, ...]:
    """What a PLACE stands for: the segments in the rule's order, then NO_DATA and NOISE."""
    return (*rule.segments, NO_DATA, NOISE)


def with_places(frame: nw.LazyFrame[Any], rule: Rule, known: nw.Expr) -> nw.LazyFrame[Any]:
    """Adds PLACE and RUNNER_UP_PLACE, places in `answers_of` the rule, and CONFIDENCE. `known` is False for customers
    without any feature.

    Confidence is (d2 - d1) / (d1 + d2) of the distances to the nearest prototype of the segment and of the
    runner-up: 0 on the border, 1 on a prototype. With a single segment it is 1 and there is no runner-up.
    """
    segments = rule.segments
    per_segment = [_SCORE + s for s in segments]
    scored = _with_scores(frame, rule).with_columns(_norm(rule).alias(_SIZE))
    if len(segments) < len(rule.owners):
        scored = scored.with_columns(
            *(
                _least([f"{_SCORE}{p}" for p, o in enumerate(rule.owners) if o == segment]).alias(_SCORE + segment)
                for segment in segments
            )
        )
    else:
        scored = scored.rename({f"{_SCORE}{p}": _SCORE + owner for p, owner in enumerate(rule.owners)})
    best = scored.with_columns(_least(per_segment).alias(_BEST))
    # Numbers up to here and on: they are compared at a fraction of what texts cost.
    placed = best.with_columns(_first_equal(per_segment, nw.col(_BEST)).alias(PLACE))
    result = _with_runner_up(placed, rule, per_segment)
    noise = nw.lit(False) if rule.cutoff is None else nw.col(_BEST) + nw.col(_SIZE) > float(rule.cutoff)
    no_data, beyond = (nw.lit(answers_of(rule).index(answer)) for answer in (NO_DATA, NOISE))
    in_segment = known & ~noise
    result = result.with_columns(
        nw.when(~known).then(no_data).otherwise(nw.when(noise).then(beyond).otherwise(nw.col(PLACE))).alias(PLACE),
        nw.when(in_segment).then(nw.col(RUNNER_UP_PLACE)).alias(RUNNER_UP_PLACE),
        nw.when(in_segment).then(nw.col(CONFIDENCE)).alias(CONFIDENCE),
    )
    scratch = [c for c in result.collect_schema().names() if c.startswith((_SCORE, _BEST, _SIZE, _PAIR))]
    return result.drop(*scratch)


def _least(names: Sequence[str]) -> nw.Expr:
    # Spark knows no least of one column.
    return nw.min_horizontal(*names) if len(names) > 1 else nw.col(names[0])


def _with_runner_up(placed: nw.LazyFrame[Any], rule: Rule, per_segment: Sequence[str]) -> nw.LazyFrame[Any]:
    segments = rule.segments
    if len(segments) == 1:
        return placed.with_columns(nw.lit(None, dtype=nw.Int32).alias(RUNNER_UP_PLACE), nw.lit(1.0).alias(CONFIDENCE))
    others = [
        nw.when(nw.col(PLACE) != place).then(nw.col(name)).alias(f"{_SCORE}other::{s}")
        for place, (s, name) in enumerate(zip(segments, per_segment, strict=True))
    ]
    names = [f"{_SCORE}other::{s}" for s in segments]
    second = placed.with_columns(*others).with_columns(nw.min_horizontal(*names).alias(_BEST + "second"))
    # In steps: in one, an engine would take both roots at each of their mentions.
    d1, d2, both = nw.col(_BEST + "d1"), nw.col(_BEST + "d2"), nw.col(_BEST + "both")
    distances = second.with_columns(
        _distance(nw.col(_BEST), rule).alias(_BEST + "d1"),
        _distance(nw.col(_BEST + "second"), rule).alias(_BEST + "d2"),
    ).with_columns((d1 + d2).alias(_BEST + "both"))
    return distances.with_columns(
        _first_equal(names, nw.col(_BEST + "second")).alias(RUNNER_UP_PLACE),
        nw.when(both > 0)
        .then((d2 - d1) / nw.when(both > 0).then(both).otherwise(nw.lit(1.0)))
        .otherwise(nw.lit(0.0))
        .alias(CONFIDENCE),
    )


def _distance(score: nw.Expr, rule: Rule) -> nw.Expr:
    squared = score + nw.col(_SIZE)
    # Rounding to whole numbers may put the middle of a Gaussian just below 0.
    return (squared.clip(lower_bound=0.0) if rule.pairs else squared).sqrt()


def _score_names(rule: Rule) -> list[str]:
    return [f"{_SCORE}{p}" for p in range(len(rule.offsets))]


def _pair_names(rule: Rule) -> list[str]:
    return [f"{_PAIR}{place}" for place in range(len(rule.pairs))]


def _with_scores(frame: nw.LazyFrame[Any], rule: Rule) -> nw.LazyFrame[Any]:
    """The frame with a column a prototype, and one a pair of axes."""
    if rule.pairs:
        axes = [nw.col(axis) for axis in axis_columns(rule.axes)]
        products = [axes[a] * axes[b] for a, b in rule.pairs]
        frame = frame.with_columns(*(e.alias(n) for e, n in zip(products, _pair_names(rule), strict=True)))
    return frame.with_columns(*_score_expressions(rule))


def _score_expressions(rule: Rule) -> list[nw.Expr]:
    expressions = []
    pair_weights = rule.pair_weights or ((),) * len(rule.offsets)
    columns = [*axis_columns(rule.axes), *_pair_names(rule)]
    parts = zip(_score_names(rule), rule.offsets, rule.weights, pair_weights, strict=True)
    for name, offset, weights, quadratic in parts:
        total = nw.lit(float(offset))
        for column, weight in zip(columns, (*weights, *quadratic), strict=True):
            if weight:
                total = total + nw.col(column) * float(weight)
        expressions.append(total.alias(name))
    return expressions


def _norm(rule: Rule) -> nw.Expr:
    """What a score lacks to be a squared distance: a rule with pairs of axes holds it already."""
    total = nw.lit(0.0)
    if rule.pairs:
        return total
    for axis in axis_columns(rule.axes):
        total = total + nw.col(axis) * nw.col(axis)
    return total


def _first_equal(names: Sequence[str], best: nw.Expr) -> nw.Expr:
    """The place among `names` of the first column that equals `best`; one of them does."""
    result = nw.lit(len(names) - 1)
    for place in reversed(range(len(names) - 1)):
        result = nw.when(nw.col(names[place]) == best).then(nw.lit(place)).otherwise(result)
    return result
