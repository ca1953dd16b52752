"""Answers in words to what a business asks of its segments, each with the figures it rests on.

They rest on averages of groups: they say who differs, never what causes it. A question that the columns cannot
answer says which kind of column is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from segmentry.features.feature import Theme, Unit
from segmentry.features.recipe import two_figures
from segmentry.profiles.absolute import by_itself
from segmentry.profiles.answer import Answer
from segmentry.profiles.future import future_answer
from segmentry.profiles.playbook import Group
from segmentry.profiles.profile import Measure, Profile
from segmentry.profiles.sayable import sayable
from segmentry.profiles.wording import beside, lowered, say, say_number

STILL_VISITING = 0.5  # standard deviations: who visits this much more than others is not away
MUCH_LONGER = 150.0  # index of days away: half as long again as everyone
LITTLE = 0.02  # share of all spend below which room to grow is hardly any
MORE_LEFT = 130.0  # index of those who have left: three in ten more than of everyone
CLEAR = 0.3  # standard deviations from everyone's mean that count as different
_BASIS = "Averages of groups: they say who differs, not what causes it."
_SPENT = "a column with the money spent"
_RECENT = "a column with days since the last purchase, or the date of it"
_OFTEN = "a column with the number of purchases"
_DEALS = "a column with purchases on a deal, or whether a discount was used"
_ATTENTION = "a column with visits, or with campaigns answered"


@dataclass(frozen=True)
class _Leads:
    """The measure that speaks for each idea, None where the data has none."""

    spend: Measure | None
    income: Measure | None
    frequency: Measure | None
    recency: Measure | None
    ratings: tuple[Measure, ...]
    deals: Measure | None
    visits: Measure | None
    campaigns: Measure | None
    score: Measure | None
    leaving: Measure | None  # the share that has left
    gone: frozenset[str]  # segments that have left already: they are dormant, and not at risk


def answer_questions(profile: Profile, groups: Sequence[Group]) -> tuple[Answer, ...]:
    """Who is valuable, at risk, loyal, dormant, price-sensitive, or looks without buying; where budget goes first."""
    shown = [g for g in groups if g.size >= profile.minimum_customers]
    if len(shown) < 2:
        return (Answer("What sets the segments apart?", "There is only one segment to tell of: nothing to compare."),)
    leads = _leads(sayable(profile, {g.id: g.size for g in shown}))
    questions: tuple[Callable[[_Leads, Sequence[Group]], Answer], ...] = (
        _valuable,
        _at_risk,
        _loyal,
        _dormant,
        _price_sensitive,
        _looking,
        _budget,
    )
    future = future_answer(profile, shown)
    return (*(ask(leads, shown) for ask in questions), *([future] if future else []))


def _leads(profile: Profile) -> _Leads:
    def lead(theme: Theme, *units: Unit) -> Measure | None:
        found = [m for m in profile.measures if m.theme == theme and (not units or m.unit in units)]
        # A share of purchases tells more of a customer's habit than their number does.
        shares = [m for m in found if theme == "deals" and m.unit in ("share", "flag")]
        return min(shares or found, key=rank, default=None)

    def rank(measure: Measure) -> tuple[bool, bool, float, str]:
        widest = max((abs(c.difference or 0.0) for c in measure.segments.values()), default=0.0)
        return (measure.name != profile.spend, not measure.clustered, -widest, measure.name)

    spend, frequency, visits = lead("spend"), lead("frequency"), lead("visits", "count")
    # Who is known by visits or logins alone is away since the last of them.
    recency = lead("recency") or lead("activity")
    return _Leads(
        spend=spend,
        income=lead("income"),
        frequency=frequency,
        recency=recency,
        ratings=tuple(m for m in profile.measures if m.theme == "rating"),
        deals=lead("deals"),
        visits=visits,
        campaigns=lead("engagement", "count"),
        score=lead("engagement", "score"),
        leaving=lead("leaving", "flag"),
        gone=frozenset() if recency is None else _gone(profile, recency, frequency or spend, visits),
    )


def _gone(profile: Profile, recency: Measure, bought: Measure | None, visits: Measure | None) -> frozenset[str]:
    """Segments away for so long that they are lapsed by any standard, or for much longer while buying less.

    Who still visits is not gone.
    """

    def left(segment: str) -> bool:
        # An absence that nothing else bears out is one of purchases: who used it less lately is not gone for that.
        less = recency.theme == "recency" if bought is None else _apart(bought, segment) <= -CLEAR
        much = less and (recency.segments[segment].index or 0.0) >= MUCH_LONGER
        lapsed = much or by_itself(profile, recency, segment, high=True)
        return _apart(recency, segment) >= CLEAR and lapsed and _apart(visits, segment) < STILL_VISITING

    return frozenset(segment for segment in recency.segments if left(segment))


def _apart(measure: Measure | None, segment: str) -> float:
    """Standard deviations from everyone's mean, 0 where nothing is known."""
    return 0.0 if measure is None else measure.segments[segment].difference or 0.0


def _high(measure: Measure | None, group: Group) -> bool:
    return _apart(measure, group.id) >= CLEAR


def _low(measure: Measure | None, group: Group) -> bool:
    return _apart(measure, group.id) <= -CLEAR


def _unhappy(leads: _Leads, group: Group) -> Measure | None:
    """The rating in which a segment is furthest below everyone, where one is clearly below."""
    below = [m for m in leads.ratings if _low(m, group)]
    return min(below, key=lambda m: (_apart(m, group.id), m.name), default=None)


def _leaving(leads: _Leads, group: Group) -> bool:
    return leads.leaving is not None and (leads.leaving.segments[group.id].index or 0.0) >= MORE_LEFT


def _slipping(leads: _Leads, group: Group) -> bool:
    if group.id in leads.gone:
        return False
    return _leaving(leads, group) or _high(leads.recency, group) or _unhappy(leads, group) is not None


def _called(group: Group) -> str:
    return f"“{group.name}” ({group.id})"


def _listed(groups: Sequence[Group], figures: Callable[[Group], Sequence[str]]) -> str:
    return ";\n".join(f"{_called(g)}: {', '.join(figures(g))}" for g in groups) + "."


def _range(measure: Measure, groups: Sequence[Group]) -> str:
    """From the lowest segment to the highest, in figures: how near it was is for the reader to judge."""
    means = [(measure.segments[g.id].spread.mean, g) for g in groups]
    told = sorted(((mean, g) for mean, g in means if mean is not None), key=lambda pair: (pair[0], pair[1].id))
    if not told:
        return f"{lowered(measure.label)} is not known of most customers"
    (low, lowest), (high, highest) = told[0], told[-1]
    if say(measure, low) == say(measure, high):
        return f"{lowered(measure.label)} is {say(measure, low)} in all"
    span = f"from {say(measure, low)} in {_called(lowest)} to {say(measure, high)} in {_called(highest)}"
    return f"{lowered(measure.label)} goes {span}"


def _weight(group: Group) -> str:
    customers = f"{say_number(group.share, 'share')} of customers"
    return (
        customers
        if group.spend_share is None
        else f"{say_number(group.spend_share, 'share')} of spend from {customers}"
    )


def _names(*measures: Measure | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.name for m in measures if m is not None))


def _valuable(leads: _Leads, groups: Sequence[Group]) -> Answer:
    question = "Who are the most valuable customers?"
    measure, missing = leads.spend, ""
    instead = ""
    if measure is None:
        measure, missing = leads.frequency or leads.score, _SPENT
        if measure is None:
            return Answer(question, _unanswered(missing), missing=missing)
        instead = f"Money spent is not among the columns; the nearest to it is {lowered(measure.label)}.\n"
    rule = f"Segments whose mean is at least {CLEAR} standard deviations above everyone's, the highest first. {_BASIS}"
    found = sorted((g for g in groups if _high(measure, g)), key=lambda g: (-_apart(measure, g.id), g.id))
    if not found:
        text = f"{instead}No segment has clearly more than others: {_range(measure, groups)}."
        return Answer(question, text, (), _names(measure), missing, rule)
    text = instead + _listed(found, lambda g: (_weight(g), beside(measure, g.id)))
    return Answer(question, text, _ids(found), _names(measure), missing, rule)


def _at_risk(leads: _Leads, groups: Sequence[Group]) -> Answer:
    question = "Who is at risk of leaving?"
    if leads.recency is None and not leads.ratings and leads.leaving is None:
        missing = f"{_RECENT}, or one with satisfaction, or with who has left"
        return Answer(question, _unanswered(missing), missing=missing)
    missing = _RECENT if leads.recency is None and leads.leaving is None else ""
    rule = _risk_rule(leads)
    measures = _names(leads.leaving, leads.recency, *leads.ratings)
    found = [g for g in groups if _slipping(leads, g)]
    found = sorted(found, key=lambda g: (-(g.spend_share if g.spend_share is not None else g.share), g.id))

    def figures(group: Group) -> list[str]:
        left = leads.leaving if _leaving(leads, group) else None
        away = leads.recency if _high(leads.recency, group) else None
        shown = [m for m in (left, away, _unhappy(leads, group)) if m is not None]
        return [_weight(group), *(beside(m, group.id) for m in shown)]

    if not found:
        others = " but the dormant" if leads.gone else ""
        told = [_range(leads.leaving, groups)] if leads.leaving is not None else []
        if leads.recency is not None or leads.ratings:
            told.append("none has been away for clearly longer, or is clearly less content")
        return Answer(question, f"No segment stands out{others}: {'; '.join(told)}.", (), measures, missing, rule)
    text = _listed(found, figures)
    at_stake = sum(g.spend_share for g in found if g.spend_share is not None)
    if len(found) > 1 and at_stake:
        text += f"\nTogether they bring {say_number(at_stake, 'share')} of spend."
    return Answer(question, text, _ids(found), measures, missing, rule)


def _risk_rule(leads: _Leads) -> str:
    signs = []
    if leads.leaving is not None:
        signs.append(f"of which more have left than of everyone (an index of {MORE_LEFT:.0f}, beyond chance)")
    if leads.recency is not None or leads.ratings:
        signs.append(f"that have been away for longer or are less content than everyone by {CLEAR} standard deviations")
    left = "" if leads.leaving is None else " Who has left tells of those like them, and is no forecast of anyone."
    return f"Segments {', or '.join(signs)}, and are not dormant already; those with most spend first.{left} {_BASIS}"


def _loyal(leads: _Leads, groups: Sequence[Group]) -> Answer:
    question = "Who are the loyal ones?"
    if leads.frequency is None:
        return Answer(question, _unanswered(_OFTEN), missing=_OFTEN)
    frequency, recency = leads.frequency, leads.recency
    away = "" if recency is None else " and have not been away for longer"
    rule = f"Segments that buy more than everyone by {CLEAR} standard deviations{away}. {_BASIS}"
    found = [g for g in groups if _high(frequency, g) and not _high(recency, g)]
    found = sorted(found, key=lambda g: (-_apart(frequency, g.id), g.id))
    also = [recency] if recency is not None else []
    missing = _RECENT if recency is None else ""
    text = (
        _listed(found, lambda g: [_weight(g), *(beside(m, g.id) for m in (frequency, *also))])
        if found
        else f"No segment both buys clearly more often than others{' and keeps coming' if recency else ''}."
    )
    return Answer(question, text, _ids(found), _names(frequency, recency), missing, rule)


def _dormant(leads: _Leads, groups: Sequence[Group]) -> Answer:
    question = "Who is dormant?"
    if leads.recency is None:
        return Answer(question, _unanswered(_RECENT), missing=_RECENT)
    recency, bought = leads.recency, leads.frequency or leads.spend
    less = "" if bought is None else f" and are below in {lowered(bought.label)} by {CLEAR} standard deviations"
    visiting = "" if leads.visits is None else f", without those that visit more by {STILL_VISITING}"
    rule = f"Segments that have been away for half as long again as everyone{less}, "
    rule += f"or are lapsed by any standard{visiting}. {_BASIS}"
    found = [g for g in groups if g.id in leads.gone]
    found = sorted(found, key=lambda g: (-_apart(recency, g.id), g.id))
    also = [bought] if bought is not None else []
    if found:
        text = _listed(found, lambda g: [_weight(g), *(beside(m, g.id) for m in (recency, *also))])
    else:
        visits = " and visits no more" if leads.visits is not None else ""
        text = f"No segment has been away for clearly longer than others, buys less{visits}."
    return Answer(question, text, _ids(found), _names(recency, bought), "" if bought else _OFTEN, rule)


def _price_sensitive(leads: _Leads, groups: Sequence[Group]) -> Answer:
    question = "Who buys on price?"
    if leads.deals is None:
        return Answer(question, _unanswered(_DEALS), missing=_DEALS)
    deals = leads.deals
    rule = f"Segments that buy on discount more than everyone by {CLEAR} standard deviations. {_BASIS}"
    found = sorted((g for g in groups if _high(deals, g)), key=lambda g: (-_apart(deals, g.id), g.id))
    text = (
        _listed(found, lambda g: (beside(deals, g.id), _weight(g)))
        if found
        else f"No segment clearly more than others: {_range(deals, groups)}."
    )
    return Answer(question, text, _ids(found), _names(deals), "", rule)


def _looking(leads: _Leads, groups: Sequence[Group]) -> Answer:
    question = "Who shows interest without buying?"
    bought = [m for m in (leads.frequency, leads.spend) if m is not None]
    if leads.visits is None and leads.campaigns is None:
        return Answer(question, _unanswered(_ATTENTION), missing=_ATTENTION)
    if not bought:
        return Answer(question, _unanswered(_SPENT), missing=_SPENT)
    rule = (
        f"Segments that visit or answer campaigns more than everyone by {CLEAR} standard deviations, and buy less or "
        f"spend less by as much. {_BASIS}"
    )
    interest = [m for m in (leads.visits, leads.campaigns) if m is not None]
    found = [g for g in groups if any(_high(m, g) for m in interest) and any(_low(m, g) for m in bought)]
    found = sorted(found, key=lambda g: (-max(_apart(m, g.id) for m in interest), g.id))

    def figures(group: Group) -> list[str]:
        held = [m for m in interest if _high(m, group)] + [m for m in bought if _low(m, group)]
        return [beside(m, group.id) for m in held]

    text = _listed(found, figures) if found else "No segment shows clearly more interest than others while buying less."
    missing = "" if leads.visits is not None else "a column with visits"
    return Answer(question, text, _ids(found), _names(*interest, *bought), missing, rule)


@dataclass(frozen=True)
class _Room:
    """What lies between a segment's typical customer and its own upper quartile, for all its customers."""

    group: Group
    worth: float
    median: float
    upper: float
    obstacle: str


def _budget(leads: _Leads, groups: Sequence[Group]) -> Answer:
    question = "Where does the next unit of budget go first?"
    if leads.spend is None:
        return _budget_without_spend(question, leads, groups)
    spend = leads.spend
    rule = (
        "Room to grow is the step from a segment's median spend to its own upper quartile, times its customers: what "
        "customers like these are known to reach. The segment with most room comes first, unless it is hard to reach: "
        f"away for longer, less content, or answering campaigns less than everyone by {CLEAR} standard deviations. "
        "This shows room, not effect: give the money to a random half of the segment and compare."
    )
    rooms = sorted((r for r in (_room(leads, spend, g) for g in groups) if r is not None), key=_by_worth)
    measures = _names(spend, leads.recency, *leads.ratings, leads.campaigns)
    if not rooms:
        return Answer(question, "No segment shows room to grow in what it spends.", (), measures, "", rule)
    reachable = [r for r in rooms if not r.obstacle]
    first = (reachable or rooms)[0]
    text = f"First to {_called(first.group)}, {_weight(first.group)}. {_worth(spend, first)}, the most of any segment"
    text += " within reach." if first is not rooms[0] else "."
    if first.worth < LITTLE * spend.population.n * (spend.population.mean or 0.0):
        text += " That is little, since customers within each segment spend much alike"
        text += ": see first who is at risk." if any(_slipping(leads, g) for g in groups) else "."
    if first.obstacle:
        text += f" It is hard to reach, as every segment with room is: {first.obstacle}."
    elif first is not rooms[0]:
        larger = f"{_called(rooms[0].group)} has more room ({_about(spend, rooms[0])})"
        text += f" {larger} but comes later: {rooms[0].obstacle}."
    if len(reachable) > 1:
        text += f" Next: {_called(reachable[1].group)}, with {_about(spend, reachable[1])}."
    return Answer(question, text, _ids([r.group for r in (reachable or rooms)[:2]]), measures, "", rule)


def _worth(spend: Measure, room: _Room) -> str:
    total = spend.population.n * (spend.population.mean or 0.0)
    part = f", or {say_number(room.worth / total, 'share')} of all spend" if total > 0 else ""
    customers = say_number(spend.segments[room.group.id].spread.n)
    return (
        f"Half of them spend less than {say(spend, room.median)}, a quarter more than {say(spend, room.upper)}. "
        f"That step, for {customers} customers, is {_about(spend, room)}{part}"
    )


def _about(spend: Measure, room: _Room) -> str:
    """In two figures: what every second customer might spend is not known to a cent."""
    return f"about {say(spend, two_figures(room.worth))}"


def _by_worth(room: _Room) -> tuple[float, str]:
    return (-room.worth, room.group.id)


def _room(leads: _Leads, spend: Measure, group: Group) -> _Room | None:
    spread = spend.segments[group.id].spread
    if spread.median is None or spread.q3 is None or spread.q3 <= spread.median:
        return None
    away = leads.recency if _high(leads.recency, group) else None
    silent = leads.campaigns if _low(leads.campaigns, group) else None
    obstacles = [m for m in (away, _unhappy(leads, group), silent) if m is not None]
    told = ", ".join(beside(m, group.id) for m in obstacles)
    return _Room(group, spread.n * (spread.q3 - spread.median), spread.median, spread.q3, told)


def _budget_without_spend(question: str, leads: _Leads, groups: Sequence[Group]) -> Answer:
    text = _unanswered(_SPENT)
    if leads.income is None or leads.score is None:
        return Answer(question, text, missing=_SPENT)
    income, score = leads.income, leads.score
    rule = (
        f"Without money spent: segments with an income above everyone's and a {lowered(score.label)} below it, each by "
        f"{CLEAR} standard deviations. {_BASIS}"
    )
    found = [g for g in groups if _high(income, g) and _low(score, g)]
    if found:
        listed = _listed(found, lambda g: (beside(income, g.id), beside(score, g.id), _weight(g)))
        text = f"Money spent is not among the columns. By income and {lowered(score.label)}, room is with {listed}"
    return Answer(question, text, _ids(found), _names(income, score), _SPENT, rule)


def _unanswered(missing: str) -> str:
    return f"The columns do not say: it needs {missing}."


def _ids(groups: Sequence[Group]) -> tuple[str, ...]:
    return tuple(g.id for g in groups)
