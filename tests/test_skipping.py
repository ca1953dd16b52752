"""The rule that a full run may not skip a test for want of something."""

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
