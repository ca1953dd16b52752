"""A log larger than memory becomes customers on the same path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from segmentry.samples import write_orders

_CODE = """
import hashlib, sys
import polars as pl
from segmentry.purchases import customers_of, open_log
from segmentry.tables import read
frame = customers_of(open_log(read(sys.argv[1]))).table.frame.to_native()
rows = frame.collect().sort("customer_id")
print(rows.height, hashlib.sha256(rows.drop(pl.selectors.starts_with("__")).write_csv().encode()).hexdigest())
"""


@pytest.mark.slow
def test_a_budget_of_memory_changes_nothing_but_the_memory(tmp_path: Path) -> None:
    """With few megabytes to work in, the engine writes what it groups to disk; the customers are the same bytes."""
    write_orders(tmp_path / "orders.parquet", 40_000)
    told = []
    for budget in ({}, {"POLARS_OOC_MEMORY_BUDGET_MB": "20"}):
        command = [sys.executable, "-c", _CODE, str(tmp_path / "orders.parquet")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **budget})
        told.append(done.stdout.split())
    assert told[0] == told[1]
    assert int(told[0][0]) > 30_000
