"""The one rule with pairs of axes, a cut-off and several prototypes a segment: expressions, arrays and SQL engines."""

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest

from segmentry.features.grid import AXIS
from segmentry.prototypes.assign import CONFIDENCE, SEGMENT, nearest, scores, segment_of, with_prototype, with_segment
from segmentry.prototypes.rule import EXACT, Rule, largest_score

LARGEST = 16384


def _rule(seed, cutoff=None):
    """A rule whose numbers reach as far as they may."""
    draw = np.random.default_rng(seed)
    pairs = tuple((a, b) for a in range(3) for b in range(a, 3))
    return Rule(
        axes=("0", "1", "2"),
        offsets=tuple(int(n) for n in draw.integers(0, 2**50, 4)),
        weights=tuple(tuple(int(n) for n in row) for row in draw.integers(-(2**35), 2**35, (4, 3))),
        owners=("s1", "s1", "s2", "s3"),
        cutoff=cutoff,
        pairs=pairs,
        pair_weights=tuple(tuple(int(n) for n in row) for row in draw.integers(-(2**21), 2**21, (4, 6))),
    )


def _rows(seed, n=400):
    grid = np.random.default_rng(seed).integers(-LARGEST, LARGEST + 1, (n, 3))
    grid[:8] = [[x, y, z] for x in (-LARGEST, LARGEST) for y in (-LARGEST, LARGEST) for z in (-LARGEST, LARGEST)]
    return grid.astype(float)


def _polars(grid):
    return nw.from_native(pl.LazyFrame({f"{AXIS}{i}": column for i, column in enumerate(grid.T)}))


def _duckdb(grid):
    frame = pl.DataFrame({f"{AXIS}{i}": column for i, column in enumerate(grid.T)})  # noqa: F841
    return nw.from_native(duckdb.sql("SELECT * FROM frame"))


def _exact(rule, row):
    x = [int(value) for value in row]
    products = [x[a] * x[b] for a, b in rule.pairs]
    return [
        o + sum(w * v for w, v in zip((*ws, *qs), (*x, *products), strict=True))
        for o, ws, qs in zip(rule.offsets, rule.weights, rule.pair_weights, strict=True)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_scores_with_pairs_are_exact(seed):
    """At the ends of the grid too, float64 gives the score that whole numbers of any length give."""
    rule, grid = _rule(seed), _rows(seed)
    assert largest_score(rule, [LARGEST] * 3) < EXACT
    assert scores(rule, grid).astype(np.int64).tolist() == [_exact(rule, row) for row in grid]


@pytest.mark.parametrize("make", [_polars, _duckdb])
@pytest.mark.parametrize("cutoff", [None, 2**49])
def test_engines_and_arrays_agree_on_pairs_and_noise(make, cutoff):
    """Not one of the rows gets another prototype or segment, whichever engine computes it."""
    rule, grid = _rule(7, cutoff), _rows(7)
    rows = list(map(tuple, grid.tolist()))
    names = [f"{AXIS}{i}" for i in range(3)]

    def by_row(frame, column):
        table = pl.DataFrame(frame.collect().to_arrow())
        return {tuple(r[n] for n in names): r[column] for r in table.rows(named=True)}

    prototypes = by_row(with_prototype(make(grid), rule), "prototype::")
    assert [prototypes[r] for r in rows] == nearest(rule, grid).tolist()
    segments = by_row(with_segment(make(grid), rule, nw.lit(True)), SEGMENT)
    assert [segments[r] for r in rows] == segment_of(rule, grid).tolist()
    assert (cutoff is None) == ("noise" not in segments.values())


def test_confidence_of_a_rule_with_pairs_compares_roots_of_scores():
    """A mixture's scores are squared distances already: nothing is added to them."""
    rule = Rule(("0",), (0, 10_000), ((0,), (-200,)), ("s1", "s2"), pairs=((0, 0),), pair_weights=((1,), (1,)))
    row = with_segment(_polars(np.array([[25.0]])), rule, nw.lit(True)).collect().rows(named=True)[0]
    assert (row[SEGMENT], row[CONFIDENCE]) == ("s1", 0.5)


def test_the_scratch_columns_are_gone():
    """Placing customers adds the answer and leaves nothing else behind."""
    placed = with_segment(_polars(_rows(1)), _rule(1, 2**49), nw.lit(True)).collect_schema().names()
    answer = {"place::", "runner-up-place::", "segment::", "runner-up::", "confidence::"}
    assert set(placed) == {f"{AXIS}{i}" for i in range(3)} | answer
