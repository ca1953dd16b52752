"""The command line's entrance: collects the commands and turns errors into exit codes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any

import typer

import segmentry
from segmentry.cli import compare, dashboard, drift, explain, fit, inspect, model, recommend, sample, score, serve, sql
from segmentry.cli.terminal import complain, complain_of_fault, complain_of_usage, finish, hush
from segmentry.errors import OutputError, SegmentryError

app = typer.Typer(
    name="segmentry",
    help="From a raw customer file to segments that a marketer can understand, trust, act on and keep using.",
    epilog="Start with: segmentry demo -o demo/    then: segmentry fit customers.csv -o segments/",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)

_MEMORY = "Free some, raise the limit of this process (ulimit -v, or that of its container), or keep fewer columns."
_SOON = 0.05  # seconds
_MODEL = "segments/segmentation.seg"
# What the library raises for wrong usage of any kind; it has a public name for one kind only.
_WrongUsage: type[Any] = typer.BadParameter.__bases__[0]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"segmentry {segmentry.__version__}")
        raise typer.Exit


@app.callback()
def _about(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


# name, function, what the list of commands says of it (65 characters fit on a line), an example
_COMMANDS: tuple[tuple[str, Callable[..., None], str, str], ...] = (
    ("inspect", inspect.inspect, "Look before fitting: what each column is, what is wrong.", "customers.csv -o look/"),
    ("fit", fit.fit, "Find the segments of customers, or of who bought.", "customers.csv --k 2-10 -o segments/"),
    (
        "compare",
        compare.compare,
        "The same customers by several methods, side by side.",
        "customers.csv --k 5 -o comparison/",
    ),
    ("score", score.score, "Place new customers in the segments of a model.", f"{_MODEL} new.csv -o scored.csv"),
    ("drift", drift.drift, "Whether later customers are still like those of the fit.", f"{_MODEL} new.csv"),
    ("explain", explain.explain, "Segments as rules of thumb, or one customer: why there.", f"{_MODEL} --set age=41"),
    ("recommend", recommend.recommend, "What to offer to whom.", f"{_MODEL} --id 00042 --orders orders.csv"),
    ("demo", fit.demo, "A made-up shop, from file to report.", "-o demo/"),
    ("report", model.report, "Write the report of a model anew.", f"{_MODEL} -o report.html"),
    ("rename", model.rename, "Give segments names of your own.", f'{_MODEL} s1="Premium loyal"'),
    ("sql", sql.sql, "Write the scorer of a model as SQL.", f"{_MODEL} --dialect postgres --table crm.customers"),
    ("app", dashboard.app, "The dashboard: segments in a browser.", "segments/"),
    ("serve", serve.serve, "The REST API: segments for other programs.", f"{_MODEL} --port 8000"),
)
for _name, _function, _short, _example in _COMMANDS:
    app.command(_name, short_help=_short, epilog=f"Example: segmentry {_name} {_example}")(_function)
app.add_typer(sample.app, name="sample")


def main() -> None:
    """Runs a command. Exit codes: 0 done, 1 input or setting wrong, 2 wrong usage, 129, 130 and 143 for signals."""
    _end_in_order()
    _open_what_is_closed()
    _speak_utf8()
    as_json = _wants_json(sys.argv[1:])
    try:
        code = _run(as_json)
        finish()
    except BrokenPipeError:
        hush()
        code = 0
    except OutputError as error:
        complain(error, as_json)
        code = 1
    sys.exit(code)


def _run(as_json: bool) -> int:
    try:
        ended = app(standalone_mode=False)
    except SegmentryError as error:
        complain(error, as_json)
        return 1
    except MemoryError:
        complain(SegmentryError("The memory is used up.", remedy=_MEMORY, code="memory"), as_json)
        return 1
    except _WrongUsage as error:
        return complain_of_usage(error, as_json)
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None  # the library takes it for a failure
        return end.code if isinstance(end.code, int) else 1
    except BrokenPipeError:
        raise
    except BaseException as error:  # a panic of an engine is no Exception
        if not as_json:
            raise
        return complain_of_fault(error)
    return ended if isinstance(ended, int) else 0


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether the answer is for programs, and the errors with it: also where the arguments cannot be understood.

    >>> _wants_json(["score", "spring.seg", "--json"]), _wants_json(["inspect", "--", "--json"])
    (True, False)
    """
    return "--json" in takewhile(lambda argument: argument != "--", arguments)


def _end_in_order() -> None:
    """A signal that ends the process lets it remove what is unfinished, temporary files of customers above all."""
    sys.unraisablehook = _not_lost
    signal.signal(signal.SIGTERM, _ended)
    hangup = getattr(signal, "SIGHUP", None)  # the terminal was closed; not every system has it
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_DFL:  # nohup has it ignored
        signal.signal(hangup, _ended)


def _ended(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _not_lost(lost: Any) -> None:
    """Where Python drops exceptions, as while it looks for garbage, a signal is dropped with them: it comes again."""
    ended = lost.exc_value
    status = 128 + signal.SIGINT if isinstance(ended, KeyboardInterrupt) else getattr(ended, "code", None)
    if not isinstance(ended, (SystemExit, KeyboardInterrupt)) or not isinstance(status, int) or status <= 128:
        sys.__unraisablehook__(lost)
        return
    again = threading.Timer(_SOON, os.kill, (os.getpid(), status - 128))
    again.daemon = True
    again.start()


def _open_what_is_closed() -> None:
    """Whoever closed stdout wants no words; but its place would go to the next file that is opened."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - it stays open
            os.set_inheritable(stream.fileno(), True)  # the workers of a server have three streams as well
            setattr(sys, name, stream)


def _speak_utf8() -> None:
    """A name with an accent must not end the program on a console that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
