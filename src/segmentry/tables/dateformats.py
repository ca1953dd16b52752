"""Ways of writing a date, as people spell them ("DD-MM-YYYY"), each turned into one pattern.

Knows how a date may be written; which way a column uses is decided where the column is read. A column of several ways
has a format that names them all: "YYYY-MM-DD or DD.MM.YYYY".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from segmentry.errors import SettingsError

# How the names of the months begin in English, German, French, Spanish, Italian and Dutch, in lower case.
MONTHS = {
    1: ("jan", "jän", "ene", "gen"), 2: ("feb", "fév", "fev"), 3: ("mar", "mär", "mrz", "maa", "mrt"),
    4: ("apr", "avr", "abr"), 5: ("may", "mai", "mag", "mei"), 6: ("jun", "juin", "giu"), 7: ("jul", "juil", "lug"),
    8: ("aug", "aoû", "aou", "ago"), 9: ("sep", "set"), 10: ("oct", "okt", "ott", "out"), 11: ("nov",),
    12: ("dec", "dez", "déc", "dic"),
}  # fmt: skip
MONTH_HEAD = f"(?i:{'|'.join(head for heads in MONTHS.values() for head in heads)})"
_LETTERS = r"[^\W\d_]*"

# A day of the week may stand before the date, short or in full.
_WEEKDAYS = (
    "mon|tues?|wed|thu|thurs?|fri|sat|sun|mo|di|mi|do|fr|sa|so|ma|wo|vr|za|zo|lun|mar|mer|jeu|ven|sam|dim|mi[ée]|jue|vie|"
    "s[áa]b|dom|gio|mittwoch|dimanche|lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|s[áa]bato|domenica"
)
WEEKDAY = rf"(?:(?i:{_WEEKDAYS}|{_LETTERS}(?:day|tag|dag|di|dì))\.?,?\s+)?"

# An optional time after the date, which is left aside: the date is the one that is written.
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
_ZONE = r"(?:Uhr|[A-Z]{1,5})?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?(?:\s*\([^()]*\))?"
TIME = rf"(?:T[0-9]{{4}}(?:[0-9]{{2}})?Z?|(?:[T,]|\s)\s*{_CLOCK}\s*(?:[AaPp]\.?[Mm]\.?)?\s*{_ZONE})?"

BIRTH_NAME = re.compile(
    r"birth|born|(^|_)dob|geburt|geboren|(^|_)geb|naissance|nacimiento|nascita|nascimento|(^|_)nasc|geboorte",
    re.IGNORECASE,
)

_STRPTIME = {"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "Mon", "%B": "Month", "%e": "DD"}
_TIME_CODES = re.compile(r"[T ]?%[HIMSfpzZ](?:[:.]?%[HIMSfpzZ])*")
_SPELLED_TIME = re.compile(r"[T ]?(?:HH|hh)(?:[:.]?(?:mm|MM|ss|SS))*$")

_MONTH_NAMES = rf"(?P<m>{MONTH_HEAD}){_LETTERS}\.?"
# Beside the name of a month: 5th May, 5. Mai, 5 de mayo de 2023.
_NAMED_DAY = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th|er|\.|º|°)?"
_SPACE_BY_NAME = r"(?:\s+del?\s+|\s+of\s+|\s+)"
_PARTS = (
    ("YYYY", r"(?P<y>[0-9]{4})"),
    ("Month", _MONTH_NAMES),
    ("MONTH", _MONTH_NAMES),
    ("Mon", _MONTH_NAMES),
    ("MON", _MONTH_NAMES),
    ("YY", r"(?P<y>[0-9]{2})"),
    ("MM", r"(?P<m>[0-9]{1,2})"),
    ("DD", r"(?P<d>[0-9]{1,2})"),
    ("M", r"(?P<m>[0-9]{1,2})"),
    ("D", r"(?P<d>[0-9]{1,2})"),
)

# Tried in this order. A format with the day first stands before its rivals, which the same cells can be read as.
CANDIDATES = (
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD",
    "DD-MM-YYYY", "MM-DD-YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "MM.DD.YYYY",
    "DD-MM-YY", "MM-DD-YY", "YY-MM-DD", "DD/MM/YY", "MM/DD/YY", "YY/MM/DD", "DD.MM.YY", "MM.DD.YY", "YY.MM.DD",
    "DD Mon YYYY", "DD-Mon-YYYY", "DD/Mon/YYYY", "DD-Mon-YY", "DD Mon YY", "Mon DD, YYYY", "Mon DD YYYY",
)  # fmt: skip


def spelled(form: str) -> str:
    """The format as people spell it, whatever way it was written; an error when it has no day, month or year.

    >>> spelled("%d-%m-%Y"), spelled("dd/mm/yyyy"), spelled("%Y-%m-%d %H:%M:%S or dd.mm.yy")
    ('DD-MM-YYYY', 'DD/MM/YYYY', 'YYYY-MM-DD or DD.MM.YY')
    """
    return together([_spelled(way) for way in ways(form)])


def ways(form: str) -> list[str]:
    """The ways of writing a date that a format names."""
    return re.split(r"\s+or\s+", form.strip())


def together(forms: Iterable[str]) -> str:
    """The format that names all of these ways."""
    return " or ".join(dict.fromkeys(forms))


def _spelled(form: str) -> str:
    text = _TIME_CODES.sub("", form.strip()) if "%" in form else _SPELLED_TIME.sub("", form.strip())
    for code, name in _STRPTIME.items():
        text = text.replace(code, name)
    if "%" not in form and not re.search("[Mm]on", text):
        text = text.upper()
    parts = re.findall(r"\(\?P<([ymd])>", _pattern(text)) if text else []
    if sorted(parts) != ["d", "m", "y"]:
        raise SettingsError(
            "A date format needs a day, a month and a year.",
            found=repr(form),
            remedy='Pass for example --date-format DD-MM-YYYY or "%d/%m/%Y".',
            code="date-format",
        )
    return text


@cache
def pattern(form: str) -> str:
    """A regular expression, of one way, with the groups y, m and d that the whole cell must match."""
    fixed = form.replace("YYYYMMDD", "YYYY\0MM\0DD")
    if "\0" in fixed:
        return r"^(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})" + TIME + "$"
    return f"^{WEEKDAY}{_pattern(form)}{TIME}$"


def _pattern(form: str) -> str:
    """The form's own part of the pattern; dots may have a space behind them, and the last part a dot, as the others."""
    named, dotted = has_month_name(form), "." in form
    marks = {" ": _SPACE_BY_NAME if named else r"\s+", ".": r"\.\s?"}
    out, rest = "", form
    while rest:
        for name, expression in _PARTS:
            if rest.startswith(name):
                day = named and name in ("DD", "D")
                out, rest = out + (_NAMED_DAY if day else expression), rest[len(name) :]
                break
        else:
            out, rest = out + marks.get(rest[0], re.escape(rest[0])), rest[1:]
    return out + (r"\.?" if dotted else "")


def has_short_year(form: str) -> bool:
    return "YY" in form.replace("YYYY", "")


def last_short_year(column: str) -> int:
    """The last year of two digits that belongs to this century; of births, which are never to come, the last until now.

    >>> last_short_year("signup"), last_short_year("birth_date")
    (68, 26)
    """
    return 26 if BIRTH_NAME.search(column) else 68


def has_month_name(form: str) -> bool:
    return "Mon" in form or "MON" in form


def rivals(form: str) -> tuple[str, ...]:
    """The other forms that cells of this shape can be read as: day or month first, with short years the year too.

    >>> rivals("DD/MM/YYYY"), rivals("DD.MM.YY"), rivals("YYYY-MM-DD")
    (('MM/DD/YYYY',), ('MM.DD.YY', 'YY.MM.DD'), ())
    """
    if has_month_name(form) or form.startswith("YYYY"):
        return ()
    alike = [other for other in CANDIDATES if sorted(other) == sorted(form) and not other.startswith("YYYY")]
    return tuple(other for other in alike if other != form)
