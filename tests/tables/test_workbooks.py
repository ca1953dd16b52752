"""Workbooks in and out: what a sheet holds is read as its CSV would be, and nothing in it is passed over in silence."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
import xlsxwriter

from segmentry.errors import InputError, OutputError, SettingsError, UnreadableFileError
from segmentry.tables import (
    ReadingSettings,
    SheetContent,
    deliver,
    read,
    text_of,
    to_memory,
    write_table,
    write_workbook,
)

HEADER = ["id", "spend", "orders", "since", "city", "member"]
FIRST = dt.date(2024, 1, 1)


def rows(n: int = 30) -> list[list[Any]]:
    return [[f"{i:03}", i * 1.5, i, FIRST + dt.timedelta(i), "Rome", i % 2 == 0] for i in range(n)]


def book(path: Path, fill: Callable[[xlsxwriter.Workbook], None], **options: Any) -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy", **options}) as made:
        fill(made)
    return path


def plain(made: xlsxwriter.Workbook, top: int = 0, left: int = 0, n: int = 30, name: str | None = None) -> Any:
    sheet = made.add_worksheet(name)
    sheet.write_row(top, left, HEADER)
    for at, row in enumerate(rows(n), start=top + 1):
        sheet.write_row(at, left, row)
    return sheet


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "customers.xlsx"


def codes(table: Any) -> list[str]:
    return [notice.code for notice in table.notices]


def test_a_sheet_and_its_csv_are_one_table(path: Path, tmp_path: Path) -> None:
    """The same kinds and values, whether the rows come from the workbook or from its export."""
    sheet = read(book(path, plain))
    text = [",".join(HEADER)] + [
        ",".join(str(c).lower() if c is True or c is False else str(c) for c in r) for r in rows()
    ]
    (tmp_path / "c.csv").write_text("\n".join(text).replace("true", "1").replace("false", "0"))
    csv = read(tmp_path / "c.csv")
    assert [c.reading.kind for c in sheet.columns] == [c.reading.kind for c in csv.columns]
    one, other = (to_memory(t.frame.select(HEADER)) for t in (sheet, csv))
    assert {n: v.tolist() for n, v in one.items()} == {n: v.tolist() for n, v in other.items()}
    assert (sheet.rows_present, sheet.rows_read, sheet.source_kind, sheet.notices) == (30, 30, "excel", ())


def test_cells_go_out_as_they_came_in(path: Path, tmp_path: Path) -> None:
    """Whole numbers have no decimal point in the labelled file, days no time, and ids keep their zeros."""
    table = read(book(path, plain))
    write_table(table, table.frame, [], tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[1:3] == [
        "000,0.0,0,2024-01-01,Rome,true",
        "001,1.5,1,2024-01-02,Rome,false",
    ]


def test_times_without_a_day_are_no_dates(path: Path) -> None:
    """Hours of calls stay hours, and are said; they were dates of 1899. Days of another column are days."""

    def fill(made: xlsxwriter.Workbook) -> None:
        clock = made.add_format({"num_format": "hh:mm"})
        sheet = plain(made)
        sheet.write(0, 6, "call")
        for at in range(30):
            sheet.write_datetime(at + 1, 6, dt.time(at % 24, 30), clock)

    table = read(book(path, fill))
    assert to_memory(table.frame)["call"][:2].tolist() == ["00:30:00", "01:30:00"]
    assert (table.column("since").reading.kind, "times-without-day" in codes(table)) == ("date", True)


@pytest.mark.parametrize("other", [dt.datetime(2024, 1, 5), 0.25])  # noqa: DTZ001 - a workbook knows no zones
def test_hours_beside_dates_or_numbers_do_not_stop_the_sheet(path: Path, other: Any) -> None:
    """A column that mixes spans of time with others is text; the rest of the sheet is read as ever."""

    def fill(made: xlsxwriter.Workbook) -> None:
        hours = made.add_format({"num_format": "[h]:mm"})
        sheet = plain(made)
        sheet.write(0, 6, "spent")
        for at in range(30):
            sheet.write(at + 1, 6, dt.timedelta(hours=at % 20 + 1) if at % 2 else other, hours if at % 2 else None)

    table = read(book(path, fill))
    assert (table.rows_read, table.column("spent").reading.kind) == (30, "text")
    assert table.column("spend").reading.kind == "number"
    assert to_memory(table.frame)["spent"][1] == "02:00:00"


def test_titles_groups_and_notes_are_no_customers(path: Path) -> None:
    """Half empty rows above the names, and a note below the total, are skipped and named."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = plain(made, top=3)
        sheet.write_row(0, 0, ["Report", "", "Page 1"])
        sheet.write_row(2, 0, ["Customer", "", "", "Dates"])
        sheet.write_row(34, 0, ["Summe", 652.5, 435])
        sheet.write_row(36, 0, ["* spend without VAT"])

    table = read(book(path, fill))
    assert (table.names, table.rows_read) == (tuple(HEADER), 30)
    assert {"lines-skipped", "footer-skipped"} <= set(codes(table))


def test_title_gap_and_total_are_no_customers(path: Path) -> None:
    """A table that starts further down and to the right, under a merged title and above a total, is found."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = plain(made, top=4, left=2)
        sheet.merge_range("C1:H1", "Customers in spring")
        sheet.write_row(36, 2, ["Total", 652.5])
        sheet.write_blank(60, 40, None, made.add_format({"bold": True}))

    table = read(book(path, fill))
    assert table.names == tuple(HEADER)
    assert (table.rows_present, codes(table)) == (30, ["lines-skipped", "footer-skipped"])


def test_a_last_row_of_sums_is_no_customer(path: Path) -> None:
    """A total that no word names is one by its figures."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        rows = [["id", "spend", "n"], *([f"c{i}", 0.1 * i, i] for i in range(30)), [None, 43.5, 435]]
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)

    table = read(book(path, fill))
    assert (table.rows_present, codes(table)) == (30, ["footer-skipped"])


def test_sheets_must_be_told_apart(path: Path) -> None:
    """Several sheets are listed with what is hidden; empty ones do not count."""

    def fill(made: xlsxwriter.Workbook) -> None:
        plain(made, name="Spring")
        plain(made, name="Old", n=5).hide()
        made.add_worksheet("Sheet3")

    book(path, fill)
    with pytest.raises(SettingsError, match=r"2 sheets.*'Spring', 'Old' \(hidden\), 'Sheet3' \(empty\).*--sheet"):
        read(path)
    assert read(path, ReadingSettings(sheet="spring")).rows_read == 30
    assert read(path, ReadingSettings(sheet="Old")).rows_read == 5
    with pytest.raises(SettingsError, match=r"no sheet 'Winter'.*Spring"):
        read(path, ReadingSettings(sheet="Winter"))


def test_old_workbooks_are_read() -> None:
    """An .xls file of Excel 97 gives the same table as the new format."""
    table = read(Path(__file__).parent / "data" / "customers.xls")
    assert deliver(table, table.frame, []).rows() == [tuple(row) for row in rows()]


def test_formulas_need_their_results(path: Path) -> None:
    """A column of formulas that were never computed stops, or is named where it is not read; computed ones, also empty
    texts, are read."""

    def fill(value: Any) -> Callable[[xlsxwriter.Workbook], None]:
        def filled(made: xlsxwriter.Workbook) -> None:
            sheet = plain(made)
            sheet.write(0, 6, "ratio")
            for at in range(1, 31):
                sheet.write_formula(at, 6, f"=B{at + 1}*2", None, value)

        return filled

    with pytest.raises(InputError, match=r"'ratio'.*30 cells, the first in row 2.*Excel"):
        read(book(path, fill("")))
    assert codes(read(path, only=HEADER)) == ["formula-without-result"]
    assert to_memory(read(book(path, fill(3.5))).frame)["ratio"].tolist() == [3.5] * 30


def test_error_cells_are_counted_apart_from_blanks(path: Path) -> None:
    """#N/A and #REF! are empty cells that are spoken of; a blank is not."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = plain(made)
        sheet.write_formula("B3", "=NA()", None, "#N/A")
        sheet.write_formula("B4", "=#REF!", None, "#REF!")
        sheet.write_blank("B5", None, made.add_format({"bold": True}))

    table = read(book(path, fill))
    assert next(n.message for n in table.notices if n.code == "cell-errors").endswith("in 'spend' (2).")
    assert sum(v != v for v in to_memory(table.frame.select("spend"))["spend"]) == 3


def test_days_counted_from_1904_are_the_same_days(path: Path) -> None:
    """The other date system of old Macs gives the same dates, and is spoken of."""
    table = read(book(path, plain, date_1904=True))
    since = deliver(table, table.frame, [])["since"]
    assert since.to_list() == [row[3] for row in rows()]
    assert codes(table) == ["dates-from-1904"]


def test_a_serial_among_dates_is_a_reject(path: Path) -> None:
    """A bare number in a column of dates is set aside with the row of the sheet."""
    table = read(book(path, lambda made: plain(made).write_number("D9", 45356) and None))
    assert [(r.line, r.column) for r in table.rejects] == [(9, "since")]
    assert table.rows_read == 29


def test_long_numbers_are_spoken_of(path: Path) -> None:
    """Excel keeps 15 digits: longer ids may be wrong already."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = plain(made)
        sheet.write(0, 6, "account")
        for at in range(1, 31):
            sheet.write_number(at, 6, 1582218195625938 * 10 + at)

    assert "long-numbers" in codes(read(book(path, fill)))


def test_merged_cells_and_nameless_columns_are_spoken_of(path: Path) -> None:
    """Merged areas among the rows, and columns without a name, are read and named."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = plain(made)
        sheet.merge_range("E3:E5", "Oslo")
        sheet.write("G5", "stray")

    table = read(book(path, fill))
    assert set(codes(table)) == {"merged-cells", "unnamed-column"}
    assert table.names[-1] == "column_7"


def test_ids_as_numbers_have_no_decimal_point(path: Path) -> None:
    """An id column of numbers reads as whole numbers."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["id", "x"])
        for at in range(1, 31):
            sheet.write_row(at, 0, [1000 + at, at])

    table = read(book(path, fill))
    assert to_memory(table.frame.select(text_of(table, "id").alias("id")))["id"][0] == "1001"


def test_a_sheet_without_header_needs_the_option(path: Path) -> None:
    """A first row of data stops, and --no-header settles it."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        for at in range(30):
            sheet.write_row(at, 0, [at, at * 2])

    book(path, fill)
    with pytest.raises(InputError, match="--no-header"):
        read(path)
    assert read(path, ReadingSettings(header=False)).rows_read == 30


def test_bombs_stop_before_they_are_inflated(path: Path) -> None:
    """A small file that grows without measure, and cells a million columns apart, are refused."""
    book(path, plain)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.xml", b"0" * 30_000_000)
    with pytest.raises(UnreadableFileError, match="suspiciously"):
        read(path)

    def far(made: xlsxwriter.Workbook) -> None:
        plain(made).write(1_048_575, 16_383, "far")

    with pytest.raises(UnreadableFileError, match=r"too many cells.*16,384 columns"):
        read(book(path, far))


def test_styled_but_empty_cells_cost_nothing(path: Path) -> None:
    """Formatted rows and columns around the table are no part of it."""

    def fill(made: xlsxwriter.Workbook) -> None:
        sheet, bold = plain(made), made.add_format({"bold": True})
        for at in range(31, 3000):
            for column in range(40):
                sheet.write_blank(at, column, None, bold)

    table = read(book(path, fill))
    assert (table.names, table.rows_present) == (tuple(HEADER), 30)


@pytest.mark.parametrize("cut", [100, 2000, -30])
def test_damaged_workbooks_stop(path: Path, cut: int) -> None:
    """A workbook that was cut is an error, not a shorter table."""
    data = book(path, plain).read_bytes()
    path.write_bytes(data[:cut])
    with pytest.raises(UnreadableFileError, match="damaged"):
        read(path)


def test_parts_packed_in_an_unknown_way_stop(path: Path) -> None:
    """Method 99 is nobody's: the error says that the workbook cannot be unpacked."""
    content = bytearray(book(path, plain).read_bytes())
    for start, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        for found in list(re.finditer(re.escape(start), bytes(content))):
            content[found.start() + method : found.start() + method + 2] = (99).to_bytes(2, "little")
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="cannot be unpacked"):
        read(path)


def test_other_archives_and_pages_are_named(tmp_path: Path) -> None:
    """A zip of something else, an OpenDocument file and HTML under an Excel name are told by content."""
    for inside, says in (("customers.csv", "zip archive"), ("content.xml", "OpenDocument")):
        with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
            archive.writestr(inside, "x")
        with pytest.raises(UnreadableFileError, match=says):
            read(tmp_path / "x.xlsx")
    (tmp_path / "x.xls").write_text("<html><table><tr><td>1</td></tr></table></html>")
    with pytest.raises(UnreadableFileError, match="HTML"):
        read(tmp_path / "x.xls")


def test_doctypes_are_refused(path: Path) -> None:
    """No entity of a hostile workbook is ever expanded."""
    book(path, plain)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "b">]>' + members["xl/workbook.xml"].partition(b"?>")[2]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(UnreadableFileError, match="no workbook that Excel wrote"):
        read(path)


def test_formulas_from_data_are_never_run(path: Path) -> None:
    """Text that begins like a formula is written as text with a quote before it; numbers stay numbers."""
    cells = ["=1+1", "+SUM(A1)", "@x", "-cmd", "\tx", " =2", "-5.20", "http://x.example", "fine"]
    frame = pl.DataFrame({"=note": cells, "n": list(range(-4, 5))})
    table = read(frame)
    write_table(table, table.frame, [], path)
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
    again = read(path)
    out = deliver(again, again.frame, [])
    assert out.columns == ["'=note", "n"]
    assert out["'=note"].to_list() == ["'" + c for c in cells[:6]] + cells[6:]
    assert out["n"].to_list() == list(range(-4, 5))


def test_too_many_rows_stop_before_writing(tmp_path: Path) -> None:
    """More rows than a sheet holds are an error, and no file appears."""
    table = read(pl.DataFrame({"n": pl.int_range(1_048_576, eager=True)}))
    with pytest.raises(OutputError, match=r"1,048,576 rows.*\.parquet"):
        write_table(table, table.frame, [], tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_that_cannot_be_written_leaves_no_cell_behind(tmp_path: Path) -> None:
    """Cells wait in a folder of their own until the workbook is whole: it goes with the run, or with the next one."""
    rows = [("anna@example.org", "fine")] * 2_000 + [("x", "y" * 40_000)]
    stale = tmp_path / ".out.xlsx.4194999.abcd.part"
    stale.mkdir()
    (stale / "cells").write_text("anna@example.org")
    with pytest.raises(OutputError, match="so long a text"):
        write_workbook(tmp_path / "out.xlsx", {"Customers": SheetContent(["mail", "note"], rows)})
    assert list(tmp_path.iterdir()) == []


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """A workbook written twice is one file; sheets keep their order, headers are frozen and filtered."""
    sheets: dict[str, SheetContent | nw.LazyFrame[Any]] = {
        "Segments": SheetContent(["Id", "Share"], [("s1", 0.5), ("s2", None)], {"Share": "0 %"}),
        "All: of [them]": nw.from_native(pl.LazyFrame({"x": [1.5, float("nan")], "d": [FIRST, dt.date(1850, 1, 1)]})),
    }
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, sheets)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]
    with pytest.raises(SettingsError, match="'Segments', 'All  of  them'"):
        read(tmp_path / "a.xlsx")
    second = read(tmp_path / "a.xlsx", ReadingSettings(sheet="All  of  them", types={"d": "text"}))
    assert deliver(second, second.frame, [])["d"].to_list() == ["2024-01-01", "1850-01-01"]
    xml = zipfile.ZipFile(tmp_path / "a.xlsx").read("xl/worksheets/sheet1.xml")
    assert b"<autoFilter" in xml
    assert b'state="frozen"' in xml


def test_headers_of_figures_stand_over_them(tmp_path: Path) -> None:
    """The header of a column of numbers is aligned as its numbers are; those of texts and truths stay at the left."""
    rows = [("s1", 3, 0.5, True), ("s2", 4, None, False)]
    content = SheetContent(["Id", "Orders", "Share", "Member"], rows, row_formats=["#,##0", "0 %"])
    write_workbook(tmp_path / "a.xlsx", {"Segments": content})
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        cells = dict(re.findall(r'<c r="(\w+)" s="(\d+)"', archive.read("xl/worksheets/sheet1.xml").decode()))
        styles = archive.read("xl/styles.xml").decode().partition("<cellXfs")[2].split("<xf ")[1:]
    right = {cell for cell, style in cells.items() if 'horizontal="right" ' in styles[int(style)]}
    assert right == {"B1", "C1", "B2", "C2", "B3"}
    indents = {re.findall('indent="(.)"', styles[int(cells[cell])])[0] for cell in right}
    assert len(indents) == 1
