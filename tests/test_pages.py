"""The code on our pages runs: every Python block of a page, in order, in one namespace, in an empty folder; and the
commands of the first page, one after the other, as someone new would type them."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from runpy import run_path

import pytest

import segmentry as sg

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MUST_HAVE_CODE = {"from-a-notebook.md", "python.md"}

# A Python block, and the text block right after it, which is what the Python block prints.
_BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n?```text\n(?P<printed>.*?)^```\n)?", re.S | re.M)


@dataclass(frozen=True)
class Block:
    """Code on a page, the line of the fence above it, and what it says that the code prints."""

    line: int
    code: str
    printed: str | None


def blocks(text: str) -> list[Block]:
    return [Block(text.count("\n", 0, m.start("code")), m["code"], m["printed"]) for m in _BLOCK.finditer(text)]


def run(page: str, text: str) -> None:
    """Runs the blocks of a page; an error tells the page's line, and what is printed must be what the page shows."""
    namespace: dict[str, object] = {"__name__": "page"}
    for block in blocks(text):
        code = compile("\n" * block.line + block.code, page, "exec")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
        if block.printed is not None:
            assert printed.getvalue().split() == block.printed.split(), f"{page}, line {block.line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_on_the_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python block of the page runs, and prints what the page shows beneath it."""
    text = page.read_text(encoding="utf-8")
    assert blocks(text) or page.name not in MUST_HAVE_CODE
    monkeypatch.chdir(tmp_path)
    run(page.name, text)


def test_the_commands_on_the_first_page_run(tmp_path: Path) -> None:
    """From an empty folder: what is made up is segmented, scored, compared and renamed. What stays open is not run."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shell = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M))
    commands = [shlex.split(line, comments=True)[1:] for line in shell.splitlines() if line.startswith("segmentry ")]
    run_here = [words for words in commands if words[0] not in ("app", "serve")]
    assert {words[0] for words in run_here} == {"sample", "fit", "score", "drift", "rename"}
    for words in run_here:
        if words[0] == "fit":
            for own, later in (("customers.csv", "new.csv"), ("orders.csv", "newer.csv")):
                shutil.copy(tmp_path / own, tmp_path / later)
        command = [sys.executable, "-m", "segmentry", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done.stderr)
    assert {"segments/report.html", "scored.csv", "buyers.csv"} <= {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("page", ["docs/extending.md", "docs/how-it-works.md", "CONTRIBUTING.md"])
def test_files_that_a_page_sends_to_are_there(page: str) -> None:
    """Whoever follows a page for developers finds each module, folder and test that it names."""
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)+|[\w-]+\.py)`", (ROOT / page).read_text(encoding="utf-8")))
    named -= {"shared/data"}  # lies beside the checkout, or not
    homes = [ROOT, ROOT / "src" / "segmentry", ROOT / "src" / "segmentry" / "features"]
    assert named
    assert [name for name in sorted(named) if not any((home / name).exists() for home in homes)] == []


def test_blocks_share_a_namespace_and_an_error_tells_its_line() -> None:
    """A later block sees the names of an earlier one; what fails is placed on the page."""
    page = "# Page\n\n```python\nx = 1\n```\n\n```python\nprint(x)\n```\n\n```text\n1\n```\n"
    run("page.md", page)
    with pytest.raises(ZeroDivisionError) as caught:
        run("page.md", "# Page\n\n```python\nx = 1\nx / 0\n```\n")
    assert caught.traceback[-1].lineno + 1 == 5


def test_a_page_that_shows_something_else_is_caught() -> None:
    """What a page says is printed must be printed."""
    with pytest.raises(AssertionError, match=r"page\.md, line 1"):
        run("page.md", "```python\nprint(2)\n```\n\n```text\n1\n```\n")


def test_the_speed_on_the_first_page_is_the_one_that_was_measured() -> None:
    """README's seconds and times are those of the benchmark's table."""
    table = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    row = re.search(r"\| fit, 10 million: Parquet to all outputs \| ([\d.]+) s \| .* \| (\d+) times \|", table)
    assert row is not None
    told = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"take about {round(float(row[1]))} s on two cores, {row[2]} times faster" in told


SIGNATURE = re.compile(r"`(\w+)\(([^`]*)\)`")


def test_signatures_on_the_page_are_those_of_the_functions() -> None:
    """What docs/python.md shows of a function's arguments and defaults is what the function takes."""
    shown = SIGNATURE.findall((ROOT / "docs" / "python.md").read_text("utf-8"))
    assert {name for name, _ in shown} >= {"fit", "explain", "recommend", "inspect", "compare", "to_sql"}
    for name, arguments in shown:
        parameters = inspect.signature(getattr(sg, name)).parameters.values()
        plain = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
        assert str(inspect.Signature(plain)).replace("'", '"') == f"({arguments})", name


def test_the_page_of_commands_is_what_they_say_of_themselves() -> None:
    """docs/commands.md is as `make commands` would write it, and every command that there is has its words on it."""
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if f"typer=={version('typer')}" not in pins:
        pytest.skip("the page is written with the typer of constraints.txt, and others lay help out otherwise")
    made = run_path(str(ROOT / "docs" / "commands.py"))["page"]()
    assert (ROOT / "docs" / "commands.md").read_text("utf-8") == made
    assert all(f"## segmentry {name}\n" in made for name in ("fit", "serve", "sample orders"))
    assert "..." not in made.split("## segmentry inspect")[0].split("Commands:")[1]
