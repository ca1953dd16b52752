"""Order lines from a known process."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from segmentry.errors import SettingsError
from segmentry.purchases import open_log, purchase_summary
from segmentry.samples import Shopping, sample_orders, sample_orders_truth, write_orders
from segmentry.samples.addressed import exp, gamma_at, log, normal, uniform_at
from segmentry.tables import read, to_memory
from segmentry.value import fit_purchases, fit_spend, purchase_counts

scipy_stats = pytest.importorskip("scipy.stats")
AT = np.arange(200_000, dtype=np.uint64)


def test_the_planted_parameters_are_found_again() -> None:
    """Models fitted to the sample give the parameters it was drawn with, within their errors and what days hide."""
    shop = Shopping(r=0.6, alpha=8.0, a=0.9, b=3.0, p=5.0, q=4.0, v=20.0, returns=0.0)
    log_of = open_log(read(sample_orders(40_000, seed=3, shop=shop)))
    s = to_memory(purchase_summary(log_of, time_unit="week"))
    buying = fit_purchases(purchase_counts(s["x"], s["t_x"], s["T"]))
    repeat = s["x"] > 0
    spending = fit_spend(s["x"][repeat], s["mean_spend"][repeat])
    # Two orders of one day are one, so that rates are a little lower than planted.
    assert [buying.r, buying.alpha, buying.a, buying.b] == pytest.approx([0.6, 8.0, 0.9, 3.0], rel=0.12)
    assert [spending.p, spending.q, spending.v] == pytest.approx([5.0, 4.0, 20.0], rel=0.12)


def test_the_truth_is_that_of_the_orders() -> None:
    """As many orders as the truth says, by each customer; who is alive may buy again."""
    lines, truth = sample_orders(3_000, seed=5), sample_orders_truth(3_000, seed=5)
    bought = lines.filter(~pl.col("order_id").str.starts_with("R"))
    counted = bought.group_by("customer_id").agg(pl.col("order_id").n_unique().alias("n")).sort("customer_id")
    assert counted["n"].to_list() == truth["n_orders"].to_list()
    assert truth.filter("alive")["rate_per_week"].mean() < truth.filter(~pl.col("alive"))["rate_per_week"].mean()


def test_a_part_is_the_same_as_in_the_whole() -> None:
    """A customer's orders depend on the seed and their own number, not on how many there are."""
    whole = sample_orders(300, seed=1)
    part = sample_orders(100, seed=1, start=200)
    mine = whole.filter(pl.col("customer_id") > "K0000200")
    assert part.equals(mine)


def test_lines_add_up_and_returns_come_later() -> None:
    """Every amount is in whole cents; a return is a later line of its own with the amount taken back."""
    lines = sample_orders(2_000, seed=2, shop=Shopping(returns=0.1))
    cents = lines["amount"] * 100
    assert ((cents - cents.round()).abs() < 1e-6).all()
    back = lines.filter(pl.col("order_id").str.starts_with("R"))
    assert 0.08 < back.height / (lines.height - back.height) < 0.12
    assert (back["amount"] <= 0).all()
    assert (back["quantity"] < 0).all()


def test_files_are_the_same_bytes_each_time(tmp_path) -> None:
    """Seed and settings decide every byte, in a process of its own too."""
    write_orders(tmp_path / "a.csv", 500, 9, tmp_path / "a-truth.csv")
    script = (
        f"from segmentry.samples import write_orders as w; w(r'{tmp_path}/b.csv', 500, 9, r'{tmp_path}/b-truth.csv')"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a-truth.csv").read_bytes() == (tmp_path / "b-truth.csv").read_bytes()


def test_csv_and_parquet_hold_the_same_orders(tmp_path) -> None:
    """The form of the file changes nothing of what is read from it."""
    for name in ("o.csv", "o.parquet"):
        write_orders(tmp_path / name, 400, 4)
    one, other = (open_log(read(tmp_path / name)).account for name in ("o.csv", "o.parquet"))
    assert one == other


@pytest.mark.parametrize("wrong", [{"r": 0.0}, {"v": -1.0}, {"returns": 0.9}, {"joining": 900}])
def test_parameters_that_no_process_has_are_refused(wrong) -> None:
    """Shapes and scales are above 0, and customers join while the shop is watched."""
    with pytest.raises(SettingsError):
        sample_orders(10, shop=Shopping(**wrong))


def test_distributions_are_what_they_say() -> None:
    """Uniform, normal and Gamma numbers pass the test of Kolmogorov and Smirnov; logarithms are right to 12 digits."""
    u = uniform_at(0, 0, AT)
    assert scipy_stats.kstest(u, "uniform").pvalue > 0.001
    assert np.abs(normal(u) - scipy_stats.norm.ppf(u)).max() < 1e-8
    for shape in (0.243, 1.0, 6.25):
        assert scipy_stats.kstest(gamma_at(shape, 3, 0, AT), "gamma", args=(shape,)).pvalue > 0.001
    x = np.exp(np.linspace(-40, 40, 1001))
    assert np.abs(log(x) - np.log(x)).max() < 1e-13
    assert np.abs(exp(np.log(x)) / x - 1).max() < 1e-12
