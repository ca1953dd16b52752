"""The command that starts the dashboard: what it prints, how it ends, and what it refuses."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import httpx
import pytest

from segmentry.cli import main

pytestmark = pytest.mark.xdist_group("browser")
COMMAND = [sys.executable, "-c", "from segmentry.cli import main; main()", "app", "--no-browser"]


def refused(*arguments: object) -> str:
    """What the command says before it ends with 1, run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["segmentry", "app", "--no-browser", *map(str, arguments)])
        handler = signal.getsignal(signal.SIGTERM)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            signal.signal(signal.SIGTERM, handler)
    assert ended.value.code == 1
    assert out.getvalue() == ""
    assert "Traceback" not in err.getvalue()
    return err.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind on this platform")
def test_it_answers_at_the_address_it_prints_and_ends_clean(fitted, tmp_path):
    """The printed address answers on this machine alone; SIGTERM ends it with 143, and no scratch file stays."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [*COMMAND, str(fitted), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    assert address.startswith("http://127.0.0.1:")
    assert httpx.get(address, timeout=60).status_code == 200
    assert list(scratch.glob("segmentry-app-*"))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err == ""
    assert not list(scratch.glob("segmentry-app-*"))


def test_what_is_no_model_is_refused_before_anything_is_served(tmp_path, fitted):
    """A folder without a model, a file that is none and a damaged one are errors that say what to name."""
    assert "Name the folder that `segmentry fit -o` wrote" in refused(tmp_path)
    assert "is not a segmentation file" in refused(fitted / "summary.json")
    damaged = Path(shutil.copy(fitted / "segmentation.seg", tmp_path / "damaged.seg"))
    damaged.write_bytes(damaged.read_bytes() + b" ")
    assert "is damaged" in refused(damaged)


def test_a_port_that_is_taken_is_said(fitted):
    """Another program at the port is told with the way out."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "Pass another --port" in refused(fitted, "--port", other.getsockname()[1])


def test_without_the_extra_it_says_what_to_install(fitted):
    """Where the web framework is not installed, the command says which extra brings it."""
    code = (
        "import sys; sys.modules['starlette'] = None; sys.modules['uvicorn'] = None;"
        f"sys.argv = ['segmentry', 'app', {str(fitted)!r}];"
        "from segmentry.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "segmentry[app]"' in done.stderr


def test_the_server_never_loads_scikit_learn(fitted):
    """Showing segments starts without the libraries that only a fit needs."""
    code = (
        "import sys; from datetime import date; from pathlib import Path; from segmentry.app import make_site;"
        f"make_site(Path({str(fitted)!r}), date.today);"
        "sys.exit(','.join(m for m in ('sklearn', 'scipy', 'pandas') if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
