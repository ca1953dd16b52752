"""Purchases on the command line: orders in, customers with segments out."""

from __future__ import annotations

import csv
import json

import polars as pl
import pytest

from segmentry.samples import sample_orders

DERIVED = ("recency_days", "n_orders", "spend_total", "average_order_value", "tenure_days", "days_between_orders")


@pytest.fixture(scope="module")
def from_orders(segmentry, shared_data, tmp_path_factory):
    """A fit of the CDNOW log, given as SOURCE: its columns say that it is one."""
    folder = tmp_path_factory.mktemp("orders") / "out"
    outcome = segmentry("fit", shared_data / "CDNOW_master.txt", "-o", folder)
    assert outcome.code == 0, outcome.err
    return folder, outcome


def test_a_log_becomes_customers_with_segments(from_orders):
    """A row per customer: id, figures from the orders, then the four columns of ours."""
    folder, _ = from_orders
    rows = list(csv.DictReader((folder / "customers.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 23_570
    assert list(rows[0])[:1] == ["customer_id"]
    assert set(DERIVED) <= set(rows[0])
    assert list(rows[0])[-4:] == ["segment_id", "segment", "confidence", "runner_up"]


def test_the_summary_accounts_for_the_orders(from_orders):
    """`orders` says how many lines, customers and how much money there were, and what was left out."""
    folder, outcome = from_orders
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    orders = summary["orders"]
    assert (orders["rows"], orders["customers"], orders["amount"]) == (69_659, 23_570, 2_500_315.63)
    assert (orders["cancelled"], orders["without_customer"]) == (0, 0)
    assert (summary["rows_present"], summary["customers"], summary["as_of"]) == (69_659, 23_570, "1998-06-30")
    assert "23,570 customers and 69,659 order lines" in outcome.out


def test_scoring_the_orders_again_gives_everyone_their_segment(segmentry, from_orders, shared_data, tmp_path):
    """`score --orders` uses the rules of the fit: the same orders give the same file, by either spelling."""
    folder, _ = from_orders
    for number, words in enumerate((["--orders"], [])):
        target = tmp_path / f"{number}.csv"
        outcome = segmentry(
            "score", folder / "segmentation.seg", *words, shared_data / "CDNOW_master.txt", "-o", target
        )
        assert outcome.code == 0, outcome.err
        assert target.read_bytes() == (folder / "customers.csv").read_bytes()


def test_a_customer_is_explained_from_their_orders(segmentry, from_orders, shared_data):
    """`explain --id --orders` finds the customer among the orders, and says what the labelled file says of them."""
    folder, _ = from_orders
    row = next(csv.DictReader((folder / "customers.csv").read_text(encoding="utf-8").splitlines()))
    words = ("--id", row["customer_id"], "--orders", shared_data / "CDNOW_master.txt", "--json")
    outcome = segmentry("explain", folder / "segmentation.seg", *words)
    assert outcome.code == 0, outcome.err
    answer = json.loads(outcome.out)
    assert (answer["segment_id"], answer["runner_up"]) == (row["segment_id"], row["runner_up"])


def test_a_customer_of_orders_and_a_table_is_explained_from_both(segmentry, tmp_path):
    """Where the segments rest on both, both are needed: with them the customer is placed, without one it is said."""
    orders = sample_orders(300, seed=1)
    ids = sorted(orders["customer_id"].unique())
    orders.write_csv(tmp_path / "orders.csv")
    pl.DataFrame({"customer_id": ids, "age": [20 + i % 50 for i in range(len(ids))]}).write_csv(tmp_path / "people.csv")
    both = ("--orders", tmp_path / "orders.csv", "--customers", tmp_path / "people.csv")
    words = ("--features", "age,n_orders,spend_total", "--k", "3", "--stability-pairs", "0", "--no-pictures")
    assert segmentry("fit", *both, *words, "-o", tmp_path / "out").code == 0
    rows = csv.DictReader((tmp_path / "out" / "customers.csv").read_text(encoding="utf-8").splitlines())
    placed = {row["customer_id"]: row["segment_id"] for row in rows}
    asked = ("explain", tmp_path / "out" / "segmentation.seg", "--id", ids[3], "--json")
    outcome = segmentry(*asked, *both)
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["segment_id"] == placed[ids[3]]
    alone = segmentry(*asked, *both[:2])
    assert (alone.code, "--customers" in alone.err) == (1, True)


def test_a_file_without_a_header_is_given_names(segmentry, shared_data, tmp_path):
    """`--columns` names the cells of the CDNOW sample, and no purchase is taken for a header."""
    names = "master_id,customer_id,date,number_of_cds,dollar_value"
    words = ("--columns", names, "--as-of", "1997-09-30", "--k", "3", "--stability-pairs", "0")
    outcome = segmentry(
        "fit", "--no-pictures", "--orders", shared_data / "CDNOW_sample.txt", *words, "-o", tmp_path / "out", "--json"
    )
    assert outcome.code == 0, outcome.err
    summary = json.loads(outcome.out)
    assert summary["orders"]["customers"] == 2_357
    assert summary["orders"]["used"] + summary["orders"]["after_as_of"] == summary["orders"]["rows"] == 6_919


def test_orders_and_a_source_are_refused(segmentry, shared_data, tmp_path):
    """SOURCE beside --orders or --customers, or none of the three, is wrong usage."""
    log = shared_data / "CDNOW_master.txt"
    assert segmentry("fit", log, "--orders", log, "-o", tmp_path / "out").code == 2
    assert segmentry("fit", log, "--customers", log, "-o", tmp_path / "out").code == 2
    assert segmentry("inspect", log, "--customers", log).code == 2
    assert segmentry("fit", "-o", tmp_path / "out").code == 2
    assert not (tmp_path / "out").exists()


def test_rows_that_look_like_purchases_may_be_stated_to_be_customers(segmentry, tmp_path):
    """Bookings by few agencies stop a fit; the error names `--customers`, by which a row is a customer."""
    bookings, look, folder = tmp_path / "bookings.csv", tmp_path / "look", tmp_path / "out"
    lines = [f"{'AB'[n % 40 == 0]}{n % 2},2026-01-{1 + n % 28:02},{50 + n % 7 * 20},{1 + n % 9}" for n in range(90)]
    bookings.write_text("guest,booking_date,total_amount,nights\n" + "\n".join(lines) + "\n", encoding="utf-8")
    stopped = segmentry("fit", bookings, "-o", folder, "--k", 5)
    assert stopped.code == 1
    assert "If each row is a customer and no purchase, pass the file by --customers FILE" in stopped.err
    seen = segmentry("inspect", bookings)
    assert "The rows were taken for purchases by the customer in 'guest'" in seen.out
    looked = segmentry("inspect", "--customers", bookings, "-o", look)
    assert looked.code == 0, looked.err
    assert "taken for purchases" not in looked.out
    told = f"segmentry fit --customers {bookings} --config"
    assert told in looked.out
    assert told in (look / "segmentry.toml").read_text(encoding="utf-8")
    words = ("--features", "total_amount,nights", "--k", 3, "--stability-pairs", 0, "--on-duplicate", "keep")
    outcome = segmentry("fit", "--customers", bookings, *words, "--no-pictures", "-o", folder, "--json")
    assert outcome.code == 0, outcome.err
    summary = json.loads(outcome.out)
    assert (summary["customers"], summary.get("orders")) == (90, None)
    scored = segmentry("score", folder / "segmentation.seg", bookings, "-o", tmp_path / "scored.csv")
    assert scored.code == 0, scored.err
    assert (tmp_path / "scored.csv").read_bytes() == (folder / "customers.csv").read_bytes()


def test_orders_are_joined_to_a_table_of_customers(segmentry, tmp_path):
    """The table keeps its customers, their order and its columns; score wants both files, and then agrees with fit."""
    orders, table, folder = tmp_path / "orders.csv", tmp_path / "customers.csv", tmp_path / "out"
    assert segmentry("sample", "orders", "--customers", 300, "-o", orders).code == 0
    rows = [f"K{n:07},{20 + n % 50}" for n in range(290, 0, -1)] + ["K9999999,33"]
    table.write_text("customer_id,age\n" + "\n".join(rows) + "\n", encoding="utf-8")
    words = ("--orders", orders, "--customers", table)
    outcome = segmentry("fit", "--no-pictures", *words, "-o", folder, "--k", 3, "--stability-pairs", 0, "--json")
    assert outcome.code == 0, outcome.err
    summary = json.loads(outcome.out)
    counts = summary["orders"]
    assert (summary["customers"], counts["unknown_customers"], counts["customers_without_orders"]) == (291, 10, 1)
    labelled = (folder / "customers.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in labelled[1:]] == [row.split(",")[0] for row in rows]
    again = tmp_path / "again.csv"
    assert segmentry("score", folder / "segmentation.seg", "--orders", orders, "-o", again).code == 1
    assert segmentry("score", folder / "segmentation.seg", *words, "-o", again).code == 0
    assert again.read_bytes() == (folder / "customers.csv").read_bytes()
