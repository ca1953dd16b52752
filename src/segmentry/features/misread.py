"""Columns that a role does not fit because of how their cells were read: why that is, and what to do about it.

Which kind a role needs is said in `role_rules`; no cell is read anew here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, SettingsError, plural
from segmentry.features.role_rules import ANSWERS, KIND_OF
from segmentry.features.roles import ColumnRole
from segmentry.features.summaries import ColumnSummary
from segmentry.tables import Kind, Table, collect_rows, numbers, text_of
from segmentry.tables.engines import WAREHOUSES
from segmentry.tables.masking import shape

AS: Mapping[Kind, str] = {"number": "numbers", "date": "dates", "text": "text"}
_CELL = "cell"
OTHER = "Give it another role."
_BARE = "Let its cells hold the numbers alone, or give it another role."
_WORDS = "If these cells say that nothing is known, pass what they say to --missing."
_SHAPES = 3  # ways of writing that are told


def refuse_misread(
    table: Table, roles: Sequence[ColumnRole], stated: Mapping[str, str], summaries: Sequence[ColumnSummary]
) -> None:
    """Raises SettingsError for a stated role that the cells, as they were read, cannot have."""
    for role, summary in zip(roles, summaries, strict=True):
        if role.column not in stated:
            continue
        if role.role in ANSWERS - {"campaign"} and _beyond_answers(summary):
            raise SettingsError(
                f"'{role.column}' does not say yes and no, and the role {role.role} needs answers.",
                found="numbers other than 0 and 1",
                remedy="Give it another role, such as category or count, or write its cells as 0 and 1.",
            )
        refuse_kind(table, role.column, role.role, KIND_OF.get(role.role))
        kind = table.column(role.column).reading.kind
        if role.role in ANSWERS and kind != "number" and not role.levels:
            raise SettingsError(
                f"'{role.column}' does not say yes and no, and the role {role.role} needs answers.",
                found=f"{AS[kind]} with more than two levels" if kind == "text" else AS[kind],
                remedy="Give it another role, such as category, or write its cells as yes and no.",
            )


def _beyond_answers(s: ColumnSummary) -> bool:
    if not isinstance(s.minimum, (int, float)) or not isinstance(s.maximum, (int, float)):
        return False
    return s.minimum < 0 or s.maximum > 1 or s.share_whole < 1


def refuse_kind(table: Table, column: str, role: str, needed: Kind | None) -> None:
    """Raises SettingsError where the column was not read as the kind that its stated role needs."""
    kind = table.column(column).reading.kind
    if needed is None or kind == needed:
        return
    seen = look_at(table, column, needed)
    what = f"'{column}' was read as {AS[kind]}, and the role {role} needs {AS[needed]}."
    raise SettingsError(what, found=seen.found, remedy=seen.remedy)


def left_as_text(table: Table, roles: Sequence[ColumnRole]) -> list[Notice]:
    """A warning for each column of text whose name clearly says a number or a date, and whose cells look like it."""
    found = []
    for role in sorted(roles, key=lambda r: r.column):
        needed = KIND_OF[role.suggested] if role.suggested is not None else None
        if role.suggested is None or needed is None or not _looks_like(table, role, needed):
            continue
        seen = look_at(table, role.column, needed)
        use = "left out" if role.role == "text" else "used as a category"
        name = role.suggested.replace("_", " ")
        message = f"'{role.column}' says {name} by its name, and is {use} since it was read as text: {seen.found}."
        found.append(Notice("doubtful-role", f"{message} {seen.remedy}"))
    return found


def _looks_like(table: Table, role: ColumnRole, needed: Kind) -> bool:
    """Whether most cells have figures in them, or are numbers, where a few levels may be bands."""
    cell, cells = nw.col(_CELL), _cells(table, role.column)
    number = cell.str.contains(numbers.pattern(".")) | cell.str.contains(numbers.pattern(","))
    bands = role.role == "category" and needed == "number"
    n, n_like = _counts(cells, (nw.lit(True), number if bands else cell.str.contains("[0-9]")))
    return 2 * n_like >= n


@dataclass(frozen=True)
class Misread:
    """What stands in a column that was not read as numbers or dates, by the form of its cells, and what to do."""

    found: str
    remedy: str


def look_at(table: Table, column: str, needed: Kind) -> Misread:
    """Why a column was not read as numbers or dates.

    >>> import polars as pl
    >>> from segmentry.tables import read
    >>> table = read(pl.DataFrame({"spend": ["9.50"] * 30 + ["10.00 or so"] * 2}))
    >>> look_at(table, "spend", "number").found
    "2 of 32 cells are no numbers, such as '99.99 aa aa'"
    """
    kind = table.column(column).reading.kind
    if needed == "date" or kind != "text":
        seen = _not_dates(table, column) if needed == "date" else Misread(table.column(column).how, OTHER)
    else:
        seen = _not_numbers(table, column)
    return replace(seen, remedy=f"Cast it to {AS[needed]} in the query.") if table.source_kind in WAREHOUSES else seen


def _not_dates(table: Table, column: str) -> Misread:
    cells = _cells(table, column)
    forms = _forms(cells)
    found = "; ".join(f"{plural(n, 'cell')} such as '{form}'" for form, n in forms) or "no cell"
    figures = ["9" in form for form, _ in forms]
    if not any(figures):
        return Misread(found, OTHER)
    if table.column(column).reading.kind == "number":
        return Misread(found, "Numbers that count days or seconds are no dates: write them as dates in the source.")
    if not all(figures):
        return Misread(found, _WORDS)
    return Misread(found, 'Say how its dates are written (--date-format "DD.MM.YYYY"), or write them as YYYY-MM-DD.')


def _not_numbers(table: Table, column: str) -> Misread:
    cell = nw.col(_CELL)
    cells = _cells(table, column).filter(~cell.str.to_lowercase().is_in(sorted(numbers.MISSING_TOKENS)))
    point, comma = cell.str.contains(numbers.pattern(".")), cell.str.contains(numbers.pattern(","))
    odd, zero = ~point & ~comma, cell.str.contains(numbers.LEADING_ZERO)
    n, n_odd, n_zero = _counts(cells, (nw.lit(True), odd, zero))
    stated = f'State [reading.types] "{column}" = "number" in segmentry.toml'
    if n_odd:
        found = f"{n_odd:,} of {plural(n, 'cell')} {'is no number' if n_odd == 1 else 'are no numbers'}"
        reject = f"{stated}; rows whose cell is no number are then rejected, and --max-rejected says how many may be."
        such = _such_as(cells.filter(odd))
        few = _WORDS if "9" not in such else reject
        return Misread(f"{found}, {such}", few if 2 * n_odd <= n else _BARE)
    if n_zero:
        found = f"{n_zero:,} of {plural(n, 'cell')} {'begins' if n_zero == 1 else 'begin'} with a 0"
        return Misread(f"{found}, {_such_as(cells.filter(zero))}", f"{stated}, if they are numbers all the same.")
    return Misread(table.column(column).how.removeprefix("text, "), f"{stated}, if it holds numbers.")


def form_of(table: Table, column: str) -> str:
    """How most cells of a column are written: digits as 9, letters as a."""
    return next((form for form, _ in _forms(_cells(table, column))), "")


def _cells(table: Table, column: str) -> nw.LazyFrame[Any]:
    return table.frame.select(text_of(table, column).alias(_CELL)).filter(~nw.col(_CELL).is_null())


def _counts(cells: nw.LazyFrame[Any], holds: Sequence[nw.Expr]) -> list[int]:
    flags = {f"{i}": nw.when(e).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64) for i, e in enumerate(holds)}
    [row] = collect_rows(cells.select(**flags).select(*(nw.col(i).sum() for i in flags)))
    return [int(row[i] or 0) for i in flags]


def _such_as(cells: nw.LazyFrame[Any]) -> str:
    return f"such as '{_forms(cells)[0][0]}'"


def _forms(cells: nw.LazyFrame[Any]) -> list[tuple[str, int]]:
    """The commonest ways that cells are written, without what they say, each with its number of cells."""
    form = nw.col(_CELL).str.replace_all("[0-9]", "9").str.replace_all("[A-Z]", "A").str.replace_all("[a-z]", "a")
    counted = cells.select(form=form).group_by("form").agg(n=nw.len()).sort("n", "form", descending=[True, False])
    return [(shape(row["form"]), int(row["n"])) for row in collect_rows(counted.head(_SHAPES))]
