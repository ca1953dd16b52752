"""Rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import csv
import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

import segmentry
from segmentry.cli import app
from segmentry.tables.masking import FEWEST_TOLD

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "segmentry"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 500
LONGEST_BODY = 60  # lines of a function below its arguments

UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "__import__"}
UNSAFE_ATTRIBUTES = {
    ("yaml", "load"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("pd", "eval"), ("pandas", "eval"),
    ("np", "fromstring"), ("os", "system"), ("os", "popen"),
}  # fmt: skip

# Pages whose commands people paste.
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Whole names that any shop's table may have, though they are made of two words.
GENERIC_NAMES = {"customerid", "customer id", "customer_id", "user_id", "total spend"}
# Made-up words that no rule below can tell from plain ones.
PECULIAR_WORDS = {"Kidhome", "Teenhome"}


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def unsafe_uses(tree: ast.Module) -> list[str]:
    """What in a module would run code that comes with data, as `line: what`."""
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in UNSAFE_MODULES:
            names = [node.module]
        elif isinstance(node, ast.Call):
            names = _unsafe_call(node)
        found += [f"{getattr(node, 'lineno', 0)}: {name}" for name in names]
    return found


def _unsafe_call(node: ast.Call) -> list[str]:
    called = node.func
    if isinstance(called, ast.Name) and called.id in UNSAFE_CALLS:
        return [called.id]
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        pair = (called.value.id, called.attr)
        if pair in UNSAFE_ATTRIBUTES:
            return [".".join(pair)]
        if pair == ("importlib", "import_module") and not isinstance(node.args[0], ast.Constant):
            return ["importlib.import_module of a name that is not written out"]
    allowing = [k for k in node.keywords if k.arg == "allow_pickle" and getattr(k.value, "value", True) is not False]
    return ["allow_pickle"] if allowing else []


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_nothing_runs_code_that_comes_with_data(path: Path) -> None:
    """No module unpickles, evaluates text or loads YAML unsafely."""
    assert unsafe_uses(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "x = eval('1')",
        "import yaml; yaml.load(text)",
        "np.load(path, allow_pickle=True)",
        "importlib.import_module(name)",
    ],
)
def test_unsafe_code_is_recognised(line: str) -> None:
    """The rule above sees each of the ways."""
    assert unsafe_uses(ast.parse(line))


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_every_module_says_what_it_does(path: Path) -> None:
    """Each module of the package begins with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{place(path)} has no docstring"


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))], ids=place)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    """No Python file is longer than 500 lines."""
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= LONGEST, f"{place(path)} has {n_lines} lines: make a folder of it"


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_a_function_does_one_thing(path: Path) -> None:
    """No function has more than 60 lines below its arguments."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    lengths = {f.name: (f.end_lineno or 0) - f.body[0].lineno + 1 for f in functions}
    assert {name: n for name, n in lengths.items() if n > LONGEST_BODY} == {}


# Numbers of customers that are ten too, and that nobody's privacy rests on.
NOT_FOR_PRIVACY = {"exploration/values.py: _FEW", "purchases/customers.py: _FEWEST_TO_TELL"}


def own_floors(path: Path) -> Iterator[str]:
    """Constants of a module that state, by their name and number, how many customers a figure must rest on."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        is_floor = isinstance(value, ast.Constant) and value.value in (10, FEWEST_TOLD)
        if is_floor and isinstance(target, ast.Name) and re.search("FEW|LEAST|MINIMUM|FLOOR|COMMON", target.id):
            yield f"{path.relative_to(PACKAGE).as_posix()}: {target.id}"


def test_the_floor_of_privacy_is_stated_once() -> None:
    """How many customers a figure stands for at least is one constant: who raises it raises it everywhere."""
    found = {floor for path in MODULES for floor in own_floors(path)}
    assert found - NOT_FOR_PRIVACY == {"tables/masking.py: FEWEST_TOLD"}
    assert found >= NOT_FOR_PRIVACY


def test_help_tells_the_floor_of_privacy() -> None:
    """The help of `--share` says in words what the constant, which is costly to load there, says in figures."""
    word = {10: "ten"}[FEWEST_TOLD]
    command: click.Command = typer.main.get_command(app)
    for name in ("fit", "report"):
        share = next(p for p in command.commands[name].params if p.name == "share")
        assert f"fewer than {word} customers" in share.help


def is_peculiar(name: str) -> bool:
    """Whether a column's name is so special that knowing it means knowing the file."""
    if name.lower() in GENERIC_NAMES:
        return False
    compound = bool(re.search(r"[_ ()\d]", name)) or bool(re.search(r"[a-z][A-Z]", name))
    return compound or name in PECULIAR_WORDS


def headers(folder: Path) -> set[str]:
    names: set[str] = set()
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
        names.update(next(csv.reader([first.strip()], delimiter="\t" if "\t" in first else ",")))
    return names


def test_peculiar_names_are_told_from_plain_ones() -> None:
    """A compound name is peculiar, a plain word is not."""
    peculiar = ["MntWines", "AcceptedCmp3", "Z_Revenue", "Annual Income (k$)", "Kidhome"]
    plain = ["Age", "Gender", "ID", "City", "Recency", "CustomerID"]
    assert [name for name in peculiar + plain if is_peculiar(name)] == peculiar


def test_no_column_of_a_known_file_is_built_in(shared_data: Path) -> None:
    """Roles come from words and values, not from the spelling of one well-known file."""
    names = sorted(name for name in headers(shared_data) if is_peculiar(name))
    assert names, "the real data files have no headers"
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))
    texts = [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in (".py", ".toml", ".json", ".html", ".j2")]
    found = {f"{place(path)}: {match}" for path in texts for match in pattern.findall(path.read_text(encoding="utf-8"))}
    assert found == set()


def test_the_version_is_one() -> None:
    """The package and its project file tell the same version."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    package = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    stated = re.search(r'^version = "(.+)"$', project, re.M)
    said = re.search(r'^__version__ = "(.+)"$', package, re.M)
    assert stated
    assert said
    assert stated[1] == said[1]


@pytest.mark.parametrize("name", segmentry.__all__)
def test_every_public_name_explains_itself(name: str) -> None:
    """Each name that `import segmentry` offers can be had, and says what comes out and how it is used or fails."""
    public = getattr(segmentry, name)
    said = inspect.getdoc(public) or ""
    assert said, f"{name} has no docstring"
    assert not said.startswith(f"{name}("), f"{name} has only the docstring that dataclasses write"
    if inspect.isfunction(public):
        assert ">>>" in said or "Raises" in said, f"{name} shows no example and tells no error"


def test_public_names_are_all_there_are() -> None:
    """What `dir(segmentry)` lists is what can be had, each name once."""
    assert len(set(segmentry.__all__)) == len(segmentry.__all__)
    assert set(dir(segmentry)) == {*segmentry.__all__, "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        segmentry.nonsense  # noqa: B018


def test_every_room_is_on_the_page_of_rooms() -> None:
    """`docs/how-it-works.md` says what each folder and each module of the package does, and names none that is gone."""
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?`) \| ", page, re.M)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert told == rooms | {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")}


def test_every_page_can_be_reached_from_the_first() -> None:
    """README links each page of `docs`."""
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert linked == {path.name for path in (ROOT / "docs").glob("*.md")}


def shell_lines(page: Path) -> Iterator[list[str]]:
    """The words of each `segmentry` and `make` line in the code blocks of a page, comments left out."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, re.S | re.M)
    indented = re.findall(r"(?:^ {4}.*\n)+", text, re.M)
    for block in (*fenced, *indented):
        for line in block.replace("\\\n", " ").splitlines():
            text = re.sub(r"^(\$ |\.venv/bin/)+", "", line.strip())
            if re.match(r"(segmentry|make) ", text):
                yield shlex.split(text, comments=True)


def wrong_words(words: list[str]) -> list[str]:
    """What of a command's words does not exist: a command, an option, a target."""
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        return [word for word in words[1:] if "=" not in word and not word.startswith("-") and word not in targets]
    command: click.Command = typer.main.get_command(app)
    rest = words[1:]
    while rest and hasattr(command, "commands"):
        if rest[0].startswith("-"):
            break
        if rest[0] not in command.commands:
            return [rest[0]]
        command = command.commands[rest.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"-h", "--help"}
    return [word for word in rest if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known]


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_commands_on_our_pages_exist(page: Path) -> None:
    """Every `segmentry` and `make` line of a page names commands, options and targets that there are."""
    wrong = {" ".join(words): found for words in shell_lines(page) if (found := wrong_words(words))}
    assert wrong == {}


def test_the_readme_shows_commands() -> None:
    """The lines that the rule above looks at are found at all."""
    shown = {words[0] for words in shell_lines(ROOT / "README.md")}
    assert shown == {"segmentry", "make"}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("segmentry fit customers.csv -o out/ --k 2-8", []),
        ("segmentry sample mall --messy -o mall.csv", []),
        ("segmentry fti customers.csv", ["fti"]),
        ("segmentry fit customers.csv --kk 3", ["--kk"]),
        ("segmentry sample mal -o x.csv", ["mal"]),
        ("make setup PYTHON=python3.13", []),
        ("make tests", ["tests"]),
    ],
)
def test_a_wrong_command_is_noticed(line: str, wrong: list[str]) -> None:
    """The rule above sees commands, options and targets that are not there."""
    assert wrong_words(shlex.split(line)) == wrong


def test_pythons_are_found_or_said_to_be_absent() -> None:
    """The list of interpreters gives a path that runs for each that is there, and a dash for the others."""
    command = ["bash", str(ROOT / ".ci" / "pythons"), sys.executable, "python9.99", "/no/such/python"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert listed == [f"{sys.executable} {sys.executable}", "python9.99 -", "/no/such/python -"]
