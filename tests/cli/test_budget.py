"""Memory is asked for before the work begins, and told after it."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from segmentry.cli.budget import Need, check_memory, need_of, parse_memory
from segmentry.errors import SettingsError
from segmentry.samples import write_sample


def test_a_run_that_cannot_be_done_ends_before_it_begins_and_names_its_need():
    """The error tells rows, columns, megabytes and what to do."""
    with pytest.raises(SettingsError, match=r"1,000,000,000 rows of 25 columns need about .* MB.*--memory-limit"):
        check_memory(Need(1_000_000_000, 25), 8192)
    check_memory(Need(100_000, 25), 8192)


@pytest.mark.parametrize("text", ["much", "-1G", "0"])
def test_a_limit_that_is_no_size_is_refused(text):
    """The error shows how a size is written."""
    with pytest.raises(SettingsError, match="8G"):
        parse_memory(text)


def test_the_limit_holds_for_fit_and_the_summary_tells_what_was_taken(tmp_path):
    """Under a limit of a megabyte nothing is written; without one, each step has seconds and megabytes."""
    write_sample("marketing", tmp_path / "shop.parquet", 300, 0)

    def fit(*options):
        command = [sys.executable, "-c", "from segmentry.cli import main; main()", "fit", "--no-pictures"]
        given = [str(tmp_path / "shop.parquet"), "-o", str(tmp_path / "out"), "--k", "3", *options]
        return subprocess.run([*command, *given], capture_output=True, text=True, check=False)

    refused = fit("--memory-limit", "1M")
    assert refused.returncode == 1
    assert "--memory-limit" in refused.stderr
    assert not (tmp_path / "out").exists()
    assert fit().returncode == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    if sys.platform == "linux":
        assert set(summary["peak_memory_mb"]) == set(summary["seconds"])


def test_what_a_large_run_will_need_is_said_at_once_and_is_no_result(segmentry, tmp_path, monkeypatch):
    """It goes to stderr, as progress does, with stdout left for what is found."""
    monkeypatch.setattr("segmentry.cli.fit.LARGE_MB", 1.0)
    (tmp_path / "one.csv").write_text("id,income\na,5\n")
    outcome = segmentry("fit", tmp_path / "one.csv", "-o", tmp_path / "out")
    assert outcome.err.startswith("About 1 rows of 2 columns: up to about ")
    assert outcome.out == ""


@pytest.mark.skipif(os.name == "nt", reason="pipes are of another kind on this platform")
def test_a_named_pipe_is_not_waited_for(segmentry, tmp_path):
    """Nothing is read from a pipe in the place of a file, which might never come; the error says what works."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    os.write(held, b"kept")
    assert need_of(pipe) is None
    assert os.read(held, 10) == b"kept"
    os.close(held)
    outcome = segmentry("inspect", pipe)
    assert outcome.code == 1
    assert "a command reads its standard input where - stands for the file" in outcome.err


def test_a_file_of_text_tells_its_size_from_its_beginning(tmp_path):
    """Rows to a few in a hundred, columns exactly, packed or not; other files tell nothing."""
    write_sample("marketing", tmp_path / "shop.csv", 30_000, 0)
    text = (tmp_path / "shop.csv").read_bytes()
    (tmp_path / "shop.csv.gz").write_bytes(gzip.compress(text))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(text)[:20] + b"wrong" * 100)
    for name in ("shop.csv", "shop.csv.gz"):
        need = need_of(tmp_path / name)
        assert need.columns == 25
        assert need.rows == pytest.approx(30_000, rel=0.05)
        assert need.text == pytest.approx(len(text), rel=0.05)
    assert need_of(tmp_path / "cut.gz") is None
    write_sample("marketing", tmp_path / "shop.parquet", 300, 0)
    assert need_of(tmp_path / "shop.parquet") == Need(300, 25)


def test_the_limit_holds_for_text_as_well(tmp_path):
    """Before the file is read: its rows are said to be an estimate, and nothing is written."""
    write_sample("marketing", tmp_path / "shop.csv", 3_000, 0)
    command = [
        sys.executable,
        "-c",
        "from segmentry.cli import main; main()",
        "fit",
        "--no-pictures",
        str(tmp_path / "shop.csv"),
    ]
    given = ["-o", str(tmp_path / "out"), "--memory-limit", "1M"]
    refused = subprocess.run([*command, *given], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "About 3,000 rows of 25 columns need about" in refused.stderr
    assert not (tmp_path / "out").exists()
