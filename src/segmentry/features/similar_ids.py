"""Ids that people would take for one: the same but for case, or for how accents are stored. None is changed."""

from __future__ import annotations

import unicodedata
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, plural
from segmentry.tables import collect_rows, count_rows
from segmentry.tables.masking import mask

_FOLDED = "folded"
_MARKS = "[\u0300-\u036f]"  # accents stored apart from their letter
# Small letters of ASCII, and all that is not ASCII. Ids without any are the usual case, and have no other form; to look
# for these is cheaper than to write every id in capitals.
_PERHAPS = r"[^\x00-\x60\x7b-\x7f]"
_MOST_MARKED = 10_000  # ids with such accents that are looked up


def similar_ids(ids: nw.LazyFrame[Any], id_column: str, name: str) -> list[Notice]:
    """A warning when ids in the column `id_column` of `ids` differ in case or in the storing of accents only.

    `name` is what the user calls the column. Spaces around ids are gone when a table is read.
    """
    own = nw.col(id_column)
    if not collect_rows(ids.select(perhaps=_count(own.str.contains(_PERHAPS))))[0]["perhaps"]:
        return []
    folded = own.str.to_lowercase()
    small, capital = _count(own != own.str.to_uppercase()), _count(own != folded)
    # Ids without a small letter, or without a capital one, cannot differ in case: the costly count is spared.
    seen = collect_rows(ids.select(small=small, marked=_count(own.str.contains(_MARKS))))[0]
    in_cases = seen["small"] and collect_rows(ids.select(capital=capital))[0]["capital"]
    by_case = _by_case(ids, own, folded) if in_cases else (0, "")
    by_accent = _by_accent(ids, own, folded) if seen["marked"] else (0, "")
    n = by_case[0] + by_accent[0]
    if not n:
        return []
    message = (
        f"'{name}': {plural(n, 'id is', 'ids are')} written in several ways that differ only in case or in how accents "
        f"are stored, such as '{mask(by_case[1] or by_accent[1])}'. Each way counts as a customer of its own."
    )
    return [Notice("similar-ids", message)]


def _count(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum()


def _by_case(ids: nw.LazyFrame[Any], own: nw.Expr, folded: nw.Expr) -> tuple[int, str]:
    """Ids that are written in several cases, with the first of them."""
    different = ids.select(own, folded.alias(_FOLDED)).filter(~own.is_null()).unique()
    groups = different.group_by(_FOLDED).agg(nw.len().alias("n")).filter(nw.col("n") > 1)
    row = collect_rows(groups.select(nw.len().alias("n"), nw.col(_FOLDED).min()))[0]
    return int(row["n"]), str(row[_FOLDED] or "")


def _by_accent(ids: nw.LazyFrame[Any], own: nw.Expr, folded: nw.Expr) -> tuple[int, str]:
    """Ids whose accents stand apart in one row and on their letter in another."""
    marked = own.str.contains(_MARKS)
    rows = collect_rows(ids.filter(marked).select(folded.alias(_FOLDED)).unique().sort(_FOLDED).head(_MOST_MARKED))
    composed = sorted({unicodedata.normalize("NFC", str(row[_FOLDED])) for row in rows})
    whole = ids.filter(~marked & folded.is_in(composed)).select(folded.alias(_FOLDED)).unique()
    return count_rows(whole), composed[0] if composed else ""
