"""What the server answers, as plain values: placed customers, segments, the model, its fields."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from segmentry.explanations import Explanation
from segmentry.monitoring import Drift
from segmentry.scoring import Field, PlacedRow
from segmentry.scoring.rows import LARGEST_ID, LONGEST_TEXT
from segmentry.segmentation import Segment
from segmentry.serve.models import Model
from segmentry.tables.numbers import LARGEST_USED

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def as_body(value: object) -> bytes:
    return _encode(value).encode()


def as_items(values: list[dict[str, object]]) -> bytes:
    """What stands between the brackets of a list."""
    return as_body(values)[1:-1]


def placed_rows(rows: Sequence[PlacedRow]) -> list[dict[str, object]]:
    return [
        {
            "id": row.id,
            "segment_id": row.segment_id,
            "segment": row.segment,
            "confidence": row.confidence,
            "runner_up": row.runner_up,
            "missing": row.missing,
            "out_of_range": row.out_of_range,
            "new_category": row.new_category,
        }
        for row in rows
    ]


def explained(found: Explanation, model: Model) -> dict[str, object]:
    return {"model": model.digest, **asdict(found)}


def drifted(found: Drift, model: Model) -> dict[str, object]:
    return {"model": model.digest, **found.plain()}


def segments_of(model: Model) -> dict[str, object]:
    return {"model": model.digest, "segments": [segment_of(model, s) for s in model.segmentation.segments]}


def segment_of(model: Model, segment: Segment) -> dict[str, object]:
    """One segment: who they are, how many, what marks them, what to do."""
    profile = model.segmentation.profile
    return {
        "id": segment.id,
        "name": segment.name,
        "description": segment.description,
        "size": segment.size,
        "share": segment.share,
        "spend_share": segment.spend_share,
        "colour": segment.colour,
        "evidence": list(segment.evidence),
        "stability": segment.stability.words if segment.stability else None,
        "playbook": [{"title": p.title, "action": p.action, "reason": p.reason} for p in segment.playbook],
        "means": {m.name: m.segments[segment.id].spread.mean for m in profile.measures},
    }


def model_of(model: Model) -> dict[str, object]:
    """Where the model comes from and how it was fitted."""
    s = model.segmentation
    return {
        "model": model.digest,
        "method": s.method,
        "k": s.k,
        "verdict": s.verdict or None,
        "verdict_words": s.verdict_words or None,
        "reason": s.reason,
        "as_of": s.recipe.as_of.isoformat() if s.recipe.as_of else None,
        "customers": s.provenance.n_customers,
        "seed": s.provenance.seed,
        "fingerprint": s.provenance.fingerprint,
        "versions": s.provenance.versions,
        "features": [{"name": f.name, "label": f.label, "formula": f.formula} for f in s.recipe.clustered],
        "warnings": [{"code": n.code, "message": n.message} for n in s.notices],
    }


def schema_of(model: Model, max_customers: int) -> dict[str, object]:
    """The fields of a customer, for people and forms, and as JSON Schema."""
    fields = [{**asdict(field), "levels": list(field.levels)} for field in model.scorer.fields]
    return {
        "model": model.digest,
        "about": _about_fields(model),
        "max_customers": max_customers,
        "fields": fields,
        "json_schema": customer_schema(model.scorer.fields),
    }


def _about_fields(model: Model) -> str:
    s = model.segmentation
    if s.purchases is None:
        return "Each field is a column of the customers that the segments were fitted on."
    beside = " or a column of the customer table beside them" if s.purchases.joined else ""
    return (
        f"The segments were made from orders: each field is a figure of one customer's orders up to {s.recipe.as_of}"
        f"{beside}. `segmentry score MODEL --orders FILE` makes these figures from order lines."
    )


def customer_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The JSON Schema of one customer."""
    properties = {field.name: _field_schema(field) for field in fields}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _field_schema(field: Field) -> dict[str, Any]:
    about = {"title": field.label}
    if field.kind == "number":
        return {**about, "type": ["number", "null"], "minimum": -LARGEST_USED, "maximum": LARGEST_USED}
    if field.kind == "date":
        return {**about, "type": ["string", "null"], "format": "date"}
    if field.kind == "id":
        whole = {"minimum": -LARGEST_ID, "maximum": LARGEST_ID}
        return {**about, "type": ["string", "integer", "null"], "maxLength": LONGEST_TEXT, **whole}
    text = {**about, "type": ["string", "null"], "maxLength": LONGEST_TEXT}
    return {**text, "examples": list(field.levels)} if field.levels else text
