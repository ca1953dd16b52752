"""How long order lines take to become customers: `python bench/orders.py --lines 10000000`.

Makes the lines with `segmentry sample orders` once, as Parquet, then reads them and works out every figure of every
customer. Processor seconds count all cores, so that two of them need at least half as long by the clock.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from segmentry.purchases import customers_of, open_log
from segmentry.samples import write_orders
from segmentry.tables import read

LINES_PER_CUSTOMER = 5.9  # of the made-up shop, by its own parameters
Result = TypeVar("Result")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--file", type=Path, help="Where the lines are, or are made; a scratch folder unless named.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = arguments.file or Path(scratch) / "orders.parquet"
        if not path.exists():
            write_orders(path, max(int(arguments.lines / LINES_PER_CUSTOMER), 1))
        table = measured("read", lambda: read(path))
        log = measured("rules and account", lambda: open_log(table))
        found = measured("customers", lambda: customers_of(log))
        print(f"{log.account.rows:,} lines, {found.table.rows_read:,} customers, {len(found.made)} columns from orders")
        print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def measured(step: str, work: Callable[[], Result]) -> Result:
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    print(f"{step}: {time.perf_counter() - clock:.2f} s, {time.process_time() - processor:.2f} processor seconds")
    return result


if __name__ == "__main__":
    main()
