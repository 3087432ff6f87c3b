"""The report on a topic: one HTML file with the finding, the charts and facts, the labelled texts, and how certain all of it is.

The page needs no network and no library: charts are HTML, and SVG when saved. Needs the extra `report` (jinja2).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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
"""The mark of each perspective beside its colour, for readers who do not see the colour."""

RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
"""Languages that are written from right to left."""

SHOWN = ("source", "cue", "loaded", "informational")
"""The layers of spans that are marked in a text."""


class _Topic(NamedTuple):
    """The contents of a report: the frames of its topic with the decisive labels, the accounts in order, and their measures."""

    frames: dict[str, pl.DataFrame]
    rows: list[Row]
    names: dict[str, str]
    sides: dict[str, str]
    measures: pl.DataFrame
    coverage: pl.DataFrame


class Summary(NamedTuple):
    """The start of a report: the topic's title, the finding in words, and the charts."""

    title: str
    finding: list[findings.Finding]
    panels: list[chart.Panel]


def report_summary(frames: Frames, topic_id: str, *, labels: str | None = None) -> Summary:
    """The start of the report on a topic, as values. Raises ValueError as `report` does."""
    return _summary(_topic(frames, topic_id, findings.MEASURES, labels))


def _summary(topic: _Topic) -> Summary:
    return Summary(
        topic.rows[0]["topic_title"],
        findings.finding(topic.measures, topic.names, topic.sides),
        chart.panels(topic.measures, topic.names, topic.sides),
    )


def report(frames: Frames, topic_id: str, *, labels: str | None = None) -> str:
    """The report on the articles of a topic as one HTML page, from the frames that `load_all` gives.

    `labels` says whose labels are used, as in `compare`. Texts are escaped, whatever is in them. Raises ValueError if the topic has
    no article, ImportError without the extra `report`.

    >>> import slantbank
    >>> page = slantbank.report(slantbank.load_all(), "free-iran-rally-2017")
    >>> page.splitlines()[0]
    '<!doctype html>'
    """
    template = _template("report.html.j2")
    topic = _topic(frames, topic_id, findings.MEASURES, labels)
    parties = topic.frames["parties"].to_dicts()
    party_names = {party["party_id"]: names.within_sentence(names.party(party["name"])) for party in parties}
    title, finding, panels = _summary(topic)
    notes = _notes(topic)
    return template.render(
        version=version("slantbank"),
        codebook=codebook.VERSION,
        style=_asset("report.css"),
        script=_asset("report.js"),
        title=title,
        heading=f"{title}: {_accounts(len(topic.rows))} compared" if len(topic.rows) > 1 else title,
        finding=finding,
        caveats=_caveats(topic.rows),
        panels=panels,
        saved=lambda panel: "data:image/svg+xml," + quote(chart.svg(panel, title, notes), safe=_PLAIN),
        facts=_facts(topic),
        articles=[_article(row, topic, party_names) for row in topic.rows],
        names=list(topic.names.values()),
        sides=topic.sides,
        parties=party_names,
        certainty=_certainty(topic),
        has_perspectives=topic.frames["sentences"]["source_perspective"].is_not_null().any(),
        claims=names.CLAIMS,
        voices=names.VOICES,
        informational=topic.frames["sentences"]["spans"].explode().struct.field("layer").eq("informational").any(),
    )


def index(frames: Frames, addresses: Mapping[str, str], *, labels: str | None = None) -> str:
    """A page with a card for each topic: its title, finding and first chart, with a link to its report.

    `addresses` has the address of each report by topic, relative to this page. Raises ValueError and ImportError as `report` does.
    """
    template = _template("index.html.j2")
    cards = []
    for topic_id, address in addresses.items():
        topic = _topic(frames, topic_id, findings.MEASURES, labels)
        title, finding, panels = _summary(topic)
        card = {
            "title": title,
            "address": address,
            "text": finding[0].text,
            "about": _about(topic.rows),
            "panel": next((chart.without_queries(panel) for panel in panels if panel.key == "account"), None),
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
    environment.filters["capitalized"] = names.capitalized
    return environment.get_template(name)


_PLAIN = " <>=:/;,()'"
"""Characters that a browser accepts unquoted in a data address, so that charts take less room."""


def _topic(frames: Frames, topic_id: str, measures: Collection[str], labels: str | None) -> _Topic:
    of_topic = {name: frame.filter(pl.col("topic_id") == topic_id) for name, frame in frames.items()}
    if of_topic["articles"].is_empty():
        topics = frames["articles"]["topic_id"].unique().sort().to_list()
        raise ValueError(f"no article of topic {topic_id!r}; {nearest(topic_id, topics)}")
    compared = measure.compare(of_topic, measures=measures, labels=labels)
    coverage = measure.coverage(of_topic, labels=labels)
    decisive = {name: frame.lazy().collect() for name, frame in measure.decisive_labels(of_topic, labels)[0].items()}
    values = findings.Values(compared)
    articles = {row["article_id"]: row for row in of_topic["articles"].iter_rows(named=True)}
    balance = {article: values.value("perspective_balance", "", article) for article in articles}
    order = table.order_groups(of_topic["articles"], "article_id", articles)
    order.sort(key=lambda article: (balance[article] is None, -(balance[article] or 0.0)))
    rows = [articles[article] for article in order]
    return _Topic(decisive, rows, names.accounts(rows), names.sides(of_topic["parties"].to_dicts()), compared, coverage)


def _asset(name: str) -> str:
    return (resources.files("slantbank.show") / "templates" / name).read_text(encoding="utf-8")


def _caveats(articles: Sequence[Row]) -> list[str]:
    """What a reader must know about the accounts: constructed, withheld, without labels, or few."""
    caveats = []
    constructed = sum(row["origin"] == Origin.CONSTRUCTED for row in articles)
    if constructed:
        caveats.append(
            f"{_are(len(articles), constructed)} constructed: written for the dataset, published nowhere. "
            "What is constructed is marked, and stands for no outlet."
        )
    without_text = sum(not row["includes_text"] for row in articles)
    if without_text:
        caveats.append(
            f"{_are(len(articles), without_text)} shown without words, which may not be redistributed: a bar for each sentence, as "
            "long as it is, with its labels. Numbers are those of the full text."
        )
    if not any(row["annotators"] for row in articles):
        caveats.append("No account has labels.")
    if len(articles) < 5:
        caveats.append(f"{_are(len(articles))} too few to say anything about outlets or the press.")
    return caveats


def _are(every: int, some: int | None = None) -> str:
    """The subject and verb of a sentence on some of the accounts, or on all of them.

    >>> _are(3, 1), _are(3, 3), _are(1)
    ('1 of 3 accounts is', 'All 3 accounts are', '1 account is')
    """
    verb = "is" if (every if some is None else some) == 1 else "are"
    if some is None or every == 1:
        return f"{_accounts(every)} {verb}"
    return f"All {_accounts(every)} {verb}" if some == every else f"{some} of {_accounts(every)} {verb}"


def _accounts(number: int) -> str:
    return f"{number} account{'s' * (number != 1)}"


def _about(articles: Sequence[Row]) -> str:
    """The number of accounts, and whether they are constructed or without text."""
    kinds = []
    if all(row["origin"] == Origin.CONSTRUCTED for row in articles):
        kinds.append("constructed")
    elif any(row["origin"] == Origin.CONSTRUCTED for row in articles):
        kinds.append("some of them constructed")
    if not all(row["includes_text"] for row in articles):
        kinds.append("labels without the words")
    return ", ".join([_accounts(len(articles)), *kinds])


def _notes(topic: _Topic) -> list[str]:
    """The notes below a saved chart: intervals, caveats and source."""
    return [
        "Lines: 95 % intervals, which speak of these texts alone, had they been longer; *: too little to say more than they do.",
        *_caveats(topic.rows),
        f"Source: sentence labels of slantbank, codebook {codebook.VERSION}. They say how texts are written, not what is true.",
    ]


def _certainty(topic: _Topic) -> Row:
    """The section on certainty: who labelled, their agreement, and the warnings of the measures."""
    coders = {
        (annotator["id"], annotator["kind"], annotator["name"] or "", annotator["codebook"] or "")
        for row in topic.rows
        for annotator in row["annotators"]
        if annotator["kind"] != AnnotatorKind.ADJUDICATED
    }
    people = sum(kind == AnnotatorKind.HUMAN for _, kind, *_ in coders)
    models = Counter(name or "a model without a name" for _, kind, name, _ in coders if kind == AnnotatorKind.MODEL)
    labellers = [f"{people} {'person' if people == 1 else 'people'}"] if people else []
    labellers += [f"{'one AI model' if runs == 1 else f'{runs} runs of one AI model'}, {name}" for name, runs in models.items()]
    shown = set(",".join(topic.measures["labels"].drop_nulls().unique()).replace(" ", "").split(",")) - {""}
    decided = []
    if GOLD in shown:
        decided.append("Where they differed, an adjudicator decided by those rules, and that is what is shown.")
    if "majority" in shown:
        decided.append("Shown is what more than half of them chose; where no choice has so many, nothing is.")
    if shown - {GOLD, "majority"}:
        decided.append("Shown are the labels of one coder.")
    agreement = measure.agreement(topic.frames) if coders else None
    layers = [] if agreement is None else table.alphas(agreement).drop_nulls("agreement").to_dicts()
    rated = [row for row in layers if row["layer"] in names.LAYERS]
    described = Counter(f"{kind}: {name or coder}{f', codebook {book}' if book else ''}" for coder, kind, name, book in coders)
    agreed = reliability = ""
    if agreement is not None and len(coders) > 1 and rated:
        least, most = min(rated, key=lambda row: row["agreement"]), max(rated, key=lambda row: row["agreement"])
        agreed = (
            f"They agree most on {names.LAYERS[most['layer']]} ({names.percent(most['agreement'])} of their choices are the same) "
            f"and least on {names.LAYERS[least['layer']]} ({names.percent(least['agreement'])})."
        )
        reliability = _RELIABILITY[str(agreement["reliability"].first() or "agreement")]
    return {
        "labellers": findings.enumerated(labellers) if labellers else "nobody",
        "single": len(coders) == 1,
        "decided": decided,
        "agreed": agreed,
        "reliability": reliability,
        "warnings": [_for_readers(warning, topic.names) for warning in table.warnings(topic.measures)],
        "coders": [f"{coder} ({number} times)" if number > 1 else coder for coder, number in sorted(described.items())],
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


_RELIABILITY = {
    "stability": "They are one model run several times: this is how far it agrees with itself. Other coders, and people above all, "
    "may agree less with it.",
    "agreement": "The nearer to 100 %, the less a number here depends on who labelled.",
}


def _for_readers(warning: str, account_names: Mapping[str, str]) -> str:
    """A warning with the names of accounts instead of ids."""
    for article, name in account_names.items():
        warning = warning.replace(article, name)
    return warning.replace("`", "").replace("article_id", "account").replace("article", "account")


def _article(row: Row, topic: _Topic, party_names: Mapping[str, str]) -> Row:
    at = list(topic.names).index(row["article_id"])
    sentences = topic.frames["sentences"].filter(pl.col("article_id") == row["article_id"]).sort("n").to_dicts()
    coders: dict[int, list[Row]] = {}
    for label in topic.frames["annotations"].filter(pl.col("article_id") == row["article_id"]).iter_rows(named=True):
        if label["annotator_kind"] != AnnotatorKind.ADJUDICATED:
            coders.setdefault(label["n"], []).append(label)
    side = {party["party_id"]: party["side"] for party in topic.frames["parties"].iter_rows(named=True)}
    facts = {fact["fact_id"]: fact["text"] for fact in topic.frames["facts"].iter_rows(named=True)}
    longest = max((sentence["n_words"] for sentence in sentences), default=1)
    paragraphs: dict[int, list[Row]] = {}
    for sentence in sentences:
        shown = _sentence(sentence, coders.get(sentence["n"], []), at, party_names, side, topic.sides)
        shown["reported"] = [facts.get(fact, fact) for fact in sentence["facts"] or []]
        shown["width"] = max(2, round(100 * sentence["n_words"] / longest))
        paragraphs.setdefault(sentence["paragraph"], []).append(shown)
    about = [row["outlet"], row["author"], names.date_text(row["published"]), f"{row['n_sentences']} sentences"]
    return {
        **row,
        "name": topic.names[row["article_id"]],
        "about": " · ".join(filter(None, about)),
        "dir": _direction(row["language"]),
        "paragraphs": list(paragraphs.values()),
    }


def _direction(language: str | None) -> str:
    """The HTML direction of texts in a language: `rtl`, or `auto`, by their first letter."""
    return "rtl" if (language or "").split("-")[0].lower() in RIGHT_TO_LEFT else "auto"


def _anchor(at: int, n: int) -> str:
    return f"s{at}-{n}"


def _sentence(
    row: Row, coders: Sequence[Row], at: int, party_names: Mapping[str, str], side: Mapping[str, str], sides: Mapping[str, str]
) -> Row:
    stances = row["stance"] or []
    source = next((span["text"] for span in row["spans"] if span["layer"] == "source" and span["text"]), "")
    voice = names.VOICES.get(row["attribution"] or "", "in a voice that is not coded")
    if row["attribution"] not in (None, Attribution.AUTHOR):
        voice += f": {source or names.SOURCES.get(row['source_type'] or '', 'source not named')}"
    filters: set[str] = set()
    for stance in stances:
        letter = side.get(stance["party"], "")
        filters |= {letter, f"{letter}{'+' if stance['value'] > 0 else '-' if stance['value'] < 0 else '0'}", stance["party"]}
    shows = [f"shows {party_names.get(stance['party'], stance['party'])} {names.STANCES[stance['value']]}" for stance in stances]
    words = [names.CLAIMS.get(row["claim_type"] or "", "kind of claim not coded"), voice]
    words += [names.perspective(row["source_perspective"], sides, party_names.get(row["perspective_party"] or "")), *shows]
    coded = [word for word, label in zip(words, (row["claim_type"], row["attribution"]), strict=False) if label is not None]
    perspective = row["source_perspective"] or ""
    return {
        **row,
        "anchor": _anchor(at, row["n"]),
        "perspective": perspective,
        "mark": MARKS.get(perspective, "·"),
        "voice": "" if row["attribution"] is None else "author" if row["attribution"] == Attribution.AUTHOR else "sources",
        "stances": " ".join(sorted(filters - {""})),
        "fact_ids": " ".join([*row["facts"], "any"] if row["facts"] else []),
        "has_loaded": bool(row["loaded_words"]) or any(span["layer"] == "loaded" for span in row["spans"]),
        "words": words,
        "brief": [
            *coded,
            *(text for text, stance in zip(shows, stances, strict=True) if stance["value"]),
            f"{row['n_words']} words",
        ],
        "pieces": _pieces(row, SHOWN),
        # the name of the mask for screen readers, which would read it block by block
        "withheld": f"withheld, {row['n_words']} word{'s' * (row['n_words'] != 1)}" if row["text"] is None else "",
        "disagreements": _disagreements(coders, party_names),
    }


def _pieces(row: Row, layers: Sequence[str], ref: str | None = None) -> list[Row]:
    """The sentence cut where a span of the layers (and the ref) starts or ends, each piece with the layers of its spans."""
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


def _disagreements(coders: Sequence[Row], party_names: Mapping[str, str]) -> list[str]:
    """The layers in which the coders of a sentence differ, with the number of coders for each choice."""
    disagreements = []

    def add(about: str, choices: Sequence[str]) -> None:
        if len(set(choices)) > 1:
            counts = Counter(choices).most_common()
            disagreements.append(f"{about}: " + ", ".join(f"{choice} ({number})" for choice, number in counts))

    for name, words in _CHOICES.items():
        add(names.LAYERS[name], [words.get(coder[name] or "", "not said") for coder in coders])
    parties = [coder["perspective_party"] for coder in coders]
    add(names.LAYERS["perspective_party"], [party_names.get(party or "", "no one's") for party in parties])
    stances = [{stance["party"]: stance["value"] for stance in coder["stance"] or []} for coder in coders]
    for party in sorted({party for stance in stances for party in stance}):
        add(f"how it shows {party_names.get(party, party)}", [names.STANCES[stance.get(party)] for stance in stances])
    return disagreements


def _facts(topic: _Topic) -> list[Row]:
    """The facts in groups, first those that some accounts leave out; each fact with the sentences of every account on it."""
    if topic.frames["facts"].is_empty():
        return []
    sentences = {(row["article_id"], row["n"]): row for row in topic.frames["sentences"].iter_rows(named=True)}
    cells = {(row["fact_id"], row["article_id"]): row for row in topic.coverage.iter_rows(named=True)}
    titles = ("Some leave these out", "All report these", "All report these where that is known", "None reports these", "Not coded")
    groups: dict[str, list[Row]] = {title: [] for title in titles}
    for fact in topic.frames["facts"].iter_rows(named=True):
        id_ = fact["fact_id"]
        accounts = [_cell(cells.get((id_, article)), id_, at, sentences) for at, article in enumerate(topic.names)]
        states = Counter(account["state"] for account in accounts)
        report, omit = states["reports"], states["omits"]
        if report and omit:
            group = "Some leave these out"
        elif report:
            group = "All report these" if report == len(accounts) else "All report these where that is known"
        else:
            group = "None reports these" if omit else "Not coded"
        tally = f"{report} of {report + omit}" if report + omit else ""
        groups[group].append({"id": id_, "text": fact["text"], "cells": accounts, "omit": omit, "tally": tally})
    return [{"title": title, "facts": sorted(facts, key=lambda fact: -fact["omit"])} for title, facts in groups.items() if facts]


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
        without_text = "" if sentence["text"] is not None else f"sentence {n}, whose words are withheld"
        quotes.append({"anchor": _anchor(at, n), "withheld": without_text, "pieces": _pieces(sentence, ("fact",), fact)})
    return {"state": state, "says": STATES[state], "quotes": quotes}


def image(frames: Frames, topic_id: str, name: str, *, labels: str | None = None) -> str:
    """One chart as an SVG file of its own. Raises ValueError for an unknown chart, and where no account has a value."""
    topic = _topic(frames, topic_id, findings.MEASURES, labels)
    title, _, panels = _summary(topic)
    return chart.svg(chart.find_panel(panels, name, topic.sides), title, _notes(topic))


def markdown(frames: Frames, topic_id: str, *, labels: str | None = None) -> str:
    """A short report in Markdown, for a pull request: the finding, the main measures, and who reports which fact."""
    topic = _topic(frames, topic_id, dict.fromkeys((*table.MAIN_MEASURES, *findings.MEASURES)), labels)
    letters = dict(zip(topic.names, table.letters(len(topic.names)), strict=True))
    head = [
        f"- **{letters[row['article_id']]}** {table.escape_markdown(row['title'])}"
        f"{' *(constructed)*' * (row['origin'] == Origin.CONSTRUCTED)}{'' if row['includes_text'] else ' *(text withheld)*'}"
        for row in topic.rows
    ]
    main = topic.measures.filter(pl.col("measure").is_in(table.MAIN_MEASURES))
    cells = {(row["measure"], row["item"], row["article_id"]): row for row in main.iter_rows(named=True)}
    keys = dict.fromkeys(key[:2] for key in cells)
    values = [[" ".join(key).strip(), *(table.cell(cells.get((*key, article))) for article in letters)] for key in keys]
    facts = [[fact["text"], *(_quoted(cell) for cell in fact["cells"])] for group in _facts(topic) for fact in group["facts"]]
    heads = list(letters.values())
    finding = findings.finding(topic.measures, topic.names, topic.sides)
    parts = [
        f"# {table.escape_markdown(topic.rows[0]['topic_title'])}",
        "\n".join(f"- {table.escape_markdown(sentence.text)}" for sentence in finding),
        "\n".join(head),
        *(f"> {table.escape_markdown(caveat)}" for caveat in (*_caveats(topic.rows), *table.warnings(topic.measures))),
    ]
    parts += ["## Measures", _grid(["", *heads], values), "## Who reports what", _grid(["fact", *heads], facts)]
    return "\n\n".join(parts) + "\n"


def _quoted(cell: Row) -> str:
    marked = ["".join(piece["text"] for piece in quote["pieces"] if piece["kinds"]) for quote in cell["quotes"]]
    return "; ".join(words or quote["withheld"] or "reported" for words, quote in zip(marked, cell["quotes"], strict=True)) or (
        "–" if cell["state"] == "omits" else cell["says"]
    )


def _grid(head: list[str], rows: list[list[str]]) -> str:
    return markdown_table([name or "measure" for name in head], (map(table.escape_markdown, row) for row in rows))
