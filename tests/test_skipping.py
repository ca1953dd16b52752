"""What a run leaves out: nothing for want of something in a full run, and what is marked `thorough` unless asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HOUSE_RULES = Path(__file__).with_name("conftest.py")

TESTS = """
import pytest

def test_browser():
    pytest.skip("no browser is installed")

@pytest.mark.skip(reason="the real data files in ../shared/data are missing")
def test_data():
    pass

def test_platform():
    pytest.skip("only on Windows")

@pytest.mark.xfail(reason="Java is missing")
def test_known_gap():
    assert False
"""
MODULE = 'import pytest\npytest.importorskip("a_module_nobody_has")\n'


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    shutil.copy(HOUSE_RULES, pytester.path / "conftest.py")
    pytester.makepyfile(test_things=TESTS, test_module=MODULE)
    return pytester


def test_a_full_run_fails_where_something_is_missing(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SEGMENTRY_CI=1 a missing browser, data file or module is a failure; a fair reason still skips."""
    monkeypatch.setenv("SEGMENTRY_CI", "1")
    suite.runpytest("--continue-on-collection-errors").assert_outcomes(failed=1, skipped=1, errors=2, xfailed=1)


def test_a_plain_run_skips(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the same tests skip, so that anybody can run the tests."""
    monkeypatch.delenv("SEGMENTRY_CI", raising=False)
    suite.runpytest().assert_outcomes(skipped=4, xfailed=1)


THOROUGH = """
import pytest

@pytest.mark.thorough
def test_once_more():
    pass

@pytest.mark.thorough("b")
@pytest.mark.parametrize("case", ["a", "b"])
def test_each(case):
    pass
"""


@pytest.mark.parametrize(("asked", "passed"), [([], 1), (["--thorough"], 3)])
def test_what_asks_once_more_runs_when_it_is_asked_for(
    pytester: pytest.Pytester, asked: list[str], passed: int
) -> None:
    """A test marked `thorough`, or those of its cases that the mark names, are counted as deselected otherwise."""
    shutil.copy(HOUSE_RULES, pytester.path / "conftest.py")
    pytester.makepyfile(test_things=THOROUGH)
    pytester.makeini("[pytest]\nmarkers = thorough")
    pytester.runpytest(*asked).assert_outcomes(passed=passed, deselected=3 - passed)
