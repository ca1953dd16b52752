"""How a text column is to be read, decided over all of its cells; stops where the cells do not decide."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from segmentry.errors import AmbiguousColumnError, Notice
from segmentry.tables import dateformats, numbers
from segmentry.tables.embedded.dates import DATE_SHAPE, likely_form, valid
from segmentry.tables.embedded.seen import Cells
from segmentry.tables.masking import shown
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading

_WHOLE = "text, so that leading zeros and long numbers stay whole"
_CORE_OF_UNIT = rf"[{numbers.SPACES}]|{numbers.UNIT}"


@dataclass(frozen=True)
class Verdict:
    """How a column is read; `unit` is what its cells carry."""

    reading: Reading
    how: str
    unit: str = ""
    notices: tuple[Notice, ...] = ()


def judge(seen: Cells, settings: ReadingSettings, expected: Reading | None) -> Verdict:
    """Number, date or text: what the model or the settings say, else what the cells are.

    A date format and a decimal mark that the settings state win over those of the model.
    """
    wanted = expected.kind if expected is not None else settings.types.get(seen.column)
    if wanted is None and seen.column in settings.date_formats:
        wanted = "date"
    if wanted == "text" or (wanted is None and not seen.total):
        return _text(seen)
    if wanted == "number":
        return _number(seen, _mark(seen, settings, expected))
    if wanted == "date":
        return _date(seen, _wanted_form(seen, settings, expected))
    return _judge_freely(seen, settings)


def surely_text(some: Cells) -> bool:
    """Whether so few of some cells are numbers or dates that nineteen in twenty of all cells cannot be."""
    text = pl.col("text")
    marked = text.str.contains(numbers.pattern(".")) | text.str.contains(numbers.pattern(","))
    return some.total >= 100 and some.count(marked | text.str.contains(DATE_SHAPE)) * 4 < some.total


def text_of_many(some: Cells, tokens: pl.DataFrame) -> Verdict:
    """The verdict on a column of many different texts, from some of its cells and all that say "missing"."""
    how = _WHOLE if _has_leading_zeros(some) or _has_huge_wholes(some) else "text"
    return _text(Cells(some.column, some.body.clear(), tokens), how)


def _judge_freely(seen: Cells, settings: ReadingSettings) -> Verdict:
    form = likely_form(seen, settings)
    if form is not None:
        return _date(seen, form)
    if _has_leading_zeros(seen) or _has_huge_wholes(seen):
        return _text(seen, _WHOLE)
    text = pl.col("text")
    enough = seen.total - seen.allowed
    as_numbers = seen.count(text.str.contains(numbers.pattern(".")) | text.str.contains(numbers.pattern(",")))
    if as_numbers >= enough:
        mark = _mark(seen, settings, None)
        if seen.count(text.str.contains(numbers.pattern(mark))) >= enough:
            return _number(seen, mark)
    return _text(seen, notices=_mostly(seen, as_numbers))


# -- numbers


def _has_leading_zeros(seen: Cells) -> bool:
    return seen.count(pl.col("text").str.contains(numbers.LEADING_ZERO)) > 0


def _has_huge_wholes(seen: Cells) -> bool:
    text = pl.col("text")
    value = text.cast(pl.Float64, strict=False).abs() > numbers.LARGEST_EXACT
    return seen.count(text.str.contains(numbers.WHOLE) & value) > 0


def _mark(seen: Cells, settings: ReadingSettings, expected: Reading | None) -> numbers.Mark:
    wanted = settings.decimal_of(seen.column) or (expected.decimal if expected is not None else None)
    if wanted is not None:
        return wanted
    text = pl.col("text")
    dot, comma = text.str.contains(numbers.pattern(".")), text.str.contains(numbers.pattern(","))
    only_dot, only_comma = seen.count(dot & ~comma), seen.count(comma & ~dot)
    if only_dot or only_comma:
        return "." if only_dot >= only_comma else ","
    core = text.str.replace_all(_CORE_OF_UNIT, "")
    split: dict[numbers.Mark, pl.Expr] = {m: core.str.contains(numbers.THREE_DIGITS[m]) for m in (".", ",")}
    found = seen.body.filter(split["."] | split[","])
    if found.is_empty():
        return "."
    # Money has two decimals, never three: with a currency sign three digits are a group.
    signed = found.filter(text.str.contains(numbers.CURRENCY))
    with_dot, with_comma = (int(signed.filter(split[m])["n"].sum()) for m in (".", ","))
    if bool(with_dot) != bool(with_comma):
        return "," if with_dot else "."
    raise AmbiguousColumnError(
        f"The column '{seen.column}' can be read in two ways: the mark in its numbers may stand before "
        "decimals or between thousands.",
        found=f"{int(found['n'].sum())} cells such as {_shape(found['text'].sort()[0])}, none that settles it",
        remedy="Pass --decimal . or --decimal , (decimal = in the settings).",
        code="ambiguous-decimal",
    )


def _shape(text: str) -> str:
    """The form of a cell without its digits: 1.234 -> 9.999."""
    return "'" + re.sub(r"\d", "9", text) + "'"


def _number(seen: Cells, mark: numbers.Mark) -> Verdict:
    text = pl.col("text")
    valid = text.str.contains(numbers.pattern(mark))
    used = seen.count(valid & text.str.contains(mark, literal=True))
    unit, notices = _unit(seen, valid)
    name = {".": "point", ",": "comma"}[mark]
    how = f"numbers with decimal {name}" if used else "numbers"
    # Kept also where it only tells that the other mark stands between thousands: 1.234 is then not a decimal.
    settled = seen.count(valid & text.str.contains("[.,]")) > 0
    reading = Reading("number", decimal=mark if settled else None)
    return Verdict(reading, how, unit, (*notices, *_tokens(seen, missing=True)))


def _unit(seen: Cells, valid: pl.Expr) -> tuple[str, tuple[Notice, ...]]:
    unit = pl.col("text").str.extract(f"({numbers.UNIT})").fill_null("")
    counted = seen.body.filter(valid).group_by(unit.alias("unit")).agg(pl.col("n").sum()).sort("n", "unit")
    signs = [u for u in counted["unit"].to_list() if u]
    if not signs:
        return "", ()
    if len(signs) > 1:
        raise AmbiguousColumnError(
            f"The column '{seen.column}' mixes units that cannot be added up.",
            found=", ".join(sorted(signs)),
            remedy="Convert it to one unit, or leave it out.",
            code="mixed-units",
        )
    bare = int(counted.filter(pl.col("unit") == "")["n"].sum())
    if not bare:
        return signs[0], ()
    text = f"'{seen.column}': {bare} cells carry no {signs[0]}; they were taken to be in the same unit."
    return signs[0], (Notice("unit-missing", text),)


# -- dates


def _wanted_form(seen: Cells, settings: ReadingSettings, expected: Reading | None) -> str:
    known = settings.date_format_of(seen.column) or (expected.date_format if expected is not None else None)
    return known or likely_form(seen, settings, surely=True) or "YYYY-MM-DD"


def _date(seen: Cells, form: str) -> Verdict:
    notices: list[Notice] = []
    ways = dateformats.ways(form)
    if len(ways) > 1:
        counted = ", ".join(f"{int(seen.body.filter(valid(seen, way))['n'].sum()):,} as {way}" for way in ways)
        text = f"'{seen.column}' writes its dates in several ways, and each was read as it is written: {counted}."
        notices.append(Notice("several-date-formats", text))
    if dateformats.has_short_year(form):
        last = dateformats.last_short_year(seen.column)
        text = f"'{seen.column}' has years of two digits; {last + 1} to 99 were read as 19.., 00 to {last} as 20..."
        notices.append(Notice("short-years", text))
    return Verdict(
        Reading("date", date_format=form), f"dates as {form}", "", (*notices, *_tokens(seen, missing=True))
    )  # fmt: skip


# -- text


def _text(seen: Cells, how: str = "text", notices: tuple[Notice, ...] = ()) -> Verdict:
    return Verdict(Reading("text"), how, "", (*notices, *_tokens(seen, missing=False), *_twins(seen)))


def _tokens(seen: Cells, *, missing: bool) -> tuple[Notice, ...]:
    if seen.tokens.is_empty():
        return ()
    rows = seen.tokens.sort("text").head(5).iter_rows()
    said = ", ".join(f"'{text}' ({n})" for text, n in rows)
    if missing:
        return (Notice("missing-words", f"'{seen.column}': {said} were taken as missing."),)
    text = f"'{seen.column}': {said} were kept as text; pass --missing if they mean that nothing is known."
    return (Notice("missing-words-kept", text),)


def _twins(seen: Cells) -> tuple[Notice, ...]:
    """Levels that differ in case only, where there are few enough levels to be a category."""
    if not 1 < seen.body.height <= 50:
        return ()
    by_fold: dict[str, list[str]] = {}
    for text in seen.body["text"].sort().to_list():
        by_fold.setdefault(text.casefold(), []).append(text)
    pairs = [" / ".join(f"'{t}'" for t in texts) for texts in by_fold.values() if len(texts) > 1]
    if not pairs:
        return ()
    text = (
        f"'{seen.column}' has levels that differ in case only: {'; '.join(pairs)}. On a scale from low to high, and as "
        "yes and no, they are one level, elsewhere they stay apart: write them in one way if they mean the same."
    )
    return (Notice("similar-levels", text),)


def _mostly(seen: Cells, as_numbers: int) -> tuple[Notice, ...]:
    if as_numbers * 2 < seen.total or as_numbers == seen.total:
        return ()
    number = pl.any_horizontal(pl.col("text").str.contains(numbers.pattern(m)) for m in (".", ","))
    other, n = seen.body.filter(~number).sort(pl.col("n"), "text", descending=[True, False]).row(0)
    text = (
        f"'{seen.column}' was kept as text: {seen.total - as_numbers} of {seen.total} cells are no numbers, such as "
        f"'{shown(other, n)}'. If it holds numbers, state its type, or pass --missing for words that mean nothing."
    )
    return (Notice("mostly-numbers", text),)
