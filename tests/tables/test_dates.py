"""Cells to days: the form of a column's dates is decided over all of its cells, or asked for."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from segmentry.errors import AmbiguousColumnError
from segmentry.tables import Reading, ReadingSettings, Table, read, to_memory


def column(cells: list[str], settings: ReadingSettings | None = None, expected: Reading | None = None) -> Table:
    frame = pl.DataFrame({"value": cells}, schema={"value": pl.String})
    return read(frame, settings or ReadingSettings(), {"value": expected} if expected else None)


def values(table: Table) -> list[float | str | None]:
    return list(to_memory(table.frame)["value"])


@pytest.mark.parametrize(
    ("cells", "day", "form"),
    [
        (["2024-05-03", "2024-05-31"], dt.date(2024, 5, 3), "YYYY-MM-DD"),
        (["04-09-2012", "21-08-2013"], dt.date(2012, 9, 4), "DD-MM-YYYY"),
        (["05/03/2024", "05/23/2024"], dt.date(2024, 5, 3), "MM/DD/YYYY"),
        (["5/3/2024", "23/5/2024"], dt.date(2024, 3, 5), "DD/MM/YYYY"),
        (["03.05.2024", "31.12.2023"], dt.date(2024, 5, 3), "DD.MM.YYYY"),
        (["19970101", "19980630", "19970512"], dt.date(1997, 1, 1), "YYYYMMDD"),
        (["3 May 2024", "14 September 2023"], dt.date(2024, 5, 3), "DD Mon YYYY"),
        (["May 3, 2024", "Sep 14, 2023"], dt.date(2024, 5, 3), "Mon DD, YYYY"),
        (["03-May-24", "14-Sep-23"], dt.date(2024, 5, 3), "DD-Mon-YY"),
        (["25/12/68", "01/02/69"], dt.date(2068, 12, 25), "DD/MM/YY"),
        (["2024-05-03T23:59:59Z", "2024-05-04 10:00"], dt.date(2024, 5, 3), "YYYY-MM-DD"),
        (["5/23/2024 10:04 PM", "5/4/2024 1:00 AM"], dt.date(2024, 5, 23), "MM/DD/YYYY"),
        (["98-05-03", "31-12-30"], dt.date(1998, 5, 3), "YY-MM-DD"),
        (["23/05/32", "01/12/31"], dt.date(2032, 5, 23), "DD/MM/YY"),
        (["2024.05.03.", "2024. 05. 31."], dt.date(2024, 5, 3), "YYYY.MM.DD"),
        (["03. 05. 2024", "31.12.2023"], dt.date(2024, 5, 3), "DD.MM.YYYY"),
        (["Thu, 05 Jan 2023", "Sun, 1 Jan 2023"], dt.date(2023, 1, 5), "DD Mon YYYY"),
        (["Do 05.01.2023", "Mittwoch, 25.01.2023"], dt.date(2023, 1, 5), "DD.MM.YYYY"),
        (["5th May 2023", "1st of June 2023"], dt.date(2023, 5, 5), "DD Mon YYYY"),
        (["20230105T101500Z", "20230131T2315", "20230106"], dt.date(2023, 1, 5), "YYYYMMDD"),
        (["2023-01-05 10:00:00.123456+00", "2023-01-05 10:00 CET"], dt.date(2023, 1, 5), "YYYY-MM-DD"),
        (["Jan 5, 2023 10:00:00 PM PST", "Feb 6, 2023 1:00:00 AM PDT"], dt.date(2023, 1, 5), "Mon DD, YYYY"),
        (["31.05.2024 18:16 Uhr", "03.05.2024 9:05 Uhr"], dt.date(2024, 5, 31), "DD.MM.YYYY"),
        (["Thu Jan 05 2023 10:00:00 GMT+0100 (CET)"], dt.date(2023, 1, 5), "Mon DD YYYY"),
    ],
)
def test_dates_as_people_write_them(cells: list[str], day: dt.date, form: str) -> None:
    """Dates of many spellings, with or without a time, decided over all rows."""
    table = column(cells)
    assert table.column("value").reading == Reading("date", date_format=form)
    assert values(table)[0] == day.toordinal()


def test_day_or_month_first_is_asked() -> None:
    """Dates that fit both ways stop with the option; the option, or the model, settles them."""
    with pytest.raises(AmbiguousColumnError, match="--date-format"):
        column(["05/03/2024", "01/02/2024"])
    settled = column(["05/03/2024"], ReadingSettings(date_format="%d/%m/%Y"))
    assert values(settled) == [dt.date(2024, 3, 5).toordinal()]
    known = column(["05/03/2024"], expected=Reading("date", date_format="MM/DD/YYYY"))
    assert values(known) == [dt.date(2024, 5, 3).toordinal()]


def test_year_first_is_asked_where_no_cell_tells() -> None:
    """A few dates that may begin with the year, the month or the day stop, and each of the ways can be stated."""
    with pytest.raises(AmbiguousColumnError, match="with the day or with the month or with the year first") as caught:
        column(["03-05-04", "01-02-06"])
    assert "--date-format DD-MM-YY or --date-format MM-DD-YY or --date-format YY-MM-DD" in str(caught.value)
    with pytest.raises(AmbiguousColumnError, match="both as DD-MM-YY and as YY-MM-DD"):
        column(["23-01-05", "22-10-30"])
    assert values(column(["23-01-05"], ReadingSettings(date_format="%y-%m-%d"))) == [dt.date(2023, 1, 5).toordinal()]


@pytest.mark.parametrize(
    ("form", "spelled"), [("%y-%m-%d", "YY-MM-DD"), ("%d.%m.%y", "DD.MM.YY"), ("%m/%d/%y", "MM/DD/YY")]
)
def test_days_that_run_through_the_month_tell_them_from_years(form: str, spelled: str) -> None:
    """Among many dates the part that runs from 1 to 31 is the day, and the one with few different values the year."""
    days = [dt.date(2021, 1, 1) + dt.timedelta(7 * i) for i in range(100)]
    found = column([day.strftime(form) for day in days])
    assert found.column("value").reading.date_format == spelled
    assert values(found) == [day.toordinal() for day in days]


def test_first_days_of_months_do_not_pass_for_years() -> None:
    """Contracts begin on the first: twelve years beside one day are no sign that the year comes first."""
    with pytest.raises(AmbiguousColumnError, match="both as DD"):
        column([f"01.{month:02d}.{year:02d}" for year in range(8, 24) for month in range(1, 13)])


@pytest.mark.parametrize(
    "months",
    [
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago set oct nov dic",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "JAN FEB MRT APR MEI JUN JUL AUG SEP OKT NOV DEC",
    ],
)
@pytest.mark.parametrize("form", ["5. {} 2023", "5 {} 2023", "5 de {} de 2023", "05-{}-2023"])
def test_months_are_named_in_seven_languages(months: str, form: str) -> None:
    """The names of the months, whole and short, are understood in seven languages."""
    found = column([form.format(month) for month in months.split()])
    assert values(found) == [dt.date(2023, month, 5).toordinal() for month in range(1, 13)]


def test_mixed_day_and_month_first_is_an_error() -> None:
    """A column that holds both orders is not guessed at."""
    with pytest.raises(AmbiguousColumnError, match="do not fit DD/MM/YYYY"):
        column(["25/12/2024"] * 20 + ["12/25/2024"] * 20)


MIXED = ["2024-05-03", "2024-06-13", "2024-07-21"] * 10 + ["14/05/2024", "23/06/2024"] * 10


def test_dates_left_over_by_a_program_that_swapped_the_others_are_not_read() -> None:
    """Where only days past the 12th are written in a second way, the first ones may have day and month swapped: the
    column stops with how many are in each way, and what settles it."""
    with pytest.raises(AmbiguousColumnError, match=r"20 as DD/MM/YYYY [(]and all of them past") as caught:
        column(MIXED)
    assert "--date-format YYYY-MM-DD and --max-rejected 0.4 " in str(caught.value)
    assert caught.value.code == "mixed-dates"


def test_a_second_way_that_may_be_either_order_is_not_guessed_at() -> None:
    """The fifth of March or the third of May: the cells of that way do not tell, whatever the others are."""
    with pytest.raises(AmbiguousColumnError, match=r"10 as DD/MM/YYYY \(or MM/DD/YYYY\)"):
        column(["2024-05-03"] * 20 + ["05/03/2024"] * 10)


CLEAR = {
    "2024-05-03": (2024, 5, 3), "14.05.2024": (2024, 5, 14), "03.05.2024": (2024, 5, 3), "Jun 7, 2024": (2024, 6, 7),
    "12/25/2023 10:30": (2023, 12, 25), "03/05/2024": (2024, 3, 5), "9-Jul-24": (2024, 7, 9),
}  # fmt: skip


@pytest.mark.parametrize("others", [1, 50])
def test_dates_written_in_several_clear_ways_are_each_read_as_they_are_written(others: int) -> None:
    """Days, months and years of every way are right, whether most cells are written in one way or not; it is said."""
    cells = [*CLEAR, *["2024-05-03"] * (200 // others)]
    found = column(cells)
    assert found.rows_rejected == 0
    assert values(found) == [dt.date(*CLEAR[cell]).toordinal() for cell in cells]
    [notice] = [n for n in found.notices if n.code == "several-date-formats"]
    assert "2 as MM/DD/YYYY, 2 as DD.MM.YYYY, 1 as DD-Mon-YY, 1 as Mon DD, YYYY" in notice.message
    form = found.columns[0].reading.date_format
    again = column(["03.05.2024"], expected=Reading("date", date_format=form))
    assert values(again) == [dt.date(2024, 5, 3).toordinal()]


def test_several_ways_of_writing_a_date_can_be_stated() -> None:
    """What the cells leave open, the format settles: each cell is read in the first of its ways that it fits."""
    settled = column(MIXED, ReadingSettings(date_format="%Y-%m-%d or dd/mm/yyyy"))
    assert settled.rows_rejected == 0
    assert values(settled)[-1] == dt.date(2024, 6, 23).toordinal()


def test_what_the_message_on_mixed_dates_says_settles_them() -> None:
    """The rows in the other form are set aside and counted; as text the column is read as it is."""
    settled = column(MIXED, ReadingSettings(date_format="YYYY-MM-DD", max_rejected_share=0.4))
    assert (settled.rows_read, settled.rows_rejected) == (30, 20)
    assert values(settled)[0] == dt.date(2024, 5, 3).toordinal()
    assert values(column(MIXED, ReadingSettings(types={"value": "text"}))) == MIXED


def test_days_as_excel_counts_them_beside_dates_are_not_left_as_text() -> None:
    """A third of the cells lost their date format in a spreadsheet; the message says so, and the option helps."""
    cells = ["2024-05-03", "2024-06-13", "45356"] * 10
    with pytest.raises(AmbiguousColumnError, match="20 dates, 10 numbers") as caught:
        column(cells)
    assert "--max-rejected 0.34" in str(caught.value)
    settled = column(cells, ReadingSettings(date_format="YYYY-MM-DD", max_rejected_share=0.34))
    assert (settled.rows_read, settled.rows_rejected) == (20, 10)


def test_a_column_of_dates_and_words_stays_text() -> None:
    """Where more than one cell in twenty is no date, nobody meant a column of dates."""
    cells = [*MIXED, *["on request"] * 10]
    assert values(column(cells)) == cells


def test_impossible_dates_are_set_aside() -> None:
    """30 February is no date, and says so with its line."""
    table = column([f"2024-01-{d:02d}" for d in range(1, 29)] + ["2024-02-30"])
    assert [(r.line, r.reason) for r in table.rejects] == [(29, "not a date as YYYY-MM-DD")]


@pytest.mark.parametrize(
    ("name", "cells", "code"),
    [
        ("signup_date", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("last_purchase", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("letzter Kauf", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("fecha_alta", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("created_at", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("last_purchase", ["5012023", "15022023", "31122022"], "counted-dates"),
        ("until", ["2024-05-03", "9999-12-31"], "far-dates"),
    ],
)
def test_dates_in_disguise_are_noticed(name: str, cells: list[str], code: str) -> None:
    """Excel's day numbers and 9999-12-31 are named and not guessed at."""
    assert code in {n.code for n in read(pl.DataFrame({name: cells})).notices}


def test_nobody_is_born_in_years_to_come() -> None:
    """Short years of birth after now are of the last century, and the warning says from which year on."""
    cells = ["19.11.90", "01.12.57", "19.07.01"]
    table = read(pl.DataFrame({"birth_date": cells, "until": cells}))
    born = to_memory(table.frame)["birth_date"]
    assert [dt.date.fromordinal(int(day)).year for day in born] == [1990, 1957, 2001]
    assert dt.date.fromordinal(int(to_memory(table.frame)["until"][1])).year == 2057
    assert "27 to 99 were read as 19.." in table.notices[0].message


@pytest.mark.parametrize("name", ["birth_year", "Geburtsjahr"])
def test_short_years_of_birth_as_numbers_are_noticed(name: str) -> None:
    """Years such as 81 are no numbers to compare; the warning says what to write."""
    assert [n.code for n in read(pl.DataFrame({name: ["81", "54", "3"]})).notices] == ["short-years"]
    assert not read(pl.DataFrame({name: ["1981", "1954", "2003"]})).notices
    assert not read(pl.DataFrame({"birth_month": ["1", "12", "3"]})).notices


@pytest.mark.parametrize("name", ["orders", "purchases", "last_order_value", "first_orders", "spend"])
def test_counts_and_sums_are_no_dates(name: str) -> None:
    """Numbers as large as Excel's days are what their name says."""
    assert not read(pl.DataFrame({name: [str(45356 + i) for i in range(5)]})).notices


def test_few_eight_digit_numbers_are_not_dates() -> None:
    """Eight digits that are no day of the calendar in every row are numbers."""
    assert column(["20240101", "20249999", "20240103"]).column("value").reading.kind == "number"
