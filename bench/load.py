"""What `segmentry serve` bears, as the table of docs/api.md: one worker, a key, every check on, client beside it.

    make load                                      half a minute a line, and the table goes into the page
    python bench/load.py --seconds 3               a quick look
    python bench/load.py --seconds 3 --no-peer     without FastAPI and scikit-learn beside it

Clients ask again as soon as they are answered. The check of life is asked ten times a second by a process of its own.
Processor time of the server stands beside each figure: it is what remains true on a busy machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

import segmentry as sg
from segmentry.samples import sample_marketing

HERE = Path(__file__).parent
BEGIN, END = "<!-- load: begin -->", "<!-- load: end -->"
HEADER = (
    "| Load on one worker | Answered | p50 | p99 | Refused (503) | Failed "
    "| Live check, slowest (server at work) | Processor time |"
)
TICK = os.sysconf("SC_CLK_TCK")


class Client(asyncio.Protocol):
    """One connection that asks the same question again and again."""

    def __init__(self, question: bytes, until: float, times: dict[int, list[float]]) -> None:
        self.question, self.until, self.times = question, until, times
        self.done = asyncio.get_running_loop().create_future()
        self.got = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self) -> None:
        self.got, self.begun = b"", time.perf_counter()
        self.transport.write(self.question)

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, end, body = self.got.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        self.times.setdefault(int(head[9:12]), []).append(time.perf_counter() - self.begun)
        if time.perf_counter() < self.until:
            self.ask()
        else:
            self.transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        if time.perf_counter() < self.until:
            self.times.setdefault(0, []).append(0.0)
        self.done.set_result(None)


def worked(pid: int) -> float:
    """Processor seconds of a process so far."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int
    key: str

    def ticks(self) -> float:
        return worked(self.process.pid)

    def memory(self, what: str) -> float:
        """VmRSS or VmHWM in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


@dataclass
class Found:
    """What came of one load: seconds of each answer by status; 0 is a connection that was lost."""

    seconds: float
    times: dict[int, list[float]]
    busy: float
    live: list[list[float]] = field(default_factory=list)  # of each check, seconds, and of them processor seconds

    @property
    def accepted(self) -> list[float]:
        return sorted(self.times.get(200, []))

    @property
    def rate(self) -> float:
        return len(self.accepted) / self.seconds

    def quantile(self, share: float) -> float:
        return self.accepted[min(len(self.accepted) - 1, int(share * len(self.accepted)))]

    @property
    def failures(self) -> int:
        return sum(len(times) for status, times in self.times.items() if status not in (200, 503))

    @property
    def refused(self) -> int:
        return len(self.times.get(503, []))


def question(customers: list[dict[str, Any]], port: int, key: str, path: str = "/v1/score") -> bytes:
    body = json.dumps({"customers": customers}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nX-API-Key: {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _ask_all(port: int, asked: bytes, connections: int, until: float) -> dict[int, list[float]]:
    """All connections are open before the first question; then all ask at one time."""
    loop = asyncio.get_running_loop()
    times: dict[int, list[float]] = {}
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: Client(asked, until, times), "127.0.0.1", port)
        clients.append(client)
    for client in clients:
        client.ask()
    await asyncio.wait([client.done for client in clients], timeout=until - time.perf_counter() + 30)
    return times


def load(server: Server, asked: bytes, connections: int, seconds: float, probed: bool = True) -> Found:
    places = (str(server.port), str(server.process.pid))
    command = [sys.executable, str(HERE / "load.py"), "--probe", *places, "--seconds", str(seconds)]
    probe = subprocess.Popen(command, stdout=subprocess.PIPE, text=True) if probed else None
    before, begun = server.ticks(), time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        times = runner.run(_ask_all(server.port, asked, connections, begun + seconds))
    passed, busy = time.perf_counter() - begun, server.ticks() - before
    live = json.loads(probe.communicate()[0]) if probe else []
    return Found(passed, times, busy, live)


def probe(port: int, pid: int, seconds: float) -> list[tuple[float, float]]:
    """Of each check of life, on a new connection and ten times a second: seconds, and how long the server worked."""
    times, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun, before = time.perf_counter(), worked(pid)
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            line.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert line.recv(4096).startswith(b"HTTP/1.1 200")
        times.append((time.perf_counter() - begun, worked(pid) - before))
        time.sleep(0.1)
    return times


@contextmanager
def serving(command: list[str], key: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, "--port", str(port)], env={**os.environ, **(environment or {})}, text=True)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5).close()
                break
            except urllib.error.URLError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield Server(process, port, key)
    finally:
        process.terminate()
        process.wait(20)


def measure(folder: Path, seconds: float) -> tuple[dict[str, Found], dict[str, float]]:
    customers = sample_marketing(2240, seed=1)
    model = sg.save(sg.fit(customers, seed=0), folder / "model.seg")
    names = [f["name"] for f in json.loads(_schema(model))["fields"]]
    rows = json.loads(sample_marketing(1000, seed=2).select(names).write_json())
    key = secrets.token_hex(16)
    command = [sys.executable, "-c", "from segmentry.cli import main; main()", "serve", str(model), "--quiet"]
    # Nobody asks as much as this client; limits of a key are counted, and do not bite.
    command += ["--requests-per-minute", "100000000", "--customers-per-minute", "10000000000"]
    found: dict[str, Found] = {}
    with serving(command, key, {"SEGMENTRY_API_KEYS": f"bench score {key}"}) as server:
        one, hundred = question(rows[:1], server.port, key), question(rows[:100], server.port, key)
        load(server, hundred, 4, 1.0, probed=False)
        idle = server.memory("VmRSS")
        found["one"] = load(server, one, 16, seconds)
        found["hundred"] = load(server, hundred, 8, seconds)
        found["300"] = load(server, one, 300, seconds)
        found["2000"] = load(server, one, 2000, seconds)
        memory = {"idle": idle, "peak": server.memory("VmHWM")}
    return found, memory


def _schema(model: Path) -> bytes:
    code = (
        "import sys, json; from segmentry.serve.models import read_model; "
        "from segmentry.serve.answers import schema_of; "
        "print(json.dumps(schema_of(read_model(sys.argv[1]), 1)))"
    )
    return subprocess.run([sys.executable, "-c", code, str(model)], capture_output=True, check=True).stdout


def measure_peer(seconds: float) -> Found:
    rows = json.loads(sample_marketing(10, seed=2).write_json())
    with serving([sys.executable, str(HERE / "peer_api.py")], "") as server:
        asked = question(rows[:1], server.port, "none", "/score")
        load(server, asked, 4, 1.0, probed=False)
        return load(server, asked, 16, seconds)


def table(found: dict[str, Found], memory: dict[str, float], peer: Found | None) -> str:
    ratio = memory["peak"] / memory["idle"]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()} on {platform.system()}"
    shared = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    lines = [
        f"{machine}, load average {os.getloadavg()[0]:.1f}; the client on the same machine."
        + (" **The machine was shared with other work**: read processor times rather than rates." * shared),
        "",
        HEADER,
        "|---|---|---|---|---|---|---|---|",
        _line("1 customer a request, 16 connections", found["one"]),
        _line("100 customers a request, 8 connections", found["hundred"], 100),
        _line("1 customer a request, 300 connections", found["300"]),
        _line("1 customer a request, 2,000 connections", found["2000"]),
    ]
    if peer is not None:
        lines.append(_line("FastAPI and a scikit-learn pipeline per call, 16 connections", peer))
    lines += ["", f"Memory: {memory['idle']:.0f} MB idle, at most {memory['peak']:.0f} MB ({ratio:.2f} times)."]
    return "\n".join(lines) + "\n"


def _line(what: str, f: Found, customers: int = 1) -> str:
    unit = "requests" if customers == 1 else "customers"
    cost = f.busy / max(1, len(f.accepted)) * 1e6 / customers
    middle, late, live = (round(1000 * seconds) for seconds in (f.quantile(0.5), f.quantile(0.99), max(f.live)[0]))
    own = round(1000 * max(busy for _, busy in f.live))
    return (
        f"| {what} | {f.rate * customers:,.0f} {unit}/s | {middle:,} ms | {late:,} ms "
        f"| {f.refused:,} | {f.failures:,} | {live:,} ms ({own} ms) | {cost:.0f} µs a {unit[:-1]} |"
    )


def put(text: str, path: Path) -> None:
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each load")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--into", type=Path, help="page with the marks that the table goes between")
    parser.add_argument("--probe", type=int, nargs=2, metavar=("PORT", "PID"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.probe:
        print(json.dumps(probe(*asked.probe, asked.seconds)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found, memory = measure(Path(folder), asked.seconds)
    text = table(found, memory, None if asked.no_peer else measure_peer(asked.seconds))
    print(text)
    if asked.into:
        put(text, asked.into)
    return 0


if __name__ == "__main__":
    sys.exit(main())
