"""Features in memory are the features of a query."""

from __future__ import annotations

from datetime import date, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentry.features.derive import expression
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_expressions
from segmentry.features.in_memory import feature_array, grid_rows, missing
from segmentry.features.recipe import Recipe, Scale
from segmentry.tables import to_memory

AS_OF = date(2024, 2, 29)
NUMBERS = st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9), st.integers(-5, 5).map(float)), min_size=1, max_size=30)
DAYS = st.lists(st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2030, 1, 1))), min_size=1, max_size=30)


def _by_query(feature: Feature, frame: pl.DataFrame) -> list[object]:
    found = nw.from_native(frame.lazy()).select(expression(feature, AS_OF).alias("f"))
    return [None if isinstance(v, float) and np.isnan(v) else v for v in to_memory(found)["f"].tolist()]


def _in_memory(feature: Feature, frame: pl.DataFrame) -> list[object]:
    columns = to_memory(nw.from_native(frame.select(pl.col(pl.Float64)).lazy())) if frame.width else {}
    for name in frame.columns:
        if name not in columns:
            columns[name] = np.array([*frame[name].to_list(), None], dtype=object)[:-1]
    values = feature_array(feature, columns, AS_OF)
    return [None if gap else value for gap, value in zip(missing(values), values.tolist(), strict=True)]


@given(NUMBERS, NUMBERS)
@settings(max_examples=60, deadline=None)
def test_sums_and_ratios_are_those_of_the_query(a: list[float | None], b: list[float | None]) -> None:
    """Sums, ratios and years, with gaps, zeros and negative numbers, are the same to the last bit."""
    n = min(len(a), len(b))
    frame = pl.DataFrame({"a": a[:n], "b": b[:n]}, schema={"a": pl.Float64, "b": pl.Float64})
    for feature in (
        Feature("s", "S", "money", "spend", "sum", ("a", "b")),
        Feature("r", "R", "share", "deals", "ratio", ("a",), ("a", "b")),
        Feature("r", "R", "number", "other", "ratio", ("a",), ("a", "b")),
        Feature("y", "Y", "years", "age", "years_since_year", ("a",)),
        Feature("c", "C", "number", "other", "column", ("b",)),
    ):
        assert _in_memory(feature, frame) == _by_query(feature, frame)


@given(DAYS)
@settings(max_examples=60, deadline=None)
def test_dates_are_counted_as_the_query_counts_them(days: list[date | None]) -> None:
    """Days and whole years since a date are the same, a birthday on the as-of date included."""
    days = [*days, AS_OF, AS_OF - timedelta(days=1), date(2000, 2, 29), date(2000, 3, 1)]
    frame = pl.DataFrame({"d": days}, schema={"d": pl.Date})
    for feature in (
        Feature("t", "T", "days", "tenure", "days_since", ("d",)),
        Feature("a", "A", "years", "age", "years_since", ("d",)),
    ):
        assert _in_memory(feature, frame) == _by_query(feature, frame)


@pytest.mark.parametrize(
    "feature",
    [
        Feature("f", "F", "flag", "deals", "flag", ("t",), levels=("Yes",)),
        Feature("l", "L", "level", "membership", "level", ("t",), levels=("Bronze", "GOLD", "Gold", "Platinum")),
        Feature("n", "N", "count", "engagement", "sum", ("t", "u"), levels=("Yes",)),
        Feature("k", "K", "category", "category", "category", ("t",)),
    ],
    ids=lambda f: f.operation,
)
def test_levels_are_read_as_the_query_reads_them(feature: Feature) -> None:
    """Flags, ordered levels and categories, of known, unknown and missing cells."""
    cells = ["Yes", "true", "No", None, "Gold", "GOLD", "Bronze", "Platinum", "gold"]
    frame = pl.DataFrame({"t": cells, "u": cells[::-1]})
    assert _in_memory(feature, frame) == _by_query(feature, frame)


@given(st.lists(st.one_of(st.none(), st.floats(-10, 1e7)), min_size=1, max_size=200))
@settings(max_examples=60, deadline=None)
def test_the_grid_is_that_of_the_query(values: list[float | None]) -> None:
    """Whole numbers with and without a logarithm, caps and gaps, are the same."""
    a = Feature("a", "A", "money", "spend", "column", ("a",))
    b = Feature("b", "B", "money", "spend", "column", ("b",))
    scales = (
        Scale(a, 12.5, None, None, "log1p", 3.1, 0.77, 0.0, 9e6, 0, 0, 2.0),
        Scale(b, 40.0, -3.0, 1234.5, "none", 41.7, 19.3, -10.0, 9e6, 0, 0, 0.1),
    )
    recipe = Recipe(None, AS_OF, (), scales, (), (), (), len(values))
    frame = pl.DataFrame(
        {FEATURE + "a": values, FEATURE + "b": values}, schema=dict.fromkeys((FEATURE + "a", FEATURE + "b"), pl.Float64)
    )
    by_query = nw.from_native(frame.lazy()).select(axis_expressions(recipe)).collect().to_numpy()
    column = np.array([np.nan if v is None else v for v in values])
    assert np.array_equal(grid_rows(recipe, {"a": column, "b": column}), by_query)
