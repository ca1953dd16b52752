"""A last row that is no customer: it names nobody, and holds the sums of the columns above it."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from segmentry.tables.embedded import cells
from segmentry.tables.numbers import Mark

_MARKS: tuple[Mark, Mark] = (".", ",")
_NOISE = 1e-9  # what adding up floats leaves, as a share of the sum


def is_row_of_sums(frame: pl.LazyFrame, rows: int) -> bool:
    """Whether the last of `rows` rows has no first cell and, beside blanks, nothing but sums and means of columns.

    One sum at least is of several numbers: a single one would be any customer's.

    >>> is_row_of_sums(pl.LazyFrame({"id": ["a", "b", ""], "spend": ["1.50", "2.00", "3.50"]}), 3)
    True
    """
    last = frame.slice(rows - 1, 1).collect().row(0, named=True)
    first, *others = ((name, "" if cell is None else _written(cell)) for name, cell in last.items())
    filled = [(name, text) for name, text in others if text]
    if first[1] or not filled:
        return False
    found = _figures(frame.head(rows - 1), [name for name, _ in filled])
    answers = [_is_figure(text, found[name]) for name, text in filled]
    return all(answer != "" for answer in answers) and "sum" in answers


def _written(cell: Any) -> str:
    # Excel shows ten digits of a sum, not what adding up has left behind them.
    return f"{cell:.10g}" if isinstance(cell, float) else str(cell).strip()


def _figures(body: pl.LazyFrame, names: list[str]) -> dict[str, dict[Mark, dict[str, Any]]]:
    """By column and decimal mark: the sum and the mean of its numbers, and how many are not 0."""
    schema, parts = body.collect_schema(), []
    for at, name in enumerate(names):
        own = pl.col(name)
        for mark in _MARKS:
            value = cells.number(cells.trimmed(name), mark) if schema[name] == pl.String else own
            value = value.cast(pl.Float64, strict=False)
            some = {"sum": value.sum(), "mean": value.mean(), "n": (value != 0).sum()}
            parts += [expression.alias(f"{at} {mark} {what}") for what, expression in some.items()]
    row = body.select(parts).collect(engine="streaming").row(0, named=True)
    return {
        name: {mark: {what: row[f"{at} {mark} {what}"] for what in ("sum", "mean", "n")} for mark in _MARKS}
        for at, name in enumerate(names)
    }


def _is_figure(text: str, found: dict[Mark, dict[str, Any]]) -> str:
    """Which figure of the column a cell is: "sum" where it cannot be chance, "other" where it may be, or ""."""
    for mark in _MARKS:
        value = pl.select(cells.number(pl.lit(text), mark)).item()
        if value is None:
            continue
        decimals = re.search(rf"{re.escape(mark)}(\d+)\D*$", text)
        near = 0.5 * 10.0 ** -(len(decimals[1]) if decimals else 0)
        figures = found[mark]
        for what in ("sum", "mean"):
            figure = figures[what]
            if figure is not None and abs(figure - value) <= near + _NOISE * abs(figure):
                return "sum" if what == "sum" and value and figures["n"] > 1 else "other"
    return ""
