"""Expressions that turn text cells into values. Each rule is stated in `numbers` and `dateformats`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from segmentry.tables import dateformats, numbers

_MONTH_NUMBERS = {head: f"{n:02d}" for n, heads in dateformats.MONTHS.items() for head in heads}
_GROUPING = rf"[{numbers.SPACES}{numbers.APOSTROPHES}]"


# White space, and what takes no room at all: copied from web pages and the beginnings of files.
_SPACE = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def trimmed(column: str) -> pl.Expr:
    """The text without white space around it; missing where nothing is left."""
    text = stripped(pl.col(column).cast(pl.String))
    return pl.when(text != "").then(text)


def stripped(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars(_SPACE)


def number(text: pl.Expr, mark: numbers.Mark) -> pl.Expr:
    """The number that is written, missing where the cell is no number under this decimal mark."""
    bare = text.str.replace_all(numbers.UNIT, "").str.replace_all(_GROUPING, "")
    negative = bare.str.contains(rf"^[(]?[{numbers.MINUS}].*[0-9]|[0-9][{numbers.MINUS}][)]?$|^\(")
    digits = bare.str.replace_all(rf"^[(+{numbers.DASHES}]+|[){numbers.DASHES}]+$", "")
    if mark == ".":
        plain = digits.str.replace_all(",", "", literal=True)
    else:
        plain = digits.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    # A zero before the digits changes none of them, and where a dash alone was written it is the number.
    size = (pl.lit("0") + plain).cast(pl.Float64, strict=False)
    value = pl.when(negative).then(-size).otherwise(size)
    return pl.when(text.str.contains(numbers.pattern(mark))).then(value)


def in_full(text: pl.Expr) -> pl.Expr:
    """The cell without what is short for thousands or more: 1.2 for 1.2k."""
    return text.str.replace(numbers.SHORTENED, "${digit}${rest}")


def shortened(text: pl.Expr, mark: numbers.Mark) -> pl.Expr:
    """The number that is written, in full or in short.

    >>> cells = pl.DataFrame({"text": ["1,2 Tsd.", "3 Mio. €", "(2k)", "7,5"]})
    >>> cells.select(n=shortened(pl.col("text"), ","))["n"].to_list()
    [1200.0, 3000000.0, -2000.0, 7.5]
    """
    short = text.str.extract_groups(numbers.SHORTENED).struct.field("short")
    known = {word: factor for word, factor in numbers.SHORT_FACTORS.items() if len(word) > 1}
    factor = short.replace_strict(numbers.SHORT_FACTORS, default=None, return_dtype=pl.Float64)
    spelled = short.str.to_lowercase().replace_strict(known, default=1.0, return_dtype=pl.Float64)
    # 1.1 times a thousand is 1100.0000000000002 in a computer.
    return (number(in_full(text), mark) * pl.coalesce(factor, spelled)).round(6)


def date(text: pl.Expr, form: str, column: str) -> pl.Expr:
    """The date that is written, missing where the cell is no date of this form or no day of the calendar."""
    return pl.coalesce(_date(text, way, dateformats.last_short_year(column)) for way in dateformats.ways(form))


def _date(text: pl.Expr, form: str, last_short_year: int) -> pl.Expr:
    parts = text.str.extract_groups(dateformats.pattern(form))
    year, month, day = (parts.struct.field(part) for part in ("y", "m", "d"))
    if dateformats.has_short_year(form):
        year = pl.when(year.cast(pl.Int16) > last_short_year).then("19" + year).otherwise("20" + year)
    if dateformats.has_month_name(form):
        month = month.str.to_lowercase().replace_strict(_MONTH_NUMBERS, default=None)
    digits = pl.concat_str(year, month.str.zfill(2), day.str.zfill(2))
    return digits.str.to_date("%Y%m%d", strict=False)


def is_token(text: pl.Expr, extra: Sequence[str] = ()) -> pl.Expr:
    """Whether the cell says in words that it is missing."""
    said = text.str.to_lowercase().is_in(sorted(numbers.MISSING_TOKENS))
    return said | text.is_in(list(extra)) if extra else said
