"""The addresses of the API: each takes what is asked, calls the core, and answers. No logic of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.errors import RowError, SegmentryError
from segmentry.explanations import explain, values_of_row
from segmentry.serve import answers, openapi
from segmentry.serve.body import read_json
from segmentry.serve.gate import Gate, Turns, key_may
from segmentry.serve.keys import Keys
from segmentry.serve.metrics import Metrics
from segmentry.serve.models import Model, Models
from segmentry.serve.problems import TITLES, Problem, of_row, problem_response
from segmentry.serve.settings import ServeSettings

AT_ONCE = 500  # customers placed before others, such as a check of health, have a turn


class Api:
    """A server's parts: the current model, the queue, the counters, and whether it is going away."""

    def __init__(self, settings: ServeSettings, keys: Keys | None = None) -> None:
        self.settings = settings
        self.models = Models(settings.model)
        self.metrics = Metrics()
        self.turns = Turns(settings.max_waiting, self.metrics)
        self.draining = False
        self.asgi = Gate(self._app(), settings, keys or Keys(), self.metrics)

    def _app(self) -> Starlette:
        routes = [
            Route("/v1/score", self.score, methods=["POST"]),
            Route("/v1/explain", self.explain, methods=["POST"]),
            Route("/v1/segments", self.segments),
            Route("/v1/segments/{segment_id}", self.segment),
            Route("/v1/model", self.model),
            Route("/v1/model/reload", self.reload, methods=["POST"]),
            Route("/v1/schema", self.schema),
            Route("/openapi.json", self.openapi),
            Route("/metrics", self.prometheus),
            Route("/health/live", self.live),
            Route("/health/ready", self.ready),
        ]
        handlers: dict[Any, Any] = {Problem: _problem, HTTPException: _no_such_thing, Exception: _failure}
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False
        return app

    async def score(self, request: Request) -> Response:
        """Places customers, some hundred at a time, so that other requests are heard in between."""
        async with self.turns.place():
            value = await read_json(request, self.settings)
            async with self.turns.turn():
                model = self.models.current
                customers = self._customers(value)
                placed: list[dict[str, object]] = []
                for first in range(0, len(customers), AT_ONCE):
                    placed += self._place(model, customers[first : first + AT_ONCE], first)
                    if first + AT_ONCE < len(customers):
                        await asyncio.sleep(0)
                return _json({"model": model.digest, "customers": placed})

    def _customers(self, value: Any) -> list[dict[str, Any]]:
        rows = _only(value, "customers")["customers"]
        if not isinstance(rows, list):
            raise Problem(422, "'customers' must be a list.", pointer="/customers")
        if len(rows) > self.settings.max_customers:
            most = f"{self.settings.max_customers:,}"
            raise Problem(422, f"A request may have {most} customers; send several requests.", pointer="/customers")
        for place, row in enumerate(rows):
            if not isinstance(row, dict):
                raise Problem(422, "A customer must be an object of fields.", pointer=f"/customers/{place}")
        return rows

    def _place(self, model: Model, rows: list[dict[str, Any]], first: int) -> list[dict[str, object]]:
        try:
            placed = model.scorer.score(rows, first)
        except RowError as error:
            raise of_row(error, "customers", error.row) from None
        counts: dict[str, int] = {}
        for row in placed:
            counts[row.segment_id] = counts.get(row.segment_id, 0) + 1
        for segment, count in counts.items():
            self.metrics.customers.labels(segment).inc(count)
        return answers.placed_rows(placed)

    async def explain(self, request: Request) -> Response:
        """Why one customer is where they are. Some tenths of a second of work, so beside the loop."""
        async with self.turns.place():
            value = _only(await read_json(request, self.settings), "customer", "changeable")
            customer, changeable = value.get("customer"), value.get("changeable")
            if not isinstance(customer, dict):
                raise Problem(422, "'customer' must be an object of fields.", pointer="/customer")
            if changeable is not None and not (
                isinstance(changeable, list) and all(isinstance(name, str) for name in changeable)
            ):
                raise Problem(422, "'changeable' must be a list of names of features.", pointer="/changeable")
            model = self.models.current
            try:
                known = values_of_row(model.scorer, customer)
            except RowError as error:
                raise of_row(error, "customer") from None
            names = [f.name for f in model.segmentation.recipe.clustered]
            if changeable is not None and not set(changeable) <= set(names):
                raise Problem(422, f"Only features can change: {', '.join(names)}.", pointer="/changeable")
            async with self.turns.turn():
                found = await asyncio.to_thread(explain, model.segmentation, known, changeable=changeable)
            return _json(answers.explained(found, model))

    async def segments(self, _request: Request) -> Response:
        return _json(answers.segments_of(self.models.current))

    async def segment(self, request: Request) -> Response:
        model, wanted = self.models.current, request.path_params["segment_id"]
        for segment in model.segmentation.segments:
            if segment.id == wanted:
                return _json({"model": model.digest, **answers.segment_of(model, segment)})
        raise Problem(404, "The model has no segment of this id; GET /v1/segments lists them.")

    async def model(self, _request: Request) -> Response:
        return _json(answers.model_of(self.models.current))

    async def schema(self, _request: Request) -> Response:
        return _json(answers.schema_of(self.models.current, self.settings.max_customers))

    async def openapi(self, _request: Request) -> Response:
        return _json(openapi.document(self.models.current, self.settings))

    async def reload(self, request: Request) -> Response:
        """Replaces the model by what its file holds now."""
        if not key_may(request.scope, "admin"):
            raise Problem(403, "Replacing the model takes a key with the right 'admin'.")
        try:
            return _json({"model": (await self.renew()).digest})
        except SegmentryError as error:
            raise Problem(409, f"{error.what} The model before it goes on answering.") from None

    async def renew(self) -> Model:
        """Reads the model file anew, beside the loop; requests under way keep the model that they began with."""
        try:
            model = await asyncio.to_thread(self.models.reload)
        except SegmentryError:
            self.metrics.reloads.labels("refused").inc()
            raise
        self.metrics.reloads.labels("done").inc()
        return model

    async def prometheus(self, _request: Request) -> Response:
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def live(self, _request: Request) -> Response:
        return _json({"status": "live"})

    async def ready(self, _request: Request) -> Response:
        if self.draining:
            raise Problem(503, "This server is going away.", headers={"Retry-After": "1"})
        return _json({"status": "ready", "model": self.models.current.digest})


def _json(value: Mapping[str, object]) -> Response:
    return Response(answers.as_body(value), media_type="application/json")


def _only(value: Any, *names: str) -> dict[str, Any]:
    """An object with no other keys than these, the first of them there."""
    if not isinstance(value, dict):
        raise Problem(422, f"The body must be an object with '{names[0]}'.", pointer="")
    if names[0] not in value:
        raise Problem(422, f"The body lacks '{names[0]}'.", pointer="")
    if not value.keys() <= set(names):
        raise Problem(422, f"The body may have {' and '.join(repr(n) for n in names)} and nothing else.", pointer="")
    return value


async def _problem(_request: Request, error: Problem) -> Response:
    return problem_response(error)


async def _no_such_thing(_request: Request, error: HTTPException) -> Response:
    status = error.status_code if error.status_code in TITLES else 404
    return problem_response(Problem(status, f"{TITLES[status]}.", headers=error.headers))


async def _failure(_request: Request, _error: Exception) -> Response:
    """What went wrong is in the server's log; a caller learns nothing of its inside."""
    return problem_response(Problem(500, "The server failed; it is in its log."))
