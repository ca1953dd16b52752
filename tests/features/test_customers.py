"""From a table to customers: who they are, and the day that their ages and recencies count to."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from segmentry.errors import IdentifierError, SettingsError
from segmentry.fitting import FitSettings, fit
from segmentry.selection import SelectionSettings

TODAY = date(2024, 6, 30)


def _shop(**more):
    n = 60
    return pl.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(n)],
            "birth_date": [date(1950 + i % 50, 1 + i % 12, 1 + i % 28) for i in range(n)],
            "total_spend": [100.0 * (1 + i % 3) + i for i in range(n)],
            **more,
        }
    )


def _fit(table, **options):
    return fit(table, settings=FitSettings(selection=SelectionSettings(k=3), **options))


def test_the_last_date_of_the_data_is_the_day(tmp_path):
    """Ages count to the last purchase or sign-up that is not in the future."""
    dates = [date(2024, 1, 1 + i % 28) for i in range(59)]
    model = _fit(_shop(last_purchase_date=[*dates, date(2031, 1, 1)]), today=TODAY)
    assert model.recipe.as_of == date(2024, 1, 28)


def test_a_stated_day_wins():
    """--as-of is taken as it is."""
    assert _fit(_shop(), as_of=date(2020, 2, 29), today=TODAY).recipe.as_of == date(2020, 2, 29)


def test_today_is_the_last_resort_and_said():
    """Without a date in the data, the day is today, with a warning; the library alone knows no today and asks."""
    model = _fit(_shop(), today=TODAY)
    assert model.recipe.as_of == TODAY
    assert "as-of-today" in {n.code for n in model.notices}
    with pytest.raises(SettingsError, match="as-of"):
        _fit(_shop())


def test_no_day_where_none_is_needed():
    """Without birthdays and dates nothing is counted to a day."""
    table = _shop().drop("birth_date").with_columns(income=pl.int_range(pl.len()) % 7)
    assert _fit(table, today=TODAY).recipe.as_of is None


def test_repeated_ids_are_an_error_unless_they_are_to_be_kept():
    """How many is said, and no id is shown."""
    table = pl.concat([_shop(), _shop().head(3)])
    with pytest.raises(IdentifierError, match="3 ids on 6 rows") as caught:
        _fit(table, as_of=TODAY)
    assert "0001" not in str(caught.value)
    kept = _fit(table, as_of=TODAY, on_duplicate="keep")
    assert kept.provenance.n_customers == 63
    assert "repeated-id" in {n.code for n in kept.notices}


def test_a_table_without_ids_is_rows_of_customers():
    """And that is said."""
    model = _fit(_shop().drop("customer_id"), as_of=TODAY)
    assert model.recipe.id_column is None
    assert "no-id" in {n.code for n in model.notices}


def test_an_id_of_ones_own_is_taken():
    """--id names the column; the nearest is suggested where there is none of that name."""
    table = _shop().rename({"customer_id": "reference"})
    assert _fit(table, id="reference", as_of=TODAY).recipe.id_column == "reference"
    with pytest.raises(SettingsError, match="Did you mean 'reference'"):
        _fit(table, id="referense", as_of=TODAY)
