"""What each segment buys: the products and categories that more of it buys than of everyone, and what it starts with.

A row per customer and item is counted in the log's own engine; sums of whole numbers over those are all that is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw

from segmentry.baskets.following import purchase_days_of, study_following
from segmentry.baskets.items import ITEM, bought_lines, item_columns, names_of
from segmentry.baskets.placed import SEGMENT, Frame
from segmentry.baskets.popular import popular_products
from segmentry.baskets.ratios import Share, against_all, clustered, deviate
from segmentry.baskets.recommendations import recommend_to_segments
from segmentry.baskets.results import SUPPORT, Baskets, Item, Level, Next, Popular
from segmentry.purchases import Purchases
from segmentry.purchases import lines as ln
from segmentry.tables import collect_rows, materialise
from segmentry.tables.masking import FEWEST_TOLD

NO_ITEMS = "The orders name neither products nor categories, so that what customers buy is not known."
NOT_ENOUGH = f"No product or category was bought by {SUPPORT} customers or more, so that none can be compared."
MOST_BOUGHT = 20  # items of a segment that are kept because most bought them
MOST_TYPICAL = 10  # that are kept because they are typical of it
MOST_FIRST = 5  # that are kept because it starts with them


@dataclass(frozen=True)
class _Buyers:
    """Sums over the customers of one segment: how many, their lines, the squares of those, their different items."""

    customers: int
    lines: float
    squares: float
    items: float


@dataclass(frozen=True)
class _Cell:
    """Sums over the customers of one segment who bought an item: how many, with it in the first order, lines of it, the
    squares of those, and their product with all lines of the customer."""

    customers: int = 0
    first: int = 0
    lines: float = 0.0
    squares: float = 0.0
    crossed: float = 0.0


@dataclass(frozen=True)
class _Found:
    """What was counted at one level: buyers by segment, cells by item and segment, all items there are."""

    buyers: Mapping[str, _Buyers]
    cells: Mapping[str, Mapping[str, _Cell]]
    seen: int

    def ranked(self) -> list[str]:
        """The items, those bought by most customers first."""
        return sorted(self.cells, key=lambda item: (-sum(c.customers for c in self.cells[item].values()), item))


def study_baskets(purchases: Purchases, placed: Frame, segments: Sequence[str]) -> Baskets:
    """What the customers of each of these segments buy, first and next, and what to offer them.

    `placed` has a row per customer with their `segment`. Segments with fewer than ten buyers are left out, of everyone
    too. The result is empty, with the reason, where the log names neither products nor categories.

    >>> import polars as pl
    >>> from segmentry.purchases import open_log
    >>> from segmentry.tables import read
    >>> log = pl.DataFrame({"client": [f"c{i % 80}" for i in range(160)], "date": ["2026-01-15"] * 160,
    ...                     "product": ["tea"] * 80 + (["milk"] * 40 + ["cake"] * 40), "amount": ["5.00"] * 160})
    >>> everyone = pl.LazyFrame({"customer": [f"c{i}" for i in range(80)], "segment": ["s1"] * 40 + ["s2"] * 40})
    >>> found = study_baskets(open_log(read(log)), nw.from_native(everyone), ["s1", "s2"])
    >>> [(i.item, i.share, i.everyone) for i in found.typical("s1", "product")]
    [('milk', 1.0, 0.5)]
    """
    levels = item_columns(purchases)
    if not levels:
        return Baskets(absent=NO_ITEMS)
    bought = {level: bought_lines(purchases, column) for level, column in levels.items()}
    found = {level: _count(lines, placed, segments) for level, lines in bought.items()}
    # An interval for each segment and item of every level, so that all of them hold together.
    z = deviate(sum(len(f.buyers) * len(f.cells) for f in found.values()))
    days = purchase_days_of(purchases, placed)
    popular = _popular(bought, found)
    items: list[Item] = []
    following: list[Next] = []
    for level, f in found.items():
        kept = [item for segment in f.buyers for item in _kept(_items(f, segment, level, z))]
        then = study_following(bought[level], days, placed, level, f.ranked(), list(f.buyers))
        wanted = [*(i.item for i in kept), *(n for t in then for n in (t.item, t.then))]
        wanted += [p.item for p in popular] if level == "product" else []
        names = names_of(purchases, level, levels[level], wanted)
        popular = tuple(replace(p, name=names.get(p.item, p.name)) for p in popular)
        items += [replace(i, name=names.get(i.item, i.item)) for i in kept]
        following += [
            replace(t, item_name=names.get(t.item, t.item), then_name=names.get(t.then, t.then)) for t in then
        ]
    seen: dict[str, int] = {level: f.seen for level, f in found.items()}
    compared: dict[str, int] = {level: len(f.cells) for level, f in found.items()}
    finest = next(iter(found.values())).buyers
    breadth = {segment: b.items / b.customers for segment, b in finest.items()}
    absent = "" if any(compared.values()) else NOT_ENOUGH
    made = Baskets(tuple(items), tuple(following), (), seen, compared, breadth, absent, popular)
    return replace(made, recommendations=recommend_to_segments(made, segments))


def _popular(bought: Mapping[Level, Frame], found: Mapping[Level, _Found]) -> tuple[Popular, ...]:
    """The popular products of each category, where the log has both."""
    if len(bought) < 2:
        return ()
    products = found["product"]
    customers = {item: sum(cell.customers for cell in by.values()) for item, by in products.cells.items()}
    return popular_products(bought["product"], customers, sum(b.customers for b in products.buyers.values()))


def _count(bought: Frame, placed: Frame, segments: Sequence[str]) -> _Found:
    counted = bought.group_by(ln.CUSTOMER, ITEM).agg(n=nw.len(), start=nw.col(ln.DAY).min())
    pairs = materialise(counted.with_columns(nw.col("n").cast(nw.Float64)))
    each = pairs.group_by(ln.CUSTOMER).agg(lines=nw.col("n").sum(), items=nw.len(), begin=nw.col("start").min())
    who = materialise(each.join(placed.filter(nw.col(SEGMENT).is_in(list(segments))), on=ln.CUSTOMER, how="inner"))
    squared = who.with_columns(squares=nw.col("lines") * nw.col("lines"))
    sums = squared.group_by(SEGMENT).agg(
        nw.len().alias("customers"), nw.col("lines").sum(), nw.col("squares").sum(), nw.col("items").sum()
    )
    buyers = {
        str(row[SEGMENT]): _Buyers(int(row["customers"]), row["lines"], row["squares"], float(row["items"]))
        for row in collect_rows(sums)
        if int(row["customers"]) >= FEWEST_TOLD
    }
    told = [segment for segment in segments if segment in buyers]
    seen = int(collect_rows(pairs.select(nw.col(ITEM).n_unique().alias("n")))[0]["n"])
    return _Found({segment: buyers[segment] for segment in told}, _cells(pairs, who, told), seen)


def _cells(pairs: Frame, who: Frame, segments: Sequence[str]) -> dict[str, dict[str, _Cell]]:
    joined = pairs.join(who.filter(nw.col(SEGMENT).is_in(list(segments))), on=ln.CUSTOMER, how="inner")
    marked = joined.with_columns(
        first=nw.when(nw.col("start") == nw.col("begin")).then(nw.lit(1)).otherwise(nw.lit(0)),
        squares=nw.col("n") * nw.col("n"),
        crossed=nw.col("n") * nw.col("lines"),
    )
    sums = marked.group_by(ITEM, SEGMENT).agg(
        nw.len().alias("customers"),
        nw.col("first").sum(),
        nw.col("n").sum(),
        nw.col("squares").sum(),
        nw.col("crossed").sum(),
    )
    enough = sums.with_columns(total=nw.col("customers").sum().over(ITEM)).filter(nw.col("total") >= SUPPORT)
    cells: dict[str, dict[str, _Cell]] = {}
    for row in collect_rows(enough):
        cell = _Cell(int(row["customers"]), int(row["first"]), row["n"], row["squares"], row["crossed"])
        cells.setdefault(str(row[ITEM]), {})[str(row[SEGMENT])] = cell
    return cells


def _items(found: _Found, segment: str, level: Level, z: float) -> list[Item]:
    """Every item that enough customers of the segment bought, compared with all customers."""
    own, rest = found.buyers[segment], [b for s, b in found.buyers.items() if s != segment]
    made = []
    for item, by in found.cells.items():
        cell = by.get(segment, _Cell())
        if cell.customers < FEWEST_TOLD:
            continue
        others = [c for s, c in by.items() if s != segment]
        n, m = own.customers, sum(b.customers for b in rest)
        a, b = cell.customers, sum(c.customers for c in others)
        f, g = cell.first, sum(c.first for c in others)
        mix = clustered(cell.lines, cell.squares, cell.crossed, own.lines, own.squares)
        told = f >= FEWEST_TOLD
        made.append(
            Item(
                segment=segment,
                level=level,
                item=item,
                name=item,
                customers=a,
                buyers=n,
                share=a / n,
                everyone=(a + b) / (n + m),
                lift=against_all(Share(a, n), Share(b, m), z),
                mix=against_all(mix, _together(others, rest), z) if rest else None,
                first=f if told else None,
                first_share=f / n if told else None,
                first_everyone=(f + g) / (n + m) if told else None,
                first_lift=against_all(Share(f, n), Share(g, m), z) if told else None,
            )
        )
    return made


def _together(cells: Iterable[_Cell], buyers: Sequence[_Buyers]) -> Share:
    own = list(cells)
    return clustered(
        sum(c.lines for c in own),
        sum(c.squares for c in own),
        sum(c.crossed for c in own),
        sum(b.lines for b in buyers),
        sum(b.squares for b in buyers),
    )


def _kept(items: Sequence[Item]) -> list[Item]:
    """The few items of a segment that are told of: most bought, most typical, first."""
    typical = sorted((i for i in items if i.is_typical), key=lambda i: (-(i.lift.low if i.lift else 0.0), i.item))
    most = sorted(items, key=lambda i: (-i.customers, i.item))
    starting = sorted((i for i in items if i.first), key=lambda i: (-(i.first or 0), i.item))
    starts = sorted(
        (i for i in items if i.starts), key=lambda i: (-(i.first_lift.low if i.first_lift else 0.0), i.item)
    )
    chosen = {
        i.item: i
        for i in (*typical[:MOST_TYPICAL], *most[:MOST_BOUGHT], *starting[:MOST_FIRST], *starts[:MOST_FIRST])
    }  # fmt: skip
    return sorted(chosen.values(), key=lambda i: (-i.customers, i.item))
