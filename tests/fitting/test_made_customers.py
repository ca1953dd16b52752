"""Customers whose figures came from orders are fitted anew without the orders."""

from __future__ import annotations

import polars as pl

import segmentry as sg
from segmentry.fitting import FitSettings, fit_source
from segmentry.fitting.sources import MadeCustomers
from segmentry.samples import sample_orders
from segmentry.selection import SelectionSettings


def test_figures_of_an_earlier_fit_keep_their_meaning(tmp_path):
    """A fit of the labelled file with other settings is the fit of the orders with these settings: names, units, roles,
    rule. It counts to the same day, and scores orders as that one does."""
    orders = sample_orders(250, seed=5)
    quick = FitSettings(stability_pairs=0)
    earlier = sg.fit(orders=orders, k=4, settings=quick)
    labelled = sg.score(earlier, orders=orders)
    figures = labelled.drop("segment_id", "segment", "confidence", "runner_up")
    figures.write_csv(tmp_path / "customers.csv")

    told = quick.model_copy(update={"selection": SelectionSettings(k=3)})
    again = fit_source(MadeCustomers(tmp_path / "customers.csv", earlier), told).segmentation
    expected = sg.fit(orders=orders, k=3, settings=quick)
    assert again.recipe.clustered == expected.recipe.clustered
    assert again.recipe.as_of == expected.recipe.as_of
    assert {r["column"]: r["role"] for r in again.roles} == {r["column"]: r["role"] for r in expected.roles}
    assert again.rule == expected.rule
    scored = sg.score(again, orders=orders).sort("customer_id")
    assert scored.equals(sg.score(expected, orders=orders).sort("customer_id"))
    assert isinstance(scored, pl.DataFrame)
