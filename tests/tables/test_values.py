"""Cells to values: numbers, text and missing ones, decided over the whole column."""

from __future__ import annotations

from datetime import date
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
        (["0.2k", "1.5k", "3k", "1.2M"], [200, 1500, 3000, 1_200_000], ""),
        (["1,2 Tsd.", "3 Mio", "850"], [1200, 3_000_000, 850], ""),
        (["€110.5M", "€565K", "(€2M)"], [110_500_000, 565_000, -2_000_000], "€"),
        (["Rs. 1,23,456.50", "Rs 7"], [123456.5, 7], "Rs"),
        (["Rp 27.770", "Rp 1.000.000"], [27770, 1_000_000], "Rp"),
        (["eur 12.30", "eur 7.00"], [12.3, 7], "eur"),
        (["12.30 AED", "7.00 AED"], [12.3, 7], "AED"),
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


@pytest.mark.parametrize("cell", ["+ -5", "+-5", "- -5", "-$-5"])
def test_two_signs_are_no_number(cell: str) -> None:
    """What may be a range or a slip is not read as one of its ends, nor without its minus."""
    assert [r.line for r in column([*map(str, range(30)), cell]).rejects] == [31]


def test_a_dash_that_accountants_write_is_a_zero_without_a_sign() -> None:
    """Nothing is no loss: the zero is the same as a written one."""
    assert np.signbit(np.array(values(column(["€ -", "- €", "€ 5"])), dtype=float)).tolist() == [False] * 3


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
        (["5K", "10K", "5K"], "mostly-numbers", "3 of 3 cells are no numbers, such as '9K'"),
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
    with pytest.raises(AmbiguousColumnError, match="1 cell fits only the point, 10 only the comma"):
        column(["158.65"] + ["12,5"] * 10 + ["7"])
    assert caught.value.code == "ambiguous-decimal"


@pytest.mark.parametrize(
    ("points", "others", "expected"),
    [
        (["2.101", "1.250"], {"Umsatz": ["2.101,50", "7,00"]}, 2101),
        (["2.101", "1.250"], {"Umsatz": ["12,5", "7"]}, 2101),
        (["2,101", "1,250"], {"Umsatz": ["12,5", "7"]}, 2.101),
        (["2,101", "1,250"], {"sales": ["1,234.56", "7.00"], "score": ["4.5", "3"]}, 2101),
        (["2.101", "1.250"], {"sales": ["1,234.56", "7.00"]}, 2.101),
    ],
)
def test_a_mark_is_settled_by_the_other_columns_of_the_file(
    points: list[str], others: dict[str, list[str]], expected: float
) -> None:
    """Three digits after a mark are thousands or decimals by the habit that others show; it is said, and kept."""
    for frame in (pl.DataFrame({"points": points, **others}), pl.DataFrame({**others, "points": points})):
        found = read(frame)
        assert found.frame.select("points").collect().to_dict(as_series=False)["points"][0] == expected
        [notice] = found.notices
        assert notice.code == "decimal-by-another"
        assert f"as '{next(iter(others))}' has it" in notice.message
        # A later file need not have the column that settled it.
        later = read(frame.select("points"), expected={"points": found.column("points").reading})
        assert later.frame.select("points").collect().to_dict(as_series=False)["points"][0] == expected


@pytest.mark.parametrize(
    "others",
    [
        {"Umsatz": ["2.101,50", "7,00"], "sales": ["1,234.56", "7.00"]},
        {"Umsatz": ["2.101,50", "7,00"], "score": ["4.5", "3.5"]},
        {"score": ["4.5", "3.5"]},
        {"items": ["3", "4"], "city": ["2,5 km", "Rome"]},
    ],
)
def test_columns_that_contradict_each_other_or_show_no_habit_settle_nothing(others: dict[str, list[str]]) -> None:
    """A point is what programs write everywhere: only a comma shows a habit, and a point beside it none."""
    for frame in (
        pl.DataFrame({"points": ["2.101", "1.250"], **others}),
        pl.DataFrame({**others, "points": ["2.101"] * 2}),
    ):
        with pytest.raises(AmbiguousColumnError, match="'points' can be read in two ways") as caught:
            read(frame)
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


def test_a_word_for_nothing_in_many_columns_is_one_warning() -> None:
    """Where an export writes "?" for what it does not know, one sentence says so, and not one a column."""
    frame = pl.DataFrame({f"q{n}": ["?", "yes", "no", "often"] for n in range(6)})
    [kept] = [n.message for n in read(frame, ReadingSettings()).notices if n.code == "missing-words-kept"]
    assert kept.startswith("'q0': '?' (1), 'q1': '?' (1), 'q2': '?' (1), and in 3 more columns were kept as text;")


@pytest.mark.parametrize(
    "word",
    ["k. A.", "k.A.", "keine Angabe", "unbekannt", "n. v.", "n.a.", "desconocido", "sin dato", "s/d", "inconnu",
     "Non renseigné", "NON RENSEIGNÉE", "Não informado", "sconosciuto", "onbekend", "n.v.t."],
)  # fmt: skip
def test_missing_is_said_in_seven_languages(word: str) -> None:
    """Words for "not known" in other languages than English are missing among numbers, however many there are."""
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


def test_dates_in_the_place_of_numbers_are_told_as_such() -> None:
    """No option reads a day as a number; a column without any cell is taken."""
    days = pl.DataFrame({"income": [date(2024, 1, 1), None, date(2024, 5, 2)]})
    with pytest.raises(
        InputError, match=r"'income' is wanted as numbers and holds dates .*2 dates.*Give it as numbers"
    ):
        read(days, expected={"income": Reading("number")})
    empty = days.with_columns(income=pl.lit(None, dtype=pl.Date))
    assert read(empty, expected={"income": Reading("number")}).rows_read == 3


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
    table = column(["Yes", "yes", " Yes ", "No"] * 4)
    assert values(table) == ["Yes", "yes", "Yes", "No"] * 4
    said = next(n.message for n in table.notices if n.code == "similar-levels")
    assert "'Yes' / 'yes'" in said
    assert "stay apart: write them in one way if they mean the same" in said


def test_levels_of_few_cells_are_not_named() -> None:
    """Two ways of writing one customer's address are told of without the address."""
    table = column(["ann@example.org", "Ann@Example.org", "bo@example.org"])
    said = next(n.message for n in table.notices if n.code == "similar-levels")
    assert "'A…' / 'a…'" in said


def test_a_common_word_among_numbers_is_named_with_the_option_that_settles_it() -> None:
    """A word in many cells is nobody's own: the error shows it and how to pass it over; rare ones stay masked."""
    cells = [*(f"{i}.50" for i in range(100)), *["ERROR"] * 12, "Ann"]
    as_number = ReadingSettings(types={"value": "number"})
    with pytest.raises(InputError, match=r"\(ERROR\).*\(--missing ERROR\)") as error:
        column(cells, as_number)
    assert "Ann" not in str(error.value)
    table = column(cells[:-1], as_number.model_copy(update={"missing": ("ERROR",)}))
    assert (table.rows_read, table.rows_rejected) == (112, 0)


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


@pytest.mark.parametrize("cells", [["5K", "10K", "42K"], ["8.5M", "9M", "10.5M"], ["1.8m", "2.5m"], ["18k", "14k"]])
def test_races_shoes_and_metres_are_no_thousands(cells: list[str]) -> None:
    """A letter behind a number is short for thousands only where the column shows it."""
    assert values(column(cells)) == cells


def test_letters_before_a_number_are_money_only_apart_from_it() -> None:
    """PEN3 is a product, PEN 3 a price; behind the number, and after a sign, no space is needed."""
    assert values(column(["PEN3", "PEN12"])) == ["PEN3", "PEN12"]
    for cells in (["PEN 3", "PEN 12"], ["3PEN", "12PEN"], ["Rs3", "Rs.12"]):
        assert values(column(cells)) == [3, 12]


def test_what_is_stated_to_be_numbers_may_be_in_short() -> None:
    """A stated type settles what a letter means, for the model's later files as well; how many were so is told."""
    stated = ReadingSettings(types={"value": "number"})
    table = column(["5K", "10K", "7"], stated)
    assert values(table) == [5000, 10_000, 7]
    assert "2 cells in short, such as '99K', were read as thousands" in table.notices[0].message
    assert values(column(["3M"], expected=table.column("value").reading)) == [3_000_000]


def test_short_numbers_of_a_large_source_are_read_as_those_of_a_small_one() -> None:
    """Some rows settle that a column is text only where no form of a number would be one."""
    cells = ["0.2k", "1.5k", "3.4M"] * 20_000
    assert column(cells).column("value").reading.kind == "number"
