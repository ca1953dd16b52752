"""Cell values in messages: enough to find the cell, never enough to know the person."""

from __future__ import annotations

# Customers that a figure, a point or a picture to pass on stands for at least, and cells that a value must stand in
# before it is told: fewer would point at persons.
FEWEST_TOLD = 10
_LONGEST_SHAPE = 40


def mask(value: str) -> str:
    """The first character and an ellipsis; nothing for nothing.

    >>> mask("anna@example.org"), mask("")
    ('a…', '')
    """
    return f"{value[0]}…" if value else ""


def shape(value: str) -> str:
    """How a value is written, without what it says: digits as 9, letters as a.

    >>> shape("36.45 Euro"), shape("Mar 15, 2024 6:16 PM")
    ('99.99 Aaaa', 'Aaa 99, 9999 9:99 AA')
    """
    form = "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in value)
    return form if len(form) <= _LONGEST_SHAPE else f"{form[:_LONGEST_SHAPE]}…"


def shown(value: str, n: int) -> str:
    """A value that stands in `n` cells: whole where it is common, masked where it may be somebody's own.

    >>> shown("k. A.", 10), shown("anna@example.org", 9)
    ('k. A.', 'a…')
    """
    return value if n >= FEWEST_TOLD else mask(value)
