"""The headline of a page: the heading that people see over the article, not the masthead, the section, or what the title adds.

A page says its headline in several places: as metadata for machines (schema.org, Open Graph), in its title, often with the
outlet's name, and in headings, of which the first may be the outlet's or the section's name. A heading that one of the others
confirms is the headline as people see it. Where nothing confirms it, it is doubtful.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from slantbank.curate._blocks import line

_PARTED = re.compile(r"\s+[|–—·•:»«‹›~/-]+\s+|\s*[|»]\s*|\s+::\s+")
"""What stands between a headline and the name of an outlet or a section in the title of a page."""
_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review)$")
_MARKED = re.compile(r"(?:^|[\s_-])(?:headline|entry-title|post-title|article-title|story-title)(?:$|[\s_-])", re.IGNORECASE)


@dataclass(frozen=True)
class Headline:
    """A headline, and why it is doubtful, if it is."""

    text: str
    doubt: str = ""


def find(tree: Any, url: str, sitename: str | None, title: str | None, first: str | None) -> Headline | None:
    """The headline of a page that is read from an address.

    `sitename` and `title` are what trafilatura takes for these, the latter from the first heading where there is no better; `first`
    is the heading with which the article's text starts.
    """
    said = [*_linked(tree)]
    names = {_folded(name) for name in (*_sites(tree), *(name for kind, name in said if kind == "site"), sitename or "") if name}
    names |= {_folded(part) for part in _host(url)}
    given = [text for kind, text in said if kind == "headline"]
    given += [text for name in ("og:title", "twitter:title") for text in _meta(tree, name)]
    plain = next((line(one.text_content()) for one in tree.iter("title")), "")
    titles = [_bare(text, names) for text in [*given, plain] if text] or [_bare(text, names) for text in (title,) if text]
    headings = [text for text in _headings(tree) if _folded(text) not in names]
    confirmed = [text for text in headings if any(_says(one, text) for one in titles)]
    if confirmed:
        return Headline(max(confirmed, key=lambda text: (any(_folded(text) == _folded(one) for one in titles), len(text.split()))))
    if first and _folded(first) not in names:
        return Headline(first, f"no title of the page says it, but “{titles[0]}”" if titles else "")
    if not titles:
        return None
    text = titles[0]
    if given:
        return Headline(text, "two titles of the page differ" if len({_folded(one) for one in titles[: len(given)]}) > 1 else "")
    return Headline(text, "it is the page's title, which may hold more" if _PARTED.search(text) else "")


def _folded(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _says(title: str, heading: str) -> bool:
    """Whether a title is the heading, or holds it as one of its parts, or whole."""
    own = _folded(heading)
    return bool(own) and (
        own in map(_folded, [title, *_PARTED.split(title)]) or (len(heading.split()) > 2 and own in _folded(title))
    )


def _bare(title: str, names: set[str]) -> str:
    """The title without the names of the outlet at its ends."""
    title = line(title)
    while match := next((one for one in _PARTED.finditer(title) if _folded(title[: one.start()]) in names), None):
        title = title[match.end() :]
    while match := next((one for one in _PARTED.finditer(title) if _folded(title[one.end() :]) in names), None):
        title = title[: match.start()]
    return title


def _host(url: str) -> Iterator[str]:
    """What of an address may be an outlet's name: its host, and the parts of it that are long enough."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    yield host
    yield from (part for part in host.split(".")[:-1] if len(part) > 3)


def _meta(tree: Any, name: str) -> Iterator[str]:
    for one in tree.iter("meta"):
        if name in (one.get("property"), one.get("name"), one.get("itemprop")) and (text := line(one.get("content") or "")):
            yield text


def _sites(tree: Any) -> Iterator[str]:
    for name in ("og:site_name", "application-name", "apple-mobile-web-app-title", "publisher", "dc.publisher"):
        yield from _meta(tree, name)


def _headings(tree: Any) -> Iterator[str]:
    """The texts of the headings that a headline may be, in their order."""
    for one in tree.iter("h1", "h2", "h3", "p", "div", "span"):
        marked = one.get("itemprop") == "headline" or _MARKED.search(one.get("class") or "")
        if (one.tag in ("h1", "h2", "h3") or marked) and 0 < len(text := line(one.text_content())) <= 300:
            yield text


def _linked(tree: Any) -> Iterator[tuple[str, str]]:
    """The headlines and the names of publishers that a page states as JSON-LD (https://schema.org/NewsArticle)."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() == "application/ld+json" and len(script.text or "") < 200_000:
            try:
                stack = [json.loads(script.text or "null")]
            except (ValueError, RecursionError):
                continue
            while stack:
                value = stack.pop()
                if isinstance(value, list):
                    stack += reversed(value)
                elif isinstance(value, dict):
                    stack += [one for one in value.values() if isinstance(one, dict | list)]
                    kinds = value.get("@type")
                    publisher = value.get("publisher")
                    if any(
                        isinstance(kind, str) and _ARTICLE.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
                    ):
                        if isinstance(text := value.get("headline"), str) and line(text):
                            yield "headline", line(text)
                        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
                            yield "site", line(publisher["name"])
