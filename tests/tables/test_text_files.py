"""Text files of every kind: what is read, what is set aside with its line, and what stops the run."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmentry.errors import ColumnNamesError, InputError, SettingsError, UnreadableFileError
from segmentry.tables import ReadingSettings, Table, check_output, deliver, read, to_memory
from segmentry.tables.files import inflate


def write(folder: Path, data: str | bytes, name: str = "customers.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def body(n: int = 40, separator: str = ",") -> str:
    return "".join(f"c{i}{separator}{i * 3}{separator}Rome\n" for i in range(n))


def codes(table: Table) -> set[str]:
    return {notice.code for notice in table.notices}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_empty_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    """A file with nothing in it stops with its name."""
    with pytest.raises(UnreadableFileError, match="is empty"):
        read(write(tmp_path, data))


def test_header_only_gives_no_rows(tmp_path: Path) -> None:
    """A header without rows is a table of no rows, with a notice."""
    table = read(write(tmp_path, "id,spend\n"))
    assert (table.rows_present, table.rows_read, table.names) == (0, 0, ("id", "spend"))
    assert "no-rows" in codes(table)
    assert deliver(table, table.frame, []).columns == ["id", "spend"]


def test_missing_header_is_an_error(tmp_path: Path) -> None:
    """The first customer is never taken for a header; the option says what the first line is."""
    path = write(tmp_path, "5524,1957,Single,58138\n2174,1954,Married,46344\n")
    with pytest.raises(ColumnNamesError, match="--no-header"):
        read(path)
    table = read(path, ReadingSettings(header=False))
    assert table.rows_read == 2
    assert table.names[0] == "column_1"


def test_years_may_be_column_names(tmp_path: Path) -> None:
    """Years as names beside another name are a header."""
    assert read(write(tmp_path, "customer,2022,2023\na,1,2\nb,3,4\n")).names == ("customer", "2022", "2023")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found(tmp_path: Path, separator: str) -> None:
    """Comma, semicolon, tab and pipe are told from the whole file."""
    table = read(write(tmp_path, f"id{separator}n{separator}city\n" + body(separator=separator)))
    assert table.rows_read == 40
    assert table.column("n").reading.kind == "number"


def test_decimal_commas_do_not_pass_for_separators(tmp_path: Path) -> None:
    """In a file with semicolons the commas in the numbers are decimal marks."""
    rows = "".join(f"c{i};{i},5\n" for i in range(30))
    table = read(write(tmp_path, "id;spend\n" + rows))
    assert table.column("spend").reading.decimal == ","
    assert to_memory(table.frame)["spend"][3] == 3.5


def test_tie_between_separators_is_an_error(tmp_path: Path) -> None:
    """Two separators that fit equally well stop with the option that settles it."""
    path = write(tmp_path, "a,b;c\nx,y;z\nu,v;w\n")
    with pytest.raises(UnreadableFileError, match="--separator"):
        read(path)
    assert read(path, ReadingSettings(separator="semicolon")).names == ("a,b", "c")


def test_names_are_given_to_a_file_without_any(tmp_path: Path) -> None:
    """Columns of a file without a header are called as the settings say, and no row is taken for a header."""
    path = write(tmp_path, " 0001 19970101  2   29.33\n 0001 19970118  1   14.96\n 0002 19970802  2   12.00\n")
    table = read(path, ReadingSettings(columns=("customer", "date", "items", "amount")))
    assert table.names == ("customer", "date", "items", "amount")
    assert table.rows_read == 3
    assert [c.reading.kind for c in table.columns] == ["text", "date", "number", "number"]


@pytest.mark.parametrize(
    ("data", "columns", "message"),
    [
        ("1,2,3\n4,5,6\n", ("a", "b"), "--columns names 2 columns, but line 1"),
        ("1,2\n3,4\n", ("a",), "--columns names 1 column, but line 1"),
        ("id,spend\n1,2\n", ("a", "b"), "looks like a header"),
    ],
)
def test_given_names_that_do_not_fit_are_an_error(
    tmp_path: Path, data: str, columns: tuple[str, ...], message: str
) -> None:
    """Too few names, or names for a file that has some, stop with what to pass."""
    with pytest.raises(ColumnNamesError, match=message):
        read(write(tmp_path, data), ReadingSettings(columns=columns))


def test_given_names_take_the_place_of_a_header(tmp_path: Path) -> None:
    """With `header=True` the names of the file are replaced and its rows stay."""
    table = read(write(tmp_path, "id,spend\nx1,2\nx2,3\n"), ReadingSettings(columns=("who", "paid"), header=True))
    assert (table.names, table.rows_read) == (("who", "paid"), 2)


def test_only_text_files_are_given_names() -> None:
    """A frame names its columns itself, so that names for it are a mistake."""
    with pytest.raises(SettingsError, match="Only a text file"):
        read(pl.DataFrame({"id": ["a"]}), ReadingSettings(columns=("who",)))


def test_one_of_a_kind_is_told_in_the_singular(tmp_path: Path) -> None:
    """One line of separators, and one number in what should be a header, are no several."""
    said = read(write(tmp_path, "id,spend\na,1\n,\nb,2\n")).notices
    assert any(": 1 line holds separators and nothing else" in notice.message for notice in said)
    with pytest.raises(ColumnNamesError, match="numbers or dates in 1 of 2 cells"):
        read(write(tmp_path, "a,1\nb,2\nc,3\n"))


def test_space_after_comma_and_quotes(tmp_path: Path) -> None:
    """A space after the comma does not spoil quoted cells."""
    table = read(write(tmp_path, 'id, city, n\n1, "New York, NY", 3\n2, "Rome", 4\n'))
    assert to_memory(table.frame)["city"].tolist() == ["New York, NY", "Rome"]


def test_quotes_inside_cells_are_characters(tmp_path: Path) -> None:
    """Inches and nicknames keep their quotes."""
    table = read(write(tmp_path, 'id,what,n\na,5" pipe,3\nb,"Joe" Smith,4\nc,"say ""hi""",5\n'))
    assert to_memory(table.frame)["what"].tolist() == ['5" pipe', '"Joe" Smith', 'say "hi"']


def test_quoted_line_breaks_keep_physical_lines_right(tmp_path: Path) -> None:
    """A cell over two lines is one cell, and later lines keep their number."""
    rows = 'a,"first\nsecond",1\n' + "".join(f"c{i},x,{i}\n" for i in range(30)) + "short,1\n"
    table = read(write(tmp_path, "id,note,n\n" + rows))
    assert [r.line for r in table.rejects] == [34]
    assert to_memory(table.frame)["note"][0] == "first\nsecond"


def test_unclosed_quote_names_its_line(tmp_path: Path) -> None:
    """A quote that never closes stops at the line that opens it."""
    with pytest.raises(UnreadableFileError, match="line 4"):
        read(write(tmp_path, 'id,n\na,1\nb,2\n"c,3\nd,4\n'))


def test_unclosed_quote_before_other_quotes_names_its_line(tmp_path: Path) -> None:
    """Quotes that follow an unclosed one do not hide it."""
    with pytest.raises(UnreadableFileError, match="line 3"):
        read(write(tmp_path, 'id,n\n"a",1\n"b,2\n"c",3\n"d",4\n'))


@pytest.mark.parametrize("row", ["x,1\n", "x,1,Rome,more\n", "x\x00,1,Rome\n"])
def test_odd_rows_are_set_aside_with_their_line(tmp_path: Path, row: str) -> None:
    """Rows with too few or too many cells, or with zero bytes, are rejects; all others are read."""
    table = read(write(tmp_path, "id,n,city\n" + body(20) + row + body(20)))
    assert (table.rows_present, table.rows_read) == (41, 40)
    assert [(r.line, r.value) for r in table.rejects] == [(22, "x…")]


def test_one_cell_more_than_the_header_in_every_row(tmp_path: Path) -> None:
    """An unnamed index column stops the run instead of shifting all names."""
    with pytest.raises(UnreadableFileError, match="one cell more"):
        read(write(tmp_path, "n,city\n" + body()))


def test_too_many_rejects_stop_the_run(tmp_path: Path) -> None:
    """Too many rows of another width stop the run and name the line of the first."""
    with pytest.raises(InputError, match="line 42: too few cells: 2 instead of 3"):
        read(write(tmp_path, "id,n,city\n" + body() + "1,2\n" * 10))


@pytest.mark.parametrize("between", ["", "\n", ",,\n"])
def test_a_short_second_table_stops_the_run(tmp_path: Path, between: str) -> None:
    """A table below the customers, with names of its own, stops at its line instead of becoming rejected rows."""
    line = 42 + bool(between)
    with pytest.raises(UnreadableFileError, match=f"second table, from line {line} on.*2 columns and 2 rows"):
        read(write(tmp_path, "id,n,city\n" + body() + between + "city,total\nRome,1200\nOslo,7\n"))


@pytest.mark.parametrize("end", ["c98,5\nc99,7\n", "Notes\nWritten in May 2024\n", "c98,5\n", "Anna,Rome\nBob,Oslo\n"])
def test_bad_rows_at_the_end_are_no_second_table(tmp_path: Path, end: str) -> None:
    """Rows cut short, and remarks, are set aside as rows with their lines, wherever they stand."""
    table = read(write(tmp_path, "id,n,city\n" + body(200) + end))
    assert table.rows_read == 200
    assert len(table.rejects) == end.count("\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(tmp_path: Path, end: str) -> None:
    """Unix, Windows and old Mac line ends are read alike, with or without one at the end."""
    text = ("id,n,city\n" + body()).replace("\n", end)
    for data in (text, text.rstrip()):
        table = read(write(tmp_path, data))
        assert (table.rows_present, table.rows_read) == (40, 40)
        assert to_memory(table.frame)["city"][-1] == "Rome"


def test_blank_lines_are_not_rows(tmp_path: Path) -> None:
    """Blank lines count as lines and not as rows."""
    table = read(write(tmp_path, "id,n,city\n\n" + body(20) + "\n  \n" + body(20) + "x\n\n\n"))
    assert (table.rows_present, table.rows_read) == (41, 40)
    assert [r.line for r in table.rejects] == [45]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """Accents survive in UTF-8 and UTF-16 by their marks; anything else is cp1252 with a notice."""
    table = read(write(tmp_path, "id,n,city\n" .encode(encoding) + body().replace("Rome", "Zürich").encode(
        "utf-16-le" if encoding == "utf-16" else "utf-32-le" if encoding == "utf-32" else encoding.removesuffix("-sig")
    )))  # fmt: skip
    assert table.names[0] == "id"
    assert set(to_memory(table.frame)["city"]) == {"Zürich"}
    assert ("encoding-guessed" in codes(table)) == (encoding == "cp1252")


def test_undecodable_bytes_name_their_line(tmp_path: Path) -> None:
    """Bytes that no rule can read stop with line and byte."""
    with pytest.raises(UnreadableFileError, match="line 3"):
        read(write(tmp_path, b"id,city\n1,Rome\n2,\x81\x8d\n"))


def test_text_encoded_twice_is_noticed(tmp_path: Path) -> None:
    """Text with the traces of double encoding is read, with a notice."""
    assert "encoded-twice" in codes(read(write(tmp_path, "id,city\na,ZÃ¼rich\nb,Rome\n")))


def test_gzip_is_read_and_cut_gzip_is_not(tmp_path: Path) -> None:
    """A packed file reads as the file itself; one that was cut stops."""
    packed = gzip.compress(("id,n,city\n" + body(4000)).encode())
    assert read(write(tmp_path, packed)).rows_read == 4000
    with pytest.raises(UnreadableFileError, match="was cut") as caught:
        read(write(tmp_path, packed[:-200]))
    came_out = int(caught.value.found.split()[-2].replace(",", ""))
    assert 0 < came_out < len(gzip.decompress(packed))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no device that is always full")
def test_gzip_that_finds_no_room_is_an_error(tmp_path: Path) -> None:
    """Where temporary files have no room, the error says how to give them some."""
    path = write(tmp_path, gzip.compress(b"id,n\n1,2\n"))
    with pytest.raises(UnreadableFileError, match=r"could not be unpacked. Found: No space left on device. .* TMPDIR"):
        inflate(path, Path("/dev/full"))


def test_gzip_bomb_stops(tmp_path: Path) -> None:
    """A small file that grows without measure is refused."""
    with pytest.raises(UnreadableFileError, match="suspiciously"):
        read(write(tmp_path, gzip.compress(b"a,b\n" + b"0" * 30_000_000)))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04rest", "damaged"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b'[{"id": 1}, {"id"', "JSON"),
        (b"%PDF-1.7", "PDF"),
        ("id,n\n1,2\n".encode("utf-16-le") * 9, "utf-16-le"),
    ],
)
def test_content_counts_and_not_the_name(tmp_path: Path, data: bytes, says: str) -> None:
    """Another format under the name of a CSV is named for what it is."""
    with pytest.raises(UnreadableFileError, match=says):
        read(write(tmp_path, data))


def test_what_is_no_file_is_an_error(tmp_path: Path) -> None:
    """A missing file, a folder and a pipe stop at once."""
    os.mkfifo(tmp_path / "pipe")
    for path, says in ((tmp_path / "no.csv", "does not exist"), (tmp_path, "folder"), (tmp_path / "pipe", "regular")):
        with pytest.raises(UnreadableFileError, match=says):
            read(path)


@pytest.mark.parametrize("header", ["id,spend,spend", "id,Spend,spend ", "id,spend,ｓｐｅｎｄ"])
def test_names_that_fold_to_one_are_an_error(tmp_path: Path, header: str) -> None:
    """Two columns may not share a name, nor differ in case, space or width of letters only."""
    with pytest.raises(ColumnNamesError, match=r"column 2.*column 3"):
        read(write(tmp_path, header + "\na,1,2\n"))


def test_preamble_and_total_are_skipped_and_named(tmp_path: Path) -> None:
    """Lines above the header and a total below the rows are no customers; the notices name their lines."""
    table = read(write(tmp_path, "Report of May\n\nid,n,city\n" + body() + "TOTAL,999,\n"))
    assert (table.rows_present, table.rows_read) == (40, 40)
    assert {"lines-skipped", "footer-skipped"} <= codes(table)
    assert any("line 44" in n.message for n in table.notices)
    padded = read(write(tmp_path, "Report,,\n,,\nid,n,city\n" + body()))
    assert (padded.names, padded.rows_read) == (("id", "n", "city"), 40)


SPENT = "customer_id,age,spend\nc1,30,1250.50\nc2,41,99.25\nc3,52,7.49\n"


@pytest.mark.parametrize(
    "total", [",,1357.24", ",41.0,1357.24", ',,"1,357.24"', '"",123,1357', " , ,1357.24\n,,", ",41,1357.2"]
)
def test_a_last_row_of_sums_without_a_name_is_a_total(tmp_path: Path, total: str) -> None:
    """Sums, or means beside them, to as many decimals as they are written in, under a blank first cell."""
    table = read(write(tmp_path, SPENT + total + "\n"))
    assert (table.rows_present, table.rows_read) == (3, 3)
    assert any("line 5 at the end is a total" in n.message for n in table.notices)
    assert to_memory(table.frame)["spend"].tolist() == [1250.5, 99.25, 7.49]


@pytest.mark.parametrize("row", [",,1357.25", ",37,1357.24", ",41,", ",,452.41", "c4,,1357.24", ",,"])
def test_a_last_row_of_anything_else_is_a_customer(tmp_path: Path, row: str) -> None:
    """Another number, means alone, or a name of its own: nothing is left out unasked."""
    table = read(write(tmp_path, SPENT + row + "\n"))
    assert table.rows_read == (3 if row == ",," else 4)
    assert "footer-skipped" not in codes(table)


def test_a_total_below_many_rows_is_found_where_they_are_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is read from disk in pieces loses its last row all the same."""
    monkeypatch.setattr("segmentry.tables.embedded.csv.IN_MEMORY_BELOW", 0)
    table = read(write(tmp_path, "id;spend\n" + "".join(f"c{i};{i},5\n" for i in range(900)) + ";405000,0\n"))
    assert (table.rows_read, to_memory(table.frame)["spend"].max()) == (900, 899.5)


@pytest.mark.parametrize(
    "first",
    ["Gesamtsumme", "Total général", "TOTAL GENERAL", "Suma total", "Total (300 customers)", "Totaal", "Somma", "∑",
     "Gesamtergebnis", "SOMME:", "Totale", "Summe aller Kunden", "Grand Total:", "Total Result"],
)  # fmt: skip
def test_totals_of_other_programs_and_languages_are_no_customers(tmp_path: Path, first: str) -> None:
    """A last row that says it is a total, and holds nothing but numbers besides, is skipped."""
    table = read(write(tmp_path, f"id,n,city\n{body()}{first},2340,\n"))
    assert (table.rows_present, codes(table)) == (40, {"footer-skipped"})


@pytest.mark.parametrize("last", ["Total,2340,Rome", "Total Tools Ltd,2340,", "Sum 41,1,Rome", "Maria,,"])
def test_a_customer_with_a_name_like_a_total_stays(tmp_path: Path, last: str) -> None:
    """A row that is more than sums, or whose name is more than a word for them, is a customer."""
    assert read(write(tmp_path, f"id,n,city\n{body()}{last}\n")).rows_read == 41


@pytest.mark.parametrize("quote", ["", '"'])
def test_notes_below_the_rows_are_no_customers(tmp_path: Path, quote: str) -> None:
    """A total is found above notes, padded with separators or not; the notes go with it."""
    notes = f"Total,2340,\n,,\n{quote}Exported by CRM on 2024-11-01{quote},,\n* without VAT,,\n"
    table = read(write(tmp_path, f"id,n,city\n{body()}{notes}"))
    assert (table.rows_present, table.rows_read) == (40, 40)
    assert any("line 42, 44, 45 at the end" in n.message for n in table.notices)


def test_a_firm_of_which_nothing_is_known_is_no_note(tmp_path: Path) -> None:
    """Where names are of several words, a last row with a name alone is one more customer."""
    table = read(write(tmp_path, "name,n,city\nSmith and Sons,1,Rome\nMiller and Co,2,Ulm\nBell and Bell,,\n"))
    assert table.rows_read == 3


@pytest.mark.parametrize("between", ["", "\ufeff"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_header_of_a_joined_file_is_no_customer(tmp_path: Path, between: str, quote: str) -> None:
    """Where exports were joined, the header in the middle is skipped with a warning that names its line."""
    part = f"id,city,{quote}plan{quote}\n" + "c1,Rome,gold\nc2,Ulm,silver\n"
    table = read(write(tmp_path, part + between + part + 'c3,"Bonn, ""am"" Rhein",gold\n'))
    assert (table.rows_present, table.rows_read) == (5, 5)
    assert any("1 row says the header again, the first on line 4" in n.message for n in table.notices)


@pytest.mark.parametrize("above", ["Report,,Page 1,\nExported,2024-11-01,,\n,,,\n", "Customer,,Buying,\n"])
def test_titles_and_groups_of_columns_are_not_the_header(tmp_path: Path, above: str) -> None:
    """A half empty line above one that is full of names is skipped with a warning."""
    table = read(write(tmp_path, above + "id,n,spend,city\n" + "".join(f"c{i},{i},{i}.5,Rome\n" for i in range(9))))
    assert (table.names, table.rows_read) == (("id", "n", "spend", "city"), 9)
    assert "lines-skipped" in codes(table)


def test_a_first_customer_of_words_does_not_become_the_header(tmp_path: Path) -> None:
    """Below a header that leaves half of the names out, the first row is a row."""
    table = read(write(tmp_path, "id,plan,,\nc1,gold,Rome,app\nc2,gold,Ulm,web\nc3,silver,Ulm,web\n"))
    assert (table.names[:2], table.rows_read) == (("id", "plan"), 3)


def test_padded_columns(tmp_path: Path) -> None:
    """Columns set apart by runs of spaces are columns."""
    table = read(write(tmp_path, " id  n  spend\n 0001  3  11.77\n 0002 12   9.00\n"))
    assert to_memory(table.frame)["id"].tolist() == ["0001", "0002"]


def test_one_column_is_a_table(tmp_path: Path) -> None:
    """A file of one column is read as such."""
    table = read(write(tmp_path, "name\nAnn Lee\nBob\n"))
    assert to_memory(table.frame)["name"].tolist() == ["Ann Lee", "Bob"]


def test_chunks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a file is cut into chunks, rows and lines come out the same."""
    text = "id,note,n\r\n" + "".join(f'c{i},"a,""{i}""\r\nb",{i}\r\n' for i in range(60)) + "bad,1\r\n"
    path = write(tmp_path, text)
    whole = read(path)
    for size in (1, 7, 64):
        monkeypatch.setattr("segmentry.tables.text.survey.BLOCK", size)
        monkeypatch.setattr("segmentry.tables.text.structure.BLOCK", size)
        again = read(path)
        assert again.rejects == whole.rejects
        assert [r.line for r in again.rejects] == [122]
        assert deliver(again, again.frame, []).equals(deliver(whole, whole.frame, []))


DATA = Path(__file__).parents[2] / "../shared/data"


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("marketing_campaign.csv", 2240),
        ("customer_segmentation.csv", 2240),
        ("Mall_Customers.csv", 200),
        ("E-commerce Customer Behavior - Sheet1.csv", 350),
        ("CDNOW_master.txt", 69659),
    ],
)
def test_real_files_are_read_whole(name: str, rows: int) -> None:
    """Every row of the real files is read, none is set aside."""
    table = read(DATA / name)
    assert (table.rows_present, table.rows_read, table.rejects) == (rows, rows, ())


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")
def test_tabs_and_commas_give_the_same_table() -> None:
    """The marketing data reads alike from its two spellings, with the day first in its dates."""
    tabs, commas = read(DATA / "marketing_campaign.csv"), read(DATA / "customer_segmentation.csv")
    one, two = (pl.DataFrame(t.frame.collect().to_native()) for t in (tabs, commas))
    assert one.equals(two)
    assert str(one["Dt_Customer"].min()) == "2012-07-30"
    assert str(one["Dt_Customer"].max()) == "2014-06-29"
    assert int(np.isnan(to_memory(tabs.frame)["Income"]).sum()) == 24


def test_lines_of_separators_are_no_customers(tmp_path: Path) -> None:
    """Empty rows of a spreadsheet, written as separators alone, are skipped and spoken of; a total above is found."""
    for text in ("id,n,city\n{}Total,9,\n,,\n,,\n", 'id,n,city\n"x, y",1,"a" "b"\n{}Total,9,\n,,\n,,\n'):
        table = read(write(tmp_path, text.format(body(40) + ",,\n" + body(20)).encode()))
        assert table.rows_present == table.rows_read + table.rows_rejected
        assert [n.code for n in table.notices if n.code in ("blank-rows", "footer-skipped")] == [
            "blank-rows",
            "footer-skipped",
        ]
        assert "3 lines" in next(n.message for n in table.notices if n.code == "blank-rows")


def test_how_a_file_was_read_can_be_told(tmp_path: Path) -> None:
    """The separator and the encoding that were settled on are part of the table."""
    assert read(write(tmp_path, ("id;n;city\n" + "1;2;Köln\n" * 30).encode("cp1252"))).how == "semicolon, cp1252"
    assert read(write(tmp_path, b"id,n\n1,2\n")).how == "comma, UTF-8"


@pytest.mark.parametrize("door", [read, check_output, lambda path: read(f"duckdb:///{path}")])
def test_a_name_that_is_no_text_is_an_error(door: Callable[[str], object]) -> None:
    """Bytes that the system's locale cannot read cannot be told to engines; what to set, or to rename, is said."""
    with pytest.raises(SettingsError, match=r"UTF-8.*Found: gr\?\?e\.csv\. Set LC_ALL=C\.UTF-8") as caught:
        door("gr\udcc3\udc9fe.csv")
    assert caught.value.code == "file-name"
