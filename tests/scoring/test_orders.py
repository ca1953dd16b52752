"""New orders are placed by the rules of the fitted ones, and what they say beyond these is told."""

from __future__ import annotations

import polars as pl
import pytest

from segmentry.errors import InputError, SegmentryWarning
from segmentry.fitting import FitSettings, fit
from segmentry.samples import sample_orders
from segmentry.scoring import score
from segmentry.selection import SelectionSettings


@pytest.fixture(scope="module")
def model():
    return fit(orders=sample_orders(200, seed=1), settings=FitSettings(selection=SelectionSettings(k=3)))


def test_orders_in_several_currencies_are_not_placed(model):
    """A column of currencies that is new since the fit is looked at all the same."""
    new = sample_orders(60, seed=2).with_columns(
        currency=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("EUR")).otherwise(pl.lit("USD"))
    )
    with pytest.raises(InputError, match="several currencies"):
        score(model, orders=new)


def test_a_new_column_of_states_is_warned_of(model):
    """Python says it by a warning, as what comes back has no place for it."""
    new = sample_orders(60, seed=2).with_columns(status=pl.lit("cancelled"))
    with pytest.warns(SegmentryWarning, match="'status' seems to say the state of an order"):
        score(model, orders=new)
