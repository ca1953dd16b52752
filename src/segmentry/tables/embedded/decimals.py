"""The decimal mark of a column whose own cells do not settle it, from the other columns of its file.

A file is written by the habits of one country: where an amount is 2.101,50, the points 2.101 are two thousand. A comma
before decimals shows such a habit, and so does a comma between thousands. A point alone shows none, since programs
write it everywhere; it only speaks against a comma. Columns that contradict each other show nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from segmentry.errors import AmbiguousColumnError, Notice
from segmentry.tables import numbers
from segmentry.tables.embedded.judgement import Verdict, judge
from segmentry.tables.embedded.seen import Cells
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading

_NAMES: dict[numbers.Mark, str] = {".": "point", ",": "comma"}


@dataclass(frozen=True)
class _Doubt:
    """A column that waits for the others, and the error that it is without them."""

    seen: Cells
    expected: Reading | None
    error: AmbiguousColumnError


@dataclass
class DecimalMarks:
    """What the columns of one file show of its decimal mark, and those that wait for it."""

    settings: ReadingSettings
    seen: set[numbers.Mark] = field(default_factory=set)
    telling: str = ""  # a column that shows a habit
    doubts: dict[str, _Doubt] = field(default_factory=dict)

    def take_plain(self, mark: numbers.Mark | None) -> None:
        """Takes in a column of numbers that has no commas, by the mark in it if any."""
        if mark is not None:
            self.seen.add(mark)

    def judge(self, seen: Cells, expected: Reading | None) -> Verdict | None:
        """How the column is read; None where its cells do not settle the mark, and others may."""
        try:
            verdict = judge(seen, self.settings, expected)
        except AmbiguousColumnError as error:
            if error.code != "ambiguous-decimal":
                raise
            self.doubts[seen.column] = _Doubt(seen, expected, error)
            return None
        mark = verdict.reading.decimal
        if mark is not None:
            self.seen.add(mark)
            text = pl.col("text")
            groups = text.str.contains(numbers.pattern(mark)) & text.str.contains(",", literal=True)
            if mark == "," or seen.count(groups):
                self.telling = self.telling or seen.column
        return verdict

    def settle(self, column: str) -> Verdict:
        """How a column that waited is read; raises its error where the others do not agree on a mark."""
        doubt = self.doubts[column]
        if not self.telling or len(self.seen) != 1:
            raise doubt.error
        [mark] = self.seen
        stated = self.settings.model_copy(update={"decimals": {**self.settings.decimals, column: mark}})
        verdict = judge(doubt.seen, stated, doubt.expected)
        return replace(verdict, notices=(*verdict.notices, self._notice(doubt, mark)))

    def _notice(self, doubt: _Doubt, mark: numbers.Mark) -> Notice:
        other = "." if mark == "," else ","
        column = doubt.seen.column
        text = (
            f"'{column}' can be read in two ways ({doubt.error.found}). It was read with a decimal {_NAMES[mark]}, as "
            f"'{self.telling}' has it. If that is wrong, state it in segmentry.toml: [reading.decimals] "
            f'"{column}" = "{other}".'
        )
        return Notice("decimal-by-another", text)
