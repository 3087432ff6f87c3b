"""The version of a bank's data, and how changes raise it.

There are three independent versions: of the codebook (`codebook.VERSION`), of the layout of files and frames (`schema.VERSION`),
and of the data, which is the newest heading in the bank's CHANGELOG.md.
"""

import re
from enum import IntEnum
from typing import NamedTuple

CHANGELOG = "CHANGELOG.md"
"""The file of a bank whose newest heading, such as `## 1.2.0 — 2026-11-23`, is the version of its data."""


class Level(IntEnum):
    """The level of a change. A release has the highest level of its changes, also below version 1.0.0."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


RULE: dict[Level, str] = {
    Level.MAJOR: (
        "anything that was there is changed or removed: a label, a span, a text, or an entry of an article, annotator, "
        "topic, party or fact"
    ),
    Level.MINOR: "new articles, annotators, topics, parties or facts, and all that was there as it was",
    Level.PATCH: "all else: notes, accepted warnings, the layout of a file, packaging",
}
"""The changes of a bank that raise each part of its data version."""


class Version(NamedTuple):
    """A version of the data.

    >>> str(Version(1, 4, 2).after(Level.MINOR)), Version(0, 1, 0).after(Level.MAJOR) <= Version(1, 0, 0)
    ('1.5.0', True)
    """

    major: int
    minor: int
    patch: int

    def after(self, level: Level) -> "Version":
        """Return the lowest version after a change of this level."""
        if level is Level.MAJOR:
            return Version(self.major + 1, 0, 0)
        if level is Level.MINOR:
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1) if level is Level.PATCH else self

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


_HEADING = re.compile(r"^##(?!#)[^\S\n]*(.*)$", re.MULTILINE)
_VERSION = re.compile(r"\[?v?(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\]?(?=\s|$)")


def newest(changelog: str) -> tuple[Version | None, int]:
    r"""Return the version in the newest heading of a changelog, or None if that is no version, and the offset of the heading.

    >>> newest("# Changelog\n\n## 1.2.0 — 2026-11-23\n\n## 1.1.0\n")
    (Version(major=1, minor=2, patch=0), 16)
    """
    heading = _HEADING.search(changelog)
    if heading is None:
        return None, 0
    match = _VERSION.match(heading[1])
    return (Version(*map(int, match.groups())) if match else None), heading.start(1)


def is_newer(codebook: str, than: str) -> bool:
    """Whether a codebook version is newer than another; False if one is the name of another scheme.

    >>> is_newer("1.10", "1.9"), is_newer("1.0", "1.0"), is_newer("BASIL", "1.0")
    (True, False, False)
    """
    first, second = (tuple(map(int, text.split("."))) if _NUMBERS.fullmatch(text) else None for text in (codebook, than))
    return first is not None and second is not None and first > second


_NUMBERS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}")
