"""Ways of writing a date, as people spell them ("DD-MM-YYYY"), each turned into one pattern.

Knows how a date may be written; which way a column uses is decided where the column is read. A column of several ways
has a format that names them all: "YYYY-MM-DD or DD.MM.YYYY".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from segmentry.errors import SettingsError

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# An optional time after the date, which is left aside: the date is the one that is written.
TIME = (
    r"(?:(?:[T,]|\s)\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)

_STRPTIME = {"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "Mon", "%B": "Month", "%e": "DD"}
_TIME_CODES = re.compile(r"[T ]?%[HIMSfpzZ](?:[:.]?%[HIMSfpzZ])*")
_SPELLED_TIME = re.compile(r"[T ]?(?:HH|hh)(?:[:.]?(?:mm|MM|ss|SS))*$")

_MONTH_NAMES = r"(?P<m>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?i:[a-z]*))\.?"
_PARTS = (
    ("YYYY", r"(?P<y>\d{4})"),
    ("Month", _MONTH_NAMES),
    ("MONTH", _MONTH_NAMES),
    ("Mon", _MONTH_NAMES),
    ("MON", _MONTH_NAMES),
    ("YY", r"(?P<y>\d{2})"),
    ("MM", r"(?P<m>\d{1,2})"),
    ("DD", r"(?P<d>\d{1,2})"),
    ("M", r"(?P<m>\d{1,2})"),
    ("D", r"(?P<d>\d{1,2})"),
)

# Tried in this order. A format with the day first stands beside its twin with the month first.
CANDIDATES = (
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD",
    "DD-MM-YYYY", "MM-DD-YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "MM.DD.YYYY",
    "DD-MM-YY", "MM-DD-YY", "DD/MM/YY", "MM/DD/YY", "DD.MM.YY", "MM.DD.YY",
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
        return r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})" + TIME + "$"
    return "^" + _pattern(form) + TIME + "$"


def _pattern(form: str) -> str:
    out, rest = "", form
    while rest:
        for name, expression in _PARTS:
            if rest.startswith(name):
                out, rest = out + expression, rest[len(name) :]
                break
        else:
            out, rest = out + (r"\s+" if rest[0] == " " else re.escape(rest[0])), rest[1:]
    return out


def has_short_year(form: str) -> bool:
    return "YY" in form.replace("YYYY", "")


def has_month_name(form: str) -> bool:
    return "Mon" in form or "MON" in form


def twin(form: str) -> str | None:
    """The format that swaps day and month, where both are written as numbers.

    >>> twin("DD/MM/YYYY"), twin("YYYY-MM-DD")
    ('MM/DD/YYYY', None)
    """
    if form.startswith(("DD", "MM")) and not has_month_name(form):
        return form.translate(str.maketrans("DM", "MD"))
    return None
