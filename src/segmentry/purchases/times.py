"""The day and the hour of a purchase, from cells however they are written.

Stated rules: a time with an offset (or Z) counts on its day in UTC; one without counts on the day that is written. The
hour is the one that is written. In a warehouse, days are those of the session's clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import narwhals.stable.v2 as nw

from segmentry.tables import Table, collect_rows, in_warehouse

_CLOCK = r"\d{1,2}:\d{2}"
_OFFSET = r"\d{1,2}:\d{2}.*[+-]\d{2}:?\d{2}$"
_EAST = r"\+\d{2}:?\d{2}$"
_AFTERNOON = r"[Pp]\.?[Mm]"
_MORNING = r"[Aa]\.?[Mm]"
_MINUTES_OF_DAY = 1440


@dataclass(frozen=True)
class Clock:
    """Expressions for the day and the hour of each line; `hour` is None where no time of day is told.

    `utc` holds where some times were moved to days of UTC.
    """

    day: nw.Expr
    hour: nw.Expr | None = None
    utc: bool = False


def clock_of(table: Table, column: str) -> Clock:
    """How the day and the hour of a line are found in this column, told by its cells."""
    raw = table.column(column).raw
    day = nw.col(column)
    if raw is None:
        return Clock(day)
    dtype = table.frame.collect_schema()[raw]
    if dtype == nw.Datetime:
        if in_warehouse(table.source_kind) or getattr(dtype, "time_zone", None) is None:
            return Clock(day, nw.col(raw).dt.hour())
        return Clock(nw.col(raw).dt.convert_time_zone("UTC").dt.date(), nw.col(raw).dt.hour(), utc=True)
    if dtype != nw.String:
        return Clock(day)
    cell = nw.col(raw).str.strip_chars()
    told = table.frame.select(clock=cell.str.contains(_CLOCK), offset=cell.str.contains(_OFFSET))
    [found] = collect_rows(told.select(clock=nw.col("clock").any(), offset=nw.col("offset").any()))
    if not found["clock"]:
        return Clock(day)
    if not found["offset"]:
        return Clock(day, _hour(cell))
    return Clock(_in_utc(day, cell), _hour(cell), utc=True)


def _whole(text: nw.Expr) -> nw.Expr:
    # A leading nought, so that no digits at all are a number too.
    return nw.concat_str([nw.lit("0"), text]).cast(nw.Int64)


def _hour(cell: nw.Expr) -> nw.Expr:
    written = _whole(cell.str.replace_all(r":.*$", "").str.replace_all(r"^.*[^0-9]", ""))
    later = nw.when(cell.str.contains(_AFTERNOON) & (written < 12)).then(written + 12)
    hour = later.otherwise(nw.when(cell.str.contains(_MORNING) & (written == 12)).then(nw.lit(0)).otherwise(written))
    return nw.when(cell.str.contains(_CLOCK)).then(hour)


def _in_utc(day: nw.Expr, cell: nw.Expr) -> nw.Expr:
    minute = _whole(cell.str.replace_all(r"^[^:]*:", "").str.slice(0, 2))
    digits = _whole(cell.str.replace_all(r"[^0-9]", "").str.tail(4))
    offset = (digits // 100) * 60 + digits % 100
    signed = nw.when(cell.str.contains(_EAST)).then(offset).otherwise(-offset)
    at = _hour(cell) * 60 + minute - nw.when(cell.str.contains(_OFFSET)).then(signed).otherwise(nw.lit(0))
    before = nw.when(at < 0).then(day.dt.offset_by("-1d"))
    return before.otherwise(nw.when(at >= _MINUTES_OF_DAY).then(day.dt.offset_by("1d")).otherwise(day))
