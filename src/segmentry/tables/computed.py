"""Tables that are worked out from other tables: a row per customer from orders, beside what a file says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.tables.engines import in_warehouse, with_arrays
from segmentry.tables.memory import count_rows, materialise, plain_id, text_of
from segmentry.tables.names import ROW
from segmentry.tables.table import Column, SourceKind, Table

_KEY = "__key__"
_FILES = ("csv", "parquet", "excel", "json", "arrow", "sql")


def computed_table(frame: nw.LazyFrame[Any], columns: Sequence[Column], by: str, source: Table) -> Table:
    """The rows of `frame`, worked out once and held, in order of the column `by`; made of the table `source`."""
    names = [c.name for c in columns]
    rows = materialise(materialise(frame.select(*names)).sort(by))
    numbered = rows.with_row_index(ROW, order_by=by).with_columns(nw.col(ROW).cast(nw.Int64))
    kept = materialise(numbered.select(*names, ROW))
    n = count_rows(kept)
    return Table(
        frame=kept,
        columns=tuple(columns),
        rows_present=n,
        rows_read=n,
        source_kind=_kind(source),
        source_name=source.source_name,
        rejects=source.rejects,
        notices=source.notices,
        how=source.how,
    )


def with_numbers(table: Table, columns: Sequence[Column], values: Mapping[str, np.ndarray[Any, Any]]) -> Table:
    """A computed table with these of its columns only, and with arrays of numbers (NaN where missing) beside them.

    The arrays go by the order of rows in which the table was made.
    """
    rows = materialise(table.frame).collect()
    kept = with_arrays(rows.select(*(c.name for c in columns), ROW), values)
    return replace(table, frame=kept.lazy(), columns=tuple(columns))


def beside(table: Table, key: str, more: Table, more_key: str, absent: dict[str, float]) -> Table:
    """The rows of `table` in their order with the columns of `more` beside them, matched by two columns of ids.

    A row without a match has nothing there, or the number that `absent` gives for a column. Names must differ.
    """
    added = [c for c in more.columns if c.name != more_key]
    other = more.frame.select(plain_id(text_of(more, more_key)).alias(_KEY), *(c.name for c in added))
    left = table.frame.with_columns(plain_id(text_of(table, key)).alias(_KEY))
    own = left.collect_schema().names()
    if in_warehouse(table.source_kind):
        left = materialise(left)
    filled = [nw.col(name).fill_null(value).alias(name) for name, value in absent.items()]
    joined = left.join(other, on=_KEY, how="left").with_columns(*filled)
    ordered = materialise(joined.sort(ROW if ROW in own else _KEY).drop(_KEY))
    if ROW not in own:
        ordered = materialise(ordered.with_row_index(ROW, order_by=key).with_columns(nw.col(ROW).cast(nw.Int64)))
    return Table(
        frame=ordered,
        columns=(*table.columns, *added),
        rows_present=table.rows_present,
        rows_read=table.rows_read,
        source_kind=_kind(table),
        source_name=table.source_name,
        rejects=(*table.rejects, *more.rejects),
        notices=(*table.notices, *more.notices),
        how=table.how,
        scratch=table.scratch,
    )


def unmatched(table: Table, key: str, more: Table, more_key: str) -> tuple[int, int]:
    """Ids of `table` that `more` does not have, and ids of `more` that `table` does not have."""
    ours = materialise(table.frame.select(plain_id(text_of(table, key)).alias(_KEY)).unique())
    theirs = materialise(more.frame.select(plain_id(text_of(more, more_key)).alias(_KEY)).unique())
    return count_rows(ours.join(theirs, on=_KEY, how="anti")), count_rows(theirs.join(ours, on=_KEY, how="anti"))


def _kind(source: Table) -> SourceKind:
    # Rows that were worked out are no rows of a frame that was handed over.
    return source.source_kind if source.source_kind in _FILES else "computed"
