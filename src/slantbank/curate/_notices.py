"""Recognise paragraphs of a page that are not part of the article: bylines, dates, advertisements, subscription notices."""

import re
from collections.abc import Iterable

from slantbank.curate._blocks import words

_FIRST = 4
"""The number of paragraphs after the headline in which a byline and a line with the day are looked for."""
_LONGEST = 200
_NOTICES = (
    r"advertisements?|sponsored(?: content)?|promoted(?: content)?",
    r"anzeige|werbung|publicité|publicidad|advertentie|pubblicità",
    r"(?:story|article) continues (?:below|after)\b.{0,60}",
    r"skip (?:past|to) .{0,40}",
    r"(?:please )?(?:sign up|subscribe|register|log in|sign in) (?:to|for|here|now|today|or)\b.{0,160}",
    r"(?:to )?(?:continue|keep|finish|go on) reading\b.{0,160}",
    r"already (?:a|have an?) (?:subscriber|member|account|subscription)\b.{0,80}",
    r"(?:this article is )?for subscribers only|you have \w+ (?:free )?articles? (?:left|remaining)\b.{0,80}",
    r"(?:get|receive) our .{0,60}newsletters?\b.{0,80}|share (?:this|on)\b.{0,60}",
    r"(?:read|see|watch) (?:more|also|next)\s*[:–—-].{1,150}",
)
_NOTICE = re.compile(rf"(?:{'|'.join(_NOTICES)})[.!…:]?", re.IGNORECASE)
_PART = r"[A-ZÀ-Þ][\w.’'-]+"
_NAME = rf"{_PART}(?:[ -](?:(?:de|van|von|der|la|bin|al) )?{_PART}){{1,3}}"
_BY = r"(?:[Bb]y|BY|Von|Par|Por|Di|Door|(?:Text|Words|[Ww]ritten|[Rr]eported) by):?"
_BYLINE = re.compile(rf"{_BY} (?P<names>{_NAME}(?:(?:, {_NAME})* and {_NAME})?)(?:,? .{{0,60}})?")
_CLOCK = r"\d{1,2}[:.h]\d\d.{0,20}"
_DAY = (
    r"\d{1,2}\.? [A-Za-zà-þ]{3,9}\.?,? \d{4}",
    r"[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}",
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}",
)
_SAID = r"(?:(?:first |last )?(?:published|updated|posted|modified)(?: on| at)?:? )?"
_DATED = re.compile(rf"{_SAID}(?:\w+day,? )?(?:{'|'.join(_DAY)})(?:[ ,|/–—-]*(?:at )?{_CLOCK})?", re.IGNORECASE)
_KINDS = ("notices", "the byline", "the day")


def separate(lines: list[str], headline: str, author: str, *, headed: bool) -> tuple[list[str], dict[str, list[str]]]:
    """Separate the paragraphs of an article from the others, which are returned by kind; a heading at the start stays.

    >>> separate(["By Orla Finch", "The toll rose.", "Advertisement"], "Toll rises", "", headed=False)
    (['The toll rose.'], {'the byline': ['By Orla Finch'], 'notices': ['Advertisement']})
    """
    kept: list[str] = []
    others: dict[str, list[str]] = {}
    for i, paragraph in enumerate(lines):
        if i and i <= _FIRST and words(paragraph) == words(headline):
            continue  # the headline once more
        kind = "" if i == 0 and headed else _kind(paragraph, author, first=i <= _FIRST)
        (others.setdefault(kind, []) if kind else kept).append(paragraph)
    return kept, others


def _kind(text: str, author: str, *, first: bool) -> str:
    """Return the kind of a paragraph; empty if it is part of the article. `first`: it is near the headline."""
    if len(text) > _LONGEST:
        return ""
    if _NOTICE.fullmatch(text):
        return _KINDS[0]
    name = words(author)
    if first and (_BYLINE.fullmatch(text) or (name and words(text) in (name, ["by", *name]))):
        return _KINDS[1]
    return _KINDS[2] if first and _DATED.fullmatch(text) else ""


def byline_names(paragraphs: Iterable[str]) -> str | None:
    """Return the names in the first paragraph that is a byline with names, joined by semicolons."""
    match = next(filter(None, map(_BYLINE.fullmatch, paragraphs)), None)
    return match["names"].replace(" and ", "; ").replace(", ", "; ") if match else None
