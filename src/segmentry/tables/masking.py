"""Cell values in messages: enough to find the cell, never enough to know the person."""

from __future__ import annotations

COMMON = 10  # cells: what stands in so many says nothing of one person


def mask(value: str) -> str:
    """The first character and an ellipsis; nothing for nothing.

    >>> mask("anna@example.org"), mask("")
    ('a…', '')
    """
    return f"{value[0]}…" if value else ""


def shown(value: str, n: int) -> str:
    """A value that stands in `n` cells: whole where it is common, masked where it may be somebody's own.

    >>> shown("k. A.", 10), shown("anna@example.org", 9)
    ('k. A.', 'a…')
    """
    return value if n >= COMMON else mask(value)
