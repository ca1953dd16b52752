"""An inspection as a `segmentry.toml` that a person can edit: what was found, in comments; what was stated, in force.

The unedited file changes nothing of a fit: every line that only repeats what a fit finds by itself is a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel

from segmentry.exploration import ColumnInspection, Inspection
from segmentry.features.choice import FeatureSettings
from segmentry.purchases import PurchaseSettings
from segmentry.tables import ReadingSettings

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WITH_SUBJECT = frozenset({"spend_part", "purchases_channel", "visits", "children", "campaign", "tenure"})
_REASON_AT = 44


@dataclass(frozen=True)
class Stated:
    """What was said by options or a file when the table was inspected; it stays in force."""

    k: int | str = "auto"
    seed: int = 0
    id: str | None = None
    as_of: date | None = None
    features: FeatureSettings = field(default_factory=FeatureSettings)
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    names: Mapping[str, str] = field(default_factory=dict)
    orders: PurchaseSettings = field(default_factory=PurchaseSettings)
    value: BaseModel | None = None  # of lifetime value
    on_duplicate: str = "error"
    more: Mapping[str, object] = field(default_factory=dict)  # settings that an inspection has nothing to say of
    option: str = ""  # before the source on the command line: "--customers "


def settings_file(inspection: Inspection, stated: Stated | None = None, source: str = "") -> str:
    """The settings of a fit of this table as commented TOML; the same inspection gives the same text."""
    said = stated or Stated()
    parts = [
        _head(inspection, said, source),
        _fit(inspection, said),
        _chosen(inspection, said),
        _reading(inspection, said),
        _named("names", said.names, "Names of your own for segments, by id.", 's1 = "Premium loyal"'),
        _purposes(inspection, said),
        _roles(inspection, said) if inspection.orders is None else _orders(inspection, said),
        _section("orders", said.orders if inspection.orders is None else None),
        _section("value", said.value),
    ]
    written = ["\n".join(lines) for lines in parts]
    return "\n\n".join(part for part in written if part) + "\n"


def _head(inspection: Inspection, said: Stated, source: str) -> Iterator[str]:
    name = _plain(source or inspection.source_name)
    quoted = f'"{name}"' if re.search(r"[^\w./-]", name) else name
    yield f"# Settings for {name}. To use them:"
    yield "#"
    yield f"#     segmentry fit {said.option}{quoted} --config segmentry.toml -o segments/"
    yield "#"
    yield "# A setting behind a # is what segmentry finds by itself. To decide otherwise, remove the # in front of the"
    yield "# line and change it. Left as it is, this file changes nothing."


def _fit(inspection: Inspection, said: Stated) -> Iterator[str]:
    yield '# How many segments: a number, a range such as "2-10", or "auto" (the best of 3 to 10).'
    yield f"k = {_value(said.k)}"
    yield ""
    yield "# The same seed gives the same segments."
    yield f"seed = {said.seed}"
    yield ""
    yield "# The column that identifies a customer."
    if said.id is not None:
        yield f"id = {_value(said.id)}"
    elif inspection.id_column is not None:
        yield f"# id = {_value(inspection.id_column)}"
    else:
        yield '# id = "..."    # none was found'
    yield ""
    yield "# The day that ages and recencies count to: the last one in the data, unless stated."
    if said.as_of is not None:
        yield f"as_of = {said.as_of.isoformat()}"
    elif inspection.as_of is not None:
        yield f"# as_of = {inspection.as_of.isoformat()}"
    else:
        yield "# as_of = 2026-01-31    # not needed: no feature counts to a date"
    if said.on_duplicate != "error" or any(f.code == "repeated-id" for f in inspection.findings):
        yield ""
        yield '# Ids repeat: "keep" takes every row as a customer; otherwise a fit stops.'
        yield f'{"" if said.on_duplicate == "keep" else "# "}on_duplicate = "keep"'
    if said.more:
        yield ""
        yield "# Stated before."
        yield from (f"{name} = {_value(value)}" for name, value in said.more.items())


def _chosen(inspection: Inspection, said: Stated) -> Iterator[str]:
    formula = {f.name: f.formula for f in inspection.features}
    stated = said.features.features
    yield "# The features that customers are compared by, with what each is made of."
    mark = "" if stated else "# "
    yield f"{mark}features = ["
    for name in stated or inspection.chosen:
        made = f"    # {_plain(formula[name])}" if formula.get(name, name) != name else ""
        yield f"{mark}    {_value(name)},{made}"
    yield f"{mark}]"
    if inspection.left_out:
        yield "#"
        yield "# Not among them, and why; add any of these to the list above, or a column by its name."
        width = min(32, max(len(_value(part.feature)) for part in inspection.left_out) + 1)
        for part in inspection.left_out:
            yield f"#    {_value(part.feature) + ',':<{width}}  # {_plain(short_reason(part.reason))}"


def _reading(inspection: Inspection, said: Stated) -> Iterator[str]:
    own, found = said.reading, inspection.reading
    yield "# How the file is read. These are in force, so that the next file of this kind is read alike."
    yield "[reading]"
    if own.separator is not None or found.separator is not None:
        yield f"separator = {_value(_spoken(own.separator) if own.separator else str(found.separator))}"
    if own.encoding is not None:
        yield f"encoding = {_value(own.encoding)}"
    for key in ("decimal", "date_format", "header", "columns", "sheet", "table", "query"):
        if getattr(own, key) not in (None, ()):
            yield f"{key} = {_value(getattr(own, key))}"
    placeholders = [str(f.figures["value"]) for f in inspection.findings if f.code == "placeholder"]
    cells = own.missing or tuple(dict.fromkeys(p.removesuffix(".0") for p in placeholders))
    mark = "" if own.missing else "# "
    yield f"{mark}missing = {_value(list(cells) or ['-999'])}    # cells that mean 'not known'"
    mark = "" if "max_rejected_share" in own.model_fields_set else "# "
    yield f"{mark}max_rejected_share = {own.max_rejected_share}    # of rows that cannot be used, before a fit stops"
    for key, pairs in (
        ("decimals", {**found.decimals, **own.decimals}),
        ("date_formats", {**found.date_formats, **own.date_formats}),
        ("types", dict(own.types)),
    ):
        if pairs:
            yield ""
            yield f"[reading.{key}]"
            yield from (f"{_value(column)} = {_value(value)}" for column, value in pairs.items())


def _named(section: str, pairs: Mapping[str, str], why: str, example: str) -> Iterator[str]:
    yield f"# {why}"
    yield f"[{section}]"
    if not pairs:
        yield f"# {example}"
    yield from (f"{_value(name)} = {_value(value)}" for name, value in pairs.items())


def _purposes(inspection: Inspection, said: Stated) -> Iterator[str]:
    sensitive = [c.name for c in inspection.columns if c.sensitive]
    yield "# Sensitive attributes are described, never clustered on, unless a purpose is stated here."
    yield "[purposes]"
    for column, purpose in said.features.purposes.items():
        yield f"{_value(column)} = {_value(purpose)}"
    for column in sensitive:
        if column not in said.features.purposes:
            yield f'# {_value(column)} = "why it is needed"'
    if not sensitive and not said.features.purposes:
        yield "# none was found"


def _roles(inspection: Inspection, said: Stated) -> Iterator[str]:
    yield "# What each column says about a customer, and why it is thought so. Some roles: id, birth_year, birth_date,"
    yield "# age, signup_date, income, spend_total, spend_part, purchases_total, visits, recency_days, campaign, flag,"
    yield "# category, number, personal, sensitive; text is left out. A wrong name lists them all."
    yield "[roles]"
    for column in inspection.columns:
        if column.name in said.features.roles:
            setting, mark = f"{_value(column.name)} = {_value(said.features.roles[column.name])}", ""
        else:
            setting, mark = f"{_value(column.name)} = {_value(role_text(column))}", "# "
        doubt = "" if column.confident else "not sure: "
        yield f"{mark + setting:<{_REASON_AT}}  # {doubt}{_plain(column.reason)}"


def _orders(inspection: Inspection, said: Stated) -> Iterator[str]:
    found = inspection.orders
    assert found is not None
    mark = "" if said.orders.duplicates != "keep" else "# "
    yield "# Order lines that repeat another in every cell: keep (each counts), or drop (exported twice)."
    yield "[orders]"
    yield f"{mark}duplicates = {_value(said.orders.duplicates if not mark else 'drop')}"
    mark = "" if said.orders.amount_is is not None else "# "
    yield f"{mark}amount_is = {_value(found.recipe.amount_is)}    # what an amount stands for: its line, or its order"
    yield from _rest(said.orders, ("duplicates", "amount_is", "roles"))
    yield ""
    yield "# What each column says about a purchase: customer, time, amount, quantity, unit_price, order, product,"
    yield "# product_name, category, channel, discount, status, refunded, currency."
    yield "[orders.roles]"
    for column in found.recipe.columns:
        stated = column.name in said.orders.roles
        setting = f"{_value(column.name)} = {_value(column.role)}"
        yield f"{('' if stated else '# ') + setting:<{_REASON_AT}}  # {_plain(column.reason)}"


def _section(name: str, settings: BaseModel | None) -> Iterator[str]:
    """What was stated of a section that an inspection has nothing to say of."""
    lines = [] if settings is None else list(_rest(settings))
    if lines:
        yield "# Stated before."
        yield f"[{name}]"
        yield from lines


def _rest(settings: BaseModel, told: Collection[str] = ()) -> Iterator[str]:
    """The settings that were stated, but for those `told` elsewhere."""
    for name, value in settings.model_dump(mode="json", exclude_defaults=True).items():
        if name not in told:
            yield f"{name} = {_value(value)}"


def role_text(column: ColumnInspection) -> str:
    """A column's role as a setting states it, with its subject where a feature depends on it.

    >>> from types import SimpleNamespace
    >>> role_text(SimpleNamespace(role="spend_part", subject="wine"))
    'spend_part:wine'
    """
    return f"{column.role}:{column.subject}" if column.subject and column.role in _WITH_SUBJECT else column.role


def short_reason(reason: str) -> str:
    """Why a feature was left out, without its formula and the option that brings it in.

    >>> short_reason("derived from columns that are in the choice or beside it ((a) / (b)); add it with --features")
    'derived from columns that are in the choice or beside it'
    """
    return re.sub(r" \(\(.*\)\)", "", reason).removesuffix("; add it with --features")


def _spoken(separator: str) -> str:
    return {"\t": "tab", " ": "space"}.get(separator, separator)


def _plain(text: str) -> str:
    """Text from data inside a comment: on one line, without control characters, which TOML forbids there."""
    return _CONTROL.sub("\ufffd", text)


def _value(value: object) -> str:
    """A value as TOML writes it; JSON's texts, numbers and lists are TOML, but for a character that it leaves bare."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
