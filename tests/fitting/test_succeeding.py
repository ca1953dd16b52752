"""Segments that are fitted anew keep their identity, and what changed is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import AgreementError, ColumnNotFoundError, SettingsError
from segmentry.fitting import FitSettings
from segmentry.fitting.succeeding import _moves
from segmentry.profiles.playbook import Play
from segmentry.profiles.succession import Moved
from segmentry.samples import sample_marketing, sample_orders
from segmentry.segmentation import Segmentation
from segmentry.store import dump, parse

QUICK = FitSettings(stability_pairs=0)
OWN = Play("own", "Invite", "An evening before the doors open.", "")
MARKETING = "marketing_campaign.csv"


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    return sample_marketing(1_000, seed=3)


@pytest.fixture(scope="module")
def spring(shop: pl.DataFrame) -> Segmentation:
    """Five segments, of which one has a name and another a plan of the user's own."""
    found = sg.fit(shop, k=5, settings=QUICK)
    return sg.plan(sg.rename(found, {"s2": "Regulars"}), {"s4": [OWN]})


def after(previous: Segmentation, customers: object, **told: object) -> Segmentation:
    return sg.fit(customers, previous=previous, settings=QUICK, **told)  # type: ignore[arg-type]


def blobs(*centres: tuple[float, float], n: int = 120, seed: int = 0) -> pl.DataFrame:
    """Customers around some points, far from each other."""
    draw = np.random.default_rng(seed)
    points = np.concatenate([draw.normal(centre, 1.0, (n, 2)) for centre in centres])
    ids = [f"c{seed}-{place}" for place in range(len(points))]
    return pl.DataFrame({"customer_id": ids, "points_a": points[:, 0], "points_b": points[:, 1]})


def test_the_same_customers_in_another_order_are_in_the_same_segments(shop: pl.DataFrame, spring: Segmentation) -> None:
    """Ids, names, colours and markers stay; nobody moves, nothing is new and nothing retired."""
    found = after(spring, shop.sample(fraction=1, shuffle=True, seed=1))
    told = found.succession
    assert told is not None
    assert (told.agreement, told.adjusted_rand, told.customers) == (1.0, 1.0, 1_000)
    assert (told.new, told.retired, told.moves) == ((), (), ())
    assert found.rule.owners == spring.rule.owners
    kept = [(s.id, s.name, s.colour, s.marker, s.playbook) for s in found.segments]
    assert kept == [(s.id, s.name, s.colour, s.marker, s.playbook) for s in spring.segments]
    assert [k.jaccard for k in told.kept] == [1.0] * 5


def test_most_of_the_customers_give_all_segments_again(shop: pl.DataFrame, spring: Segmentation) -> None:
    """Of 95 % of them, drawn at random, each segment keeps id, own name and own plan, and nearly nobody moves."""
    found = after(spring, shop.sample(fraction=0.95, seed=4))
    assert found.succession is not None
    assert found.succession.agreement >= 0.95
    assert {s.id for s in found.segments} == {s.id for s in spring.segments}
    assert (found.segment("s2").name, found.segment("s2").named_by) == ("Regulars", "user")
    assert (found.segment("s4").playbook, found.segment("s4").planned_by) == ((OWN,), "user")
    assert found.segment("s1").planned_by == "rule"


def test_most_customers_of_a_real_file_give_all_segments_again(shared_data: Path) -> None:
    """The same on 2,240 real customers."""
    lines = (shared_data / MARKETING).read_text(encoding="utf-8").splitlines()
    customers = pl.read_csv("\n".join(lines).encode(), separator="\t", infer_schema=False)
    first = sg.rename(sg.fit(customers, k=4, settings=QUICK), {"s1": "Best", "s3": "Ours"})
    found = after(first, customers.sample(fraction=0.95, seed=0))
    assert found.succession is not None
    assert found.succession.agreement >= 0.95
    assert {s.id for s in found.segments} == {"s1", "s2", "s3", "s4"}
    assert (found.segment("s1").name, found.segment("s3").name) == ("Best", "Ours")


def test_a_group_that_is_gone_is_retired_and_a_new_one_gets_a_new_id() -> None:
    """Of three groups one leaves and another comes: two keep their ids, s3 is gone, and s4 is new."""
    first = sg.rename(sg.fit(blobs((0, 0), (20, 0), (0, 20)), k=3, settings=QUICK), {"s1": "Here", "s2": "There"})
    gone = first.segments[-1]
    left = [s for s in first.segments if s.id != gone.id]
    where = {
        s.id: [first.profile.measure(m).segments[s.id].spread.mean for m in ("points_a", "points_b")] for s in left
    }
    second = after(first, blobs(*map(tuple, where.values()), (40, 40), seed=1))  # type: ignore[arg-type]
    told = second.succession
    assert told is not None
    assert [r.id for r in told.retired] == [gone.id] == ["s3"]
    assert told.new == ("s4",)
    assert {k.id: k.name for k in told.kept} == {"s1": "Here", "s2": "There"}
    assert {(s.id, s.name) for s in second.segments} >= {("s1", "Here"), ("s2", "There")}
    colours = {s.colour for s in (*first.segments, *second.segments)}
    assert len(colours) == 4

    third = after(second, blobs((0, 0), (20, 0), (0, 20), (40, 40), (60, 0), seed=2), k=5)
    assert third.succession is not None
    assert third.succession.retired_before == ("s3",)
    assert "s3" not in {s.id for s in third.segments}
    assert {"s5", "s6"} == set(third.succession.new), "an id that was given up is not given again"


def test_a_retired_id_is_remembered_for_good() -> None:
    """What was given up two fits ago stays given up, even where the segments of today have smaller numbers."""
    first = sg.fit(blobs((0, 0), (20, 0), (0, 20)), k=3, settings=QUICK)
    second = after(first, blobs((0, 0), (20, 0), seed=1), k=2)
    third = after(second, blobs((0, 0), (20, 0), seed=2))
    fourth = after(third, blobs((0, 0), (20, 0), (0, 20), seed=3), k=3)
    assert fourth.succession is not None
    assert fourth.succession.new == ("s4",)
    assert len(fourth.succession.retired_before) == 1


def test_a_name_that_the_user_gave_is_nobody_elses(spring: Segmentation, shop: pl.DataFrame) -> None:
    """Where the rule would give another segment the very name, that one's is told apart by its id."""
    best = spring.segment("s1").name
    swapped = sg.rename(spring, {"s1": "Another", "s3": best})
    ruled = replace(
        swapped, segments=tuple(replace(s, named_by="rule") if s.id == "s1" else s for s in swapped.segments)
    )
    found = after(ruled, shop)
    assert (found.segment("s3").name, found.segment("s3").named_by) == (best, "user")
    assert (found.segment("s1").name, found.segment("s1").named_by) == (f"{best} (s1)", "rule")


def test_segments_stand_in_the_order_of_their_spend(spring: Segmentation, shop: pl.DataFrame) -> None:
    """The order is that of a first fit, by what customers spend today, whatever the ids."""
    found = after(spring, shop, k=7)
    spend = found.profile.measure("spend_total")
    means = [spend.segments[s.id].spread.mean for s in found.segments]
    assert means == sorted(means, reverse=True)
    assert [s.id for s in found.segments] != sorted(s.id for s in found.segments)
    assert found.rule.segments != ()
    assert set(found.rule.owners) == {s.id for s in found.segments}


def test_ages_are_counted_to_the_new_day() -> None:
    """Three years later, all else alike, everyone is as old as others were then: by their own day nobody moved."""
    shop = sample_marketing(600, seed=8)
    first = sg.fit(shop, k=4, features=["age", "income"], settings=QUICK)
    later = shop.with_columns(pl.col("year_birth") + 3, pl.col("dt_customer").dt.offset_by("3y"))
    found = after(first, later)
    assert first.recipe.as_of is not None
    assert found.recipe.as_of == first.recipe.as_of.replace(year=first.recipe.as_of.year + 3)
    assert found.succession is not None
    assert found.succession.as_of == first.recipe.as_of
    assert found.succession.agreement == 1.0


def test_fewer_than_the_bound_is_an_error(shop: pl.DataFrame, spring: Segmentation) -> None:
    """It says how many would keep their segment, how many should, and what to do; a bound that is kept says nothing."""
    with pytest.raises(AgreementError, match=r"Only \d+ % of customers would keep.*at least 95 %") as caught:
        after(spring, shop, k=9, min_agreement=0.95)
    assert "Nothing was written" in str(caught.value)
    assert "of 1,000 customers" in caught.value.found
    assert after(spring, shop, min_agreement=1).succession is not None


def test_much_change_is_warned_of_where_no_bound_was_set(shop: pl.DataFrame, spring: Segmentation) -> None:
    """Below four fifths a notice says so; with little change, or with a bound, there is none."""
    codes = {n.code for n in after(spring, shop, k=10).notices}
    assert "low-agreement" in codes
    assert "low-agreement" not in {n.code for n in after(spring, shop, k=10, min_agreement=0.1).notices}
    assert "low-agreement" not in {n.code for n in after(spring, shop).notices}


def test_few_who_move_alike_are_not_told_of() -> None:
    """Nine are left out; and where only few are left out in all, the smallest number that would tell them goes too."""
    renamed = {"p0": "s1", "p1": "s2", "p2": "s3"}
    stays = {("s1", "p0"): 50, ("no-data", "no-data"): 7}
    assert _moves({**stays, ("s1", "p1"): 9, ("s2", "p0"): 30, ("s3", "p0"): 12}, renamed) == (Moved("s2", "s1", 30),)
    assert _moves({**stays, ("s1", "p1"): 9, ("s3", "p1"): 9, ("s2", "p0"): 30}, renamed) == (Moved("s2", "s1", 30),)
    found = _moves({**stays, ("s2", "noise"): 10, ("no-data", "p2"): 11}, renamed)
    assert found == (Moved("no-data", "s3", 11), Moved("s2", "noise", 10))


def test_a_source_of_another_kind_is_refused(shop: pl.DataFrame, spring: Segmentation) -> None:
    """Orders do not follow customers, nor customers orders; a column that is gone is named, and so is a bound alone."""
    orders = sample_orders(200, seed=0)
    with pytest.raises(SettingsError, match="made from a table of customers, and this source holds orders"):
        sg.fit(orders=orders, previous=spring, settings=QUICK)
    bought = sg.fit(orders=orders, k=3, settings=QUICK)
    with pytest.raises(SettingsError, match="made from orders, and this source is a table"):
        after(bought, shop)
    with pytest.raises(ColumnNotFoundError, match="rest on the column 'income'"):
        after(spring, shop.drop("income"))
    with pytest.raises(SettingsError, match="min_agreement"):
        sg.fit(shop, min_agreement=0.5)
    for bound in (80, -0.1, float("nan"), "0.8"):
        with pytest.raises(SettingsError, match="from 0 to 1"):
            after(spring, shop, min_agreement=bound)
    with pytest.raises(SettingsError, match="not a segmentation"):
        after("last.seg", shop)  # type: ignore[arg-type]


def test_a_feature_that_cannot_be_made_any_more_is_told_where_it_comes_from(
    shop: pl.DataFrame, spring: Segmentation
) -> None:
    """Nobody named age, but the previous segments rest on it: the error says that, and an own mistake is an own one."""
    otherwise = FitSettings(features={"roles": {"year_birth": "category"}}, stability_pairs=0)
    with pytest.raises(SettingsError, match=r"no feature or column 'age'.*The previous segmentation rests on it"):
        sg.fit(shop, previous=spring, settings=otherwise)
    with pytest.raises(SettingsError, match="no feature or column 'agee'") as caught:
        after(spring, shop, features=["agee"])
    assert "previous segmentation" not in str(caught.value)


def test_a_single_segment_can_be_followed(shop: pl.DataFrame) -> None:
    """Everyone was one segment: the same method finds it again, and k-means chooses the number anew."""
    draw = np.random.default_rng(0)
    even = pl.DataFrame({"points_a": draw.normal(0, 1, 300), "points_b": draw.normal(0, 1, 300)})
    first = sg.fit(even, method="hdbscan", features=["points_a", "points_b"], settings=QUICK)
    assert [s.id for s in first.segments] == ["s1"]
    assert [s.id for s in after(first, even).segments] == ["s1"]
    parted = after(first, even, method="k-means").succession
    assert parted is not None
    assert [r.id for r in parted.retired] == ["s1"]
    assert set(parted.new) == {"s2", "s3", "s4"}


def test_customers_without_data_are_not_looked_at(shop: pl.DataFrame, spring: Segmentation) -> None:
    """They are in no segment by either rule, and change nothing of the agreement."""
    nobody = pl.DataFrame({"customer_id": [f"x{place}" for place in range(20)]})
    found = after(spring, pl.concat([shop, nobody], how="diagonal"))
    assert found.provenance.n_no_data == 20
    assert found.succession is not None
    assert (found.succession.customers, found.succession.agreement) == (1_000, 1.0)


def test_segments_of_orders_stay_when_more_is_bought() -> None:
    """Orders up to a month before the end, then all: categories keep their shares, and segments their ids."""
    orders = sample_orders(500, seed=6)
    cut = orders["ordered_at"].max() - timedelta(days=30)
    first = sg.rename(sg.fit(orders=orders.filter(pl.col("ordered_at") <= cut), k=4, settings=QUICK), {"s1": "Best"})
    found = sg.fit(orders=orders, previous=first, settings=QUICK)
    told = found.succession
    assert told is not None
    assert told.as_of == first.recipe.as_of
    assert isinstance(found.recipe.as_of, date)
    assert told.agreement >= 0.8
    assert found.segment("s1").name == "Best"
    assert found.purchases is not None
    assert first.purchases is not None
    assert found.purchases.categories == first.purchases.categories
    assert found.purchases.trend_days == first.purchases.trend_days


@pytest.mark.parametrize("method", ["gmm", "rfm", "hdbscan"])
@pytest.mark.thorough("hdbscan", "rfm")
def test_every_kind_of_method_can_follow_itself(method: str) -> None:
    """A rule with pairs, a grid and a cut-off are matched alike; the same customers stay where they are."""
    orders = sample_orders(300, seed=2)
    first = sg.fit(orders=orders, method=method, k=3 if method == "gmm" else None, settings=QUICK)
    found = sg.fit(orders=orders.sample(fraction=1, shuffle=True, seed=1), previous=first, settings=QUICK)
    assert found.method == method
    assert found.succession is not None
    assert found.succession.agreement == 1.0
    assert [s.id for s in found.segments] == [s.id for s in first.segments]
    assert parse(dump(found)) == found
