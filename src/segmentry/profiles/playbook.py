"""What to do with each segment: the plays whose conditions its profile fulfils, with the figures they rest on.

The rules are in `playbook.toml` and `playrules`. Advice never rests on a sensitive attribute: a condition on one
never holds. Nor does one on a figure that is withheld or that most of the segment's customers lack, nor on a share of
customers (of a yes or no, or a level) that a few of them make up. A difference that chance could have made is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Protocol

from segmentry.features.feature import Feature
from segmentry.profiles.playrules import Condition, Fallback, Playbook, PlayRule, fill, holds
from segmentry.profiles.profile import Level, Measure, Profile
from segmentry.profiles.sayable import sayable
from segmentry.profiles.wording import beside, lowered, part_of, say, say_number, way

# A measure that the segments rest on comes first; another must differ this much more to be spoken of.
ASIDE = 0.5


@dataclass(frozen=True)
class Play:
    """One thing to do with a segment, and why; `columns` are those of the input that it rests on."""

    key: str
    title: str
    action: str
    reason: str
    measures: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class Group(Protocol):
    """What plays and answers need of a segment, besides the profile."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def share(self) -> float: ...
    @property
    def spend_share(self) -> float | None: ...


@dataclass(frozen=True)
class Origins:
    """Where measures come from: the input columns of each feature, the role of each column, which are sensitive."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    def sensitive(self, measure: str) -> bool:
        return any(self.roles.get(c) == "sensitive" for c in self.columns.get(measure, ()))


def origins_of(features: Sequence[Feature], roles: Mapping[str, str]) -> Origins:
    """The origins of features, given the role of each input column."""
    return Origins({f.name: tuple(dict.fromkeys((*f.sources, *f.over))) for f in features}, dict(roles))


@dataclass(frozen=True)
class _Finding:
    """A condition that holds: the words for it, and what texts may say of it."""

    phrase: str
    measures: tuple[str, ...]
    values: Mapping[str, str]


def choose_plays(profile: Profile, group: Group, playbook: Playbook, origins: Origins) -> tuple[Play, ...]:
    """The plays for a segment, the most pressing first; one that says to keep an eye on it where no rule applies."""
    if group.size < profile.minimum_customers:
        return (_fallback(playbook.too_few, group),)
    said = sayable(profile, {group.id: group.size})
    chosen: list[Play] = []
    for rule in sorted(playbook.play, key=lambda r: (-r.priority, r.key)):
        if len(chosen) == playbook.most:
            break
        if {p.key for p in chosen} & set(rule.not_with):
            continue
        findings = _findings(rule, said, group, origins)
        if findings is not None:
            chosen.append(_play(rule, findings, group, origins))
    return tuple(chosen) or (_fallback(playbook.otherwise, group),)


def _fallback(rest: Fallback, group: Group) -> Play:
    values = _weights(group)
    return Play(rest.key, fill(rest.title, values), fill(rest.do, values), fill(rest.why, values))


def _findings(rule: PlayRule, profile: Profile, group: Group, origins: Origins) -> list[_Finding] | None:
    """What holds of the rule's conditions; None where the rule does not apply."""
    needed = [_check(c, profile, group, origins) for c in rule.all]
    if None in needed or any(_check(c, profile, group, origins) for c in rule.unless):
        return None
    either = [f for f in (_check(c, profile, group, origins) for c in rule.any) if f is not None]
    if rule.any and not either:
        return None
    return [f for f in [*needed, *either] if f is not None]


def _play(rule: PlayRule, findings: Sequence[_Finding], group: Group, origins: Origins) -> Play:
    values = _weights(group)
    for finding in reversed(findings):  # where two give a name, the first one's is meant
        values.update(finding.values)
    values["figures"] = "; ".join(dict.fromkeys(f.phrase for f in findings))
    measures = tuple(dict.fromkeys(m for f in findings for m in f.measures))
    columns = tuple(dict.fromkeys(c for m in measures for c in origins.columns.get(m, ())))
    title, action, reason = (_capital(fill(text, values)) for text in (rule.title, rule.do, rule.why))
    return Play(rule.key, title, action, reason, measures, columns)


def _weights(group: Group) -> dict[str, str]:
    return {"customers": say_number(group.size), "share": say_number(group.share, "share")}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _check(condition: Condition, profile: Profile, group: Group, origins: Origins) -> _Finding | None:
    if condition.category is not None:
        return _check_level(condition, profile, group, origins)
    if condition.theme or condition.feature or condition.role:
        return _check_measure(condition, profile, group, origins)
    return _check_weight(condition, profile, group)


def _check_weight(condition: Condition, profile: Profile, group: Group) -> _Finding | None:
    per_share = group.spend_share / group.share if group.spend_share is not None and group.share else None
    figures = {"share": group.share, "spend_share": group.spend_share, "spend_per_share": per_share}
    if not all(holds(bound, figures[name]) for name, bound in condition.stated(*figures).items()):
        return None
    customers = f"{say_number(group.share, 'share')} of customers"
    if not condition.stated("spend_share", "spend_per_share"):
        return _Finding(customers, (), {})
    spent = say_number(group.spend_share, "share")
    measures = (profile.spend,) if profile.spend else ()
    return _Finding(f"{spent} of spend from {customers}", measures, {"spend_share": spent})


def _check_measure(condition: Condition, profile: Profile, group: Group, origins: Origins) -> _Finding | None:
    for measure in sorted(_meant(condition, profile, origins), key=lambda m: _loudness(m, profile, group)):
        cell = measure.segments[group.id]
        figures = {
            "difference": cell.difference,
            "index": cell.index,
            "mean": cell.spread.mean,
            "median": cell.spread.median,
        }
        stated = condition.stated(*figures)
        enough = measure.unit != "flag" or _enough(stated, cell.spread.mean, cell.spread.n, profile)
        if enough and all(holds(bound, figures[name]) for name, bound in stated.items()):
            return _Finding(beside(measure, group.id), (measure.name,), _said(condition.called, measure, group.id))
    return None


def _enough(stated: Mapping[str, str], share: float | None, n: int, profile: Profile) -> bool:
    """Whether those it is about are no mere few: who say yes where "more" is asked for, who say no where "less" is."""
    if share is None:
        return False
    yes = round(share * n)
    asked = {yes if bound.startswith(">") else n - yes for bound in stated.values()}
    return min(asked) >= profile.minimum_customers


def _meant(condition: Condition, profile: Profile, origins: Origins) -> Iterator[Measure]:
    for measure in profile.measures:
        roles = {origins.roles.get(c) for c in origins.columns.get(measure.name, ())}
        if (
            (condition.theme is None or measure.theme == condition.theme)
            and (condition.unit is None or measure.unit == condition.unit)
            and (condition.feature is None or fnmatchcase(measure.name, condition.feature))
            and (condition.role is None or condition.role in roles)
            and "sensitive" not in roles
        ):
            yield measure


def _loudness(measure: Measure, profile: Profile, group: Group) -> tuple[bool, float, str]:
    difference = abs(measure.segments[group.id].difference or 0.0)
    return (measure.name != profile.spend, -difference * (1.0 if measure.clustered else ASIDE), measure.name)


def _said(name: str, measure: Measure, segment: str) -> dict[str, str]:
    cell = measure.segments[segment]
    return {
        name: say(measure, cell.spread.mean),
        f"{name}.everyone": say(measure, measure.population.mean),
        f"{name}.label": lowered(measure.label),
        f"{name}.part": part_of(measure),
        f"{name}.way": way(measure),
        f"{name}.index": "–" if cell.index is None else f"{cell.index:.0f}",
    }


def _check_level(condition: Condition, profile: Profile, group: Group, origins: Origins) -> _Finding | None:
    found: list[tuple[float, str, str, Level]] = []
    for category in profile.categories:
        meant = fnmatchcase(category.name, condition.category or "")
        if not meant or category.sensitive or origins.sensitive(category.name):
            continue
        for level in category.levels:
            cell = level.segments[group.id]
            figures = {"index": cell.index, "share": cell.share}
            named = condition.level is None or fnmatchcase(level.level, condition.level)
            stated = condition.stated(*figures)
            if (
                named
                and all(holds(bound, figures[name]) for name, bound in stated.items())
                and _enough(stated, cell.share, group.size, profile)
            ):
                found.append((-(cell.share or 0.0), category.name, category.label, level))
    if not found:
        return None
    _, name, label, level = min(found, key=lambda f: (f[0], f[1], f[3].level))
    cell, called = level.segments[group.id], condition.called
    index = "–" if cell.index is None else f"{cell.index:.0f}"
    share, everyone = say_number(cell.share, "share"), say_number(level.share, "share")
    values = {
        called: level.level,
        f"{called}.everyone": everyone,
        f"{called}.label": lowered(label),
        f"{called}.part": level.level,
        f"{called}.way": f"by {level.level}",
        f"{called}.index": index,
    }
    return _Finding(f"{lowered(label)} {level.level} {share} (everyone {everyone})", (name,), values)
