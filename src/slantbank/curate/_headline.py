"""Find the headline of a page: the heading over the article, and not the name of the outlet or section.

A page states its headline in several places: in metadata (schema.org, Open Graph), in its title, often with the outlet's name, and
in headings, of which the first may be the outlet's or the section's name. A heading that the metadata or the title confirm is the
headline. Without that, the headline is doubtful.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from slantbank.curate._blocks import single_line

_SEPARATOR = re.compile(r"\s+[|–—·•:»«‹›~/-]+\s+|\s*[|»]\s*|\s+::\s+")
"""Separators between a headline and the name of an outlet or section in the title of a page."""
_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review)$")
_MARKED = re.compile(r"(?:^|[\s_-])(?:headline|entry-title|post-title|article-title|story-title)(?:$|[\s_-])", re.IGNORECASE)


@dataclass(frozen=True)
class Headline:
    """A headline, and the reason why it is doubtful; empty if it is not."""

    text: str
    doubt: str = ""


def find(tree: Any, url: str, sitename: str | None, title: str | None, first: str | None) -> Headline | None:
    """Return the headline of the page at an address; None if it has none.

    `sitename` and `title` are trafilatura's guesses, the title perhaps from the first heading; `first` is the heading with which
    the article's text starts.
    """
    stated = [*_linked(tree)]
    names = {_folded(name) for name in (*_sites(tree), *(name for kind, name in stated if kind == "site"), sitename or "") if name}
    names |= {_folded(part) for part in _host(url)}
    headlines = [text for kind, text in stated if kind == "headline"]
    headlines += [text for name in ("og:title", "twitter:title") for text in _meta(tree, name)]
    plain = next((single_line(element.text_content()) for element in tree.iter("title")), "")
    titles = [_bare(text, names) for text in [*headlines, plain] if text] or [_bare(text, names) for text in (title,) if text]
    headings = [text for text in _headings(tree) if _folded(text) not in names]
    confirmed = [text for text in headings if any(_confirms(candidate, text) for candidate in titles)]
    if confirmed:
        return Headline(
            max(confirmed, key=lambda text: (any(_folded(text) == _folded(candidate) for candidate in titles), len(text.split())))
        )
    if first and _folded(first) not in names:
        return Headline(first, f"no title of the page says it, but “{titles[0]}”" if titles else "")
    if not titles:
        return None
    text = titles[0]
    if headlines:
        return Headline(
            text, "two titles of the page differ" if len({_folded(candidate) for candidate in titles[: len(headlines)]}) > 1 else ""
        )
    return Headline(text, "it is the page's title, which may hold more" if _SEPARATOR.search(text) else "")


def _folded(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _confirms(title: str, heading: str) -> bool:
    """Whether a title is the heading, or has it as a part between separators, or contains it and it has three words or more."""
    folded = _folded(heading)
    return bool(folded) and (
        folded in map(_folded, [title, *_SEPARATOR.split(title)]) or (len(heading.split()) > 2 and folded in _folded(title))
    )


def _bare(title: str, names: set[str]) -> str:
    """Return the title without the names of the outlet at its start and end."""
    title = single_line(title)
    while match := next((sep for sep in _SEPARATOR.finditer(title) if _folded(title[: sep.start()]) in names), None):
        title = title[match.end() :]
    while match := next((sep for sep in _SEPARATOR.finditer(title) if _folded(title[sep.end() :]) in names), None):
        title = title[: match.start()]
    return title


def _host(url: str) -> Iterator[str]:
    """Yield what may be the outlet's name in an address: its host, and the longer parts of the host."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    yield host
    yield from (part for part in host.split(".")[:-1] if len(part) > 3)


def _meta(tree: Any, name: str) -> Iterator[str]:
    for element in tree.iter("meta"):
        if name in (element.get("property"), element.get("name"), element.get("itemprop")) and (
            text := single_line(element.get("content") or "")
        ):
            yield text


def _sites(tree: Any) -> Iterator[str]:
    for name in ("og:site_name", "application-name", "apple-mobile-web-app-title", "publisher", "dc.publisher"):
        yield from _meta(tree, name)


def _headings(tree: Any) -> Iterator[str]:
    """Yield the texts of the elements that may be the headline, in their order."""
    for element in tree.iter("h1", "h2", "h3", "p", "div", "span"):
        marked = element.get("itemprop") == "headline" or _MARKED.search(element.get("class") or "")
        if (element.tag in ("h1", "h2", "h3") or marked) and 0 < len(text := single_line(element.text_content())) <= 300:
            yield text


def _linked(tree: Any) -> Iterator[tuple[str, str]]:
    """Yield headlines ("headline") and names of publishers ("site") that a page states as JSON-LD (https://schema.org/NewsArticle)."""
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
                    stack += [member for member in value.values() if isinstance(member, dict | list)]
                    kinds = value.get("@type")
                    publisher = value.get("publisher")
                    if any(
                        isinstance(kind, str) and _ARTICLE.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
                    ):
                        if isinstance(text := value.get("headline"), str) and single_line(text):
                            yield "headline", single_line(text)
                        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
                            yield "site", single_line(publisher["name"])
