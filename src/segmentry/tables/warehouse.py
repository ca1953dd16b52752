"""Tables that stay where they are: a DuckDB relation or a Spark DataFrame, typed by expressions on its own engine.

Nothing here names an engine or fetches rows. Columns have types of their own in a warehouse, so that nothing is
guessed from text: a text column stays text, without the white space around it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import ColumnNamesError, InputError, Notice, UnreadableFileError, plural
from segmentry.tables.days import NO_DAY
from segmentry.tables.engines import engine_of
from segmentry.tables.memory import as_text, collect_rows
from segmentry.tables.names import check_names, raw_name
from segmentry.tables.numbers import LARGEST_EXACT, LARGEST_USED, said_by
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import NOT_USED, Column, Kind, Reading, SourceKind, Table, not_used

_ROWS = "rows"
_DATES = "YYYY-MM-DD"
_WIDE = (nw.Int64, nw.UInt64, nw.Int128, nw.UInt128)


@dataclass(frozen=True)
class _Typed:
    column: Column
    value: nw.Expr
    notice: Notice | None = None


def read_warehouse(
    source: Any,
    kind: SourceKind,
    settings: ReadingSettings,
    expected: Mapping[str, Reading] | None = None,
    *,
    only: Collection[str] | None = None,
) -> Table:
    """A typed table over the warehouse's own: numbers as float64, dates as dates, truth values as 1 and 0.

    `expected` and the settings say which columns are wanted as text; columns that are not in `only`, where it is given,
    are left as they are. Raises InputError where a column of text is wanted as numbers or dates: that is the query's to
    do.
    """
    frame: nw.LazyFrame[Any] = nw.from_native(source)
    schema: Mapping[str, Any] = frame.collect_schema()
    _check_names(frame, list(schema), kind)
    expected = expected or {}
    wanted = dict(settings.types) | {name: reading.kind for name, reading in expected.items()}
    missing = {name: settings.missing_in(expected.get(name)) for name in schema}
    read = {name: dtype for name, dtype in schema.items() if only is None or name in only}
    figures = _look(frame, read)
    typed = [
        _typed(name, dtype, figures, wanted.get(name), missing[name])
        if name in read
        else _Typed(Column.unread(name), nw.col(name))
        for name, dtype in schema.items()
    ]
    if all(t.column.how == NOT_USED for t in typed):
        raise UnreadableFileError(f"The {kind} table has no column that can be used.", remedy="Check the query.")
    rows = figures[_ROWS]
    kept = [nw.col(t.column.name).alias(t.column.raw) for t in typed if t.column.raw is not None]
    return Table(
        frame=frame.select(*(t.value.alias(t.column.name) for t in typed), *kept),
        columns=tuple(t.column.with_missing(missing[t.column.name]) for t in typed),
        rows_present=rows,
        rows_read=rows,
        source_kind=kind,
        source_name=f"{kind} table",
        notices=tuple(t.notice for t in typed if t.notice is not None),
        origin=source,
    )


def _check_names(frame: nw.LazyFrame[Any], names: Sequence[str], kind: SourceKind) -> None:
    check_names(names, f"The {kind} table")
    odd = [name for name in names if set(name) & set(engine_of(frame).not_in_names)]
    if odd:
        raise ColumnNamesError(
            f"The {kind} table has column names that its expressions cannot say.",
            found=", ".join(odd),
            remedy=f"Rename them without {' or '.join(engine_of(frame).not_in_names)}, "
            "for example with withColumnRenamed.",
        )


def _look(frame: nw.LazyFrame[Any], schema: Mapping[str, Any]) -> dict[str, int]:
    """Rows, and by column: whole numbers too long for float64, others too large to compute with, or days that no
    calendar has. One pass."""
    odd: dict[str, nw.Expr] = {}
    for name, dtype in schema.items():
        own = nw.col(name)
        if dtype in _WIDE:
            odd[name] = (own > int(LARGEST_EXACT)) | (own < -int(LARGEST_EXACT))
        elif dtype.is_float():
            odd[name] = ~own.is_nan() & ~_finite(own)
        elif dtype in (nw.Date, nw.Datetime):
            odd[name] = ~_is_day(own)
    flags = [nw.when(e).then(1).otherwise(0).cast(nw.Int64).alias(f"odd {i}") for i, e in enumerate(odd.values())]
    counted = frame.select(nw.lit(1).cast(nw.Int64).alias(_ROWS), *flags)
    columns = [nw.col(_ROWS), *(nw.col(f"odd {i}") for i in range(len(odd)))]
    [row] = collect_rows(counted.select(*(c.sum().cast(nw.Int64) for c in columns)))
    found = {name: int(row[f"odd {i}"] or 0) for i, name in enumerate(odd)}
    return {**found, _ROWS: int(row[_ROWS] or 0)}


def _finite(own: nw.Expr) -> nw.Expr:
    return own.cast(nw.Float64).abs() <= LARGEST_USED


def _is_day(own: nw.Expr) -> nw.Expr:
    """Whether it is a day of the years 1 to 9999, as infinity is none."""
    # As texts: Spark is given a date of the year 1 as "1-01-01", which is none to it.
    first, last = (nw.lit(day.isoformat()).cast(nw.Date) for day in (date.min, date.max))
    return (own.cast(nw.Date) >= first) & (own.cast(nw.Date) <= last)


def _typed(name: str, dtype: Any, figures: Mapping[str, int], wanted: Kind | None, missing: Sequence[str]) -> _Typed:
    made = _by_own_type(name, dtype, figures.get(name, 0), missing, wanted)
    kind = made.column.reading.kind
    if made.column.how == NOT_USED and wanted is not None:
        raise InputError(
            f"'{name}' is wanted as a {wanted} and holds values that are neither number, day nor text ({dtype}).",
            found=name,
            remedy="Give one such value in each cell; look whether another column has its name.",
            code="column-kind",
        )
    if wanted is None or wanted == kind:
        return made
    if wanted == "text":
        column = Column(name, Reading("text"), "text", raw=raw_name(name))
        return _Typed(column, as_text(nw.col(name), dtype))
    raise InputError(
        f"'{name}' is wanted as {wanted}s and holds {'text' if kind == 'text' else kind + 's'} ({dtype}).",
        found=name,
        remedy=f"Cast it in the query, for example CAST({name} AS {'DATE' if wanted == 'date' else 'DOUBLE'}).",
        code="column-kind",
    )


def _by_own_type(name: str, dtype: Any, n_odd: int, missing: Sequence[str], wanted: Kind | None) -> _Typed:
    own, raw = nw.col(name), raw_name(name)
    # Unknown is what a warehouse alone has, such as a UUID; each can be written down.
    if dtype in (nw.String, nw.Categorical, nw.Enum, nw.Time, nw.Unknown):
        return _Typed(Column(name, Reading("text"), "text", raw=raw), _known_words(as_text(own, nw.String), missing))
    if dtype in (nw.Date, nw.Datetime) and n_odd:
        count = "counts" if n_odd == 1 else "count"
        text = f"{plural(n_odd, 'cell')} of '{name}' cannot be used ({NO_DAY}) and {count} as missing."
        column = Column(name, Reading("date", date_format=_DATES), "dates", raw=raw, n_unfit=n_odd)
        return _Typed(
            column, _known_days(nw.when(_is_day(own)).then(own.cast(nw.Date)), missing), Notice("unfit-cells", text)
        )
    if dtype == nw.Date:
        column = Column(name, Reading("date", date_format=_DATES), "dates", raw=raw if missing else None)
        return _Typed(column, _known_days(own, missing))
    if dtype == nw.Datetime:
        # The day that the session's clock shows; the zone of the session is the user's to set.
        column = Column(name, Reading("date", date_format=_DATES), "dates", raw=raw)
        return _Typed(column, _known_days(own.cast(nw.Date), missing))
    if dtype == nw.Boolean:
        number = nw.when(own).then(nw.lit(1.0)).otherwise(nw.when(~own).then(nw.lit(0.0)))
        return _Typed(Column(name, Reading("number"), "true and false as 1 and 0", raw=raw), number)
    if dtype.is_float():
        value = own.cast(nw.Float64)
        infinite = Notice(
            "unfit-cells", f"{plural(n_odd, 'cell')} of '{name}' taken as missing: too large to compute with."
        )
        column = Column(name, Reading("number"), "numbers", raw=raw)
        return _Typed(column, _known_numbers(nw.when(_finite(own)).then(value), missing), infinite if n_odd else None)
    if dtype in _WIDE and n_odd and wanted != "number":
        how = "text, because its whole numbers are too long for exact arithmetic"
        return _Typed(Column(name, Reading("text"), how, raw=raw), own.cast(nw.String))
    if dtype.is_numeric():
        value = _known_numbers(own.cast(nw.Float64), missing)
        return _Typed(Column(name, Reading("number"), "numbers", raw=raw), value)
    column = Column(name, Reading("text"), NOT_USED, raw=raw)
    return _Typed(column, nw.lit(None, dtype=nw.String), not_used(name, dtype))


def _known_words(text: nw.Expr, missing: Sequence[str]) -> nw.Expr:
    return nw.when(~text.is_in(list(missing))).then(text) if missing else text


def _known_numbers(value: nw.Expr, missing: Sequence[str]) -> nw.Expr:
    said = said_by(missing)
    return nw.when(~value.is_in(said)).then(value) if said else value


def _known_days(day: nw.Expr, missing: Sequence[str]) -> nw.Expr:
    return nw.when(~day.cast(nw.String).is_in(list(missing))).then(day) if missing else day


def deliver_warehouse(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str]) -> Any:
    """The source's columns as they were, then the new ones, lazily on the same engine."""
    own = [nw.col(c.raw or c.name).alias(c.name) for c in table.columns]
    return nw.to_native(frame.select(*own, *added))
