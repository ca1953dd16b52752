"""Writes docs/commands.md: what every command says of itself with --help, on one page.

make commands
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
from typer.testing import CliRunner

from segmentry.cli import app

PAGE = Path(__file__).with_suffix(".md")
WIDTH = 118
HEAD = """# The commands

What each command says with `--help`, on one page to search in. What was found goes to stdout, in words or, with
`--json`, for programs; warnings, errors and progress go to stderr. A command ends with 0 when it is done, 1 when the
input or a setting is wrong, 2 when the command itself is, and 129, 130 or 143 when it was stopped.

With `--json` an error is JSON too: one line on stderr, laid out here for reading, while stdout has the whole result or
nothing. `found` and `remedy` may be empty, and the code of wrong usage is `usage`. A fault of segmentry itself has
the code `internal`, its kind and its place, and none of its own words, in which values of customers may stand; the
same command without `--json` shows the traceback:

```json
{
  "error": {
    "code": "unreadable-file",
    "message": "new.csv does not exist.",
    "found": "",
    "remedy": "Check the name and the folder."
  },
  "exit_status": 1
}
```
"""


def main() -> None:
    """Writes the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(f"## {words}\n\n```text\n{_help(words)}\n```\n" for words in _called(app, "segmentry"))])


def _called(group: typer.Typer, words: str) -> Iterator[str]:
    """The words that call the group, and then those of each command in it."""
    yield words
    for command in group.registered_commands:
        yield f"{words} {command.name}"
    for below in group.registered_groups:
        yield from _called(below.typer_instance, f"{words} {below.name}")


def _help(words: str) -> str:
    name, *command = words.split()
    return CliRunner().invoke(app, [*command, "--help"], prog_name=name, terminal_width=WIDTH).output.rstrip()


if __name__ == "__main__":
    main()
