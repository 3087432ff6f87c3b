"""Recognise paragraphs of a page that do not belong to its article: bylines, dates, advertisements, subscription notices."""

import re

from slantbank.curate._blocks import words

_FIRST = 4
"""Among so many paragraphs after the headline, a byline and a line with the day may stand."""
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
_WHAT = ("notices", "the byline", "the day")


def apart(lines: list[str], headline: str, author: str, *, headed: bool) -> tuple[list[str], dict[str, list[str]]]:
    """The paragraphs of an article, and those that are none of it, by what they are; the heading that it starts with stays.

    >>> apart(["By Orla Finch", "The toll rose.", "Advertisement"], "Toll rises", "", headed=False)
    (['The toll rose.'], {'the byline': ['By Orla Finch'], 'notices': ['Advertisement']})
    """
    kept: list[str] = []
    others: dict[str, list[str]] = {}
    for i, one in enumerate(lines):
        if i and i <= _FIRST and words(one) == words(headline):
            continue  # the headline once more
        what = "" if i == 0 and headed else _what(one, author, first=i <= _FIRST)
        (others.setdefault(what, []) if what else kept).append(one)
    return kept, others


def _what(text: str, author: str, *, first: bool) -> str:
    """What a paragraph is; empty for one of the article."""
    if len(text) > _LONGEST:
        return ""
    if _NOTICE.fullmatch(text):
        return _WHAT[0]
    own, name = words(text), words(author)
    if first and (_BYLINE.fullmatch(text) or (name and own in (name, ["by", *name]))):
        return _WHAT[1]
    return _WHAT[2] if first and _DATED.fullmatch(text) else ""


def names(others: dict[str, list[str]]) -> str | None:
    """The names in the byline, if there was one that has some."""
    match = next((found for one in others.get(_WHAT[1], ()) if (found := _BYLINE.fullmatch(one))), None)
    return match["names"].replace(" and ", "; ").replace(", ", "; ") if match else None
