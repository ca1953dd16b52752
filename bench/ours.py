"""`segmentry fit` from a Parquet file to all outputs, with the seconds of each step as JSON lines.

python bench/ours.py CUSTOMERS.parquet OUT_FOLDER
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START = time.perf_counter()

from segmentry.fitting import FitSettings, fit_source  # noqa: E402
from segmentry.reports.folder import write_outputs  # noqa: E402


def told(name: str, seconds: float, work: float) -> None:
    print(json.dumps({"step": name, "seconds": seconds, "work": work}), flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    start, work = time.perf_counter(), time.process_time()
    yield
    told(name, time.perf_counter() - start, time.process_time() - work)


def main(source: Path, folder: Path) -> None:
    told("imports", time.perf_counter() - START, time.process_time())
    shutil.rmtree(folder, ignore_errors=True)
    fitted = fit_source(source, FitSettings(), step)
    write_outputs(fitted.segmentation, fitted.table, folder, placing=fitted.placing, step=step, seconds={})
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
