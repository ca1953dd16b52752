"""Linear algebra on one thread: with more, the order of additions depends on the machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import threadpool_limits


class _OneThread:
    """The limit of most libraries is the whole process's: whoever comes out last puts back what the first one found.

    threadpoolctl heeds the thread that set such a limit for as long as it lives, and no other. So a thread of its own
    sets and lifts it, and ends with it. The limit of OpenMP is one of the thread that asks.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._limits: list[threadpool_limits] = []
        self._keeper = ThreadPoolExecutor(1)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._keeper = ThreadPoolExecutor(1)
            # Each time, for a library may have been loaded meanwhile.
            self._limits.append(self._keeper.submit(threadpool_limits, 1).result())
            self._inside += 1
        try:
            with threadpool_limits(1):
                yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._lift()

    def _lift(self) -> None:
        while self._limits:
            self._keeper.submit(self._limits.pop().restore_original_limits).result()
        self._keeper.shutdown()


on_one_thread = _OneThread()
