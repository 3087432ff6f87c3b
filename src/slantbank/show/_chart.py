"""The picture of a comparison: for each question a panel, in it a row for each account, in the row a bar to either side.

A panel is plain values, which the page's template draws with HTML and `svg` as a file of its own: no drawing library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from textwrap import wrap

import polars as pl

from slantbank.problem import nearest
from slantbank.show._finding import Row, Values, door
from slantbank.show._names import first, percent


@dataclass(frozen=True)
class Bar:
    """One bar: its value and limits as shares of the panel's scale, in words, and the door to the sentences behind it."""

    size: float
    low: float
    high: float
    value: str
    tip: str
    door: str
    colour: str
    few: bool


@dataclass(frozen=True)
class Line:
    """The bars of one account; without bars, why it has none."""

    name: str
    bars: tuple[Bar, ...]
    reason: str = ""


@dataclass(frozen=True)
class Panel:
    """A question, and the answer of every account. `ends` names what lies to the left and right, or to the right alone."""

    key: str
    title: str
    text: str
    ends: tuple[str, ...]
    lines: tuple[Line, ...]
    most: str
    colours: tuple[str, ...]


@dataclass(frozen=True)
class _End:
    """What one bar of every account in a panel shows: a measure and item, what is counted, and the door."""

    name: str
    measure: str
    item: str
    what: str
    colour: str
    wanted: Mapping[str, str]


def charts(side: Mapping[str, str]) -> dict[str, tuple[str, str, tuple[_End, ...]]]:
    """The panels by key: title, text and ends."""
    a, b = side["a"], side["b"]
    lights = {
        f"light-{one}": (
            f"In what light does it show {side[one]}?",
            "Share of the sentences that refer to it; the rest show it in neither light.",
            (
                _End("bad light", "side_stance_bad", one, f"refer to {side[one]}", "bad", {"light": f"{one}-"}),
                _End("good light", "side_stance_good", one, f"refer to {side[one]}", "good", {"light": f"{one}+"}),
            ),
        )
        for one in ("a", "b")
    }
    return {
        "account": (
            "Whose account does it give?",
            "Share of the sentences that one side would gladly publish; the rest are no one's account, or another party's.",
            (
                _End(a, "source_perspective", "side_a", "", "a", {"side": "side_a"}),
                _End(b, "source_perspective", "side_b", "", "b", {"side": "side_b"}),
            ),
        ),
        "voice": (
            "In whose voice does it speak?",
            "Share of the sentences that it states itself, and that it leaves to sources.",
            (
                _End("its own voice", "attribution", "author", "", "plain", {"voice": "author"}),
                _End("its sources", "attributed", "", "", "soft", {"voice": "sources"}),
            ),
        ),
        **lights,
        "loaded": (
            "How loaded are its words?",
            "Loaded words in every 100 words.",
            (_End("loaded words", "loaded", "", "", "plain", {"loaded": "1"}),),
        ),
        "facts": (
            "How many of the facts does it report?",
            "Share of the facts listed for this event.",
            (_End("facts reported", "facts_reported", "", "", "plain", {"facts": "any"}),),
        ),
    }


def panels(measures: pl.DataFrame, names: Mapping[str, str], side: Mapping[str, str]) -> list[Panel]:
    """The panels of the accounts that `names` names, in their order; those that say nothing of any account are left out."""
    values = Values(measures)
    found = []
    for key, (title, text, ends) in charts(side).items():
        rates = [values.value("loaded", "", one) or 0.0 for one in names]
        most = _most(max(rates)) if key == "loaded" else 1.0
        lines = tuple(_line(values, one, at, name, ends, most) for at, (one, name) in enumerate(names.items()))
        if any(line.bars for line in lines):
            shown = f"{most:g} words in 100" if key == "loaded" else "100 %"
            named = tuple(first(end.name) if key == "account" else end.name for end in ends)
            found.append(Panel(key, title, text, named, lines, shown, tuple(end.colour for end in ends)))
    return found


def shut(panel: Panel) -> Panel:
    """The panel without doors, for where its sentences are not."""
    lines = (replace(line, bars=tuple(replace(bar, door="") for bar in line.bars)) for line in panel.lines)
    return replace(panel, lines=tuple(lines))


def _most(rate: float) -> float:
    """The end of the scale of loaded words: round, and no less than the greatest rate."""
    return next((end for end in (5.0, 10.0, 20.0, 50.0) if rate <= end), 100.0)


def _line(values: Values, article: str, at: int, name: str, ends: Sequence[_End], most: float) -> Line:
    rows = [(end, values.row(end.measure, end.item, article)) for end in ends]
    if all(row is None for _, row in rows):
        return Line(name, (), values.reason(ends[0].measure, ends[0].item, article))
    return Line(name, tuple(_bar(row, end, at, most) for end, row in rows))


def _bar(row: Row | None, end: _End, at: int, most: float) -> Bar:
    if row is None:
        return Bar(0, 0, 0, "–", f"{first(end.name)}: not known", "", end.colour, few=True)
    value, n = float(row["value"]), int(row["n"])
    low, high = (float(value if row[limit] is None else row[limit]) for limit in ("low", "high"))
    few = bool(row["too_little"])
    if end.measure == "loaded":
        said, of = f"{value:.1f}", f"{round(value * n / 100)} of {n} words"
        between = f"{low:.1f} and {high:.1f} in 100"
    else:
        counted = "facts" if end.measure == "facts_reported" else "sentences"
        said, of = percent(value), f"{round(value * n)} of {n} {counted}{f' that {end.what}' if end.what else ''}"
        between = f"{percent(low)} and {percent(high)}"
    tip = f"{first(end.name)}: {said}, {of}; a longer text like this: between {between}"
    tip = tip.replace("a longer text like this", "such facts") if end.measure == "facts_reported" else tip
    tip += ". Too little to say more." if few else "."
    opens = door(at, **({} if end.measure == "facts_reported" else {"part": "body"}), **end.wanted) if value > 0 else ""
    return Bar(value / most, low / most, min(high / most, 1), f"{said}*" if few else said, tip, opens, end.colour, few)


COLOURS = {"a": "#0b62a4", "b": "#c05a00", "bad": "#6d4a7f", "good": "#2f8f7a", "plain": "#4a5560", "soft": "#a9b1ba"}
"""Of a chart that stands by itself, on white; the page has its own for light and dark."""

_WIDTH, _NAME, _ROW = 720, 210, 30


def svg(panel: Panel, topic: str, notes: Sequence[str]) -> str:
    """The panel as an SVG file of its own, on white, with its title, source and caveats in it."""
    out: list[str] = []

    def text(x: float, y: float, words: str, size: int = 13, anchor: str = "start", weight: int = 400) -> None:
        shown = "".join(one for one in words if one.isprintable())
        out.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">{escape(shown)}</text>'
        )

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
        text(zero, y, f"{panel.ends[0]}, up to {panel.most}", 12, weight=700)
    top = y + 8
    for row in panel.lines:
        y += _ROW
        name = wrap(row.name, 32)
        for at, line in enumerate(name[:2]):
            text(12, y - 4 * (len(name) > 1) + 13 * at, line, 12)
        if row.reason:
            text(left, y, row.reason, 12)
            continue
        for bar, way in zip(row.bars, (-1, 1) if two else (1,), strict=True):
            size = bar.size * half
            start = zero - size if way < 0 else zero
            out.append(
                f'<rect x="{start:.1f}" y="{y - 13:g}" width="{size:.1f}" height="18" fill="{COLOURS[bar.colour]}">'
                f"<title>{escape(row.name)}: {escape(bar.tip)}</title></rect>"
            )
            ends = sorted((zero + way * bar.low * half, zero + way * bar.high * half))
            middle = y - 4
            out.append(f'<path d="M{ends[0]:.1f} {middle:g}H{ends[1]:.1f}" stroke="#111" stroke-width="1.5"/>')
            text(left - 8 if way < 0 else left + span + 8, y, bar.value, 12, "end" if way < 0 else "start", 700)
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


def panel(found: Sequence[Panel], key: str, side: Mapping[str, str]) -> Panel:
    """The panel of a key. Raises ValueError where there is none."""
    keys = list(charts(side))
    if not key:
        raise ValueError(f"--chart is needed: {', '.join(keys)}")
    if key not in keys:
        raise ValueError(f"no chart {key!r}; {nearest(key, keys)}")
    for one in found:
        if one.key == key:
            return one
    raise ValueError(f"nothing to draw for {key!r}: no account has a value")
