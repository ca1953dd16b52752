"""A private PostgreSQL server for the tests that need a real one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PASSWORD = "ge-heim%77"


def _binaries() -> Path | None:
    """Where Debian keeps the server's programs, the newest first; they are not on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]), reverse=True)
    beside = shutil.which("initdb")
    return found[0].parent if found else Path(beside).parent if beside else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server of our own, with its password in it."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    # The server refuses to run as root; its package brings a user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="segmentry-pg-"))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    data.mkdir()
    folder.chmod(0o755)
    if as_user:
        shutil.chown(data, "postgres")

    def run(*words: str) -> None:
        subprocess.run([*as_user, *words], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    port = _free_port()
    try:
        create = ["-A", "scram-sha-256", "-U", "shop", f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C"]
        run(str(binaries / "initdb"), "-D", str(data), *create)
        options = f"-p {port} -k {data} -h 127.0.0.1 -F"
        run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-o", options, "-l", str(data / "log"), "start")
        yield f"postgresql://shop:{PASSWORD.replace('%', '%25')}@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
