"""The measurements run; how fast is for `make bench` to tell."""

import json
import subprocess
import sys
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
