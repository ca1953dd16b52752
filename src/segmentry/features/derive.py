"""From roles to features, and from a feature to the expression that derives it on any engine.

Which features are good for clustering is decided in `choice`; what their values are made into, in `learning`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import narwhals.stable.v2 as nw

from segmentry.features.feature import Bins, Feature, Operation, Theme, Unit
from segmentry.features.levels import steps, yes_and_no
from segmentry.features.marks import marks
from segmentry.features.roles import ColumnRole
from segmentry.features.summaries import ColumnSummary
from segmentry.features.vocabulary import fold, vocabulary
from segmentry.features.words import parse_name
from segmentry.tables import ordinal

# Roles that are a feature as they stand: unit, theme and the feature's name ("" takes the column's own).
_PLAIN: Mapping[str, tuple[Unit, Theme, str]] = {
    "age": ("years", "age", "age"),
    "income": ("money", "income", "income"),
    "order_value": ("money", "order_value", "average_order_value"),
    "items": ("count", "items", "items"),
    "quantity": ("count", "items", ""),
    "recency_days": ("days", "recency", "recency_days"),
    "household_size": ("count", "household", "household_size"),
    "rating": ("rating", "rating", ""),
    "score": ("score", "engagement", ""),
    "rate": ("number", "other", ""),
    "count": ("count", "other", ""),
    "money": ("money", "other", ""),
    "number": ("number", "other", ""),
    "unit_price": ("money", "other", ""),
}
# Columns that are added up, and whether something is divided by their sum.
Part = tuple[tuple[str, ...], bool]
_TENURE_DAYS: Mapping[str, Unit] = {"days": "days", "years": "years"}


def slug(name: str) -> str:
    """A column name as a feature name: lower case, words joined by underscores, bracketed units dropped.

    >>> slug("Monthly Fee (k$)"), slug("Größe"), slug("MonthlyFee"), slug("HubSpot Score")
    ('monthly_fee', 'grosse', 'monthly_fee', 'hubspot_score')
    """
    bare = re.sub(r"[(\[{].*?[)\]}]", " ", name)
    parts = re.findall(r"[^\W_]+|[\W_]+", bare)
    alone = sum(part[0].isalpha() for part in parts) == 1
    spaced = "".join(_apart(part, alone) for part in parts).replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_") or "column"


def _apart(word: str, alone: bool) -> str:
    """The words of a camel: of a name that parts its words otherwise, only where each is known."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", word)
    return words if alone or all(vocabulary().meaning(fold(part)) for part in words.split()) else word


def derive_features(roles: Sequence[ColumnRole], summaries: Sequence[ColumnSummary]) -> tuple[Feature, ...]:
    """Every feature that the roles allow, in name order; nothing is chosen or measured here."""
    kinds = {s.name: s for s in summaries}
    by_role: dict[str, list[ColumnRole]] = {}
    for role in sorted(roles, key=lambda r: r.column):
        by_role.setdefault(role.role, []).append(role)
    features: list[Feature] = []
    features += _plain(by_role)
    features += _age_and_time(by_role)
    features += _spend(by_role)
    features += _purchases(by_role)
    features += _people(by_role)
    features += _answers(by_role, kinds)
    features += _categories(by_role, kinds)
    features += _predictions(by_role, kinds)
    features += _ratios(features)
    return _named_once(features)


def _plain(by_role: Mapping[str, list[ColumnRole]]) -> Iterable[Feature]:
    for role, (unit, theme, name) in _PLAIN.items():
        columns = by_role.get(role, [])
        for column in columns:
            own = name if name and len(columns) == 1 else slug(column.column)
            yield Feature(own, label(own, column.column), unit, theme, "column", (column.column,), symbol=column.symbol)


def _age_and_time(by_role: Mapping[str, list[ColumnRole]]) -> Iterable[Feature]:
    if "age" not in by_role:
        born: tuple[tuple[str, Operation], ...] = (("birth_date", "years_since"), ("birth_year", "years_since_year"))
        for role, operation in born:
            if role in by_role:
                yield Feature("age", "Age", "years", "age", operation, (by_role[role][0].column,))
                break
    if "recency_days" not in by_role and "last_purchase_date" in by_role:
        column = by_role["last_purchase_date"][0].column
        yield Feature("recency_days", "Days since last purchase", "days", "recency", "days_since", (column,))
    for dated in by_role.get("date", []):
        if name := _activity(dated.column):
            yield Feature(name, label(name), "days", "activity", "days_since", (dated.column,))
    if "signup_date" in by_role:
        column = by_role["signup_date"][0].column
        yield Feature("tenure_days", "Days as a customer", "days", "tenure", "days_since", (column,))
    elif "tenure" in by_role:
        tenure = by_role["tenure"][0]
        name = f"tenure_{tenure.subject or 'days'}"
        yield Feature(
            name, label(name), _TENURE_DAYS.get(tenure.subject, "number"), "tenure", "column", (tenure.column,)
        )


def _activity(column: str) -> str:
    """The feature's name where a date is that of the last visit, login or the like, which is no purchase; else ""."""
    said = marks(column)
    if "activity" not in said or not ("last" in said or "last" in parse_name(column).concepts):
        return ""
    words = slug(column).split("_")
    while len(words) > 1 and vocabulary().meaning(words[-1]) & {"date", "noise"} and "activity" not in marks(words[-1]):
        words.pop()
    return f"days_since_{'_'.join(words)}"


def _spend(by_role: Mapping[str, list[ColumnRole]]) -> Iterable[Feature]:
    parts = by_role.get("spend_part", [])
    names = tuple(p.column for p in parts)
    symbol = next((p.symbol for p in parts if p.symbol), "")
    totals = by_role.get("spend_total", [])
    for total in totals:
        name = "spend_total" if len(totals) == 1 else slug(total.column)
        yield Feature(name, label(name), "money", "spend", "column", (total.column,), symbol=total.symbol)
    if parts and not totals:
        yield Feature("spend_total", "Total spend", "money", "spend", "sum", names, symbol=symbol)
    if len(parts) > 1:
        for part in parts:
            name = f"spend_share_{slug(part.subject or part.column)}"
            yield Feature(name, label(name), "share", "spend_mix", "ratio", (part.column,), names)


def _purchases(by_role: Mapping[str, list[ColumnRole]]) -> Iterable[Feature]:
    channels = by_role.get("purchases_channel", [])
    totals = by_role.get("purchases_total", [])
    for total in totals:
        name = "purchases_total" if len(totals) == 1 else slug(total.column)
        yield Feature(name, label(name), "count", "frequency", "column", (total.column,))
    if channels and not totals:
        columns = tuple(c.column for c in channels)
        yield Feature("purchases_total", "Purchases", "count", "frequency", "sum", columns)
    for channel in channels:
        name = f"purchases_{slug(channel.subject or channel.column)}"
        yield Feature(name, label(name), "count", "channel", "column", (channel.column,))
    for deal in by_role.get("purchases_deal", []):
        yield Feature("purchases_deal", "Purchases on a deal", "count", "deals", "column", (deal.column,))
    visits = by_role.get("visits", [])
    for visit in visits:
        plain = "visits" if len(visits) == 1 else slug(visit.column)
        name = f"visits_{slug(visit.subject)}" if visit.subject else plain
        yield Feature(name, label(name), "count", "visits", "column", (visit.column,))


def _people(by_role: Mapping[str, list[ColumnRole]]) -> Iterable[Feature]:
    children = _counted_once([c.column for c in by_role.get("children", [])])
    if children:
        operation: Operation = "sum" if len(children) > 1 else "column"
        yield Feature("children", "Children at home", "count", "children", operation, children)


def _counted_once(columns: Sequence[str]) -> tuple[str, ...]:
    """Columns of children that may be added up: a total counts them already, and so do dependants, among others.

    >>> _counted_once(["kids", "teens"]), _counted_once(["CHILD_TOTAL", "DEPENDANTS"])
    (('kids', 'teens'), ('CHILD_TOTAL',))
    """
    totals = [c for c in columns if "total" in parse_name(c).concepts]
    named = [c for c in columns if "dependent" not in marks(c)]
    return tuple(totals[:1] or named or columns[:1])


def _answers(by_role: Mapping[str, list[ColumnRole]], kinds: Mapping[str, ColumnSummary]) -> Iterable[Feature]:
    campaigns = by_role.get("campaign", [])
    numeric = [c for c in campaigns if kinds[c.column].kind == "number"]
    used = numeric or campaigns
    if used:
        columns = tuple(c.column for c in used)
        yes = tuple(sorted({level for c in used for level in _yes(c, kinds)}))
        yield Feature("campaigns_accepted", "Campaigns accepted", "count", "engagement", "sum", columns, levels=yes)
    themes: tuple[tuple[str, Theme], ...] = (("deal_flag", "deals"), ("complaint", "other"), ("flag", "other"))
    for role, theme in themes:
        for column in by_role.get(role, []):
            name, yes = slug(column.column), _yes(column, kinds)
            operation: Operation = "flag" if yes else "column"
            leaving = role == "flag" and _has_left(column.column, by_role)
            own: Theme = "leaving" if leaving else theme
            yield Feature(name, label(name, column.column), "flag", own, operation, (column.column,), levels=yes)


def _has_left(column: str, by_role: Mapping[str, list[ColumnRole]]) -> bool:
    """Whether a yes means that the customer has left.

    Orders can be cancelled as well: the word counts where the table has a time as a customer.
    """
    said = marks(column)
    return "left" in said or ("cancelled" in said and bool({"tenure", "signup_date", "membership"} & by_role.keys()))


def _yes(column: ColumnRole, kinds: Mapping[str, ColumnSummary]) -> tuple[str, ...]:
    """The levels that mean yes, of a column of text; none for one of numbers, which is its own answer."""
    if kinds[column.column].kind != "text":
        return ()
    meant = yes_and_no(column.levels)
    return column.levels[1:] if meant is None else meant.yes


def _categories(by_role: Mapping[str, list[ColumnRole]], kinds: Mapping[str, ColumnSummary]) -> Iterable[Feature]:
    themes: tuple[tuple[str, Theme], ...] = (
        ("membership", "membership"),
        ("satisfaction", "rating"),
        ("education", "other"),
    )
    for role, theme in themes:
        for column in by_role.get(role, []):
            name = slug(column.column)
            if column.levels and kinds[column.column].kind == "text":
                called = label(name, column.column)
                yield Feature(name, called, "level", theme, "level", (column.column,), levels=column.levels)
            else:
                unit: Unit = "level" if kinds[column.column].kind == "number" else "category"
                operation: Operation = "column" if unit == "level" else "category"
                yield Feature(name, label(name, column.column), unit, theme, operation, (column.column,))
    for role in ("category", "sensitive"):
        for column in by_role.get(role, []):
            name = slug(column.column)
            called = label(name, column.column)
            yield Feature(name, called, "category", "category", "category", (column.column,))


def _predictions(by_role: Mapping[str, list[ColumnRole]], kinds: Mapping[str, ColumnSummary]) -> Iterable[Feature]:
    """What another tool expects: described under a theme of its own, so that it is no part of spend or engagement."""
    for column in by_role.get("prediction", []):
        name, kind = slug(column.column), kinds[column.column].kind
        if kind == "number":
            unit: Unit = "money" if column.symbol else "number"
            called = label(name, column.column)
            yield Feature(name, called, unit, "future", "column", (column.column,), symbol=column.symbol)
        elif kind == "text":
            yield Feature(name, label(name, column.column), "category", "future", "category", (column.column,))


def _ratios(features: Sequence[Feature]) -> list[Feature]:
    """Ratios of what is there already: average order value, deal share, purchases per visit."""
    named = {f.name: f for f in features}
    spend, purchases = named.get("spend_total"), named.get("purchases_total")
    made: list[Feature] = []
    if spend and purchases and "average_order_value" not in named:
        made.append(_ratio("average_order_value", "money", "order_value", spend, purchases, spend.symbol))
    if purchases and "purchases_deal" in named:
        made.append(_ratio("deal_share", "share", "deals", named["purchases_deal"], purchases))
    visits = [f for f in features if f.theme == "visits"]
    if visits and purchases:
        suffix = visits[0].name.removeprefix("visits").removeprefix("_")
        bought = named.get(f"purchases_{suffix}", purchases) if suffix else purchases
        made.append(_ratio("purchases_per_visit", "number", "visits", bought, visits[0]))
    return made


def _ratio(name: str, unit: Unit, theme: Theme, above: Feature, below: Feature, symbol: str = "") -> Feature:
    return Feature(name, label(name), unit, theme, "ratio", above.sources, below.sources, symbol=symbol)


def _named_once(features: Sequence[Feature]) -> tuple[Feature, ...]:
    taken: dict[str, Feature] = {}
    for feature in features:
        name, number = feature.name, 2
        while name in taken:
            name, number = f"{feature.name}_{number}", number + 1
        taken[name] = feature if name == feature.name else _renamed(feature, name)
    return tuple(taken[name] for name in sorted(taken))


def _renamed(feature: Feature, name: str) -> Feature:
    return replace(feature, name=name, label=label(name))


_LABELS: Mapping[str, str] = {
    "spend_total": "Total spend",
    "purchases_total": "Purchases",
    "average_order_value": "Average order value",
    "recency_days": "Days since last purchase",
    "tenure_days": "Days as a customer",
    "deal_share": "Share of purchases on a deal",
    "purchases_per_visit": "Purchases per visit",
    "complain": "Complained",
}
_SPELLED_OUT: Mapping[str, str] = {"prod": "product", "prods": "products"}


def label(name: str, column: str = "") -> str:
    """A feature's name as a reader would say it; a word with capitals inside is written as the column writes it.

    >>> label("spend_share_wine"), label("spending_score"), label("gold_prods")
    ('Share of spend: wine', 'Spending score', 'Gold products')
    >>> label("hubspot_score", "HubSpot Score"), label("purchases_frequency", "PURCHASES_FREQUENCY")
    ('HubSpot score', 'Purchases frequency')
    """
    if name in _LABELS:
        return _LABELS[name]
    name = "_".join(_SPELLED_OUT.get(word, word) for word in name.split("_"))
    for prefix, words in (("spend_share_", "Share of spend: "), ("purchases_", "Purchases: "), ("visits_", "Visits: ")):
        if not column and name.startswith(prefix):  # a name of our making, and not of the file's
            return words + name.removeprefix(prefix).replace("_", " ")
    said = name.replace("_", " ").capitalize()
    for word in re.findall(r"\w*[a-z][A-Z]\w*", column):
        said = re.sub(rf"\b{re.escape(word)}\b", word, said, flags=re.IGNORECASE)
    return said


def expression(
    feature: Feature,
    as_of: date | None,
    parts: Mapping[Part, nw.Expr] | None = None,
    days: Mapping[str, nw.Expr] | None = None,
) -> nw.Expr:
    """The feature as an expression over the typed table; null where it cannot be known.

    Parts of a sum are added in the order they are stored, so that every engine rounds alike. `parts` are those of
    `parts_of_ratios`, and `days` the dates of `dates_counted` as days, where they are columns already.
    """
    value = _derived(feature, as_of, parts or parts_of_ratios([feature]), days or {})
    return value if feature.bins is None else _scored(value, feature.bins)


def parts_of_ratios(features: Sequence[Feature]) -> dict[Part, nw.Expr]:
    """What ratios divide, and what they divide by, by the columns that are added up and whether it divides.

    >>> ratio = Feature("deal_share", "Deals", "share", "deals", "ratio", ("deals",), ("web", "store"))
    >>> list(parts_of_ratios([ratio]))
    [(('deals',), False), (('web', 'store'), True)]
    """
    ratios = [f for f in features if f.operation == "ratio"]
    above, below = dict.fromkeys(f.sources for f in ratios), dict.fromkeys(f.over for f in ratios)
    return {(part, False): _sum(part, ()) for part in above} | {(part, True): _divisor(part) for part in below}


def dates_counted(features: Sequence[Feature]) -> tuple[str, ...]:
    """Columns of dates whose days are counted."""
    return tuple(sorted({f.sources[0] for f in features if f.operation == "days_since"}))


def _scored(value: nw.Expr, bins: Bins) -> nw.Expr:
    score: nw.Expr = nw.when(~value.is_null()).then(nw.lit(1.0))
    for place, threshold in enumerate(bins.thresholds, start=2):
        beyond = value < threshold if bins.falling else value > threshold
        score = nw.when(beyond).then(nw.lit(float(place))).otherwise(score)
    return score


def _derived(
    feature: Feature, as_of: date | None, parts: Mapping[Part, nw.Expr], days: Mapping[str, nw.Expr]
) -> nw.Expr:
    first = nw.col(feature.sources[0])
    match feature.operation:
        case "sum":
            return _sum(feature.sources, feature.levels)
        case "ratio":
            return _ratio_of(parts[feature.sources, False], parts[feature.over, True], feature.unit)
        case "years_since_year":
            return nw.lit(float(known_day(as_of, feature).year)) - first
        case "years_since":
            return _whole_years(first, known_day(as_of, feature))
        case "days_since":
            day = days[feature.sources[0]] if feature.sources[0] in days else ordinal(first).cast(nw.Float64)
            return nw.lit(float(known_day(as_of, feature).toordinal())) - day
        case "flag":
            return _flag(feature.sources[0], feature.levels)
        case "level":
            return _level(first, feature.levels)
        case _:
            return first


def _ratio_of(above: nw.Expr, below: nw.Expr, unit: Unit) -> nw.Expr:
    if unit == "share":
        # Columns need not add up: there are 15 purchases on a deal of one in all, and refunds.
        above = nw.when(above > below).then(below).otherwise(nw.when(above < 0.0).then(nw.lit(0.0)).otherwise(above))
    return above / below


def known_day(as_of: date | None, feature: Feature) -> date:
    """The as-of date, which a feature that counts to it cannot do without."""
    if as_of is None:
        raise ValueError(f"{feature.name} needs an as-of date")
    return as_of


def _sum(columns: Sequence[str], true_levels: Sequence[str]) -> nw.Expr:
    parts = [_flag(c, true_levels) if true_levels else nw.col(c) for c in columns]
    total = parts[0].fill_null(0.0)
    known = ~parts[0].is_null()
    for part in parts[1:]:
        total = total + part.fill_null(0.0)
        known = known | ~part.is_null()
    return nw.when(known).then(total)


def _divisor(columns: Sequence[str]) -> nw.Expr:
    total = _sum(columns, ())
    return nw.when(total > 0).then(total)


def _flag(column: str, true_levels: Sequence[str]) -> nw.Expr:
    cell = nw.col(column)
    holds = nw.when(cell.is_in(meaning_yes(true_levels))).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    return nw.when(~cell.is_null()).then(holds)


def meaning_yes(levels: Sequence[str]) -> list[str]:
    """The levels of a flag that count as 1: those that were seen, and what a column of truth values says as text.

    One file's TRUE is another reader's true.

    >>> meaning_yes(["TRUE"])
    ['TRUE', 'true']
    """
    return list(dict.fromkeys([*levels, "true"]))


def _level(cell: nw.Expr, levels: Sequence[str]) -> nw.Expr:
    *rest, (place, level) = zip(steps(levels), levels, strict=True)
    value: nw.Expr = nw.when(cell == level).then(nw.lit(float(place)))
    for place, level in reversed(rest):
        value = nw.when(cell == level).then(nw.lit(float(place))).otherwise(value)
    return value


def _whole_years(born: nw.Expr, as_of: date) -> nw.Expr:
    month, day = born.dt.month(), born.dt.day()
    before_birthday = (month > as_of.month) | ((month == as_of.month) & (day > as_of.day))
    years = nw.lit(float(as_of.year)) - born.dt.year().cast(nw.Float64)
    return years - nw.when(before_birthday).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
