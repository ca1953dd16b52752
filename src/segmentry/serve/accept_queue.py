"""The accept queue: connections that have come and are not begun yet.

One that asks whether the server lives does not wait its turn.
"""

from __future__ import annotations

import contextlib
import selectors
import socket

from segmentry.serve.connection import ASKS_LIFE


class AcceptQueue:
    """Sockets in the order of their coming, but for checks of life, which are first as soon as they have asked.

    With the system they would keep the order of their coming, whatever they want.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, socket.socket] = {}
        self._first: list[socket.socket] = []
        self._asked = selectors.DefaultSelector()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._first)

    def add(self, connection: socket.socket) -> None:
        self._waiting[connection.fileno()] = connection
        self._asked.register(connection, selectors.EVENT_READ)

    def look(self) -> None:
        """Puts those first that have asked whether the server lives; each is looked at once."""
        for key, _ in self._asked.select(0):
            self._asked.unregister(key.fileobj)
            connection = self._waiting[key.fd]
            said = b""
            with contextlib.suppress(OSError):  # it has gone again
                said = connection.recv(len(ASKS_LIFE), socket.MSG_PEEK)
            if said == ASKS_LIFE:
                self._first.append(self._waiting.pop(key.fd))

    def take(self) -> socket.socket:
        """Whose turn it is."""
        if self._first:
            return self._first.pop()
        number = next(iter(self._waiting))
        with contextlib.suppress(KeyError):  # it was looked at
            self._asked.unregister(number)
        return self._waiting.pop(number)

    def close(self) -> None:
        """Lets all of them go."""
        while len(self):
            self.take().close()
        self._asked.close()
