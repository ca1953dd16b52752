"""The measurement of orders runs; how fast is for a quiet machine to tell."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_the_measurement_of_orders_ends_well_and_tells_its_steps():
    """Reading, rules and customers are told apart, with processor seconds beside those of the clock."""
    done = subprocess.run(
        [sys.executable, str(BENCH / "orders.py"), "--lines", "3000"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()[:3]] == ["read", "rules and account", "customers"]
