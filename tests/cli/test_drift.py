"""`segmentry drift`: tells, and stops a job where it is asked to."""

from __future__ import annotations

import json

import polars as pl
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A model, new customers like those of the fit, and the same with incomes in cents."""
    folder = tmp_path_factory.mktemp("drift")
    quick = FitSettings(stability_pairs=0)
    model = sg.fit(sample_marketing(1_000, seed=0), features="income,recency_days,spend_total", settings=quick)
    new = sample_marketing(600, seed=7)
    new.write_csv(folder / "new.csv")
    new.with_columns(pl.col("income") * 100).write_csv(folder / "cents.csv")
    return sg.save(model, folder / "shop.seg"), folder / "new.csv", folder / "cents.csv"


def test_it_tells_in_words_and_figures(segmentry, shop):
    """The verdict first, then the segments then and now, then a line for each feature."""
    model, new, _ = shop
    outcome = segmentry("drift", model, new)
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("Stable: 600 customers, like those that the segments were made of.")
    for label in ("s1 ", "Income", "Days since last purchase"):
        assert label in outcome.out


def test_a_job_stops_where_customers_have_drifted(segmentry, shop):
    """Beyond --max-drift it ends with 1 and names the index; JSON is whole, and the error apart from it."""
    model, new, cents = shop
    assert segmentry("drift", model, new, "--max-drift", "0.25", "--quiet").code == 0
    outcome = segmentry("drift", model, cents, "--max-drift", "0.25", "--json")
    assert outcome.code == 1
    error = json.loads(outcome.err)["error"]
    assert (error["code"], error["message"]) == ("drift", "Customers have drifted further than 0.25.")
    answer = json.loads(outcome.out)
    assert answer["verdict"] == "act"
    assert answer["features"][0]["feature"] == "income"
    assert answer["largest"] == pytest.approx(answer["features"][0]["index"])


def test_nothing_to_compare_is_wrong_usage(segmentry, shop):
    """A model alone has nothing to be compared with."""
    assert segmentry("drift", shop[0]).code == 2


def test_a_page_is_written_also_where_the_job_stops(segmentry, shop, tmp_path):
    """`-o` writes the page before --max-drift ends the command, and says where; a second run asks for --overwrite."""
    model, new, cents = shop
    outcome = segmentry("drift", model, cents, "-o", tmp_path / "look", "--max-drift", "0.25")
    assert outcome.code == 1
    assert f"Next: open {tmp_path / 'look' / 'drift.html'}" in outcome.out
    assert "Income has moved: higher" in (tmp_path / "look" / "drift.html").read_text("utf-8")
    again = segmentry("drift", model, new, "-o", tmp_path / "look")
    assert (again.code, "--overwrite" in again.err) == (1, True)
    assert segmentry("drift", model, new, "-o", tmp_path / "look", "--overwrite", "--quiet").out == ""
    assert json.loads((tmp_path / "look" / "drift.json").read_text("utf-8"))["verdict"] == "stable"


def test_a_name_that_is_too_long_is_seen_to_be_cut(segmentry, shop, tmp_path):
    """A long name ends in dots, so that nobody takes what is left for all of it."""
    model, new, _ = shop
    renamed = tmp_path / "renamed.seg"
    sg.save(sg.rename(sg.load(model), {"s1": "Customers who buy a good deal of everything"}), renamed)
    assert "s1 Customers who buy a good deal o…" in segmentry("drift", renamed, new).out
