"""Cells that a spreadsheet would run are text wherever a file is written."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from segmentry.tables import inert_cell, read, write_rejects, write_table


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+1", "@SUM(1)", "  =1+1", "\t=1", "＝1+1", "＠SUM(1)"])
def test_a_formula_becomes_text_in_every_file(cell: str, tmp_path: Path) -> None:
    """Also behind spaces and in wide letters: the same in a table, its header and its rejects."""
    assert inert_cell(cell) == "'" + cell
    table = read(pl.DataFrame({"id": ["a"], "note": [cell]}))
    write_table(table, table.frame, [], tmp_path / "a.csv", for_spreadsheet=True)
    assert pl.read_csv(tmp_path / "a.csv", infer_schema=False)["note"].to_list() == ["'" + cell]
    rows = [str(i) for i in range(30)]
    rejected = read(pl.DataFrame({"n": [*rows, "x"]})).rejects[0]
    write_rejects(replace(table, rejects=(replace(rejected, column=cell),)), tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["column"] == "'" + cell


def test_numbers_stay_numbers() -> None:
    """A minus before a number is no formula; a line end before a sign begins one."""
    assert inert_cell("\r=1") == "'\r=1"
    assert [inert_cell(cell) for cell in ("-5", "-5,20", "+3 %", "fine", "")] == ["-5", "-5,20", "+3 %", "fine", ""]
