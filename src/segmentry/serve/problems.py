"""Refusals as problem details (RFC 9457): what rule was broken and where, never what the customer's value was."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

from segmentry.errors import RowError
from segmentry.scoring.rows import NO_FIELD

MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "A key is needed",
    403: "This key may not do that",
    404: "There is no such thing here",
    405: "This method is not for this address",
    408: "The request took too long to arrive",
    409: "The model was not replaced",
    413: "The request is too large",
    415: "The content type is not JSON",
    421: "This server does not go by that name",
    422: "A value cannot be used",
    429: "Too many requests",
    431: "The headers are too large",
    500: "The server failed",
    503: "The server is busy",
}


class Problem(Exception):  # noqa: N818
    """A refusal: `status` as in HTTP, `rule` a sentence, `pointer` the place in the body (RFC 6901)."""

    def __init__(
        self, status: int, rule: str, *, pointer: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(rule)
        self.status, self.rule, self.pointer = status, rule, pointer
        self.headers = dict(headers or {})


def details(status: int, rule: str) -> dict[str, object]:
    """What every refusal holds."""
    return {"type": "about:blank", "title": TITLES[status], "status": status, "detail": rule}


def problem_response(problem: Problem) -> Response:
    """The response that tells a problem."""
    content = details(problem.status, problem.rule)
    if problem.pointer is not None:
        content["pointer"] = problem.pointer
    body = json.dumps(content).encode()
    return Response(body, problem.status, problem.headers, media_type=MEDIA_TYPE)


def pointer_to(*steps: str | int) -> str:
    """A JSON pointer.

    >>> pointer_to("customers", 3, "a/b")
    '/customers/3/a~1b'
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def of_row(error: RowError, *place: str | int) -> Problem:
    """A value that cannot be used, as a problem at its place; of a field that there is not, where they are listed."""
    listed = "; GET /v1/schema lists them" if error.rule == NO_FIELD else ""
    rule = f"'{error.field[:80]}' {error.rule}{listed}."
    return Problem(422, rule, pointer=pointer_to(*place, error.field[:80]))
