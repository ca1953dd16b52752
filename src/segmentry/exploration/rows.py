"""Findings about rows: rejected, repeated or without an id, and about what columns were taken for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from segmentry.errors import Notice, plural, quoted
from segmentry.exploration.inspection import ColumnInspection, Finding, Severity
from segmentry.exploration.wording import share
from segmentry.features.repeats import Repeats
from segmentry.purchases import OR_CUSTOMERS, PurchaseRecipe
from segmentry.tables import Table

_FEW_ROWS = 100
# Said by a finding of our own, with its figures.
_SAID_ELSEWHERE = frozenset(
    {
        "spike",
        "similar-levels",
        "future-dates",
        "constant-column",
        "personal-column",
        "sensitive-column",
        "leak-column",
        "prediction-column",
        "repeated-rows",
    }
)
_SEVERITY: Mapping[str, Severity] = {
    "no-id": "check",
    "blank-id": "check",
    "repeated-id": "problem",
    "similar-ids": "check",
    "far-dates": "check",
    "counted-dates": "problem",
    "mostly-numbers": "problem",
    "decimal-by-another": "check",
    "cut-by-excel": "problem",
    "encoded-twice": "check",
    "missing-words-kept": "check",
    "doubtful-role": "check",
    "orders-repeated": "check",
    "orders-unknown-state": "check",
    "discount-off": "check",
    "unclear-discount": "check",
    "placeholder-customer": "check",
    "far-first-day": "check",
    "customers-never-return": "check",
    "lone-orders": "check",
    "orders-without-customer": "check",
    "orders-without-date": "check",
    "orders-without-amount": "check",
}
_REMEDY: Mapping[str, str] = {
    "no-id": "Name one with --id, or go on: then the labelled customers can be matched by row only.",
    "repeated-id": "Remove the repeats, name another column with --id, or pass --on-duplicate keep to take every row "
    "as a customer. If each row is a purchase, pass the file by --orders FILE (orders=... in Python).",
    "doubtful-role": "Where it is nothing of the kind, there is nothing to do.",
    "similar-ids": "Write each id in one way in the source; they are read as they are.",
    "orders-repeated": "Two equal orders of one day look like that too; it is for you to know.",
    "orders-without-customer": "Nothing to do where guests may buy; otherwise name another column with --id.",
    "customers-never-return": "Nothing to do where nobody can come back yet.",
    "lone-orders": "Nothing to do where a row is a customer.",
    "orders-after-as-of": "They are the holdout; pass a later --as-of to use them.",
    "as-of-today": "Pass the day the table was made: --as-of 2026-01-31.",
    "cut-by-excel": "Export the table again, not by way of a spreadsheet.",
}


def rejected(table: Table) -> Iterator[Finding]:
    """Rows that could not be used, with the reasons."""
    if not table.rows_rejected:
        return
    reasons: dict[str, int] = {}
    for reject in table.rejects:
        what = f"'{reject.column}': {reject.reason}" if reject.column else reject.reason
        reasons[what] = reasons.get(what, 0) + 1
    told = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    why = "; ".join(f"{what} ({n:,})" for what, n in told[:3])
    n, present = table.rows_rejected, table.rows_present
    message = f"{plural(n, 'row')} of {present:,} ({share(n, present)}) could not be used: {why}."
    remedy = "Correct them in the source; segmentry fit lists each with its line in rejects.csv."
    yield Finding("rejected-rows", "check", (), message, remedy, {"n": n, "share": round(n / present, 6)})


def said_already(notices: Sequence[Notice], names: Sequence[str]) -> Iterator[Finding]:
    """What reading and preparing had to say, as findings."""
    for notice in notices:
        if notice.code in _SAID_ELSEWHERE:
            continue
        quoted = re.findall(r"'([^']+)'", notice.message)
        columns = tuple(dict.fromkeys(q for q in quoted if q in names))
        remedy = _REMEDY.get(notice.code, "Nothing to do if this is right.")
        yield Finding(notice.code, _SEVERITY.get(notice.code, "note"), columns, notice.message, remedy)


def taken_for_orders(recipe: PurchaseRecipe | None) -> Finding:
    """That nobody said so: the columns look like purchases, of these customers."""
    who = recipe.column("customer") if recipe is not None else None
    whose = f" by the customer in '{who}'" if who is not None else ""
    message = f"The rows were taken for purchases{whose}, each on a day and for an amount."
    return Finding("taken-for-orders", "note", (who,) if who is not None else (), message, OR_CUSTOMERS)


def too_few(table: Table) -> Iterator[Finding]:
    """Too few rows for segments that will still be there tomorrow."""
    if table.rows_read < _FEW_ROWS:
        message = f"There are {table.rows_read:,} rows only; segments of so few customers may be chance."
        yield Finding("few-rows", "check", (), message, "Take more customers if there are any.", {"n": table.rows_read})


def repeats(found: Repeats | None, rows: int) -> Iterator[Finding]:
    """Rows that equal another in everything but what names them."""
    if found is None:
        return
    n = found.rows
    but = f" apart from {quoted(found.apart)}" if found.apart else ""
    message = f"{plural(n, 'row')} ({share(n, rows)}) {'repeats' if n == 1 else 'repeat'} another row{but}."
    remedy = "If these are the same customers entered twice, remove the repeats: they count twice in every figure."
    figures = {"n": n, "n_groups": found.groups, "share": round(n / rows, 6)}
    yield Finding("duplicate-rows", "check", (), message, remedy, figures)


def shared_contacts(columns: Sequence[ColumnInspection]) -> Iterator[Finding]:
    """Addresses and numbers that reach one person, so that a repeated one may be that person with two ids."""
    for c in columns:
        if "e-mail" not in c.reason and "phone" not in c.reason:
            continue  # many people share a name
        n = c.n_values - c.n_distinct
        if c.role == "personal" and n and c.n_values and 0.9 <= c.n_distinct / c.n_values < 1:
            message = f"'{c.name}' repeats an earlier entry in {plural(n, 'row')} ({share(n, c.n_values)})."
            remedy = "They may be customers with two ids; join them if so."
            yield Finding("repeated-contact", "check", (c.name,), message, remedy, {"n": n})


def roles_to_know(
    columns: Sequence[ColumnInspection], purposes: Mapping[str, str], notices: Sequence[Notice] = ()
) -> Iterator[Finding]:
    """Columns that are private, sensitive, an answer given away, or doubtful; but for the doubts of `notices`."""
    doubts = [n.message for n in notices if n.code == "doubtful-role"]
    for c in columns:
        if c.role == "personal":
            message = f"'{c.name}' is personal data: {c.reason}."
            remedy = "It is kept out of features, model and pages; nothing to do."
            yield Finding("personal-column", "note", (c.name,), message, remedy)
        elif c.sensitive and c.name not in purposes:
            message = f"'{c.name}' is a sensitive attribute: {c.reason}."
            remedy = (
                "It is described, never clustered on; to do so, state why in segmentry.toml: "
                f'[purposes] "{c.name}" = "..."'
            )
            yield Finding("sensitive-column", "note", (c.name,), message, remedy)
        elif c.role == "leak":
            message = f"'{c.name}' looks like an earlier segmentation or an answer to foretell: {c.reason}."
            remedy = f'It is left out; if it is something else: [roles] "{c.name}" = "category" in segmentry.toml.'
            yield Finding("leak-column", "note", (c.name,), message, remedy)
        elif c.role == "prediction":
            message = f"'{c.name}' is a prediction: {c.reason}."
            remedy = (
                "It is described, and neither clustered on nor counted as spend or purchases; if it is something else: "
                f'[roles] "{c.name}" = "number" in segmentry.toml.'
            )
            yield Finding("prediction-column", "note", (c.name,), message, remedy)
        elif any(message.startswith(f"'{c.name}' ") for message in doubts):
            continue
        elif not c.confident and c.role not in ("constant", "id"):
            message = f"'{c.name}' was taken for {c.role.replace('_', ' ')}, without being sure: {c.reason}."
            remedy = f'If it is something else, say so in segmentry.toml: [roles] "{c.name}" = "..."'
            yield Finding("doubtful-role", "check", (c.name,), message, remedy)
