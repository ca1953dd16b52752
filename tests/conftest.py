"""What every test may lean on, and the rule about tests that skip themselves."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

# Before NumPy is loaded: tests run side by side, and threads that wait for one another take the time of all. That their
# number changes nothing is shown by processes of their own (fitting/test_same_customers_same_model.py).
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import polars as pl
import pytest

from segmentry.fitting import fit
from segmentry.segmentation import Segmentation

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "ge-heim%77"  # of the private database server

# A reason that says something is missing; "not on this platform" and the like are fair reasons to skip.
_MISSING = re.compile(
    r"missing|absent|no such|not (installed|found|there|available)|could not import|shared/data", re.I
)
_THINGS = re.compile(r"browser|chromium|java|spark|postgres|psql|sqlite|shared/data", re.I)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data files beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data files in ../shared/data are missing")
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A headless Chromium."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright, which drives chromium, is not installed"
    )
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def pytest_itemcollected(item: pytest.Item) -> None:
    """The tests of a module run in one process, so that what they share is made once."""
    if item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run the tests and cases marked `thorough` too")


def only_for_thorough_runs(item: pytest.Item) -> bool:
    """Whether a test, or this case of it, is marked `thorough`: with the names of cases, these only."""
    marker = item.get_closest_marker("thorough")
    case = item.callspec.id if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ""
    return marker is not None and (not marker.args or case in marker.args)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Spark takes longest, and comes first."""
    if not config.getoption("thorough"):
        left = [item for item in items if only_for_thorough_runs(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]
    grouped = [item for item in items if item.get_closest_marker("xdist_group")]
    if config.getoption("loadgroup", False) and not all("@" in item.nodeid for item in grouped):
        # pytest 9.2 with pytest-xdist 3.8: a suite of ten minutes takes forty.
        raise pytest.UsageError("pytest-xdist does not keep groups of tests together with this version of pytest.")
    items.sort(key=lambda item: item.get_closest_marker("spark") is None)


def pytest_configure(config: pytest.Config) -> None:
    strict = config.stash[_STRICT] = os.environ.get("SEGMENTRY_CI") == "1"
    # Whether a change is green must not hang on luck: in CI, made-up cases are the same each time.
    hypothesis.settings.register_profile("segmentry", derandomize=strict)
    hypothesis.settings.load_profile("segmentry")


_STRICT = pytest.StashKey[bool]()


def speaks_of_a_missing_thing(reason: str) -> bool:
    """Whether a test was skipped for want of something that a full run must have."""
    return bool(_MISSING.search(reason) or _THINGS.search(reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.config.stash[_STRICT]:
        _fail_if_something_is_missing(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if collector.config.stash[_STRICT]:
        _fail_if_something_is_missing(report)
    return report


def _fail_if_something_is_missing(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure is reported as skipped too, and is no concern here.
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if speaks_of_a_missing_thing(reason):
        report.outcome = "failed"
        report.longrepr = f"With SEGMENTRY_CI=1 nothing may be missing. {reason}"


Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once(name, fill)` is a folder that `fill` has written into: by the first process of the tests that asks for it;
    the others wait for it. It is for reading only.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, fill: Callable[[Path], object]) -> Path:
        done, begun = shared / f"once {name}", shared / f"once {name}.part"
        until = time.monotonic() + 600
        while not done.exists():
            try:
                begun.mkdir()
            except FileExistsError:
                assert time.monotonic() < until, f"Another process has not finished '{name}'."
                time.sleep(0.1)
                continue
            try:
                fill(begun)
                begun.rename(done)
            except BaseException:
                shutil.rmtree(begun)
                raise
        return done

    return folder


def _binaries() -> Path | None:
    """Where Debian keeps the server's programs, the newest first; they are not on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]), reverse=True)
    beside = shutil.which("initdb")
    return found[0].parent if found else Path(beside).parent if beside else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server of our own, with its password in it."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    # The server refuses to run as root; its package brings a user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="segmentry-pg-"))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    data.mkdir()
    folder.chmod(0o755)
    if as_user:
        shutil.chown(data, "postgres")

    def run(*words: str) -> None:
        subprocess.run([*as_user, *words], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    port = _free_port()
    try:
        create = ["-A", "scram-sha-256", "-U", "shop", f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C"]
        run(str(binaries / "initdb"), "-D", str(data), *create)
        options = f"-p {port} -k {data} -h 127.0.0.1 -F"
        run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-o", options, "-l", str(data / "log"), "start")
        yield f"postgresql://shop:{PASSWORD.replace('%', '%25')}@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def tea_shop_lines() -> pl.DataFrame:
    """Order lines of a made-up shop where a fifth of the customers love tea and a fifth cake."""
    spec = importlib.util.spec_from_file_location("shop", Path(__file__).parent / "baskets" / "shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lines: pl.DataFrame = module.shop()
    return lines


@pytest.fixture(scope="session")
def tea_shop_segmentation(tea_shop_lines: pl.DataFrame) -> Segmentation:
    """Its customers by what they spend on: hot drinks, bakery or all sorts."""
    features = ["n_orders", "spend_share_hot_drinks", "spend_share_bakery"]
    return fit(orders=tea_shop_lines, k=3, features=features)
