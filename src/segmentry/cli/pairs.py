"""Options that hold lists and assignments."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence

from segmentry.errors import SettingsError


def split_list(text: str | None) -> tuple[str, ...] | None:
    """`a,"b, c"` -> ("a", "b, c"): commas part, CSV quotes protect them.

    >>> split_list('age,"Income, net"')
    ('age', 'Income, net')
    """
    if text is None:
        return None
    return tuple(cell.strip() for cell in next(csv.reader([_as_text(text)], skipinitialspace=True)) if cell.strip())


def split_pairs(pairs: Sequence[str], option: str) -> dict[str, str]:
    """`["age=41", "income=52000"]` -> a mapping. Raises SettingsError for one without `=`.

    >>> split_pairs(["age=41"], "--set")
    {'age': '41'}
    """
    found = {}
    for pair in map(_as_text, pairs):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            example = "age=41" if option == "--set" else 's1="Premium loyal"'
            raise SettingsError(f"{option} takes NAME=VALUE.", found=pair, remedy=f"For example {option} {example}")
        found[name.strip()] = value.strip()
    return found


def _as_text(argument: str) -> str:
    """Where the locale knows ASCII only, an argument with an accent arrives as single bytes."""
    return os.fsencode(argument).decode("utf-8", errors="replace")
