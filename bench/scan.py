"""The bare scan: Polars reads every column of the file, adds up numbers and counts the characters of texts.

python bench/scan.py CUSTOMERS.parquet
"""

from __future__ import annotations

import json
import sys
import time

import polars as pl


def scan(source: str) -> dict[str, float]:
    """Nothing that reads every customer can take less."""
    start, work = time.perf_counter(), time.process_time()
    rows = pl.scan_parquet(source)
    numbers = pl.selectors.numeric().sum()
    dates = pl.selectors.temporal().max()
    texts = pl.selectors.string().str.len_bytes().sum()
    rows.select(numbers, dates, texts).collect(engine="streaming")
    return {"seconds": time.perf_counter() - start, "work": time.process_time() - work}


if __name__ == "__main__":
    print(json.dumps({"step": "scan", **scan(sys.argv[1])}), flush=True)
