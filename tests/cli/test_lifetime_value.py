"""Lifetime value on the command line: from a purchase log to columns, cards, summary, model and back."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import pytest

NAMES = "master_id,customer_id,date,number_of_cds,dollar_value"
ADDED = ("probability_alive", "expected_purchases", "lifetime_value")


@pytest.fixture(scope="module")
def fitted(segmentry, shared_data, tmp_path_factory):
    """The published example: CDNOW, calibrated to the end of September 1997."""
    folder = tmp_path_factory.mktemp("value") / "out"
    words = ("--columns", NAMES, "--id", "customer_id", "--as-of", "1997-09-30", "--horizon-days", "273")
    settings = ("--k", "3", "--stability-pairs", "0", "--margin", "0.5", "--discount", "0.1")
    outcome = segmentry("fit", "--orders", shared_data / "CDNOW_sample.txt", *words, *settings, "-o", folder)
    assert outcome.code == 0, outcome.err
    return folder, outcome


def rows_of(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_summary_has_the_published_figures(fitted):
    """`value` has both models to the printed digits, their unit and terms, and the holdout of nine months."""
    value = json.loads((fitted[0] / "summary.json").read_text(encoding="utf-8"))["value"]
    found = {name: f"{value[name]:.4f}" for name in ("r", "alpha", "a", "b")}
    assert found == {"r": "0.2426", "alpha": "4.4136", "a": "0.7929", "b": "2.4259"}
    assert (f"{value['p']:.2f}", f"{value['q']:.2f}", f"{value['v']:.2f}") == ("6.25", "3.74", "15.44")
    assert f"{value['log_likelihood']:.2f}" == "-9582.43"
    assert (value["customers"], value["repeat_buyers"]) == (2357, 946)
    assert (value["time_unit"], value["horizon_days"], value["margin"], value["discount"]) == ("weeks", 273, 0.5, 0.1)
    assert value["holdout"]["cut"] == "1997-09-30"
    assert value["holdout"]["actual"] == 1882
    assert abs(value["holdout"]["expected"] / 1882 - 1) < 0.15


def test_each_customer_has_value_and_segments_their_share(fitted):
    """The labelled customers have the three columns; segments' shares of value add up to the whole."""
    rows = rows_of(fitted[0] / "customers.csv")
    assert set(ADDED) <= set(rows[0])
    # The model cannot tell whether someone without a repeat purchase has left; an empty cell says so.
    assert {r["probability_alive"] for r in rows if r["n_orders"] == "1.0"} == {""}
    assert all(0.0 <= float(r["probability_alive"]) <= 1.0 for r in rows if r["n_orders"] != "1.0")
    worth = [float(r["lifetime_value"]) for r in rows]
    assert min(worth) >= 0
    summary = json.loads((fitted[0] / "summary.json").read_text(encoding="utf-8"))
    assert sum(s["value_share"] for s in summary["segments"]) == pytest.approx(1.0, abs=1e-4)
    for segment in summary["segments"]:
        own = sum(float(r["lifetime_value"]) for r in rows if r["segment_id"] == segment["id"])
        assert segment["value_share"] == pytest.approx(own / sum(worth), rel=1e-6)
    assert "of future value" in fitted[1].out


def test_the_report_has_a_section_on_value(fitted):
    """By segment, with the test on what the model had not seen, and the parameters with errors folded away."""
    page = (fitted[0] / "report.html").read_text(encoding="utf-8")
    assert 'id="value-heading">Lifetime value' in page
    assert "of future value" in page
    assert "1,882 were made: the forecast was " in page
    assert re.search(r"Lifetime value in 273\sdays", page)
    assert 'id="picture-holdout"' in page
    assert (fitted[0] / "plots" / "holdout.png").stat().st_size > 20_000
    assert "Where will the money come from" in page


def test_segments_do_not_depend_on_terms_of_value(fitted, segmentry, shared_data, tmp_path):
    """Without value, everyone is in the same segment: what a model says is described and not clustered on."""
    words = ("--columns", NAMES, "--id", "customer_id", "--as-of", "1997-09-30", "--k", "3", "--stability-pairs", "0")
    source = shared_data / "CDNOW_sample.txt"
    outcome = segmentry("fit", "--no-pictures", "--orders", source, *words, "--no-value", "-o", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    ours, theirs = rows_of(fitted[0] / "customers.csv"), rows_of(tmp_path / "out" / "customers.csv")
    assert [r["segment_id"] for r in ours] == [r["segment_id"] for r in theirs]
    assert not set(ADDED) & set(theirs[0])
    assert "value" not in json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))


def test_new_orders_are_valued_by_the_frozen_model_without_fitting(fitted, shared_data, tmp_path):
    """Scoring the orders again writes the same bytes, and loads neither SciPy nor scikit-learn."""
    target = tmp_path / "scored.csv"
    words = ["score", str(fitted[0] / "segmentation.seg"), "--orders", str(shared_data / "CDNOW_sample.txt"),
             "--columns", NAMES, "-o", str(target), "--quiet"]  # fmt: skip
    script = (
        "import sys\nfrom segmentry.cli import app\n"
        f"app({words!r}, standalone_mode=False)\n"
        "print([m for m in ('scipy', 'sklearn', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
    assert target.read_bytes() == (fitted[0] / "customers.csv").read_bytes()


def test_too_little_to_learn_from_leaves_value_out_loudly(segmentry, tmp_path):
    """A log of thirty customers is segmented all the same; the warning says why there is no value."""
    log = tmp_path / "orders.csv"
    lines = [f"c{i:02},2026-{1 + (i * k) % 6:02}-{1 + (7 * i + 3 * k) % 27:02},{10 + i % 7 * 5 + k}"
             for i in range(30) for k in range(1 + i % 4)]  # fmt: skip
    log.write_text("customer_id,date,amount\n" + "\n".join(lines) + "\n")
    outcome = segmentry(
        "fit", "--no-pictures", "--orders", log, "-o", tmp_path / "out", "--k", "2", "--stability-pairs", "0"
    )
    assert outcome.code == 0, outcome.err
    assert "warning [no-value]" in outcome.err
    assert "too few customers to learn from" in outcome.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert "value" not in summary
    assert "no-value" in {w["code"] for w in summary["warnings"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--horizon-days", "0"), "horizon"),
        (("--margin", "30"), "--margin 0.3"),
        (("--discount", "10"), "--discount 0.1"),
    ],
)
def test_terms_out_of_range_are_refused_before_any_work(segmentry, shared_data, tmp_path, words, said):
    """A horizon, margin or discount that makes no sense ends with the spelling that does, and writes nothing."""
    outcome = segmentry(
        "fit", "--no-pictures", "--orders", shared_data / "CDNOW_sample.txt", *words, "-o", tmp_path / "out"
    )
    assert outcome.code == 1
    assert said in outcome.err
    assert not (tmp_path / "out").exists()
