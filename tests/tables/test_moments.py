"""Moments counted from 1970 are days where the name says so, in whatever unit; ids of as many digits stay ids."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmentry.errors import InputError
from segmentry.tables import Reading, ReadingSettings, Table, collect_rows, deliver, read

UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
DAYS = [dt.date(2025, 3, 1) + dt.timedelta(days=i) for i in range(40)]


def moments(unit: str) -> list[int]:
    # Late in the evening, so that rounding up would be another day.
    return [int(dt.datetime(d.year, d.month, d.day, 23, 59, tzinfo=dt.UTC).timestamp()) * UNITS[unit] for d in DAYS]


def days(table: Table, name: str) -> list[Any]:
    return [row[name] for row in collect_rows(table.frame.select(name))]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("how", ["numbers", "text", "floats", "csv"])
def test_moments_are_days_in_every_unit(unit: str, how: str, tmp_path: Path) -> None:
    """Whole numbers, text, and floats as pandas writes them; the cells go out as they came."""
    frame = pl.DataFrame({"event_timestamp": moments(unit)})
    if how != "numbers":
        frame = frame.cast(pl.Float64 if how == "floats" else pl.String)
    source: Any = frame
    if how == "csv":
        frame.write_csv(source := tmp_path / "events.csv")
    table = read(source)
    assert days(table, "event_timestamp") == DAYS
    [notice] = [n.message for n in table.notices if n.code == "counted-moments"]
    assert f"counted in {unit} since 1970" in notice
    assert deliver(table, table.frame, [])["event_timestamp"].cast(pl.String).to_list() == (
        frame["event_timestamp"].cast(pl.String).to_list()
    )


@pytest.mark.parametrize("name", ["created_at", "createdAt", "orderTime", "last_purchase_date", "Datum", "ts"])
def test_names_of_days_and_times_are_known(name: str) -> None:
    """As shops, trackers and programs call them."""
    assert read(pl.DataFrame({name: moments("milliseconds")})).column(name).reading.kind == "date"


@pytest.mark.parametrize("name", ["customer_id", "update_id", "created_by_no", "phone", "revenue", "lifetime"])
def test_ids_and_amounts_stay_what_they_are(name: str) -> None:
    """Nothing in their names says a day."""
    assert read(pl.DataFrame({name: moments("seconds")})).column(name).reading.kind != "date"


def test_a_0_is_never_and_other_numbers_are_no_moments() -> None:
    """A 0 among moments is missing; among days of other numbers nothing is a moment."""
    never = read(pl.DataFrame({"last_login": [0, *moments("seconds")]}))
    assert days(never, "last_login") == [None, *DAYS]
    mixed = read(pl.DataFrame({"created_at": [17, *moments("seconds")]}))
    assert mixed.column("created_at").reading.kind == "number"


def test_a_later_file_is_read_alike_in_another_unit() -> None:
    """What a model knows as a day may come in seconds, in milliseconds or written out; as a number it is stated."""
    expected = {"joined": Reading("date", date_format="YYYY-MM-DD")}
    for cells in (moments("seconds"), moments("nanoseconds"), [day.isoformat() for day in DAYS]):
        assert days(read(pl.DataFrame({"joined": cells}), ReadingSettings(), expected), "joined") == DAYS
    with pytest.raises(InputError, match="cannot be used"):
        read(pl.DataFrame({"joined": list(range(40))}), ReadingSettings(), expected)
    stated = ReadingSettings(types={"created_at": "number"})
    assert read(pl.DataFrame({"created_at": moments("seconds")}), stated).column("created_at").reading.kind == "number"


def test_a_settings_file_changes_nothing() -> None:
    """The format that an inspection writes down for such a column reads it again."""
    stated = ReadingSettings(date_formats={"created_at": "YYYY-MM-DD"})
    assert days(read(pl.DataFrame({"created_at": moments("seconds")}), stated), "created_at") == DAYS
