"""The last lines of a table that are no customers: totals, averages, and notes below them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segmentry.errors import Notice
from segmentry.tables import numbers

LOOKED_AT = 10  # rows at the end
_SUMS = re.compile(
    "totals?|totaal|totales?|totali|totais|gesamt|insgesamt|gesamtsumme|gesamtergebnis|sums?|suma|summe|somme|somma|endsumme"
    "|subtotals?|zwischensumme|σ|average|mean|mittelwert|durchschnitt|moyenne|promedio|m[eé]dia|gemiddelde"
)
# "Grand total", "Summe aller Kunden".
_BESIDE = re.compile(
    "grand|sub|g[eé]n[eé]rale?|geral|result|of|the|all|aller?|de|dos|di|dei"
    "|kunden|customers|clients|clientes|clienti|klanten"
)


def count_footer(rows: Sequence[Sequence[str]]) -> int:
    """How many of the last rows of a table are totals or notes; `rows` are its last ones, cell by cell."""
    wordy = any(row and len(row[0].split()) > 2 and any(row[1:]) for row in rows)
    n = 0
    while n < len(rows) and (is_total(rows[-1 - n]) or (not wordy and _is_note(rows[-1 - n]))):
        n += 1
    return n


def is_total(cells: Sequence[str]) -> bool:
    """Whether a row is the sums under its columns: it says so, and holds nothing but numbers besides.

    >>> is_total(["Total (300 customers)", "", "405,248.95"]), is_total(["Total Tools Ltd", "41", "Rome"])
    (True, False)
    """
    first, *others = [cell.strip() for cell in cells if cell.strip()] or [""]
    words = re.findall(r"[^\W\d_]+", re.sub(r"\([^()]*\)", "", first.replace("∑", "Σ")).casefold())
    sums = [word for word in words if _SUMS.fullmatch(word)]
    named = bool(sums) and all(word in sums or _BESIDE.fullmatch(word) for word in words)
    return named and all(map(numbers.is_number, others))


def starts_blank(raw: bytes, separator: str) -> bool:
    """Whether nothing stands in the first cell of a line."""
    return not raw.decode("utf-8", "replace").split(separator)[0].strip(' "')


def _is_note(cells: Sequence[str]) -> bool:
    """Whether a row is a sentence and nothing besides."""
    first = cells[0].strip()
    return (
        len(cells) > 2 and not any(cell.strip() for cell in cells[1:]) and (len(first.split()) > 2 or first[:1] == "*")
    )


def footer_skipped(places: str, name: str) -> Notice:
    return Notice("footer-skipped", f"{name}: {places} at the end is a total or a note and not a customer; skipped.")
