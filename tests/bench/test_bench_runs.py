"""The measurements run; how fast is for `make bench` to tell."""

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segmentry.samples import write_sample

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="module")
def customers(tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / "customers.parquet"
    write_sample("marketing", path, 1_000, 0)
    return path


@pytest.mark.parametrize("program", ["scan.py", "ours.py"])
def test_a_measurement_of_a_small_file_ends_well_and_tells_seconds(program, customers, tmp_path):
    """Each program prints a JSON line a step."""
    command = [sys.executable, str(BENCH / program), str(customers), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(line["seconds"] >= 0 for line in lines if "step" in line)
    assert {"scan", "label"} & {line.get("step") for line in lines}


@pytest.fixture
def run_module(monkeypatch):
    """bench/run.py, which is no package."""
    monkeypatch.syspath_prepend(str(BENCH))
    monkeypatch.delitem(sys.modules, "run", raising=False)
    yield importlib.import_module("run")
    del sys.modules["run"]


def test_a_program_that_takes_too_long_is_stopped_and_what_it_told_is_kept(run_module, tmp_path, monkeypatch):
    """Its children too; and one that fails is told apart from one that ends."""
    programs = {
        "slow.py": 'import time; print(\'{"step": "read", "seconds": 1}\', flush=True); time.sleep(60)',
        "wrong.py": "raise SystemExit(3)",
        "good.py": 'print(\'{"step": "read", "seconds": 2}\')',
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(run_module, "HERE", tmp_path)
    bench = run_module.Bench(tmp_path, cap=3, until=time.monotonic() + 60)
    found = {name: bench.run(name, cap=3) for name in programs}
    assert found["slow.py"] == ([{"step": "read", "seconds": 1}], "stopped")
    assert found["wrong.py"] == ([], "failed")
    assert found["good.py"] == ([{"step": "read", "seconds": 2}], "ended")


def test_the_table_goes_between_its_marks(run_module, tmp_path):
    """What stands around it on the page stays."""
    page = tmp_path / "page.md"
    page.write_text(f"Before\n{run_module.BEGIN}\nold\n{run_module.END}\nAfter\n")
    run_module.put("new\n", page)
    assert page.read_text() == f"Before\n{run_module.BEGIN}\nnew\n{run_module.END}\nAfter\n"
