"""The form in which a text column holds its dates, decided over all of its cells; stops where they do not decide.

A form may name several ways of writing a date, where the cells of each way alone show which it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from segmentry.errors import AmbiguousColumnError, plural
from segmentry.tables import dateformats
from segmentry.tables.embedded import cells
from segmentry.tables.embedded.seen import Cells
from segmentry.tables.settings import ReadingSettings

DATE_SHAPE = (
    rf"^{dateformats.WEEKDAY}(?:[0-9]{{8}}(?:\D|$)|[0-9]{{1,4}}[-/.]\s?[0-9]{{1,2}}[-/.]\s?[0-9]{{1,4}}(?:\D|$))"
    rf"|{dateformats.MONTH_HEAD}[^\W\d_]*[-/., ]+(?:(?:del?|of) )?[0-9]"
)
_ONE_EVENT = (
    r"(last|first|latest|recent|letzte[rns]?|erste[rns]?|laatste|eerste|[uú]ltim[oa]|prim[oa]|primera|primeir[oa]"
    r"|derni[eè]re?|premi[eè]re?)[\W_]*"
    r"(purchase|order|visit|login|seen|contact|activity|kauf|einkauf|bestellung|besuch|compra|pedido|visita|achat|commande"
    r"|visite|acquisto|ordine|aankoop|bestelling|bezoek)"
)
# A name that speaks of a day, or of one purchase: "orders" and "last_order_value" are counts and sums.
DATE_NAME = re.compile(
    rf"date|day|birth|since|dob|datum|(^|_)dt(_|$)|joined|signup|when|registered|created|updated|fecha|geburt|seit"
    rf"|naissance|nacimiento|nascimento|nascita|geboorte|depuis|desde|sinds|kauftag|_at$|_am$|{_ONE_EVENT}$"
    # In English, data are no date.
    r"|(^|_)data[_ ](d[aei]l?[_ ]|[uú]lt|ord|ped|acq|comp|isc|insc|nasc|cad|reg)",
    re.IGNORECASE,
)
_EXCEL_DAY = r"^[2-6][0-9]{4}(\.[0-9]+)?$"  # the years 1954 to 2091
_EIGHT_DIGITS = "YYYYMMDD"
# So many cells whose day is never one that could be a month are no chance: a program took the others for dates of its
# own country, day and month swapped, and has written them in another way.
_NO_CHANCE = 10


def likely_form(seen: Cells, settings: ReadingSettings, surely: bool = False) -> str | None:
    """The form in which nearly all cells are dates; None when they are not dates."""
    text = pl.col("text")
    enough = max(seen.total - seen.allowed, 1)
    if not surely and seen.count(text.str.contains(DATE_SHAPE)) < enough:
        return _form_beside_serials(seen, enough, settings)
    wanted = settings.date_format_of(seen.column)
    if wanted is not None and int(seen.body.filter(valid(seen, wanted))["n"].sum()) >= enough:
        return wanted
    counts = {form: seen.count(_written_as(form)) for form in dateformats.CANDIDATES}
    shaped = max(counts, key=lambda form: counts[form])
    if counts[shaped] < (1 if surely else enough):
        return None if surely else _form_of_mixed(seen, counts, enough, wanted)
    if shaped == _EIGHT_DIGITS:
        return shaped if surely or _is_convincing(seen) else None
    others = [_settled(seen, way) for way in _ways(counts) if way not in (shaped, _EIGHT_DIGITS)]
    return dateformats.together([_day_or_month_first(seen, shaped), *(way for way in others if way is not None)])


def count_dates(seen: Cells) -> int:
    """How many cells are written as dates, in whatever way; 0 where few even look so."""
    if seen.count(pl.col("text").str.contains(DATE_SHAPE)) * 2 < seen.total:
        return 0
    return seen.count(is_written_as_date())


def is_written_as_date() -> pl.Expr:
    return pl.any_horizontal(_written_as(form) for form in dateformats.CANDIDATES)


def valid(seen: Cells, form: str) -> pl.Series:
    """Which of the cells are days in this form."""
    return seen.body.select(cells.date(pl.col("text"), form, seen.column).is_not_null()).to_series()


def _written_as(way: str) -> pl.Expr:
    return pl.col("text").str.contains(dateformats.pattern(way))


def _ways(counts: Mapping[str, int]) -> list[str]:
    """The ways that some cells are written in, the most common first; of rivals, which hold for the same cells, one."""
    ways = [form for form in counts if counts[form] and (form.startswith("DD") or not dateformats.rivals(form))]
    return sorted(ways, key=lambda form: -counts[form])


def _form_of_mixed(seen: Cells, counts: Mapping[str, int], enough: int, wanted: str | None) -> str | None:
    """The form asked for, or one of all ways, where nearly all cells are dates and no one way holds for nearly all;
    stops where a way is not settled."""
    if seen.count(is_written_as_date()) < enough:
        return None
    if wanted is not None and valid(seen, wanted).any():
        return wanted
    ways = _ways(counts)
    settled = [None if way == _EIGHT_DIGITS else _settled(seen, way) for way in ways]
    if None not in settled:
        return dateformats.together(way for way in settled if way is not None)
    raise AmbiguousColumnError(
        f"The dates of the column '{seen.column}' are written in several ways, and it is not certain what each means.",
        found=", ".join(
            f"{counts[way]:,} as {way}{'' if known else f' ({_doubt(seen, way)})'}"
            for way, known in zip(ways, settled, strict=True)
        ),
        remedy=f"Write them in one way; or name the ways, as --date-format '{ways[0]} or {ways[1]}'; or pass "
        f"--date-format {ways[0]} and --max-rejected {_share_up(seen.total - counts[ways[0]], seen.total)} to reject "
        f"the other rows; or, if the column does not matter, keep it as text in segmentry.toml: [reading.types] "
        f'"{seen.column}" = "text".',
        code="mixed-dates",
    )


def _settled(seen: Cells, way: str) -> str | None:
    """The way or its rival, whichever the cells that are written so show; None where they do not, or are what a program
    left over that swapped day and month in the others."""
    own = _cells_of(seen, way)
    return None if _all_past_the_twelfth(own, way) else _order(own, way)


def _all_past_the_twelfth(own: Cells, way: str) -> bool:
    return max(_misses(own, way).values()) == own.total >= _NO_CHANCE


def _doubt(seen: Cells, way: str) -> str:
    if way == _EIGHT_DIGITS:
        return "or numbers"
    if _all_past_the_twelfth(_cells_of(seen, way), way):
        return "and all of them past the 12th"
    return f"or {' or '.join(dateformats.rivals(way))}"


def _cells_of(seen: Cells, way: str) -> Cells:
    return Cells(seen.column, seen.body.filter(_written_as(way)), seen.tokens)


def _form_beside_serials(seen: Cells, enough: int, settings: ReadingSettings) -> str | None:
    """None, unless the cells that are no dates are days as Excel counts them, which no form can hold."""
    text = pl.col("text")
    serial = text.str.contains(_EXCEL_DAY)
    days, dates = seen.count(serial), seen.count(text.str.contains(DATE_SHAPE))
    if not days or dates * 10 < seen.total or seen.count(serial | text.str.contains(DATE_SHAPE)) < enough:
        return None
    wanted = settings.date_format_of(seen.column)
    if wanted is not None and valid(seen, wanted).any():
        return wanted
    raise AmbiguousColumnError(
        f"The column '{seen.column}' holds dates and numbers as Excel counts days.",
        found=f"{dates:,} dates, {days:,} numbers from 20,000 to 69,999",
        remedy="Give the column one date format in the spreadsheet and export it again; or pass the format of its "
        f"dates, as --date-format YYYY-MM-DD, and --max-rejected {_share_up(seen.total - dates, seen.total)} to reject "
        "the other rows.",
        code="mixed-dates",
    )


def _share_up(part: int, whole: int) -> str:
    """A share in hundredths, rounded up so that it allows for the part."""
    return f"{-(-100 * part // whole) / 100:g}"


def _is_convincing(seen: Cells) -> bool:
    """Eight digits are a date when all cells are one, and there are several or the name says so."""
    dates = valid(seen, _EIGHT_DIGITS) & seen.body["text"].str.contains("^(19|20)")
    return bool(dates.all()) and (seen.total >= 3 or DATE_NAME.search(seen.column) is not None)


def _day_or_month_first(seen: Cells, form: str) -> str:
    found = _order(seen, form)
    if found is not None:
        return found
    misses = _misses(seen, form)
    fewest = min(misses.values())
    ways = [way for way in misses if misses[way] == fewest] if not fewest else list(misses)
    first = " or with ".join({"D": "the day", "M": "the month", "Y": "the year"}[way[0]] for way in ways)
    mixed = ", ".join(f"{plural(n, 'cell does', 'cells do')} not fit {way}" for way, n in misses.items())
    both = plural(seen.total, "cell that is a date", "cells that are dates")
    raise AmbiguousColumnError(
        f"The dates of the column '{seen.column}' can be read with {first} first.",
        found=mixed if fewest else f"{both} both as {' and as '.join(ways)}",
        remedy=f"Pass --date-format {' or --date-format '.join(ways)}.",
        code="ambiguous-date",
    )


def _order(seen: Cells, form: str) -> str | None:
    """The form or a rival with its parts in another order, whichever the cells fit; None where they do not decide."""
    misses = _misses(seen, form)
    fewest = min(misses.values())
    if fewest > seen.total // 100:
        return None
    ways = [way for way in misses if misses[way] == fewest]
    spread = [way for way in ways if len(ways) > 1 and _has_days_of_whole_months(seen, way)]
    if len(ways) == 1 or len(spread) == 1:
        return (spread or ways)[0]
    values = seen.body.select(cells.date(pl.col("text"), way, seen.column).alias(way) for way in ways)
    alike = not fewest and all(bool((values[ways[0]] == values[way]).all()) for way in ways)
    return ways[0] if alike else None


def _misses(seen: Cells, form: str) -> dict[str, int]:
    """For the form and each of its rivals, how many cells are no day in it, of those that are a day in any."""
    ways = (form, *dateformats.rivals(form))
    days = pl.DataFrame({way: valid(seen, way) for way in ways}).with_columns(seen.body["n"])
    days = days.filter(pl.any_horizontal(ways))
    return {way: int(days.filter(~pl.col(way))["n"].sum()) for way in ways}


def _has_days_of_whole_months(seen: Cells, way: str) -> bool:
    """Whether the days of dates with short years run through whole months, and few years are named beside them.

    That tells days from years where each may be either: 23-01-05 is of 2023 among cells that begin with 21 to 23 and
    end in 01 to 31.
    """
    if not dateformats.has_short_year(way):
        return False
    parts = seen.body.select(pl.col("text").str.extract_groups(dateformats.pattern(way)).alias("parts")).unnest("parts")
    days = set(parts["d"].cast(pl.Int8).drop_nulls().to_list())
    return len(days) >= max(12, 3 * parts["y"].n_unique()) and min(days) <= 3 and max(days) >= 29
