"""The charts of a comparison: a panel for each question, in it a row for each account, in the row a bar to each side.

A panel holds plain values. The page's template draws it with HTML, and `svg` as a file of its own, without a drawing library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from textwrap import wrap

import polars as pl

from slantbank.problem import nearest
from slantbank.show._finding import Row, Values, query
from slantbank.show._names import capitalized, percent


@dataclass(frozen=True)
class Bar:
    """A bar: its value and limits as shares of the panel's scale, its value in words, and the query of the sentences behind it."""

    size: float
    low: float
    high: float
    value: str
    tip: str
    query: str
    colour: str


@dataclass(frozen=True)
class AccountBars:
    """The bars of one account, or the reason why it has none."""

    name: str
    bars: tuple[Bar, ...]
    reason: str = ""


@dataclass(frozen=True)
class Panel:
    """A question with the bars of every account; `ends` names what the bars to the left and right mean, or the only bar."""

    key: str
    title: str
    text: str
    ends: tuple[str, ...]
    rows: tuple[AccountBars, ...]
    scale_end: str
    colours: tuple[str, ...]


@dataclass(frozen=True)
class _Series:
    """The bars of all accounts to one side of a panel: measure and item, the sentences counted, and the filters that show them."""

    name: str
    measure: str
    item: str
    counted: str
    colour: str
    filters: Mapping[str, str]


def charts(side: Mapping[str, str]) -> dict[str, tuple[str, str, tuple[_Series, ...]]]:
    """The title, text and series of each panel, by key."""
    a, b = side["a"], side["b"]
    stances = {
        f"light-{letter}": (
            f"In what light does it show {name}?",
            "Share of the sentences that refer to it; the rest show it in neither light.",
            (
                _Series("bad light", "side_stance_bad", letter, f"refer to {name}", "bad", {"stance": f"{letter}-"}),
                _Series("good light", "side_stance_good", letter, f"refer to {name}", "good", {"stance": f"{letter}+"}),
            ),
        )
        for letter, name in (("a", a), ("b", b))
    }
    return {
        "account": (
            "Whose account does it give?",
            "Share of the sentences that one side would gladly publish; the rest are no one's account, or another party's.",
            (
                _Series(a, "source_perspective", "side_a", "", "a", {"side": "side_a"}),
                _Series(b, "source_perspective", "side_b", "", "b", {"side": "side_b"}),
            ),
        ),
        "voice": (
            "In whose voice does it speak?",
            "Share of the sentences that it states itself, and that it leaves to sources.",
            (
                _Series("its own voice", "attribution", "author", "", "plain", {"voice": "author"}),
                _Series("its sources", "attributed", "", "", "soft", {"voice": "sources"}),
            ),
        ),
        **stances,
        "loaded": (
            "How loaded are its words?",
            "Loaded words in every 100 words.",
            (_Series("loaded words", "loaded", "", "", "plain", {"loaded": "1"}),),
        ),
        "facts": (
            "How many of the facts does it report?",
            "Share of the facts listed for this event.",
            (_Series("facts reported", "facts_reported", "", "", "plain", {"facts": "any"}),),
        ),
    }


def panels(measures: pl.DataFrame, names: Mapping[str, str], side: Mapping[str, str]) -> list[Panel]:
    """The panels in which any account has bars; `names` has the names of the accounts by article, in order."""
    values = Values(measures)
    drawn = []
    for key, (title, text, series) in charts(side).items():
        rates = [values.value("loaded", "", article) or 0.0 for article in names]
        scale = _round_up(max(rates)) if key == "loaded" else 1.0
        rows = tuple(_account_bars(values, article, at, name, series, scale) for at, (article, name) in enumerate(names.items()))
        if any(row.bars for row in rows):
            scale_end = f"{scale:g} words in 100" if key == "loaded" else "100 %"
            ends = tuple(capitalized(bars.name) if key == "account" else bars.name for bars in series)
            drawn.append(Panel(key, title, text, ends, rows, scale_end, tuple(bars.colour for bars in series)))
    return drawn


def without_queries(panel: Panel) -> Panel:
    """The panel without queries, for a page that has none of its sentences."""
    rows = (replace(row, bars=tuple(replace(bar, query="") for bar in row.bars)) for row in panel.rows)
    return replace(panel, rows=tuple(rows))


def _round_up(rate: float) -> float:
    """The end of the scale of loaded words: a round number, no less than the greatest rate."""
    return next((end for end in (5.0, 10.0, 20.0, 50.0) if rate <= end), 100.0)


def _account_bars(values: Values, article: str, at: int, name: str, series: Sequence[_Series], scale: float) -> AccountBars:
    rows = [(bars, values.row(bars.measure, bars.item, article)) for bars in series]
    if all(row is None for _, row in rows):
        return AccountBars(name, (), values.reason(series[0].measure, series[0].item, article))
    return AccountBars(name, tuple(_bar(row, bars, at, scale) for bars, row in rows))


def _bar(row: Row | None, series: _Series, at: int, scale: float) -> Bar:
    if row is None:
        return Bar(0, 0, 0, "–", f"{capitalized(series.name)}: not known", "", series.colour)
    value, n = float(row["value"]), int(row["n"])
    low, high = (float(value if row[limit] is None else row[limit]) for limit in ("low", "high"))
    facts = series.measure == "facts_reported"
    if series.measure == "loaded":
        words, of = f"{value:.1f}", f"{round(value * n / 100)} of {n} words"
        between = f"{low:.1f} and {high:.1f} in 100"
    else:
        counted = f"{'facts' if facts else 'sentences'}{f' that {series.counted}' if series.counted else ''}"
        words, of = percent(value), f"{round(value * n)} of {n} {counted}"
        between = f"{percent(low)} and {percent(high)}"
    tip = f"{capitalized(series.name)}: {words}, {of}; {'such facts' if facts else 'a longer text like this'}: between {between}."
    tip += " Too little to say more." if row["too_little"] else ""
    filters = query(at, **({} if facts else {"part": "body"}), **series.filters) if value > 0 else ""
    shown = f"{words}*" if row["too_little"] else words
    return Bar(value / scale, low / scale, min(high / scale, 1), shown, tip, filters, series.colour)


COLOURS = {"a": "#0b62a4", "b": "#c05a00", "bad": "#6d4a7f", "good": "#2f8f7a", "plain": "#4a5560", "soft": "#a9b1ba"}
"""The colours of a chart in a file of its own, on white; the page has its own colours for light and dark screens."""

_WIDTH, _NAME, _ROW = 720, 210, 30


def svg(panel: Panel, topic: str, notes: Sequence[str]) -> str:
    """The panel as an SVG file of its own, on white, with its title, source and caveats in it."""
    out: list[str] = []

    def text(x: float, y: float, words: str, size: int = 13, anchor: str = "start", weight: int = 400) -> None:
        printable = escape("".join(character for character in words if character.isprintable()))
        out.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">{printable}</text>')

    y = 26.0
    for line in wrap(panel.title, 74):
        text(12, y, line, 18, weight=700)
        y += 22
    for line in [*wrap(topic, 100), *wrap(panel.text, 100)]:
        text(12, y, line)
        y += 17
    left, value = _NAME + 60, 54
    span = _WIDTH - left - value - 12
    two = len(panel.ends) == 2
    zero, half = (left + span / 2, span / 2) if two else (left, span)
    y += 12
    if two:
        text(zero - 8, y, f"← {panel.ends[0]}", 12, "end", 700)
        text(zero + 8, y, f"{panel.ends[1]} →", 12, weight=700)
    else:
        text(zero, y, f"{panel.ends[0]}, up to {panel.scale_end}", 12, weight=700)
    top = y + 8
    for row in panel.rows:
        y += _ROW
        name = wrap(row.name, 32)
        for at, line in enumerate(name[:2]):
            text(12, y - 4 * (len(name) > 1) + 13 * at, line, 12)
        if row.reason:
            text(left, y, row.reason, 12)
            continue
        for bar, direction in zip(row.bars, (-1, 1) if two else (1,), strict=True):
            size = bar.size * half
            start = zero - size if direction < 0 else zero
            out.append(
                f'<rect x="{start:.1f}" y="{y - 13:g}" width="{size:.1f}" height="18" fill="{COLOURS[bar.colour]}">'
                f"<title>{escape(row.name)}: {escape(bar.tip)}</title></rect>"
            )
            ends = sorted((zero + direction * bar.low * half, zero + direction * bar.high * half))
            middle = y - 4
            out.append(f'<path d="M{ends[0]:.1f} {middle:g}H{ends[1]:.1f}" stroke="#111" stroke-width="1.5"/>')
            x, anchor = (left - 8, "end") if direction < 0 else (left + span + 8, "start")
            text(x, y, bar.value, 12, anchor, 700)
    out.append(f'<path d="M{zero:g} {top:g}V{y + 10:g}" stroke="#111"/>')
    y += 34
    for line in [part for note in notes for part in wrap(note, 112)]:
        text(12, y, line, 11)
        y += 15
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y:g}" viewBox="0 0 {_WIDTH} {y:g}" role="img" '
        f'font-family="system-ui, sans-serif" fill="#111"><title>{escape(panel.title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(out)}</svg>'
    )


def find_panel(panels: Sequence[Panel], key: str, side: Mapping[str, str]) -> Panel:
    """The panel with a key. Raises ValueError for an unknown key, and where no account has bars."""
    keys = list(charts(side))
    if not key:
        raise ValueError(f"--chart is needed: {', '.join(keys)}")
    if key not in keys:
        raise ValueError(f"no chart {key!r}; {nearest(key, keys)}")
    for panel in panels:
        if panel.key == key:
            return panel
    raise ValueError(f"nothing to draw for {key!r}: no account has a value")
