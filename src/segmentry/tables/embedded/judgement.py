"""How a text column is to be read, decided over all of its cells; stops where the cells do not decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from segmentry.errors import AmbiguousColumnError, Notice, plural
from segmentry.tables import dateformats, numbers
from segmentry.tables.embedded import cells
from segmentry.tables.embedded.dates import DATE_SHAPE, count_dates, is_written_as_date, likely_form, valid
from segmentry.tables.embedded.seen import Cells
from segmentry.tables.masking import shown
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading

_WHOLE = "text, so that leading zeros and long numbers stay whole"
ID_NAME = re.compile(
    r"(^|[\W_])(ids?|key|code|no|nr|num|zip|plz|ean|sku|tel|fax|cp|iban)([\W_]|$)|number|nummer|num[eé]ro|post|phone|telef"
    r"|c[oó]digo|codice|customer$|kunde$|klant$|client[e]?$|nr$|(?-i:I[Dd]$)",
    re.IGNORECASE,
)
_KEPT, _KEPT_AS = "missing-words-kept", "were kept as text; pass --missing if they mean that nothing is known."
_FEW_COLUMNS = 3
_CORE_OF_UNIT = rf"[{numbers.SPACES}]|{numbers.UNIT}"


@dataclass(frozen=True)
class Verdict:
    """How a column is read; `unit` is what its cells carry. `short` holds where some numbers are short for others."""

    reading: Reading
    how: str
    unit: str = ""
    notices: tuple[Notice, ...] = ()
    short: bool = False


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
        return _wanted_number(seen, settings, expected)
    if wanted == "date":
        return _date(seen, _wanted_form(seen, settings, expected))
    return _judge_freely(seen, settings)


def surely_text(some: Cells) -> bool:
    """Whether so few of some cells are numbers or dates that nineteen in twenty of all cells cannot be."""
    text = pl.col("text")
    other = text.str.contains(DATE_SHAPE) | _is_short()
    return some.total >= 100 and some.count(_is_number() | other) * 4 < some.total


def text_of_many(some: Cells, tokens: pl.DataFrame) -> Verdict:
    """The verdict on a column of many different texts, from some of its cells and all that say "missing"."""
    how = _WHOLE if some.count(_is_code()) else "text"
    return _text(Cells(some.column, some.body.clear(), tokens), how)


def _judge_freely(seen: Cells, settings: ReadingSettings) -> Verdict:
    form = likely_form(seen, settings)
    if form is not None:
        return _date(seen, form)
    text = pl.col("text")
    enough = seen.total - seen.allowed
    as_numbers = seen.count(_is_number())
    codes = seen.count(_is_code())
    if codes > (0 if ID_NAME.search(seen.column) else seen.total // 100):
        return _text(seen, _WHOLE, _few_codes(seen, codes, as_numbers))
    if as_numbers >= enough:
        mark = _mark(seen, settings, None)
        if seen.count(text.str.contains(numbers.pattern(mark))) >= enough:
            verdict = _number(seen, mark)
            return replace(verdict, notices=(*verdict.notices, *_zeros(seen)))
        raise _two_marks(seen)
    if _are_shortened(seen):
        return _in_short(seen, settings, None)
    return _text(seen, notices=_mostly(seen) or _other_digits(seen))


# -- numbers


def _is_number() -> pl.Expr:
    return pl.any_horizontal(pl.col("text").str.contains(numbers.pattern(mark)) for mark in (".", ","))


def _is_short() -> pl.Expr:
    """A number in short, and not what ends in one: "less than $40K" is none."""
    text = pl.col("text")
    full = cells.in_full(text)
    is_number = pl.any_horizontal(full.str.contains(numbers.pattern(mark)) for mark in (".", ","))
    return text.str.contains(numbers.SHORTENED) & is_number


def _count_short(seen: Cells) -> int:
    # Few texts end so: these alone are looked at again.
    body = seen.body.filter(pl.col("text").str.contains(numbers.SHORTENED))
    return Cells(seen.column, body, seen.tokens).count(_is_short()) if body.height else 0


def _is_code() -> pl.Expr:
    """Leading zeros, as ids and postcodes have them, and whole numbers too long to be held exactly."""
    text = pl.col("text")
    huge = text.cast(pl.Float64, strict=False).abs() > numbers.LARGEST_EXACT
    return text.str.contains(numbers.LEADING_ZERO) | (text.str.contains(numbers.WHOLE) & huge.fill_null(value=False))


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
        found=f"{plural(sum(found['n']), 'cell')} such as {_shape(found['text'].sort()[0])}, none that settles it",
        remedy="Pass --decimal . or --decimal , (decimal = in the settings).",
        code="ambiguous-decimal",
    )


def _zeros(seen: Cells) -> tuple[Notice, ...]:
    zeros = pl.col("text").str.contains(numbers.LEADING_ZERO)
    n = seen.count(zeros)
    if not n:
        return ()
    text = (
        f"'{seen.column}' was read as numbers, though {plural(n, 'cell begins', 'cells begin')} with a zero, such as "
    )
    return (Notice("leading-zeros", f"{text}{_example(seen, zeros)}."),)


def _two_marks(seen: Cells) -> AmbiguousColumnError:
    point, comma = (seen.count(pl.col("text").str.contains(numbers.pattern(mark))) for mark in (".", ","))
    return AmbiguousColumnError(
        f"The column '{seen.column}' holds numbers with a decimal point and numbers with a decimal comma.",
        found=f"{plural(seen.total - comma, 'cell fits', 'cells fit')} only the point, {seen.total - point:,} only the "
        "comma",
        remedy=f"Write them in one way; or, if they are no numbers, keep it as text in segmentry.toml: [reading.types] "
        f'"{seen.column}" = "text".',
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
    counted = seen.body.filter(valid).group_by(unit.alias("unit")).agg(pl.col("n").sum())
    # The commonest spelling first, which stands for the others of the same currency.
    signs = [u for u in counted.sort("n", "unit", descending=[True, False])["unit"].to_list() if u]
    if not signs:
        return "", ()
    if len({numbers.currency_code(sign) for sign in signs}) > 1:
        raise AmbiguousColumnError(
            f"The column '{seen.column}' mixes units that cannot be added up.",
            found=", ".join(sorted(signs)),
            remedy="Convert it to one unit, or leave it out.",
            code="mixed-units",
        )
    bare = int(counted.filter(pl.col("unit") == "")["n"].sum())
    if not bare:
        return signs[0], ()
    text = (
        f"'{seen.column}': {plural(bare, 'cell carries', 'cells carry')} no {signs[0]}, taken to be in the same unit."
    )
    return signs[0], (Notice("unit-missing", text),)


def _wanted_number(seen: Cells, settings: ReadingSettings, expected: Reading | None) -> Verdict:
    if _count_short(seen):
        return _in_short(seen, settings, expected)
    return _number(seen, _mark(seen, settings, expected))


def _are_shortened(seen: Cells) -> bool:
    """Whether nearly all cells are numbers, some of them in short beyond doubt.

    Money is, and so are words such as Mio.; a letter is where decimals stand before it and k is among them: 5K is the
    name of a race, and 8.5M the size of a shoe.
    """
    text, is_short, n_short = pl.col("text"), _is_short(), _count_short(seen)
    if not n_short or _in_full(seen).count(_is_number()) < seen.total - seen.allowed:
        return False
    clear = text.str.contains(numbers.CURRENCY) | text.str.contains(rf"{numbers.SHORT_WORD}\.?")
    broken = text.str.contains(rf"[.,][0-9]+[{numbers.SPACES}]*[kKMB]$")
    letters = seen.count(is_short & text.str.contains("[kK]$")) > 0 and 10 * seen.count(broken) >= n_short
    return letters or 20 * seen.count(is_short & clear) >= 19 * n_short


def _in_full(seen: Cells) -> Cells:
    body = seen.body.with_columns(cells.in_full(pl.col("text")))
    return Cells(seen.column, body.group_by("text").agg(pl.col("n").sum()), seen.tokens)


def _in_short(seen: Cells, settings: ReadingSettings, expected: Reading | None) -> Verdict:
    """Numbers of which some are in short: the decimal mark is that of their digits."""
    full = _in_full(seen)
    verdict = _number(full, _mark(full, settings, expected))
    is_short = _is_short()
    n = seen.count(is_short)
    commonest = seen.body.filter(is_short).sort(pl.col("n"), "text", descending=[True, False])["text"][0]
    text = (
        f"'{seen.column}': {plural(n, 'cell')} in short, such as {_shape(commonest)}, "
        f"{'was' if n == 1 else 'were'} read as thousands, millions or billions."
    )
    return replace(verdict, notices=(*verdict.notices, Notice("shortened-numbers", text)), short=True)


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
    return (Notice(_KEPT, f"'{seen.column}': {said} {_KEPT_AS}"),)


def told_together(notices: Sequence[Notice]) -> list[Notice]:
    """The notices, with those on words kept as text made one where they are many: a file has one word for nothing."""
    kept = [notice for notice in notices if notice.code == _KEPT]
    if len(kept) <= _FEW_COLUMNS:
        return list(notices)
    said = [notice.message.removesuffix(_KEPT_AS).strip() for notice in kept]
    more = [f"and in {len(said) - _FEW_COLUMNS} more columns"]
    one = Notice(_KEPT, f"{', '.join([*said[:_FEW_COLUMNS], *more])} {_KEPT_AS}")
    return [one if notice is kept[0] else notice for notice in notices if notice is kept[0] or notice.code != _KEPT]


def _twins(seen: Cells) -> tuple[Notice, ...]:
    """Levels that differ in case only, where there are few enough levels to be a category."""
    if not 1 < seen.body.height <= 50:
        return ()
    by_fold: dict[str, list[tuple[str, int]]] = {}
    for text, n in seen.body.sort("text").select("text", "n").iter_rows():
        by_fold.setdefault(text.casefold(), []).append((text, n))
    twins = [(texts, sum(n for _, n in texts)) for texts in by_fold.values() if len(texts) > 1]
    # Few cells may hold one customer's name or address.
    pairs = [" / ".join(f"'{shown(t, n)}'" for t, _ in texts) for texts, n in twins]
    if not pairs:
        return ()
    text = (
        f"'{seen.column}' has levels that differ in case only: {'; '.join(pairs)}. On a scale from low to high, and as "
        "yes and no, they are one level, elsewhere they stay apart: write them in one way if they mean the same."
    )
    return (Notice("similar-levels", text),)


def _mostly(seen: Cells) -> tuple[Notice, ...]:
    """What is said of text that half of the cells say are numbers or dates."""
    number, dates = _is_number(), count_dates(seen)
    short = _count_short(seen)
    as_numbers = seen.count(number)
    for kind, like, n, nearly in (
        ("numbers", number, as_numbers, as_numbers + short),
        ("dates", is_written_as_date(), dates, dates),
    ):
        if n < seen.total <= 2 * nearly:
            are = "is" if seen.total - n == 1 else "are"
            text = f"'{seen.column}' was kept as text: {seen.total - n} of {seen.total} cells {are} no {kind}, such as "
            remedy = f"If it holds {kind}, state its type, or pass --missing for words that mean nothing."
            if kind == "numbers" and 2 * short > seen.total - n:
                stated = f'state [reading.types] "{seen.column}" = "number" in segmentry.toml'
                remedy = f"If k stands for thousands and M for millions, {stated}: they are then read in full."
            return (Notice(f"mostly-{kind}", f"{text}{_example(seen, ~like)}. {remedy}"),)
    return ()


def _other_digits(seen: Cells) -> tuple[Notice, ...]:
    n = seen.count(pl.col("text").str.contains(numbers.OTHER_DIGITS))
    if n * 2 < seen.total:
        return ()
    text = f"'{seen.column}' was kept as text: {n} of {seen.total} cells have digits of another script or width."
    return (Notice("other-digits", f"{text} Write them as 0 to 9."),)


def _few_codes(seen: Cells, codes: int, as_numbers: int) -> tuple[Notice, ...]:
    """What is said of numbers of which some begin with zeros, or are too long, where no name says that they are ids."""
    if ID_NAME.search(seen.column) or not 2 * codes < as_numbers >= seen.total - seen.allowed:
        return ()
    text = (
        f"'{seen.column}' was kept as text: {codes} of {seen.total} cells begin with a zero or are too long for a "
        f"number, such as {_example(seen, _is_code())}. If it holds numbers, say so in segmentry.toml: [reading.types] "
        f'"{seen.column}" = "number".'
    )
    return (Notice("mostly-numbers", text),)


def _example(seen: Cells, condition: pl.Expr) -> str:
    """The commonest of these cells: as a word where it is common or none of figures, else its form."""
    text, n = seen.body.filter(condition).sort(pl.col("n"), "text", descending=[True, False]).row(0)
    return f"'{shown(text, n)}'" if re.search(r"[^\W\d_]{2}", text) else _shape(text)
