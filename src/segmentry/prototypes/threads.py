"""Linear algebra on one thread: with more, the order of additions depends on the machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController


@dataclass(frozen=True)
class _Limit:
    """The libraries that were loaded when the first one came, the limit on them, and the thread that set it."""

    libraries: ThreadpoolController
    limit: Any
    keeper: ThreadPoolExecutor

    def lift(self) -> None:
        self.keeper.submit(self.limit.restore_original_limits).result()
        self.keeper.shutdown()


def _set() -> _Limit:
    libraries, keeper = ThreadpoolController(), ThreadPoolExecutor(1)
    return _Limit(libraries, keeper.submit(libraries.limit, limits=1).result(), keeper)


class _OneThread:
    """The limit of most libraries is the whole process's: whoever comes out last puts back what the first one found.

    threadpoolctl heeds the thread that set such a limit for as long as it lives, and no other. So a thread of its own
    sets and lifts it, and ends with it. The limit of OpenMP is one of the thread that asks.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._limit: _Limit | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            self._limit = limit = self._limit or _set()
            self._inside += 1
        try:
            with limit.libraries.limit(limits=1):
                yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._limit = None
                    limit.lift()


on_one_thread = _OneThread()
