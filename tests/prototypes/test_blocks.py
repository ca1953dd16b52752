"""The rule over blocks of rows in memory."""

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentry.features.grid import AXIS
from segmentry.prototypes import blocks
from segmentry.prototypes.assign import CONFIDENCE, NO_DATA, NOISE, RUNNER_UP, SEGMENT, kmeans_rule, with_segment
from segmentry.prototypes.blocks import Lookup, fits_blocks, place_rows
from segmentry.prototypes.rule import EXACT, Rule

WHOLE = st.integers(-16384, 16384)
NARROW = st.integers(-3, 3)  # so that ties are common


def _by_expressions(rule, grid, known):
    columns = {f"{AXIS}{i}": grid[:, i].astype(float) for i in range(grid.shape[1])}
    frame = nw.from_native(pl.LazyFrame({**columns, "known": known}))
    return with_segment(frame, rule, nw.col("known")).select(SEGMENT, RUNNER_UP, CONFIDENCE).collect().rows()


def _in_blocks(rule, grid, known, threads, first_looked_up=None, together=1):
    """From `first_looked_up` on, so many axes together are looked up by their different values."""
    first = grid.shape[1] if first_looked_up is None else first_looked_up

    def fill(rows, out):
        out[:] = grid[rows, :first].T
        return known[rows]

    lookups = []
    for start in range(first, grid.shape[1], together):
        axes = slice(start, min(start + together, grid.shape[1]))
        values, places = np.unique(grid[:, axes], axis=0, return_inverse=True)
        lookups.append(Lookup(axes, values.T.astype(float), places.ravel().astype(np.uint8)))
    places = place_rows(rule, len(grid), fill, threads, lookups)
    names = [*rule.segments, None]
    away = [NOISE if far else NO_DATA for far in (np.zeros(len(grid)) if places.far is None else places.far)]
    return [
        (names[own] or away[row], names[next_best], None if np.isnan(sure) else sure)
        for row, (own, next_best, sure) in enumerate(
            zip(places.segment, places.runner_up, places.confidence.tolist(), strict=True)
        )
    ]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([WHOLE, NARROW]), st.integers(1, 4), st.booleans())
def test_blocks_and_expressions_agree_to_the_last_bit(data, number, axes, with_noise):
    """Any rows, prototypes, owners and cut-off: the same segment, runner-up and confidence, ties included."""
    row = st.tuples(*[number] * axes)
    centres = data.draw(st.lists(row, min_size=2, max_size=7))
    per_segment = data.draw(st.integers(1, 3))
    owners = [f"s{place // per_segment}" for place in range(len(centres))]
    rule = kmeans_rule([str(i) for i in range(axes)], np.array(centres, dtype=float), owners)
    if with_noise:
        rule = Rule(rule.axes, rule.offsets, rule.weights, rule.owners, cutoff=data.draw(st.integers(0, 50)))
    grid = np.array(data.draw(st.lists(row, min_size=1, max_size=40)))
    known = np.array(data.draw(st.lists(st.booleans(), min_size=len(grid), max_size=len(grid))))
    if not fits_blocks(rule, [16384] * axes):
        assert len(rule.segments) == 1
        return
    expected = _by_expressions(rule, grid, known)
    assert _in_blocks(rule, grid, known, 1) == expected
    assert _in_blocks(rule, grid, known, 1, data.draw(st.integers(0, axes)), data.draw(st.integers(1, 2))) == expected


def test_blocks_and_threads_change_nothing(monkeypatch):
    """Rows over many blocks, on one thread or on three."""
    monkeypatch.setattr(blocks, "_ROWS", 64)
    draw = np.random.default_rng(0)
    grid, known = draw.integers(-900, 900, (1_000, 3)), draw.random(1_000) > 0.1
    rule = kmeans_rule("abc", draw.integers(-900, 900, (5, 3)).astype(float), ["a", "b", "c", "d", "e"])
    expected = _by_expressions(rule, grid, known)
    assert [_in_blocks(rule, grid, known, threads) for threads in (1, 3)] == [expected, expected]


def test_lookups_of_many_values_stay_apart(monkeypatch):
    """What two lookups add is one table of their pairs only where that is small."""
    draw = np.random.default_rng(0)
    grid, known = draw.integers(0, 9, (500, 3)), np.ones(500, dtype=bool)
    rule = kmeans_rule("abc", draw.integers(0, 9, (4, 3)).astype(float), ["a", "b", "c", "d"])
    expected = _by_expressions(rule, grid, known)
    for most in (8, 80, 4_096):
        monkeypatch.setattr(blocks, "_MOST_VALUES", most)
        assert _in_blocks(rule, grid, known, 1, 0) == expected


def test_rules_that_need_every_bit_are_left_to_the_expressions():
    """Scores near 2^53 have no room for a segment's place; nor do blocks know pairs of axes or a single segment."""
    large = Rule(("a",), (0, EXACT // 2), ((0,), (0,)), ("s1", "s2"))
    small = Rule(("a",), (0, 100), ((0,), (-20,)), ("s1", "s2"))
    pairs = Rule(("a",), (0, 1), ((0,), (0,)), ("s1", "s2"), pairs=((0, 0),), pair_weights=((1,), (1,)))
    single = Rule(("a",), (0,), ((0,),), ("s1",))
    assert [fits_blocks(rule, [4]) for rule in (small, large, pairs, single)] == [True, False, False, False]
