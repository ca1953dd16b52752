"""A real log, from file to customers: every line and every cent accounted for."""

from __future__ import annotations

import itertools
from datetime import date

import polars as pl
import pytest

from segmentry.fitting import FitSettings, fit
from segmentry.purchases import Purchases, customers_of
from segmentry.tables import to_memory


def test_every_purchase_and_every_cent_is_accounted_for(cdnow: Purchases) -> None:
    """23,570 customers, 69,659 purchases, 2,500,315.63 dollars."""
    account = cdnow.account
    assert (account.customers, account.rows, account.used) == (23_570, 69_659, 69_659)
    assert account.amount == 2_500_315.63
    assert (account.zero, account.duplicates) == (80, 255)
    assert (account.first_day, account.last_day, cdnow.as_of) == (date(1997, 1, 1), *[date(1998, 6, 30)] * 2)


def test_the_customers_spent_what_the_orders_came_to(cdnow: Purchases) -> None:
    """Spend by customer adds up to the log, and so do days with a purchase."""
    found = to_memory(customers_of(cdnow).table.frame)
    assert round(found["spend_total"].sum(), 2) == 2_500_315.63
    assert found["n_orders"].sum() == 69_659 - 2_068  # orders of one day are one where no number tells them apart
    assert int((found["n_orders"] == 1).sum()) >= 11_908


def test_one_customer_by_hand(cdnow: Purchases, shared_data) -> None:
    """Each figure of a customer is what the lines of the file give by hand."""
    mine = [line.split() for line in (shared_data / "CDNOW_master.txt").read_text().splitlines()[1:]]
    mine = [line for line in mine if line[0] == "00003"]
    days = sorted({date(int(d[:4]), int(d[4:6]), int(d[6:])) for _, d, _, _ in mine})
    gaps = [(b - a).days for a, b in itertools.pairwise(days)]
    mean = sum(gaps) / len(gaps)
    table = customers_of(cdnow).table.frame.to_native().filter(pl.col("customer_id") == "00003").collect()
    row = table.row(0, named=True)
    assert row["recency_days"] == (date(1998, 6, 30) - days[-1]).days
    assert row["tenure_days"] == (date(1998, 6, 30) - days[0]).days
    assert row["n_orders"] == len(days)
    assert row["spend_total"] == pytest.approx(sum(float(m) for *_, m in mine), abs=1e-9)
    assert row["items_per_order"] == sum(int(n) for _, _, n, _ in mine) / len(days)
    assert row["days_between_orders"] == pytest.approx(mean)
    assert row["days_between_spread"] == pytest.approx((sum((g - mean) ** 2 for g in gaps) / len(gaps)) ** 0.5)
    assert row["weekend_share"] == sum(d.weekday() >= 5 for d in days) / len(days)


def test_later_purchases_are_the_holdout(cdnow_sample: Purchases) -> None:
    """What lies after the as-of date is left out, counted with its money, and there for a holdout."""
    account = cdnow_sample.account
    assert account.used + account.after_as_of == account.rows == 6_919
    assert cdnow_sample.holdout.to_native().collect().height == account.after_as_of
    assert to_memory(customers_of(cdnow_sample).table.frame)["recency_days"].min() == 0.0


def test_the_number_of_orders_is_clustered_on_where_half_bought_once(shared_data) -> None:
    """More than half bought once: orders are taken beside recency and spend, and repeat buyers are found."""
    settings = FitSettings(as_of="1997-09-30", stability_pairs=0)
    model = fit(orders=shared_data / "CDNOW_master.txt", settings=settings)
    assert model.recipe.axes == ("n_orders", "recency_days", "spend_total")
    assert "stretched-groups" not in {n.code for n in model.notices}
    best = max(model.segments, key=lambda s: s.spend_share)
    assert best.spend_share > 2 * best.share
