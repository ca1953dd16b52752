"""With --json an error is JSON too, whatever ends the command."""

from __future__ import annotations

import json
import re

import pytest

WITH_JSON = ("inspect", "fit", "compare", "score", "drift", "explain", "recommend")


@pytest.mark.parametrize("command", WITH_JSON)
def test_an_error_is_one_line_of_json(segmentry, tmp_path, command):
    """Code, message, what was found, what to do, and the exit status: on stderr, with stdout left empty."""
    place = tmp_path / "none\x1b.csv"
    words = {"score": ["-o", tmp_path / "out.csv"], "fit": ["-o", tmp_path / "out"]}
    model = [] if command in ("inspect", "fit", "compare") else [tmp_path / "none.seg"]
    source = [] if command in ("explain", "recommend") else [place]
    outcome = segmentry(command, *model, *source, *words.get(command, []), "--json")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    answer = json.loads(outcome.err)
    assert answer["exit_status"] == 1
    assert set(answer["error"]) == {"code", "message", "found", "remedy"}
    assert answer["error"]["code"] == ("model-file" if model else "unreadable-file")
    assert answer["error"]["message"]
    assert answer["error"]["remedy"].startswith("Check the ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["score", "x.seg", "--json"], "Give a SOURCE"),
        (["score", "--json"], "Missing argument"),
        (["fit", "x.csv", "-o", "out", "--json", "--sead", "3"], "No such option: --sead"),
        (["drift", "x.seg", "x.csv", "--max-drift", "much", "--json"], "'--max-drift'"),
        (["sgment", "--json"], "No such command"),
    ],
)
def test_wrong_usage_is_json_too(segmentry, arguments, says):
    """What cannot be understood ends with 2, and the object names the help to read."""
    outcome = segmentry(*arguments)
    answer = json.loads(outcome.err)
    assert (outcome.code, outcome.out, answer["exit_status"], answer["error"]["code"]) == (2, "", 2, "usage")
    assert says in answer["error"]["message"]
    assert answer["error"]["remedy"].endswith("--help")


class Panic(BaseException):
    """As engines raise it: no Exception."""


@pytest.mark.parametrize("fault", [ValueError, Panic])
def test_a_fault_of_our_own_is_json_too(segmentry, tmp_path, monkeypatch, fault):
    """What nobody foresaw is told by its kind and place, without its own words, in which values of rows may stand."""

    def broken(_):
        raise fault("anna@example.org")

    monkeypatch.setattr("segmentry.store.load", broken)
    outcome = segmentry("explain", tmp_path / "any.seg", "--json")
    answer = json.loads(outcome.err)
    assert (outcome.code, outcome.out, answer["exit_status"], answer["error"]["code"]) == (1, "", 1, "internal")
    assert re.fullmatch(rf"{fault.__name__} in explain\.py, line \d+", answer["error"]["found"])
    assert "without --json to see the traceback" in answer["error"]["remedy"]
    assert "anna" not in outcome.err
    with pytest.raises(fault, match="anna"):  # which Python tells with a traceback
        segmentry("explain", tmp_path / "any.seg")


def test_a_lack_of_memory_is_no_fault(segmentry, tmp_path, monkeypatch):
    """What Python says of it is told as an error with a code, in words and in JSON."""

    def full(_):
        raise MemoryError

    monkeypatch.setattr("segmentry.store.load", full)
    outcome = segmentry("explain", tmp_path / "any.seg")
    assert (outcome.code, outcome.err.startswith("error [memory]: The memory is used up. Free some")) == (1, True)
    assert json.loads(segmentry("explain", tmp_path / "any.seg", "--json").err)["error"]["code"] == "memory"


def test_words_stay_words(segmentry, tmp_path):
    """Without the option, or with the word behind `--`, errors are sentences."""
    for arguments in (["inspect", tmp_path / "none.csv"], ["inspect", "--", "--json"]):
        outcome = segmentry(*arguments)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith("error [unreadable-file]: ")


def test_json_comes_from_a_process_of_its_own(segmentry_apart, tmp_path):
    """A program that starts the command reads its exit status twice: from the system, and in the object."""
    outcome = segmentry_apart("explain", tmp_path / "none.seg", "--json")
    assert (outcome.code, outcome.out, json.loads(outcome.err)["exit_status"]) == (1, "", 1)
