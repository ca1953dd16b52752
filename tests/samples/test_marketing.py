"""The made-up shop: what it holds, and that it is the same for everyone."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

from segmentry.errors import SettingsError
from segmentry.samples import AS_OF, sample_marketing, sample_marketing_truth
from segmentry.samples.drawing import BLOCK_ROWS

COLUMNS = [
    "customer_id", "year_birth", "education", "marital_status", "income", "kidhome", "teenhome", "dt_customer",
    "recency", "mnt_wine", "mnt_fruit", "mnt_meat", "mnt_fish", "mnt_sweets", "mnt_gold", "num_deals_purchases",
    "num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_web_visits_month",
    "accepted_campaign_1", "accepted_campaign_2", "accepted_campaign_3", "response", "complain",
]  # fmt: skip
ROWS = 10_000
PINNED = "75531a5b665513b08913eaae5a2f083bccfbfbf393ac112a0224266fe852d1ef"


@pytest.fixture(scope="module")
def customers() -> pl.DataFrame:
    return sample_marketing(ROWS, seed=7)


@pytest.fixture(scope="module")
def groups() -> np.ndarray:
    return sample_marketing_truth(ROWS, seed=7)["group"].to_numpy()


@pytest.fixture(scope="module")
def measures(customers: pl.DataFrame) -> np.ndarray:
    table = customers.select(
        AS_OF.year - pl.col("year_birth"),
        pl.col("income").fill_null(pl.col("income").median()),
        pl.sum_horizontal("^mnt_.*$").alias("spend").log1p(),
        pl.col("kidhome") + pl.col("teenhome"),
        "recency",
        "^num_.*$",
    )
    return StandardScaler().fit_transform(table.to_numpy())


def test_the_same_arguments_give_the_same_bytes() -> None:
    """A sample is pinned: every machine, version and day gives these very customers."""
    text = sample_marketing(500, seed=1).write_csv() + sample_marketing_truth(500, seed=1).write_csv()
    assert hashlib.sha256(text.encode()).hexdigest() == PINNED


def test_another_seed_gives_other_customers(customers: pl.DataFrame) -> None:
    """The seed matters in every column but the id."""
    other = sample_marketing(ROWS, seed=8)
    assert [name for name in COLUMNS if other[name].equals(customers[name])] == ["customer_id"]


def test_a_longer_sample_begins_with_the_shorter() -> None:
    """A row depends on its own number, not on how many rows are asked for, across blocks too."""
    longer = sample_marketing(BLOCK_ROWS + 1_234, seed=3)
    assert sample_marketing(777, seed=3).equals(longer.head(777))
    assert sample_marketing(1_300, seed=3, start=BLOCK_ROWS - 66).equals(longer.tail(1_300))
    truth = sample_marketing_truth(BLOCK_ROWS + 1_234, seed=3)
    assert sample_marketing_truth(1_300, seed=3, start=BLOCK_ROWS - 66).equals(truth.tail(1_300))


def test_the_columns_are_those_of_a_shop(customers: pl.DataFrame) -> None:
    """The table has the expected columns, and none that tells the truth."""
    assert customers.columns == COLUMNS
    texts = {name for name in COLUMNS if customers.schema[name] == pl.String}
    assert texts == {"customer_id", "education", "marital_status"}


def test_the_truth_goes_with_the_table(customers: pl.DataFrame, groups: np.ndarray) -> None:
    """Ids match row by row, and the five kinds are of unequal size."""
    truth = sample_marketing_truth(ROWS, seed=7)
    assert truth.columns == ["customer_id", "group"]
    assert truth["customer_id"].equals(customers["customer_id"])
    assert customers["customer_id"].n_unique() == ROWS
    sizes = truth["group"].value_counts()["count"].sort()
    assert len(sizes) == 5
    assert (sizes.diff().drop_nulls() > 100).all()


def test_values_are_plausible(customers: pl.DataFrame) -> None:
    """Ages, incomes, days and counts lie where a shop's do, and money has a long right tail."""
    age = AS_OF.year - customers["year_birth"]
    assert (age.min(), age.max()) >= (18, 60)
    assert age.max() <= 95
    assert customers["income"].is_between(10_000, 200_000).all()
    assert 0.005 < customers["income"].null_count() / ROWS < 0.015
    assert customers["recency"].is_between(0, 99).all()
    assert customers["dt_customer"].is_between(date(2021, 12, 1), AS_OF).all()
    assert customers.select((pl.col("^(num|mnt)_.*$") >= 0).all()).row(0) == (True,) * 11
    spend = customers.select(pl.sum_horizontal("^mnt_.*$")).to_series()
    assert spend.mean() > 1.3 * spend.median()
    flags = customers.select("^accepted.*$", "response", "complain")
    assert flags.select(pl.all().is_in([0, 1]).all()).row(0) == (True,) * 5
    assert 0 < customers["complain"].mean() < 0.02


def test_rows_agree_with_themselves(customers: pl.DataFrame) -> None:
    """Everyone has bought, nobody before joining, and deals are among the purchases."""
    days = pl.lit(AS_OF).sub(pl.col("dt_customer")).dt.total_days()
    purchases = pl.sum_horizontal("num_web_purchases", "num_catalog_purchases", "num_store_purchases")
    assert customers.select((days >= pl.col("recency")).all()).item()
    assert customers.select((purchases >= 1).all()).item()
    assert customers.select((pl.col("num_deals_purchases") <= purchases).all()).item()
    assert customers.select((pl.sum_horizontal("^mnt_.*$") > 0).all()).item()


def test_income_goes_with_spend(customers: pl.DataFrame, groups: np.ndarray) -> None:
    """Within one kind, too, who earns more spends more."""
    spend = customers.select("income", pl.sum_horizontal("^mnt_.*$").alias("spend")).filter(
        pl.Series(groups == "loyal store shoppers")
    )
    assert spend.drop_nulls().select(pl.corr("income", "spend")).item() > 0.3


def test_the_kinds_can_be_told_apart(measures: np.ndarray, groups: np.ndarray) -> None:
    """One who knows the kinds names at least 99 % of customers that were held out."""
    accuracy = cross_val_score(QuadraticDiscriminantAnalysis(), measures, groups, cv=3)
    assert accuracy.min() >= 0.99


def test_the_kinds_can_be_found(measures: np.ndarray, groups: np.ndarray) -> None:
    """One who does not know them finds them by plain k-means."""
    found = KMeans(5, n_init=5, random_state=0).fit_predict(measures)
    assert adjusted_rand_score(groups, found) > 0.97


@pytest.mark.parametrize(("rows", "seed", "start"), [(0, 0, 0), (-5, 0, 0), (5, -1, 0), (5, 2**64, 0), (5, 0, -1)])
def test_impossible_samples_are_refused(rows: int, seed: int, start: int) -> None:
    """Rows, seed and start out of range are errors that say what to pass."""
    with pytest.raises(SettingsError, match=r"Found: .* (Ask|Pass) "):
        sample_marketing(rows, seed, start=start)
