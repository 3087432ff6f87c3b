"""What accounts, sides and labels are called before readers: outlets and parties by name, and no ids."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
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
LIGHTS: dict[int | None, str] = {1: "in a good light", 0: "in neither light", -1: "in a bad light", None: "not referred to"}
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
"""What each layer decides of a sentence."""

_TITLE = 34


def accounts(rows: Sequence[Row]) -> dict[str, str]:
    """A name for each article, no two the same: its outlet, else its author, else the start of its title.

    Where several have one outlet, the start of the title stands beside it. A name that runs from right to left is set apart from
    the words around it, and no character that turns their direction is kept. What is constructed is marked and has its title; where
    titles of constructed articles begin alike, what their ids do not share.

    >>> row = {"article_id": "x", "outlet": None, "author": None, "title": "Rally Near Paris", "origin": "constructed"}
    >>> accounts([row])
    {'x': '“Rally Near Paris” (constructed)'}
    >>> accounts([row | {"article_id": "rally-wire"}, row | {"article_id": "rally-loaded-2"}])
    {'rally-wire': '“wire” (constructed)', 'rally-loaded-2': '“loaded 2” (constructed)'}
    """
    by = {row["article_id"]: isolated(row["outlet"] or row["author"] or "") for row in rows}
    titles = {row["article_id"]: isolated(cut(row["title"])) for row in rows}
    made = _constructed({row["article_id"]: row["title"] for row in rows if row["origin"] == Origin.CONSTRUCTED})
    times = Counter(who for one, who in by.items() if one not in made)
    names: dict[str, str] = {}
    for one, who in by.items():
        title = f"“{made.get(one, titles[one])}”"
        name = who if times[who] == 1 else f"{who}, {title}"
        name = f"{title} (constructed)" if one in made else name if who else title
        same = sum(other == name or other.startswith(f"{name} [") for other in names.values())
        names[one] = f"{name} [{same + 1}]" if same else name
    return names


def isolated(text: str) -> str:
    """A text that changes the direction of none around it.

    >>> isolated("The Times"), isolated("\u202eevil"), isolated("کیهان") == "\u2068کیهان\u2069"
    ('The Times', 'evil', True)
    """
    kept = "".join(one for one in text if bidirectional(one) not in _TURNING)
    return f"\u2068{kept}\u2069" if any(bidirectional(one) in ("R", "AL") for one in kept) else kept


_TURNING = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


def _constructed(titles: Mapping[str, str]) -> dict[str, str]:
    shown = {one: isolated(cut(title)) for one, title in titles.items()}
    if len(set(shown.values())) == len(shown):
        return shown
    parts = {one: one.split("-") for one in titles}
    shared = sum(1 for _ in takewhile(lambda same: len(set(same)) == 1, zip(*parts.values(), strict=False)))
    rest = {one: " ".join(words[shared:]) for one, words in parts.items()}
    return rest if all(rest.values()) else shown


def cut(text: str, length: int = _TITLE) -> str:
    """The start of a text, up to a word's end where there is one.

    >>> cut("Iranian Exiles Call for Change of Government at Rally")
    'Iranian Exiles Call for Change of…'
    """
    if len(text) <= length:
        return text
    start = text[:length]
    return (start.rsplit(" ", 1)[0] if " " in start[length // 2 :] else start).rstrip(" ,;:–-") + "…"


def party(name: str) -> str:
    """The name of a party without what explains it.

    >>> party("National Council of Resistance of Iran, with the People's Mojahedin (PMOI/MEK) and its supporters")
    'National Council of Resistance of Iran'
    """
    return re.split(r"\s*[,;:(]", name, maxsplit=1)[0].strip() or name


def sides(parties: Sequence[Row]) -> dict[str, str]:
    """The name of each side as it stands within a sentence, from those of its parties."""
    found = {}
    for side in ("a", "b"):
        names = [within(party(row["name"])) for row in parties if row["side"] == side]
        extra = f" and {len(names) - 2} more" if len(names) > 2 else ""
        found[side] = (" and ".join(names[:2]) if len(names) < 3 else ", ".join(names[:2]) + extra) or f"side {side.upper()}"
    return found


def within(name: str) -> str:
    """A name within a sentence: its article is small.

    >>> within("The White House"), within("Theatre Guild")
    ('the White House', 'Theatre Guild')
    """
    return re.sub(r"^(The|An?) ", lambda match: match[0].lower(), name)


def first(name: str) -> str:
    """A name that begins a line."""
    return name[:1].upper() + name[1:]


def perspective(label: str | None, side: Mapping[str, str], who: str | None = None) -> str:
    """Whose account a sentence gives, in words."""
    if label is None:
        return "whose account it gives is not coded"
    if label == Perspective.NEUTRAL:
        return "gives no one's account"
    name = who or {Perspective.SIDE_A: side["a"], Perspective.SIDE_B: side["b"]}.get(Perspective(label), "another party")
    return f"gives the account of {name}"


def percent(share: float) -> str:
    """A share from 0 to 1 in percent: what is more than none is never 0, what is less than all never 100.

    >>> percent(0.915), percent(0.001), percent(0.9996), percent(0.0)
    ('92 %', '<1 %', '>99 %', '0 %')
    """
    rounded = round(100 * share)
    if rounded == 0 and share > 1e-9:
        return "<1 %"
    return ">99 %" if rounded == 100 and share < 1 - 1e-9 else f"{rounded} %"
