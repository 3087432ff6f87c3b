"""What is odd in a record and need not keep its article out: a field in another form than asked for, a text that was spoilt.

A field that says the same in another common form is read; another is left out, for no field but the text and the name makes an
article. Either is said in the `note` of the article, and counted, and so is what the text itself shows to have gone wrong.
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
"""The fields without which a record is an article all the same; the url, if it has an id."""


class Anomaly(NamedTuple):
    """What is odd: the kind, which is counted, and what stands in the note."""

    kind: str
    said: str


CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{2028}\x{2029}"
"""Control characters, as the regular expressions of pydantic and polars name them."""


def parse_leniently(name: str, value: Any) -> Any:
    """What an odd value of a field says in the form that the field has; None if nobody can tell.

    >>> parse_leniently("author", ["Ann Lee", {"name": "Bo"}]), parse_leniently("language", "pt_BR")
    ('Ann Lee; Bo', 'pt-BR')
    >>> parse_leniently("published", "Tue, 04 Mar 2025 23:10:00 GMT")
    datetime.date(2025, 3, 4)
    """
    if name in ("author", "outlet"):
        found = _join_names(value)
        return found if found and found.isprintable() else None
    if name == "published":
        day = _day(value)
        return day if day and day >= FIRST_NEWS else None
    return _language_tag(value) if name == "language" and isinstance(value, str) else None


def _join_names(value: Any) -> str | None:
    """A name, or several, as one line."""
    if isinstance(value, Mapping):
        value = value.get("name")
    if isinstance(value, (list, tuple)):
        names = [_join_names(one) for one in value]
        return "; ".join(name for name in names if name) or None if None not in names else None
    return value.strip() or None if isinstance(value, str) else None


def _language_tag(value: str) -> str | None:
    """A language as a BCP 47 tag, of one as systems name a locale (`en_US.UTF-8`)."""
    match = re.fullmatch(r"([A-Za-z]{2,3})((?:[_-][A-Za-z0-9]{2,8})*)(?:[.@].*)?", value.strip())
    return match[1].lower() + match[2].replace("_", "-") if match else None


def _day(value: Any) -> date | None:
    """The day of a time in seconds or milliseconds since 1970, in UTC, or as e-mails, feeds and people write it.

    A day in figures alone, as 04/03/2025, is two days to two readers, and none here.
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
    """The day of a number: 20250304, or 20250304231000; or seconds (nine figures or ten) or milliseconds (twelve or thirteen)."""
    digits = str(number)
    with suppress(ValueError, OverflowError):
        if len(digits) in (8, 14):
            return datetime.strptime(digits[:8], "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        if len(digits) in (9, 10, 12, 13) and number > 0:
            return datetime.fromtimestamp(number / (1000 if len(digits) > 10 else 1), UTC).date()
    return None


def repair_fields(values: dict[str, Any], faulty: Iterable[str]) -> tuple[dict[str, Any], list[Anomaly]]:
    """The values of a record without what is odd in optional fields: read where it can be, else left out."""
    found, remarks = dict(values), []
    for name in faulty:
        value = found.pop(name)
        understood = parse_leniently(name, value)
        if understood is None:
            remarks.append(Anomaly(f"{name} left out", f"{name} is {quoted(value)}, and was left out."))
        else:
            found[name] = understood
            remarks.append(Anomaly(f"{name} read", f"{name} is {quoted(value)}, and was read as {quoted(str(understood))}."))
    return found, remarks


_HTML_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|h[1-6]|ul|ol|li|blockquote|img|table|t[rdh]|script|style|figure|iframe)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"&(?:amp|nbsp|quot|lt|gt|apos|[lr][sda]quo|[mn]dash|hellip|[a-z]{1,5}(?:acute|grave|uml|circ|tilde|cedil)|#\d{2,6}|#x[0-9a-f]{2,6});"
)
_LONGEST_HEADLINE = 250


def text_anomalies(text: str, headline: str | None) -> Iterator[Anomaly]:
    """What a text shows to have gone wrong: tags and entities that are no words, lost characters; a headline that may be none.

    `headline` is the first line where nothing else says that it is one.
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
