"""What every test may lean on, and the rule about tests that skip themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

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


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_STRICT] = os.environ.get("SEGMENTRY_CI") == "1"


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
