"""Dates as days: the only place where dates become numbers."""

from __future__ import annotations

import narwhals.stable.v2 as nw

NO_DAY = "no day of the years 1 to 9999, as infinity is none"


def ordinal(expr: nw.Expr) -> nw.Expr:
    """Days of a date as `date.toordinal` counts them, on every engine."""
    # Narwhals has no difference in days that all engines answer; this form is one. In floats, which hold these whole
    # numbers exactly, since dividing whole numbers is slow; and with the year named as seldom as can be, since an
    # engine works out each mention: 365 y + y/4 is 365.25 y, and c - c/4 centuries are (3 c + 3)/4.
    y = expr.dt.year().cast(nw.Float64) - 1.0
    skipped = (((y / 100.0).floor() * 3.0 + 3.0) / 4.0).floor()
    return ((y * 365.25).floor() - skipped + expr.dt.ordinal_day().cast(nw.Float64)).cast(nw.Int64)
