"""Rows as text for a spreadsheet: names in them come from others, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from segmentry.tables import inert_cell


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object] | Mapping[str, object]]) -> str:
    """The rows as CSV under a header; those by name may lack a column, whose cell is then empty.

    >>> csv_of(("name", "n"), [("=1+1", 3), {"name": "tea"}])
    "name,n\\n'=1+1,3\\ntea,\\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(column, "") for column in columns] if isinstance(row, Mapping) else row
        writer.writerow([inert_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()
