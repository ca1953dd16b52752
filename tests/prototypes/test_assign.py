"""The one rule, as expressions and in NumPy."""

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentry.features.grid import AXIS
from segmentry.prototypes.assign import (
    CONFIDENCE,
    RUNNER_UP,
    SEGMENT,
    kmeans_rule,
    nearest,
    with_prototype,
    with_segment,
)

WHOLE = st.integers(-16384, 16384)


def _frame(grid):
    return nw.from_native(pl.LazyFrame({f"{AXIS}{i}": grid[:, i].astype(float) for i in range(grid.shape[1])}))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(WHOLE, WHOLE), min_size=1, max_size=30),
    st.lists(st.tuples(WHOLE, WHOLE), min_size=1, max_size=6),
)
def test_expressions_and_arrays_agree_on_every_customer(rows, centres):
    """Any rows and any centres: both forms of the rule pick the same prototype, ties included."""
    grid = np.array(rows, dtype=float)
    rule = kmeans_rule(["0", "1"], np.array(centres, dtype=float), [f"s{i}" for i in range(len(centres))])
    by_query = with_prototype(_frame(grid), rule).collect()["prototype::"].to_list()
    assert by_query == nearest(rule, grid).tolist()


def test_ties_go_to_the_first_prototype():
    """A customer exactly between two prototypes belongs to the first."""
    rule = kmeans_rule(["0"], np.array([[-10.0], [10.0]]), ["a", "b"])
    assert nearest(rule, np.array([[0.0]])).tolist() == [0]


def test_confidence_is_zero_on_the_border_and_one_at_the_heart():
    """Confidence is (d2 - d1) / (d1 + d2), and the runner-up is the next segment."""
    rule = kmeans_rule(["0"], np.array([[0.0], [100.0]]), ["s1", "s2"])
    rows = with_segment(_frame(np.array([[0.0], [50.0], [75.0]])), rule, nw.lit(True)).collect().rows(named=True)
    assert [r[SEGMENT] for r in rows] == ["s1", "s1", "s2"]
    assert [r[RUNNER_UP] for r in rows] == ["s2", "s2", "s1"]
    assert [r[CONFIDENCE] for r in rows] == [1.0, 0.0, 0.5]


def test_a_segment_may_own_several_prototypes():
    """The runner-up is another segment, never a second prototype of the same one."""
    rule = kmeans_rule(["0"], np.array([[0.0], [10.0], [100.0]]), ["s1", "s1", "s2"])
    row = with_segment(_frame(np.array([[4.0]])), rule, nw.lit(True)).collect().rows(named=True)[0]
    assert (row[SEGMENT], row[RUNNER_UP]) == ("s1", "s2")
    assert row[CONFIDENCE] == (96 - 4) / (96 + 4)


def test_unknown_customers_get_no_segment():
    """A customer without any feature is 'no-data', with neither confidence nor runner-up."""
    rule = kmeans_rule(["0"], np.array([[0.0], [10.0]]), ["s1", "s2"])
    row = with_segment(_frame(np.array([[4.0]])), rule, nw.lit(False)).collect().rows(named=True)[0]
    assert (row[SEGMENT], row[RUNNER_UP], row[CONFIDENCE]) == ("no-data", None, None)
