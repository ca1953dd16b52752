"""What is unclear, wrong or too much is refused with its place; the same request put right is answered."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from segmentry.serve.body import parse
from segmentry.serve.problems import Problem

pytestmark = pytest.mark.xdist_group("serve")

CANARY = "Canary-4711"


def _customer(text: str) -> str:
    return '{"customers": [{"customer_id": "a"}, {' + text + "}]}"


# Body, status, and the place that the answer must name; beside each, the body put right.
BODIES = {
    "NaN": (_customer('"income": NaN'), 400, None, _customer('"income": 1.5')),
    "Infinity": (_customer('"income": -Infinity'), 400, None, _customer('"income": -1.5')),
    "a number beyond floating point": (
        _customer('"income": 1e400'), 422, "/customers/1/income", _customer('"income": 1e40')),
    "a number of thousands of digits": (_customer('"income": ' + "9" * 5000), 400, None, _customer('"income": 99')),
    "a long whole number": (
        _customer('"income": ' + "9" * 200), 422, "/customers/1/income", _customer('"income": ' + "9" * 90)),
    "a truth value": (_customer('"income": true'), 422, "/customers/1/income", _customer('"income": null')),
    "text for a number": (_customer(f'"income": "{CANARY}"'), 422, "/customers/1/income", _customer('"income": 1')),
    "a number as text": (_customer('"income": "12"'), 422, "/customers/1/income", _customer('"income": 12')),
    "a list for a number": (_customer('"income": [1]'), 422, "/customers/1/income", _customer('"income": 1')),
    "a number for text": (
        _customer('"marital_status": 3'), 422, "/customers/1/marital_status", _customer('"marital_status": "3"')),
    "another date": (
        _customer('"dt_customer": "31.01.2024"'), 422, "/customers/1/dt_customer",
        _customer('"dt_customer": "2024-01-31"')),
    "no day": (
        _customer('"dt_customer": "2023-02-29"'), 422, "/customers/1/dt_customer",
        _customer('"dt_customer": "2024-02-29"')),
    "an id that loses digits": (
        _customer('"customer_id": 9007199254740993'), 422, "/customers/1/customer_id",
        _customer('"customer_id": "9007199254740993"')),
    "half a character": (
        _customer('"customer_id": "\\ud800"'), 422, "/customers/1/customer_id",
        _customer('"customer_id": "\\ud83d\\ude00"')),
    "an unknown field": (_customer('"incme": 1'), 422, "/customers/1/incme", _customer('"income": 1')),
    "a field of slashes": (_customer('"a/b~c": 1'), 422, "/customers/1/a~1b~0c", _customer("")),
    "a key twice": (_customer('"income": 1, "income": 2'), 400, None, _customer('"income": 2')),
    "a key of the whole twice": ('{"customers": [], "customers": []}', 400, None, '{"customers": [{}]}'),
    "another key": ('{"customers": [], "extra": 1}', 422, "", '{"customers": [{}]}'),
    "no customers": ("{}", 422, "", '{"customers": [{}]}'),
    "a list": ("[]", 422, "", '{"customers": [{}]}'),
    "an empty list of customers": ('{"customers": []}', 422, "/customers", '{"customers": [{}]}'),
    "a customer that is a list": ('{"customers": [[]]}', 422, "/customers/0", '{"customers": [{}]}'),
    "customers that are an object": ('{"customers": {}}', 422, "/customers", '{"customers": [{}]}'),
    "deep nesting": ('{"customers": ' + "[" * 100_000 + "]" * 100_000 + "}", 400, None, '{"customers": [{}]}'),
    "no JSON": ("customers=1", 400, None, '{"customers": [{}]}'),
    "half of JSON": ('{"customers": [', 400, None, '{"customers": [{}]}'),
    "nothing": ("", 400, None, '{"customers": [{}]}'),
    "too many customers": ('{"customers": [' + ",".join(["{}"] * 10_001) + "]}", 422, "/customers",
        '{"customers": [' + ",".join(["{}"] * 10_000) + "]}"),
}  # fmt: skip


def _send(server: Any, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    own = {"Content-Type": "application/json", **(headers or {})}
    return httpx.post(server.url + "/v1/score", content=body, headers=own, timeout=30)


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_is_wrong_is_refused_and_put_right_is_answered(server: Any, case: str) -> None:
    """A 4xx in problem details with the place, without the value; the right body beside it gets its answer."""
    wrong, status, pointer, right = BODIES[case]
    answer = _send(server, wrong.encode())
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told.get("pointer") == pointer
    assert CANARY not in answer.text
    assert _send(server, right.encode()).status_code == 200


def test_a_field_that_there_is_not_is_told_with_where_to_look(server: Any) -> None:
    """The answer names the address that lists the fields, for this mistake alone."""
    unknown = _send(server, _customer('"incme": 1').encode()).json()
    assert unknown["detail"] == "'incme' is not a field of this model; GET /v1/schema lists them."
    assert "schema" not in _send(server, _customer('"income": true').encode()).json()["detail"]


def test_bytes_that_are_no_utf8_are_refused(server: Any) -> None:
    """Latin-1 in a body is a 400 that names the byte; the same letter in UTF-8 is taken."""
    assert _send(server, b'{"customers": [{"marital_status": "\xe9"}]}').status_code == 400
    assert _send(server, '{"customers": [{"marital_status": "é"}]}'.encode()).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": ""},
        {"Content-Encoding": "gzip"},
    ],
)
def test_another_type_or_coding_is_refused(server: Any, headers: dict[str, str]) -> None:
    """415, before the body is read; JSON in UTF-8 said aloud is taken."""
    assert _send(server, b'{"customers": [{}]}', headers).status_code == 415
    said = {"Content-Type": 'application/json; charset="UTF-8"', "Content-Encoding": "identity"}
    assert _send(server, b'{"customers": [{}]}', said).status_code == 200


def _raw(server: Any, data: bytes, seconds: float = 15.0) -> bytes:
    """What the server answers to these bytes until it closes the connection or is silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as line:
        try:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            parts = []
            while part := line.recv(65536):
                parts.append(part)
        except (ConnectionError, TimeoutError):
            return b"".join(parts) if "parts" in locals() else b""
        return b"".join(parts)


def test_a_body_too_large_is_refused_before_it_is_read(server: Any) -> None:
    """413 from its length alone, and from what has come of one without a length; the server's memory stays."""
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(head + b"Content-Length: 999999999999\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 413")
    before = _memory(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        until = time.monotonic() + 60
        with contextlib.suppress(OSError):
            while time.monotonic() < until:
                line.sendall(chunk)
    assert time.monotonic() < until, "the connection ends"
    assert _memory(server) < before * 1.5 + 64


def _memory(server: Any) -> float:
    """Resident memory of the server in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def test_headers_too_large_are_refused(server: Any) -> None:
    """431 with a reason, and the connection ends; headers of a common size are taken. Whoever is still sending gets the
    answer, and no reset.
    """
    head = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for size in (200_000, 2_000_000, 200_000, 2_000_000):
        assert _raw(server, head + b"X-Large: " + b"a" * size + b"\r\n\r\n").startswith(b"HTTP/1.1 431")
    assert _raw(server, head + b"X-Small: " + b"a" * 2_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_what_is_slow_to_arrive_is_given_up(impatient: Any) -> None:
    """Half a head ends the connection, half a body is a 408; others are answered meanwhile."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=20) as line:
        line.sendall(b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\n")
        with socket.create_connection(("127.0.0.1", impatient.port), timeout=20) as other:
            head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            other.sendall(head + b"Content-Length: 100\r\n\r\n{")
            assert impatient.get("/health/live").status_code == 200
            assert other.recv(4096).startswith(b"HTTP/1.1 408")
        assert line.recv(4096) == b""
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    "path",
    ["/v1/segments/../model", "/v1/segments/%2e%2e%2fmodel", "/v1/segments/s1%00", "/v1/segments/s1/", "/etc/passwd",
     "/v1/segments/file:%2f%2f%2fetc", "/v1//score", "//v1/model", "/v1/segments/s1%23", "/docs"],
)  # fmt: skip
def test_an_address_that_is_not_there_is_not_found(server: Any, path: str) -> None:
    """Ids are compared, never opened: nothing but the addresses of the description is there."""
    line = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = _raw(server, line.encode())
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert _raw(server, b"GET /v1/segments/s1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )


def test_a_method_that_is_not_for_the_address_is_told(server: Any) -> None:
    """405 with the methods that are."""
    answer = server.get("/v1/score")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.slow
def test_bytes_at_random_never_fail_the_server(server: Any, many: bool) -> None:
    """Hundreds of requests of which parts are cut, doubled, swapped and flipped: no 5xx, and it goes on answering."""
    rng = random.Random(7)
    counts: dict[str, int] = {}
    total = 4000 if many else 400
    good = b'{"customers": [{"customer_id": "a", "income": 12.5, "dt_customer": "2024-01-31", "marital_status": "x"}]}'
    for _ in range(total):
        body = _spoiled(good, rng)
        head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        if rng.random() < 0.3:
            whole = _spoiled(whole, rng)
        answer = _raw(server, whole, seconds=12)
        code = answer[9:12].decode("ascii", "replace") if answer.startswith(b"HTTP/1.1 ") else "closed"
        counts[code] = counts.get(code, 0) + 1
    print("answers to spoiled requests:", dict(sorted(counts.items())))
    assert not [code for code in counts if code.startswith("5")], counts
    assert counts.get("200", 0) > total / 400
    assert counts.get("400", 0) > total / 10
    assert _send(server, good).status_code == 200


def _spoiled(data: bytes, rng: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(made) + 1)
        match rng.randrange(5):
            case 0:
                del made[at : at + rng.randint(1, 9)]
            case 1:
                made[at:at] = rng.randbytes(rng.randint(1, 6))
            case 2:
                made[at:at] = made[at : at + rng.randint(1, 30)]
            case 3 if at < len(made):
                made[at] ^= 1 << rng.randrange(8)
            case _:
                words = [b"NaN", b"1e999", b"-0", b"null", b"[[", b"}", b"\\u0000", b"\xff", b"true", b'"']
                made[at:at] = rng.choice(words)
    return bytes(made)


@pytest.fixture
def many(request: pytest.FixtureRequest) -> bool:
    """Whether the slow tests alone were asked for: then hostile clients try many times more."""
    return request.config.getoption("markexpr") == "slow"


@pytest.mark.slow
def test_the_description_holds_against_a_hostile_client(server: Any, many: bool, tmp_path: Path) -> None:
    """Schemathesis makes requests from the description, right and wrong ones, and finds no difference from it."""
    # Of customers of whom nothing is known no drift can be told, and no schema says how many may be such.
    (tmp_path / "schemathesis.toml").write_text(
        '[[operations]]\ninclude-path = "/v1/drift"\n'
        '[operations.checks]\npositive_data_acceptance.expected-statuses = ["2xx", "422"]\n'
    )
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--seed", "1",
        "--max-examples", "200" if many else "10", "--phases", "examples,coverage,fuzzing", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    print(done.stdout[-1500:])
    assert "Tested: 11" in done.stdout


def test_the_parser_takes_json_and_nothing_else() -> None:
    """Every JSON value is read as the standard library reads it."""
    for text in ('{"a": [1, 2.5, null, "é"]}', "[]", '"x"', "0"):
        assert parse(text.encode()) == json.loads(text)
    for data in (b"{'a': 1}", b"\xef\xbb\xbf{}", b"[1,]", b"01", b"\x00"):
        with pytest.raises(Problem):
            parse(data)
