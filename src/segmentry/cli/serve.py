"""`segmentry serve`: a model as a REST API."""

from __future__ import annotations

import ipaddress
import os
import signal
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from segmentry.cli.reading_options import AS_OF
from segmentry.cli.terminal import finish, say
from segmentry.errors import MissingExtraError, SettingsError, plural

if TYPE_CHECKING:
    from segmentry.serve import ServeSettings

_OWN = "localhost"
_KEY_FILE = (
    "File with a line for each key: name, score or admin, key. Only its owner may read it. "
    "Without it, the variable SEGMENTRY_API_KEYS holds such lines."
)
_PER_MINUTE = "Of one key, in each worker; more are refused with 429."


def serve(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote."),
    host: str = typer.Option(
        "127.0.0.1", "--host", help="Address to listen on; other than this machine's own, keys are needed."
    ),
    port: int = typer.Option(8000, "--port", min=0, max=65535, help="Port to listen on; 0 takes a free one."),
    workers: int = typer.Option(1, "--workers", min=1, max=64, help="Processes that answer; one for each core."),
    api_key_file: Path | None = typer.Option(None, "--api-key-file", help=_KEY_FILE),
    requests_per_minute: int = typer.Option(600_000, "--requests-per-minute", min=1, help=_PER_MINUTE),
    customers_per_minute: int = typer.Option(12_000_000, "--customers-per-minute", min=1, help=_PER_MINUTE),
    as_of: datetime | None = typer.Option(None, "--as-of", formats=["%Y-%m-%d"], help=AS_OF),
    max_customers: int = typer.Option(10_000, "--max-customers", min=1, help="Customers in one request."),
    patience: float = typer.Option(10.0, "--patience", min=0.1, help="Seconds that a request may take to arrive."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Answer other programs over HTTP, in JSON: which segment of MODEL is a customer in, and why?

    \b
    POST /v1/score         customers, up to 10,000: segment, confidence, runner-up
    POST /v1/explain       one customer: why there, and what would move them
    GET  /v1/segments      names, sizes, evidence, plans
    GET  /v1/schema        the fields that a customer may have: begin here
    GET  /openapi.json     all of it, for programs
    GET  /health/live      and /health/ready, without a key; /metrics for Prometheus

    \b
    In another window:
      curl http://127.0.0.1:8000/v1/schema
      curl http://127.0.0.1:8000/v1/score -H 'Content-Type: application/json' \\
        -d '{"customers": [{}]}'

    Between the inner braces go fields that the schema lists, such as "income": 52000; all may be left out.
    On this machine no key is needed. To answer others, make a file of keys:

    \b
      echo "shop score $(openssl rand -hex 24)" > keys.txt && chmod 600 keys.txt
      segmentry serve MODEL --host 0.0.0.0 --api-key-file keys.txt

    After the model file was replaced, send SIGHUP, or POST /v1/model/reload with an admin key: no request is lost.
    SIGTERM ends the server when what it has begun is answered.
    """
    _check_installed()
    from segmentry.serve import ServeSettings

    has_keys = _has_keys(host, api_key_file)
    place = f"[{host}]" if ":" in host else host
    settings = ServeSettings(
        model=str(model),
        as_of=as_of.date() if as_of else None,
        max_customers=max_customers,
        requests_per_minute=requests_per_minute,
        customers_per_minute=customers_per_minute,
        body_seconds=patience,
        needs_key=has_keys,
        hosts=() if has_keys else tuple(sorted({_OWN, "127.0.0.1", "[::1]", place.lower()})),
        key_file=None if api_key_file is None else str(api_key_file),
    )
    _answer(settings, host, port, workers, quiet)


def _check_installed() -> None:
    try:
        import segmentry.serve.worker  # noqa: F401
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "segmentry":
            raise
        raise MissingExtraError("The REST API is not installed.", "serve") from None


def _has_keys(host: str, api_key_file: Path | None) -> bool:
    """Whether keys are asked for. Raises SettingsError where they must be, and are not."""
    from segmentry.serve.worker import KEYS_VARIABLE

    has_keys = bool(api_key_file or os.environ.get(KEYS_VARIABLE))
    if not has_keys and not _is_loopback(host):
        raise SettingsError(
            f"Whoever reaches {host} could ask for segments, and there is no key.",
            remedy="Pass --api-key-file keys.txt with a line such as: shop score <a long random text>.",
        )
    return has_keys


def _answer(settings: ServeSettings, host: str, port: int, workers: int, quiet: bool) -> None:
    """Checks keys and model, listens, says so, and answers until a signal ends it."""
    from segmentry.serve.models import read_model
    from segmentry.serve.supervisor import Supervisor, listen
    from segmentry.serve.worker import keys_for, run

    # Until there is somebody to hear it, SIGHUP would end the process; it is heard as soon as the server is ready.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    keys_for(settings)
    read = read_model(settings.model, settings.as_of)
    listener = listen(host, port)
    if not quiet:
        place, number = f"[{host}]" if ":" in host else host, listener.getsockname()[1]
        say(f"{plural(len(read.segmentation.segments), 'segment')} from {settings.model} at http://{place}:{number}")
        say("Next: GET /v1/schema tells the fields of a customer; /openapi.json is the whole description.")
        finish()
    if workers > 1:
        raise typer.Exit(Supervisor(settings, listener, workers).run())
    run(settings, listener)


def _is_loopback(host: str) -> bool:
    try:
        return host == _OWN or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
