"""Under more work than it can do, the server says so at once, goes on living, and holds what it may hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from segmentry.serve.body import Allowance, parse, parse_strictly
from segmentry.serve.connection import protocol_for
from segmentry.serve.metrics import Metrics
from segmentry.serve.problems import Problem

pytestmark = pytest.mark.xdist_group("serve")

Found = TypeVar("Found")
ONE = b'{"customers": [{"income": 41000, "mnt_wine": 12}]}'


def _request(body: bytes = ONE, path: str = "/v1/score", more: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return int(head[9:12]), await reader.readexactly(length)


async def _client(port: int, until: float, counts: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:  # on a slow machine, the time may be over when the last of them is connected
        writer.write(_request())
        status, _ = await _answer(reader)
        counts[status] = counts.get(status, 0) + 1
        if time.monotonic() >= until:
            break
    writer.close()


def _run(work: Coroutine[Any, Any, Found]) -> Found:
    """In a thread of its own: in this one, the browser of other tests may have an event loop that runs."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


async def _flood(port: int, clients: int, seconds: float) -> dict[int, int]:
    counts: dict[int, int] = {}
    until = time.monotonic() + seconds
    await asyncio.gather(*(_client(port, until, counts) for _ in range(clients)))
    return counts


def test_three_hundred_clients_are_all_answered(server: Any) -> None:
    """Of three hundred clients that ask without a pause, one thing at a time each, none is refused."""
    counts = _run(_flood(server.port, 300, 1))
    assert set(counts) == {200}, counts
    assert counts[200] >= 300


def test_more_than_it_can_do_is_refused_at_once_and_it_lives(serve: Any, model_file: Path) -> None:
    """Of two thousand clients that come at once and ask without a pause, some are answered, the others get 503; all
    the time the server says that it lives and is ready, and it answers all again afterwards."""

    async def asked(path: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        status, _ = await _answer(reader)
        writer.close()
        return status

    async def both() -> tuple[dict[int, int], list[int]]:
        flood = asyncio.create_task(_flood(server.port, 2000, 1.5))
        await asyncio.sleep(0.01)
        statuses = []
        while not flood.done():
            statuses.append(await asked("/health/live"))
            await asyncio.sleep(0.03)
            if len(statuses) == 5:
                statuses.append(await asked("/health/ready"))
        return await flood, statuses

    with serve(model_file) as server:
        counts, statuses = _run(both())
        assert set(counts) == {200, 503}, counts
        assert counts[200] > 100
        assert set(statuses) == {200}
        assert len(statuses) >= 5
        assert server.post("/v1/score", json.loads(ONE)).status_code == 200
        told = server.get("/metrics").text
        assert 'segmentry_requests_total{route="/v1/score",status="503"}' in told


class _Line(asyncio.Transport):
    """A connection without a network."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def test_a_check_of_life_is_answered_before_what_came_before_it_is_read() -> None:
    """Behind a crowd that has sent more than one turn of the event loop looks at, in that same turn; what waits is read
    in its order."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    async def told() -> tuple[bytes, bytes, bytes]:
        protocol = protocol_for(10, 4096, 0, Metrics())  # with no room, each request is refused as soon as it is read
        config, state = uvicorn.Config(app, http=protocol), ServerState()
        lines = [_Line() for _ in range(400)]
        clients = [protocol(config, state, {}) for _ in lines]
        for client, line in zip(clients, lines, strict=True):
            client.connection_made(line)
        for client in clients[:-1]:
            client.data_received(_request())
        clients[-1].data_received(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        behind, life = lines[-2].written, lines[-1].written
        for _ in range(10):
            await asyncio.sleep(0)
        later = lines[-2].written
        for client in clients:
            client.connection_lost(None)
        return behind, life, later

    behind, life, later = _run(told())
    assert behind == b""
    assert life.startswith(b"HTTP/1.1 200")
    assert later.startswith(b"HTTP/1.1 503")


def test_an_explanation_holds_nobody_up(server: Any) -> None:
    """While eight clients ask for explanations without a pause, places are given, and each explanation comes."""

    async def explaining(until: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        count = 0
        while time.monotonic() < until:
            writer.write(_request(b'{"customer": {"income": 41000, "mnt_wine": 12}}', "/v1/explain"))
            assert (await _answer(reader))[0] == 200
            count += 1
        writer.close()
        return count

    async def both() -> tuple[list[int], list[float]]:
        until = time.monotonic() + 1.5
        explained = asyncio.gather(*(explaining(until) for _ in range(8)))
        times = []
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        while time.monotonic() < until:
            begun = time.monotonic()
            writer.write(_request())
            assert (await _answer(reader))[0] == 200
            times.append(time.monotonic() - begun)
        writer.close()
        return await explained, times

    explained, times = _run(both())
    print("explained:", sum(explained), "placed:", len(times), "slowest, ms:", round(1000 * max(times)))
    assert min(explained) > 0
    assert len(times) > sum(explained) / 8


def test_bodies_are_bounded_by_their_bytes_together() -> None:
    """A part that has no room is refused with 503; what a request held is free when it ends."""
    bodies = Allowance(100)
    with bodies.body() as first:
        first(60)
        with bodies.body() as second:
            second(30)
            with pytest.raises(Problem) as caught:
                second(30)
        assert caught.value.status == 503
        assert bodies.held == 60
        first(40)
    assert bodies.held == 0


def test_many_large_bodies_do_not_fill_the_memory(server: Any) -> None:
    """Of twenty bodies of seven MiB that come slowly, those beyond the allowance get 503; memory stays bounded."""
    part = b" " * 0x70_0000
    head = _request(part + ONE)[: -len(part + ONE)]
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(20)]
    try:
        for line in lines:
            with contextlib.suppress(OSError):  # refused already
                line.sendall(head + part)
        codes = []
        for line in lines:
            try:
                line.sendall(ONE)
                codes.append(int(line.recv(4096)[9:12]))
            except OSError:
                codes.append(0)  # refused, and the rest was not read
        assert 200 in codes
        assert codes.count(200) <= 9
        assert set(codes) <= {200, 503, 0}
    finally:
        for line in lines:
            line.close()
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < 500


@pytest.mark.parametrize(
    "text",
    [
        '{"customers": [{"a": 1, "a": 2}]}',
        '{"customers": [{"a": 1, "\\u0061": 2}]}',
        '{"customers": [], "customers": [{"a": ":"}]}',
        '{"customers": [{"a": {"b": 1, "b": 2}}]}',
        '{"customers": [{"a": ":", "a": 2}], "x": 1}',
    ],
)
def test_the_fast_parser_sees_each_key_given_twice(text: str) -> None:
    """However a double key is spelt, and wherever colons stand, it is refused; with another name it is taken."""
    with pytest.raises(Problem, match="twice"):
        parse(text.encode())
    single = '{"customers": [{"a": 1, "b:": "x:y"}, {"\\u0061": 2}]}'
    assert parse(single.encode()) == parse_strictly(single.encode()) == json.loads(single)


def test_a_large_body_lets_others_in(server: Any) -> None:
    """While ten thousand customers are parsed, placed and written down, others are answered."""
    rows = [{"customer_id": f"C{i}", "income": 1000 + i, "mnt_wine": i % 90} for i in range(10_000)]

    async def both() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_request(json.dumps({"customers": rows}).encode()))
        large, answered = asyncio.create_task(_answer(reader)), 0
        other, asking = await asyncio.open_connection("127.0.0.1", server.port)
        while not large.done():
            asking.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await _answer(other))[0] == 200
            answered += 1
        assert (await large)[0] == 200
        for each in (writer, asking):
            each.close()
        return answered

    assert _run(both()) >= 5


def test_a_body_of_too_many_values_is_refused(server: Any) -> None:
    """The parser lets nobody in between values, so their number is looked at first."""
    body = b'{"customers": [' + b"0," * 1_100_000 + b"0]}"
    headers = {"Content-Type": "application/json"}
    assert httpx.post(server.url + "/v1/score", content=body, headers=headers, timeout=30).status_code == 413


def _lines(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What comes back for these parts, sent one after the other, until the server ends the connection or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=6) as line:
        got = b""
        for part in parts:
            line.sendall(part)
            time.sleep(pause)
        try:
            while more := line.recv(65536):
                got += more
        except (TimeoutError, ConnectionError):
            pass
        return got


def test_a_second_request_on_a_connection_may_not_be_slow_either(impatient: Any) -> None:
    """After an answer, a head that does not come to its end closes the connection; so does the body of a request that
    was refused unread. Empty lines are no request, and do not stop the clock."""
    begun = time.monotonic()
    live = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for first in (live, _request()):
        assert _lines(impatient.port, first, b"\r\nPOST /v1/score HTTP/1.1\r\nHo", pause=0.2).count(b"HTTP/1.1") == 1
    unread = b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc"
    assert _lines(impatient.port, unread).startswith(b"HTTP/1.1 404")
    assert time.monotonic() - begun < 15


def test_answers_keep_the_order_of_pipelined_requests(server: Any) -> None:
    """Several requests at one blow are answered in their order, the quick check of life too."""
    live = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    got = _lines(server.port, _request() + live + _request() + last)
    assert [part[:3] for part in got.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"200", b"404"]
    assert got.index(b"live") < got.rindex(b"customers")


def test_a_client_that_waits_for_leave_gets_it_or_the_answer(server: Any) -> None:
    """Expect: 100-continue gets 100 and then 200; where the head alone is refused, the answer, and the end of the
    connection, since nobody knows whether the body will come."""
    whole = _request(more="Expect: 100-continue\r\nConnection: close\r\n")
    head, body = whole[: -len(ONE)], ONE
    assert _lines(server.port, head, body, pause=0.3).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    wrong = head.replace(b"application/json", b"text/plain").replace(b"Connection: close\r\n", b"")
    got = _lines(server.port, wrong)
    assert got.startswith(b"HTTP/1.1 415")
    assert b"connection: close" in got.lower()


def test_workers_end_with_their_supervisor(serve: Any, model_file: Path) -> None:
    """Killed outright, the supervisor leaves no worker behind that answers for it."""
    with serve(model_file, ["--workers", "2"]) as server:
        text = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text(encoding="ascii")
        workers = [int(number) for number in text.split()]
        assert len(workers) == 2
        server.process.kill()
        ends = time.monotonic() + 25
        while any(_runs(pid) for pid in workers):
            assert time.monotonic() < ends
            time.sleep(0.1)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    return state != "Z"
