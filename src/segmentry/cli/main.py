"""The command line's entrance: collects the commands and turns errors into exit codes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import typer

import segmentry
from segmentry.cli import compare, dashboard, explain, fit, inspect, model, recommend, sample, score, serve, sql
from segmentry.cli.terminal import complain, finish, hush
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


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"segmentry {segmentry.__version__}")
        raise typer.Exit


@app.callback()
def _about(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


app.command("inspect", epilog="Example: segmentry inspect customers.csv -o look/")(inspect.inspect)
app.command("fit", epilog="Example: segmentry fit customers.csv --k 2-10 -o segments/")(fit.fit)
app.command("compare", epilog="Example: segmentry compare customers.csv --k 5 -o comparison/")(compare.compare)
app.command("score", epilog="Example: segmentry score segments/segmentation.seg new.csv -o scored.csv")(score.score)
app.command("explain", epilog="Example: segmentry explain segments/segmentation.seg --set age=41 --set income=52000")(
    explain.explain
)
app.command(
    "recommend", epilog="Example: segmentry recommend segments/segmentation.seg --id 00042 --orders orders.csv"
)(recommend.recommend)
app.command("demo", epilog="Example: segmentry demo -o demo/")(fit.demo)
app.command("report", epilog="Example: segmentry report segments/segmentation.seg -o report.html")(model.report)
app.command("rename", epilog='Example: segmentry rename segments/segmentation.seg s1="Premium loyal"')(model.rename)
app.command("sql", epilog="Example: segmentry sql segments/segmentation.seg --dialect postgres --table crm.customers")(
    sql.sql
)
app.command("app", epilog="Example: segmentry app segments/")(dashboard.app)
app.command("serve", epilog="Example: segmentry serve segments/segmentation.seg --port 8000")(serve.serve)
app.add_typer(sample.app, name="sample")


def main() -> None:
    """Runs a command. Exit codes: 0 done, 1 input or setting wrong, 2 wrong usage, 130 and 143 for signals."""
    signal.signal(signal.SIGTERM, _terminated)
    _open_what_is_closed()
    _speak_utf8()
    try:
        code = _run()
        finish()
    except BrokenPipeError:
        hush()
        code = 0
    except OutputError as error:
        complain(error)
        code = 1
    sys.exit(code)


def _run() -> int:
    try:
        app(standalone_mode=True)
    except SegmentryError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None  # the library takes it for a failure
        return end.code if isinstance(end.code, int) else 1
    return 0


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _open_what_is_closed() -> None:
    """Whoever closed stdout wants no words; but its place would go to the next file that is opened."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open


def _speak_utf8() -> None:
    """A name with an accent must not end the program on a console that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
