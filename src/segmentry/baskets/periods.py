"""Periods that a log falls into: weeks, months, quarters or years, numbered one after another."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import narwhals.stable.v2 as nw

from segmentry.baskets.results import Grain
from segmentry.tables import ordinal

MOST_MONTHS = 26  # periods of a length that can still be told apart in a picture
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def grain_for(first: date, last: date) -> Grain:
    """Months, but weeks for less than three of them, and quarters or years for many.

    >>> grain_for(date(2026, 1, 5), date(2026, 2, 1)), grain_for(date(2025, 1, 5), date(2026, 2, 1))
    ('week', 'month')
    """
    months = number(last, "month") - number(first, "month") + 1
    if months < 3:
        return "week"
    return "month" if months <= MOST_MONTHS else "quarter" if months <= 3 * MOST_MONTHS else "year"


def number(day: date, grain: Grain) -> int:
    """The number of the period that a day falls into. Weeks begin on Mondays."""
    if grain == "week":
        return (day.toordinal() - 1) // 7
    months = 12 * day.year + day.month - 1
    return months // {"month": 1, "quarter": 3, "year": 12}[grain]


def number_of(day: nw.Expr, grain: Grain) -> nw.Expr:
    """The same, as an expression over days."""
    if grain == "week":
        return ((ordinal(day).cast(nw.Float64) - 1.0) / 7.0).floor().cast(nw.Int64)
    months = day.dt.year().cast(nw.Float64) * 12.0 + day.dt.month().cast(nw.Float64) - 1.0
    steps = {"month": 1.0, "quarter": 3.0, "year": 12.0}[grain]
    return (months / steps).floor().cast(nw.Int64)


def last_day(period: int, grain: Grain) -> date:
    """The last day of a period.

    >>> last_day(number(date(2026, 2, 3), "quarter"), "quarter")
    datetime.date(2026, 3, 31)
    """
    if grain == "week":
        return date.fromordinal(7 * period + 7)
    steps = {"month": 1, "quarter": 3, "year": 12}[grain]
    year, month = divmod(steps * period + steps - 1, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def label(period: int, grain: Grain) -> str:
    """What a period is called.

    >>> label(number(date(2026, 2, 3), "month"), "month"), label(number(date(2026, 2, 3), "week"), "week")
    ('Feb 2026', '2 Feb 2026')
    """
    end = last_day(period, grain)
    if grain == "year":
        return str(end.year)
    if grain == "quarter":
        return f"Q{(end.month + 2) // 3} {end.year}"
    if grain == "month":
        return f"{_NAMES[end.month - 1]} {end.year}"
    begin = end - timedelta(days=6)
    return f"{begin.day} {_NAMES[begin.month - 1]} {begin.year}"
