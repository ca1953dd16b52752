"""Cells to values: numbers, dates and missing ones, decided over the whole column."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmentry.errors import AmbiguousColumnError, InputError, SettingsError
from segmentry.tables import Reading, ReadingSettings, Table, read, text_of, to_memory


def column(cells: list[str], settings: ReadingSettings | None = None, expected: Reading | None = None) -> Table:
    frame = pl.DataFrame({"value": cells}, schema={"value": pl.String})
    return read(frame, settings or ReadingSettings(), {"value": expected} if expected else None)


def values(table: Table) -> list[float | str | None]:
    return list(to_memory(table.frame)["value"])


@pytest.mark.parametrize(
    ("cells", "numbers", "unit"),
    [
        (["$84,835.00", "$5.50"], [84835, 5.5], "$"),
        (["€ 1.234,56", "€ 7,00"], [1234.56, 7], "€"),
        (["1 234,5", "1\u00a0234,5", "1\u202f234,5"], [1234.5] * 3, ""),
        (["1'234.5", "1’234.5"], [1234.5] * 2, ""),
        (["12 %", "7.5%"], [12, 7.5], "%"),
        (["(5.00)", "5.00-", "-5.00", "−5.00", "($5.00)"], [-5] * 5, "$"),
        (["1e5", "2.5E-1"], [100000, 0.25], ""),
        (["1,234,567", "950"], [1234567, 950], ""),
        (["12,34,567.5"], [1234567.5], ""),
        (["$1,234", "$999"], [1234, 999], "$"),
        (["0.123", "0.456"], [0.123, 0.456], ""),
        (["1.234", "4.6"], [1.234, 4.6], ""),
        (["158,-", "7,50"], [158, 7.5], ""),
        (["158,-", "1.158,--", "-158,-", "(158,-)", "158-"], [158, 1158, -158, -158, -158], ""),
        (["CHF 158.-", "CHF 158.–", "CHF 158.50", "CHF 158.-"], [158, 158, 158.5, 158], "CHF"),
        ([" $-   ", " $ (950.51)", "$(1,234.50)", " $3.10 "], [0, -950.51, -1234.5, 3.1], "$"),
        (["- €", "7,50 €"], [0, 7.5], "€"),
        (["1.234,50 Euro", "7 Euro", "1 euro"], [1234.5, 7, 1], "Euro"),
        (["123 TL", "7.5 TL"], [123, 7.5], "TL"),
        (["EUR 5.00", "€5.50", "5 €"], [5, 5.5, 5], "€"),
        (["158,65 kr", "950,51 kr.", "1 kr"], [158.65, 950.51, 1], "kr"),
        (["$5.00", "US$5.50", "$6.00"], [5, 5.5, 6], "$"),
        (["€ 158,-", "158,- €", "158,€", "158,5 €-"], [158, 158, 158, -158.5], "€"),
    ],
)
def test_numbers_as_people_write_them(cells: list[str], numbers: list[float], unit: str) -> None:
    """Signs, groups, percent and accountants' minus are read by rule, and the unit is kept."""
    table = column(cells)
    assert values(table) == pytest.approx(numbers)
    assert table.column("value").unit == unit


@pytest.mark.parametrize("cells", [["1.234", "5.678"], ["1,234", "950"], ["12.345"]])
def test_decimal_or_thousand_is_asked(cells: list[str]) -> None:
    """Numbers that may be decimals or thousands stop with the option; the option settles them."""
    with pytest.raises(AmbiguousColumnError, match="--decimal"):
        column(cells)
    first = cells[0]
    assert values(column(cells, ReadingSettings(decimal=".")))[0] == float(first.replace(",", ""))
    assert values(column(cells, ReadingSettings(decimal=",")))[0] == float(first.replace(".", "").replace(",", "."))


def test_currencies_are_not_added_up() -> None:
    """Dollars and euros in one column stop, and so do dollars of two countries."""
    for cells in (["$5.00", "€5.00"], ["$5.00", "A$5.00"], ["5 kr", "5 SEK"]):
        with pytest.raises(AmbiguousColumnError, match="mixes units"):
            column(cells)


@pytest.mark.parametrize("cell", ["inf", "1e400", "-Infinity", "abc"])
def test_cells_that_are_no_finite_number_are_set_aside(cell: str) -> None:
    """One bad cell in twenty or more is a reject; the column stays a number."""
    table = column([str(i) for i in range(30)] + [cell])
    assert table.column("value").reading.kind == "number"
    assert [(r.line, r.column, r.value) for r in table.rejects] == [(31, "value", cell[0] + "…")]


def test_bad_cell_after_a_million_rows_is_found() -> None:
    """The type rests on all rows and not on the first ones."""
    table = column([str(i % 7) for i in range(200_000)] + ["x7"])
    assert [r.line for r in table.rejects] == [200_001]


@pytest.mark.parametrize("cells", [["00123", "00007"], ["1582218195625938945", ""], ["TRUE", "FALSE"], ["yes", "no"]])
def test_ids_and_truth_values_stay_text(cells: list[str]) -> None:
    """Leading zeros, long whole numbers and yes/no are text as they stand."""
    assert values(column(cells))[0] == cells[0]


PRICES = [f"{n}.50" for n in range(1, 200)]


@pytest.mark.parametrize(("cell", "value"), [("00.00", 0), ("07", 7)])
def test_one_leading_zero_among_many_numbers_is_a_number(cell: str, value: float) -> None:
    """A lone zero too many makes no text of a column of numbers, and is said; in ids it does."""
    found = column([*PRICES, cell])
    assert values(found)[-1] == value
    assert [n.code for n in found.notices] == ["leading-zeros"]
    assert read(pl.DataFrame({"customer_id": [*PRICES, cell]})).columns[0].reading.kind == "text"


def test_one_number_too_long_among_many_is_set_aside() -> None:
    """What a slipped key makes of a price is a rejected row, and the column stays numbers."""
    found = column([*PRICES, "99999999999999999"])
    assert [(r.line, r.reason) for r in found.rejects] == [(200, "not a finite number with decimal '.'")]
    assert read(pl.DataFrame({"kundennummer": [*PRICES, "99999999999999999"]})).columns[0].reading.kind == "text"


@pytest.mark.parametrize(
    ("cells", "code", "said"),
    [
        (["81", "54", "07"] * 10, "mostly-numbers", "10 of 30 cells begin with a zero or are too long"),
        (["0.2k", "1.5k", "3k"], "mostly-numbers", "3 of 3 cells are no numbers, such as '9.9k'"),
        (["2024-05-03"] * 8 + ["never"] * 12, "", ""),
        (["2024-05-03"] * 12 + ["never"] * 10, "mostly-dates", "10 of 22 cells are no dates, such as 'never'"),
    ],
)
def test_text_that_is_mostly_numbers_or_dates_is_noticed(cells: list[str], code: str, said: str) -> None:
    """No column of numbers or dates becomes text without a word of why, and of which cells."""
    found = column(cells)
    assert values(found) == cells
    assert [n.code for n in found.notices] == ([code] if code else [])
    assert not said or said in found.notices[0].message


def test_decimal_points_beside_decimal_commas_are_not_guessed_at() -> None:
    """Numbers of two countries in one column stop with how many there are of each."""
    with pytest.raises(AmbiguousColumnError, match="20 cells fit only the point, 10 only the comma") as caught:
        column(["158.65"] * 20 + ["12,5"] * 10 + ["7"])
    assert caught.value.code == "ambiguous-decimal"


@pytest.mark.parametrize("cells", [["١٢", "٣٤"], ["１２.５", "３"], ["٢٠٢٣-٠١-٠٥", "٢٠٢٣-٠١-٠٦"]])
def test_digits_of_other_scripts_stay_text_and_are_said(cells: list[str]) -> None:
    """Only 0 to 9 are read as digits; others reject no row."""
    found = column(cells)
    assert (values(found), [n.code for n in found.notices]) == (cells, ["other-digits"])


def test_characters_without_width_are_white_space() -> None:
    """What nobody sees around a number or a name is no part of it."""
    assert values(column(["43\u200b", "\u200e7", "\ufeff8"])) == [43, 7, 8]
    assert values(column(["Rome\u200b", "\ufeffRome", "\u200b"])) == ["Rome", "Rome", None]


def test_missing_words_depend_on_the_kind_of_column() -> None:
    """NA is missing among numbers and a word (Namibia) among words; both are said."""
    numbers = column(["1", "NA", "#N/A", "-", "4"])
    assert np.isnan(np.array(values(numbers)[1:4], dtype=float)).all()
    assert [n.code for n in numbers.notices] == ["missing-words"]
    words = column(["NA", "DE", "Null", ""])
    assert values(words) == ["NA", "DE", "Null", None]
    assert [n.code for n in words.notices] == ["missing-words-kept"]


@pytest.mark.parametrize(
    "word",
    ["k. A.", "k.A.", "keine Angabe", "unbekannt", "n. v.", "n.a.", "desconocido", "sin dato", "s/d", "inconnu",
     "Non renseigné", "NON RENSEIGNÉE"],
)  # fmt: skip
def test_missing_is_said_in_four_languages(word: str) -> None:
    """German, Spanish and French words for "not known" are missing among numbers, however many there are."""
    table = column(["12.50", "7.25", word, "9.75", word, word])
    assert values(table)[0] == 12.5
    assert np.isnan(np.array(values(table), dtype=float)).sum() == 3
    assert [n.code for n in table.notices] == ["missing-words"]


@pytest.mark.parametrize("word", ["nc", "ka", "keine", "sin", "x"])
def test_what_could_be_a_value_is_not_missing(word: str) -> None:
    """A state, a code or an answer stays what it is."""
    assert values(column(["12.50", "7.25", word])) == ["12.50", "7.25", word]


def test_the_word_that_many_cells_hold_is_shown() -> None:
    """The word to pass to --missing is named, also beside rarer texts; one of fewer than ten cells may be personal."""
    figures = [str(i) for i in range(40)]
    assert "such as 'offen'" in column([*figures, *["offen"] * 10, "Anna Bell"]).notices[0].message
    hidden = column([*figures, *["offen"] * 9, "Anna Bell"]).notices[0].message
    assert "such as 'o…'" in hidden
    assert "offen" not in hidden


def test_stated_words_are_missing_everywhere() -> None:
    """What the settings call missing is missing in text and in numbers."""
    settings = ReadingSettings(missing=("NA", "-999"))
    assert values(column(["NA", "DE"], settings)) == [None, "DE"]
    assert np.isnan(values(column(["5", "-999"], settings))[1])


@pytest.mark.parametrize("cells", [["5.5", "-999.0", "7.25"], ["1,5", "-999,00", "3,25"], ["5", "-999.0", "x"]])
def test_a_number_that_means_missing_may_be_written_otherwise(cells: list[str]) -> None:
    """Among numbers -999 is -999.0 and -999,00 as well; among words the cell is what it is."""
    numbers = cells[2] != "x"
    found = values(column(cells, ReadingSettings(missing=("-999",))))
    assert (np.isnan(found[1]) and not np.isnan(found[2])) if numbers else found == cells


def test_a_spike_is_shown_as_one_would_state_it() -> None:
    """What the notice says to pass is the number with all its digits."""
    found = column([str(i) for i in range(1, 50)] + ["9999999"] * 5).notices
    assert "pass --missing 9999999 if so" in " ".join(n.message for n in found)


@pytest.mark.parametrize("spike", ["-999", "9999"])
def test_spikes_are_noticed(spike: str) -> None:
    """Numbers that stand for 'not known' are kept and named."""
    assert "spike" in {n.code for n in column([str(i) for i in range(1, 50)] + [spike] * 5).notices}


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
        "januari februari maart april mei juni juli augustus september oktober november december",
        "JAN FEB MRT APR MEI JUN JUL AUG SEP OKT NOV DEC",
    ],
)
@pytest.mark.parametrize("form", ["5. {} 2023", "5 {} 2023", "5 de {} de 2023", "05-{}-2023"])
def test_months_are_named_in_six_languages(months: str, form: str) -> None:
    """The names of the months, whole and short, are understood in six languages."""
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
        ("signup_date", [str(1_700_000_000 + i) for i in range(5)], "counted-dates"),
        ("last_purchase", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("letzter Kauf", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("fecha_alta", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("created_at", [str(45356 + i) for i in range(5)], "counted-dates"),
        ("last_purchase", ["5012023", "15022023", "31122022"], "counted-dates"),
        ("until", ["2024-05-03", "9999-12-31"], "far-dates"),
    ],
)
def test_dates_in_disguise_are_noticed(name: str, cells: list[str], code: str) -> None:
    """Excel's day numbers, seconds since 1970 and 9999-12-31 are named and not guessed at."""
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


def test_kinds_can_be_stated() -> None:
    """The settings decide over the cells."""
    assert values(column(["1", "2"], ReadingSettings(types={"value": "text"}))) == ["1", "2"]
    with pytest.raises(InputError, match="cannot be used"):
        column(["a", "b"], ReadingSettings(types={"value": "number"}))
    with pytest.raises(SettingsError, match="day, a month and a year"):
        ReadingSettings(date_format="DD-MM")


def test_model_fixes_the_reading() -> None:
    """A single new row is read as at fitting: decimal comma, and text that looks like a number."""
    assert values(column(["1.234"], expected=Reading("number", decimal=","))) == [1234]
    assert values(column(["1.234"], expected=Reading("number", decimal="."))) == [1.234]
    assert values(column(["12"], expected=Reading("text"))) == ["12"]
    assert np.isnan(values(column([""], expected=Reading("number")))[0])


@pytest.mark.parametrize("stated", [{"types": {"nope": "text"}}, {"date_formats": {"nope": "DD/MM/YY"}}])
def test_a_way_of_reading_a_column_that_is_not_there_is_said(stated: dict[str, dict[str, str]]) -> None:
    """A slip in the name of a column is not passed over in silence."""
    found = column(["1", "2"], ReadingSettings.model_validate(stated))
    assert [(n.code, "'nope'" in n.message) for n in found.notices] == [("unknown-column", True)]


@pytest.mark.parametrize(
    ("cell", "known", "option"),
    [
        ("1.234,56", Reading("number", decimal="."), "--decimal"),
        ("23.05.2024", Reading("date", date_format="YYYY-MM-DD"), "--date-format"),
    ],
)
def test_a_file_written_in_another_way_than_the_model_knows_names_the_option(
    cell: str, known: Reading, option: str
) -> None:
    """Where every row is rejected for its marks, the remedy is the option that reads them."""
    with pytest.raises(InputError, match=f"say how they are written with {option}, name words"):
        column([cell], expected=known)


@pytest.mark.parametrize(
    "data", ["id,n\n00123,1\n007,2\n", "id,n\n1E5,1\n12E4,2\n", "id,n\n1582218195625938945,1\n 17 ,2\n"]
)
def test_ids_are_verbatim_text(tmp_path: Path, data: str) -> None:
    """Leading zeros, exponents and nineteen digits survive in an id."""
    path = tmp_path / "c.csv"
    path.write_text(data)
    table = read(path)
    ids = to_memory(table.frame.select(text_of(table, "id").alias("id")))["id"].tolist()
    assert ids == [line.split(",")[0].strip() for line in data.splitlines()[1:]]


def test_levels_that_differ_in_case_are_noticed() -> None:
    """White space around a word is left off; words that differ in case are named, with what is done and to do."""
    table = column(["Yes", "yes", " Yes ", "No"])
    assert values(table) == ["Yes", "yes", "Yes", "No"]
    said = next(n.message for n in table.notices if n.code == "similar-levels")
    assert "'Yes' / 'yes'" in said
    assert "stay apart: write them in one way if they mean the same" in said


def test_what_the_settings_state_wins_over_the_model(tmp_path: Path) -> None:
    """A date format and a decimal mark that are given hold, where the model's would reject or change every cell."""
    path = tmp_path / "new.csv"
    path.write_text("since;spend\n2024-05-03;1.250\n2023-12-31;2.500\n")
    expected = {"since": Reading("date", date_format="DD-MM-YYYY"), "spend": Reading("number", decimal=".")}
    table = read(path, ReadingSettings(date_format="YYYY-MM-DD", decimal=","), expected)
    assert table.rows_rejected == 0
    assert to_memory(table.frame)["spend"].tolist() == [1250, 2500]
    with pytest.raises(InputError, match="not a date as DD-MM-YYYY"):
        read(path, ReadingSettings(), expected)
