"""Columns with a type of their own: numbers, truth values and dates of every kind to the three that are used."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from segmentry.errors import InputError, Notice, plural
from segmentry.tables.days import NO_DAY
from segmentry.tables.embedded.calendar import is_no_day, known_day
from segmentry.tables.embedded.typing import Typed
from segmentry.tables.names import raw_name
from segmentry.tables.numbers import LARGEST_EXACT, LARGEST_USED, said_by
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import NOT_USED, Column, Reading, not_used

LARGEST = int(LARGEST_EXACT)
TEXTS = (pl.String, pl.Categorical, pl.Enum)


def is_text(dtype: Any) -> bool:
    return isinstance(dtype, TEXTS)


def own_kind(dtype: Any) -> str:
    """The kind a column has by its own type."""
    if is_text(dtype) or dtype in (pl.Null, pl.Time):
        return "text"
    if isinstance(dtype, (pl.Date, pl.Datetime)):
        return "date"
    return "number"


def is_usable(dtype: Any) -> bool:
    """Whether its values can be numbers, days or texts; those of lists, structs, bytes and objects cannot.

    >>> is_usable(pl.Time()), is_usable(pl.List(pl.Float64))
    (True, False)
    """
    other = (*TEXTS, pl.Date, pl.Datetime, pl.Duration, pl.Time, pl.Boolean, pl.Null)
    return bool(dtype.is_numeric()) or isinstance(dtype, other)


def as_text(name: str, dtype: Any) -> pl.Expr:
    """The column as people would write it: whole numbers without a decimal point, dates as YYYY-MM-DD."""
    column = pl.col(name)
    if isinstance(dtype, (pl.Date, pl.Datetime)):
        return known_day(column, dtype).cast(pl.String)
    if dtype.is_float():
        whole = column.is_finite() & (column == column.floor()) & (column.abs() < 2**63)
        text = (
            pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
        return pl.when(column.is_not_nan()).then(text)
    return (_in_days(column) if isinstance(dtype, pl.Duration) else column).cast(pl.String)


def _in_days(column: pl.Expr) -> pl.Expr:
    return column.dt.total_microseconds().cast(pl.Float64) / 86_400_000_000.0


def type_native(
    source: pl.LazyFrame,
    schema: Mapping[str, Any],
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    unseen: Collection[str] = (),
) -> tuple[list[Typed], list[Notice]]:
    """Typed columns for those of `schema` that are not text; `expected` has the kinds that some must be of.

    Numbers of `unseen` columns are taken as if each could be used.

    Raises InputError for nested values that must be of a kind.
    """
    seen = {name: dtype for name, dtype in schema.items() if name not in unseen}
    figures = dict.fromkeys(unseen, _Figures(nan=True)) | _look(source, seen) | _look_at_days(source, seen)
    typed: list[Typed] = []
    notices: list[Notice] = []
    for name, dtype in schema.items():
        wanted = expected[name].kind if name in expected else None
        made = _typed(name, dtype, figures.get(name, _Figures()), wanted == "number")
        if made.column.how == NOT_USED:
            if wanted is not None:
                raise InputError(
                    f"'{name}' is wanted as a {wanted} and holds values that are neither number, day nor text.",
                    found=str(dtype),
                    remedy="Give one such value in each cell.",
                )
            notices.append(not_used(name, dtype))
        if made.column.n_unfit:
            n = made.column.n_unfit
            count = "counts" if n == 1 else "count"
            text = f"{plural(n, 'cell')} of '{name}' cannot be used ({NO_DAY}) and {count} as missing."
            notices.append(Notice("unfit-cells", text))
        typed.append(_known(made, dtype, settings.missing_in(expected.get(name))))
    return typed, notices


def _known(typed: Typed, dtype: Any, missing: Sequence[str]) -> Typed:
    """The column without the numbers and days that words for "missing" say."""
    column, kind = typed.column, typed.column.reading.kind
    if kind == "date" and missing:
        known = ~typed.value.cast(pl.String).is_in(list(missing))
    elif kind == "number" and dtype.is_numeric() and said_by(missing):
        known = ~typed.value.is_in(said_by(missing))
    else:
        return typed
    bad = None if typed.bad is None else typed.bad & known
    column = replace(column, raw=raw_name(column.name))
    return replace(typed, column=column, value=pl.when(known).then(typed.value), bad=bad, extremes=None)


@dataclass(frozen=True)
class _Figures:
    """Whether any cell is NaN; whether any is not finite, or too large for exact arithmetic; the extremes; how many are
    no day of the calendar."""

    nan: bool = False
    large: bool = False
    extremes: tuple[float, float] | None = None
    no_day: int = 0


def _look(source: pl.LazyFrame, schema: Mapping[str, Any]) -> dict[str, _Figures]:
    names = [name for name, dtype in schema.items() if dtype.is_numeric()]
    if not names:
        return {}
    parts: list[pl.Expr] = []
    for i, name in enumerate(names):
        column = pl.col(name)
        if schema[name].is_float():
            parts.append(column.is_nan().any().alias(f"{i} nan"))
        parts += [column.min().alias(f"{i} low"), column.max().alias(f"{i} high")]
    row = source.select(parts).collect(engine="streaming").row(0, named=True)
    return {
        name: _figures(row.get(f"{i} nan"), row[f"{i} low"], row[f"{i} high"], largest_used(schema[name]))
        for i, name in enumerate(names)
    }


def largest_used(dtype: Any) -> float:
    """The largest size of a number of this type that is computed with: of whole ones, up to where they are exact.

    >>> largest_used(pl.Int64()), largest_used(pl.Float32())
    (9007199254740992, 1e+100)
    """
    return LARGEST_USED if dtype.is_float() else LARGEST


def _look_at_days(source: pl.LazyFrame, schema: Mapping[str, Any]) -> dict[str, _Figures]:
    """How many cells are no day of the calendar, by column that has some."""
    days = [name for name, dtype in schema.items() if isinstance(dtype, (pl.Date, pl.Datetime))]
    if not days:
        return {}
    ends = {name: (pl.col(name).min(), pl.col(name).max()) for name in days}
    beyond = [pl.any_horizontal(is_no_day(end, schema[name]) for end in ends[name]).alias(name) for name in days]
    row = source.select(beyond).collect(engine="streaming").row(0, named=True)
    odd = [is_no_day(pl.col(name), schema[name]).sum().alias(name) for name in days if row[name]]
    counts = source.select(odd).collect(engine="streaming").row(0, named=True) if odd else {}
    return {name: _Figures(no_day=int(n)) for name, n in counts.items()}


def _too_large(column: pl.Expr) -> pl.Expr:
    # NaN would count as larger than anything.
    return column.fill_nan(None).abs() > LARGEST_USED


def _figures(nan: bool | None, low: Any, high: Any, most: float) -> _Figures:
    if low is None or high is None:
        return _Figures(bool(nan))
    return _Figures(bool(nan), bool(low < -most or high > most), (float(low), float(high)))


def _typed(name: str, dtype: Any, figures: _Figures, must_be_number: bool) -> Typed:
    column, raw = pl.col(name), raw_name(name)
    nan, large = figures.nan, figures.large
    number, text = Reading("number"), Reading("text")
    if figures.no_day:
        made = Column(name, Reading("date", date_format="YYYY-MM-DD"), "dates", raw=raw, n_unfit=figures.no_day)
        return Typed(made, known_day(column, dtype))
    if dtype == pl.Date:
        return Typed(Column(name, Reading("date", date_format="YYYY-MM-DD"), "dates"), column)
    if isinstance(dtype, pl.Datetime):
        # The day is the one that the clock of the column's own zone shows.
        day = column.dt.replace_time_zone(None).dt.date()
        return Typed(Column(name, Reading("date", date_format="YYYY-MM-DD"), "dates", raw=raw), day)
    if dtype.is_float():
        value = column.cast(pl.Float64).fill_nan(None)
        changed = bool(nan) or dtype != pl.Float64
        made = Column(name, number, "numbers", raw=raw if changed else None)
        return Typed(made, value, _too_large(column) if large else None, "not a finite number", figures.extremes)
    if dtype.is_integer() and large and must_be_number:
        made = Column(name, number, "numbers", raw=raw)
        long = (column > LARGEST) | (column < -LARGEST)
        return Typed(made, column.cast(pl.Float64), long, "too long for exact arithmetic", figures.extremes)
    if dtype.is_integer() and large:
        how = "text, because its whole numbers are too long for exact arithmetic"
        return Typed(Column(name, text, how, raw=raw), column.cast(pl.String))
    if dtype.is_numeric() or dtype == pl.Boolean:
        how = "true and false as 1 and 0" if dtype == pl.Boolean else "numbers"
        return Typed(Column(name, number, how, raw=raw), column.cast(pl.Float64), extremes=figures.extremes)
    if isinstance(dtype, pl.Duration):
        return Typed(Column(name, number, "durations in days", raw=raw), _in_days(column))
    if dtype == pl.Null:
        return Typed(Column(name, text, "empty", raw=raw), column.cast(pl.String))
    if dtype == pl.Time:
        return Typed(Column(name, text, "times of day", raw=raw), column.cast(pl.String))
    return Typed(Column(name, text, NOT_USED, raw=raw), pl.lit(None, dtype=pl.String))
