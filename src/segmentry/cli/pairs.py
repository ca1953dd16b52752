"""Options that hold lists and assignments."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from segmentry.errors import SettingsError


def split_list(text: str | None) -> tuple[str, ...] | None:
    """`a,"b, c"` -> ("a", "b, c"): commas part, CSV quotes protect them.

    >>> split_list('age,"Income, net"')
    ('age', 'Income, net')
    """
    if text is None:
        return None
    return tuple(cell.strip() for cell in next(csv.reader([text], skipinitialspace=True)) if cell.strip())


def split_pairs(pairs: Sequence[str], option: str) -> dict[str, str]:
    """`["age=41", "income=52000"]` -> a mapping. Raises SettingsError for one without `=`.

    >>> split_pairs(["age=41"], "--set")
    {'age': '41'}
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise SettingsError(f"{option} takes NAME=VALUE.", found=pair, remedy=f"For example {option} age=41")
        found[name.strip()] = value.strip()
    return found
