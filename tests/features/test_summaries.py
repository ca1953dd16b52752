"""Columns in numbers."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from segmentry.features.summaries import N_LEVELS, ColumnSummary, over_all, summarise, widen
from segmentry.tables import collect_rows, read
from segmentry.tables.table import Column, Kind, Reading

KINDS: dict[Any, Kind] = {pl.Float64: "number", pl.Date: "date", pl.String: "text"}


def summaries(data: Mapping[str, Sequence[object]], kinds: Mapping[str, Any]) -> dict[str, ColumnSummary]:
    frame = pl.LazyFrame(data, schema_overrides=kinds)
    columns = [Column(name, Reading(KINDS[kinds[name]]), "") for name in data]
    return {s.name: s for s in summarise(nw.from_native(frame), columns)}


def test_numbers_are_summed_up() -> None:
    """Counts, extremes, order statistics and shares of a number column leave missing cells out."""
    found = summaries({"a": [0.0, -1.0, 2.5, 1999.0, None]}, {"a": pl.Float64})["a"]
    assert (found.n, found.n_missing, found.n_values, found.n_distinct) == (5, 1, 4, 4)
    assert (found.minimum, found.median, found.maximum) == (-1.0, 0.0, 1999.0)
    assert (found.share_whole, found.share_negative, found.share_year) == (0.75, 0.25, 0.25)
    assert found.levels == (("-1", 1), ("0", 1), ("1999", 1), ("2.5", 1))


def test_a_column_may_have_any_name() -> None:
    """A column that is called "value" or "column" is summed up like others."""
    found = summaries({"value": ["b", "a"], "column": ["a", "a"]}, {"value": pl.String, "column": pl.String})
    assert (found["value"].levels, found["column"].levels) == ((("a", 1), ("b", 1)), (("a", 2),))


def test_texts_are_summed_up() -> None:
    """Levels come commonest first, ties by name; patterns are counted among the cells that hold a value."""
    data = {"a": ["b", "a", "b", None, "x y"], "mail": ["a@b.de", "c@d.org", "none", None, None]}
    found = summaries(data, {"a": pl.String, "mail": pl.String})
    assert found["a"].levels == (("b", 2), ("a", 1), ("x y", 1))
    assert found["a"].share_with_spaces == 0.25
    assert found["a"].mean_length == 1.5
    assert found["mail"].share_email == 2 / 3


def test_dates_keep_their_extremes() -> None:
    """A date column is known by its first and last day."""
    found = summaries({"d": [date(2020, 2, 29), None, date(2019, 1, 1)]}, {"d": pl.Date})["d"]
    assert (found.minimum, found.maximum, found.n_distinct) == (date(2019, 1, 1), date(2020, 2, 29), 2)


def test_phone_numbers_are_not_dates_or_ids() -> None:
    """A phone number has a plus, a bracket, or a leading zero with separators; ids and dates do not count."""
    phones = ["+49 171 1234567", "(030) 1234567", "030-1234567", "01 23 45 67 89", "555-123-4567"]
    others = ["0001234567", "2012-07-30", "12-34", "10-00012", "4711"]
    found = summaries({"p": phones, "o": others}, {"p": pl.String, "o": pl.String})
    assert (found["p"].share_phone_like, found["o"].share_phone_like) == (1.0, 0.0)


def test_empty_columns_and_tables_are_fine() -> None:
    """A table without rows, a column without values and no column at all have summaries too."""
    kinds = {"a": pl.Float64, "b": pl.String, "c": pl.Date}
    for data in ({"a": [], "b": [], "c": []}, {"a": [None], "b": [None], "c": [None]}):
        for found in summaries(data, kinds).values():
            assert (found.n_distinct, found.levels, found.minimum) == (0, (), None)
    assert summarise(nw.from_native(pl.LazyFrame({"a": [1.0]})), []) == ()


def test_levels_are_kept_up_to_a_number() -> None:
    """Of texts the commonest 40 levels are kept; numbers with more different values have none."""
    texts = [f"t{i:03}" for i in range(60) for _ in range(60 - i)]
    found = summaries({"t": texts, "n": [float(i) for i in range(len(texts))]}, {"t": pl.String, "n": pl.Float64})
    assert [level for level, _ in found["t"].levels] == [f"t{i:03}" for i in range(N_LEVELS)]
    assert found["n"].levels == ()


def test_row_order_changes_nothing() -> None:
    """The same rows in another order have the same summaries, to the last bit."""
    draw = random.Random(3)
    rows = [(draw.lognormvariate(3, 2), draw.choice("abcdefg"), date(2020, 1, draw.randint(1, 28))) for _ in range(500)]
    kinds = {"x": pl.Float64, "y": pl.String, "z": pl.Date}

    def of(order: list[tuple[float, str, date]]) -> dict[str, ColumnSummary]:
        return summaries(dict(zip("xyz", zip(*order, strict=True), strict=True)), kinds)

    assert of(rows) == of(sorted(rows)) == of(rows[::-1])


def test_a_sample_is_widened_by_what_all_rows_hold() -> None:
    """Missing cells and extremes are those of all rows; a text that is the same in the sample alone is no constant."""
    frame = pl.DataFrame({
        "age": [30.0, 41.0, None, 7.0], "tier": ["a", "a", "b", None], "shop": ["x", "x", "x", "x"],
    })  # fmt: skip
    table = read(frame)
    [found] = collect_rows(table.frame.select(**over_all(table.columns)))
    of_sample = summarise(table.frame.head(2), table.columns)
    age, tier, shop = widen(of_sample, found, table.frame)
    assert (age.n, age.n_missing, age.minimum, age.maximum) == (4, 1, 7.0, 41.0)
    assert (tier.n_missing, tier.n_distinct, shop.n_distinct) == (1, 2, 1)


def test_columns_of_a_wide_table_are_counted_as_each_would_be_alone():
    """Sixty columns take several queries; the first and last of each are what they are by themselves."""
    frame = nw.from_native(pl.LazyFrame({f"x{i}": [float(i), 2.0, None] for i in range(60)}))
    columns = [Column(f"x{i}", Reading("number"), "numbers") for i in range(60)]
    together = summarise(frame, columns)
    for place in (0, 49, 50, 59):
        assert together[place] == summarise(frame, [columns[place]])[0]
