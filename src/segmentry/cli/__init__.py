"""Commands: parse, call, print. The only room, with the servers, that knows terminals, exit codes and today's date."""

from segmentry.cli.main import app, main

__all__ = ["app", "main"]
