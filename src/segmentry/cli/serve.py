"""`segmentry serve`: a model as a REST API."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from pathlib import Path

import typer

from segmentry.cli.terminal import say
from segmentry.errors import MissingExtraError, SettingsError

_OWN = "localhost"


def serve(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote."),
    host: str = typer.Option(
        "127.0.0.1", "--host", help="Address to listen on; other than this machine's own, keys are needed."
    ),
    port: int = typer.Option(8000, "--port", min=0, max=65535, help="Port to listen on; 0 takes a free one."),
    workers: int = typer.Option(1, "--workers", min=1, max=64, help="Processes that answer."),
    api_key_file: Path | None = typer.Option(
        None,
        "--api-key-file",
        help="File with a line for each key: name, score or admin, key. Only its owner may read it. "
        "Without it, the variable SEGMENTRY_API_KEYS holds such lines.",
    ),
    requests_per_minute: int = typer.Option(600_000, "--requests-per-minute", min=1, help="By key, in each worker."),
    customers_per_minute: int = typer.Option(
        12_000_000, "--customers-per-minute", min=1, help="By key, in each worker."
    ),
    max_customers: int = typer.Option(10_000, "--max-customers", min=1, help="Customers in one request."),
    patience: float = typer.Option(10.0, "--patience", min=0.1, help="Seconds that a request may take to arrive."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Answer requests for the segments of MODEL: POST /v1/score, POST /v1/explain, GET /v1/segments, /v1/schema.

    Send SIGHUP, or POST /v1/model/reload with an admin key, after the model file was replaced: no request is lost.
    SIGTERM ends the server in order. /health/live and /health/ready need no key; /metrics is for Prometheus.
    """
    try:
        from segmentry.serve import ServeSettings
        from segmentry.serve.models import read_model
        from segmentry.serve.supervisor import Supervisor, listen
        from segmentry.serve.worker import KEYS_VARIABLE, keys_for, run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "segmentry":
            raise
        raise MissingExtraError("The REST API is not installed.", "serve") from None

    has_keys = bool(api_key_file or os.environ.get(KEYS_VARIABLE))
    if not has_keys and not _is_loopback(host):
        raise SettingsError(
            f"Whoever reaches {host} could ask for segments, and there is no key.",
            remedy="Pass --api-key-file keys.txt with a line such as: shop score <a long random text>.",
        )
    place = f"[{host}]" if ":" in host else host
    settings = ServeSettings(
        model=str(model),
        max_customers=max_customers,
        requests_per_minute=requests_per_minute,
        customers_per_minute=customers_per_minute,
        body_seconds=patience,
        needs_key=has_keys,
        hosts=() if has_keys else tuple(sorted({_OWN, "127.0.0.1", "[::1]", place.lower()})),
        key_file=None if api_key_file is None else str(api_key_file),
    )
    # Until there is somebody to hear it, SIGHUP would end the process; it is heard as soon as the server is ready.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    keys_for(settings)
    read = read_model(settings.model)
    listener = listen(host, port)
    if not quiet:
        say(f"{len(read.segmentation.segments)} segments from {model} at http://{place}:{listener.getsockname()[1]}")
        say("Next: GET /v1/schema tells the fields of a customer; /openapi.json is the whole description.")
        sys.stdout.flush()
    if workers > 1:
        raise typer.Exit(Supervisor(settings, listener, workers).run())
    run(settings, listener)


def _is_loopback(host: str) -> bool:
    try:
        return host == _OWN or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
