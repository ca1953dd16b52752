"""Who may ask, what happens when the model is replaced, and how a server ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import segmentry as sg
from segmentry.errors import SettingsError
from segmentry.serve.gate import Limiter
from segmentry.serve.keys import parse_keys, read_keys
from segmentry.serve.problems import Problem
from segmentry.serve.settings import ServeSettings
from segmentry.serve.worker import READY

pytestmark = pytest.mark.xdist_group("serve")

SCORE, ADMIN, BUSY, LARGE = (f"{name}-key-0123456789" for name in ("score", "admin", "busy", "large"))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.txt"
    path.write_text(f"# who may ask\nshop score {SCORE}\noperations admin {ADMIN}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def guarded(serve: Any, model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server with keys, and with limits that a test can reach: each test has a key of its own."""
    path = tmp_path_factory.mktemp("keys") / "keys.txt"
    text = f"shop score {SCORE}\noperations admin {ADMIN}\nbusy score {BUSY}\nlarge score {LARGE}\n"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    limits = ["--requests-per-minute", "10", "--customers-per-minute", "100"]
    with serve(model_file, ["--api-key-file", str(path), *limits]) as server:
        yield server


def test_a_key_opens_what_its_right_allows(guarded: Any) -> None:
    """No key and a wrong one get the same answer; a scoring key cannot replace the model; health is open."""
    none, wrong = guarded.get("/v1/segments"), guarded.get("/v1/segments", headers={"Authorization": "Bearer wrong"})
    assert (none.status_code, wrong.status_code, none.text) == (401, 401, wrong.text)
    both = {"Authorization": f"Bearer {SCORE}", "X-API-Key": ADMIN}
    assert guarded.get("/v1/segments", headers=both).status_code == 401
    for headers in ({"Authorization": f"Bearer {SCORE}"}, {"X-API-Key": SCORE}):
        assert guarded.get("/v1/segments", headers=headers).status_code == 200
        assert guarded.post("/v1/model/reload", {}, headers=headers).status_code == 403
    assert guarded.post("/v1/model/reload", {}, headers={"X-API-Key": ADMIN}).status_code == 200
    assert guarded.get("/health/ready").status_code == 200
    assert guarded.get("/metrics").status_code == 401
    assert SCORE not in "".join(guarded.said)


def test_a_key_that_asks_too_often_waits(guarded: Any) -> None:
    """The request after the limit gets 429 with the seconds to wait; another key goes on."""
    answers = [guarded.get("/v1/model", headers={"X-API-Key": BUSY}) for _ in range(22)]
    codes = [a.status_code for a in answers]
    assert 429 in codes
    assert codes[0] == 200
    assert int(next(a for a in answers if a.status_code == 429).headers["retry-after"]) >= 1
    assert guarded.get("/v1/model", headers={"X-API-Key": ADMIN}).status_code == 200


def test_a_key_that_sends_too_many_customers_waits(guarded: Any) -> None:
    """Customers are counted as well as requests; a request within what is left is answered."""
    many = [guarded.post("/v1/score", {"customers": [{}] * 60}, headers={"X-API-Key": LARGE}) for _ in range(3)]
    assert many[0].status_code == 200
    refused = next(answer for answer in many if answer.status_code != 200)
    assert (refused.status_code, "100 customers" in refused.json()["detail"]) == (429, True)
    assert guarded.post("/v1/score", {"customers": [{}]}, headers={"X-API-Key": ADMIN}).status_code == 200


def test_what_is_refused_uses_up_nothing() -> None:
    """A request of too many for what is left, or for any minute, leaves the rest of the minute as it was."""
    limiter = Limiter(requests=10, customers=100)
    for count, status in ((60, None), (60, 429), (101, 422), (40, None), (1, 429)):
        if status is None:
            limiter.customers("shop", count)
            continue
        with pytest.raises(Problem) as refused:
            limiter.customers("shop", count)
        assert refused.value.status == status
        assert ("Retry-After" in refused.value.headers) == (status == 429)


def test_with_keys_it_goes_by_any_name(guarded: Any) -> None:
    """Behind a proxy the name is the proxy's; the key is what protects."""
    headers = {"Host": "api.example", "X-API-Key": SCORE}
    assert guarded.get("/v1/segments", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil", ""])
def test_without_keys_it_goes_by_its_own_names_only(server: Any, host: str) -> None:
    """A page whose name was made to point here gets 421 and no figure; this machine's names are answered."""
    assert server.get("/v1/segments", headers={"Host": host}).status_code in (400, 421)
    for own in ("localhost", f"localhost:{server.port}", "127.0.0.1", f"127.0.0.1:{server.port}", "[::1]:80", "[::1]"):
        assert server.get("/v1/segments", headers={"Host": own}).status_code == 200


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no key"),
        ("shop score short", "fewer than 16"),
        ("shop root 0123456789abcdef", "not of the form"),
        ("shop score 0123456789abcdef\nshop score 0123456789abcdeg", "earlier line"),
        ("a score 0123456789abcdef\nb score 0123456789abcdef", "earlier line"),
    ],
)
def test_keys_that_are_none_are_told_by_their_line(text: str, says: str) -> None:
    """The error has the line and the rule, and not the key; a good line is taken."""
    with pytest.raises(SettingsError, match=says) as caught:
        parse_keys(text, "keys.txt")
    assert "0123456789abcde" not in str(caught.value)
    known = parse_keys("shop score 0123456789abcdef\n\n# note\n", "keys.txt")
    assert known.find("0123456789abcdef") is not None
    assert known.find("0123456789abcdeg") is None


def test_a_key_file_that_others_can_read_is_refused(key_file: Path) -> None:
    """The remedy is in the error; after it the file is taken."""
    key_file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_keys(key_file)
    key_file.chmod(0o600)
    assert len(read_keys(key_file).known) == 2


@pytest.fixture(scope="module")
def own_model(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that tests may replace."""
    return Path(shutil.copy(model_file, tmp_path_factory.mktemp("own") / "live.seg"))


@pytest.fixture(scope="module")
def replaceable(serve: Any, own_model: Path) -> Iterator[Any]:
    """A server of that file."""
    with serve(own_model) as server:
        yield server


@pytest.mark.parametrize("how", ["signal", "endpoint"])
def test_the_model_is_replaced_without_losing_a_request(replaceable: Any, own_model: Path, how: str) -> None:
    """Under load every answer is a 200 from exactly one of the two models, and the new one takes over."""
    server, renamed = replaceable, sg.rename(sg.load(own_model), {"s1": f"The new name, by {how}"})
    answers: list[tuple[int, str, str]] = []
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=30) as client:
            while not stop.is_set():
                told = client.post(server.url + "/v1/score", json={"customers": [{"income": 90_000 + len(answers)}]})
                body = told.json()
                answers.append((told.status_code, body["model"], body["customers"][0]["segment"]))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    _until(lambda: len(answers) > 20)
    before = server.get("/v1/model").json()["model"]
    sg.save(renamed, own_model, overwrite=True)
    if how == "signal":
        server.process.send_signal(signal.SIGHUP)
    else:
        assert server.post("/v1/model/reload", {}).status_code == 200
    _until(lambda: server.get("/v1/model").json()["model"] != before)
    after, asked = server.get("/v1/model").json()["model"], len(answers)
    _until(lambda: len(answers) > asked + 20)
    stop.set()
    for thread in threads:
        thread.join()
    assert {code for code, _, _ in answers} == {200}
    assert {model for _, model, _ in answers} == {before, after}


def test_a_damaged_model_does_not_replace_a_sound_one(replaceable: Any, own_model: Path) -> None:
    """409 with the reason, and the model before it goes on answering."""
    sound = own_model.read_bytes()
    before = replaceable.get("/v1/model").json()["model"]
    own_model.write_bytes(sound[:-20])
    answer = replaceable.post("/v1/model/reload", {})
    own_model.unlink()
    os.mkfifo(own_model)
    never = replaceable.post("/v1/model/reload", {})
    own_model.unlink()
    own_model.write_bytes(sound)
    assert (answer.status_code, "damaged" in answer.json()["detail"]) == (409, True)
    assert (never.status_code, "not a regular file" in never.json()["detail"]) == (409, True)
    assert replaceable.get("/v1/model").json()["model"] == before


@pytest.fixture(scope="module")
def pair(serve: Any, own_model: Path) -> Iterator[Any]:
    """A server with two workers."""
    with serve(own_model, ["--workers", "2"]) as server:
        yield server


def test_all_workers_get_the_model_that_one_was_told_of(pair: Any, own_model: Path) -> None:
    """The endpoint replaces the model of the worker that answers, says that others were told, and they follow."""
    _until(lambda: len(set(_models(pair))) == 1)
    before = pair.get("/v1/model").json()["model"]
    sg.save(sg.rename(sg.load(own_model), {"s1": "A name for all workers"}), own_model, overwrite=True)
    answer = pair.post("/v1/model/reload", {}).json()
    assert answer["model"] != before
    assert answer["other_workers_told"] == 1
    _until(lambda: set(_models(pair)) == {answer["model"]})


def _models(server: Any) -> list[str]:
    """The model of each of many new connections, which both workers answer."""
    return [server.get("/v1/model").json()["model"] for _ in range(24)]


def test_a_worker_that_dies_is_replaced_and_hears_a_signal_that_came_too_early(pair: Any) -> None:
    """The supervisor says how it ended, and starts another while the address goes on answering. SIGHUP to one that is
    still starting does not end it; it reads the model when it is ready."""
    killed, left = _children(pair.process.pid)
    os.kill(killed, signal.SIGKILL)
    _until(lambda: len(set(_children(pair.process.pid)) - {killed}) == 2)
    fresh = _children(pair.process.pid)
    assert left in fresh
    [line] = [line for line in pair.said if f"Worker {killed} " in line]
    assert line.endswith(f"WARNING Worker {killed} ended by signal 9 (Killed)\n")
    for _ in range(5):
        pair.process.send_signal(signal.SIGHUP)
        time.sleep(0.05)
    assert [pair.get("/health/live").status_code for _ in range(10)] == [200] * 10
    _until(lambda: "segmentry_model_reloads_total" in pair.get("/metrics").text)
    time.sleep(1)  # a worker that the signal ended would be replaced meanwhile
    assert _children(pair.process.pid) == fresh
    assert pair.process.poll() is None


def test_a_worker_that_dies_waits_no_more(pair: Any) -> None:
    """What it was about to do is not counted as waiting for ever; what it has done stays counted."""
    pair.post("/v1/score", {"customers": [{}]})
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    with contextlib.ExitStack() as lines:
        for _ in range(10):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", pair.port), timeout=20))
            line.sendall(head)
        _until(lambda: _counted(pair, "segmentry_requests_waiting") == 10)
        old = _children(pair.process.pid)
        for worker in old:
            os.kill(worker, signal.SIGKILL)
        _until(lambda: len(set(_children(pair.process.pid)) - set(old)) == 2)
    _until(lambda: _ready(pair) == 200)
    assert _counted(pair, "segmentry_requests_waiting") == 0
    assert _counted(pair, "segmentry_customers_total") >= 1


def _counted(server: Any, name: str) -> float:
    """All counters of this name together."""
    return sum(float(line.split()[-1]) for line in server.get("/metrics").text.splitlines() if line.startswith(name))


def test_a_worker_leaves_when_its_supervisor_was_killed_before_it_listened(own_model: Path) -> None:
    """What the worker has said is still unread then, and the line between them ends in an error."""
    ours, theirs = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener, ours:
        numbers = (listener.fileno(), theirs.fileno())
        settings = ServeSettings(model=str(own_model), needs_key=False).model_dump_json()
        command = [sys.executable, "-m", "segmentry.serve.worker", settings, *map(str, numbers)]
        worker = subprocess.Popen(command, pass_fds=numbers)
        theirs.close()
        try:
            assert ours.recv(1, socket.MSG_PEEK) == READY
            ours.close()
            assert worker.wait(15) == 0
        finally:
            worker.kill()
            worker.wait()


def test_what_a_killed_server_counted_in_is_swept(serve: Any, own_model: Path, tmp_path: Path) -> None:
    """The folder of counters of one that could not clean up is gone when the next has started."""
    here = {"TMPDIR": str(tmp_path)}
    with serve(own_model, ["--workers", "2"], here) as server:
        [left] = tmp_path.iterdir()
        server.process.kill()
    with serve(own_model, ["--workers", "2"], here) as server:
        assert _ready(server) == 200
        assert len(list(tmp_path.iterdir())) == 1
        assert not left.exists()


def test_workers_that_die_young_again_and_again_do_not_end_the_server(pair: Any) -> None:
    """Once it has answered, the supervisor goes on trying, with longer and longer waits."""
    for _ in range(5):
        for child in _children(pair.process.pid):
            os.kill(child, signal.SIGKILL)
        time.sleep(0.3)
    assert pair.process.poll() is None
    _until(lambda: len(_children(pair.process.pid)) == 2)
    _until(lambda: _ready(pair) == 200)


def _until(holds: Any) -> None:
    ends = time.monotonic() + 45
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_goes_away_in_order(serve: Any, model_file: Path, workers: int) -> None:
    """After SIGTERM it is not ready at once, answers what it has accepted, and ends with 0 within ten seconds."""
    with serve(model_file, ["--workers", str(workers)]) as server:
        _until(lambda: server.get("/health/ready").status_code == 200)
        customers = {"customers": [{"income": 1000 + i} for i in range(10_000)]}
        codes: list[int] = []
        asking = threading.Thread(target=lambda: codes.append(server.post("/v1/score", customers).status_code))
        asking.start()
        time.sleep(0.05)
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        _until(lambda: _ready(server) in (503, None))
        asking.join()
        assert server.process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 10
        assert codes == [200]


def test_a_server_whose_workers_begin_is_stopped(model_file: Path) -> None:
    """SIGTERM before a worker is ready ends them all with 143, as it does every command that has not done its work."""
    command = [sys.executable, "-m", "segmentry", "serve", str(model_file), "--port", "0", "--workers", "2"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert b"http://" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    # The pipes end with the last process that holds them.
    _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (143, b"")


def test_a_server_that_goes_away_tells_each_connection_so(serve: Any, model_file: Path) -> None:
    """From SIGTERM on each answer ends its connection and says so: no client that asks on hears of a reset."""
    body, head = json.dumps({"customers": [{"income": 41_000}]}), {"Content-Type": "application/json"}
    questions = [("POST", "/v1/score", body, head)] * 10 + [
        ("GET", "/health/live", None, {}),
        ("GET", "/v1/no", None, {}),
    ]
    ends: list[str] = []
    answered = [0] * len(questions)

    def ask(place: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        try:
            said = None
            while said is None:
                line.request(*questions[place])
                answer = line.getresponse()
                answer.read()
                answered[place] += 1
                said = answer.getheader("connection")
            ends.append(said)
        except (OSError, http.client.HTTPException) as error:
            ends.append(repr(error))

    with serve(model_file) as server:
        threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(questions))]
        for thread in threads:
            thread.start()
        _until(lambda: min(answered) > 10)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert server.process.wait(timeout=10) == 0
    assert ends == ["close"] * len(questions)


def test_questions_sent_at_one_blow_are_answered_before_a_server_goes_away(serve: Any, model_file: Path) -> None:
    """Of several that wait on a connection when the signal comes the last answer alone ends it."""
    body = json.dumps({"customers": [{"income": 1000 + i} for i in range(5000)]}).encode()
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with serve(model_file) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall((head % len(body) + body) * 6)
        told = line.recv(100)
        server.process.send_signal(signal.SIGTERM)
        while part := line.recv(1 << 20):
            told += part
        assert server.process.wait(timeout=10) == 0
    answers = told.split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200"] * 6
    assert [b"connection: close" in answer for answer in answers] == [False] * 5 + [True]


def _ready(server: Any) -> int | None:
    try:
        return int(server.get("/health/ready").status_code)
    except httpx.HTTPError:
        return None


def _children(parent: int) -> list[int]:
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def test_without_a_key_only_this_machine_is_served(model_file: Path) -> None:
    """To listen on another address takes keys; the command says so and ends with 1."""
    command = [sys.executable, "-c", "from segmentry.cli import main; main()", "serve", str(model_file)]
    done = subprocess.run([*command, "--host", "0.0.0.0"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "--api-key-file" in done.stderr
