"""Which connection of those that wait is begun next."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from segmentry.serve.accept_queue import AcceptQueue

pytestmark = pytest.mark.xdist_group("serve")

LIFE, WORK = b"GET /health/live HTTP/1.1\r\n", b"POST /v1/score HTTP/1.1\r\n"
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Five clients, and the server's end of each."""
    with ExitStack() as all_of:
        made = [socket.socketpair() for _ in range(5)]
        for ends in made:
            for end in ends:
                all_of.enter_context(end)
            ends[1].setblocking(False)
        yield made


def test_a_check_of_life_is_begun_before_those_that_came_first(pairs: list[Pair]) -> None:
    """As soon as it has asked, also where it came in silence; the others keep the order of their coming, and what each
    has said is still there to be read."""
    queue = AcceptQueue()
    for said, (client, end) in zip([WORK, b"", WORK, LIFE], pairs, strict=False):
        client.sendall(said)
        queue.add(end)
    queue.look()
    assert queue.take() is pairs[3][1]
    assert pairs[3][1].recv(100) == LIFE
    queue.add(pairs[4][1])
    pairs[4][0].sendall(LIFE)
    queue.look()
    assert [queue.take() for _ in range(len(queue))] == [pairs[n][1] for n in (4, 0, 1, 2)]
    queue.close()


def test_one_that_has_gone_keeps_its_turn_and_the_end_lets_all_go(pairs: list[Pair]) -> None:
    """A client that left is no failure; after the end every connection is closed."""
    queue = AcceptQueue()
    for _, end in pairs[:3]:
        queue.add(end)
    pairs[0][0].close()
    queue.look()
    assert queue.take() is pairs[0][1]
    queue.close()
    assert [end.fileno() for _, end in pairs[1:3]] == [-1, -1]
