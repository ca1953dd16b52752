"""A real server in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing

QUICK = FitSettings(stability_pairs=0)


@dataclass
class Running:
    """A server under test. `said` is what it wrote to its log."""

    process: subprocess.Popen[str]
    url: str
    said: list[str]

    def post(self, path: str, value: Any, **more: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=value, timeout=30, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30, **more)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def serving(
    model: Path, options: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """`segmentry serve MODEL` on a free port of this machine until the block ends."""
    command = [
        sys.executable,
        "-c",
        "from segmentry.cli import main; main()",
        "serve",
        str(model),
        "--port",
        "0",
        *options,
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, f"{line!r} {process.communicate()}"
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    reader.start()
    running = Running(process, found[0], said)
    try:
        _wait_until_it_answers(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        process.stdout.close()
        if process.stderr is not None:
            process.stderr.close()


def _wait_until_it_answers(running: Running) -> None:
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport, timeout=30) as client:
        assert client.get(running.url + "/health/live").status_code == 200, running.said


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of made-up customers, with numbers, a date and a category among its fields."""
    customers = sample_marketing(1500, seed=1)
    features = ["income", "spend_total", "recency_days", "age", "tenure_days", "marital_status"]
    segmentation = sg.fit(customers, k=4, features=features, method="k-prototypes", settings=QUICK)
    return sg.save(segmentation, tmp_path_factory.mktemp("serve") / "segmentation.seg")


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[Running]]:
    """Starts a server with options of its own."""
    return serving


@pytest.fixture(scope="session")
def server(model_file: Path) -> Iterator[Running]:
    """A server without keys, on this machine only; for tests that leave it as it is."""
    with serving(model_file) as running:
        yield running


@pytest.fixture(scope="session")
def impatient(model_file: Path) -> Iterator[Running]:
    """A server that waits a second for a request to arrive."""
    with serving(model_file, ["--patience", "1"]) as running:
        yield running
