"""The report on a topic: one HTML file, with the story first, the proof one tap behind it, and how sure all of it is.

The page needs neither network nor a library: charts are HTML, and SVG where they are saved. Needs the extra `report` (jinja2).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import resources
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import polars as pl

from slantbank import codebook, measure
from slantbank.bank import withheld
from slantbank.codebook import GOLD, AnnotatorKind, Attribution, Origin, Perspective
from slantbank.problem import nearest
from slantbank.show import _chart as chart
from slantbank.show import _finding as findings
from slantbank.show import _names as names
from slantbank.show import _terminal as table
from slantbank.show._markdown import markdown_table

if TYPE_CHECKING:
    from jinja2 import Template

Row = dict[str, Any]
Frames = Mapping[str, pl.DataFrame]

MARKS: dict[str, str] = {Perspective.SIDE_A: "▲", Perspective.SIDE_B: "▼", Perspective.OTHER: "◆", Perspective.NEUTRAL: "○"}
"""Each perspective has a mark beside its colour, for whoever does not see the colour."""

RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
"""Languages that are written from right to left."""

SHOWN = ("source", "cue", "loaded", "informational")
"""The layers of spans that are marked in a text."""


class _Topic(NamedTuple):
    """What a report speaks of: the frames of its topic with the labels that speak, the accounts in order, and their measures."""

    frames: dict[str, pl.DataFrame]
    rows: list[Row]
    names: dict[str, str]
    sides: dict[str, str]
    measures: pl.DataFrame
    coverage: pl.DataFrame


class Picture(NamedTuple):
    """What a report says first: the topic's title, the finding in words, and the charts."""

    title: str
    finding: list[findings.Found]
    panels: list[chart.Panel]


def picture(frames: Frames, topic_id: str, *, labels: str | None = None) -> Picture:
    """What the report on a topic says first, as values. Raises ValueError as `report` does."""
    return _picture(_topic(frames, topic_id, findings.MEASURES, labels))


def _picture(topic: _Topic) -> Picture:
    return Picture(
        topic.rows[0]["topic_title"],
        findings.finding(topic.measures, topic.names, topic.sides),
        chart.panels(topic.measures, topic.names, topic.sides),
    )


def report(frames: Frames, topic_id: str, *, labels: str | None = None) -> str:
    """The report on the articles of a topic as one HTML page, from the frames that `load_all` gives.

    `labels` says whose labels speak, as in `compare`. Texts are shown as text, whatever is in them. Raises ValueError if the topic
    has no article, ImportError without the extra `report`.

    >>> import slantbank
    >>> page = slantbank.report(slantbank.load_all(), "free-iran-rally-2017")
    >>> page.splitlines()[0]
    '<!doctype html>'
    """
    template = _template("report.html.j2")
    topic = _topic(frames, topic_id, findings.MEASURES, labels)
    parties = topic.frames["parties"].to_dicts()
    called = {party["party_id"]: names.within(names.party(party["name"])) for party in parties}
    title, said, drawn = _picture(topic)
    notes = _notes(topic)
    return template.render(
        version=version("slantbank"),
        codebook=codebook.VERSION,
        style=_asset("report.css"),
        script=_asset("report.js"),
        title=title,
        heading=f"{title}: {_accounts(len(topic.rows))} compared" if len(topic.rows) > 1 else title,
        finding=said,
        caveats=_caveats(topic.rows),
        panels=drawn,
        saved=lambda panel: "data:image/svg+xml," + quote(chart.svg(panel, title, notes), safe=_PLAIN),
        facts=_facts(topic),
        articles=[_article(row, topic, called) for row in topic.rows],
        names=list(topic.names.values()),
        sides=topic.sides,
        parties=called,
        sure=_sure(topic),
        sided=topic.frames["sentences"]["source_perspective"].is_not_null().any(),
        claims=names.CLAIMS,
        voices=names.VOICES,
        informational=topic.frames["sentences"]["spans"].explode().struct.field("layer").eq("informational").any(),
    )


def index(frames: Frames, addresses: Mapping[str, str], *, labels: str | None = None) -> str:
    """A page with a card for each topic: its title, accounts and finding, and the way to its report at its address.

    `addresses` are those of the reports by topic, relative to this page. Raises ValueError and ImportError as `report` does.
    """
    template = _template("index.html.j2")
    cards = []
    for topic_id, address in addresses.items():
        topic = _topic(frames, topic_id, findings.MEASURES, labels)
        title, said, drawn = _picture(topic)
        card = {
            "title": title,
            "address": address,
            "text": said[0].text,
            "about": _of_what(topic.rows),
            "panel": next((chart.shut(one) for one in drawn if one.key == "account"), None),
        }
        cards.append(card)
    return template.render(version=version("slantbank"), style=_asset("report.css"), cards=cards)


def _template(name: str) -> "Template":
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_asset),
    )
    environment.filters["first_up"] = names.first
    return environment.get_template(name)


_PLAIN = " <>=:/;,()'"
"""What a browser reads in the address of data as it stands, so that charts take less room."""


def _topic(frames: Frames, topic_id: str, measures: Collection[str], labels: str | None) -> _Topic:
    kept = {name: frame.filter(pl.col("topic_id") == topic_id) for name, frame in frames.items()}
    if kept["articles"].is_empty():
        known = frames["articles"]["topic_id"].unique().sort().to_list()
        raise ValueError(f"no article of topic {topic_id!r}; {nearest(topic_id, known)}")
    found = measure.compare(kept, measures=measures, labels=labels)
    told = measure.coverage(kept, labels=labels)
    spoken = {name: frame.lazy().collect() for name, frame in measure.decisive_labels(kept, labels)[0].items()}
    values = findings.Values(found)
    by_id = {row["article_id"]: row for row in kept["articles"].iter_rows(named=True)}
    balance = {one: values.value("perspective_balance", "", one) for one in by_id}
    order = sorted(
        table.order(kept["articles"], "article_id", by_id), key=lambda one: (balance[one] is None, -(balance[one] or 0.0))
    )
    rows = [by_id[one] for one in order]
    return _Topic(spoken, rows, names.accounts(rows), names.sides(kept["parties"].to_dicts()), found, told)


def _asset(name: str) -> str:
    return (resources.files("slantbank.show") / "templates" / name).read_text(encoding="utf-8")


def _caveats(articles: Sequence[Row]) -> list[str]:
    """What must be known of the accounts themselves."""
    found = []
    constructed = sum(row["origin"] == Origin.CONSTRUCTED for row in articles)
    if constructed:
        found.append(
            f"{_are(len(articles), constructed)} constructed: written for the dataset, published nowhere. "
            "What is constructed is marked, and stands for no outlet."
        )
    masked = sum(not row["includes_text"] for row in articles)
    if masked:
        found.append(
            f"{_are(len(articles), masked)} shown without words, which may not be redistributed: a bar for each sentence, as "
            "long as it is, with its labels. Numbers are those of the full text."
        )
    if not any(row["annotators"] for row in articles):
        found.append("No account has labels.")
    if len(articles) < 5:
        found.append(f"{_are(len(articles))} too few to say anything about outlets or the press.")
    return found


def _are(every: int, some: int | None = None) -> str:
    """The subject and verb of a sentence on so many of the accounts, or on every one.

    >>> _are(3, 1), _are(3, 3), _are(1)
    ('1 of 3 accounts is', 'All 3 accounts are', '1 account is')
    """
    verb = "is" if (every if some is None else some) == 1 else "are"
    if some is None or every == 1:
        return f"{_accounts(every)} {verb}"
    return f"All {_accounts(every)} {verb}" if some == every else f"{some} of {_accounts(every)} {verb}"


def _accounts(number: int) -> str:
    return f"{number} account{'s' * (number != 1)}"


def _of_what(articles: Sequence[Row]) -> str:
    """How many accounts, from where, and what is to know of them before one opens the report."""
    kinds = []
    if all(row["origin"] == Origin.CONSTRUCTED for row in articles):
        kinds.append("constructed")
    elif any(row["origin"] == Origin.CONSTRUCTED for row in articles):
        kinds.append("some of them constructed")
    if not all(row["includes_text"] for row in articles):
        kinds.append("labels without the words")
    return ", ".join([_accounts(len(articles)), *kinds])


def _notes(topic: _Topic) -> list[str]:
    """What a chart that is saved says of itself."""
    return [
        "Lines: 95 % intervals, which speak of these texts alone, had they been longer; *: too little to say more than they do.",
        *_caveats(topic.rows),
        f"Source: sentence labels of slantbank, codebook {codebook.VERSION}. They say how texts are written, not what is true.",
    ]


def _sure(topic: _Topic) -> Row:
    """Who labelled, how far they agree, and what the measures warn of."""
    coders = {
        (who["id"], who["kind"], who["name"] or "", who["codebook"] or "")
        for row in topic.rows
        for who in row["annotators"]
        if who["kind"] != AnnotatorKind.ADJUDICATED
    }
    people = sum(kind == AnnotatorKind.HUMAN for _, kind, *_ in coders)
    models = Counter(name or "a model without a name" for _, kind, name, _ in coders if kind == AnnotatorKind.MODEL)
    who = [*([f"{people} {'person' if people == 1 else 'people'}"] if people else [])]
    who += [f"{'one AI model' if number == 1 else f'{number} runs of one AI model'}, {name}" for name, number in models.items()]
    speaks = set(",".join(topic.measures["labels"].drop_nulls().unique()).replace(" ", "").split(",")) - {""}
    decided = []
    if GOLD in speaks:
        decided.append("Where they differed, an adjudicator decided by those rules, and that is what is shown.")
    if "majority" in speaks:
        decided.append("Shown is what more than half of them chose; where no choice has so many, nothing is.")
    if speaks - {GOLD, "majority"}:
        decided.append("Shown are the labels of one coder.")
    found = measure.agreement(topic.frames) if coders else None
    layers = [] if found is None else [row for row in table.alphas(found).iter_rows(named=True) if row["agreement"] is not None]
    rated = [row for row in layers if row["layer"] in names.LAYERS]
    agreed = ""
    if len(coders) > 1 and rated:
        least, most = min(rated, key=lambda row: row["agreement"]), max(rated, key=lambda row: row["agreement"])
        agreed = (
            f"They agree most on {names.LAYERS[most['layer']]} ({names.percent(most['agreement'])} of their choices are the same) "
            f"and least on {names.LAYERS[least['layer']]} ({names.percent(least['agreement'])})."
        )
    return {
        "who": findings.listed(who) if who else "nobody",
        "single": len(coders) == 1,
        "decided": decided,
        "agreed": agreed,
        "reliability": "" if found is None or not agreed else _RELIABILITY[str(found["reliability"].first() or "agreement")],
        "warnings": [_plain(row, topic.names) for row in table.warned(topic.measures)],
        "coders": _each(f"{kind}: {name or who}{f', codebook {book}' if book else ''}" for who, kind, name, book in coders),
        "layers": [
            {
                "name": names.LAYERS[row["layer"]],
                "same": names.percent(row["agreement"]),
                "alpha": table.number(row["alpha"]),
                "interval": "" if row["low"] is None else f"{table.number(row['low'])} to {table.number(row['high'])}",
                "remark": row["reason"] or "",
            }
            for row in rated
        ],
    }


def _each(coders: Iterable[str]) -> list[str]:
    return [f"{coder} ({number} times)" if number > 1 else coder for coder, number in sorted(Counter(coders).items())]


_RELIABILITY = {
    "stability": "They are one model run several times: this is how far it agrees with itself. Other coders, and people above all, "
    "may agree less with it.",
    "agreement": "The nearer to 100 %, the less a number here depends on who labelled.",
}


def _plain(warning: str, called: Mapping[str, str]) -> str:
    for one, name in called.items():
        warning = warning.replace(one, name)
    return warning.replace("`", "").replace("article_id", "account").replace("article", "account")


def _article(row: Row, topic: _Topic, called: Mapping[str, str]) -> Row:
    at = list(topic.names).index(row["article_id"])
    sentences = topic.frames["sentences"].filter(pl.col("article_id") == row["article_id"]).sort("n").to_dicts()
    coders: dict[int, list[Row]] = {}
    for label in topic.frames["annotations"].filter(pl.col("article_id") == row["article_id"]).iter_rows(named=True):
        if label["annotator_kind"] != AnnotatorKind.ADJUDICATED:
            coders.setdefault(label["n"], []).append(label)
    side = {party["party_id"]: party["side"] for party in topic.frames["parties"].iter_rows(named=True)}
    fact = {row["fact_id"]: row["text"] for row in topic.frames["facts"].iter_rows(named=True)}
    longest = max((sentence["n_words"] for sentence in sentences), default=1)
    paragraphs: dict[int, list[Row]] = {}
    for sentence in sentences:
        shown = _sentence(sentence, coders.get(sentence["n"], []), at, called, side, topic.sides)
        shown["told"] = [fact.get(one, one) for one in sentence["facts"] or []]
        shown["width"] = max(2, round(100 * sentence["n_words"] / longest))
        paragraphs.setdefault(sentence["paragraph"], []).append(shown)
    about = [row["outlet"], row["author"], names.day(row["published"]), f"{row['n_sentences']} sentences"]
    return {
        **row,
        "name": topic.names[row["article_id"]],
        "about": " · ".join(str(one) for one in about if one),
        "dir": _direction(row["language"]),
        "paragraphs": list(paragraphs.values()),
    }


def _direction(language: str | None) -> str:
    """How texts of a language run: right to left, or as their first letter says."""
    return "rtl" if (language or "").split("-")[0].lower() in RIGHT_TO_LEFT else "auto"


def _anchor(at: int, n: int) -> str:
    return f"s{at}-{n}"


def _said(count: int) -> str:
    """What stands for a sentence of so many words where its mask would be read out block by block."""
    return f"withheld, {count} word{'s' * (count != 1)}"


def _sentence(
    row: Row, coders: Sequence[Row], at: int, called: Mapping[str, str], side: Mapping[str, str], sides: Mapping[str, str]
) -> Row:
    stance = row["stance"] or []
    source = next((span["text"] for span in row["spans"] if span["layer"] == "source" and span["text"]), "")
    voice = names.VOICES.get(row["attribution"] or "", "in a voice that is not coded")
    if row["attribution"] not in (None, Attribution.AUTHOR):
        voice += f": {source or names.SOURCES.get(row['source_type'] or '', 'source not named')}"
    lights: set[str] = set()
    for one in stance:
        its = side.get(one["party"], "")
        lights |= {its, f"{its}{'+' if one['value'] > 0 else '-' if one['value'] < 0 else '0'}", one["party"]}
    told = [f"shows {called.get(one['party'], one['party'])} {names.LIGHTS[one['value']]}" for one in stance]
    words = [names.CLAIMS.get(row["claim_type"] or "", "kind of claim not coded"), voice]
    words += [names.perspective(row["source_perspective"], sides, called.get(row["perspective_party"] or "")), *told]
    coded = [word for word, label in zip(words, (row["claim_type"], row["attribution"]), strict=False) if label is not None]
    perspective = row["source_perspective"] or ""
    return {
        **row,
        "anchor": _anchor(at, row["n"]),
        "perspective": perspective,
        "mark": MARKS.get(perspective, "·"),
        "voice": "" if row["attribution"] is None else "author" if row["attribution"] == Attribution.AUTHOR else "sources",
        "lights": " ".join(sorted(lights - {""})),
        "fact_ids": " ".join([*row["facts"], "any"] if row["facts"] else []),
        "has_loaded": bool(row["loaded_words"]) or any(span["layer"] == "loaded" for span in row["spans"]),
        "words": words,
        "brief": [*coded, *(word for word, one in zip(told, stance, strict=True) if one["value"]), f"{row['n_words']} words"],
        "pieces": _pieces(row, SHOWN),
        "said": _said(row["n_words"]) if row["text"] is None else "",
        "doubts": _doubts(row, coders, called),
    }


def _pieces(row: Row, layers: Sequence[str], ref: str | None = None) -> list[Row]:
    """The sentence cut where any span of the layers (and the ref) starts or ends, each piece with the layers that it lies in."""
    start = row["start"]
    shown = [
        (span["start"] - start, span["end"] - start, span["layer"])
        for span in row["spans"]
        if span["layer"] in layers and (ref is None or span["ref"] == ref)
    ]
    text = withheld.MASK * (row["end"] - start) if row["text"] is None else row["text"]
    cuts = sorted({0, len(text), *(span[0] for span in shown), *(span[1] for span in shown)})
    return [
        {"text": text[a:b], "kinds": sorted({layer for first, last, layer in shown if first <= a and b <= last})}
        for a, b in pairwise(cuts)
    ]


_CHOICES: dict[str, Mapping[str, str]] = {"claim_type": names.CLAIMS, "attribution": names.VOICES, "source_type": names.SOURCES}


def _doubts(row: Row, coders: Sequence[Row], called: Mapping[str, str]) -> list[str]:
    """What the coders of a sentence differ on, with what each chose, in words."""
    found = []

    def differ(about: str, choices: Sequence[str]) -> None:
        if len(set(choices)) > 1:
            each = Counter(choices).most_common()
            found.append(f"{about}: " + ", ".join(f"{choice} ({number})" for choice, number in each))

    for name, words in _CHOICES.items():
        differ(names.LAYERS[name], [words.get(coder[name] or "", "not said") for coder in coders])
    parties = [coder["perspective_party"] for coder in coders]
    differ(names.LAYERS["perspective_party"], [called.get(one or "", "no one's") for one in parties])
    stances = [{one["party"]: one["value"] for one in coder["stance"] or []} for coder in coders]
    for party in sorted({party for stance in stances for party in stance}):
        differ(f"the light on {called.get(party, party)}", [names.LIGHTS[stance.get(party)] for stance in stances])
    return found


def _facts(topic: _Topic) -> list[Row]:
    """The facts in groups, those first that some accounts leave out; each with what every account says of it."""
    if topic.frames["facts"].is_empty():
        return []
    sentences = {(row["article_id"], row["n"]): row for row in topic.frames["sentences"].iter_rows(named=True)}
    cells = {(row["fact_id"], row["article_id"]): row for row in topic.coverage.iter_rows(named=True)}
    titles = ("Some leave these out", "All report these", "All report these where that is known", "None reports these", "Not coded")
    groups: dict[str, list[Row]] = {title: [] for title in titles}
    for fact in topic.frames["facts"].iter_rows(named=True):
        accounts = [_cell(cells.get((fact["fact_id"], one)), fact["fact_id"], at, sentences) for at, one in enumerate(topic.names)]
        states = Counter(one["state"] for one in accounts)
        told, left = states["reports"], states["omits"]
        if told and left:
            group = "Some leave these out"
        elif told:
            group = "All report these" if told == len(accounts) else "All report these where that is known"
        else:
            group = "None reports these" if left else "Not coded"
        tally = f"{told} of {told + left}" if told + left else ""
        groups[group].append({"id": fact["fact_id"], "text": fact["text"], "cells": accounts, "left": left, "tally": tally})
    return [{"title": title, "facts": sorted(facts, key=lambda fact: -fact["left"])} for title, facts in groups.items() if facts]


STATES = {
    "reports": "reports this",
    "omits": "does not report this",
    "later": "may have been published before this was known",
    "unknown": "not coded",
}


def _cell(row: Row | None, fact: str, at: int, sentences: Mapping[tuple[str, int], Row]) -> Row:
    if row is None or row["reported"] is None:
        state = "unknown"
    elif row["reported"]:
        state = "reports"
    else:
        state = "later" if row["left_out"] is None else "omits"
    quotes = []
    for n in (row and row["sentences"]) or []:
        sentence = sentences[row["article_id"], n]  # type: ignore[index]
        said = "" if sentence["text"] is not None else f"sentence {n}, whose words are withheld"
        quotes.append({"anchor": _anchor(at, n), "said": said, "pieces": _pieces(sentence, ("fact",), fact)})
    return {"state": state, "says": STATES[state], "quotes": quotes}


def image(frames: Frames, topic_id: str, name: str, *, labels: str | None = None) -> str:
    """One chart as an SVG file of its own. Raises ValueError for a chart that there is not."""
    topic = _topic(frames, topic_id, findings.MEASURES, labels)
    title, _, drawn = _picture(topic)
    return chart.svg(chart.panel(drawn, name, topic.sides), title, _notes(topic))


def markdown(frames: Frames, topic_id: str, *, labels: str | None = None) -> str:
    """The report in short as Markdown, for a pull request: the finding, the main measures, and who reports what."""
    topic = _topic(frames, topic_id, dict.fromkeys((*table.MAIN, *findings.MEASURES)), labels)
    letters = dict(zip(topic.names, table.letters(len(topic.names)), strict=True))
    head = [
        f"- **{letters[row['article_id']]}** {table.escaped(row['title'])}"
        f"{' *(constructed)*' * (row['origin'] == Origin.CONSTRUCTED)}{'' if row['includes_text'] else ' *(text withheld)*'}"
        for row in topic.rows
    ]
    main = topic.measures.filter(pl.col("measure").is_in(table.MAIN))
    cells = {(row["measure"], row["item"], row["article_id"]): row for row in main.iter_rows(named=True)}
    keys = dict.fromkeys((name, item) for name, item, _ in cells)
    values = [[f"{name} {item}".strip(), *(table.cell(cells.get((name, item, one))) for one in letters)] for name, item in keys]
    facts = [[fact["text"], *(_quoted(cell) for cell in fact["cells"])] for group in _facts(topic) for fact in group["facts"]]
    heads = list(letters.values())
    said = findings.finding(topic.measures, topic.names, topic.sides)
    parts = [
        f"# {table.escaped(topic.rows[0]['topic_title'])}",
        "\n".join(f"- {table.escaped(one.text)}" for one in said),
        "\n".join(head),
        *(f"> {table.escaped(one)}" for one in (*_caveats(topic.rows), *table.warned(topic.measures))),
    ]
    parts += ["## Measures", _grid(["", *heads], values), "## Who reports what", _grid(["fact", *heads], facts)]
    return "\n\n".join(parts) + "\n"


def _quoted(cell: Row) -> str:
    marked = ["".join(piece["text"] for piece in quote["pieces"] if piece["kinds"]) for quote in cell["quotes"]]
    return "; ".join(words or quote["said"] or "reported" for words, quote in zip(marked, cell["quotes"], strict=True)) or (
        "–" if cell["state"] == "omits" else cell["says"]
    )


def _grid(head: list[str], rows: list[list[str]]) -> str:
    return markdown_table([name or "measure" for name in head], (map(table.escaped, row) for row in rows))
