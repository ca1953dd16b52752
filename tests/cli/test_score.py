"""`segmentry score`: a file or one customer into the segments of a model."""

from __future__ import annotations

import json

import pandas as pd
import pytest

MALL = "Mall_Customers.csv"


@pytest.fixture(scope="module")
def model(fitted):
    return fitted(MALL) / "segmentation.seg"


def test_a_file_is_scored_as_it_was_fitted(segmentry, fitted, model, shared_data, tmp_path):
    """Scoring the fitted file writes the very bytes that the fit wrote."""
    outcome = segmentry("score", model, shared_data / MALL, "-o", tmp_path / "scored.csv")
    assert outcome.code == 0, outcome.err
    assert "200 customers placed" in outcome.out
    assert (tmp_path / "scored.csv").read_bytes() == (fitted(MALL) / "customers.csv").read_bytes()


def test_json_counts_the_segments(segmentry, model, shared_data, tmp_path):
    """--json prints rows, segments and warnings, and nothing else."""
    outcome = segmentry("score", model, shared_data / MALL, "-o", tmp_path / "scored.csv", "--json")
    answer = json.loads(outcome.out)
    assert outcome.err == ""
    assert answer["rows_read"] == answer["rows_present"] == sum(answer["segments"].values()) == 200


def test_one_customer_in_words_and_as_json(segmentry, model):
    """--set answers in a few lines, or as JSON with the same segment."""
    given = ["--set", "Age=30", "--set", "income=100", "--set", "spending_score=90"]
    words, machine = segmentry("score", model, *given), segmentry("score", model, *given, "--json")
    answer = json.loads(machine.out)
    assert words.code == machine.code == 0
    assert words.out.startswith(f"{answer['segment_id']}: {answer['segment']}")
    assert set(answer) >= {"segment_id", "segment", "confidence", "runner_up", "missing", "notes"}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["FILE"], 2, "-o"),
        ([], 2, "--set"),
        (["--set", "Age=3", "-o", "OUT.csv"], 2, "-o cannot be used with --set"),
        (["--set", "Age=3", "--decimal", ","], 2, "--decimal cannot be used with --set"),
        (["FILE", "-o", "OUT.csv", "--set", "Age=3"], 2, "--set"),
        (["--set", "Age"], 1, "--set takes NAME=VALUE"),
        (["--set", "Agee=3"], 1, "neither a feature nor a column"),
        (["--set", "Age=old"], 1, "'Age'"),
        (["FILE", "-o", "OUT.jpg"], 1, "error [output]"),
        (["FILE", "-o", "nowhere/OUT.csv"], 1, "error [output]"),
        (["NOWHERE", "-o", "OUT.csv"], 1, "error [unreadable-file]"),
        (["HALF", "-o", "OUT.csv"], 1, "error [column-not-found]"),
        (["FILE", "-o", "OUT.csv", "--as-of", "2026-01-31"], 1, "nothing that counts to a day"),
    ],
)
def test_what_cannot_be_scored_is_said_and_leaves_nothing(
    segmentry, model, shared_data, tmp_path, arguments, code, says
):
    """Usage errors are 2, everything else 1; no output, no scratch file."""
    (tmp_path / "half.csv").write_text("CustomerID,Age\n1,30\n2,40\n")
    names = {"FILE": shared_data / MALL, "HALF": tmp_path / "half.csv", "NOWHERE": tmp_path / "nowhere.csv"}
    given = [names.get(a, tmp_path / a if "OUT" in a else a) for a in arguments]
    outcome = segmentry("score", model, *given)
    assert outcome.code == code
    assert says in outcome.err
    assert outcome.out == ""
    assert [p.name for p in tmp_path.iterdir()] == ["half.csv"]


def test_a_file_that_is_no_model_is_refused(segmentry, shared_data, tmp_path):
    """A CSV, or a missing file, in the model's place is an error with a remedy."""
    for path, says in ((shared_data / MALL, "not a segmentation file"), (tmp_path / "x.seg", "cannot be read")):
        outcome = segmentry("score", path, "--set", "Age=3")
        assert outcome.code == 1
        assert outcome.err.startswith("error [model-file]: ")
        assert says in outcome.err


def test_rejected_rows_are_told_and_kept_apart(segmentry, model, shared_data, tmp_path):
    """A row that cannot be read is left out, counted, and listed by line beside the output."""
    frame = pd.read_csv(shared_data / MALL, dtype=str)
    frame.loc[3, "Age"] = "thirty"
    frame.to_csv(tmp_path / "new.csv", index=False)
    outcome = segmentry("score", model, tmp_path / "new.csv", "-o", tmp_path / "scored.csv", "--json")
    answer = json.loads(outcome.out)
    assert (answer["rows_present"], answer["rows_read"], answer["rows_rejected"]) == (200, 199, 1)
    rejects = (tmp_path / "scored.rejects.csv").read_text().splitlines()
    assert rejects[0] == "line,column,reason,value"
    assert rejects[1].startswith("5,Age,")
    assert "thirty" not in rejects[1]


def test_rejects_of_an_earlier_run_do_not_stay(segmentry, model, shared_data, tmp_path):
    """Where no row is rejected any more, --overwrite takes the older list away with the older output."""
    target = tmp_path / "scored.csv"
    for name in ("scored.csv", "scored.rejects.csv"):
        (tmp_path / name).write_text("line,column,reason,value\n5,Age,not a number,t\n")
    outcome = segmentry("score", model, shared_data / MALL, "-o", target, "--overwrite")
    assert outcome.code == 0, outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["scored.csv"]


def test_scoring_a_scored_file_says_where_the_answers_are(segmentry, model, shared_data, tmp_path):
    """The old columns stay, and the new ones are named on the way."""
    segmentry("score", model, shared_data / MALL, "-o", tmp_path / "once.csv")
    outcome = segmentry("score", model, tmp_path / "once.csv", "-o", tmp_path / "twice.csv")
    assert outcome.code == 0
    assert "warning [taken-names]: The table has segment_id, segment, confidence, runner_up already" in outcome.err
    twice = pd.read_csv(tmp_path / "twice.csv")
    assert (twice["segment_id"] == twice["segment_id_"]).all()
