"""`segmentry app`: the dashboard, in a browser on this machine."""

from __future__ import annotations

import socket
from datetime import date
from pathlib import Path

import typer

from segmentry.cli.terminal import finish, inert, say
from segmentry.errors import MissingExtraError, OutputError

ADDRESS = "127.0.0.1"
PORT = 8700


def app(
    source: Path | None = typer.Argument(
        None,
        metavar="[OUT_OR_MODEL]",
        help="The folder that `segmentry fit -o` wrote, or a .seg file. Without one it begins at New data.",
    ),
    port: int = typer.Option(PORT, "--port", min=0, max=65535, help="Port to listen on; 0 takes any that is free."),
    browser: bool = typer.Option(True, "--browser/--no-browser", help="Open the browser at that address."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Show the segments in a browser: what they are, who is in them, what to do; try other numbers, place customers.

    \b
    Overview           a card for each segment, how real they are, what to read before acting
    Explore            pictures of any features, with filters
    How many segments  why so many; another number or other features beside what is open
    Customers          search, sort and export; a page for each segment, to rename it and plan
    Predict            enter a customer or look one up: segment, why, and what would move them
    New data           hand in a file, see what is wrong with it, correct it, fit

    \b
    segmentry app                      # begins at New data; sample data is one click away
    segmentry app segments/            # what `fit -o segments/` wrote, with its customers
    segmentry app segmentation.seg     # a model file alone: everything but customers

    It answers on this machine only and asks the network for nothing. New names and plans are kept in the model file;
    files that were handed in, and fits of them, are gone when it ends (Ctrl+C): download what is to stay.
    """
    try:
        import uvicorn

        from segmentry.app import make_site
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"The dashboard needs '{error.name}', which is not installed.", "app") from None

    with _listen(port) as listening:
        site = make_site(source, date.today)
        address = f"http://{ADDRESS}:{listening.getsockname()[1]}/"
        if not quiet:
            say(f"{inert(str(source)) if source is not None else 'The dashboard'}: {address}")
            say("Press Ctrl+C to end it.")
            finish()
        if browser:
            typer.launch(address)
        config = uvicorn.Config(site, log_level="critical", server_header=False, timeout_graceful_shutdown=3)
        uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    """A socket that is bound already, so that the address that is printed is one that answers."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((ADDRESS, port))
    except OSError as error:
        made.close()
        raise OutputError(
            f"Port {port} cannot be listened on.",
            found=error.strerror or "",
            remedy="Pass another --port, or --port 0.",
        ) from None
    made.listen(128)
    return made
