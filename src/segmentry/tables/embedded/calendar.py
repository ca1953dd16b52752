"""Days and times that the calendar has: databases know an infinite day, and numbers of days that no year is so far off.

The engine ends in a panic where it must write such a day, or hand it over.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = date.min.toordinal() - _EPOCH, date.max.toordinal() - _EPOCH
_WRITABLE = 73_000_000  # days from 1970, some 200,000 years, that the engine can still write
_PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_INT64 = 2**63 - 1
_DECIMALS = {"ms": 3, "us": 6, "ns": 9}


def known_day(column: pl.Expr, dtype: Any) -> pl.Expr:
    """The day of a date or time by the clock of its own zone; missing where it is none of the years 1 to 9999.

    >>> days = pl.DataFrame({"day": [0, 2**31 - 1]}).select(pl.col("day").cast(pl.Int32).cast(pl.Date))
    >>> days.select(known_day(pl.col("day"), pl.Date))["day"].to_list()
    [datetime.date(1970, 1, 1), None]
    """
    near = pl.when(_is_within(column, dtype, -_WRITABLE, _WRITABLE)).then(column)
    day = near if dtype == pl.Date else near.dt.replace_time_zone(None).dt.date()
    return pl.when(_is_within(day, pl.Date, _FIRST, _LAST)).then(day)


def is_no_day(column: pl.Expr, dtype: Any) -> pl.Expr:
    """Whether a date or time has no day of the years 1 to 9999; never of a missing one."""
    return column.is_not_null() & known_day(column, dtype).is_null()


def writable(column: pl.Expr, dtype: Any) -> pl.Expr:
    """The dates or times that the engine can write; missing where it cannot."""
    return pl.when(_is_within(column, dtype, -_WRITABLE, _WRITABLE)).then(column)


def day_in_words(column: pl.Expr, dtype: Any) -> pl.Expr:
    """Dates and times as text files have them, and what lies beyond as DuckDB and PostgreSQL write it.

    >>> days = pl.DataFrame({"day": [0, 2**31 - 1]}).select(pl.col("day").cast(pl.Int32).cast(pl.Date))
    >>> days.select(day_in_words(pl.col("day"), pl.Date))["day"].to_list()
    ['1970-01-01', 'infinity']
    """
    form = "%Y-%m-%d"
    if dtype != pl.Date:
        form += f"T%H:%M:%S%.{_DECIMALS[dtype.time_unit]}f{'%z' if dtype.time_zone else ''}"
    text = writable(column, dtype).dt.to_string(form).str.strip_prefix("+")
    beyond = pl.when(column.to_physical() > 0).then(pl.lit("infinity")).otherwise(pl.lit("-infinity"))
    return pl.when(column.is_not_null()).then(text.fill_null(beyond))


def _is_within(column: pl.Expr, dtype: Any, first: int, last: int) -> pl.Expr:
    """Whether the number of days from 1970 lies there; in nanoseconds nothing is further off than int64 reaches."""
    per_day = 1 if dtype == pl.Date else _PER_DAY[dtype.time_unit]
    low, high = max(first * per_day, -_INT64 - 1), min((last + 1) * per_day - 1, _INT64)
    return column.to_physical().is_between(low, high)
