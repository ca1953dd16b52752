"""Cells that no spreadsheet runs: text that begins like a formula gets a ' before it."""

from __future__ import annotations

import re

from segmentry.tables import numbers

# These characters first, also behind white space or as wide forms.
FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
_FORMULA = re.compile(FORMULA)
_NUMBER = tuple(re.compile(numbers.pattern(mark)) for mark in (".", ","))


def inert_cell(cell: str) -> str:
    """Text that no spreadsheet runs; numbers stay as they are.

    >>> inert_cell("=1+1"), inert_cell("-5.20"), inert_cell("fine")
    ("'=1+1", '-5.20', 'fine')
    """
    if _FORMULA.search(cell) and not any(number.match(cell.strip()) for number in _NUMBER):
        return "'" + cell
    return cell
