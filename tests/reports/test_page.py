"""The report: everything a reader needs in one page, safe and offline."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from segmentry.errors import OutputError
from segmentry.fitting import fit
from segmentry.plots.sizes import picture_sizes
from segmentry.profiles.stability import Interval, SegmentStability, SolutionStability, read_stability
from segmentry.reports import RunFacts, report
from segmentry.reports.cards import explained_figures
from segmentry.samples import sample_marketing
from segmentry.segmentation import Segmentation

MadeUp = Callable[..., Segmentation]
FACTS = RunFacts(2243, 2240, 3, "marketing_campaign.csv", {"read": 0.31, "search": 2.4})
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Outline(HTMLParser):
    """Checks that tags are closed in order, and collects headings, ids, links and start tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found.get("href")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(five: Segmentation) -> str:
    return report(five, facts=FACTS)


@pytest.fixture(scope="module")
def explained() -> str:
    """The page of a fitted model, which has rules and questions."""
    return report(fit(sample_marketing(500, seed=3), k=4))


def test_the_page_is_well_formed_with_headings_in_order(page: str) -> None:
    """Tags close in order, one h1, no level is skipped, no id twice, every link leads somewhere on the page."""
    outline = Outline(page)
    assert outline.open == []
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))
    assert all(link[1:] in outline.ids for link in outline.links)


def test_the_page_stands_alone(page: str) -> None:
    """No script, nothing loaded from anywhere, and a policy that forbids both."""
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    assert "default-src 'none'" in page.replace("&#39;", "'")
    assert not re.findall(r"https?://", re.sub(r'xmlns(:xlink)?="[^"]*"', "", page))
    assert not re.search(r"url\((?!#)|@import", page)
    assert {tag for tag, _ in Outline(page).tags}.isdisjoint({"link", "img", "iframe", "object", "form"})


def test_every_segment_notice_and_reason_is_on_the_page(page: str, five: Segmentation) -> None:
    """Names, descriptions, evidence, notices, left-out reasons, roles and provenance are all shown."""
    texts = [s.name for s in five.segments] + [n.message for n in five.notices] + [n.code for n in five.notices]
    texts += [part.reason for part in five.recipe.left_out] + [r["reason"] for r in five.roles]
    texts += [five.provenance.fingerprint, "2014-12-31", five.polish, "Seed", "marketing_campaign.csv", "2,243"]
    for text in texts:
        assert escape(text, quote=False) in page or escape(text).replace("&#x27;", "&#39;") in page, text
    assert "<strong>2 warnings</strong>" in page
    assert page.count('<article class="card"') == 5
    assert page.count("<figure ") == 13
    assert page.count('<svg role="img"') == 13


def test_tables_have_scoped_headers(page: str) -> None:
    """Every header cell tells whether it heads a column, a row or a group."""
    headers = [attrs for tag, attrs in Outline(page).tags if tag == "th"]
    assert headers
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for attrs in headers)


def test_text_from_the_data_is_escaped(made_up: MadeUp) -> None:
    """Names, levels, notices and roles with markup appear as text, in the page and in its pictures."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    value = made_up(3, names=[evil, '" onload="x', "</title></svg>"], level=evil)
    value = replace(value, notices=(replace(value.notices[0], message=evil),), reason=evil)
    html = report(value, facts=RunFacts(1, 1, 0, evil))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    outline = Outline(html)
    assert outline.open == []
    assert not any(name.startswith("on") for _, attrs in outline.tags for name in attrs)


def test_a_colour_that_is_none_never_reaches_the_style(five: Segmentation) -> None:
    """A stored colour could hold anything; only a colour is put into the page's style."""
    bad = "red;background:url(x)"
    value = replace(five, segments=(replace(five.segments[0], colour=bad), *five.segments[1:]))
    assert bad not in report(value, pictures=())


def test_absent_pictures_say_why(made_up: MadeUp) -> None:
    """A loaded segmentation has a sentence where a picture would need rows."""
    html = report(made_up(view=False))
    assert html.count("<figure ") == 13
    assert html.count('class="absent"') == 4


def test_pages_of_unusual_segmentations(made_up: MadeUp) -> None:
    """One segment, nine, none with spend, a tiny one, one feature: each gives a whole page."""
    for value in (made_up(1), made_up(9), made_up(spend=False), made_up(tiny=True), made_up(only=["age"])):
        html = report(value, pictures=())
        assert Outline(html).open == []
        assert html.count('<article class="card"') == len(value.segments)
        assert "nan" not in html.lower().replace("provenance", "").replace("finance", "")
        assert not re.search(r"\d\.\d{4,}", html)
    assert "of spend</dt>" not in report(made_up(spend=False), pictures=())
    assert "Too few customers to show any figure" in report(made_up(tiny=True), pictures=())


def test_no_warning_is_said_plainly(five: Segmentation) -> None:
    """Without notices nothing alarms at the top, and the list says there are none."""
    html = report(replace(five, notices=()), pictures=())
    assert 'class="alert"' not in html
    assert "None: nothing in the data" in html


def test_the_report_is_written_once(five: Segmentation, tmp_path: Path) -> None:
    """The file holds what is returned; an existing file is replaced only when asked."""
    path = tmp_path / "report.html"
    html = report(five, path, pictures=())
    assert path.read_text("utf-8") == html
    with pytest.raises(OutputError):
        report(five, path, pictures=())
    assert report(five, path, pictures=(), overwrite=True) == html


def test_same_value_same_page(made_up: MadeUp) -> None:
    """Nothing of the page depends on the clock or on chance."""
    assert report(made_up(), pictures=()) == report(made_up(), pictures=())


def test_pictures_that_are_drawn_already_are_used(five: Segmentation) -> None:
    """Handing over one picture gives a page with that one."""
    assert report(five, pictures=[picture_sizes(five)]).count("<figure ") == 1


@pytest.mark.parametrize(
    ("mean", "said"),
    [(0.9, "Dependable."), (0.8, "Fairly dependable."), (0.7, "Rely on the kind, not on the list."), (0.4, "Do not")],
)
def test_a_card_says_in_plain_words_how_far_to_rely_on_a_segment(five: Segmentation, mean: float, said: str) -> None:
    """The index and the bootstrap stand folded away below; what they mean stands on the card."""
    found = SegmentStability(mean, mean - 0.1, 1.0, 40, 2, 30, Interval(mean, mean, mean, 20), read_stability(mean))
    whole = SolutionStability(2000, 2240, 20, Interval(0.8, 0.7, 0.9, 20))
    known = replace(five, stability=whole, segments=tuple(replace(s, stability=found) for s in five.segments))
    card = re.search(r'<article class="card".*?</article>', report(known, pictures=(), facts=FACTS), re.DOTALL)
    assert card is not None
    shown, _, folded = card[0].partition("How this was tested")
    assert said in shown
    assert "bootstrap" not in shown
    assert f"Stability {mean:.2f} (Jaccard index" in folded


def test_percent_is_written_in_one_way(page: str, explained: str) -> None:
    """Texts, tables and the axes of pictures all say `47 %`: none leaves out the space."""
    for html in (page, explained):
        seen = re.sub(r"<[^>]*>", "|", re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL))
        assert re.search(r"\d\s%", seen)
        assert re.findall(r".{0,30}\d%", seen) == []


def test_key_figures_that_do_not_say_what_they_are_are_explained(tea_shop_segmentation: Segmentation) -> None:
    """Beneath the cards stands what a trend is, where a card shows one."""
    (spend,) = (m for m in tea_shop_segmentation.profile.measures if m.name == "spend_total")
    (trend,) = (m for m in tea_shop_segmentation.profile.measures if m.name == "trend")
    with_trend = replace(tea_shop_segmentation, profile=replace(tea_shop_segmentation.profile, measures=(spend, trend)))
    without = replace(tea_shop_segmentation, profile=replace(tea_shop_segmentation.profile, measures=(spend,)))
    assert explained_figures(without) == ()
    (said,) = explained_figures(with_trend)
    assert said.startswith("Trend of purchases: from -1 ")
    assert said in report(with_trend, pictures=())
    assert "Days since first purchase" in {m.label for m in tea_shop_segmentation.profile.measures}


def test_asking_for_everything_is_no_advice(explained: str) -> None:
    """Where all features are needed to place a customer, the page does not advise to ask for a few only."""
    model = fit(sample_marketing(500, seed=3), k=4, features=["income", "age"])
    assert model.questions is not None
    every = replace(model.questions, sets=model.questions.sets[-1:])
    assert "If you can ask a new customer for a few things only" in explained
    assert "If you can ask" not in report(replace(model, questions=every), pictures=())


def test_the_page_begins_in_plain_words(five: Segmentation) -> None:
    """Above the first section stands how many criteria agree; what each of them comes to waits under Method."""
    reason = "3 of 5 criteria choose 5 segments, of 2 to 10 tried. Its figures: silhouette 0.46."
    opening, _, rest = report(replace(five, reason=reason), pictures=()).partition('id="segments"')
    assert "3 of 5 criteria choose 5 segments, of 2 to 10 tried." in opening
    assert "silhouette" not in opening
    assert reason in rest


def test_rules_of_thumb_are_said_in_plain_words(explained: str) -> None:
    """A marketer reads what the rules are for and how often they hold; trees and distances wait in the fold below."""
    section = explained[explained.index('<section id="rules"') :]
    section = section[: section.index("</section>")]
    text, fold = section.split("<details>")
    assert "these rules give the same segment as the model does" in text
    assert not re.search("tree|distance|threshold|fidelity", text)
    assert "tree of thresholds" in fold
