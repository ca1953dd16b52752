"""What is stated in Python is understood as people write it, or refused with what is allowed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

import segmentry as sg
from segmentry.errors import SettingsError
from segmentry.samples import sample_marketing, sample_orders

QUICK = sg.FitSettings(stability_pairs=0)
DAY = date(2014, 12, 31)
DAYS = [
    pd.Timestamp("2014-12-31"),
    pd.Timestamp("2014-12-31 18:30", tz="Europe/Berlin"),
    datetime(2014, 12, 31, 23, 59, tzinfo=UTC),
    "2014-12-31",
    " 2014-12-31T18:30 ",
]
NO_DAYS = [pd.NaT, 20141231, "31.12.2014", "yesterday", "", [DAY]]


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    return sample_marketing(200, seed=4)


@pytest.fixture(scope="module")
def bought() -> pl.DataFrame:
    return sample_orders(200, seed=4)


@pytest.mark.parametrize("day", DAYS)
def test_a_day_may_be_a_time_or_a_text(day, shop, tmp_path):
    """A time of pandas counts as its day, as do texts, so that what was saved can be loaded."""
    model = sg.fit(shop, as_of=day, k=3, settings=QUICK)
    assert model.recipe.as_of == DAY
    assert type(model.recipe.as_of) is date
    sg.save(model, tmp_path / "ts.seg")
    assert sg.load(tmp_path / "ts.seg") == model
    assert sg.FitSettings(as_of=day).as_of == DAY


@pytest.mark.parametrize("day", NO_DAYS)
def test_what_is_no_day_is_refused(day, shop):
    """Every function that takes a day says what was found and what to pass; a number is no count of seconds."""
    for call in (
        lambda: sg.fit(shop, as_of=day, settings=QUICK),
        lambda: sg.inspect(shop, as_of=day),
        lambda: sg.score(None, shop, as_of=day),
    ):
        with pytest.raises(SettingsError, match=r"as_of is not a day.*2026-01-31"):
            call()
    with pytest.raises(ValidationError, match=r"as_of\s.*2026-01-31"):
        sg.FitSettings(as_of=day, id=3)


def test_orders_are_scored_and_looked_at_to_a_day_in_any_form(bought):
    """A text and a time give what the date gives."""
    model = sg.fit(orders=bought, k=3, settings=QUICK)
    last = model.recipe.as_of
    assert last is not None
    expected = sg.score(model, orders=bought, as_of=last)
    for day in (str(last), pd.Timestamp(last)):
        assert sg.score(model, orders=bought, as_of=day).equals(expected)
        assert sg.inspect(bought, as_of=day).as_of == last
