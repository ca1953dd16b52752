"""A folder that a fit wrote, a client that asks the dashboard's pages, and the dashboard in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
import pytest
import uvicorn

from segmentry.app import make_site
from segmentry.fitting import FitSettings, fit_source
from segmentry.reports.folder import write_outputs
from segmentry.samples import write_sample
from segmentry.selection import SelectionSettings

TODAY = date(2026, 1, 31)
COMMAND = [sys.executable, "-c", "from segmentry.cli import main; main()"]


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `segmentry fit` writes for 900 customers of a made-up shop, but for what no page reads."""
    folder = tmp_path_factory.mktemp("fitted")
    write_sample("marketing", folder / "customers.csv", 900, 1)
    settings = FitSettings(selection=SelectionSettings(k="4-5"), stability_pairs=4)
    done = fit_source(folder / "customers.csv", settings)
    write_outputs(
        done.segmentation, done.table, folder / "out", step=lambda _: nullcontext(), seconds={}, pictures=False
    )
    return folder / "out"


@pytest.fixture
def out(fitted: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to change."""
    return Path(shutil.copytree(fitted, tmp_path / "out"))


@contextmanager
def client_of(source: Path | None) -> Iterator[httpx.Client]:
    """The dashboard of a source, served from a thread of this process, and a visitor who asks it."""
    server = uvicorn.Server(uvicorn.Config(make_site(source, lambda: TODAY), port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def until_it_says(client: httpx.Client, path: str, words: str, seconds: float = 120) -> str:
    """The page, once it says these words."""
    end = time.monotonic() + seconds
    while True:
        page = client.get(path).text
        if words in page:
            return page
        assert time.monotonic() < end, page
        time.sleep(0.1)


@pytest.fixture(scope="session")
def until() -> Callable[..., str]:
    """A page, once it says what is waited for."""
    return until_it_says


@pytest.fixture
def dashboard() -> Callable[[Path | None], AbstractContextManager[httpx.Client]]:
    """The dashboard of a source, to enter."""
    return client_of


@pytest.fixture(scope="session")
def client(fitted: Path) -> Iterator[httpx.Client]:
    """The dashboard of the fitted folder, its customers laid out; for tests that change nothing."""
    with client_of(fitted) as made:
        until_it_says(made, "/customers", "Search the customers")
        yield made


@pytest.fixture
def own(out: Path) -> Iterator[httpx.Client]:
    """The dashboard of a folder of the test's own."""
    with client_of(out) as made:
        until_it_says(made, "/customers", "Search the customers")
        yield made


@pytest.fixture
def empty() -> Iterator[httpx.Client]:
    """The dashboard without anything open."""
    with client_of(None) as made:
        yield made


@dataclass
class Browser:
    """A page in Chromium, where the dashboard is, and everything that the page asked for or complained of."""

    page: object
    address: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def started(door: str, *arguments: object) -> tuple[subprocess.Popen[str], str]:
    """A door (`app` or `serve`) as a command of its own, and its address."""
    process = subprocess.Popen(
        [*COMMAND, door, *map(str, arguments), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line + (process.stderr.read() if process.stderr and process.poll() is not None else "")
    return process, found[0]


def ended(process: subprocess.Popen[str]) -> int:
    process.terminate()
    code = process.wait(timeout=20)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return code


@contextmanager
def api_of(model: Path) -> Iterator[str]:
    process, found = started("serve", model)
    try:
        yield found
    finally:
        ended(process)


@pytest.fixture
def api() -> Callable[[Path], AbstractContextManager[str]]:
    """The address of the REST API of a model, to enter."""
    return api_of


@pytest.fixture(scope="session")
def address(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard of the fitted folder, as a command of its own."""
    process, found = started("app", shutil.copytree(fitted, tmp_path_factory.mktemp("served") / "out"), "--no-browser")
    yield found
    ended(process)


@pytest.fixture
def browser(chromium, address) -> Iterator[Browser]:
    """A new visitor at the dashboard; the test fails if a page asked for anything elsewhere or complained."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(90_000)
    visitor = Browser(page, address)
    page.on("request", lambda request: visitor.asked.append(request.url))
    page.on("console", lambda message: visitor.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (visitor.complaints.append(dialog.message), dialog.dismiss()))
    yield visitor
    context.close()
    elsewhere = [url for url in visitor.asked if not url.startswith((address + "/", "data:", "blob:"))]
    assert elsewhere == []
    assert visitor.complaints == []
