"""Tables that stay in their warehouse: typed by expressions there, delivered with every column as it was."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import ColumnNamesError, InputError, UnreadableFileError
from segmentry.tables import ReadingSettings, Table, collect_rows, deliver, held, read, text_of, to_memory, with_days
from segmentry.tables.engines import WAREHOUSES
from segmentry.tables.table import Reading

KINDS = """
select * from (values
  (1, 12.50::decimal(8, 2), 1.5::float, true, date '2024-05-03', timestamp '2024-05-03 23:59:00', ' Rome ', [1, 2],
   '2f1c1b2e-0000-4000-8000-000000000001'::uuid, 9007199254740993::bigint, time '10:30:00', 'Gold'),
  (2, null, 'nan'::float, false, null, null, '', null, null, 1::bigint, null, null),
  (3, 0.25, 'inf'::float, null, date '1999-12-31', timestamp '1999-12-31 00:00:00', 'N/A', [3], null, 2::bigint,
   null, 'Silver')
) as t(id, money, ratio, flag, day, moment, city, tags, key, wide, hour, tier)
"""


@pytest.fixture
def relation() -> Any:
    return duckdb.connect().sql(KINDS)


def cells(table: Table, name: str) -> list[Any]:
    return [row[name] for row in collect_rows(table.frame.select("id", name).sort("id"))]


def test_each_type_is_read_as_what_it_is(relation: Any) -> None:
    """Numbers of any width are float64, truth values 1 and 0, moments their day; NaN and infinity are missing."""
    table = read(relation)
    kinds = {c.name: c.reading.kind for c in table.columns}
    assert [n for n, kind in kinds.items() if kind == "number"] == ["id", "money", "ratio", "flag"]
    assert [n for n, kind in kinds.items() if kind == "date"] == ["day", "moment"]
    assert cells(table, "money") == [12.5, None, 0.25]
    assert cells(table, "ratio") == [1.5, None, None]
    assert cells(table, "flag") == [1.0, 0.0, None]
    assert [str(day) for day in cells(table, "moment")] == ["2024-05-03", "None", "1999-12-31"]
    assert {n.code for n in table.notices} == {"unfit-cells", "nested-column"}


def test_text_is_trimmed_as_everywhere(relation: Any) -> None:
    """White space around a word is no part of it and nothing is not a word; `missing` names more that say so."""
    assert cells(read(relation), "city") == ["Rome", None, "N/A"]
    assert cells(read(relation, ReadingSettings(missing=("N/A",))), "city") == ["Rome", None, None]


def test_numbers_and_days_that_mean_missing_are_missing(relation: Any) -> None:
    """A number is the same one in any type, a day is written as YYYY-MM-DD, and the cells go out as they are."""
    table = read(relation, ReadingSettings(missing=("12.50", "1.5", "1999-12-31")))
    assert cells(table, "money") == [None, None, 0.25]
    assert cells(table, "ratio") == [None, None, None]
    assert [str(day) for day in cells(table, "day")] == ["2024-05-03", "None", "None"]
    assert [str(day) for day in cells(table, "moment")] == ["2024-05-03", "None", "None"]
    kept = deliver(table, table.frame, []).pl().sort("id")
    assert kept["id"].to_list() == [1, 2, 3]
    assert str(kept["day"][2]) == "1999-12-31"


def test_long_whole_numbers_stay_whole(relation: Any) -> None:
    """Beyond 2^53 a float holds no id exactly, so such a column is text, as it is from a file."""
    table = read(relation)
    assert table.column("wide").reading.kind == "text"
    assert cells(table, "wide") == ["9007199254740993", "1", "2"]
    assert read(relation.pl().drop("tags", "key")).column("wide").reading.kind == "text"
    ids = to_memory(table.frame.select(text_of(table, "wide").alias("id")))["id"]
    assert sorted(ids) == ["1", "2", "9007199254740993"]


def test_every_column_goes_out_as_it_came(relation: Any) -> None:
    """Nested columns, keys and types of every kind are there again, and the new column after them."""
    table = read(relation)
    out = deliver(table, table.frame.with_columns(segment=text_of(table, "tier")), ["segment"])
    assert type(out) is type(relation)
    assert out.columns == [*relation.columns, "segment"]
    assert out.types[:-1] == relation.types
    assert sorted(map(str, out.select(*relation.columns).fetchall())) == sorted(map(str, relation.fetchall()))


def test_a_column_is_read_as_the_model_read_it(relation: Any) -> None:
    """What a file held as text is taken as text from a warehouse too: truth values, whole numbers, days."""
    expected = {name: Reading("text") for name in ("id", "flag", "day", "ratio")}
    table = read(
        relation.select("id, flag, day, case id when 1 then 2.0::double else 2.5 end as ratio"),
        ReadingSettings(),
        expected,
    )
    rows = sorted(tuple(r.values()) for r in collect_rows(table.frame.select("id", "flag", "day", "ratio")))
    assert rows == [("1", "true", "2024-05-03", "2"), ("2", "false", None, "2.5"), ("3", None, "1999-12-31", "2.5")]
    assert deliver(table, table.frame, []).types[:2] == relation.types[:1] + relation.types[3:4]


@pytest.mark.parametrize(("column", "wanted", "cast"), [("city", "number", "DOUBLE"), ("money", "date", "DATE")])
def test_text_is_not_guessed_at(relation: Any, column: str, wanted: Any, cast: str) -> None:
    """Where the model needs a number or a date and the warehouse has another kind, the error says what to cast."""
    with pytest.raises(InputError, match=rf"'{column}' is wanted as {wanted}s.*CAST\({column} AS {cast}\)"):
        read(relation, ReadingSettings(), {column: Reading(wanted)})


def test_a_table_of_nothing_but_nested_values_is_refused() -> None:
    """There is nothing in it that could tell customers apart."""
    with pytest.raises(UnreadableFileError, match="no column that can be used"):
        read(duckdb.connect().sql("select [1] as tags"))


def test_a_column_that_no_frame_can_hold_is_left_in_the_warehouse() -> None:
    """An interval stands in no way of a fit, and a UUID names customers; whatever is of no kind is no number."""
    customers = duckdb.connect().sql(
        "select md5(i::varchar)::uuid as customer_id, (i * 37) % 60 + 18 as age, sum(i * i % 977) as total_spend, "
        "interval (i) day as waited from range(60) t(i) group by i"
    )
    segmentation = sg.fit(customers, k=2)
    assert segmentation.recipe.id_column == "customer_id"
    assert len(sg.score(segmentation, customers).fetchall()) == 60
    with pytest.raises(InputError, match="'waited' is wanted as a number and holds values that are neither"):
        read(customers, ReadingSettings(), {"waited": Reading("number")})


def test_an_empty_warehouse_table_has_no_rows() -> None:
    """No row is no failure of reading."""
    assert read(duckdb.connect().sql("select 1 as id where false")).rows_read == 0


def test_columns_that_share_a_name_are_refused() -> None:
    """As in a file: 'Spend' and 'spend ' would be one to a reader."""
    with pytest.raises(ColumnNamesError, match="share a name"):
        read(duckdb.connect().sql('select 1 as "Spend", 2 as "spend "'))


def test_what_is_held_is_computed_once() -> None:
    """The embedded engine keeps a frame for the passes over it; a relation stays what it is."""
    for source, kept in ((pl.LazyFrame({"x": [1]}), False), (duckdb.connect().sql("select 1 as x"), True)):
        frame = read(source).frame
        with held(frame) as once:
            assert once() is once()
            assert (once() is frame) == kept
            assert collect_rows(once().select("x")) == [{"x": 1.0}]


def test_what_cannot_be_held_says_so_where_it_is_asked_for() -> None:
    """The work goes on beside the block: an error of its own comes with the frame, and one of the block goes first."""
    broken = read(pl.LazyFrame({"x": ["no day"]})).frame.with_columns(nw.col("x").str.to_date("%Y"))
    with held(broken) as once, pytest.raises(pl.exceptions.PolarsError):
        once()
    with pytest.raises(ZeroDivisionError), held(broken):
        raise ZeroDivisionError


def test_dates_are_the_same_days_on_every_engine() -> None:
    """Counted as `date.toordinal` does, over centuries with and without a leap day; no date adds nothing."""
    dates = [
        date(1, 1, 1),
        date(1600, 2, 29),
        date(1900, 3, 1),
        date(1969, 12, 31),
        date(2000, 2, 29),
        date(9999, 12, 31),
    ]
    days = pl.DataFrame({"day": [*dates, None]}, schema={"day": pl.Date})
    for source in (days.lazy(), duckdb.from_arrow(days.to_arrow())):
        frame = nw.from_native(source).lazy()
        found = [row["n"] for row in collect_rows(with_days(frame, {"n": "day"}))]
        assert found == [*(float(d.toordinal()) for d in dates), None]
        assert with_days(frame, {}) is frame


def test_the_kinds_of_warehouses_are_told() -> None:
    """What stays where it is, by the name that the summary gives it."""
    assert sorted(WAREHOUSES) == ["duckdb", "spark"]
