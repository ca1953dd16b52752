"""A few rows given by hand, as a frame of text cells that is then read like any other source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl


def text_frame(columns: Mapping[str, Sequence[str | None]]) -> pl.DataFrame:
    """Cells by column, None where there is none.

    >>> text_frame({"age": ["41"], "income": [None]}).shape
    (1, 2)
    """
    return pl.DataFrame(
        {name: list(cells) for name, cells in columns.items()}, schema=dict.fromkeys(columns, pl.String)
    )
