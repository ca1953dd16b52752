"""The description of the API for programs (OpenAPI 3.1), with the fields of the model that answers now."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import segmentry
from segmentry.monitoring.drift import FEWEST
from segmentry.scoring.usual import usual_customer
from segmentry.serve.answers import customer_schema
from segmentry.serve.models import Model
from segmentry.serve.problems import MEDIA_TYPE, TITLES
from segmentry.serve.settings import ServeSettings

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
_NAMES: Schema = {"type": "array", "items": _TEXT}


def document(model: Model, settings: ServeSettings) -> Schema:
    """The whole description, for this model."""
    customer = customer_schema(model.scorer.fields)
    example = usual_customer(model.scorer)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "segmentry",
            "version": segmentry.__version__,
            "description": "Places customers in the segments of a model. Fields follow the model: see /v1/schema. "
            "A method that is not listed here is answered by 405, with those that are allowed.",
        },
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Customer": customer,
                "Placed": _PLACED,
                "FeatureDrift": _FEATURE_DRIFT,
                "SegmentDrift": _SEGMENT_DRIFT,
                "Segment": _SEGMENT,
                "Problem": _PROBLEM,
            },
        },
        "security": [{"bearer": []}] if settings.needs_key else [],
        "paths": {
            "/v1/score": {"post": _score(settings, example)},
            "/v1/explain": {"post": _explain([f.name for f in model.segmentation.recipe.clustered], example)},
            "/v1/drift": {"post": _drift(settings, example)},
            "/v1/segments": {"get": _get("The segments", _with_model({"segments": _list_of("Segment")}))},
            "/v1/segments/{segment_id}": {"get": _one_segment()},
            "/v1/model": {"get": _get("Where the model comes from", _object(("model", "method", "k")))},
            "/v1/model/reload": {"post": _reload()},
            "/v1/schema": {"get": _get("The fields of a customer", _object(("model", "fields", "json_schema")))},
            "/metrics": {"get": _metrics()},
            "/health/live": {"get": _health("Whether the server runs")},
            "/health/ready": {"get": _health("Whether it takes requests")},
        },
    }


def _object(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _with_model(properties: dict[str, Schema]) -> Schema:
    return _object(("model", *properties), model=_TEXT, **properties)


_PLACED = _object(
    ("id", "segment_id", "segment", "confidence", "runner_up", "missing", "out_of_range", "new_category"),
    id=_MAYBE_TEXT,
    segment_id={**_TEXT, "description": "s1, s2, ...; no-data for a customer of whom nothing is known; noise."},
    segment=_TEXT,
    confidence={**_MAYBE_NUMBER, "description": "0 on the border to the runner-up, 1 at the heart of the segment."},
    runner_up=_MAYBE_TEXT,
    missing={**_NAMES, "description": "Features that the usual value stood in for."},
    out_of_range={**_NAMES, "description": "Features beyond what was seen at fitting."},
    new_category={**_NAMES, "description": "Features of a category that was rare or not there at fitting."},
)
_SEGMENT = _object(
    ("id", "name", "description", "size", "share"),
    id=_TEXT,
    name=_TEXT,
    description=_TEXT,
    size={"type": "integer"},
    share={"type": "number"},
    spend_share=_MAYBE_NUMBER,
    evidence=_NAMES,
    stability=_MAYBE_TEXT,
)
_VERDICT: Schema = {"type": "string", "enum": ["stable", "watch", "act"]}
_INDEX: Schema = {"type": "number", "description": "Population stability index, then and now."}
_CHANCE: Schema = {"type": "number", "description": "What the index stays below by chance in 999 of 1,000 draws."}
_SHARES = {"then": {"type": "number"}, "now": {"type": "number"}}
_FEATURE_DRIFT = _object(
    ("feature", "label", "index", "chance", "verdict", "moved", "missing_then", "missing_now", "outside", "bins"),
    feature=_TEXT,
    label=_TEXT,
    index=_INDEX,
    chance=_CHANCE,
    verdict=_VERDICT,
    moved={**_TEXT, "description": "higher, lower, spread otherwise, more missing, the level that grew, or nothing."},
    missing_then={"type": "number"},
    missing_now={"type": "number"},
    outside={"type": "number", "description": "Share of customers beyond what was seen at fitting."},
    bins={"type": "array", "items": _object(("bin", "then", "now"), bin=_TEXT, **_SHARES)},
)
_SEGMENT_DRIFT = _object(("id", "name", "then", "now"), id=_TEXT, name=_TEXT, **_SHARES)
_PROBLEM = _object(
    ("title", "status", "detail"),
    type=_TEXT,
    title=_TEXT,
    status={"type": "integer"},
    detail=_TEXT,
    pointer={**_TEXT, "description": "The place in the body (RFC 6901)."},
)
# What may come instead of any answer; of one that takes a key; and of one to a body.
_EVERYWHERE = (421, 431, 500, 503)
_ANYWHERE = (401, 429)
_WITH_BODY = (400, 408, 413, 415, 422)


def _answers(schema: Schema, problems: tuple[int, ...], media: str = "application/json") -> Schema:
    told = {
        str(status): {
            "description": TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*problems, *_EVERYWHERE})
    }
    return {"200": {"description": HTTPStatus.OK.phrase, "content": {media: {"schema": schema}}}, **told}


def _get(summary: str, schema: Schema) -> Schema:
    return {"summary": summary, "responses": _answers(schema, _ANYWHERE)}


def _body(schema: Schema, example: object) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def _customers(settings: ServeSettings, fewest: int, example: object) -> Schema:
    customers = {**_list_of("Customer"), "minItems": fewest, "maxItems": settings.max_customers}
    asked = {**_object(("customers",), customers=customers), "additionalProperties": False}
    return _body(asked, {"customers": [example] * fewest})


def _score(settings: ServeSettings, example: object) -> Schema:
    return {
        "summary": "Place customers in segments",
        "requestBody": _customers(settings, 1, example),
        "responses": _answers(_with_model({"customers": _list_of("Placed")}), (*_ANYWHERE, *_WITH_BODY)),
    }


def _explain(features: list[str], example: object) -> Schema:
    asked = _object(
        ("customer",),
        customer={"$ref": "#/components/schemas/Customer"},
        changeable={"type": ["array", "null"], "items": {"type": "string", "enum": features}},
    )
    answered = _object(("model", "segment_id", "segment", "words"), model=_TEXT, segment_id=_TEXT, words=_TEXT)
    return {
        "summary": "Why a customer is in their segment, and what would move them",
        "requestBody": _body({**asked, "additionalProperties": False}, {"customer": example}),
        "responses": _answers(answered, (*_ANYWHERE, *_WITH_BODY)),
    }


def _drift(settings: ServeSettings, example: object) -> Schema:
    answered = _with_model(
        {
            "customers": {"type": "integer"},
            "without_data": {"type": "integer"},
            "verdict": {**_VERDICT, "description": "The worst of the features' and the segments'."},
            "words": _TEXT,
            "largest": {**_INDEX, "description": "The largest index that is beyond chance; 0 where none is."},
            "segments_index": _INDEX,
            "segments_chance": _CHANCE,
            "segments_verdict": _VERDICT,
            "segments": _list_of("SegmentDrift"),
            "features": _list_of("FeatureDrift"),
        }
    )
    return {
        "summary": "Whether customers are still like those that the segments were made of",
        "requestBody": _customers(settings, FEWEST, example),
        "responses": _answers(answered, (*_ANYWHERE, *_WITH_BODY)),
    }


def _one_segment() -> Schema:
    place = {"name": "segment_id", "in": "path", "required": True, "schema": {**_TEXT, "minLength": 1}}
    return {
        "summary": "One segment",
        "parameters": [place],
        "responses": _answers({"$ref": "#/components/schemas/Segment"}, (*_ANYWHERE, 404)),
    }


def _reload() -> Schema:
    return {
        "summary": "Replace the model by what its file holds now (a key with the right admin)",
        "responses": _answers(_object(("model",), model=_TEXT), (*_ANYWHERE, 403, 409)),
    }


def _metrics() -> Schema:
    return {"summary": "Counters for Prometheus", "responses": _answers(_TEXT, _ANYWHERE, "text/plain")}


def _health(summary: str) -> Schema:
    return {"summary": summary, "security": [], "responses": _answers(_object(("status",), status=_TEXT), ())}
