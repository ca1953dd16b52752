"""The folder of a fit: what is in it is of this run, and who may read it stays as it was."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from segmentry.reports.folder import profile_csv
from segmentry.segmentation import Segmentation


def test_no_cell_of_the_profile_is_a_formula(five: Segmentation) -> None:
    """A segment's name that a spreadsheet would run is text; figures stay figures."""
    named = replace(five, segments=(replace(five.segments[0], name="＝1+1"), *five.segments[1:]))
    rows = list(csv.DictReader(io.StringIO(profile_csv(named))))
    assert rows[0]["segment"] == "'＝1+1"
    assert not any(cell.startswith("'") for row in rows for name, cell in row.items() if name != "segment")
