"""Whether a column's values all differ, without counting them where a cheaper look settles it."""

from __future__ import annotations

import polars as pl


def all_different(frame: pl.LazyFrame, column: str) -> bool:
    """Whether no two rows have the same value, and none is missing.

    False may also mean that hashes met: values that share a hash need not be equal.

    >>> all_different(pl.LazyFrame({"id": ["b", "a", "c"]}), "id")
    True
    >>> all_different(pl.LazyFrame({"id": ["b", "a", "b"]}), "id")
    False
    """
    own, size = pl.col(column), pl.col("size")
    sized = frame.select(column, size=own.cast(pl.String).str.len_bytes())
    # By length first, as counters without leading zeros are in order.
    after = (size > size.shift(1)) | ((size == size.shift(1)) & (own > own.shift(1)))
    figures = sized.select(n=pl.len(), known=own.is_not_null().sum(), rising=after.sum())
    row = figures.collect(engine="streaming").row(0, named=True)
    if row["known"] < row["n"] or row["rising"] >= row["n"] - 1:
        return bool(row["known"] == row["n"])
    hashed = own.hash(seed=0)
    return bool(frame.select(hashed.n_unique()).collect(engine="streaming").item() == row["n"])
