"""What stands around a run: signals, pipes, locales, full disks, start-up."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from segmentry.cli import main; main()"]
MALL = "Mall_Customers.csv"


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind on this platform")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_fit_and_leaves_nothing(shared_data, tmp_path, sent, code):
    """SIGTERM and SIGINT end a fit with 143 and 130, wherever it is; neither outputs nor scratch files stay."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [*COMMAND, "fit", str(shared_data / "marketing_campaign.csv"), "-o", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    # The hidden folder beside the target says that it is under way, writing.
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".out.*")) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == b""
    assert b"Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == ["scratch"]
    assert not [p for p in scratch.iterdir() if "segmentry" in p.name]


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind on this platform")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_that_python_drops_comes_again(sent, code):
    """One that is heard while garbage is taken away, where exceptions end nothing, ends the command all the same."""
    lines = (
        "import importlib, os, time",
        "m = importlib.import_module('segmentry.cli.main')",
        "class Garbage:",
        f"    def __del__(self): os.kill(os.getpid(), {int(sent)}); len('heard')",
        "def work(*_, **__):",
        "    Garbage()",
        "    time.sleep(20)",
        "m.app = work",
        "m.main()",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, check=False, timeout=15)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


@pytest.mark.parametrize("start", ["runpy.run_module('segmentry', run_name='__main__')", "import segmentry.__main__"])
def test_an_interrupt_while_commands_are_loaded_ends_quietly(start):
    """Ctrl-C before anything has begun gives 130 and no traceback, as later on."""
    lines = (
        "import runpy, sys",
        "class Interrupt:",
        "    def find_spec(self, name, *_):",
        "        if name == 'typer': raise KeyboardInterrupt",
        "sys.meta_path.insert(0, Interrupt())",
        start,
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_command_begins_where_an_interrupt_is_heard():
    """The installed command and `python -m segmentry` have one entrance."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"segmentry": "segmentry.__main__:main"}


@pytest.mark.skipif(os.name == "nt", reason="limits on file sizes are of another kind on this platform")
@pytest.mark.parametrize("limit", [2_000, 30_000])
@pytest.mark.thorough("30000")
def test_a_full_disk_leaves_nothing(shared_data, tmp_path, limit):
    """When the outputs cannot be written whole, the run says so and leaves no part of them."""
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "from segmentry.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", str(shared_data / MALL), "-o", str(tmp_path / "out")],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    assert "error [output]: " in done.stderr
    assert str(tmp_path / "out") in done.stderr
    assert ".part" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="closed pipes are of another kind on this platform")
@pytest.mark.parametrize("arguments", [["--help"], ["score", "MODEL", "--set", "Age=30"]])
def test_a_reader_that_leaves_is_no_failure(fitted, arguments):
    """A closed pipe at the other end of stdout gives exit code 0 and no complaint."""
    given = [str(fitted(MALL) / "segmentation.seg") if a == "MODEL" else a for a in arguments]
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run([*COMMAND, *given], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert process.returncode == 0
    assert process.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [["sql", "MODEL"], ["score", "MODEL", "--set", "Age=30", "--json"], ["serve", "MODEL", "--port", "0"]],
)
def test_a_result_that_cannot_be_printed_is_an_error(fitted, arguments):
    """A full disk behind stdout gives exit code 1 and one sentence, in JSON where JSON was asked for."""
    given = [str(fitted(MALL) / "segmentation.seg") if a == "MODEL" else a for a in arguments]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *given], stdout=full, stderr=subprocess.PIPE, check=False, text=True, env=buffered
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    if "--json" in arguments:
        error = json.loads(done.stderr)["error"]
        assert (error["message"], error["found"]) == ("The result could not be printed.", "No space left on device")
        return
    assert done.stderr.startswith("error [output]: The result could not be printed. Found: No space left on device.")


@pytest.mark.skipif(os.name == "nt", reason="streams are closed in another way on this platform")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_failure(fitted, tmp_path, shared_data, closed):
    """Whoever closes stdout wants no words: the work is done, and the exit code says so."""
    out = tmp_path / "scored.csv"
    command = shlex.join(
        [*COMMAND, "score", str(fitted(MALL) / "segmentation.seg"), str(shared_data / MALL), "-o", str(out)]
    )
    done = subprocess.run(f"{command} {closed}", shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert len(out.read_text().splitlines()) == 201


@pytest.mark.skipif(os.name == "nt", reason="streams are closed in another way on this platform")
def test_what_a_command_starts_has_three_streams(tmp_path):
    """Whoever closes all of them closes none of the workers' own: their sockets would come in that place."""
    child = (
        f"import sys; open({str(tmp_path / 'seen')!r}, 'w').write(str([sys.stdin, sys.stdout, sys.stderr].count(None)))"
    )
    lines = (
        "import importlib, subprocess, sys",
        "m = importlib.import_module('segmentry.cli.main')",
        f"m.app = lambda **_: subprocess.run([sys.executable, '-c', {child!r}], check=True)",
        "m.main()",
    )
    command = shlex.join([sys.executable, "-c", "\n".join(lines)])
    subprocess.run(f"{command} <&- >&- 2>&-", shell=True, check=False)
    assert (tmp_path / "seen").read_text() == "0"


@pytest.mark.skipif(os.name == "nt", reason="streams are closed in another way on this platform")
def test_a_table_for_a_closed_stdout_is_an_error(fitted, shared_data):
    """Where the result is the table and it cannot go anywhere, the work is not done."""
    command = shlex.join(
        [*COMMAND, "score", str(fitted(MALL) / "segmentation.seg"), str(shared_data / MALL), "-o", "-"]
    )
    done = subprocess.run(f"{command} >&-", shell=True, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error [output]: Standard output is closed. Leave it open, or name a file with -o.")


def test_an_ascii_console_shows_what_it_can(segmentry_apart, shared_data, tmp_path):
    """Under LC_ALL=C without UTF-8 mode, a name with accents is kept whole and printed with question marks."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    fit = segmentry_apart(
        "fit", "--no-pictures", shared_data / MALL, "-o", tmp_path / "out", "--k", "3", "--name", "s1=Größe ✓", **plain
    )
    assert fit.code == 0, fit.err
    assert "Traceback" not in fit.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["segments"][0]["name"] == "Größe ✓"


def test_json_prints_json_and_quiet_prints_nothing(segmentry, shared_data, tmp_path):
    """--json puts one JSON document on stdout, the same as summary.json; --quiet prints nothing at all."""
    options = [shared_data / MALL, "-o", tmp_path / "out", "--k", "4", "--overwrite", "--no-pictures"]
    machine = segmentry("fit", *options, "--json")
    assert machine.code == 0
    assert machine.err == ""
    assert json.loads(machine.out) == json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    quiet = segmentry("fit", *options, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_overwrite_leaves_nothing_stale(segmentry, shared_data, tmp_path):
    """An earlier run's rejects are gone after --overwrite; a file that is not ours stays."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "rejects.csv").write_text("old")
    (folder / "mine.txt").write_text("mine")
    assert (
        segmentry("fit", "--no-pictures", shared_data / MALL, "-o", folder, "--k", "4", "--overwrite", "--quiet").code
        == 0
    )
    assert not (folder / "rejects.csv").exists()
    assert (folder / "mine.txt").read_text() == "mine"
    assert (folder / "segmentation.seg").exists()


def _modules(*arguments):
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: sys.stderr.write('MODULES ' + ' '.join(m for m in sys.modules if '.' not in m)))\n"
        "from segmentry.cli import main\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rsplit("MODULES ", 1)[1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["fit", "--help"], ["score", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    """Help answers before any engine is loaded."""
    heavy = {"sklearn", "scipy", "pandas", "polars", "numpy", "narwhals", "altair", "pyarrow", "jinja2"}
    assert not _modules(*arguments) & heavy


def test_scoring_loads_neither_scikit_learn_nor_pandas(fitted, shared_data, tmp_path):
    """Scoring a file starts without the libraries that only fitting needs."""
    loaded = _modules("score", fitted(MALL) / "segmentation.seg", shared_data / MALL, "-o", tmp_path / "scored.csv")
    assert not loaded & {"sklearn", "scipy", "pandas", "altair", "matplotlib", "jinja2"}


def test_demo_goes_from_nothing_to_a_report(segmentry, tmp_path):
    """`segmentry demo` makes up a shop and fits it."""
    outcome = segmentry("demo", "-o", tmp_path / "demo", "--rows", "400")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "demo" / "segments" / "report.html").exists()
    assert segmentry("demo", "-o", tmp_path / "demo", "--rows", "400").code == 1
