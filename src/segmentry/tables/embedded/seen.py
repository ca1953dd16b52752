"""The different cells of a text column, with how often each is there."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from segmentry.tables.embedded import cells


@dataclass
class Cells:
    """The different cells of a column with their number, those that say "missing" set apart."""

    column: str
    body: pl.DataFrame  # text, n
    tokens: pl.DataFrame
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = int(self.body["n"].sum())

    def count(self, condition: pl.Expr) -> int:
        return int(self.body.filter(condition)["n"].sum())

    @property
    def allowed(self) -> int:
        """Cells that may be wrong without the column losing its kind: one in twenty, and none below twenty."""
        return self.total // 20


def split_tokens(column: str, distinct: pl.DataFrame, missing: tuple[str, ...]) -> Cells:
    known = distinct.filter(~pl.col("text").is_in(list(missing))) if missing else distinct
    token = cells.is_token(pl.col("text"))
    return Cells(column, known.filter(~token), known.filter(token))
