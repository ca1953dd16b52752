"""From numbers in memory to the grid, a block at a time."""

from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentry.features.blocks import Steps, fill_values, is_arithmetic
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_expressions, with_features
from segmentry.features.recipe import GRID, LIMIT, Recipe, Scale

AS_OF = date(2024, 5, 3)
NUMBERS = st.one_of(
    st.none(), st.integers(-5, 5).map(float), st.floats(-1e9, 1e9), st.sampled_from([0.1, 0.2, 0.3, -0.0, 1e300])
)
FEATURES = [
    Feature("x", "X", "number", "other", "column", ("a",)),
    Feature("x", "X", "number", "other", "sum", ("a", "b", "c")),
    Feature("x", "X", "number", "other", "ratio", ("a", "b"), ("c",)),
    Feature("x", "X", "share", "deals", "ratio", ("a", "b"), ("c",)),
    Feature("x", "X", "years", "age", "years_since_year", ("a",)),
]


def _recipe(scale):
    return Recipe(None, AS_OF, (), (scale,), (), (), (), 0)


def _on_grid(scale, numbers, rows):
    """The whole numbers of some rows, and which have no value."""
    out = np.empty((1, rows))
    missing = fill_values(scale, numbers, slice(0, rows), AS_OF, out[0])
    Steps([scale]).take(out)
    return out[0].tolist(), missing


def test_a_ratio_too_large_for_a_number_is_at_the_end_of_the_grid() -> None:
    """Infinite on its way, without a warning."""
    ratio = Feature("x", "X", "number", "other", "ratio", ("a",), over=("b",))
    scale = Scale(ratio, 0.0, None, None, "none", 0.0, 1.0, 0.0, 1.0, 0, 0, 0.0)
    numbers = {"a": np.array([1e300, -1e300]), "b": np.array([1e-267, 1e-267])}
    assert _on_grid(scale, numbers, 2)[0] == [LIMIT * GRID, -LIMIT * GRID]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=30),
    st.sampled_from(FEATURES),
    st.sampled_from([None, (-3.0, 4.5), (-1e8, 1e8), (0.0, 1e-3)]),
    st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)),
)
def test_arithmetic_and_expressions_agree_to_the_last_bit(rows, feature, caps, spread):
    """Any numbers, missing ones among them: the same whole number, and missing for the same customers."""
    low, high = caps or (None, None)
    scale = Scale(feature, 1.25, low, high, "none", *spread, 0.0, 1.0, 0, 0, 0.0)
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abc", pl.Float64), orient="row")
    by_query = (
        with_features(nw.from_native(frame.lazy()), [feature], AS_OF)
        .with_columns(*axis_expressions(_recipe(scale)))
        .collect()
    )
    on_grid, missing = _on_grid(scale, {name: frame[name].to_numpy() for name in frame.columns}, len(frame))
    assert on_grid == by_query["axis::0"].to_list()
    gone = np.zeros(len(frame), dtype=bool) if missing is None else missing
    assert gone.tolist() == by_query[FEATURE + "x"].is_null().to_list()


def test_columns_of_whole_numbers_are_used_as_they_are():
    """Short and long integers give what their floating point twins give, and nothing is missing."""
    scale = Scale(FEATURES[1], 0.0, None, None, "none", 3.0, 7.0, 0.0, 1.0, 0, 0, 0.0)
    whole = {"a": np.array([1, 2], np.int8), "b": np.array([2**40, 5]), "c": np.array([0, 9], np.uint16)}
    floating = {name: column.astype(float) for name, column in whole.items()}
    assert _on_grid(scale, whole, 2) == _on_grid(scale, floating, 2)
    assert _on_grid(scale, whole, 2)[1] is None


def test_days_since_a_date_are_counted_from_its_number():
    """Dates are stored as days since the first of 1970."""
    since = Feature("x", "X", "days", "tenure", "days_since", ("a",))
    scale = Scale(since, 0.0, None, None, "none", 0.0, float(GRID), 0.0, 1.0, 0, 0, 0.0)
    days = np.array(["2024-05-01", "2023-05-04"], "datetime64[D]").astype(np.int32)
    assert _on_grid(scale, {"a": days}, 2) == ([2.0, 365.0], None)
    assert _on_grid(scale, {"a": np.array([np.nan, 19_844.0])}, 2)[1].tolist() == [True, False]


def test_logarithms_texts_and_parts_of_dates_are_no_arithmetic():
    """Engines differ in the last bit of a logarithm, so that it is computed in one place."""
    plain = Scale(FEATURES[0], 0.0, None, None, "none", 0.0, 1.0, 0.0, 1.0, 0, 0, 0.0)
    logged = Scale(FEATURES[0], 0.0, None, None, "log1p", 0.0, 1.0, 0.0, 1.0, 0, 0, 0.0)
    flags = Feature("x", "X", "count", "engagement", "sum", ("a", "b"), levels=("yes",))
    dated = Feature("x", "X", "years", "age", "years_since", ("a",))
    others = [Scale(f, 0.0, None, None, "none", 0.0, 1.0, 0.0, 1.0, 0, 0, 0.0) for f in (flags, dated)]
    assert [is_arithmetic(scale) for scale in (plain, logged, *others)] == [True, False, False, False]
