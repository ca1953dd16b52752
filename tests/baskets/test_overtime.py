"""Cohorts, comings and goings, revenue: against the log counted by hand, and on the real one."""

from __future__ import annotations

import datetime as dt
from types import ModuleType
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.baskets import OverTime, study_time
from segmentry.baskets.periods import grain_for, label, last_day, number
from segmentry.purchases import Purchases, open_log
from segmentry.tables import read

SEGMENTS = ["s1", "s2", "s3"]


def everyone(purchases: Purchases) -> nw.LazyFrame[Any]:
    """All customers of a log, in one segment."""
    return purchases.used.select("customer").unique().with_columns(segment=nw.lit("s1"))


@pytest.fixture(scope="module")
def found(tea_shop: Purchases, placed: nw.LazyFrame[Any]) -> OverTime:
    return study_time(tea_shop, placed, SEGMENTS)


def test_cohorts_count_customers_who_came_back(found: OverTime, shop: ModuleType) -> None:
    """Each cell is the customers of the cohort with a purchase that many months after their first."""
    log = shop.shop().with_columns(m=pl.col("order_date").dt.month() - 1)
    months = log.select("customer_id", "m").unique()
    months = months.with_columns(first=pl.col("m").min().over("customer_id"))
    counts = {(r[0], r[1] - r[0]): r[2] for r in months.group_by("first", "m").agg(pl.len()).iter_rows()}
    january = number(dt.date(2025, 1, 1), "month")
    assert found.sizes[str(january)] == counts[0, 0]
    for cell in found.cells:
        expected = counts.get((cell.cohort - january, cell.after), 0)
        assert cell.customers == (expected if expected == 0 or expected >= 10 else None)


def test_customers_add_up_from_period_to_period(found: OverTime, tea_shop: Purchases) -> None:
    """New customers are all customers, and the customers of a month are new, repeating or back."""
    kept = [(p.new, p.repeating, p.back) for p in found.periods]
    assert sum(new or 0 for new, _, _ in kept) == pytest.approx(tea_shop.account.customers, abs=9 * len(kept))
    assert all(p.repeating == 0 and p.back == 0 for p in found.periods[:1])


def test_lapsed_are_those_who_passed_the_time_of_returns(shop: ModuleType) -> None:
    """A customer lapses in the period in which they reach the number of periods before which nine in ten come back."""
    rows = [(f"a{i}", f"2025-{m:02d}-10") for i in range(40) for m in range(1, 13)]  # every month
    rows += [(f"g{i}", "2025-02-10") for i in range(20)]  # once
    rows += [(f"b{i}", d) for i in range(15) for d in ("2025-01-10", "2025-06-10")]  # back after five months
    log = pl.DataFrame(rows, schema=["client", "date"], orient="row").with_columns(amount=pl.lit("5.00"))
    purchases = open_log(read(log), as_of=dt.date(2025, 12, 31))
    found = study_time(purchases, everyone(purchases), ["s1"])
    assert found.lapse == 1
    by_label = {found.label(p.period): p for p in found.periods}
    assert by_label["Feb 2025"].lapsed == 15
    assert by_label["Mar 2025"].lapsed == 20
    assert by_label["Jun 2025"].back == 15
    assert by_label["Jun 2025"].repeating == 40
    assert by_label["Jul 2025"].lapsed == 15


def test_period_that_is_not_over_is_marked(shop: ModuleType) -> None:
    """A log that ends within a month has no lapsed for that month, and no retention in it."""
    rows = [(f"c{i}", d) for i in range(30) for d in ("2025-01-10", "2025-02-10", "2025-03-15")]
    log = pl.DataFrame(rows, schema=["client", "date"], orient="row").with_columns(amount=pl.lit("5.00"))
    purchases = open_log(read(log))
    found = study_time(purchases, everyone(purchases), ["s1"])
    assert found.partial == number(dt.date(2025, 3, 15), "month")
    assert found.periods[-1].lapsed is None
    assert max(c.after for c in found.cells) == 1


def test_revenue_by_segment_adds_up(found: OverTime, tea_shop: Purchases) -> None:
    """Revenue over segments and periods is that of the log, where nothing is withheld."""
    assert all(c.revenue is not None for c in found.by_segment)
    assert sum(c.revenue or 0.0 for c in found.by_segment) == pytest.approx(tea_shop.account.amount)


def test_nothing_is_told_of_fewer_than_ten(shop: ModuleType) -> None:
    """Nine customers of a month have no figure; their cohort has no row."""
    rows = [(f"c{i}", "2025-01-10") for i in range(30)] + [(f"d{i}", "2025-03-10") for i in range(9)]
    rows += [("c0", "2025-06-30")]
    log = pl.DataFrame(rows, schema=["client", "date"], orient="row").with_columns(amount=pl.lit("5.00"))
    purchases = open_log(read(log))
    found = study_time(purchases, everyone(purchases), ["s1"])
    march = number(dt.date(2025, 3, 1), "month")
    assert str(march) not in found.sizes
    assert next(p for p in found.periods if p.period == march).new is None
    assert next(c for c in found.by_segment if c.period == march).revenue is None


def test_cdnow_cohorts_hold_every_customer(cdnow: Purchases) -> None:
    """The 23,570 people of the real log began in early 1997; about one in seven came back in the next month."""
    found = study_time(cdnow, everyone(cdnow), ["s1"])
    assert found.sizes == {"23964": 7846, "23965": 8476, "23966": 7248}
    assert sum(found.sizes.values()) == 23_570
    assert [round(found.retention(c, 1) or 0, 3) for c in (23964, 23965, 23966)] == [0.147, 0.155, 0.142]
    assert found.partial is None
    assert sum(c.revenue or 0.0 for c in found.by_segment) == pytest.approx(2_500_315.63, abs=0.01)


@pytest.mark.parametrize(
    ("first", "last", "grain"),
    [
        ("2025-01-05", "2025-02-20", "week"),
        ("2025-01-05", "2025-03-20", "month"),
        ("2023-01-05", "2025-06-20", "quarter"),
        ("2009-01-05", "2025-06-20", "year"),
    ],
)
def test_periods_are_as_long_as_can_be_told_apart(first: str, last: str, grain: str) -> None:
    """Weeks for a short log, then months, quarters, years."""
    assert grain_for(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == grain


@pytest.mark.parametrize("grain", ["week", "month", "quarter", "year"])
def test_last_day_of_a_period_is_in_it(grain: Any) -> None:
    """The day after the last day of a period is in the next one, also over the end of a year."""
    for day in (dt.date(2024, 2, 29), dt.date(2025, 12, 31), dt.date(2026, 1, 1)):
        period = number(day, grain)
        end = last_day(period, grain)
        assert number(end, grain) == period
        assert number(end + dt.timedelta(days=1), grain) == period + 1
        assert label(period, grain)
