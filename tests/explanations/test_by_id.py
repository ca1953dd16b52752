"""One customer is found by id in the same way wherever one asks."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import segmentry as sg
from segmentry.browsing import lay_out
from segmentry.errors import SettingsError
from segmentry.explanations import recommend
from segmentry.explanations.customer import values_of
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing
from segmentry.tables import read

TYPED = {"1001": 1, "1001.0": 1, " 1001 ": 1, "K2": 2, " K2 ": 2}  # what is typed, and the place of who is meant


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    """Customers whose ids are words, and numbers with a decimal point, as pandas makes them."""
    customers = sample_marketing(300, seed=2)
    ids = [f"{1000 + place}.0" if place % 2 else f"K{place}" for place in range(customers.height)]
    return customers.with_columns(customer_id=pl.Series(ids))


@pytest.fixture(scope="module")
def model(shop: pl.DataFrame) -> sg.Segmentation:
    return sg.fit(shop, k=3, settings=FitSettings(id="customer_id", stability_pairs=0))


@pytest.mark.parametrize("typed", TYPED)
def test_explaining_and_browsing_find_whom_is_meant(
    typed: str, shop: pl.DataFrame, model: sg.Segmentation, tmp_path: Path
) -> None:
    """1001 is 1001.0, and spaces around an id do not matter; the features found are the customer's."""
    shop.write_csv(tmp_path / "customers.csv")
    own = shop.row(TYPED[typed], named=True)["income"]
    explained = values_of(model, read(shop), typed)
    browsed = lay_out(model, tmp_path / "customers.csv", tmp_path).customer(typed)
    assert browsed is not None
    assert {name: value for name, value in browsed.items() if value is not None} == explained
    assert explained["income"] == own


@pytest.mark.parametrize(("typed", "own"), [("1001", "c5"), ("1001.0", "c5"), (" K1 ", "c6")])
def test_offers_find_whom_is_meant(
    typed: str, own: str, tea_shop_segmentation: sg.Segmentation, tea_shop_lines: pl.DataFrame
) -> None:
    """The customer of such an id is offered what they were offered under their first id."""
    renamed = tea_shop_lines.with_columns(pl.col("customer_id").replace({"c5": "1001.0", "c6": "K1"}))
    expected = recommend(tea_shop_segmentation, tea_shop_lines, own)
    assert recommend(tea_shop_segmentation, renamed, typed) == expected


@pytest.mark.parametrize(("typed", "told"), [("9", "an id of 1 character"), ("99", "an id of 2 characters")])
def test_who_is_not_there_is_told_by_the_length_of_the_id(
    typed: str, told: str, shop: pl.DataFrame, model: sg.Segmentation
) -> None:
    """And not by the id, which is a customer's somewhere."""
    with pytest.raises(SettingsError) as caught:
        values_of(model, read(shop), typed)
    assert caught.value.found == told


def test_another_id_is_not_found(shop: pl.DataFrame, model: sg.Segmentation) -> None:
    """Only the decimal point of a whole number counts for nothing: 1001.00 and k2 are others."""
    for typed in ("1001.00", "1001.5", "k2"):
        with pytest.raises(SettingsError, match="no customer"):
            values_of(model, read(shop), typed)
