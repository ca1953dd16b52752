"""Days written as moments counted from the first of 1970, as databases and trackers export them (1704067200000).

The name must speak of a day or a time and of no id, and all of its numbers must be moments of one unit: those of
seconds, milliseconds, microseconds and nanoseconds lie far apart. 0 stands for never. The day is the one in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from segmentry.errors import Notice, plural
from segmentry.tables.embedded import cells
from segmentry.tables.embedded.dates import DATE_NAME
from segmentry.tables.embedded.judgement import ID_NAME

_UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
_FIRST, _LAST = 631_152_000.0, 4_102_444_800.0  # 1990 and 2100, in seconds
_TIME_NAME = re.compile(
    r"(^|[\W_])(time|timestamp|ts|epoch|zeit|zeitpunkt|zeitstempel|hora|heure|horodatage|tijd|tijdstip)([\W_]|$)"
    r"|timestamp|(?-i:[a-z](At|Time)$)",
    re.IGNORECASE,
)
_SOME = 1_000  # rows that show whether all need be looked at
_NEARLY_ALL = 0.95


@dataclass(frozen=True)
class Moments:
    """A column of moments: its cells with days in place of their numbers, and what to say of it."""

    days: pl.Expr
    notice: Notice


def find_moments(
    frame: pl.LazyFrame, schema: Mapping[str, Any], dated: Collection[str], settled: Collection[str]
) -> dict[str, Moments]:
    """The columns of moments among those that are `dated`, as a model or the settings have them, or named so; `settled`
    ones are of another kind."""
    able = [
        name
        for name, dtype in schema.items()
        if name not in settled
        and (dtype == pl.String or dtype.is_numeric())
        and (name in dated or ((DATE_NAME.search(name) or _TIME_NAME.search(name)) and not ID_NAME.search(name)))
    ]
    likely = _units(frame.head(_SOME), schema, able)
    sure = _units(frame, schema, list(likely)) if likely else {}
    return {name: _moments(name, schema[name], unit, n_never) for name, (unit, n_never) in sure.items()}


def _number(name: str, dtype: Any) -> pl.Expr:
    return (cells.trimmed(name) if dtype == pl.String else pl.col(name)).cast(pl.Float64, strict=False)


def _units(frame: pl.LazyFrame, schema: Mapping[str, Any], names: list[str]) -> dict[str, tuple[str, int]]:
    """The unit of each column of moments, with how many cells say never."""
    if not names:
        return {}
    parts: list[pl.Expr] = []
    for i, name in enumerate(names):
        number, own = _number(name, schema[name]), cells.trimmed(name) if schema[name] == pl.String else pl.col(name)
        parts += [own.is_not_null().sum().alias(f"{i} filled"), (number == 0).sum().alias(f"{i} never")]
        parts += [number.is_not_null().sum().alias(f"{i} numbers")]
        parts += [_is_in(number, unit).sum().alias(f"{i} {unit}") for unit in _UNITS]
    row = frame.select(parts).collect(engine="streaming").row(0, named=True)
    found: dict[str, tuple[str, int]] = {}
    for i, name in enumerate(names):
        numbers, never = row[f"{i} numbers"], row[f"{i} never"]
        unit = max(_UNITS, key=lambda unit: row[f"{i} {unit}"])
        counted = row[f"{i} {unit}"]
        if counted > never and counted + never == numbers >= _NEARLY_ALL * row[f"{i} filled"]:
            found[name] = (unit, never)
    return found


def _is_in(number: pl.Expr, unit: str) -> pl.Expr:
    return number.is_between(_FIRST * _UNITS[unit], _LAST * _UNITS[unit])


def _moments(name: str, dtype: Any, unit: str, n_never: int) -> Moments:
    number = _number(name, dtype)
    day = (number / (86_400.0 * _UNITS[unit])).floor().cast(pl.Int32, strict=False).cast(pl.Date).cast(pl.String)
    # Words stay, to be taken for missing or to be rejected as in other columns of dates.
    rest = pl.when(number.is_null()).then(pl.col(name).cast(pl.String))
    days = pl.when(_is_in(number, unit)).then(day).otherwise(rest)
    never = f" A 0 ({plural(n_never, 'cell')}) was taken as missing." if n_never else ""
    text = f"'{name}' holds times counted in {unit} since 1970, and each was read as its day (in UTC).{never}"
    remedy = f' If it is a number, say so in segmentry.toml: [reading.types] "{name}" = "number".'
    return Moments(days, Notice("counted-moments", text + remedy))
