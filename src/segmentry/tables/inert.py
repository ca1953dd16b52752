"""Cells that no spreadsheet runs: text that begins like a formula gets a ' before it."""

from __future__ import annotations

import re

from segmentry.tables import numbers

# These characters first, also behind white space or as wide forms.
FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
_FORMULA = re.compile(FORMULA)


def inert_cell(cell: str) -> str:
    """Text that no spreadsheet runs; numbers stay as they are.

    >>> inert_cell("=1+1"), inert_cell("-5.20"), inert_cell("fine")
    ("'=1+1", '-5.20', 'fine')
    """
    if _FORMULA.search(cell) and not numbers.is_number(cell.strip()):
        return "'" + cell
    return cell
