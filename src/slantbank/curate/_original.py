"""What an article is made from: the text of an original, and what was found of its metadata."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import Any

from slantbank.bank import FIRST_NEWS
from slantbank.curate._blocks import line, paragraphs, told


class OriginalError(ValueError):
    """An original that no article can be made of; the message starts with its name or address.

    `code` is that of the rule for text that is broken so. What a person can do about it stands after a semicolon.
    """

    def __init__(self, message: str, code: str = "SB009"):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Original:
    """What an article is made from: its text, headline first, and what was found of its metadata.

    `extracted` names what was found by a program, and is to be confirmed by a person: keys of article.toml, and `text`.
    `remarks` say what was taken for what, what was left out, and what is doubtful.
    """

    text: str
    metadata: dict[str, Any]
    extracted: tuple[str, ...] = ()
    note: str | None = None
    remarks: tuple[str, ...] = ()


def guarded(function: Callable[[], Any], message: str) -> Any:
    """What the function returns; whatever else it raises for hostile input, the original cannot be read."""
    try:
        return function()
    except (OriginalError, ImportError):
        raise
    except Exception as error:  # what these readers may raise is written nowhere
        raise OriginalError(message) from error


@cache  # the version is read from disk
def made_by(library: str) -> str:
    """The name of a library with its version."""
    return f"{library} {version(library)}"


def made(
    lines: list[str], found: dict[str, Any], headline: str | None, note: str, remarks: tuple[str, ...] = (), *, headed: bool = False
) -> Original:
    """The original of the paragraphs of a text, which starts with its headline where it is `headed`, and metadata with their form.

    The headline is the one given, or that which the text starts with, or the title that was found, or the first paragraph. A
    heading in whose place another stands is remarked.
    """
    if not lines:
        raise OriginalError("there is no text in it")
    chosen = line(headline or "") or (lines[0] if headed else line(str(found.get("title") or ""))) or lines[0]
    replaced = headed and lines[0] != chosen
    body = lines[1:] if headed or lines[0] == chosen else lines
    text = "\n\n".join([chosen, *body]) + "\n"
    metadata = {key: value for key in FORMS if (value := FORMS[key](found.get(key))) is not None}
    extracted = ("title", "text", *metadata, *(() if "language" in metadata else ("language",)))  # else it is only assumed
    remarks += told("left out, since another headline stands in its place", [lines[0]]) if replaced else ()
    return Original(text, metadata, extracted, f"{note}; the original is not kept.", remarks)


def has_heading(tree: Any, lines: list[str]) -> bool:
    """Whether the text starts with a heading of the first rank, in HTML or as trafilatura has it."""
    heading = next(tree.iter("h1", "head"), None)
    return heading is not None and heading.get("rend", "h1") == "h1" and paragraphs(heading)[:1] == lines[:1]


def _name(value: Any) -> str | None:
    values = value if isinstance(value, list) else [value]
    found = line("; ".join(one for one in values if isinstance(one, str)))
    return found if 0 < len(found) <= 300 else None


def _day(value: Any) -> date | None:
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return found if found >= FIRST_NEWS else None


def _form(pattern: str) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and re.fullmatch(pattern, value) else None


FORMS: dict[str, Callable[[Any], Any]] = {
    "outlet": _name,
    "author": _name,
    "published": _day,
    "url": _form(r"https?://[^\s<>\"]+"),
    "language": _form(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"),
}
"""What is taken of each key that was found; None where it has not the form that article.toml asks for."""
