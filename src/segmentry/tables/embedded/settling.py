"""Text columns of a large source that stay text: told from some of their rows, so that not all need be weighed.

A column that is numbers or dates is so in nineteen cells of twenty; of rows that lie evenly all over it, far fewer
than half are then no doubt. What is said of all cells (words for "missing", spaces around) is still counted over all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from segmentry.tables import numbers
from segmentry.tables.embedded import cells
from segmentry.tables.embedded.judgement import Verdict, judge, surely_text, text_of_many
from segmentry.tables.embedded.seen import split_tokens
from segmentry.tables.settings import ReadingSettings

LEAST_ROWS = 50_000  # below it, weighing every cell costs nothing
_LOOKED_AT = 10_000
_FEW_DIFFERENT = 200


@dataclass(frozen=True)
class Settled:
    """What is known of a column that is text: whether any cell has spaces around it, whether any is to be dropped."""

    verdict: Verdict
    untrimmed: bool
    dropped: bool


def settle_texts(
    source: pl.LazyFrame, names: Sequence[str], settings: ReadingSettings, rows: int | None
) -> dict[str, Settled]:
    """The columns of `names` that are text without doubt; the others are left to be weighed over all cells."""
    if rows is None or rows < LEAST_ROWS or not names:
        return {}
    some = source.select(names).gather_every(rows // _LOOKED_AT).collect(engine="streaming")
    settled: dict[str, Settled] = {}
    for name in names:
        distinct = _counted(some.lazy().select(name), name)
        seen = split_tokens(name, _trimmed(distinct), settings.missing)
        if not surely_text(seen):
            continue
        if distinct.height <= _FEW_DIFFERENT:
            every = _counted(source.select(name), name)
            verdict = judge(split_tokens(name, _trimmed(every), settings.missing), settings, None)
        else:
            every = _odd_cells(source, name, settings)
            verdict = text_of_many(seen, split_tokens(name, _trimmed(every), settings.missing).tokens)
        if verdict.reading.kind == "text":
            settled[name] = Settled(verdict, *_oddities(every, settings))
    return settled


def _oddities(every: pl.DataFrame, settings: ReadingSettings) -> tuple[bool, bool]:
    text = cells.trimmed("own")
    untrimmed = every.select(pl.col("own").ne_missing(text).any()).item()
    dropped = every.select(text.is_in(list(settings.missing)).any()).item() if settings.missing else False
    return bool(untrimmed), bool(dropped)


def _counted(frame: pl.LazyFrame, name: str) -> pl.DataFrame:
    own = frame.select(pl.col(name).cast(pl.String).alias("own"))
    return own.group_by("own").agg(pl.len().cast(pl.Int64).alias("n")).collect(engine="streaming")


def _trimmed(counted: pl.DataFrame) -> pl.DataFrame:
    text = counted.lazy().select(cells.trimmed("own").alias("text"), "n").drop_nulls("text")
    return text.group_by("text").agg(pl.col("n").sum()).collect()


def _odd_cells(source: pl.LazyFrame, name: str, settings: ReadingSettings) -> pl.DataFrame:
    """The cells that say "missing" or have spaces around them, counted over all rows; of the latter, some."""
    own, text = pl.col("own"), cells.trimmed("own")
    rows = source.select(pl.col(name).cast(pl.String).alias("own"))
    # Words are looked for among short cells, and those with spaces: for most columns of ids and names that is nowhere.
    # Some ids are as short as words, and a pattern passes over them faster than they are written small and looked up.
    words = sorted({*numbers.MISSING_TOKENS, *settings.missing})
    short = own.str.len_chars() <= max(map(len, words))
    wordlike = short & own.str.contains(f"(?i)^(?:{'|'.join(map(pl.escape_regex, words))})$")
    few = rows.filter(wordlike | (own != cells.stripped(own)))
    word = pl.when(cells.is_token(text, settings.missing)).then(own).alias("word")
    spaced = own.filter(own.ne_missing(text)).first().alias("own")
    found = few.group_by(word).agg(spaced, pl.len().cast(pl.Int64).alias("n")).collect(engine="streaming")
    said = found.select(pl.col("word").alias("own"), "n")
    return pl.concat([said, found.select("own", n=pl.lit(0, pl.Int64))]).drop_nulls("own")
