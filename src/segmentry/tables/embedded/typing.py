"""From the source's columns to typed ones: plain numbers by a cheap look, everything else by judgement."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from segmentry.errors import InputError, Notice
from segmentry.tables import dateformats, numbers
from segmentry.tables.embedded import cells
from segmentry.tables.embedded.dates import DATE_NAME
from segmentry.tables.embedded.decimals import DecimalMarks
from segmentry.tables.embedded.judgement import Verdict, told_together
from segmentry.tables.embedded.seen import split_tokens
from segmentry.tables.embedded.settling import settle_texts
from segmentry.tables.names import raw_name
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Column, Reading

# Ranges in which numbers under a date's name are dates: about 1955 to 2064, in days, seconds and milliseconds; and days
# such as 5012023, which lost the zero before them.
_COUNTED_DATES = (
    (20_000, 60_000, "counted in days since 1900, as Excel does"),
    (1_01_1900, 31_12_2199, "written as day, month and year without a mark between"),
    (3e8, 3e9, "counted in seconds since 1970"),
    (3e11, 3e12, "counted in milliseconds since 1970"),
)


_NEAR = date(1850, 1, 1), date(2200, 12, 31)
_BIRTH_YEAR = re.compile(rf"(?=.*({dateformats.BIRTH_NAME.pattern})).*(year|jahr|jaar|ann[oée]|año|yy)", re.IGNORECASE)
_FIRST = 10_000  # rows that usually settle what a point means
_FEW = 100_000  # different cells


@dataclass(frozen=True)
class Typed:
    """A column's typed expression, the condition for a cell that is wrong, and what to say of such a cell.

    `extremes` are the smallest and the largest number, where a look has shown them.
    """

    column: Column
    value: pl.Expr
    bad: pl.Expr | None = None
    reason: str = ""
    extremes: tuple[float, float] | None = None


@dataclass(frozen=True)
class _Look:
    """What one pass over a text column counts."""

    filled: int
    plain: int
    zeros: int
    points: int
    untrimmed: int
    low: float
    high: float


def type_text(
    source: pl.LazyFrame,
    names: Sequence[str],
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    rows: int | None = None,
) -> tuple[list[Typed], list[Notice]]:
    """Typed columns for the text columns `names`, in that order.

    `rows` is the number of rows of a source of which some can be had without reading all; None where they cannot.
    """
    free = [n for n in names if n not in expected and n not in settings.types and n not in settings.date_formats]
    settled = settle_texts(source, free, settings, rows)
    others = [n for n in names if n not in settled]
    looks = _look(source, others)
    typed: dict[str, Typed] = {}
    notices: list[Notice] = []
    three = _three_digits(source, [n for n in others if looks[n].points])
    marks, waiting = DecimalMarks(settings), dict[str, pl.DataFrame]()
    for name in names:
        if name in settled:
            found = settled[name]
            raw = raw_name(name) if found.untrimmed or found.dropped else None
            known = _without(_trimmed(name, found.untrimmed), settings.missing if found.dropped else ())
            typed[name] = Typed(Column(name, found.verdict.reading, found.verdict.how, raw=raw), known)
            notices += found.verdict.notices
            continue
        look, expectation = looks[name], expected.get(name)
        missing = settings.missing_in(expectation)
        if not missing and _is_plain(name, look, three.get(name, 0), settings, expectation):
            typed[name] = _plain(name, look)
            marks.take_plain(typed[name].column.reading.decimal)
            continue
        distinct = _distinct(source, name)
        verdict = marks.judge(split_tokens(name, distinct, missing), expectation)
        if verdict is None:
            waiting[name] = distinct
            continue
        notices += verdict.notices
        typed[name] = _typed(name, verdict, look, distinct, missing, expectation)
    for name, distinct in waiting.items():
        verdict = marks.settle(name)
        notices += verdict.notices
        missing = settings.missing_in(expected.get(name))
        typed[name] = _typed(name, verdict, looks[name], distinct, missing, expected.get(name))
    return [typed[name] for name in names], told_together(notices)


def _plain(name: str, look: _Look) -> Typed:
    how = "numbers with decimal point" if look.points else "numbers"
    reading = Reading("number", decimal="." if look.points else None)
    column = Column(name, reading, how, raw=raw_name(name))
    return Typed(column, _trimmed(name, bool(look.untrimmed)).cast(pl.Float64, strict=False))


def _trimmed(name: str, untrimmed: bool) -> pl.Expr:
    """The trimmed cells; where none has white space around it, trimming would be work in every pass to come."""
    return cells.trimmed(name) if untrimmed else pl.col(name).cast(pl.String)


def text_as_told(name: str, missing: Sequence[str]) -> Typed:
    """A column that is text because the model says so: what `type_text` makes of it, without a look at its cells."""
    value = _without(cells.trimmed(name), missing)
    return Typed(Column(name, Reading("text"), "text", raw=raw_name(name)), value)


def type_where_all_fit(source: pl.LazyFrame, names: Sequence[str], missing: tuple[str, ...]) -> list[Typed]:
    """Typed columns for those of the text columns `names` that are numbers or dates in every cell."""
    found: list[Typed] = []
    for name in names:
        with contextlib.suppress(InputError):  # its cells do not say what they mean: it stays text
            found += type_text(source, [name], ReadingSettings(missing=missing), {})[0]
    read = [t for t in found if t.column.reading.kind != "text"]
    bad = [t.bad.fill_null(value=False).any().alias(t.column.name) for t in read if t.bad is not None]
    flags = source.select(bad).collect(engine="streaming").row(0, named=True) if bad else {}
    return [t for t in read if not flags.get(t.column.name)]


def _look(source: pl.LazyFrame, names: Sequence[str]) -> dict[str, _Look]:
    if not names:
        return {}
    # In steps: in one step the engine would trim and cast each column once per figure.
    texts = {f"{i} text": cells.trimmed(name) for i, name in enumerate(names)}
    values = {f"{i} value": pl.col(f"{i} text").cast(pl.Float64, strict=False) for i in range(len(names))}
    parts: list[pl.Expr] = []
    for i in range(len(names)):
        own, text, value = pl.col(f"{i} own"), pl.col(f"{i} text"), pl.col(f"{i} value")
        parts += [
            text.is_not_null().sum().alias(f"{i} filled"),
            value.is_finite().sum().alias(f"{i} plain"),
            text.str.contains(numbers.LEADING_ZERO).sum().alias(f"{i} zeros"),
            text.str.contains(".", literal=True).sum().alias(f"{i} points"),
            own.ne_missing(text).sum().alias(f"{i} untrimmed"),
            value.min().fill_null(0.0).alias(f"{i} low"),
            value.max().fill_null(0.0).alias(f"{i} high"),
        ]
    owns = {f"{i} own": pl.col(name).cast(pl.String) for i, name in enumerate(names)}
    looked = source.select(**texts, **owns).with_columns(**values)
    row = looked.select(parts).collect(engine="streaming").row(0, named=True)
    fields = _Look.__dataclass_fields__
    return {name: _Look(**{f: row[f"{i} {f}"] for f in fields}) for i, name in enumerate(names)}


def _three_digits(source: pl.LazyFrame, names: Sequence[str]) -> dict[str, int]:
    """Cells with a point and three digits after it, by column; 0 where the first rows show that others are there."""
    first = _unsettled(source.head(_FIRST), names)
    doubtful = [name for name in names if first[name]]
    if not doubtful:
        return dict.fromkeys(names, 0)
    parts = [
        cells.trimmed(n).str.contains(numbers.THREE_DIGITS["."]).sum().alias(str(i)) for i, n in enumerate(doubtful)
    ]
    row = source.select(parts).collect(engine="streaming").row(0)
    return dict.fromkeys(names, 0) | dict(zip(doubtful, row, strict=True))


def _unsettled(source: pl.LazyFrame, names: Sequence[str]) -> dict[str, bool]:
    """Whether no cell with a point differs from three digits after it, which is all that a whole count would tell."""
    if not names:
        return {}
    other = [
        (cells.trimmed(n).str.contains(".", literal=True) & ~cells.trimmed(n).str.contains(numbers.THREE_DIGITS["."]))
        .any()
        .alias(str(i))
        for i, n in enumerate(names)
    ]
    row = source.select(other).collect(engine="streaming").row(0)
    return {name: not found for name, found in zip(names, row, strict=True)}


def _is_plain(name: str, look: _Look, three: int, settings: ReadingSettings, expected: Reading | None) -> bool:
    """Whether every cell is a number that all readers take alike, so that nothing is left to judge."""
    if look.zeros or look.plain < look.filled or not look.filled:
        return False
    if max(abs(look.low), abs(look.high)) > numbers.LARGEST_EXACT:
        return False
    if expected is not None:
        return expected.kind == "number" and (not look.points or (settings.decimal_of(name) or expected.decimal) == ".")
    if name in settings.types or name in settings.date_formats:
        return False
    perhaps_dates = look.low >= 19000101 and look.high <= 21001231 and not look.points
    settled = not look.points or (look.points > three and settings.decimal_of(name) != ",")
    return settled and not perhaps_dates


def _distinct(source: pl.LazyFrame, name: str) -> pl.DataFrame:
    text = source.select(cells.trimmed(name).alias("text")).drop_nulls()
    return text.group_by("text").agg(pl.len().cast(pl.Int64).alias("n")).collect(engine="streaming")


def _without(text: pl.Expr, missing: Sequence[str]) -> pl.Expr:
    return pl.when(~text.is_in(list(missing))).then(text) if missing else text


def _typed(
    name: str,
    verdict: Verdict,
    look: _Look,
    distinct: pl.DataFrame,
    missing: Sequence[str],
    expected: Reading | None,
) -> Typed:
    made = _as_judged(name, verdict, look, distinct, missing)
    # Fitted on truth values of a frame, scored from a file that spells them.
    return _with_truth(made) if expected is not None and expected.kind == "number" else made


def _as_judged(name: str, verdict: Verdict, look: _Look, distinct: pl.DataFrame, missing: Sequence[str]) -> Typed:
    text, reading = _trimmed(name, bool(look.untrimmed)), verdict.reading
    if reading.kind == "text":
        dropped = bool(distinct["text"].is_in(list(missing)).any())
        raw = raw_name(name) if look.untrimmed or dropped else None
        known = _without(text, missing if dropped else ())
        return Typed(Column(name, reading, verdict.how, raw=raw), known)
    column = Column(name, reading, verdict.how, raw=raw_name(name), unit=verdict.unit)
    absent = cells.is_token(text, missing)
    if reading.kind == "number":
        written = (cells.shortened if verdict.short else cells.number)(text, reading.decimal or ".")
        absent |= written.is_in(numbers.said_by(missing)).fill_null(value=False)
        value = pl.when(~absent).then(written)
        usable = value.abs() <= numbers.LARGEST_USED
        if look.high > numbers.LARGEST_EXACT or look.low < -numbers.LARGEST_EXACT:
            usable &= ~(text.str.contains(numbers.WHOLE) & (value.abs() > numbers.LARGEST_EXACT))
        finite = pl.when(usable).then(value)
        reason = "not a finite number" + (f" with decimal '{reading.decimal}'" if reading.decimal else "")
        return Typed(column, finite, text.is_not_null() & ~absent & finite.is_null(), reason)
    value = pl.when(~absent).then(_date(text, reading.date_format or "YYYY-MM-DD", name, distinct))
    reason = f"not a date as {reading.date_format}"
    return Typed(column, value, text.is_not_null() & ~absent & value.is_null(), reason)


def _date(text: pl.Expr, form: str, name: str, distinct: pl.DataFrame) -> pl.Expr:
    if distinct.height > _FEW:
        return cells.date(text, form, name)
    # Days repeat: to look each up costs a tenth of taking it apart again.
    days = distinct.select(cells.date(pl.col("text"), form, name)).to_series()
    return text.replace_strict(distinct["text"], days, default=None, return_dtype=pl.Date)


def _with_truth(typed: Typed) -> Typed:
    said = cells.trimmed(typed.column.name).str.to_lowercase()
    truth = pl.when(said == "true").then(1.0).when(said == "false").then(0.0)
    bad = typed.bad if typed.bad is None else typed.bad & ~said.is_in(["true", "false"])
    return replace(typed, value=truth.otherwise(typed.value), bad=bad)


def spikes(frame: pl.LazyFrame, columns: Sequence[Typed], some_bad: bool = False) -> list[Notice]:
    """Numbers such as -999 that people write where they know nothing, in the typed columns that hold numbers."""
    known = {c.column.name: c.extremes for c in columns if c.column.reading.kind == "number"}
    extremes = {name: found for name, found in known.items() if found is not None and not some_bad}
    extremes |= _extremes(frame, [name for name in known if name not in extremes])
    # Few columns end in such a number; only these are worth another look.
    suspects = [
        n for n, (low, high) in extremes.items() if low in numbers.NEGATIVE_SPIKES or high in numbers.POSITIVE_SPIKES
    ]
    counts = _end_counts(frame, suspects, extremes)
    found = [_spike(name, *extremes[name], counts.get(name, {})) for name in known if name in extremes]
    return [notice for notice in found if notice is not None]


def _extremes(frame: pl.LazyFrame, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    if not names:
        return {}
    parts = [
        e.alias(f"{i} {f}")
        for i, n in enumerate(names)
        for f, e in (("low", pl.col(n).min()), ("high", pl.col(n).max()))
    ]
    row = frame.select(parts).collect(engine="streaming").row(0, named=True)
    return {n: (row[f"{i} low"], row[f"{i} high"]) for i, n in enumerate(names) if row[f"{i} low"] is not None}


def _end_counts(
    frame: pl.LazyFrame, names: Sequence[str], extremes: Mapping[str, tuple[float, float]]
) -> dict[str, dict[str, Any]]:
    if not names:
        return {}
    parts: list[pl.Expr] = []
    for i, name in enumerate(names):
        v, (low, high) = pl.col(name), extremes[name]
        parts += [
            (v < 0).sum().alias(f"{i} below"),
            (v == low).sum().alias(f"{i} lows"),
            (v == high).sum().alias(f"{i} highs"),
            v.filter(v < high).max().alias(f"{i} next"),
        ]
    row = frame.select(parts).collect(engine="streaming").row(0, named=True)
    return {name: {f: row[f"{i} {f}"] for f in ("below", "lows", "highs", "next")} for i, name in enumerate(names)}


def far_dates(frame: pl.LazyFrame, names: Sequence[str]) -> list[Notice]:
    """Dates such as 9999-12-31 that stand for 'never' or 'not known'."""
    if not names:
        return []
    far = [(~pl.col(n).is_between(*_NEAR)).sum().alias(n) for n in names]
    row = frame.select(far).collect(engine="streaming").row(0, named=True)
    return [
        Notice(
            "far-dates",
            f"'{name}' holds {n} dates before 1850 or after 2200; they may stand for 'not known': see --missing.",
        )
        for name, n in row.items()
        if n
    ]


def _spike(name: str, low: float, high: float, counts: Mapping[str, Any]) -> Notice | None:
    if DATE_NAME.search(name):
        for start, stop, what in _COUNTED_DATES:
            if start <= low and high <= stop:
                text = f"'{name}' looks like dates {what}; it was read as numbers. Export it as dates."
                return Notice("counted-dates", text)
    if _BIRTH_YEAR.search(name) and low >= 0 and high <= 99:
        text = f"'{name}' has years of two digits, read as plain numbers: write all four (1981), or leave it out."
        return Notice("short-years", text)
    if not counts:
        return None
    following = counts["next"]
    if low in numbers.NEGATIVE_SPIKES and counts["below"] == counts["lows"]:
        value, many = low, counts["lows"]
    elif high in numbers.POSITIVE_SPIKES and counts["highs"] >= 2 and following is not None and following < high / 2:
        value, many = high, counts["highs"]
    else:
        return None
    said = f"{value:.0f}"
    text = f"'{name}' holds {said} {many} times, which often stands for 'not known'; pass --missing {said} if so."
    return Notice("spike", text)
