"""The addresses of the API: each takes what is asked, calls the core, and answers. No logic of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from segmentry.errors import NotEnoughDataError, RowError, SegmentryError, plural
from segmentry.explanations import explain_row
from segmentry.monitoring import drift_rows
from segmentry.serve import answers, openapi
from segmentry.serve.body import Allowance, parsed, read_body
from segmentry.serve.gate import Gate, Limiter, Turns, key_may, name_of_key
from segmentry.serve.keys import Keys
from segmentry.serve.metrics import Metrics
from segmentry.serve.models import Model, Models
from segmentry.serve.problems import Problem, of_row
from segmentry.serve.routes import SEGMENT, Routes
from segmentry.serve.settings import ServeSettings

AT_ONCE = 500  # customers placed before others, such as a check of health, have a turn


class Api:
    """A server's parts: the current model, the queue, the counters, and whether it is going away."""

    def __init__(self, settings: ServeSettings, keys: Keys | None = None) -> None:
        self.settings = settings
        self.models = Models(settings.model, settings.as_of)
        self.metrics = Metrics()
        self.turns = Turns(settings.max_waiting, self.metrics)
        self.bodies = Allowance(settings.max_bodies)
        self.limiter = Limiter(settings.requests_per_minute, settings.customers_per_minute)
        self.draining = False
        self.renew_others: Callable[[], None] | None = None  # has the other workers read the model file, too
        self.asgi = Gate(self._routes(), settings, keys or Keys(), self.metrics, self.limiter)

    def _routes(self) -> Routes:
        reads = {
            "/v1/segments": self.segments,
            f"{SEGMENT}{{id}}": self.segment,
            "/v1/model": self.model,
            "/v1/schema": self.schema,
            "/openapi.json": self.openapi,
            "/metrics": self.prometheus,
            "/health/live": self.live,
            "/health/ready": self.ready,
        }
        works = {
            "/v1/score": self.score,
            "/v1/explain": self.explain,
            "/v1/drift": self.drift,
            "/v1/model/reload": self.reload,
        }
        return Routes(reads, works)

    async def score(self, request: Request) -> Response:
        """Places customers, some hundred at a time, so that other requests are heard in between."""
        async with self.turns.place():
            with self.bodies.body() as take:
                body = await read_body(request, self.settings, take)
                async with self.turns.work:
                    return await self._score(body, name_of_key(request.scope))

    async def _score(self, body: bytes, key: str) -> Response:
        model = self.models.current
        customers = self._customers(await parsed(body))
        self.limiter.customers(key, len(customers))
        parts = []
        for first in range(0, len(customers), AT_ONCE):
            if first:
                await asyncio.sleep(0)
            parts.append(answers.as_items(self._place(model, customers[first : first + AT_ONCE], first)))
        return _body(b'{"model":"%s","customers":[%s]}' % (model.digest.encode(), b",".join(parts)))

    def _customers(self, value: Any) -> list[dict[str, Any]]:
        rows = _only(value, "customers")["customers"]
        if not isinstance(rows, list):
            raise Problem(422, "'customers' must be a list.", pointer="/customers")
        if not rows:
            raise Problem(422, "'customers' is empty; send at least one.", pointer="/customers")
        if len(rows) > self.settings.max_customers:
            most = plural(self.settings.max_customers, "customer")
            raise Problem(422, f"A request may have {most}; send several requests.", pointer="/customers")
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
        """Why one customer is where they are. Some hundredths of a second of work, so beside the loop."""
        async with self.turns.place():
            with self.bodies.body() as take:
                body = await read_body(request, self.settings, take)
            async with self.turns.explanations:
                return await self._explain(await parsed(body), name_of_key(request.scope))

    async def _explain(self, given: Any, key: str) -> Response:
        value = _only(given, "customer", "changeable")
        customer, changeable = value.get("customer"), value.get("changeable")
        if not isinstance(customer, dict):
            raise Problem(422, "'customer' must be an object of fields.", pointer="/customer")
        if changeable is not None and not (
            isinstance(changeable, list) and all(isinstance(name, str) for name in changeable)
        ):
            raise Problem(422, "'changeable' must be a list of names of features.", pointer="/changeable")
        model = self.models.current
        names = [f.name for f in model.segmentation.recipe.clustered]
        if changeable is not None and not set(changeable) <= set(names):
            raise Problem(422, f"Only features can change: {', '.join(names)}.", pointer="/changeable")
        self.limiter.customers(key, 1)
        try:
            found = await asyncio.to_thread(explain_row, model.scorer, customer, changeable=changeable)
        except RowError as error:
            raise of_row(error, "customer") from None
        return _json(answers.explained(found, model))

    async def drift(self, request: Request) -> Response:
        """Whether customers are still like those of the fit. Some tenths of a second of work, so beside the loop."""
        async with self.turns.place():
            with self.bodies.body() as take:
                body = await read_body(request, self.settings, take)
                async with self.turns.explanations:
                    return await self._drift(await parsed(body), name_of_key(request.scope))

    async def _drift(self, given: Any, key: str) -> Response:
        model, customers = self.models.current, self._customers(given)
        self.limiter.customers(key, len(customers))
        try:
            found = await asyncio.to_thread(drift_rows, model.scorer, customers)
        except RowError as error:
            raise of_row(error, "customers", error.row) from None
        except NotEnoughDataError as error:
            raise Problem(422, str(error), pointer="/customers") from None
        return _json(answers.drifted(found, model))

    async def segments(self, _request: Request) -> Response:
        return _json(answers.segments_of(self.models.current))

    async def segment(self, request: Request) -> Response:
        model, wanted = self.models.current, request.scope["path"].removeprefix(SEGMENT)
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
            model = await self.renew()
        except SegmentryError as error:
            raise Problem(409, f"{error.what} The model before it goes on answering.") from None
        if self.renew_others is not None:
            self.renew_others()
        return _json({"model": model.digest, "other_workers_told": self.settings.workers - 1})

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
    return _body(answers.as_body(value))


def _body(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _only(value: Any, *names: str) -> dict[str, Any]:
    """An object with no other keys than these, the first of them there."""
    if not isinstance(value, dict):
        raise Problem(422, f"The body must be an object with '{names[0]}'.", pointer="")
    if names[0] not in value:
        raise Problem(422, f"The body lacks '{names[0]}'.", pointer="")
    if not value.keys() <= set(names):
        raise Problem(422, f"The body may have {' and '.join(repr(n) for n in names)} and nothing else.", pointer="")
    return value
