"""Customers to place who share an id: more often a table that was joined or appended twice than two customers."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, plural
from segmentry.segmentation import Segmentation
from segmentry.tables import Table, all_different, collect_rows, in_warehouse, text_of

# Rows of a frame in memory of which ids are compared: of more, that takes longer than to place them.
MOST_IN_MEMORY = 20_000
_ID = "id::own"
_IDS = (nw.String, nw.Categorical, nw.Enum, nw.Date, nw.Datetime)  # beside numbers; lists and bytes name nobody


def repeated_ids(segmentation: Segmentation, table: Table) -> list[Notice]:
    """What to say of a table in which several rows have one id.

    Nothing where it has no ids, where only a warehouse or a query could count them, where a frame in memory is large,
    where customers were worked out from orders, or where rows that share an id were kept at the fit on purpose.
    """
    id_column, kept = segmentation.recipe.id_column, segmentation.provenance.settings.get("on_duplicate") == "keep"
    if kept or id_column is None or id_column not in table.taken_names:
        return []
    if table.in_source:
        return _said(id_column, _in_frame(table, id_column))
    if in_warehouse(table.source_kind) or table.source_kind in ("polars-lazy", "computed"):
        return []
    dtype = table.frame.collect_schema()[id_column]
    if not (dtype.is_numeric() or dtype in _IDS):
        return []
    # As they came first, which costs a fraction.
    if all_different(table.frame, id_column):
        return []
    ids = table.frame.select(text_of(table, id_column).alias(_ID))
    return _said(id_column, collect_rows(_again(ids))[0])


def _in_frame(table: Table, id_column: str) -> dict[str, Any]:
    """The repeats among the ids of a frame that holds them beside what was read."""
    frame: Any = nw.from_native(table.origin, eager_only=True)
    if table.rows_read > MOST_IN_MEMORY or id_column not in frame.columns or frame[id_column].n_unique() == len(frame):
        return {"ids": 0}
    return collect_rows(_again(frame.select(nw.col(id_column).alias(_ID)).lazy("polars")))[0]


def _again(ids: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    counted = ids.filter(~nw.col(_ID).is_null()).group_by(_ID).agg(nw.len().cast(nw.Int64).alias("n"))
    return counted.filter(nw.col("n") > 1).select(ids=nw.len(), rows=nw.col("n").sum())


def _said(id_column: str, found: dict[str, Any]) -> list[Notice]:
    if not found["ids"]:
        return []
    repeats = f"{plural(int(found['ids']), 'id')} on {plural(int(found['rows']), 'row')}"
    return [Notice("repeated-id", f"'{id_column}' repeats ({repeats}); each row is placed as a customer of its own.")]
