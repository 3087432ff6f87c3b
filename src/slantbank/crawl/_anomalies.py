"""Anomalies of a record that do not refuse its article: optional fields in another form, and damaged text.

An optional field in another common form is parsed; otherwise it is left out, since only the text and the id are required. Every
anomaly is described in the article's `note` and counted by kind.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from slantbank.bank import FIRST_NEWS, find_garbled
from slantbank.problem import quoted

OPTIONAL = ("url", "outlet", "author", "published", "language", "license", "note")
"""The fields that a record may lack; `url` only if it has an id."""


class Anomaly(NamedTuple):
    """An anomaly: its kind, which is counted, and its text in the note."""

    kind: str
    text: str


CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{2028}\x{2029}"
"""Control characters, in the syntax of regular expressions of pydantic and polars."""


def parse_leniently(name: str, value: Any) -> Any:
    """Convert an invalid value of a field from another common form; None if that is not possible.

    >>> parse_leniently("author", ["Ann Lee", {"name": "Bo"}]), parse_leniently("language", "pt_BR")
    ('Ann Lee; Bo', 'pt-BR')
    >>> parse_leniently("published", "Tue, 04 Mar 2025 23:10:00 GMT")
    datetime.date(2025, 3, 4)
    """
    if name in ("author", "outlet"):
        names = _join_names(value)
        return names if names and names.isprintable() else None
    if name == "published":
        day = _day(value)
        return day if day and day >= FIRST_NEWS else None
    return _language_tag(value) if name == "language" and isinstance(value, str) else None


def _join_names(value: Any) -> str | None:
    """A name, or a list of names joined by semicolons; None if a part is no name."""
    if isinstance(value, Mapping):
        value = value.get("name")
    if isinstance(value, (list, tuple)):
        names = [_join_names(item) for item in value]
        return "; ".join(name for name in names if name) or None if None not in names else None
    return value.strip() or None if isinstance(value, str) else None


def _language_tag(value: str) -> str | None:
    """A BCP 47 tag from the name of a locale (`en_US.UTF-8`)."""
    match = re.fullmatch(r"([A-Za-z]{2,3})((?:[_-][A-Za-z0-9]{2,8})*)(?:[.@].*)?", value.strip())
    return match[1].lower() + match[2].replace("_", "-") if match else None


def _day(value: Any) -> date | None:
    """The day of a time in seconds or milliseconds since 1970, in UTC, or in the forms of e-mails, feeds and people.

    None for 04/03/2025 and the like, which is ambiguous.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int or (isinstance(value, str) and re.fullmatch(r"\d{8,14}", value.strip())):
        return _day_of_number(int(value))
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    for form in ("%Y/%m/%d", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"):
        with suppress(ValueError):
            return datetime.strptime(text.replace("Sept ", "Sep "), form).date()  # noqa: DTZ007 - a day has no zone
    with suppress(ValueError):
        return datetime.fromisoformat(text).date()
    with suppress(TypeError, ValueError, IndexError):
        return parsedate_to_datetime(text).date()
    return None


def _day_of_number(number: int) -> date | None:
    """The day of a number: 20250304, 20250304231000, seconds (9 or 10 digits) or milliseconds (12 or 13) since 1970."""
    digits = str(number)
    with suppress(ValueError, OverflowError):
        if len(digits) in (8, 14):
            return datetime.strptime(digits[:8], "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        if len(digits) in (9, 10, 12, 13) and number > 0:
            return datetime.fromtimestamp(number / (1000 if len(digits) > 10 else 1), UTC).date()
    return None


def repair_fields(values: dict[str, Any], faulty: Iterable[str]) -> tuple[dict[str, Any], list[Anomaly]]:
    """The values of a record with its faulty optional fields converted or left out, and an anomaly for each."""
    repaired, anomalies = dict(values), []
    for name in faulty:
        value = repaired.pop(name)
        parsed = parse_leniently(name, value)
        if parsed is None:
            anomalies.append(Anomaly(f"{name} left out", f"{name} is {quoted(value)}, and was left out."))
        else:
            repaired[name] = parsed
            anomalies.append(Anomaly(f"{name} read", f"{name} is {quoted(value)}, and was read as {quoted(str(parsed))}."))
    return repaired, anomalies


_HTML_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|h[1-6]|ul|ol|li|blockquote|img|table|t[rdh]|script|style|figure|iframe)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"&(?:amp|nbsp|quot|lt|gt|apos|[lr][sda]quo|[mn]dash|hellip|[a-z]{1,5}(?:acute|grave|uml|circ|tilde|cedil)|#\d{2,6}|#x[0-9a-f]{2,6});"
)
_LONGEST_HEADLINE = 250


def text_anomalies(text: str, headline: str | None) -> Iterator[Anomaly]:
    """The anomalies of a text: HTML tags and entities, garbled characters, a doubtful headline.

    `headline` is the first line if the record has no title, else None.
    """
    if "<" in text and (tags := _HTML_TAG.findall(text)):
        yield Anomaly("tags in the text", f"The text holds {len(tags)} tags of HTML, as {quoted(tags[0])}, taken for words.")
    if "&" in text and (entities := _ENTITY.findall(text)):
        yield Anomaly(
            "entities in the text", f"The text holds {len(entities)} entities of HTML, as {quoted(entities[0])}, taken for words."
        )
    if spoilt := next(find_garbled(text), None):
        yield Anomaly("garbled text", f"The text is garbled: {spoilt[2]}.")
    if headline and len(headline) > _LONGEST_HEADLINE:
        yield Anomaly("doubtful headline", f"Doubtful headline: it is the first line, of {len(headline)} characters.")
