"""Imports between rooms."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run(
        [*command, "--config", str(ROOT / ".importlinter"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_go_down_the_floors() -> None:
    """No room imports a room above or beside it, and each library is known where it belongs only."""
    result = lint(ROOT / "src")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("tables", "import segmentry.scoring", "Imports go down the floors"),
        ("scoring", "import segmentry.store", "Imports go down the floors"),
        ("attic", "import segmentry.errors", "Imports go down the floors"),
        ("features", "import sklearn.cluster", "neither scikit-learn nor pandas"),
        ("profiles", "import polars", "Only tables and samples know Polars"),
        ("store", "import altair", "Only plots knows the charting library"),
        ("reports", "import rich", "Only cli knows the terminal"),
        ("plots", "import jinja2", "Only reports knows page templates"),
    ],
)
def test_a_wrong_import_is_caught(room: str, line: str, contract: str, tmp_path: Path) -> None:
    """An import up, sideways, from a room without a floor, or of a library known elsewhere breaks a contract."""
    package = tmp_path / "segmentry"
    shutil.copytree(ROOT / "src" / "segmentry", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / room).mkdir(exist_ok=True)
    with (package / room / "__init__.py").open("a") as file:
        file.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [text for text in result.stdout.splitlines() if " BROKEN" in text]
    assert any(contract in text for text in broken), broken
