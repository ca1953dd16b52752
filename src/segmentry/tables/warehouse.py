"""Tables that stay where they are: a DuckDB relation or a Spark DataFrame, typed by expressions on its own engine.

Nothing here names an engine or fetches rows. Columns have types of their own in a warehouse, so that nothing is
guessed from text; a text column stays text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, UnreadableFileError
from segmentry.tables.memory import count_rows
from segmentry.tables.names import check_names, raw_name
from segmentry.tables.table import Column, Reading, SourceKind, Table

# Engines by the name that narwhals gives them. What is not here is read into the embedded engine.
ENGINES: Mapping[str, SourceKind] = {"duckdb": "duckdb", "pyspark": "spark", "pyspark[connect]": "spark"}


def engine_of(source: Any) -> SourceKind | None:
    """The warehouse that a frame lives in; None for anything else."""
    try:
        frame = nw.from_native(source)
    except TypeError:
        return None
    return ENGINES.get(str(frame.implementation.value)) if isinstance(frame, nw.LazyFrame) else None


def read_warehouse(source: Any, kind: SourceKind) -> Table:
    """A typed table over the warehouse's own: numbers as float64, dates as dates, truth values as 1 and 0."""
    frame: nw.LazyFrame[Any] = nw.from_native(source)
    schema = frame.collect_schema()
    check_names(list(schema.names()), f"The {kind} table")
    columns, typed, kept, notices = [], [], [], []
    for name, dtype in schema.items():
        column, value = _typed(name, dtype)
        if value is None:
            notices.append(Notice("nested-column", f"'{name}' holds nested values ({dtype}); it is not used."))
            continue
        columns.append(column)
        if column.raw is not None:
            kept.append(nw.col(name).alias(column.raw))
        typed.append(value.alias(name))
    if not columns:
        raise UnreadableFileError(f"The {kind} table has no column that can be used.", remedy="Check the query.")
    rows = count_rows(frame)
    return Table(
        frame=frame.select(*typed, *kept),
        columns=tuple(columns),
        rows_present=rows,
        rows_read=rows,
        source_kind=kind,
        source_name=f"{kind} table",
        notices=tuple(notices),
        origin=source,
    )


def _typed(name: str, dtype: Any) -> tuple[Column, nw.Expr | None]:
    own, raw = nw.col(name), raw_name(name)
    if dtype == nw.String or dtype in (nw.Categorical, nw.Enum):
        return Column(name, Reading("text"), "text"), own.cast(nw.String)
    if dtype == nw.Date:
        return Column(name, Reading("date", date_format="YYYY-MM-DD"), "dates"), own
    if dtype == nw.Datetime:
        # The day that the session's clock shows; the zone of the session is the user's to set.
        return Column(name, Reading("date", date_format="YYYY-MM-DD"), "dates", raw=raw), own.cast(nw.Date)
    if dtype == nw.Boolean:
        number = nw.when(own).then(nw.lit(1.0)).otherwise(nw.when(~own).then(nw.lit(0.0)))
        return Column(name, Reading("number"), "true and false as 1 and 0", raw=raw), number
    if dtype.is_float():
        value = own.cast(nw.Float64)
        return Column(name, Reading("number"), "numbers", raw=raw), nw.when(~value.is_nan()).then(value)
    if dtype.is_numeric():
        return Column(name, Reading("number"), "numbers", raw=raw), own.cast(nw.Float64)
    return Column(name, Reading("text"), "nested values, not used"), None


def deliver_warehouse(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str]) -> Any:
    """The source's columns as they were, then the new ones, lazily on the same engine."""
    own = [nw.col(c.raw or c.name).alias(c.name) for c in table.columns]
    return nw.to_native(frame.select(*own, *added))
