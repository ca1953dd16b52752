"""Column names: which are missing, which are twins, and how a hidden or a new column is called."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from segmentry.errors import ColumnNamesError

ROW = "__row__"  # hidden: place of the row in the source, so that any engine can give the order back
RAW = "__raw__"  # hidden columns begin with this


def fold(name: str) -> str:
    """The name without case, accents' encoding, and runs of white space.

    >>> fold("  Total\u00a0 Spend ") == fold("total spend")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def check_names(names: Sequence[str], source: str) -> None:
    """Stop where two columns share a name, or would once case, space and Unicode are folded."""
    seen: dict[str, tuple[int, str]] = {}
    twins: list[str] = []
    for position, name in enumerate(names, start=1):
        first = seen.setdefault(fold(name), (position, name))
        if first[0] != position:
            twins.append(f"'{first[1]}' (column {first[0]}) and '{name}' (column {position})")
    if twins:
        raise ColumnNamesError(
            f"{source} has columns that share a name.",
            found="; ".join(twins),
            remedy="Rename one of each pair in the header.",
        )
    hidden = [name for name in names if name == ROW or name.startswith(RAW)]
    if hidden:
        raise ColumnNamesError(
            f"{source} has column names that segmentry keeps for itself.",
            found=", ".join(hidden),
            remedy="Rename these columns.",
        )


def raw_name(name: str) -> str:
    """The hidden column that holds the cells of `name` as they were in the source."""
    return RAW + name


def free_names(wanted: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Names for new columns: a column of the source keeps its name, ours gets a trailing `_`.

    >>> free_names(["segment", "confidence"], ["id", "segment", "segment_"])
    {'segment': 'segment__', 'confidence': 'confidence'}
    """
    used = set(taken)
    out: dict[str, str] = {}
    for name in wanted:
        free = name
        while free in used:
            free += "_"
        used.add(free)
        out[name] = free
    return out
