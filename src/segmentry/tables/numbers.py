"""Ways of writing a number, as patterns; which decimal mark a column uses is decided where it is read.

Stated rules: a currency sign, a word for it or % before or after the number is its unit (12 % stays 12, unit "%");
(5.00), $(5.00), 5.00- and −5 are negative; dashes directly after the decimal mark mean "no cents" (158,- is 158), one
beside a currency sign is zero; groups of three may be split by the mark that is not the decimal one, by spaces of any
width or by apostrophes; thousands, millions and billions may be in short (1.2k, 3 Mio. €) in a column that shows it; a
group cannot begin with 0, so 0.123 is a decimal. Digits are 0 to 9 and no other script's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal

Mark = Literal[".", ","]

# Longer words before what they begin with. No \b at the end: an engine's quick way through a pattern stops at it where
# there are letters beyond ASCII, as € is.
_SIGN = r"[A-Z]{0,2}\$|[€£¥₹₽₩₺₪฿₫₴₦]|zł|Kč|(?:kr|R[sp])\.?"
_WORD = (
    r"lei|[Ee]uros?|EUROS?|usd|eur|gbp|chf|TL"
    r"|USD|EUR|GBP|CHF|JPY|INR|CNY|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|MXN|ZAR|TRY|RUB|AED|SAR|QAR|ILS|EGP"
    r"|MAD|NGN|KES|PKR|BDT|LKR|IDR|MYR|SGD|HKD|TWD|KRW|THB|PHP|VND|COP|CLP|ARS|PEN|UAH|BGN"
)
CURRENCY = rf"(?:{_SIGN}|{_WORD})"
# Signs and words of one currency, which may stand beside each other.
SAME_CURRENCY = {
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "ZŁ": "PLN", "KČ": "CZK",
    "₺": "TRY", "TL": "TRY", "₽": "RUB", "₹": "INR", "R$": "BRL", "KR.": "KR",
    "RS.": "RS", "RP.": "RP", "LEI": "RON",
}  # fmt: skip
UNIT = rf"(?:{CURRENCY}|%)"
SPACES = "\u0020\u00a0\u2007\u2009\u202f"
APOSTROPHES = "'\u2019"
MINUS = "\\-\u2212"
DASHES = MINUS + "\u2013\u2014"

# In number and date columns these stand for "not known"; in text columns they are words like others.
# None that could be a figure, a code or a place: "nc" and "ka" are left out.
MISSING_TOKENS = frozenset(
    {"na", "n/a", "#n/a", "n.a.", "n. a.", "null", "none", "nan", "-", "--", "?", "unknown"}
    | {"k. a.", "k.a.", "keine angabe", "keine angaben", "n. v.", "n.v.", "unbekannt", "nicht bekannt"}
    | {"desconocido", "desconocida", "sin dato", "sin datos", "s/d", "n/d"}
    | {"inconnu", "inconnue", "non renseigné", "non renseignée", "non renseigne"}
    | {"desconhecido", "desconhecida", "não informado", "não informada", "nao informado", "sem dados", "sem informação"}
    | {"sconosciuto", "sconosciuta", "non specificato", "non disponibile", "onbekend", "niet bekend", "n.b.", "n.v.t."}
)

# Numbers that people put where they have none.
NEGATIVE_SPIKES = (-1.0, -9.0, -99.0, -999.0, -9999.0)
POSITIVE_SPIKES = (999.0, 9999.0, 99999.0, 999999.0, 9999999.0)

LARGEST_EXACT = float(2**53)
# Squares of larger numbers, and their sums, leave what a computer can hold; nothing in a shop is so large.
LARGEST_USED = 1e100


def currency_code(word: str) -> str:
    """One spelling for a currency, whichever of its signs and words is given; another word in capitals.

    >>> currency_code("€"), currency_code("Euro"), currency_code("sek")
    ('EUR', 'EUR', 'SEK')
    """
    spelled = word.strip().upper()
    return SAME_CURRENCY.get(spelled, spelled)


def said_by(words: Iterable[str]) -> list[float]:
    """The numbers among words: -999 is what -999.0 says as well.

    >>> said_by(["-999", "unknown", "0,5"])
    [-999.0, 0.5]
    """
    found = [_number(word) for word in words]
    return [number for number in found if math.isfinite(number)]


def _number(word: str) -> float:
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return math.nan


def _groups(mark: Mark) -> str:
    other = r"\." if mark == "," else ","
    kinds = [other, f"[{SPACES}]", f"[{APOSTROPHES}]"]
    split = [rf"[1-9][0-9]{{0,2}}(?:{kind}[0-9]{{3}})+" for kind in kinds]
    # Lakh and crore: 12,34,567.
    split.append(rf"[1-9][0-9]?(?:{other}[0-9]{{2}})+{other}[0-9]{{3}}")
    return "|".join(split)


def pattern(mark: Mark) -> str:
    """What a whole cell must look like to be a number under this decimal mark."""
    point = r"\." if mark == "." else ","
    whole, power = rf"(?:{_groups(mark)}|[0-9]+)", r"(?:[eE][+-]?[0-9]{1,3})?"
    digits = rf"(?:{whole}(?:{point}[0-9]+)?|{point}[0-9]+){power}"
    cents_left_out = rf"{whole}{point}(?:{power}|[{DASHES}]{{1,2}})"
    space, sign = rf"[{SPACES}]*", rf"[+{MINUS}]?"
    unit = rf"{space}(?:{UNIT})?"
    # A minus behind the number is a sign only after a digit; after the decimal mark it leaves out cents.
    written = rf"(?:{digits}{unit}{space}[{MINUS}]?|{cents_left_out}{unit})"
    # One sign, before the unit or behind it: of two, as in "+ -5", nobody knows what they mean.
    # PEN3 is the third of some pens.
    before = rf"(?:(?:{_SIGN}|%){space}|(?:{_WORD})[{SPACES}]+)"
    plain = rf"(?:{sign}{space}{before}?|{before}{sign}|(?:{_WORD})[+{MINUS}]){written}"
    # As accountants' formats show a loss and nothing at all: $(5.00), $ -, - €.
    loss, nothing = rf"{CURRENCY}{space}\({space}{written}{space}\)", f"[{DASHES}]"
    accounting = rf"{loss}|{CURRENCY}{space}{nothing}|{nothing}{space}{CURRENCY}"
    return rf"^(?:{plain}|\({space}{plain}{space}\)|{accounting})$"


_UNDER_EITHER_MARK = tuple(re.compile(pattern(mark)) for mark in (".", ","))


def is_number(cell: str) -> bool:
    """Whether a cell is a number under one of the two decimal marks."""
    return any(p.match(cell) for p in _UNDER_EITHER_MARK)


# One mark with exactly three digits after it: 1.234 may be a decimal or a thousand.
THREE_DIGITS = {
    ".": rf"^\(?[+{MINUS}]?[1-9][0-9]{{0,2}}\.[0-9]{{3}}[{MINUS}]?\)?$",
    ",": rf"^\(?[+{MINUS}]?[1-9][0-9]{{0,2}},[0-9]{{3}}[{MINUS}]?\)?$",
}
LEADING_ZERO = r"^[+-]?0[0-9]"
WHOLE = r"^[+-]?[0-9]+$"
# In the engine's patterns only: Arabic, Devanagari, full-width digits and the like.
OTHER_DIGITS = r"[\d--0-9]"
# Thousands, millions and billions in short: 1.2k, 3 Mio. €. A small m may be metres, months or minutes, and is none.
SHORT_FACTORS = {
    "k": 1e3, "K": 1e3, "tsd": 1e3, "thousand": 1e3, "tys": 1e3, "M": 1e6, "mio": 1e6, "mln": 1e6, "mn": 1e6,
    "million": 1e6, "millions": 1e6, "B": 1e9, "mrd": 1e9, "mld": 1e9, "bn": 1e9, "billion": 1e9, "billions": 1e9,
}  # fmt: skip
SHORT_WORD = rf"(?i:{'|'.join(sorted((w for w in SHORT_FACTORS if len(w) > 1), key=len, reverse=True))})"
_SHORT = rf"[{SPACES}]*(?P<short>[kKMB]|{SHORT_WORD})\.?"
SHORTENED = rf"(?P<digit>[0-9]){_SHORT}(?P<rest>(?:[{SPACES}]*{CURRENCY})?\)?)$"
