"""What each column of a table holds, in a few numbers: enough to tell its role, without its rows.

Takes lazy expressions over all rows and returns plain values that no row order can change: counts, order
statistics and levels, never sums of fractions. Deciding on roles is left to `roles`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.tables.memory import collect_rows
from segmentry.tables.table import Column, Kind

N_LEVELS = 40  # commonest levels that are kept
# Columns with more different texts than this are names and ids: counting their levels costs much and tells nothing.
_MOST_LEVELS_COUNTED = 5_000
_MOSTLY_DIFFERENT = 0.9
_NAME, _VALUE = "__name__", "__value__"  # of an unpivoted table; a column of the source may be called "value"
_YEARS = (1880, 2030)
EMAIL = r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"
# Ids and dates are digits with separators too, so that a phone number needs a plus, a bracket, a leading 0 with
# separators, or the American grouping.
_PHONE = (
    r"^(\+\s?\d[\d ()./-]{6,20}|\(\d+\)[\d ()./-]{5,20}|0\d{1,4}([ ./-]\d{2,9}){1,5}"
    r"|(1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4})$"
)
_PHONE_DIGITS = 7
_COLUMNS_AT_ONCE = 50


@dataclass(frozen=True)
class ColumnSummary:
    """One column in numbers. Shares are of the cells that hold a value; 0 where none does.

    `levels` are the commonest values with their counts, commonest first, ties in order of the text: of text, and of
    numbers with at most 40 different ones (`1`, not `1.0`). `low`, `median` and `high` are the order statistics at
    5, 50 and 95 percent. Dates have a minimum and a maximum only.
    """

    name: str
    kind: Kind
    unit: str
    n: int
    n_missing: int
    n_distinct: int
    minimum: float | date | None = None
    maximum: float | date | None = None
    low: float | None = None
    median: float | None = None
    high: float | None = None
    share_whole: float = 0.0
    share_negative: float = 0.0
    share_year: float = 0.0  # whole numbers from 1880 to 2030
    levels: tuple[tuple[str, int], ...] = ()
    share_email: float = 0.0
    share_phone_like: float = 0.0
    share_with_spaces: float = 0.0
    mean_length: float = 0.0
    max_length: int = 0

    @property
    def n_values(self) -> int:
        """Cells that hold a value."""
        return self.n - self.n_missing

    @property
    def distinct_share(self) -> float:
        """Different values per value: 1 when no value occurs twice."""
        return self.n_distinct / self.n_values if self.n_values else 0.0

    @property
    def level_names(self) -> tuple[str, ...]:
        return tuple(level for level, _ in self.levels)


def summarise(frame: nw.LazyFrame[Any], columns: Sequence[Column]) -> tuple[ColumnSummary, ...]:
    """One summary a column, in the order of `columns`, from all rows of the frame.

    >>> from segmentry.tables.table import Reading
    >>> frame = nw.from_dict({"age": [30.0, 41.0, None]}, backend="polars").lazy()
    >>> [age] = summarise(frame, [Column("age", Reading("number"), "numbers")])
    >>> age.n, age.n_missing, age.minimum, age.maximum, age.levels
    (3, 1, 30.0, 41.0, (('30', 1), ('41', 1)))
    """
    if not columns:
        return ()
    numbers = _numbers(frame, columns)
    counted = [c for i, c in enumerate(columns) if _has_levels(c.reading.kind, numbers[f"{i}:distinct"])]
    levels = _levels(frame, counted)
    return tuple(_summary(i, column, numbers, levels.get(column.name, ())) for i, column in enumerate(columns))


def over_all(columns: Sequence[Column]) -> dict[str, nw.Expr]:
    """What `widen` needs to know of all rows: counts and extremes, cheap on any size."""
    expressions: dict[str, nw.Expr] = {"n": nw.len()}
    for i, column in enumerate(columns):
        own = nw.col(column.name)
        expressions[f"{i}:missing"] = own.null_count()
        # The first and last of many texts in order cost more than all the rest.
        if column.reading.kind != "text":
            expressions |= {f"{i}:minimum": own.min(), f"{i}:maximum": own.max()}
    return expressions


def widen(
    summaries: Sequence[ColumnSummary], figures: Mapping[str, Any], frame: nw.LazyFrame[Any]
) -> tuple[ColumnSummary, ...]:
    """Summaries of a sample with the extremes and missing cells of all rows.

    `figures` are those of `over_all` for the same columns; `frame` holds all rows. It is asked only whether texts that
    are all the same in the sample are so elsewhere.
    """
    constant = {i: s.name for i, s in enumerate(summaries) if s.kind == "text" and s.n_distinct < 2}
    found = {**figures, **_text_extremes(frame, constant)}
    return tuple(_widened(i, summary, found) for i, summary in enumerate(summaries))


def _text_extremes(frame: nw.LazyFrame[Any], columns: Mapping[int, str]) -> dict[str, Any]:
    if not columns:
        return {}
    lows = {f"{i}:minimum": nw.col(name).min() for i, name in columns.items()}
    highs = {f"{i}:maximum": nw.col(name).max() for i, name in columns.items()}
    return collect_rows(frame.select(**lows, **highs))[0]


def _widened(i: int, summary: ColumnSummary, found: Mapping[str, Any]) -> ColumnSummary:
    low, high = found.get(f"{i}:minimum"), found.get(f"{i}:maximum")
    n, n_missing = int(found["n"]), int(found[f"{i}:missing"])
    # One value in the sample and another elsewhere: not a constant. Mostly different in the sample: so in all rows.
    different = max(summary.n_distinct, 1 + (low != high)) if low is not None else summary.n_distinct
    if summary.distinct_share > _MOSTLY_DIFFERENT:
        different = max(different, round(summary.distinct_share * (n - n_missing)))
    wider = replace(summary, n=n, n_missing=n_missing, n_distinct=different)
    return wider if summary.kind == "text" else replace(wider, minimum=low, maximum=high)


def _numbers(frame: nw.LazyFrame[Any], columns: Sequence[Column]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    # In several queries: the time of one grows with the square of what it counts.
    for start in range(0, len(columns), _COLUMNS_AT_ONCE):
        found |= _some_numbers(frame, list(enumerate(columns))[start : start + _COLUMNS_AT_ONCE])
    return found


def _some_numbers(frame: nw.LazyFrame[Any], columns: Sequence[tuple[int, Column]]) -> dict[str, Any]:
    expressions: dict[str, nw.Expr] = {"n": nw.len()}
    for i, column in columns:
        own = nw.col(column.name)
        expressions[f"{i}:missing"] = own.null_count()
        expressions[f"{i}:distinct"] = own.n_unique()
        kind = column.reading.kind
        extra = _of_number(own) if kind == "number" else _of_text(own) if kind == "text" else _of_date(own)
        expressions |= {f"{i}:{key}": expression for key, expression in extra.items()}
    [found] = collect_rows(frame.select(**expressions))
    for i, _ in columns:
        # A missing cell counts as a distinct value to every engine; it is none to a reader.
        found[f"{i}:distinct"] = int(found[f"{i}:distinct"]) - (int(found[f"{i}:missing"]) > 0)
    return found


def _of_number(own: nw.Expr) -> dict[str, nw.Expr]:
    whole = own == own.floor()
    return {
        "minimum": own.min(),
        "maximum": own.max(),
        "low": own.quantile(0.05, interpolation="lower"),
        "median": own.quantile(0.5, interpolation="lower"),
        "high": own.quantile(0.95, interpolation="lower"),
        "whole": whole.sum(),
        "negative": (own < 0).sum(),
        "year": (whole & (own >= _YEARS[0]) & (own <= _YEARS[1])).sum(),
    }


def _of_text(own: nw.Expr) -> dict[str, nw.Expr]:
    length = own.str.len_chars().cast(nw.Int64)
    n_digits = own.str.replace_all(r"[^0-9]", "").str.len_chars()
    trimmed = own.str.strip_chars()
    return {
        "email": trimmed.str.contains(EMAIL).sum(),
        "phone": (trimmed.str.contains(_PHONE) & (n_digits >= _PHONE_DIGITS)).sum(),
        "spaces": trimmed.str.contains(r"\s").sum(),
        "length": length.sum(),
        "longest": length.max(),
    }


def _of_date(own: nw.Expr) -> dict[str, nw.Expr]:
    return {"minimum": own.min(), "maximum": own.max()}


def _has_levels(kind: Kind, n_distinct: int) -> bool:
    return (kind == "text" and n_distinct <= _MOST_LEVELS_COUNTED) or (kind == "number" and n_distinct <= N_LEVELS)


def _levels(frame: nw.LazyFrame[Any], columns: Sequence[Column]) -> dict[str, tuple[tuple[str, int], ...]]:
    counts: dict[str, list[tuple[str, int]]] = {}
    # One pass a kind: numbers and texts cannot share the value column of an unpivoted table.
    for kind in ("text", "number"):
        names = [c.name for c in columns if c.reading.kind == kind]
        if not names:
            continue
        long = frame.select(names).unpivot(on=names, variable_name=_NAME, value_name=_VALUE)
        known = long.filter(~nw.col(_VALUE).is_null())
        for row in collect_rows(known.group_by(_NAME, _VALUE).agg(n=nw.len())):
            level = write_number(row[_VALUE]) if kind == "number" else str(row[_VALUE])
            counts.setdefault(str(row[_NAME]), []).append((level, int(row["n"])))
    return {name: _commonest(found) for name, found in counts.items()}


def _commonest(counts: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:N_LEVELS])


def write_number(value: float) -> str:
    """A number as a level name.

    >>> write_number(3.0), write_number(2.5), write_number(-0.0)
    ('3', '2.5', '0')
    """
    return str(int(value)) if value == int(value) else repr(value)


def _summary(i: int, column: Column, found: dict[str, Any], levels: tuple[tuple[str, int], ...]) -> ColumnSummary:
    def get(key: str) -> Any:
        return found.get(f"{i}:{key}")

    n, n_missing = int(found["n"]), int(get("missing"))

    def share(key: str) -> float:
        count = get(key)
        return int(count) / (n - n_missing) if count and n > n_missing else 0.0

    return ColumnSummary(
        name=column.name,
        kind=column.reading.kind,
        unit=column.unit,
        n=n,
        n_missing=n_missing,
        n_distinct=max(get("distinct"), 0),
        minimum=get("minimum"),
        maximum=get("maximum"),
        low=get("low"),
        median=get("median"),
        high=get("high"),
        share_whole=share("whole"),
        share_negative=share("negative"),
        share_year=share("year"),
        levels=levels,
        share_email=share("email"),
        share_phone_like=share("phone"),
        share_with_spaces=share("spaces"),
        mean_length=share("length"),
        max_length=int(get("longest") or 0),
    )
