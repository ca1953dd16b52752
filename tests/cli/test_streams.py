"""Tables that come through standard input and go to standard output, and what is said beside them."""

from __future__ import annotations

import gzip
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import polars as pl
import pytest

import segmentry as sg
from segmentry.cli.streams import Stream, _until_something_comes
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing

COMMAND = [sys.executable, "-c", "from segmentry.cli import main; main()"]
on_unix = pytest.mark.skipif(os.name == "nt", reason="pipes are of another kind on this platform")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model on three features."""
    quick = FitSettings(stability_pairs=0)
    made = sg.fit(sample_marketing(500, seed=0), features="income,recency_days,spend_total", settings=quick)
    return sg.save(made, tmp_path_factory.mktemp("streams") / "shop.seg")


@pytest.fixture(scope="module")
def new():
    return sample_marketing(120, seed=7)


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder for temporary files, of this test alone."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def piped(monkeypatch, scratch):
    """Puts bytes into standard input."""
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def _as(kind: str, frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    if kind == "parquet":
        frame.write_parquet(out)
    elif kind == "json lines":
        frame.write_ndjson(out)
    else:
        frame.write_csv(out)
    return gzip.compress(out.getvalue()) if kind == "csv, packed" else out.getvalue()


def _spoiled(frame: pl.DataFrame, *rows: int) -> bytes:
    """The rows as CSV, some of them without an income that can be read."""
    words = [str(income) if i not in rows else "thirty" for i, income in enumerate(frame["income"])]
    return frame.with_columns(pl.Series("income", words)).write_csv().encode()


@pytest.mark.parametrize("kind", ["csv", "csv, packed", "json lines", "parquet"])
def test_a_table_goes_through_as_it_goes_from_file_to_file(segmentry, model, new, piped, scratch, tmp_path, kind):
    """`score MODEL - -o -` writes the bytes that it writes from a file to a file, whatever the content is, and leaves
    nothing behind."""
    path, target = tmp_path / "new", tmp_path / "scored.csv"
    path.write_bytes(_as(kind, new))
    assert segmentry("score", model, path, "-o", target).code == 0
    piped(path.read_bytes())
    outcome = segmentry("score", model, "-", "-o", "-")
    assert outcome.code == 0, outcome.err
    assert outcome.out.encode() == target.read_bytes()
    assert list(scratch.iterdir()) == []


def test_what_is_said_stands_beside_the_table(segmentry, model, new, piped):
    """Words and --json go to stderr where the table goes to stdout, and --quiet says nothing."""
    table = ""
    for option in ((), ("--json",), ("--quiet",)):
        piped(_as("csv", new))
        outcome = segmentry("score", model, "-", "-o", "-", *option)
        assert outcome.code == 0
        assert outcome.out.startswith("customer_id,")
        table = table or outcome.out
        assert outcome.out == table
        if option == ("--json",):
            assert sum(json.loads(outcome.err)["segments"].values()) == 120
        elif option == ("--quiet",):
            assert outcome.err == ""
        else:
            assert "120 customers placed: standard output\n" in outcome.err


@pytest.mark.parametrize("option", [(), ("--quiet",), ("--json",)])
def test_rejected_rows_are_told_where_no_list_is_kept(segmentry, model, new, piped, option):
    """With `-o -` there is no folder for rejects: how many, which and why is told, to the quiet as well."""
    piped(_spoiled(new, 2, 5, 6, 9))
    outcome = segmentry("score", model, "-", "-o", "-", *option)
    assert (outcome.code, outcome.out.count("\n")) == (0, 117)
    said = outcome.err
    if option == ("--json",):
        said = next(w["message"] for w in json.loads(outcome.err)["warnings"] if w["code"] == "rejected-rows")
    assert "4 rows cannot be used and are not in the output (line 4, column 'income': " in said
    assert "; and 1 more). --rejects rejects.csv lists each." in said
    assert "thirty" not in said


def test_rejects_go_where_they_are_sent(segmentry, model, new, piped, tmp_path):
    """--rejects names the list, for standard output and for a file; nothing is told twice."""
    for target in ("-", tmp_path / "scored.csv"):
        piped(_spoiled(new, 2))
        listed = tmp_path / f"left{len(str(target))}.csv"
        outcome = segmentry("score", model, "-", "-o", target, "--rejects", listed)
        assert outcome.code == 0
        assert "rejected-rows" not in outcome.err
        assert f"(1 row rejected: {listed})" in outcome.out + outcome.err
        assert listed.read_text().splitlines()[1].startswith("4,income,")
        assert not (tmp_path / "scored.rejects.csv").exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "Nothing came from standard input."),
        (b"<html><body>", "Standard input is not a text table."),
        (b"a,b\n1,2\n", "income"),
        (b"ARROW1" + b" " * 99, "error [unreadable-file]: Standard input cannot be read as an Arrow file."),
        (b"SQLite format 3\0" + b" " * 99, "error [database]: Standard input cannot be read."),
    ],
)
def test_an_error_tells_of_the_stream(segmentry, model, piped, scratch, data, says):
    """What is wrong is said of standard input and not of the file that it was kept in; stdout stays empty."""
    piped(data)
    outcome = segmentry("score", model, "-", "-o", "-")
    assert (outcome.code, outcome.out) == (1, "")
    assert says in outcome.err
    assert str(scratch) not in outcome.err
    assert list(scratch.iterdir()) == []


@on_unix
def test_what_cannot_be_kept_is_an_error(segmentry, model, new, piped, scratch):
    """Where the disk has no place for what comes, it is said which folder it is about, and nothing stays."""
    import resource

    piped(_as("csv", new))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        outcome = segmentry("score", model, "-", "-o", "-")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error [unreadable-file]: What came from standard input could not be kept. Found: ")
    assert "TMPDIR" in outcome.err
    assert list(scratch.iterdir()) == []


def test_nothing_is_read_before_the_rest_is_known_to_be_right(segmentry, model, piped, tmp_path):
    """A wrong model or target ends the command while the table is still in the pipe."""
    (tmp_path / "there.csv").write_text("mine")
    for words in ([tmp_path / "none.seg", "-", "-o", "-"], [model, "-", "-o", tmp_path / "there.csv"]):
        piped(b"a\n1\n")
        assert segmentry("score", *words).code == 1
        assert sys.stdin.buffer.read() == b"a\n1\n"


def test_one_stream_is_no_two_tables(segmentry, piped, tmp_path):
    """Orders and customers cannot both come through standard input."""
    piped(b"a,b\n1,2\n")
    outcome = segmentry("fit", "--orders", "-", "--customers", "-", "-o", tmp_path / "out")
    assert outcome.code == 1
    assert "Standard input can be read once only." in outcome.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["compare", "-", "--methods", "k-means", "--k", "3", "--features", "income,recency"], "120 of 120 customers"),
        (["drift", "MODEL", "-"], "120 customers"),
        (["explain", "MODEL", "--id", "C0000004", "--customers", "-"], "Income"),
    ],
)
def test_other_commands_read_it_too(segmentry, model, new, piped, scratch, words, says):
    """`compare`, `drift` and `explain` take `-` where they take a file."""
    piped(_as("csv", new))
    outcome = segmentry(*(model if word == "MODEL" else word for word in words))
    assert outcome.code == 0, outcome.err
    assert says in outcome.out
    assert list(scratch.iterdir()) == []


def test_a_fit_is_of_standard_input(segmentry, new, piped, scratch, tmp_path):
    """`fit -` keeps the model and the rest in its folder, and says in them where the customers came from."""
    piped(_as("csv", new))
    quick = ("--k", "3", "--features", "income,recency", "--no-pictures", "--stability-pairs", "0", "--quiet")
    outcome = segmentry("fit", "-", "-o", tmp_path / "out", *quick)
    assert outcome.code == 0, outcome.err
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["source"]["name"] == "standard input"
    assert list(scratch.iterdir()) == []


def test_what_to_do_next_can_be_pasted(segmentry, new, piped, tmp_path):
    """After `inspect -` the commands on the screen, on the page and in the settings have `-` for the table."""
    piped(_as("csv", new.select("customer_id", "income", "recency")))
    outcome = segmentry("inspect", "-", "-o", tmp_path / "look")
    assert "120 rows read from standard input" in outcome.out
    for text in (outcome.out, *((tmp_path / "look" / name).read_text() for name in ("inspect.html", "segmentry.toml"))):
        assert "segmentry fit - --config" in text


@pytest.mark.parametrize("command", ["fit", "inspect", "compare", "drift", "demo"])
def test_a_folder_is_no_stream(segmentry, tmp_path, monkeypatch, command):
    """Where -o names a folder, `-` is wrong usage, and no folder of that name is made."""
    monkeypatch.chdir(tmp_path)
    words = {"demo": [], "drift": ["x.seg", "x.csv"]}.get(command, ["x.csv"])
    outcome = segmentry(command, *words, "-o", "-")
    assert outcome.code == 2
    assert "names a folder" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_place_beside_standard_output_is_refused(segmentry, model):
    """A table of a database cannot be named for it."""
    outcome = segmentry("score", model, "x.csv", "-o", "-", "--into", "scored")
    assert outcome.code == 2
    assert "--into cannot be used with -o -" in outcome.err


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (["sql", "MODEL"], "-- "),
        (["report", "MODEL"], "<!doctype html>"),
        (["sample", "mall", "--rows", "20"], "customer_id,"),
        (["sample", "orders", "--customers", "20"], "order_id,"),
    ],
)
def test_other_results_go_to_standard_output(segmentry, model, scratch, monkeypatch, words, begins):
    """`sql`, `report` and `sample` write what they make to standard output for `-o -`, and nothing else."""
    monkeypatch.chdir(scratch)
    outcome = segmentry(*(model if word == "MODEL" else word for word in words), "-o", "-")
    assert outcome.code == 0, outcome.err
    assert outcome.out.lower().startswith(begins.lower())
    assert outcome.err == ""
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("taken", ["new.csv", "scored.csv", "there.csv"])
def test_the_list_of_rejects_takes_nothing_elses_place(segmentry, model, new, tmp_path, taken):
    """--rejects cannot name the input, the output, or without --overwrite a file that is there, before any work."""
    path, target = tmp_path / "new.csv", tmp_path / "scored.csv"
    path.write_bytes(_spoiled(new, 2))
    (tmp_path / "there.csv").write_text("mine")
    overwrite = () if taken == "there.csv" else ("--overwrite",)
    outcome = segmentry("score", model, path, "-o", target, "--rejects", tmp_path / taken, *overwrite)
    assert outcome.code == 1
    assert taken in outcome.err
    assert path.read_bytes() == _spoiled(new, 2)
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert not target.exists()


def test_rejects_beside_the_output_do_not_replace_the_input(segmentry, model, new, tmp_path):
    """A table that is called as the list of rejected rows would be stays as it is."""
    path = tmp_path / "scored.rejects.csv"
    path.write_bytes(_spoiled(new, 2))
    outcome = segmentry("score", model, path, "-o", tmp_path / "scored.csv", "--overwrite")
    assert outcome.code == 1
    assert "would take the place of the input" in outcome.err
    assert path.read_bytes() == _spoiled(new, 2)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="this platform has no names for what is open")
def test_a_table_comes_through_what_a_shell_opens(segmentry, model, new):
    """`score MODEL <(command)` reads the pipe whose name the shell puts there; in the output's place it is refused."""
    read, write = os.pipe()
    os.write(write, _as("csv", new))
    os.close(write)
    name = f"/dev/fd/{read}"
    outcome, refused = segmentry("score", model, name, "-o", "-", "--quiet"), segmentry("score", model, "-", "-o", name)
    os.close(read)
    assert (outcome.code, outcome.out.count("\n")) == (0, 121)
    assert refused.code == 2
    assert "Pass -o -" in refused.err


def test_the_file_behind_a_stream_is_not_overwritten(tmp_path):
    """After `< customers.csv` standard input is that file, which counts as the input."""
    path = tmp_path / "customers.csv"
    path.write_text("a\n1\n")
    with path.open() as file:
        assert Stream("-", file.fileno()).is_file(path)
        assert not Stream("-", file.fileno()).is_file(tmp_path)


@on_unix
def test_a_pipeline_ends_quietly_with_its_last_command(model, tmp_path):
    """`cat | segmentry | head` in a shell: the first line comes, everyone ends with 0, nothing is said."""
    path = tmp_path / "new.csv"
    sample_marketing(3_000, seed=7).write_csv(path)
    command = shlex.join([*COMMAND, "score", str(model), "-", "-o", "-", "--quiet"])
    line = f"cat {shlex.quote(str(path))} | {{ {command}; echo $? >&2; }} | head -n 1"
    done = subprocess.run(line, shell=True, capture_output=True, check=False, text=True)
    assert (done.stdout[:12], done.stdout.count("\n"), done.stderr) == ("customer_id,", 1, "0\n")


@on_unix
def test_a_signal_just_before_a_read_is_heard():
    """It would wait with the read for what may never come: where one has come, nobody waits."""
    reading, writing = os.pipe()
    later = threading.Timer(20, os.write, (writing, b"late"))
    later.daemon = True
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with os.fdopen(reading, "rb") as source, _until_something_comes(source) as wait:
            later.start()
            os.kill(os.getpid(), signal.SIGUSR1)
            wait()
            assert later.is_alive()
    finally:
        later.cancel()
        signal.signal(signal.SIGUSR1, before)
        os.close(writing)


@on_unix
def test_a_signal_leaves_nothing_of_what_came(model, scratch):
    """SIGTERM, and the SIGHUP of a terminal that is closed, remove what has been kept of standard input."""
    words = [*COMMAND, "score", str(model), "-", "-o", "-"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    sent = (signal.SIGTERM, signal.SIGHUP)
    started = [subprocess.Popen(words, env={**os.environ, "TMPDIR": str(scratch)}, **pipes) for _ in sent]
    until = time.monotonic() + 60
    while len(list(scratch.glob("*/standard input"))) < len(sent) and time.monotonic() < until:
        time.sleep(0.01)
    for process, number in zip(started, sent, strict=True):
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
        assert process.communicate() == (b"", b"")
    assert list(scratch.iterdir()) == []
