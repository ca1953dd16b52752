"""Frames made of what is in memory already: cells given by hand, arrays of numbers, the rows of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.tables.names import ROW
from segmentry.tables.table import Column, Reading, Table

Frame = pl.DataFrame  # what a result gives as its numbers; other rooms say it by this name


def text_frame(columns: Mapping[str, Sequence[str | None]]) -> pl.DataFrame:
    """Cells by column, None where there is none.

    >>> text_frame({"age": ["41"], "income": [None]}).shape
    (1, 2)
    """
    return pl.DataFrame(
        {name: list(cells) for name, cells in columns.items()}, schema=dict.fromkeys(columns, pl.String)
    )


def number_table(columns: Mapping[str, np.ndarray[Any, Any]]) -> Table:
    """Arrays of finite numbers as a table, NaN as missing.

    >>> number_table({"spend": np.array([1.0, np.nan])}).frame.collect()["spend"].to_list()
    [1.0, None]
    """
    made = [pl.Series(name, np.ascontiguousarray(column), nan_to_null=True) for name, column in columns.items()]
    frame = pl.DataFrame(made)
    return Table(
        frame=nw.from_native(frame.lazy().with_row_index(ROW).cast({ROW: pl.Int64})),
        columns=tuple(Column(name, Reading("number"), "numbers") for name in columns),
        rows_present=frame.height,
        rows_read=frame.height,
        source_kind="polars",
        source_name="the matrix",
    )


def n_threads() -> int:
    """How many threads the embedded engine works on; others keep to it."""
    return pl.thread_pool_size()


def result_frame(rows: Sequence[Mapping[str, object]]) -> Frame:
    """The rows of a result, with every column that any of them has.

    >>> result_frame([{"k": 3}, {"k": 4, "silhouette": 0.5}]).columns
    ['k', 'silhouette']
    """
    return pl.DataFrame(rows, infer_schema_length=None)
