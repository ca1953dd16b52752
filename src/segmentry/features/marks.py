"""What the words of a column's name mark it as, beside its role; the words themselves stand in `marks.toml`.

Roles are left to `roles`, what follows from a mark to whoever asks.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from segmentry.features.vocabulary import fold, strip_accents

_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@cache
def marks(name: str) -> frozenset[str]:
    """The marks that the words of a name carry.

    >>> sorted(marks("Agent No")), sorted(marks("days_abroad")), sorted(marks("arrivalWeek"))
    (['code'], [], ['week'])
    """
    said = set(plain_words(name))
    return frozenset(mark for mark, words in _words().items() if words & said)


def plain_words(name: str) -> list[str]:
    """The words of a name, parted where its writing parts them, and nothing known of what they mean.

    >>> plain_words("Strasse_Nr"), plain_words("arrivalWeek")
    (['strasse', 'nr'], ['arrival', 'week'])
    """
    return [fold(piece) for piece in _PIECE.findall(strip_accents(name).replace("ß", "ss"))]


@cache
def _words() -> dict[str, frozenset[str]]:
    source = files("segmentry.features").joinpath("marks.toml").read_text(encoding="utf-8")
    return {mark: frozenset(fold(word) for word in words) for mark, words in tomllib.loads(source)["marks"].items()}
