"""One process that answers: the supervisor starts `python -m segmentry.serve.worker` with a socket to listen on."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any, cast

import uvicorn

from segmentry.errors import SegmentryError
from segmentry.serve.accept_queue import AcceptQueue
from segmentry.serve.api import Api
from segmentry.serve.connection import PatientProtocol, protocol_for
from segmentry.serve.keys import Keys, parse_keys, read_keys
from segmentry.serve.settings import ServeSettings

KEYS_VARIABLE = "SEGMENTRY_API_KEYS"
# What a worker says to its supervisor.
READY, RENEW = b"u", b"r"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_GIVE_WAY = 0.001  # seconds
# Connections that are taken in and that begin in one turn of the event loop, and that may stand between.
_ACCEPTED, _WELCOMED, _LONGEST_QUEUE = 256, 32, 2048
# With thousands of connections open, one look through them all takes 20 ms in which nobody is heard: so seldom.
_GARBAGE = (20_000, 10, 20)
_log = logging.getLogger("segmentry.serve")


def keys_for(settings: ServeSettings) -> Keys:
    """The keys that the settings ask for. Raises SettingsError where one is needed and none is to be had."""
    if not settings.needs_key:
        return Keys()
    if settings.key_file is not None:
        return read_keys(settings.key_file)
    return parse_keys(os.environ.get(KEYS_VARIABLE, ""), KEYS_VARIABLE)


class Server(uvicorn.Server):
    """Goes away in order: not ready at once, and each answer the last of its connection; a moment later deaf to new
    connections, then the last answers."""

    def __init__(self, config: uvicorn.Config, api: Api) -> None:
        super().__init__(config)
        self.api = api
        self._asked_before = False
        self._accepting: socket.socket | None = None
        self._queue = AcceptQueue()
        # Several workers share what comes, so none takes more of it than it begins.
        self._most_accepted = _ACCEPTED if api.settings.workers == 1 else _WELCOMED
        self._welcoming = False
        self._greeting: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            self._accepting = sockets[0].dup()
            self._accepting.setblocking(False)
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._accepting, self._accept)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._accepting is not None:
            self._loop.remove_reader(self._accepting)
            self._accepting.close()
            self._queue.close()
        await super().shutdown(sockets)

    def _accept(self) -> None:
        assert self._accepting is not None
        for _ in range(min(self._most_accepted, _LONGEST_QUEUE - len(self._queue))):
            try:
                connection, _address = self._accepting.accept()
            except OSError:  # there is none, another worker has it, or it has gone again
                break
            connection.setblocking(False)
            self._queue.add(connection)
        if not self._welcoming:
            self._welcome()

    def _welcome(self) -> None:
        """Begins some connections in one turn of the event loop, and others in the next."""
        if len(self._queue) > _WELCOMED:
            self._queue.look()
        for _ in range(min(_WELCOMED, len(self._queue))):
            task = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, self._queue.take()))
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)
        self._welcoming = len(self._queue) > 0
        if self._welcoming:
            self._loop.call_soon(self._welcome)

    def _protocol(self) -> asyncio.Protocol:
        return self._connections(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    @property
    def _connections(self) -> type[PatientProtocol]:
        return cast(type[PatientProtocol], self.config.http)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        # Not kept to be raised again at the end: an orderly end is a good one.
        self.api.draining = self._connections.leaving = True
        if self._asked_before:
            self.should_exit = True
            self.force_exit = sig == signal.SIGINT
            return
        self._asked_before = True
        asyncio.get_running_loop().call_later(self.api.settings.drain_seconds, self._leave)

    def _leave(self) -> None:
        self.should_exit = True


def config_of(settings: ServeSettings, api: Api) -> uvicorn.Config:
    """How the HTTP server is set up; of its own it logs failures only, and never a path or a value."""
    protocol = protocol_for(settings.body_seconds, settings.max_connections, settings.max_waiting, api.metrics)
    return uvicorn.Config(
        api.asgi,
        http=protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        date_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=7,
        backlog=2048,
    )


async def _answer(server: Server, listener: socket.socket, supervisor: socket.socket | None) -> None:
    """Serves until a signal, or the end of the supervisor, ends it. SIGHUP reads the model file anew."""
    loop = asyncio.get_running_loop()
    pending: set[asyncio.Task[None]] = set()

    def renew() -> None:
        task = asyncio.ensure_future(_renew(server.api))
        pending.add(task)
        task.add_done_callback(pending.discard)

    loop.add_signal_handler(signal.SIGHUP, renew)
    # Blocked since before the start: one that came meanwhile is heard now, and does not end the process.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    if supervisor is not None:
        pending.add(asyncio.ensure_future(_watch(server, supervisor)))
    await server.serve(sockets=[listener])


async def _watch(server: Server, supervisor: socket.socket) -> None:
    """Tells the supervisor that this worker is ready, and leaves when there is no supervisor any more."""
    # A stream, and no bare reader: of a supervisor that is killed before it has read, the line ends in an error, which
    # takes a reader from the loop without a word.
    reader, writer = await asyncio.open_unix_connection(sock=supervisor)
    server.api.renew_others = lambda: writer.write(RENEW)
    writer.write(READY)
    with contextlib.suppress(ConnectionError):
        await reader.read()
    server.handle_exit(signal.SIGTERM, None)


async def _renew(api: Api) -> None:
    try:
        model = await api.renew()
    except SegmentryError as error:
        _log.error("The model was not replaced: %s", error)
        return
    _log.warning("The model is now %s", model.digest[:12])


def run(settings: ServeSettings, listener: socket.socket, supervisor: socket.socket | None = None) -> None:
    """Serves in this process until a signal ends it. Raises SegmentryError when the model or a key is not sound."""
    logging.basicConfig(format=LOG_FORMAT)
    # An explanation beside the loop gives way to requests soon.
    sys.setswitchinterval(_GIVE_WAY)
    api = Api(settings, keys_for(settings))
    config = config_of(settings, api)
    # The model stays; to look through it again and again for garbage would hold requests up.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_answer(Server(config, api), listener, supervisor))


def main() -> int:
    settings = ServeSettings.model_validate_json(sys.argv[1])
    listener, supervisor = (socket.socket(fileno=int(number)) for number in sys.argv[2:4])
    try:
        run(settings, listener, supervisor)
    except SegmentryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
