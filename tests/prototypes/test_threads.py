"""Linear algebra on one thread, however many ask for it, and as before when they are done."""

from __future__ import annotations

import subprocess
import sys

SETUP = """
import threading
import numpy
from concurrent.futures import ThreadPoolExecutor
from threadpoolctl import threadpool_info, threadpool_limits
from segmentry.prototypes.threads import on_one_thread

def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}
"""


def _run(program: str, threads: str = "2") -> None:
    """In a process of its own: which thread may set limits is remembered by the process."""
    limits = "".join(f"os.environ['{name}'] = '{threads}'\n" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"))
    command = f"import os\n{limits}{SETUP}\n{program}"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_last_one_out_puts_back_what_the_first_one_found() -> None:
    """Two that overlap, on threads that live on: the second came when the limit held, and left after the first."""
    _run("""
came, left = threading.Event(), threading.Event()

def first():
    with on_one_thread():
        assert came.wait(10)
    left.set()

def second():
    with on_one_thread():
        came.set()
        assert left.wait(10)
        return threads()

assert threads() == {2}
with ThreadPoolExecutor(2) as pool:
    earlier = pool.submit(first)
    assert pool.submit(second).result(20) == {1}
    earlier.result(20)
    assert threads() == {2}
with threadpool_limits(limits=1):
    assert threads() == {1}
""")


def test_loops_in_parallel_are_held_to_one_thread_where_it_was_asked_for() -> None:
    """scikit-learn's k-means adds up on as many threads as OpenMP gives to the thread that calls it."""
    _run("""
import sklearn.cluster
def loops():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "openmp"}

assert loops() == {2}
with on_one_thread():
    assert loops() == {1}
assert loops() == {2}
""")


def test_one_inside_the_other_holds_to_the_end_of_the_outer() -> None:
    _run("""
with on_one_thread():
    try:
        with on_one_thread():
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert threads() == {1}
assert threads() == {2}
""")


def test_placing_on_many_threads_leaves_the_process_as_it_was() -> None:
    _run("""
import numpy as np
import segmentry as sg
rows = np.random.default_rng(0).normal(size=(40_000, 3))
segmenter = sg.Segmenter(n_segments=3).fit(rows)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda _: segmenter.predict(rows), range(24)))
assert threads() == {2}
""")
