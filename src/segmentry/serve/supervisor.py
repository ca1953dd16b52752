"""Several workers on one socket: started, started again when one dies, told to read the model anew, and sent away.

Each is a process of its own; which one answers a connection is the system's choice.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from types import FrameType

from segmentry.errors import SegmentryError
from segmentry.serve.metrics import SHARED
from segmentry.serve.settings import ServeSettings

_LOOK = 0.2  # seconds between looks at the workers
_PATIENCE = 9.0  # seconds that workers may take to end
_SHORT = 5.0  # a worker that lives no longer than this has not started
_TRIES = 3  # of starts in a row that fail


class Supervisor:
    """Keeps `workers` processes answering on a socket."""

    def __init__(self, settings: ServeSettings, listener: socket.socket, workers: int) -> None:
        self.settings, self.listener, self.workers = settings, listener, workers
        self._running: dict[subprocess.Popen[bytes], float] = {}
        self._failed = 0
        self._ending = False
        self._counts = tempfile.mkdtemp(prefix="segmentry-metrics-")

    def run(self) -> int:
        """Blocks until a signal ends it: 0 after an orderly end, 1 where workers cannot be started."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._end)
        signal.signal(signal.SIGHUP, self._renew)
        try:
            while not self._ending and self._failed < _TRIES:
                self._look()
                time.sleep(_LOOK)
            return self._wait()
        finally:
            shutil.rmtree(self._counts, ignore_errors=True)

    def _look(self) -> None:
        for process, begun in list(self._running.items()):
            if process.poll() is not None:
                del self._running[process]
                self._failed = self._failed + 1 if time.monotonic() - begun < _SHORT else 0
        while len(self._running) < self.workers and self._failed < _TRIES and not self._ending:
            self._running[self._start()] = time.monotonic()

    def _start(self) -> subprocess.Popen[bytes]:
        number = self.listener.fileno()
        command = [sys.executable, "-m", "segmentry.serve.worker", self.settings.model_dump_json(), str(number)]
        environment = {**os.environ, SHARED: self._counts}
        return subprocess.Popen(command, pass_fds=[number], env=environment)

    def _wait(self) -> int:
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        ends = time.monotonic() + _PATIENCE
        for process in self._running:
            try:
                process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return 0 if self._ending else 1

    def _end(self, _signum: int, _frame: FrameType | None) -> None:
        self._ending = True

    def _renew(self, _signum: int, _frame: FrameType | None) -> None:
        for process in self._running:
            process.send_signal(signal.SIGHUP)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises SegmentryError where the address is taken or not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SegmentryError(
            f"The server cannot listen on {host}, port {port}.",
            found=error.strerror or type(error).__name__,
            remedy="Pass another --port or --host.",
        ) from None
    listener.set_inheritable(True)
    return listener
