"""Several workers on one socket: started, started again when one dies, told to read the model anew, and sent away.

Each is a process of its own; which one answers a connection is the system's choice. A line of bytes joins each to the
supervisor: a worker says on it that it is ready, or that all shall read the model anew; its end tells a worker that the
supervisor is no more.
"""

from __future__ import annotations

import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType

from segmentry.errors import SegmentryError
from segmentry.serve.metrics import SHARED, forget_worker, shared_folder
from segmentry.serve.settings import ServeSettings
from segmentry.serve.worker import LOG_FORMAT, READY, RENEW

_LOOK = 0.2  # seconds between looks at the workers
_PATIENCE = 9.0  # seconds that workers may take to end
_SHORT = 5.0  # a worker that lives no longer than this has failed
_TRIES = 3  # of first starts that fail; later ones are tried again and again
_LONGEST_WAIT = 30.0  # seconds between tries
_log = logging.getLogger("segmentry.serve")


@dataclass
class Worker:
    process: subprocess.Popen[bytes]
    line: socket.socket
    begun: float


class Supervisor:
    """Keeps `workers` processes answering on a socket."""

    def __init__(self, settings: ServeSettings, listener: socket.socket, workers: int) -> None:
        self.settings, self.listener, self.workers = settings.model_copy(update={"workers": workers}), listener, workers
        self._running: list[Worker] = []
        self._failed = 0  # in a row
        self._next_try = 0.0
        self._ready_once = False
        self._ended_by = 0  # the signal
        self._counts = shared_folder()

    def run(self) -> int:
        """Blocks until a signal ends it: 0 after an orderly end, 1 where workers cannot be started, 128 and the signal
        where it came before one of them was."""
        logging.basicConfig(format=LOG_FORMAT)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._end)
        signal.signal(signal.SIGHUP, lambda _signum, _frame: self._renew(None))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        try:
            while not self._ended_by and not self._is_hopeless():
                self._bury()
                self._fill()
                self._hear()
            return self._wait()
        finally:
            shutil.rmtree(self._counts, ignore_errors=True)

    def _is_hopeless(self) -> bool:
        return self._failed >= _TRIES and not self._ready_once

    def _bury(self) -> None:
        """Takes out those that died; after several in a row, the next waits longer and longer for its start."""
        now = time.monotonic()
        for worker in [w for w in self._running if w.process.poll() is not None]:
            self._running.remove(worker)
            worker.line.close()
            _log.warning("Worker %d ended %s", worker.process.pid, _how(worker.process.returncode))
            forget_worker(worker.process.pid, self._counts)
            self._failed = self._failed + 1 if now - worker.begun < _SHORT else 0
            wait = 0.0 if self._failed < 2 else min(_LONGEST_WAIT, 0.5 * 2 ** min(self._failed, 10))
            self._next_try = now + wait

    def _fill(self) -> None:
        while len(self._running) < self.workers and time.monotonic() >= self._next_try and not self._ended_by:
            self._running.append(self._start())

    def _start(self) -> Worker:
        ours, theirs = socket.socketpair()
        numbers = (self.listener.fileno(), theirs.fileno())
        command = [sys.executable, "-m", "segmentry.serve.worker", self.settings.model_dump_json(), *map(str, numbers)]
        environment = {**os.environ, SHARED: str(self._counts)}
        # A worker is born deaf to SIGHUP, which would end it, and listens to it when it is ready.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            process = subprocess.Popen(command, pass_fds=numbers, env=environment)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
            theirs.close()
        return Worker(process, ours, time.monotonic())

    def _hear(self) -> None:
        """What workers say, for as long as a look takes."""
        ready, _, _ = select.select([w.line for w in self._running], [], [], _LOOK)
        for worker in [w for w in self._running if w.line in ready]:
            try:
                said = worker.line.recv(64)
            except ConnectionError:
                said = b""
            if READY in said:
                self._ready_once = True
            if RENEW in said:
                self._renew(worker)
            if not said:
                time.sleep(_LOOK / 10)  # it is about to die

    def _wait(self) -> int:
        for worker in self._running:
            worker.process.send_signal(signal.SIGTERM)
        ends = time.monotonic() + _PATIENCE
        for worker in self._running:
            try:
                worker.process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.line.close()
        if self._ready_once:
            return 0
        return 128 + self._ended_by if self._ended_by else 1

    def _end(self, signum: int, _frame: FrameType | None) -> None:
        self._ended_by = signum

    def _renew(self, but: Worker | None) -> None:
        for worker in self._running:
            if worker is not but:
                worker.process.send_signal(signal.SIGHUP)


def _how(status: int) -> str:
    """How a process ended, from its exit status; a signal that ended it is a status below 0.

    >>> _how(-9), _how(1)
    ('by signal 9 (Killed)', 'with status 1')
    """
    if status >= 0:
        return f"with status {status}"
    return f"by signal {-status} ({signal.strsignal(-status) or 'unknown'})"


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
