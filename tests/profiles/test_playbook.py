"""What to do with each segment: advice whose every reason is true, from rules that a user can change."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from segmentry.cli.config import settings_from
from segmentry.errors import SettingsError
from segmentry.features.feature import Feature
from segmentry.profiles.playbook import Origins, Play, choose_plays, origins_of
from segmentry.profiles.playrules import Playbook, built_in_playbook, parse_playbook, read_playbook
from segmentry.profiles.profile import Category, Level, LevelInSegment, Measure, MeasureInSegment, Profile, Spread
from segmentry.profiles.wording import beside, say_number
from segmentry.store.shape import from_plain, to_plain

CLEAR = 0.3
# name, theme, unit, label
MEASURES = (
    ("spend_total", "spend", "money", "Total spend"),
    ("income", "income", "money", "Income"),
    ("purchases_total", "frequency", "count", "Purchases"),
    ("average_order_value", "order_value", "money", "Average order value"),
    ("recency_days", "recency", "days", "Days since last purchase"),
    ("tenure_days", "tenure", "days", "Days as a customer"),
    ("campaigns_accepted", "engagement", "count", "Campaigns accepted"),
    ("spending_score", "engagement", "score", "Spending score"),
    ("visits_web", "visits", "count", "Visits: web"),
    ("purchases_per_visit", "visits", "number", "Purchases per visit"),
    ("deal_share", "deals", "share", "Share of purchases on a deal"),
    ("average_rating", "rating", "rating", "Average rating"),
    ("membership", "membership", "level", "Membership"),
    ("spend_share_tea", "spend_mix", "share", "Share of spend: tea"),
    ("purchases_store", "channel", "count", "Purchases: store"),
    ("age", "age", "years", "Age"),
    ("probability_alive", "future", "share", "Probability alive"),
    ("lifetime_value", "future", "money", "Lifetime value"),
    ("days_between_orders", "rhythm", "days", "Days between orders"),
    ("churn", "leaving", "flag", "Churn"),
    ("days_since_last_login", "activity", "days", "Days since last login"),
)
THEMES = {name: theme for name, theme, _, _ in MEASURES}

# What the words of each built-in reason claim: measure and direction, where 0 means "no more than others".
MORE, LESS, NOT_MORE = 1, -1, 0
CLAIMS: dict[str, dict[str, int]] = {
    "service_recovery": {"average_rating": LESS},
    "stop_leaving": {"churn": MORE},
    "rescue": {"spend_total": MORE, "recency_days": MORE},
    "protect": {"spend_total": MORE, "probability_alive": LESS},
    "invest": {"lifetime_value": MORE},
    "reward": {"spend_total": MORE},
    "wean_off_discounts": {"spend_total": MORE, "deal_share": MORE},
    "no_discounts": {"deal_share": LESS},
    "win_back": {"recency_days": MORE},
    "onboard": {"tenure_days": LESS},
    "nurture": {"recency_days": LESS, "spend_total": NOT_MORE},
    "reactivate": {"days_since_last_login": MORE},
    "remind": {"days_between_orders": MORE},
    "first_order": {"purchases_total": LESS},
    "activate_browsers": {"visits_web": MORE},
    "share_of_wallet": {"income": MORE},
    "within_means": {"income": LESS, "spending_score": MORE},
    "premium": {"income": MORE, "spending_score": MORE},
    "upsell": {"purchases_total": MORE, "average_order_value": NOT_MORE},
    "more_often": {"average_order_value": MORE, "purchases_total": LESS},
    "tier_up": {"spend_total": MORE, "membership": NOT_MORE},
    "deal_offers": {"deal_share": MORE},
    "launch_here": {"campaigns_accepted": MORE},
    "refer": {"average_rating": MORE},
    "save_on_contact": {"campaigns_accepted": LESS},
    "wake_up": {"spending_score": LESS},
    "channel": {"purchases_store": MORE},
    "cross_sell": {"spend_share_tea": MORE},
    "low_cost": {"spend_total": LESS},
    "local_cause": {"average_rating": LESS},
    "local": {},
}


@dataclass(frozen=True)
class Someone:
    """A segment, as far as a playbook needs to know it."""

    id: str = "s1"
    name: str = "Somebody"
    size: int = 50
    share: float = 0.25
    spend_share: float | None = None


def measure(
    name: str, difference: float, *, unit: str = "", clustered: bool = True, mean: float = 100.0, sd: float = 10.0
) -> Measure:
    theme, own, label = next((t, u, words) for n, t, u, words in MEASURES if n == name)
    n = 50
    if own == "flag":
        mean, sd, n = 0.3, 0.2, 500
    at = mean + difference * sd
    cell = MeasureInSegment(Spread(n, at, sd, at - 5, at, at + 5), 100 * at / mean, difference)
    everyone = Spread(4 * n, mean, sd, mean - 5, mean, mean + 5)
    return Measure(name, label, unit or own, "", theme, clustered, everyone, {"s1": cell})  # type: ignore[arg-type]


def profile(*measures: Measure, categories: tuple[Category, ...] = ()) -> Profile:
    spend = "spend_total" if any(m.name == "spend_total" for m in measures) else None
    return Profile(200, 10, 200, spend, measures, categories)


def city(share: float, *, sensitive: bool = False, name: str = "city") -> Category:
    levels = (Level("Lyon", 50, 0.25, {"s1": LevelInSegment(share, 400 * share)}),)
    return Category(name, "City", False, sensitive, levels)


def plays(*measures: Measure, someone: Someone = Someone(), **kept: tuple[Category, ...]) -> tuple[Play, ...]:
    return choose_plays(profile(*measures, **kept), someone, built_in_playbook(), Origins())


def keys(found: tuple[Play, ...]) -> list[str]:
    return [play.key for play in found]


def one_rule(text: str) -> Playbook:
    return parse_playbook(f"built_in = false\n[[play]]\nkey = 'own'\ntitle = 'Own'\ndo = 'Do.'\npriority = 1\n{text}")


@pytest.mark.parametrize("key", sorted(CLAIMS))
def test_each_built_in_play_is_made_where_its_claims_hold(key: str) -> None:
    """A segment of which the words of a play are true, and little else, gets that play."""
    planted = {name: 0.6 * way if way else -0.1 for name, way in CLAIMS[key].items()}
    more = {"activate_browsers": "purchases_total", "share_of_wallet": "spend_total"}
    planted |= {more[key]: -0.6} if key in more else {}
    planted |= {"purchases_total": 0.6} if key == "no_discounts" else {}
    per_share = 2.0 if key == "reward" else 0.4 if key == "low_cost" else None
    someone = Someone(spend_share=None if per_share is None else 0.25 * per_share)
    places = (city(1.0),) if key.startswith("local") else ()
    means = {"purchases_total": 6.0} if key == "first_order" else {}  # and a median of nothing
    made = (measure(n, d, mean=means.get(n, 100.0)) for n, d in planted.items())
    assert key in keys(plays(*made, someone=someone, categories=places))


def test_every_built_in_rule_has_its_claims_checked() -> None:
    """A new rule cannot slip past the test of truth."""
    assert {rule.key for rule in built_in_playbook().play} == set(CLAIMS)


def test_every_reason_is_true_of_the_profile() -> None:
    """Over many profiles: what a reason says is more is more, and its figures are those of the profile."""
    draw = random.Random(7)
    seen = set()
    for _ in range(3000):
        chosen = draw.sample(MEASURES, draw.randint(1, len(MEASURES)))
        measures = {n: measure(n, draw.choice((-1.2, -0.5, -0.29, 0.0, 0.29, 0.5, 1.2))) for n, *_ in chosen}
        spent = draw.choice((None, 0.05, 0.25, 0.6)) if "spend_total" in measures else None
        places = (city(draw.choice((0.1, 1.0))),)
        found = plays(*measures.values(), someone=Someone(spend_share=spent), categories=places)
        assert 1 <= len(found) <= 3
        for play in found:
            seen.add(play.key)
            _check_truth(play, measures, spent)
    assert seen >= set(CLAIMS) - {"local_cause", "first_order"}


def _check_truth(play: Play, measures: dict[str, Measure], spent: float | None) -> None:
    for name, way in CLAIMS.get(play.key, {}).items():
        difference = measures[name].segments["s1"].difference or 0.0
        assert difference <= 0 if way == NOT_MORE else way * difference >= CLEAR, play
        assert beside(measures[name], "s1") in play.reason
    for name in play.measures:
        assert (beside(measures[name], "s1") if name in measures else "city Lyon 100 %") in play.reason
    if " of spend from " in play.reason:
        assert spent is not None
        assert f"{say_number(spent, 'share')} of spend from 25 % of customers" in play.reason
        assert spent > 0.25 if "more than their share" in play.reason else spent < 0.25
    for text in (play.title, play.action, play.reason):
        assert not set("{}–") & set(text)
    assert not {THEMES.get(name) for name in play.measures} & {"age"}


def test_a_segment_like_everyone_is_kept_an_eye_on() -> None:
    """There is always a play; where no rule applies it says so."""
    (only,) = plays(measure("spend_total", 0.1), measure("recency_days", -0.2))
    assert only.key == "watch"
    assert "No rule of the playbook applies" in only.reason
    assert "50 customers (25 % of all)" in only.reason


def test_a_segment_too_small_to_describe_gets_no_figures() -> None:
    """Advice on fewer customers than may be described would point at persons."""
    (only,) = plays(measure("recency_days", 2.0), someone=Someone(size=4, share=0.02))
    assert only.key == "too_few"
    assert "days" not in only.reason


def test_a_rule_about_something_that_is_not_there_does_not_apply() -> None:
    """Without a column with the last purchase nobody is won back; withheld figures count as not there."""
    assert keys(plays(measure("income", 0.0))) == ["watch"]
    away = measure("recency_days", 1.0)
    withheld = replace(away, segments={"s1": MeasureInSegment(Spread(3, None, None, None, None, None), None, None)})
    assert keys(plays(away)) == ["win_back"]
    assert keys(plays(withheld)) == ["watch"]


def test_the_most_pressing_plays_come_first_and_do_not_contradict() -> None:
    """Three at most, by priority; who spends much and is away is called on, not sent a series of e-mails."""
    found = plays(
        measure("spend_total", 1.0),
        measure("recency_days", 1.0),
        measure("average_rating", -1.0),
        measure("deal_share", 1.0),
        measure("income", 1.0),
        measure("campaigns_accepted", -1.0),
    )
    assert keys(found) == ["service_recovery", "rescue", "wean_off_discounts"]


def test_who_keeps_visiting_is_not_won_back() -> None:
    """Customers who come to look more than others are not away."""
    found = plays(measure("recency_days", 1.0), measure("visits_web", 1.0), measure("purchases_total", -1.0))
    assert keys(found)[0] == "activate_browsers"
    assert "win_back" not in keys(found)


def yes_or_no(yes: int, size: int, yes_of_all: int, everyone: int) -> Measure:
    mean, usual = yes / size, yes_of_all / everyone
    cell = MeasureInSegment(Spread(size, mean, 0.1, 0, 0, 0), 100 * mean / usual, (mean - usual) / 0.4)
    population = Spread(everyone, usual, 0.4, 0, 0, 0)
    return Measure("beschwerde", "Beschwerde", "flag", "", "other", False, population, {"s1": cell})


COMPLAINT = Origins({"beschwerde": ("Beschwerde",)}, {"Beschwerde": "complaint"})


@pytest.mark.parametrize(
    ("yes", "size", "yes_of_all", "everyone", "found"),
    [
        (20, 1000, 30, 4000, "watch"),  # 2 %: too rare to be worth a programme
        (1, 33, 21, 2240, "watch"),  # 3 %, but a single one
        (4, 121, 21, 2240, "watch"),
        (12, 100, 36, 400, "watch"),  # more than ten, at an index of 133: chance
        (30, 300, 50, 2000, "service_recovery"),
    ],
)
def test_a_few_complaints_are_no_crisis(yes: int, size: int, yes_of_all: int, everyone: int, found: str) -> None:
    """Service recovery needs complaints that are worth a programme: a share, ten customers, and more than chance."""
    made = yes_or_no(yes, size, yes_of_all, everyone)
    chosen = choose_plays(profile(made), Someone(size=size), built_in_playbook(), COMPLAINT)
    assert keys(chosen) == [found]
    assert chosen[0].columns == (("Beschwerde",) if found == "service_recovery" else ())


def test_a_place_of_a_few_is_no_place_to_plan_for() -> None:
    """Of 12 customers 7 in a city are most of them, and still only seven."""
    levels = (Level("Lyon", 50, 0.05, {"s1": LevelInSegment(7 / 12, 1167.0)}),)
    there = profile(categories=(Category("city", "City", False, False, levels),))
    assert keys(choose_plays(there, Someone(size=12), built_in_playbook(), Origins())) == ["watch"]


@pytest.mark.parametrize(
    ("rule", "yes", "size", "holds"),
    [
        ("mean = '>= 0.3'", 40, 100, True),  # true of everyone: no difference is claimed
        ("mean = '>= 0.3'", 9, 18, False),
        ("mean = '<= 0.5'", 0, 100, True),  # who say no are enough
        ("mean = '<= 0.5'", 3, 12, False),
        ("index = '<= 75'", 6, 20, False),  # 30 % of twenty, where 40 % are usual: chance
        ("index = '<= 75'", 10, 100, True),
        ("index = '<= 110'", 42, 100, True),
    ],
)
def test_a_rule_of_ones_own_on_a_yes_or_no_rests_on_ten_and_more_than_chance(
    rule: str, yes: int, size: int, holds: bool
) -> None:
    """Ten who say yes where more is asked, ten who say no where less is; beyond chance where everyone differs."""
    made = profile(yes_or_no(yes, size, 80, 200))
    own = one_rule(f"all = [{{ feature = 'beschwerde', {rule} }}]")
    assert keys(choose_plays(made, Someone(size=size), own, Origins())) == ["own" if holds else "watch"]


def test_advice_never_rests_on_a_sensitive_attribute() -> None:
    """Not even a rule of the user's own that names one: neither a category nor a measure made of such a column."""
    own = one_rule("any = [{ category = 'gender', share = '>= 0' }, { feature = 'age', difference = '>= 0' }]")
    there = profile(measure("age", 1.0), categories=(city(1.0, sensitive=True, name="gender"),))
    origins = origins_of([Feature("age", "Age", "years", "age", "column", ("Health index",))], {})
    assert keys(choose_plays(there, Someone(), own, origins)) == ["own"]
    origins = replace(origins, roles={"Health index": "sensitive"})
    assert keys(choose_plays(there, Someone(), own, origins)) == ["watch"]
    open_category = replace(there, categories=(city(1.0, name="gender"),))
    assert keys(choose_plays(open_category, Someone(), own, replace(origins, roles={}))) == ["own"]


def test_the_order_of_measures_changes_nothing() -> None:
    """The same profile gives the same plays, whatever order its measures stand in."""
    measures = [measure(name, (-1) ** place * 0.7) for place, (name, *_) in enumerate(MEASURES)]
    assert plays(*measures) == plays(*reversed(measures))


def test_who_has_not_bought_is_won_and_not_served_at_low_cost() -> None:
    """A median of no order calls for the first one, unless money was spent or a last purchase is known."""
    none, spent = measure("purchases_total", -0.6, mean=6.0), measure("spend_total", -0.6, mean=6.0)
    poor = Someone(spend_share=0.0)
    assert keys(plays(none, spent, someone=poor)) == ["first_order"]
    assert keys(plays(none, measure("spend_total", -0.6), someone=poor)) == ["low_cost"]
    assert keys(plays(none, spent, measure("recency_days", 0.6), someone=poor)) == ["win_back", "low_cost"]


def test_only_who_has_just_come_is_welcomed() -> None:
    """Newer than most is not new: the welcome is for the first months, and neither for who is away nor at low cost."""
    poor = Someone(spend_share=0.1)
    new, spends = measure("tenure_days", -0.6), measure("spend_total", -0.6)
    assert keys(plays(new, spends, someone=poor)) == ["onboard"]
    assert keys(plays(measure("tenure_days", -0.6, mean=480.0), spends, someone=poor)) == ["low_cost"]
    assert "onboard" not in keys(plays(new, spends, measure("recency_days", 0.6), someone=poor))


def test_who_is_away_or_likely_gone_is_not_offered_more() -> None:
    """Rewards, bundles and reasons to come more often are for customers who are there."""
    rich = Someone(spend_share=0.5)
    there = [measure(n, 0.6) for n in ("spend_total", "average_order_value", "spend_share_tea")]
    there.append(measure("purchases_total", -0.6))
    alive = measure("probability_alive", -0.6, mean=0.6, sd=0.1)
    gone = measure("probability_alive", -0.6, mean=0.3, sd=0.1)
    assert keys(plays(*there, someone=rich)) == ["reward", "more_often", "cross_sell"]
    assert keys(plays(*there, alive, someone=rich)) == ["protect", "reward", "more_often"]
    assert keys(plays(*there, gone, someone=rich)) == ["watch"]
    assert keys(plays(*there, measure("recency_days", 0.6), someone=rich)) == ["rescue"]


def test_a_place_is_where_to_start_asking_and_not_the_cause() -> None:
    """Two thirds of a discontented segment in one city say where to ask; half of it does not."""
    rating = measure("average_rating", -0.6)
    assert "local_cause" not in keys(plays(rating, categories=(city(0.6),)))
    play = next(p for p in plays(rating, categories=(city(0.7),)) if p.key == "local_cause")
    assert play.title == "Start by asking in Lyon"


def test_a_way_to_buy_is_said_in_words() -> None:
    """In the store, not by store; a channel without words of its own keeps its name."""
    assert plays(measure("purchases_store", 0.6))[0].title == "Meet them in the store"
    fax = replace(measure("purchases_store", 0.6), label="Purchases: fax")
    assert plays(fax)[0].title == "Meet them by fax"


def test_several_measures_of_a_theme_speak_by_the_one_that_differs_most() -> None:
    """Of two shares of spend the larger difference is named."""
    tea = measure("spend_share_tea", 0.5, clustered=False)
    gold = replace(measure("spend_share_tea", 0.9, clustered=False), name="spend_share_gold", label="Share: gold")
    (only,) = plays(tea, gold)
    assert only.title == "Cross-sell from gold"
    assert "share: gold" in only.reason


def test_texts_name_figures_of_their_conditions() -> None:
    """Placeholders take the segment's figure, everyone's, the label, its part and the index."""
    book = one_rule(
        "why = '{spend}/{spend.everyone}/{spend.label}/{spend.index}/{spend_share}/{customers}/{share}'\n"
        "all = [{ theme = 'spend', index = '> 1' }, { spend_share = '> 0' }]"
    )
    (only,) = choose_plays(profile(measure("spend_total", 0.5)), Someone(spend_share=0.5), book, Origins())
    assert only.reason == "105/100/total spend/105/50 %/50/25 %"


def test_text_from_data_is_never_filled_again() -> None:
    """A label that looks like a placeholder stays what it is."""
    odd = replace(measure("recency_days", 1.0), label="{customers} {0.__class__}")
    (only,) = plays(odd)
    assert "{customers} {0.__class__} 110 days" in only.reason


def test_a_play_can_be_stored() -> None:
    """What is in the model file comes back as it was."""
    (play, *_) = plays(measure("recency_days", 1.0))
    assert from_plain(Play, to_plain(play), "model") == play


def test_a_users_rules_join_replace_or_leave_out_the_built_in_ones() -> None:
    """Same key: replaced; another key: added; `leave_out`: dropped; `built_in = false`: alone."""
    rule = (
        "[[play]]\nkey = 'win_back'\ntitle = 'Call'\ndo = 'Do.'\npriority = 85\n"
        "all = [{ theme = 'recency', difference = '> 0' }]"
    )
    built_in = {r.key for r in built_in_playbook().play}
    joined = parse_playbook(f"leave_out = ['reward']\nmost = 1\n{rule}")
    assert {r.key for r in joined.play} == built_in - {"reward"}
    assert next(r for r in joined.play if r.key == "win_back").title == "Call"
    assert joined.most == 1
    assert [r.key for r in parse_playbook(f"built_in = false\n{rule}").play] == ["win_back"]


def test_every_fault_of_a_playbook_is_told_at_once() -> None:
    """Unknown keys, themes, comparisons and types are all named, each with the nearest that is known."""
    text = """
mots = 3
[[play]]
key = "Win Back"
title = "Win back"
do = "Write."
priority = "high"
all = [{ theme = "recncy", difference = "0.3" }, { feature = "x", diference = ">= 1" }]
unles = []
"""
    with pytest.raises(SettingsError) as raised:
        parse_playbook(text, "mine.toml")
    said = str(raised.value)
    for part in (
        "'mine.toml' is not a playbook", "'mots' (did you mean 'most'?)", "small letters", "valid integer",
        "'recncy' (did you mean 'recency'?) is not a theme", 'such as ">= 0.3", not "0.3"',
        "'diference' (did you mean 'difference'?)", "'unles' (did you mean 'unless'?)",
    ):  # fmt: skip
        assert part in said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", 'it needs "all" or "any"'),
        ("all = [{ unit = 'money' }]", '"unit" only narrows'),
        ("all = [{ theme = 'spend' }]", "needs a comparison of one of difference, index, mean, median"),
        ("all = [{}]", "says nothing"),
        ("all = [{ level = 'Lyon', share = '> 0' }]", '"level" needs a "category"'),
        ("all = [{ category = 'city' }]", 'needs a comparison of "index" or "share"'),
        ("all = [{ category = 'city', theme = 'spend', share = '> 0' }]", "write two conditions"),
        ("all = [{ category = 'city', mean = '> 0' }]", "needs a comparison"),
        ("all = [{ difference = '> 0' }]", "says nothing"),
        ("all = [{ theme = 'spend', mean = '> 0', share = '> 0' }]", "belongs in a condition of its own"),
        ("all = [{ spend_share = '> 0', mean = '> 0' }]", 'needs a "theme", "feature" or "role"'),
        ("any = [{ theme = 'spend', mean = '> 0' }]\nwhy = '{spend}'", 'no condition under "all" gives'),
        ("all = [{ theme = 'spend', mean = '> 0' }]\nwhy = '{sped}'", "did you mean 'spend'?"),
        ("all = [{ role = 'complain', mean = '> 0' }]", "'complain' (did you mean 'complaint'?) is not a role"),
        ("all = [{ theme = 'spend', unit = 'euro', mean = '> 0' }]", "is not a unit"),
        ("all = [{ theme = 'spend', mean = '> 0' }]\nnot_with = ['rewrd']", "did you mean 'reward'?"),
    ],
)
def test_a_rule_that_cannot_mean_anything_is_refused(rule: str, said: str) -> None:
    """Conditions without a subject or a comparison, and texts that name what no condition gives."""
    with pytest.raises(SettingsError, match=r"is not a playbook") as raised:
        one_rule(rule)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("most = 0", "greater than or equal to 1"),
        ("built_in = false", "there is no play left"),
        ("leave_out = ['rewrd']", "did you mean 'reward'?"),
        ("play = 3", "play"),
        ("= 3", "is not TOML"),
        ("[otherwise]\nkey = 'a'\ntitle = 'b'\ndo = 'c'\nwhy = '{figures}'", "may name {customers} and {share}"),
        ("[otherwise]\nkey = 'a'", "otherwise title: is missing"),
    ],
)
def test_a_file_that_is_no_playbook_is_refused(text: str, said: str) -> None:
    """Values out of range, sections that lack something, text that is no TOML."""
    with pytest.raises(SettingsError) as raised:
        parse_playbook(text)
    assert said in str(raised.value)


def test_a_settings_file_names_a_playbook_beside_itself(tmp_path) -> None:
    """`playbook` in segmentry.toml is looked up in its folder; a playbook that is missing is an error that names it."""
    (tmp_path / "mine.toml").write_text("most = 2\n", encoding="utf-8")
    config = tmp_path / "segmentry.toml"
    config.write_text('playbook = "mine.toml"\n', encoding="utf-8")
    settings = settings_from(config, {}, {}, date(2024, 1, 1))
    assert settings.playbook == read_playbook(tmp_path / "mine.toml")
    assert settings.playbook is not None
    assert settings.playbook.most == 2
    config.write_text('playbook = "other.toml"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"other\.toml' cannot be read"):
        settings_from(config, {}, {}, date(2024, 1, 1))
    config.write_text("playbook = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="should be the name of a TOML file"):
        settings_from(config, {}, {}, date(2024, 1, 1))


DOCS = Path(__file__).parents[2] / "docs" / "playbooks.md"


def test_the_examples_in_the_docs_are_playbooks() -> None:
    """Every TOML block of the page can be used as it stands."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    assert blocks
    for block in blocks:
        parse_playbook(block, "docs/playbooks.md")


def test_the_docs_list_every_built_in_play() -> None:
    """The table of plays names each built-in key once."""
    table = DOCS.read_text(encoding="utf-8").partition("## The built-in plays")[2]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.M)
    assert sorted(listed) == sorted({rule.key for rule in built_in_playbook().play} | {"watch", "too_few"})
