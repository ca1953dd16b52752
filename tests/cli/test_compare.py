"""`segmentry compare` and `sg.compare`: methods side by side."""

import json

import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import SettingsError
from segmentry.samples import sample_marketing, sample_marketing_truth, sample_orders

QUICK = ["k-means", "gmm", "k-prototypes", "hdbscan"]


@pytest.fixture(scope="module")
def shop():
    truth = sample_marketing_truth(900, seed=1)
    return sample_marketing(900, seed=1).with_columns(truth["group"].cast(pl.String).alias("our_groups"))


@pytest.fixture(scope="module")
def compared(shop):
    return sg.compare(shop, methods=QUICK, k=5, columns=["our_groups"])


def test_each_method_has_its_figures(compared):
    """Quality, stability, sizes, what the rule moves and time stand in one table."""
    rows = compared.frame().rows(named=True)
    assert [r["name"] for r in rows] == [*QUICK, "our_groups"]
    for row in rows[:3]:
        assert row["k"] == 5
        assert row["silhouette"] > 0.4
        assert row["stability"] > 0.8
        assert row["moved"] <= 0.02
        assert sum(row["sizes"]) == 900
        assert row["seconds"] > 0


def test_agreement_is_symmetric_and_one_with_itself(compared):
    """Methods that find the planted groups agree with each other and with the column that holds them."""
    table = compared.agreement
    assert all(table[i][i] == 1.0 for i in range(5))
    assert all(table[i][j] == table[j][i] for i in range(5) for j in range(5))
    assert min(table[i][4] for i in range(3)) > 0.95


def test_an_existing_segmentation_is_compared_and_not_used(compared, shop):
    """The column is neither a feature of the others nor recommended; its own quality is measured."""
    last = compared.methods[-1]
    assert (last.name, last.k, last.existing, last.stability) == ("our_groups", 5, True, None)
    assert last.silhouette > 0.4
    assert compared.recommended in QUICK
    without = sg.compare(shop.drop("our_groups"), methods=["k-means"], k=5)
    assert without.methods[0] == compared.methods[0]


def test_the_recommendation_has_a_reason(compared):
    """It names the method, its stability and its silhouette."""
    assert compared.reason.startswith(compared.recommended)
    assert "stability" in compared.reason
    assert "silhouette" in compared.reason


def test_row_order_changes_nothing(compared, shop):
    """Shuffled customers give the same comparison, time aside."""
    shuffled = shop.sample(fraction=1.0, shuffle=True, seed=2)
    assert sg.compare(shuffled, methods=QUICK, k=5, columns=["our_groups"]) == compared


def test_a_column_that_is_not_there_or_no_segmentation_is_an_error(shop):
    """With what to do."""
    with pytest.raises(SettingsError, match="--compare-with"):
        sg.compare(shop, methods=["k-means"], k=3, columns=["nowhere"])
    with pytest.raises(SettingsError, match="no segmentation"):
        sg.compare(shop, methods=["k-means"], k=3, columns=["customer_id"])


def test_the_command_writes_a_page_a_picture_and_tables(shop, tmp_path, segmentry):
    """Everything stands in the folder, and the terminal says which method to take and why."""
    source, folder = tmp_path / "shop.csv", tmp_path / "side"
    shop.write_csv(source)
    arguments = ["compare", str(source), "--methods", "kmeans,kmedoids", "--k", "4", "--compare-with", "our_groups"]
    done = segmentry(*arguments, "-o", str(folder))
    assert done.code == 0, done.err
    assert "Recommended: k-means." in done.out
    assert (folder / "comparison.html").read_text().startswith("<!doctype html>")
    assert any(p.suffix == ".png" for p in folder.iterdir())
    found = json.loads((folder / "comparison.json").read_text())
    assert [m["name"] for m in found["methods"]] == ["k-means", "k-medoids", "our_groups"]
    assert (folder / "agreement.csv").read_text().splitlines()[0] == "method,k-means,k-medoids,our_groups"
    again = segmentry(*arguments, "-o", str(folder))
    assert again.code == 1
    assert "--overwrite" in again.err


def test_orders_and_their_customers_are_compared_as_a_fit_joins_them(tmp_path, segmentry):
    """--orders beside --customers gives the features of both; customers alone are never taken for orders."""
    orders, people = tmp_path / "orders.csv", tmp_path / "people.csv"
    lines = sample_orders(300, seed=1)
    lines.write_csv(orders)
    ids = lines["customer_id"].unique(maintain_order=True)
    people_ages = pl.DataFrame({"customer_id": ids, "age": [20 + 7 * i % 50 for i in range(len(ids))]})
    people_ages.write_csv(people)
    asked = ("--methods", "k-means", "--k", "3", "--features", "age,spend_total", "--json")
    outcome = segmentry("compare", "--orders", orders, "--customers", people, *asked)
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["customers"] == len(ids)
    alone = segmentry("compare", "--customers", people, "--methods", "k-means", "--k", "3", "--json")
    assert json.loads(alone.out)["customers"] == len(ids)
    assert segmentry("compare", people, "--orders", orders).code == 2


def test_a_comparison_follows_the_fit_before_as_a_fit_does(shop, tmp_path, segmentry):
    """Number and features are those of the model that --previous or the settings file names, unless stated."""
    source, model, config = tmp_path / "shop.csv", tmp_path / "spring.seg", tmp_path / "segmentry.toml"
    shop.drop("our_groups").write_csv(source)
    spring = sg.fit(shop[:300], k=3, features=["age", "income"], settings=sg.FitSettings(stability_pairs=0))
    sg.save(spring, model)
    config.write_text('previous = "spring.seg"\nmin_agreement = 0.9\n')
    expected = sg.compare(shop, methods="k-means", k=3, features=["age", "income"], seed=0).methods[0]
    for stated in (("--previous", model), ("--config", config)):
        outcome = segmentry("compare", source, "--methods", "k-means", "--json", *stated)
        assert outcome.code == 0, outcome.err
        found = json.loads(outcome.out)["methods"][0]
        assert (found["k"], found["sizes"]) == (3, list(expected.sizes))
