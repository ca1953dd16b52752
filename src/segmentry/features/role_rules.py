"""Which words in a name, with which values, speak for which role: one table, read from top to bottom.

A rule counts only when both agree: the words name the role, the values have to allow it. Weighing columns against
each other (one id, families of columns) is left to `roles`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from segmentry.features.levels import yes_and_no
from segmentry.features.summaries import ColumnSummary
from segmentry.features.words import Name
from segmentry.tables.table import Kind

Role = Literal[
    "id", "birth_year", "birth_date", "age", "signup_date", "last_purchase_date", "date", "tenure", "recency_days",
    "income", "spend_total", "spend_part", "order_value", "purchases_total", "purchases_channel", "purchases_deal",
    "items", "visits", "campaign", "deal_flag", "complaint", "children", "household_size", "rating", "satisfaction",
    "membership", "education", "score", "rate", "count", "money", "flag", "category", "number", "constant", "leak",
    "prediction", "personal", "sensitive", "order_id", "product", "quantity", "purchase_date", "unit_price", "text",
]  # fmt: skip

Check = Callable[[ColumnSummary], bool]
Where = Literal["any", "log", "customers"]

# Roles that are nothing without a number, or a date.
KIND_OF: Mapping[Role, Kind] = {
    **dict.fromkeys(("birth_date", "signup_date", "last_purchase_date", "date", "purchase_date"), "date"),
    **dict.fromkeys(
        (
            "birth_year", "age", "tenure", "recency_days", "income", "spend_total", "spend_part", "order_value",
            "purchases_total", "purchases_channel", "purchases_deal", "items", "visits", "children", "household_size",
            "rating", "score", "rate", "count", "money", "number", "quantity", "unit_price",
        ),
        "number",
    ),
}  # fmt: skip
ANSWERS: frozenset[Role] = frozenset({"flag", "campaign", "deal_flag", "complaint"})  # yes or no
FEW_LEVELS = 40
_OLDEST = 110
_YEAR_SHARE = 0.95
_WHOLE_SHARE = 0.99
_MANY_DIFFERENT = 0.3
_LARGEST_DIGIT = 12
_MOST_TIMES = 1_000
_MOST_GROUPS = 0.5


@dataclass(frozen=True)
class Clue:
    """A column with its name taken apart; `log` when the table holds purchases, not customers."""

    name: Name
    summary: ColumnSummary
    concepts: frozenset[str]
    log: bool


@dataclass(frozen=True)
class Rule:
    """`role` for names with one concept out of each of `needs` ("a|b") and none of `without`, if `values` allows it."""

    role: Role
    needs: tuple[str, ...]
    values: Check
    without: frozenset[str] = frozenset()
    where: Where = "any"
    only: bool = False  # no concept beside those of `needs` and words without meaning
    sure: bool = True
    telling: bool = True  # the name proposes the role, whatever the values

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for need in self.needs for word in need.split("|"))

    def fits_name(self, clue: Clue) -> bool:
        if self.where != "any" and (self.where == "log") != clue.log:
            return False
        if self.without & clue.concepts:
            return False
        if self.only and (clue.concepts - self.words - {"noise"} or clue.name.rest_unknown()):
            return False
        return all(any(word in clue.concepts for word in need.split("|")) for need in self.needs)


def is_rated(clue: Clue) -> bool:
    """Whether the name is that of a rating of the customer, not of one by the customer."""
    return bool(clue.concepts & set(OF_A_CUSTOMER.split("|"))) and not clue.concepts & OPINION


def any_values(_: ColumnSummary) -> bool:
    return True


def is_number(s: ColumnSummary) -> bool:
    return s.kind == "number"


def is_date(s: ColumnSummary) -> bool:
    return s.kind == "date"


def is_text(s: ColumnSummary) -> bool:
    return s.kind == "text"


def is_whole(s: ColumnSummary) -> bool:
    return s.kind == "number" and s.share_whole >= _WHOLE_SHARE


def is_measure(s: ColumnSummary) -> bool:
    """Numbers with more than two values: two are a flag or two groups, whatever they are called."""
    return s.kind == "number" and s.n_distinct > 2


def is_positive(s: ColumnSummary) -> bool:
    # A few refunds do not make spend something else.
    return is_measure(s) and s.share_negative <= 0.05


def is_count(s: ColumnSummary) -> bool:
    return is_whole(s) and s.share_negative == 0


def is_counted(s: ColumnSummary) -> bool:
    """A count that 1 and 2 for yes and no cannot be taken for."""
    return is_count(s) and is_measure(s)


def is_amount(s: ColumnSummary) -> bool:
    """A measure that is more than a few whole numbers: how many cards, or a delay in months, is no money."""
    return is_measure(s) and not (is_whole(s) and top(s) <= _LARGEST_DIGIT and s.n_distinct <= 2 * _LARGEST_DIGIT)


def is_few_times(s: ColumnSummary) -> bool:
    # A Spanish "cantidad" of credit is an amount.
    return is_counted(s) and top(s) <= _MOST_TIMES


def is_fractional(s: ColumnSummary) -> bool:
    """How often, as a share of the times: no whole number of times."""
    return is_positive(s) and not is_whole(s)


def is_amount_of_days(s: ColumnSummary) -> bool:
    return is_positive(s) and top(s) <= 40_000 and not are_years(s)


def is_small_count(s: ColumnSummary) -> bool:
    return is_count(s) and top(s) <= 30


def is_flag(s: ColumnSummary) -> bool:
    """Yes and no in two values, or in several spellings of each; of numbers, 0 and 1 alone."""
    if s.kind == "number":
        return s.n_distinct == 2 and set(s.level_names) == {"0", "1"}
    return s.n_distinct == len(s.levels) and yes_and_no(s.level_names) is not None


def is_small_scale(s: ColumnSummary) -> bool:
    return is_measure(s) and s.share_negative == 0 and top(s) <= 10


def is_large_scale(s: ColumnSummary) -> bool:
    return is_measure(s) and not is_small_scale(s)


def is_score(s: ColumnSummary) -> bool:
    return is_measure(s) and not counts_rows(s)


def are_years(s: ColumnSummary) -> bool:
    return s.kind == "number" and s.share_year >= _YEAR_SHARE


def are_ages(s: ColumnSummary) -> bool:
    # Two ages are ages still, unlike the two values of a flag.
    if s.kind != "number" or s.n_distinct < 2 or s.low is None or s.high is None:
        return False
    return s.low >= 0 and (s.median or 0) >= 5 and s.high <= _OLDEST


def is_grouping(s: ColumnSummary) -> bool:
    return is_few(s) and not is_flag(s)


def is_few(s: ColumnSummary) -> bool:
    return s.n_distinct <= FEW_LEVELS and (s.kind == "text" or is_whole(s))


def differs(s: ColumnSummary) -> bool:
    """Texts, most of them different: what names and addresses look like."""
    return s.kind == "text" and s.n_distinct > 5 and s.distinct_share >= _MANY_DIFFERENT


def are_words(s: ColumnSummary) -> bool:
    """Texts that are no yes and no, which would say whether there is one."""
    return s.kind == "text" and not is_flag(s)


def reaches_someone(s: ColumnSummary) -> bool:
    """Phone numbers read as numbers, or texts that differ."""
    return differs(s) or (is_whole(s) and isinstance(s.low, float) and s.low >= 1_000_000)


def is_key(s: ColumnSummary) -> bool:
    """Different in nearly every row, and nothing one could measure by fractions."""
    return (s.kind == "text" or is_whole(s)) and s.distinct_share >= 0.95


def foretells(s: ColumnSummary) -> bool:
    """Figures, days, or a few levels."""
    return s.kind != "text" or is_few(s)


def names_groups(s: ColumnSummary) -> bool:
    """Numbers that come back: of shops, of people who sell."""
    return is_number(s) and is_grouping(s) and s.distinct_share <= _MOST_GROUPS


def names_many(s: ColumnSummary) -> bool:
    return is_number(s) and not is_flag(s)


def may_be_order_key(s: ColumnSummary) -> bool:
    return (s.kind == "text" or is_whole(s)) and s.n_distinct > 2 and s.distinct_share >= 0.01


def counts_rows(s: ColumnSummary) -> bool:
    """Whole numbers, all different, that fill a good part of their range: row numbers and ids."""
    if not (is_whole(s) and s.n_missing == 0 and s.distinct_share == 1 and s.n >= 10 and s.share_negative == 0):
        return False
    extent = top(s) - (s.minimum if isinstance(s.minimum, (int, float)) else 0.0) + 1
    # Numbers drawn at random from this range would repeat five times on average, so that none does is no chance.
    return extent <= min(10 * s.n, s.n * s.n / 10)


def top(s: ColumnSummary) -> float:
    return s.maximum if isinstance(s.maximum, (int, float)) else 0.0


def _f(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MEASURES = _f("age income spend score rating satisfaction amount money average visit birth purchase goods rate")
_BOUGHT = _f("spend amount count purchase goods product items visit income frequency")
_NOT_TIME = _f("income spend amount money visit campaign complaint deal items goods count child score rating price")
_NOT_PERSON = _f("product campaign place order channel segment education membership goods group level")
_NOT_ORDER = _f("spend amount average items last first rate day")
_OF_IDS = _f("price amount income spend score rate average")  # a reference price, a key rate
_NO_EVENT = _f("last visit campaign complaint ended")

NO_PART = _f("count frequency visit average extreme last first rate channel deal")  # beside money: no part of it
OF_A_CUSTOMER = "customer|membership|account|lead"
OPINION = _f("review satisfaction product goods purchase order average accepted")

RULES: tuple[Rule, ...] = (
    # What must never slip into a feature comes first.
    Rule("order_id", ("order", "id|count"), may_be_order_key, _NOT_ORDER, "log"),
    Rule("order_id", ("order", "id|count"), is_key, _NOT_ORDER, "customers"),
    Rule("order_id", ("order",), is_key, _NOT_ORDER, only=True),
    Rule("personal", ("official",), differs, _BOUGHT - {"count"}),
    Rule("personal", ("official|contact|channel_phone",), reaches_someone,
         _BOUGHT - {"count"} | _f("accepted last order")),
    Rule("personal", ("address",), differs, _BOUGHT | _f("campaign accepted postcode place")),
    # Some names are common and some tables small: what can only be a person's name needs no values to tell it.
    Rule("personal", ("own_name",), are_words, _f("product goods")),
    Rule("personal", ("person_name", "customer"), are_words, _NOT_PERSON),
    Rule("personal", ("person_name",), differs, _BOUGHT - {"count"} | _NOT_PERSON),
    Rule("sensitive", ("sensitive",), any_values, _BOUGHT - {"visit"}),
    Rule("prediction", ("prediction",), foretells),
    Rule("prediction", ("churn", "risk|score|rate|rating|level|group"), foretells),
    Rule("prediction", ("churn",), is_measure, _f("count day week month year since date"),
         telling=False),
    Rule("leak", ("segment",), is_few, _MEASURES | {"place", "product", "churn"}),
    # What names a thing measures nothing, whatever else the name says.
    Rule("category", ("id",), names_groups, _OF_IDS),
    Rule("text", ("id",), names_many, _OF_IDS),
    # Dates.
    Rule("birth_date", ("birth",), is_date),
    Rule("signup_date", ("first", "purchase"), is_date),
    Rule("last_purchase_date", ("last", "purchase"), is_date),
    Rule("last_purchase_date", ("recency",), is_date),
    Rule("purchase_date", ("purchase|order|date",), is_date, _f("first signup birth visit campaign complaint"), "log"),
    Rule("purchase_date", ("purchase|order",), is_date, _f("signup visit campaign complaint")),
    Rule("signup_date", ("signup",), is_date, _NO_EVENT),
    Rule("signup_date", ("first", "date|visit"), is_date, _f("last campaign complaint ended")),
    Rule("signup_date", ("customer|membership|account", "date|since|day|year"), is_date, _NO_EVENT),
    Rule("signup_date", ("customer|membership|since",), is_date, _f("ended"), only=True, sure=False),
    Rule("last_purchase_date", ("last",), is_date, _f("visit campaign complaint"), only=True, sure=False),
    Rule("date", ("date",), is_date),
    Rule("date", ("last|visit|campaign|complaint",), is_date, telling=False),
    # Time as a number.
    Rule("birth_year", ("birth",), are_years),
    Rule("recency_days", ("recency",), is_amount_of_days, _f("month week year score")),
    Rule("recency_days", ("day", "since", "last"), is_amount_of_days,
         (_NOT_TIME - {"count"}) | _f("month week year signup")),
    Rule("recency_days", ("last", "purchase", "day|since"), is_amount_of_days, _NOT_TIME | _f("month week year")),
    Rule("recency_days", ("day|since", "last"), is_amount_of_days, _NOT_TIME | _f("month week year signup first")),
    Rule("recency_days", ("day", "since", "purchase"), is_amount_of_days, _NOT_TIME | _f("month first signup")),
    Rule("recency_days", ("last", "purchase"), is_amount_of_days, _NOT_TIME | _f("month week year"), sure=False),
    Rule("tenure", ("tenure",), is_amount_of_days, _NOT_TIME - {"count"}),
    Rule("tenure", ("duration", "customer|membership|account|contract"), is_amount_of_days, _NOT_TIME | _f("last")),
    Rule("tenure", ("age", "account|tenure|membership"), is_amount_of_days, _NOT_TIME | _f("average")),
    Rule("tenure", ("age", "customer", "day|month"), is_amount_of_days, _NOT_TIME),
    Rule("tenure", ("since", "signup|customer|first|account|membership|day|month"), is_amount_of_days,
         _NOT_TIME | _f("last")),
    Rule("tenure", ("customer|membership|account", "day|month|year", "customer|membership|account|count|noise|since"),
         is_amount_of_days, (_NOT_TIME - {"count"}) | _f("last age purchase birth rate household size")),
    Rule("age", ("age",), are_ages, _f("account tenure average spend income purchase")),
    # Scales and shares.
    Rule("score", ("score",), is_score, _f("count")),
    # Whoever is rated has given no opinion.
    Rule("score", (OF_A_CUSTOMER, "rating"), is_score, OPINION | _f("count")),
    Rule("rating", ("rating|satisfaction",), is_small_scale, _f("count amount")),
    Rule("score", ("rating|satisfaction",), is_large_scale, _f("count amount")),
    Rule("rate", ("rate",), is_measure, _f("count")),
    Rule("rate", ("frequency",), is_fractional, _f("count")),
    Rule("income", ("income",), is_measure, _f("spend rate")),
    # Yes or no.
    Rule("campaign", ("campaign|accepted",), is_flag, _f("complaint contact")),
    Rule("deal_flag", ("deal",), is_flag),
    Rule("complaint", ("complaint",), is_flag),
    Rule("flag", ("campaign|accepted", "contact"), is_flag),  # who may be written to
    # Who lives there.
    Rule("children", ("child",), is_small_count, _BOUGHT - {"count"} | _f("deal")),
    Rule("household_size", ("household", "size|count|customer"), is_small_count, _BOUGHT - {"count"}),
    Rule("household_size", ("household",), is_small_count, only=True, sure=False),
    # What was bought, by number.
    Rule("unit_price", ("price",), is_positive, _f("total deal average"), "log"),
    Rule("purchases_deal", ("deal", "purchase|count|frequency"), is_count, _f("spend amount rate campaign visit")),
    Rule("visits", ("visit",), is_positive, _f("spend amount rate last since campaign lasting")),
    Rule("visits", ("visit", "month|week|year"), is_positive, _f("spend amount rate since campaign lasting")),
    Rule("purchases_channel", ("channel", "purchase|frequency"), is_count, _f("spend amount average last since rate")),
    Rule("purchases_channel", ("channel", "count"), is_count, _f("spend amount average last since rate items goods"),
         sure=False),
    Rule("quantity", ("items|quantity",), is_number, _f("spend amount price average"), "log"),
    Rule("quantity", ("count",), is_count, _f("spend amount price average id visit customer"), "log", sure=False),
    Rule("items", ("items",), is_count, _f("spend amount price average rating goods money visit")),
    # "Aantal" and "cantidad" count anything: they are items where nothing says of what.
    Rule("items", ("quantity", "quantity|items|count|total"), is_count, only=True),
    Rule("count", ("transactions", "money"), is_count, _f("spend amount average price rate")),
    Rule("count", ("count", "money"), is_few_times, _f("spend amount average price rate id")),
    # Money.
    Rule("order_value", ("average", "order|purchase|spend"), is_positive,
         _f("items count month year week visit day lasting")),
    Rule("order_value", ("order", "amount|spend"), is_positive, _f("items count total last first goods money")),
    Rule("order_value", ("spend|amount|total",), is_number, _f("money deal price items"), "log"),
    Rule("count", ("installments",), is_counted, _f("spend amount price rate")),
    Rule("money", ("money",), is_amount, _f("spend goods lasting")),
    Rule("money", ("deal|price|last|first", "amount|price|spend"), is_measure, _f("goods visit growth lasting")),
    Rule("money", ("extreme", "amount|spend"), is_measure),
    Rule("money", ("price",), is_measure, _f("goods")),
    # "spend_total" here also stands for its parts: which of the two, the rest of the name tells.
    Rule("spend_total", ("spend",), is_positive, _f("frequency growth lasting")),
    Rule("spend_total", ("amount", "purchase|total|goods"), is_positive, _f("growth")),
    Rule("spend_total", ("amount",), is_positive, only=True, sure=False),
    Rule("money", ("amount",), is_measure, _f("growth"), sure=False),
    # The rest of the counts.
    Rule("purchases_total", ("purchase|frequency",), is_count,
         _f("goods average rate last first day price items level group changed growth")),
    Rule("count", ("changed",), is_counted, _f("id goods average rate day spend amount money"),
         telling=False),
    Rule("spend_total", ("purchase", "goods"), is_positive, _f("count frequency"), sure=False),
    Rule("spend_total", ("purchase",), is_positive, _f("count frequency average rate last first day price"),
         sure=False),
    Rule("count", ("count|items|visit|purchase",), is_counted, _f("id lasting growth")),
    Rule("count", ("campaign|complaint|accepted|deal|rating",), is_counted, _f("id")),
    # Texts. Where several levels have an order, `roles` finds it.
    Rule("product", ("product",), is_text, _f("group count person_name"), "log"),
    Rule("product", ("product", "id|person_name"), is_text, where="log"),
    Rule("category", ("marital",), is_grouping),
    Rule("category", ("place|postcode|group|level|membership|education|marital|product|satisfaction|rating",),
         is_grouping),
)  # fmt: skip
