"""The load script runs; how much is borne is for `make load` to tell."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_load_script_prints_a_table(tmp_path):
    """A line for each load, none of whose answers failed."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- load: begin -->\n<!-- load: end -->\nafter\n", encoding="utf-8")
    script = Path(__file__).parents[2] / "bench" / "load.py"
    command = [sys.executable, str(script), "--seconds", "1", "--no-peer", "--into", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if " connections |" in line]
    assert len(rows) == 4
    assert {row[6].strip() for row in rows} == {"0"}
    assert text.startswith("before\n")
    assert text.endswith("after\n")
