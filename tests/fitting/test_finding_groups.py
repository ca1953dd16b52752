"""What is there is found: groups planted in a made-up shop, and the known answers on well-known tables."""

from __future__ import annotations

import pytest
from sklearn.metrics import adjusted_rand_score

from segmentry.errors import NotEnoughDataError
from segmentry.fitting import FitSettings, fit
from segmentry.reports.cards import cards
from segmentry.samples import (
    sample_ecommerce,
    sample_ecommerce_truth,
    sample_mall,
    sample_mall_truth,
    sample_marketing,
    sample_marketing_truth,
)
from segmentry.scoring import score

MALL = "Mall_Customers.csv"
SHOPS = {
    "mall": lambda rows, seed: (sample_mall(rows, seed=seed), sample_mall_truth(rows, seed=seed)),
    "ecommerce": lambda rows, seed: (sample_ecommerce(rows, seed=seed), sample_ecommerce_truth(rows, seed=seed)),
}
INCOME, SCORE = "Annual Income (k$)", "Spending Score (1-100)"


def test_planted_groups_are_found_without_being_told():
    """A plain fit finds the five planted groups, their number included."""
    shop, truth = sample_marketing(2_000, seed=0), sample_marketing_truth(2_000, seed=0)
    model = fit(shop)
    assert model.k == 5
    labels = score(model, shop)["segment_id"].to_list()
    assert adjusted_rand_score(truth["group"].to_list(), labels) >= 0.95


def test_the_mall_has_five_groups_by_income_and_score(shared_data):
    """Income and spending score give the five groups of the well-known picture."""
    model = fit(shared_data / MALL, features=[INCOME, SCORE], k="2-10")
    assert model.k == 5
    assert sorted((s.size for s in model.segments), reverse=True) == [81, 39, 35, 23, 22]
    chosen = next(c for c in model.candidates if c.k == 5)
    assert chosen.silhouette == pytest.approx(0.5547, abs=5e-4)
    assert "0.55" in model.reason
    assert [c.k for c in model.candidates] == list(range(2, 11))


def test_the_mall_has_six_groups_with_age(shared_data):
    """Age, income and score give six groups, whether the columns are named or worked out."""
    named = fit(shared_data / MALL, features=["Age", INCOME, SCORE], k="2-10")
    plain = fit(shared_data / MALL)
    assert named.k == plain.k == 6
    assert named.rule == plain.rule
    chosen = next(c for c in named.candidates if c.k == 6)
    assert chosen.silhouette == pytest.approx(0.4274, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "features", "k"),
    [(MALL, (INCOME, SCORE), 5), ("E-commerce Customer Behavior - Sheet1.csv", (), 7)],
)
@pytest.mark.thorough("Mall_Customers.csv-features0-5")
def test_the_number_of_few_customers_does_not_depend_on_the_seed(shared_data, name, features, k):
    """Of a few hundred customers each draw says little; there are so many that another seed takes the same number."""
    settings = FitSettings(stability_pairs=0)
    found = [fit(shared_data / name, features=features, seed=seed, settings=settings).k for seed in range(6)]
    assert found == [k] * 6


def test_another_seed_may_decide_a_close_call_otherwise(shared_data):
    """What docs/choosing-k.md says of the mall: its customers do not settle the number."""
    assert [fit(shared_data / MALL, seed=seed).k for seed in (0, 3)] == [6, 4]


NUMBERS = (
    "Year_Birth Income Kidhome Teenhome Recency MntWines MntFruits MntMeatProducts MntFishProducts MntSweetProducts "
    "MntGoldProds NumDealsPurchases NumWebPurchases NumCatalogPurchases NumStorePurchases NumWebVisitsMonth "
    "AcceptedCmp1 AcceptedCmp2 AcceptedCmp3 AcceptedCmp4 AcceptedCmp5 Complain Response"
)


def test_weak_structure_is_said_in_so_many_words(shared_data):
    """Four segments of all numeric columns of the marketing file overlap: a way to divide, and no natural groups."""
    model = fit(shared_data / "marketing_campaign.csv", features=NUMBERS.split(), k=4)
    assert model.candidates[0].silhouette == pytest.approx(0.19, abs=0.02)
    assert any(n.code == "weak-structure" and "The structure is weak" in n.message for n in model.notices)
    assert "stood on their own" not in model.verdict_words


def test_two_kinds_of_customers_are_taken_where_a_valley_lies_between(shared_data):
    """Those who buy much and those who buy little: every draw shows the same two, and few customers stand between."""
    model = fit(shared_data / "marketing_campaign.csv")
    assert (model.k, model.verdict) == (2, "natural")
    assert min(s.stability.mean for s in model.segments) >= 0.95


def test_a_k_that_is_asked_for_is_taken(shared_data):
    """--k 4 gives four segments and says that they were asked for."""
    model = fit(shared_data / MALL, k=4)
    assert (model.k, len(model.segments), len(model.candidates)) == (4, 4, 1)
    assert "asked for" in model.reason


def test_fewer_profiles_than_k_is_an_error_that_counts_them(tmp_path):
    """Five segments of customers with three different profiles cannot be; the error says how many there are."""
    table = tmp_path / "three.csv"
    table.write_text("id,age,income\n" + "".join(f"{i},{30 + i % 3},500\n" for i in range(60)))
    with pytest.raises(NotEnoughDataError, match="60 customers with 3 different profiles"):
        fit(table, k=5)
    few = fit(table, k="2-10", features=["age"])
    assert max(c.k for c in few.candidates) == 3
    assert any(n.code == "few-profiles" for n in few.notices)


@pytest.mark.parametrize("rows", [3, 9])
def test_a_handful_of_customers_is_fitted_and_not_described(tmp_path, rows):
    """Very few customers still get segments, without figures that would point at persons."""
    table = tmp_path / "few.csv"
    table.write_text("id,age,income\n" + "".join(f"{i},{20 + 7 * i},{500 + 90 * i}\n" for i in range(rows)))
    model = fit(table, k=2)
    assert sum(s.size for s in model.segments) == rows
    assert all(m.segments[s.id].spread.mean is None for m in model.profile.measures for s in model.segments)
    assert any(n.code == "small-segment" for n in model.notices)


@pytest.mark.parametrize(("name", "seed"), [("mall", 0), ("ecommerce", 1)])
def test_the_groups_of_other_shops_are_found_too(name, seed):
    """The defaults are not made for one shop: those planted in the others are found as well."""
    shop, truth = SHOPS[name](1_000, seed)
    model = fit(shop)
    assert adjusted_rand_score(truth["group"].to_list(), score(model, shop)["segment_id"].to_list()) >= 0.95


def test_a_dozen_customers_are_told_of_as_a_dozen(shared_data, tmp_path):
    """Neither groups nor their absence, nor how far to rely on a segment, can be told of so few."""
    text = (shared_data / "marketing_campaign.csv").read_text().splitlines()[:13]
    path = tmp_path / "twelve.csv"
    path.write_text("\n".join(text) + "\n")
    few = fit(path)
    assert few.verdict == "no groups"
    assert "cannot be told" in few.verdict_words
    assert "do not fall into kinds" not in few.verdict_words
    assert all(card.reliance == "" for card in cards(few))
