"""`summary.json`: what a program wants to know of a run; every figure also stands in the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from segmentry.baskets import Baskets
from segmentry.features.lifetime import LifetimeModel
from segmentry.profiles.answers import answer_questions
from segmentry.profiles.holdout import Holdout
from segmentry.profiles.succession import Succession
from segmentry.purchases import Account
from segmentry.segmentation import Segmentation
from segmentry.tables import Table


def summarise_run(
    segmentation: Segmentation,
    table: Table,
    seconds: Mapping[str, float],
    peak_memory_mb: Mapping[str, float] | None = None,
) -> dict[str, object]:
    """The summary as plain values. `means` are in original units, by measure; a withheld figure is null."""
    s = segmentation
    present, read, rejected = rows_of(s, table)
    return {
        "rows_present": present,
        "rows_read": read,
        "rows_rejected": rejected,
        "customers": s.provenance.n_customers + s.provenance.n_no_data,
        "customers_without_data": s.provenance.n_no_data,
        **({"orders": summarise_orders(s.orders)} if s.orders is not None else {}),
        **({"value": summarise_value(s.value, s.holdout)} if s.value is not None else {}),
        "k": s.k,
        "method": s.method,
        **({"verdict": s.verdict, "verdict_words": s.verdict_words} if s.verdict else {}),
        "reason": s.reason,
        "knee": s.knee,
        "inertia": s.inertia,
        "polish": s.polish,
        "own_answer": asdict(s.own_answer) if s.own_answer else None,
        "noise": s.n_noise,
        "features": list(s.recipe.axes),
        "candidates": [asdict(c) for c in s.candidates],
        "segments": [
            {
                "id": segment.id,
                "name": segment.name,
                "size": segment.size,
                "share": segment.share,
                "spend_share": segment.spend_share,
                "value_share": segment.value_share,
                "stability": asdict(segment.stability) if segment.stability else None,
                "playbook": [asdict(play) for play in segment.playbook],
                "means": {m.name: m.segments[segment.id].spread.mean for m in s.profile.measures},
            }
            for segment in s.segments
        ],
        "stability": asdict(s.stability) if s.stability else None,
        **({"succession": summarise_succession(s, s.succession)} if s.succession is not None else {}),
        **({"baskets": summarise_baskets(s.baskets)} if s.baskets is not None else {}),
        **({"over_time": asdict(s.over_time)} if s.over_time is not None else {}),
        "answers": [asdict(answer) for answer in answer_questions(s.profile, s.segments)],
        "roles": list(s.roles),
        "warnings": [{"code": n.code, "message": n.message} for n in s.notices],
        "seed": s.provenance.seed,
        "as_of": s.recipe.as_of.isoformat() if s.recipe.as_of else None,
        "fingerprint": s.provenance.fingerprint,
        "source": {"kind": table.source_kind, "name": table.source_name},
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "peak_memory_mb": {name: round(value) for name, value in (peak_memory_mb or {}).items()},
    }


def rows_of(segmentation: Segmentation, table: Table) -> tuple[int, int, int]:
    """Rows present, read and rejected: of the table of customers, else of the orders that took its place."""
    orders, log = segmentation.orders, segmentation.purchases
    if orders is None or log is None or log.joined:
        return table.rows_present, table.rows_read, table.rows_rejected
    return orders.rows + orders.rejected, orders.rows, orders.rejected


def summarise_orders(account: Account) -> dict[str, object]:
    """The lines of the orders as plain values, each under one heading."""
    days = ("first_day", "last_day", "as_of")
    plain = asdict(account)
    return {k: v.isoformat() if k in days and v is not None else v for k, v in plain.items()}


def summarise_succession(segmentation: Segmentation, found: Succession) -> dict[str, object]:
    """What became of the segments of the fit before, and who moved; each kept one with its size and share of both."""
    plain = {name: value for name, value in asdict(found).items() if name not in ("fingerprint", "as_of")}
    kept = [
        {
            "id": k.id,
            "name": segment.name,
            "size": segment.size,
            "share": segment.share,
            "previous_name": k.name,
            "previous_size": k.size,
            "previous_share": k.share,
            "jaccard": k.jaccard,
        }
        for k in found.kept
        for segment in [segmentation.segment(k.id)]
    ]
    return {
        "previous_fingerprint": found.fingerprint,
        "previous_as_of": found.as_of.isoformat() if found.as_of else None,
        **plain,
        "kept": kept,
    }


def summarise_baskets(baskets: Baskets) -> dict[str, object]:
    """What is typical of each segment, what to offer to whom, and how much it rests on."""
    return {
        "absent": baskets.absent,
        "seen": baskets.seen,
        "compared": baskets.compared,
        "typical": [asdict(item) for item in baskets.items if item.is_typical],
        "recommendations": [asdict(r) for r in baskets.recommendations],
    }


def summarise_value(model: LifetimeModel, holdout: Holdout | None) -> dict[str, object]:
    """The models of lifetime value as plain values, with standard errors, and how well they foresaw purchases."""
    buying, spend = model.purchases, model.spend
    return {
        "model": "BG/NBD and Gamma-Gamma",
        **{name: getattr(buying, name) for name in ("r", "alpha", "a", "b")},
        **{name: getattr(spend, name) for name in ("p", "q", "v")},
        "standard_errors": dict(
            zip(("r", "alpha", "a", "b", "p", "q", "v"), (*buying.errors, *spend.errors), strict=True)
        ),
        "log_likelihood": buying.log_likelihood,
        "log_likelihood_spend": spend.log_likelihood,
        "frequency_spend_correlation": spend.correlation,
        "customers": buying.n_customers,
        "repeat_buyers": spend.n_customers,
        "time_unit": buying.time_unit,
        "horizon_days": model.horizon_days,
        "margin": model.margin,
        "discount": model.discount,
        "holdout": None
        if holdout is None
        else {
            "cut": holdout.cut.isoformat() if holdout.cut else None,
            "horizon": holdout.horizon,
            "expected": holdout.expected_total,
            "actual": holdout.actual_total,
            "bins": [asdict(b) for b in holdout.bins],
        },
    }


def as_json(summary: Mapping[str, object]) -> str:
    return json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
