"""`segmentry explain`: the segments of a model as rules a person can apply, or why one customer is where they are."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from segmentry.cli.reading_options import AS_OF, refuse_beside, source_of, takes_reading
from segmentry.cli.streams import arrivals
from segmentry.cli.terminal import inert, say


@takes_reading
def explain(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote."),
    given: list[str] = typer.Option([], "--set", help="One customer: --set age=41 --set income=52000."),
    customer: str | None = typer.Option(None, "--id", help="One customer of the file of customers or orders."),
    customers: str | None = typer.Option(None, "--customers", help="Where the customer is."),
    orders: str | None = typer.Option(None, "--orders", help="Where their orders are, for a model made from orders."),
    as_of: datetime | None = typer.Option(None, "--as-of", formats=["%Y-%m-%d"], help=AS_OF),
    changeable: str = typer.Option(None, "--change", help="Features that may change, with commas."),
    target: float = typer.Option(0.9, "--target", min=0.0, max=1.0, help="Accuracy asked of the golden questions."),
    dialect: str | None = typer.Option(
        None, "--sql", help="Print the tree as SQL instead: duckdb, postgres, sqlite, ..."
    ),
    sql_table: str = typer.Option("customers", "--sql-table", help="The typed table that the SQL reads."),
    reading: dict[str, Any] = {},  # noqa: B006
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """Explain MODEL: its segments as rules of thumb, or one customer with --set, or with --id and a file."""
    if (customer is None) != (customers is None and orders is None) or (customer is not None and given):
        raise typer.BadParameter("Give --set, or --id with --customers or --orders, or neither for the segments.")
    from segmentry.segmentation import counted_to
    from segmentry.store import load

    segmentation = counted_to(load(model), as_of)
    if dialect is not None:
        refuse_beside("--sql", {"--id": customer, "--set": given, "--json": as_json}, reading)
        from segmentry.explanations import tree_to_sql

        say(tree_to_sql(segmentation, dialect=dialect, table=sql_table).rstrip())
    elif given or customer is not None:
        values = _values(segmentation, given, customer, customers, orders, reading)
        _explain_one(segmentation, values, changeable, as_json)
    else:
        _explain_segments(segmentation, target, as_json)


def _values(
    segmentation: Any,
    given: list[str],
    customer: str | None,
    customers: str | None,
    orders: str | None,
    reading: dict[str, Any],
) -> dict[str, Any]:
    from segmentry.cli.pairs import split_pairs
    from segmentry.explanations.customer import values_of
    from segmentry.scoring.score import read_any
    from segmentry.tables import ReadingSettings

    if customer is None:
        return dict(split_pairs(given, "--set"))
    table, log = (None if source is None else source_of(source) for source in (customers, orders))
    with arrivals() as arrive:
        made, _ = read_any(segmentation, arrive(table), arrive(log), reading=ReadingSettings(**reading))
        return values_of(segmentation, made, customer)


def _explain_one(segmentation: Any, values: dict[str, Any], changeable: str | None, as_json: bool) -> None:
    from segmentry.cli.pairs import split_list
    from segmentry.explanations import explain as explained

    found = explained(segmentation, values, changeable=split_list(changeable))
    if as_json:
        say(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    say(inert(found.words))
    if found.parts:
        say()
        say(f"What each feature says for {found.segment_id} (above 0) or for {found.runner_up} (below 0):")
        for part in found.parts:
            say(f"  {part.pull:+7.2f}  {inert(part.label)}: {inert(part.value)}")
    for note in found.notes:
        say(f"Note: {inert(note)}.")


def _explain_segments(segmentation: Any, target: float, as_json: bool) -> None:
    from segmentry.explanations import segment_rules, tree_text
    from segmentry.profiles.wording import say_number

    rules = segment_rules(segmentation)
    questions = segmentation.questions
    if as_json:
        tree = asdict(segmentation.tree)
        answer = {"rules": [asdict(r) for r in rules], "tree": tree, "questions": asdict(questions)}
        say(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    say(inert_lines(tree_text(segmentation)))
    asked = questions.fewest(target)
    labels = {f.name: f.label for f in segmentation.recipe.clustered}
    say(
        f"Golden questions: {', '.join(inert(labels[n]) for n in asked.features)} "
        f"place {say_number(asked.accuracy, 'share')} of customers as all {len(labels)} features do "
        f"(on {questions.rows:,} customers)."
    )


def inert_lines(text: str) -> str:
    """Lines of text, each without terminal commands."""
    return "\n".join(inert(line) for line in text.splitlines())
