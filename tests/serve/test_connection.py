"""A connection to the server: what it ignores, what it still answers, and how it ends, told in bytes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("serve")

UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n"
BODY = b'{"customers": [{"income": 41000}]}'
READY = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = b"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def _head(length: int, more: str = "") -> bytes:
    head = "POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}{more}Content-Length: {length}\r\n\r\n".encode()


def _post(body: bytes, more: str = "") -> bytes:
    return _head(len(body), more) + body


@contextmanager
def _connected(server: Any) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        yield line


def _told(line: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    parts = []
    while part := line.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _answers(server: Any, *packets: bytes) -> list[bytes]:
    """What comes back for these packets until the server ends the connection; a reset is an error."""
    with _connected(server) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for packet in packets:
            line.sendall(packet)
            time.sleep(0.05)
        return _told(line).split(b"HTTP/1.1 ")[1:]


def _statuses(answers: list[bytes]) -> list[int]:
    return [int(answer[:3]) for answer in answers]


@pytest.mark.parametrize("cut", ["in one packet", "after the head", "within the head", "byte by byte of the body"])
def test_a_request_that_asks_for_another_protocol_is_answered_in_this_one(server: Any, cut: str) -> None:
    """Java's client offers HTTP/2 with each request: the offer is ignored, and the body is this request's."""
    head, whole = _head(len(BODY), UPGRADE), _post(BODY, UPGRADE)
    packets = {
        "in one packet": [whole + LAST],
        "after the head": [head, BODY + LAST],
        "within the head": [whole[:30], whole[30:100], whole[100:], LAST],
        "byte by byte of the body": [head, *(BODY[at : at + 1] for at in range(len(BODY))), LAST],
    }[cut]
    answers = _answers(server, *packets)
    assert _statuses(answers) == [200, 404]
    assert b'"segment_id"' in answers[0]


def test_a_body_after_such_an_offer_is_never_a_request(server: Any) -> None:
    """A request that is sent as a body is a body that is not JSON; what follows has an answer of its own."""
    for packets in ([_post(READY, UPGRADE) + LAST], [_head(len(READY), UPGRADE), READY, LAST]):
        answers = _answers(server, *packets)
        assert _statuses(answers) == [400, 404]
        assert b"not JSON" in answers[0]


def test_such_requests_are_answered_in_their_order(server: Any) -> None:
    """Several at one blow, with and without a body."""
    ready = READY.replace(b"\r\n\r\n", f"\r\n{UPGRADE}\r\n".encode())
    answers = _answers(server, _post(BODY, UPGRADE) + ready + _post(BODY) + _post(BODY, UPGRADE) + ready + LAST)
    assert _statuses(answers) == [200, 200, 200, 200, 200, 404]
    assert [b"customers" in answer for answer in answers] == [True, False, True, True, False, False]


def test_a_tunnel_is_refused(server: Any) -> None:
    """CONNECT is no method of any address, and what is sent through the tunnel is no request."""
    answers = _answers(server, b"CONNECT /v1/score HTTP/1.1\r\nHost: localhost\r\n\r\n" + READY)
    assert _statuses(answers) == [405]


@pytest.mark.parametrize("more", ["", "Connection: close\r\n"])
def test_whoever_sends_too_large_a_body_hears_so(server: Any, more: str) -> None:
    """The whole body is sent before the answer is read, as simple clients do: no reset takes it away."""
    body = b" " * 20_000_000
    for _ in range(5):
        with _connected(server) as line:
            line.sendall(_post(body, more))
            answer = _told(line)
        assert answer.startswith(b"HTTP/1.1 413")
        assert answer.endswith(b"}")


def test_requests_that_were_taken_are_answered_before_the_end(server: Any) -> None:
    """Of too many at one blow the first are answered, each of them, and then the connection ends; so it does after
    what is no request, which is told last."""
    assert _statuses(_answers(server, _post(BODY) * 200)) == [200] * 33
    assert _statuses(_answers(server, _post(BODY) * 5 + b"this is no request\r\n\r\n")) == [200] * 5 + [400]
    large = b"GET /v1/model HTTP/1.1\r\nHost: localhost\r\nX-Large: " + b"a" * 100_000 + b"\r\n\r\n"
    assert _statuses(_answers(server, _post(BODY) * 3 + large)) == [200] * 3 + [431]
    broken = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
    assert _statuses(_answers(server, _post(BODY) * 3 + broken)) == [200] * 3 + [400]
    assert _statuses(_answers(server, broken)) == [400]


def test_refusals_without_a_task_are_counted(server: Any) -> None:
    """What is no request, and headers that are too large, are in the counters like other answers."""

    def counted(status: int) -> float:
        start = f'segmentry_requests_total{{route="other",status="{status}"}}'
        return sum(
            float(line.split()[1]) for line in server.get("/metrics").text.splitlines() if line.startswith(start)
        )

    before = counted(400), counted(431)
    _answers(server, b"this is no request\r\n\r\n")
    _answers(server, b"GET /v1/model HTTP/1.1\r\nX-Large: " + b"a" * 100_000 + b"\r\n\r\n")
    assert (counted(400), counted(431)) == (before[0] + 1, before[1] + 1)
