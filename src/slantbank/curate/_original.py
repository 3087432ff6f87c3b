"""The value from which an article is made: the text of an original, and the metadata that it states."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import Any

from slantbank.bank import FIRST_NEWS
from slantbank.curate._blocks import paragraphs, remark_on, single_line


class OriginalError(ValueError):
    """An original from which no article can be made; the message starts with its name or address.

    `code` is the rule that such a text breaks. After a semicolon, the message says what a person can do.
    """

    def __init__(self, message: str, code: str = "SB009"):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Original:
    """The text of an original, headline first, and its metadata.

    `extracted` lists what a program found and a person has to confirm: keys of article.toml, and `text`. `remarks` say how the
    original was read, what was left out, and what is doubtful.
    """

    text: str
    metadata: dict[str, Any]
    extracted: tuple[str, ...] = ()
    note: str | None = None
    remarks: tuple[str, ...] = ()


def guard(function: Callable[[], Any], message: str) -> Any:
    """Call a function and return its result; any error of a library becomes an OriginalError with the message."""
    try:
        return function()
    except (OriginalError, ImportError):
        raise
    except Exception as error:  # the readers' documentation does not say what they raise
        raise OriginalError(message) from error


@cache  # the version is read from disk
def name_and_version(library: str) -> str:
    """Return the name of a library with its version."""
    return f"{library} {version(library)}"


def make_original(
    lines: list[str],
    stated: dict[str, Any],
    headline: str | None,
    note: str,
    remarks: tuple[str, ...] = (),
    *,
    headed: bool = False,
) -> Original:
    """Make the original from paragraphs and metadata; `headed` says that the first paragraph is the headline.

    The headline is `headline`, else the heading at the start, else the title in the metadata, else the first paragraph. A remark
    names a heading that was replaced. Metadata in a wrong form are left out.
    """
    if not lines:
        raise OriginalError("there is no text in it")
    title = single_line(headline or "") or (lines[0] if headed else single_line(str(stated.get("title") or ""))) or lines[0]
    replaced = headed and lines[0] != title
    body = lines[1:] if headed or lines[0] == title else lines
    text = "\n\n".join([title, *body]) + "\n"
    metadata = {key: value for key in FORMS if (value := FORMS[key](stated.get(key))) is not None}
    extracted = ("title", "text", *metadata, *(() if "language" in metadata else ("language",)))  # otherwise it is assumed
    remarks += remark_on("left out, since another headline stands in its place", [lines[0]]) if replaced else ()
    return Original(text, metadata, extracted, f"{note}; the original is not kept.", remarks)


def has_heading(tree: Any, lines: list[str]) -> bool:
    """Whether the text starts with a heading of the first rank, in HTML or in trafilatura's XML."""
    heading = next(tree.iter("h1", "head"), None)
    return heading is not None and heading.get("rend", "h1") == "h1" and paragraphs(heading)[:1] == lines[:1]


def _name(value: Any) -> str | None:
    values = value if isinstance(value, list) else [value]
    name = single_line("; ".join(text for text in values if isinstance(text, str)))
    return name if 0 < len(name) <= 300 else None


def _day(value: Any) -> date | None:
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return day if day >= FIRST_NEWS else None


def _form(pattern: str) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and re.fullmatch(pattern, value) else None


FORMS: dict[str, Callable[[Any], Any]] = {
    "outlet": _name,
    "author": _name,
    "published": _day,
    "url": _form(r"https?://[^\s<>\"]+"),
    "language": _form(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"),
}
"""For each key of the metadata a function that returns its value, or None if the form is not that of article.toml."""
