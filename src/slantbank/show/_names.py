"""The names of accounts, sides and labels for readers: outlets and parties by name, and no ids."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import Any
from unicodedata import bidirectional

from slantbank.codebook import Attribution, ClaimType, Origin, Perspective, SourceType

Row = Mapping[str, Any]

CLAIMS: dict[str, str] = {
    ClaimType.NORMATIVE: "says what should be",
    ClaimType.PREDICTIVE: "predicts",
    ClaimType.CAUSAL: "says what caused what",
    ClaimType.STATISTICAL: "gives a figure",
    ClaimType.EVALUATIVE: "judges",
    ClaimType.FACTUAL: "says what happened or is so",
    ClaimType.NONE: "makes no claim",
}
VOICES: dict[str, str] = {
    Attribution.AUTHOR: "in the article's own voice",
    Attribution.DIRECT: "quoted from a source",
    Attribution.INDIRECT: "paraphrased from a source",
    Attribution.MIXED: "partly quoted from a source",
}
SOURCES: dict[str, str] = {
    SourceType.PERSON: "a named person",
    SourceType.ORGANIZATION: "an organization",
    SourceType.UNNAMED: "an unnamed source",
    SourceType.COLLECTIVE: "a group",
    SourceType.DOCUMENT: "a document",
}
STANCES: dict[int | None, str] = {1: "in a good light", 0: "in neither light", -1: "in a bad light", None: "not referred to"}
LAYERS: dict[str, str] = {
    "claim_type": "what kind of claim it makes",
    "attribution": "in whose voice it speaks",
    "source_type": "what kind of source it has",
    "source_perspective": "whose side's account it gives",
    "perspective_party": "whose account it gives",
    "stance": "in what light it shows each party",
    "mention": "which parties it refers to",
    "loaded": "which words are loaded",
    "facts": "which facts it reports",
}
"""What a coder decides about a sentence in each layer."""

_TITLE = 34


def accounts(rows: Sequence[Row]) -> dict[str, str]:
    """A name for each article, no two the same: its outlet, else its author, else the start of its title.

    Where several articles share an outlet, the day follows it, or the start of the title where days do not distinguish them. A
    constructed article is marked and has its title; where several such titles begin alike, the part of its id that differs. A
    name in a right-to-left script is isolated from the words around it, and characters that change their direction are removed.

    >>> row = dict.fromkeys(("outlet", "author", "published")) | {"title": "Rally Near Paris", "origin": "constructed"}
    >>> accounts([row | {"article_id": "x"}])
    {'x': '“Rally Near Paris” (constructed)'}
    >>> accounts([row | {"article_id": "rally-wire"}, row | {"article_id": "rally-loaded-2"}])
    {'rally-wire': '“wire” (constructed)', 'rally-loaded-2': '“loaded 2” (constructed)'}
    """
    sources = {row["article_id"]: isolate(row["outlet"] or row["author"] or "") for row in rows}
    titles = {row["article_id"]: isolate(shorten(row["title"])) for row in rows}
    constructed = _constructed({row["article_id"]: row["title"] for row in rows if row["origin"] == Origin.CONSTRUCTED})
    times = Counter(source for article, source in sources.items() if article not in constructed)
    days = {row["article_id"]: date_text(row["published"]) for row in rows}
    on_day = Counter((sources[article], days[article]) for article in sources)
    names: dict[str, str] = {}
    for article, source in sources.items():
        title, day = f"“{constructed.get(article, titles[article])}”", days[article]
        dated = f"{source} ({day})" if day and on_day[source, day] == 1 else f"{source}, {title}"
        name = title if not source else source if times[source] == 1 else dated
        name = f"{title} (constructed)" if article in constructed else name
        same = sum(other == name or other.startswith(f"{name} [") for other in names.values())
        names[article] = f"{name} [{same + 1}]" if same else name
    return names


def date_text(published: date | None) -> str:
    """A date as in “3 July 2017”."""
    return f"{published.day} {published:%B %Y}" if published else ""


def isolate(text: str) -> str:
    """The text, isolated so that it does not change the direction of the text around it.

    >>> isolate("The Times"), isolate("\u202eevil"), isolate("کیهان") == "\u2068کیهان\u2069"
    ('The Times', 'evil', True)
    """
    plain = "".join(character for character in text if bidirectional(character) not in _DIRECTIONAL)
    return f"\u2068{plain}\u2069" if any(bidirectional(character) in ("R", "AL") for character in plain) else plain


_DIRECTIONAL = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


def _constructed(titles: Mapping[str, str]) -> dict[str, str]:
    """The names of constructed articles: short titles, or, where two are the same, the words in which the ids differ."""
    short = {article: isolate(shorten(title)) for article, title in titles.items()}
    if len(set(short.values())) == len(short):
        return short
    ids = {article: article.split("-") for article in titles}
    shared = sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*ids.values(), strict=False)))
    differing = {article: " ".join(words[shared:]) for article, words in ids.items()}
    return differing if all(differing.values()) else short


def shorten(text: str, length: int = _TITLE) -> str:
    """The start of a text, up to the end of a word where there is one.

    >>> shorten("Iranian Exiles Call for Change of Government at Rally")
    'Iranian Exiles Call for Change of…'
    """
    if len(text) <= length:
        return text
    start = text[:length]
    return (start.rsplit(" ", 1)[0] if " " in start[length // 2 :] else start).rstrip(" ,;:–-") + "…"


def party(name: str) -> str:
    """The name of a party without the explanation after it.

    >>> party("National Council of Resistance of Iran, with the People's Mojahedin (PMOI/MEK) and its supporters")
    'National Council of Resistance of Iran'
    """
    return re.split(r"\s*[,;:(]", name, maxsplit=1)[0].strip() or name


def sides(parties: Sequence[Row]) -> dict[str, str]:
    """The name of each side within a sentence, from the names of its parties."""
    named = {}
    for side in ("a", "b"):
        names = [within_sentence(party(row["name"])) for row in parties if row["side"] == side]
        extra = f" and {len(names) - 2} more" if len(names) > 2 else ""
        named[side] = (" and ".join(names[:2]) if len(names) < 3 else ", ".join(names[:2]) + extra) or f"side {side.upper()}"
    return named


def within_sentence(name: str) -> str:
    """A name within a sentence: its article in lower case, and `the` before the name of a body that has none.

    >>> within_sentence("The White House"), within_sentence("National Council of Resistance of Iran"), within_sentence("Kolvar")
    ('the White House', 'the National Council of Resistance of Iran', 'Kolvar')
    """
    head = _AFTER_HEAD.split(name, maxsplit=1)[0].split() or [""]
    bare = not _ARTICLE.match(name) and not (head[-1].islower() and any(word.endswith(("'s", "’s")) for word in head))
    if bare and head[-1].lower() in _BODIES:
        return f"the {name}"
    return _ARTICLE.sub(lambda match: match[0].lower(), name)


_ARTICLE = re.compile(r"^(The|An?|Its|His|Her|Their|Our) ", re.IGNORECASE)
_AFTER_HEAD = re.compile(r" (?:and|at|for|in|of|on|that|which|who|with) ")
_BODIES = frozenset(
    (
        *("administration", "agency", "alliance", "assembly", "association", "authority", "board", "bureau", "coalition"),
        *("commission", "committee", "conference", "congress", "council", "court", "federation", "government", "league"),
        *("ministry", "movement", "parliament", "party", "police", "senate", "service", "union"),
    )
)
"""What the name of a body ends with, before any `of …`, when English puts `the` before it."""


def capitalized(name: str) -> str:
    """A name at the start of a line: its first letter in upper case."""
    return name[:1].upper() + name[1:]


def perspective(label: str | None, side: Mapping[str, str], party_name: str | None = None) -> str:
    """Whose account a sentence gives, in words."""
    if label is None:
        return "whose account it gives is not coded"
    if label == Perspective.NEUTRAL:
        return "gives no one's account"
    name = party_name or {Perspective.SIDE_A: side["a"], Perspective.SIDE_B: side["b"]}.get(Perspective(label), "another party")
    return f"gives the account of {name}"


def percent(share: float) -> str:
    """A share from 0 to 1 in percent; a share above 0 is never shown as 0, one below 1 never as 100.

    >>> percent(0.915), percent(0.001), percent(0.9996), percent(0.0)
    ('92 %', '<1 %', '>99 %', '0 %')
    """
    rounded = round(100 * share)
    if rounded == 0 and share > 1e-9:
        return "<1 %"
    return ">99 %" if rounded == 100 and share < 1 - 1e-9 else f"{rounded} %"
