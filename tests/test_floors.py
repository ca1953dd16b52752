"""Imports between rooms."""

from __future__ import annotations

import ast
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


@pytest.mark.parametrize("room", ["", ".tables", ".features", ".prototypes", ".profiles", ".scoring", ".store"])
def test_what_need_not_fit_starts_without_fitting(room: str) -> None:
    """Importing the package, or a room that scoring goes through, loads neither scikit-learn nor pandas."""
    script = f"import sys, segmentry{room}; print([m for m in ('sklearn', 'scipy', 'pandas') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


LATE = {"src/segmentry/__init__.py", "src/segmentry/tables/database/drivers.py"}


def test_only_the_root_and_the_drivers_import_by_name() -> None:
    """Besides the package root, only the module of optional database drivers imports a module by its name."""
    named = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "src" / "segmentry").rglob("*.py")
        if "import_module" in path.read_text(encoding="utf-8")
    }
    assert named == LATE


def test_only_the_root_imports_late() -> None:
    """Elsewhere than in the package root and the commands, imports stand at the top of the module."""
    late = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for path in sorted((ROOT / "src" / "segmentry").rglob("*.py"))
        if "cli" not in path.parts
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []
