"""`segmentry recommend`: what to offer to each segment of a model, or to one customer."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from segmentry.cli.reading_options import source_of, takes_reading
from segmentry.cli.streams import arrivals
from segmentry.cli.terminal import inert, say
from segmentry.errors import NotEnoughDataError


@takes_reading
def recommend(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote from orders."),
    customer: str | None = typer.Option(None, "--id", help="One customer of the file that --orders names."),
    orders: str | None = typer.Option(None, "--orders", help="Orders, the customer's among them."),
    customers: str | None = typer.Option(None, "--customers", help="Table of customers that the orders are joined to."),
    most: int = typer.Option(5, "--most", min=1, help="Most offers to one customer."),
    reading: dict[str, Any] = {},  # noqa: B006
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """What to offer to whom, by MODEL: to each segment, or to one customer with --id and --orders."""
    if (customer is None) != (orders is None) or (customers is not None and orders is None):
        raise typer.BadParameter("Give --id together with --orders, or neither for the segments.")
    from segmentry.store import load

    segmentation = load(model)
    if customer is None or orders is None:
        _to_segments(segmentation, as_json)
        return
    from segmentry.explanations import recommend as recommended
    from segmentry.tables import ReadingSettings

    beside = None if customers is None else source_of(customers)
    settings = ReadingSettings(**reading)
    with arrivals() as arrive:
        log, beside = arrive(source_of(orders)), arrive(beside)
        found = recommended(segmentation, log, customer, customers=beside, most=most, reading=settings)
    if as_json:
        say(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    say(inert(found.words))
    for offer in found.offers:
        say(f"  {inert(offer.name)} ({offer.level}): {inert(offer.reason)}")


def _to_segments(segmentation: Any, as_json: bool) -> None:
    baskets = segmentation.baskets
    if baskets is None or not baskets.recommendations:
        reason = "The model was not made from orders." if baskets is None else baskets.absent
        raise NotEnoughDataError(
            "There is nothing to recommend.", found=reason, remedy="Fit from orders with products."
        )
    if as_json:
        say(json.dumps([asdict(r) for r in baskets.recommendations], indent=2, ensure_ascii=False))
        return
    names = {s.id: s.name for s in segmentation.segments}
    heading = ""
    for r in baskets.recommendations:
        own = f"{r.segment} {names[r.segment]}" if r.segment in names else "All customers"
        if own != heading:
            heading = own
            say(f"{inert(own)}:")
        say(f"  {inert(r.name)} ({r.level}): {inert(r.reason)}")
