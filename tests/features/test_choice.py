"""A few features are taken, each saying something of its own, and a reason is given for each of the others."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentry.errors import NotEnoughDataError, SettingsError
from segmentry.exploration import inspect
from segmentry.features.choice import FeatureSettings
from segmentry.features.feature import Feature
from segmentry.features.spare import in_order, no_amount
from segmentry.fitting import FitSettings, fit
from segmentry.samples import sample_marketing
from segmentry.scoring import score

THEMES = "age", "income", "spend_total", "purchases_total", "recency_days", "visits_web"


def _left(model):
    return {left.feature: left.reason for left in model.recipe.left_out}


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(500, seed=9)


@pytest.fixture(scope="module")
def model(shop):
    return fit(shop, k=3)


def test_the_default_is_one_feature_a_question(model):
    """Age, income, spend, frequency, recency and engagement: at most one feature for each."""
    clustered = [f.name for f in model.recipe.clustered]
    assert set(clustered) <= set(THEMES)
    assert len(clustered) >= 5
    assert clustered == sorted(clustered)


def test_every_other_feature_has_its_reason(model):
    """What is known and not clustered on is listed with why, and described in the profile all the same."""
    described = {f.name for f in model.recipe.described}
    assert _left(model).keys() == described
    assert all(_left(model).values())


def test_what_most_customers_share_is_left_out(model):
    """A count that is 0 for most customers would split them off by itself."""
    assert "same for at least half" in _left(model)["campaigns_accepted"]


def test_what_says_the_same_is_taken_once(shop):
    """A feature that moves with one already taken is left out and said so; named, it is taken with a warning."""
    doubled = shop.with_columns(num_web_purchases=pl.sum_horizontal(c for c in shop.columns if c.startswith("mnt_")))
    doubled = doubled.with_columns(pl.lit(0).alias(c) for c in ("num_catalog_purchases", "num_store_purchases"))
    assert "moves with" in _left(fit(doubled, k=3))["purchases_total"]
    named = fit(doubled, k=3, features=["spend_total", "purchases_total"])
    assert "counted-twice" in [n.code for n in named.notices if "purchases_total" in n.message]


@pytest.mark.parametrize("seed", range(5))
def test_a_ratio_does_not_bring_back_what_was_left_out(seed):
    """Orders that move with spend are left out, so is spend by order, and the three planted groups are found."""
    table, planted = _three_groups(seed)
    model = fit(table, settings=FitSettings(stability_pairs=0))
    assert "moves with spend_total" in _left(model)["purchases_total"]
    assert "made of purchases_total" in _left(model)["average_order_value"]
    assert model.recipe.axes == ("recency_days", "spend_total")
    assert model.k == 3
    assert adjusted_rand_score(planted, score(model, table)["segment_id"]) > 0.95


def _three_groups(seed: int, n: int = 1_000) -> tuple[pl.DataFrame, np.ndarray]:
    random = np.random.default_rng(seed)
    group = random.integers(0, 3, n)
    columns = {
        "customer_id": [f"C{i:04d}" for i in range(n)],
        "total_spend": random.normal(np.array([300, 600, 1500])[group], 40).round(2),
        "orders": random.poisson(np.array([4, 10, 25])[group]) + 1,
        "days_since_last_purchase": random.integers(0, 60, n) + np.array([200, 60, 5])[group],
    }
    return pl.DataFrame(columns), group


def _accounts(seed: int, n: int = 600) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    large = np.arange(n) % 2 == 0
    columns = {
        "account_id": [f"a{i:04d}" for i in range(n)],
        "fees": np.where(large, random.gamma(9, 100, n), random.gamma(9, 5, n)).round(2),
        "seats": np.where(large, random.poisson(50, n), random.poisson(3, n)),
        "agent": random.choice([9, 240, 1, 14], n),
        "branch": random.choice([101, 102, 117, 205], n),
        "zeta": random.choice([3, 48, 707, 12, 98], n),
        "arrival_day": random.integers(1, 32, n),
        "arrival_date": random.integers(1, 32, n),
        "built": random.integers(1950, 2020, n),
        "latitude": random.normal(48, 1, n),
        "utc_offset": random.choice([0.0, 1.0, 2.0, 5.5], n),
        "heartbeat": random.integers(1_600_000_000, 1_700_000_000, n) * 1000,
        "pseudo_key": random.random(n) * 1e9,
        "a_noise": random.random(n),
    }
    return pl.DataFrame(columns)


@pytest.mark.parametrize("seed", range(3))
def test_a_number_that_is_no_amount_is_no_default(seed):
    """Codes, coordinates, offsets, days of the calendar and moments are left out, each with its reason."""
    table = _accounts(seed)
    inspection = inspect(table)
    assert inspection.chosen == ("a_noise", "fees", "seats")
    why = {left.feature: left.reason for left in inspection.left_out}
    assert all("codes" in why[name] for name in ("agent", "branch", "zeta"))
    assert "pseudo_key" not in why  # a key is no feature at all
    assert "a coordinate" in why["latitude"]
    assert "an offset of the clock" in why["utc_offset"]
    assert "of the calendar" in why["arrival_day"]
    assert "of the calendar" in why["arrival_date"]
    assert "of the calendar" in why["built"]
    assert "a moment in time" in why["heartbeat"]
    assert inspect(table.reverse()).chosen == inspection.chosen


def test_counts_in_steps_or_far_apart_are_no_codes():
    """Two groups of counts with a gap, terms of whole years and steps of a price list remain amounts."""
    random = np.random.default_rng(1)
    n = 600
    columns = {
        "opened": np.where(np.arange(n) % 2 == 0, random.poisson(30, n), random.poisson(2, n)),
        "term": random.choice([12, 24, 36, 48, 60], n),
        "licences": random.choice([1, 5, 10, 25, 100], n),
        "mood": random.integers(-5, 6, n),
        "distance_to_branch": random.integers(0, 30, n),
    }
    for name, values in columns.items():
        feature = Feature(name, name, "number", "other", "column", (name,))
        assert no_amount(feature, values.astype(float)) == "", name


def test_spare_features_are_ranked_by_what_they_say():
    """Money comes before counts and these before numbers; noise comes after what goes with others; then the name."""
    random = np.random.default_rng(2)
    size = random.normal(0, 1, 500)
    values = {
        "b_money": random.random(500),
        "z_count": random.poisson(3, 500).astype(float),
        "a_noise": random.random(500),
        "y_size": size + random.normal(0, 0.7, 500),
        "x_size": size + random.normal(0, 0.7, 500),
    }
    units = {"b_money": "money", "z_count": "count"}
    features = [Feature(f, f, units.get(f, "number"), "other", "column", (f,)) for f in sorted(values)]
    names = [f.name for f in in_order(features, values, [])]
    assert names == ["b_money", "z_count", "x_size", "y_size", "a_noise"]
    again = [f.name for f in in_order(features[::-1], values, [features[-2]])]
    assert again.index("a_noise") < again.index("y_size"), "what goes with a feature that is taken comes late"


def _users(seed: int, n: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    at = date(2025, 9, 30)
    columns = {
        "user_id": [f"U{i:03d}" for i in range(n)],
        "last_login_at": [at - timedelta(days=int(d)) for d in random.integers(0, 300, n)],
        "last_updated": [at - timedelta(days=int(d)) for d in random.integers(0, 30, n)],
        "seats": random.poisson(40, n),
    }
    return pl.DataFrame(columns)


def test_days_since_the_last_activity_stand_in_for_those_since_the_last_purchase():
    """No purchase is claimed; where purchases are dated it is described only. An update is no activity."""
    users = _users(1)
    model = fit(users, k=3, settings=FitSettings(stability_pairs=0))
    assert model.recipe.axes == ("days_since_last_login", "seats")
    (recency,) = (f for f in model.recipe.clustered if f.theme == "activity")
    assert (recency.label, recency.unit, recency.sources) == ("Days since last login", "days", ("last_login_at",))
    assert not [f for f in model.recipe.described if "update" in f.name]
    bought = users.with_columns(last_purchase=pl.col("last_updated"))
    with_purchases = fit(bought, k=3, settings=FitSettings(stability_pairs=0))
    assert "recency_days" in with_purchases.recipe.axes
    assert "days_since_last_login" in {f.name for f in with_purchases.recipe.described}


def test_who_has_left_is_described_and_not_clustered_on():
    """An outcome makes no groups, even where half have left; the reason says so."""
    left = _users(2).with_columns(churned=pl.int_range(pl.len()) % 2)
    inspection = inspect(left)
    assert inspection.chosen == ("days_since_last_login", "seats")
    assert "who has left" in {n.feature: n.reason for n in inspection.left_out}["churned"]


def test_what_is_spent_on_tells_customers_apart_where_nothing_else_does():
    """With parts of spend alone, their shares are taken beside the total: the two kinds of buyers are found."""
    random = np.random.default_rng(3)
    kind = np.arange(400) % 2
    typical = {"fresh": (9.3, 8.2), "milk": (7.6, 9.1), "grocery": (7.9, 9.6), "frozen": (7.8, 6.9)}
    parts = {name: np.exp(random.normal(np.array(m)[kind], 0.6)).round() for name, m in typical.items()}
    table = pl.DataFrame({"id": [f"C{i:03d}" for i in range(400)], **parts})
    model = fit(table, settings=FitSettings(stability_pairs=0))
    assert model.recipe.axes == (*(f"spend_share_{name}" for name in sorted(parts)), "spend_total")
    assert model.k == 2
    assert adjusted_rand_score(kind, score(model, table)["segment_id"]) > 0.9


def test_what_is_mostly_missing_is_left_out(shop):
    """More than two fifths missing is too little to place everyone by."""
    sparse = shop.with_columns(income=pl.when(pl.int_range(pl.len()) % 2 == 0).then("income"))
    assert "missing for" in _left(fit(sparse, k=3))["income"]


def test_columns_and_features_can_be_named_alike(shop):
    """A column's name leads to the feature made of it; the order in which they are named changes nothing."""
    by_column = fit(shop, k=3, features=["recency", "income"])
    by_feature = fit(shop, k=3, features=["income", "recency_days"])
    assert by_column.rule == by_feature.rule
    assert by_column.recipe.axes == ("income", "recency_days")


def test_a_category_can_be_clustered_on(shop):
    """Named, a category becomes one axis a level."""
    model = fit(shop, k=3, features=["income", "education"])
    assert [a for a in model.recipe.axes if a.startswith("education=")]


def test_a_constant_that_is_named_is_left_out_aloud(shop):
    """With another feature it is a warning; alone nothing is left to tell customers apart."""
    table = shop.with_columns(income=pl.lit(7.0))
    model = fit(table, k=3, features=["spend_total", "income"])
    assert "constant-feature" in {n.code for n in model.notices}
    with pytest.raises(NotEnoughDataError, match="No column can tell customers apart"):
        fit(table, features=["income"])


@pytest.mark.parametrize(
    ("cells", "code"), [(None, "empty-feature"), ("gold", "constant-feature")], ids=["empty", "one level"]
)
def test_a_category_that_says_nothing_is_left_out_aloud(shop, cells, code):
    """As a number would be; who has a level and who has none is something, and stays."""
    table = shop.with_columns(club=pl.lit(cells, dtype=pl.String))
    settings = FitSettings(features=FeatureSettings(roles={"club": "category"}), stability_pairs=0)
    model = fit(table, k=3, features=["income", "age", "club"], settings=settings)
    assert code in {n.code for n in model.notices}
    assert model.recipe.axes == ("age", "income")
    with pytest.raises(NotEnoughDataError, match="No column can tell customers apart"):
        fit(table, features=["club"], settings=settings)
    some = shop.with_columns(club=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("gold")))
    assert "club=gold" in fit(some, k=3, features=["income", "age", "club"], settings=settings).recipe.axes


def test_a_name_that_is_not_there_suggests_the_nearest(shop):
    """And lists what there is."""
    with pytest.raises(SettingsError, match="Did you mean 'income'") as caught:
        fit(shop, features=["incme"])
    assert "spend_total" in str(caught.value)
    # A feature and its column share the name.
    assert caught.value.remedy.count("'income'") == 1
    assert caught.value.found.split(", ").count("income") == 1


def test_a_customer_far_out_is_told_of_with_its_size(shop):
    """An income that no other customer comes near is counted as the limit, and the user hears of it."""
    far = shop.with_columns(
        pl.when(pl.int_range(pl.len()) == 7).then(pl.lit(666_666)).otherwise(pl.col("income")).alias("income")
    )
    [said] = [n.message for n in fit(far, k=3).notices if n.code == "outliers" and "'Income'" in n.message]
    assert said.startswith("1 customer stands far out in 'Income': above")
    assert "up to about 670,000" in said


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("E-commerce Customer Behavior - Sheet1.csv", "Total Spend"),
        ("E-commerce Customer Behavior - Sheet1.csv", "Items Purchased"),
        ("marketing_campaign.csv", "MntWines"),
        ("marketing_campaign.csv", "NumDealsPurchases"),
    ],
)
def test_a_column_that_is_named_is_that_column(shared_data, file, column):
    """A column asked for by its name is clustered on as it is, never as a share or a ratio that is made of it."""
    (scale,) = fit(shared_data / file, k=3, features=[column]).recipe.scales
    assert scale.feature.sources == (column,)
    assert scale.feature.over == ()


def test_where_most_bought_nothing_what_the_others_bought_is_taken():
    """A mailing list of which three in ten ever bought: those who did not stand apart, buyers by what they spent."""
    rng = np.random.default_rng(1)
    orders = np.where(rng.random(1_000) < 0.3, 1 + rng.poisson(1.5, 1_000), 0)
    spent = np.round(orders * rng.lognormal(4.0, 0.6, 1_000), 2)
    country = rng.choice(["DE", "FR"], 1_000)
    contacts = pl.DataFrame({"contact_id": np.arange(1_000), "country": country, "orders": orders, "spent": spent})
    model = fit(contacts, settings=FitSettings(stability_pairs=0))
    assert "spend_total" in model.recipe.axes
    assert "spend_total" not in _left(model)
    without = score(model, contacts).filter(pl.col("spent") == 0)["segment"].unique().to_list()
    assert without == ["Not bought yet"]
    few = contacts.select("contact_id", "country", pl.when(pl.col("contact_id") < 30).then("spent").otherwise(0))
    assert "95 % or more" in _left(fit(few, k=2, settings=FitSettings(stability_pairs=0)))["spend_total"]


@pytest.mark.parametrize("name", ["code", "income"])
def test_a_code_in_two_numbers_can_be_named(name):
    """A column of two numbers describes by default; named, it is clustered on as the numbers that it holds."""
    random = np.random.default_rng(0)
    columns = {"id": range(200), name: random.integers(0, 2, 200) * 3 + 5, "spend": random.integers(1, 900, 200)}
    customers = pl.DataFrame(columns)
    model = fit(customers, k=2, features=[name, "spend"], settings=FitSettings(stability_pairs=0))
    assert model.recipe.axes == (name, "spend_total")
    assert score(model, customers)["segment_id"].n_unique() == 2
    with pytest.raises(NotEnoughDataError, match="No column can tell"):
        fit(customers.drop("spend"))


def test_answers_of_yes_and_no_are_taken_where_there_is_nothing_else():
    """Of six products that three kinds of customers have, the three kinds are found; of independent ones, none."""
    random = np.random.default_rng(2)
    kind = random.integers(0, 3, 900)
    has = np.array([[0.9, 0.9, 0.1, 0.1, 0.1, 0.9], [0.1, 0.1, 0.9, 0.9, 0.1, 0.1], [0.1, 0.9, 0.1, 0.9, 0.9, 0.1]])
    products = {f"has_{p}": random.random(900) < has[kind, i] for i, p in enumerate("abcdef")}
    answers = pl.DataFrame({"id": range(900), **{name: np.where(yes, "yes", "no") for name, yes in products.items()}})
    model = fit(answers, settings=FitSettings(stability_pairs=0))
    assert (model.k, model.verdict) == (3, "natural")
    assert adjusted_rand_score(kind, score(model, answers)["segment_id"].to_list()) > 0.8
    noise = answers.select("id", *(pl.Series(f"has_{p}", random.choice(["yes", "no"], 900)) for p in "abcd"))
    assert fit(noise, settings=FitSettings(stability_pairs=0)).verdict == "no groups"


@pytest.mark.parametrize("name", ["issues_per_month", "Workout (days/week)", "VisitsPerWeek", "veces por semana"])
def test_times_a_month_are_an_amount(name):
    """What is counted by the week or the month is no day of the calendar."""
    values = np.arange(100.0) % 5 + 1
    assert no_amount(Feature("times", "Times", "number", "other", "column", (name,)), values) == ""
