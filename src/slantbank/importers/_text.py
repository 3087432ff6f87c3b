"""Texts of corpora as a bank holds them: one trimmed line a sentence, offsets that follow, ids, and whole articles."""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from slantbank.bank import FIRST_NEWS, LONGEST_ID, Annotation, Annotator, Article, Mark, Metadata, garbled, sha256, toml
from slantbank.bank import Sentence as Labels
from slantbank.codebook import Attribution, Layer, SpanLayer
from slantbank.importers._refusal import has_labels, layer_key
from slantbank.importers._report import Report


def decode_text(data: bytes) -> str:
    r"""The text of a file that another program wrote: UTF-8, or UTF-16 that says so, without a mark, with LF for every line end.

    Raises ValueError for any other encoding; none is guessed.

    >>> decode_text(b"\xef\xbb\xbfa\r\nb")
    'a\nb'
    """
    name = "UTF-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "UTF-8"
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        place = f"byte {error.start}, 0x{data[error.start]:02x}, of line {data.count(10, 0, error.start) + 1}"
        raise ValueError(f"not {name}, from {place} on; save the file as UTF-8") from error
    return toml.plain_lines(text)


_CONTROL = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_GAP = rf"[\s{_CONTROL}]"
_UNEVEN = re.compile(rf"\A(?:{_GAP}|\ufeff)+|(?:{_GAP}|\ufeff)+\Z|(?! (?!{_GAP})){_GAP}+")
"""What one line does not keep: white space at its ends, runs of it, control characters; a byte order mark at an end."""


@dataclass(frozen=True)
class CleanLine:
    """A sentence as one trimmed line, and for each offset of the text as given the one in the line."""

    text: str
    at: Sequence[int]

    def mark(self, layer: SpanLayer, start: int, end: int, ref: str | None = None) -> Mark | None:
        """The mark of a span that is given by its offsets in the text as given, without white space at its edges.

        None if nothing of it is left.
        """
        start, end = trim_span(self.text, self.at[start], self.at[end])
        return Mark(layer=layer, start=start, end=end, text=self.text[start:end], ref=ref) if start < end else None


def clean_line(raw: str) -> CleanLine:
    r"""A sentence as one line. Raises ValueError for a lone surrogate, which is no character.

    >>> one = clean_line(" So\u00a0\u00a0be it.\n")
    >>> one.text, one.text[one.at[5] : one.at[7]]
    ('So be it.', 'be')
    """
    if raw.isprintable() and "  " not in raw and raw == raw.strip():
        return CleanLine(raw, range(len(raw) + 1))
    raw.encode("utf-8")
    text, end = "", 0
    at: list[int] = []
    for match in _UNEVEN.finditer(raw):
        at += range(len(text), len(text) + match.start() - end + 1)
        text += raw[end : match.start()]
        if re.search(r"\s", match[0]) and match.start() > 0 and match.end() < len(raw):
            text += " "
        at += [len(text)] * (match.end() - match.start() - 1)
        end = match.end()
    at += range(len(text), len(text) + len(raw) - end + 1)
    return CleanLine(text + raw[end:], at)


def clean_text(raw: object) -> str:
    """A value of a corpus as one trimmed line."""
    return clean_line(str(raw)).text


def trim_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of a text without white space at its edges, which is easily marked along.

    >>> trim_span("So be it.", 2, 6)
    (3, 5)
    """
    words = text[start:end]
    return end - len(words.lstrip()), start + len(words.rstrip())


NO_HEADLINE = "[no headline]"
"""What stands in the place of a headline, in the source too, where a corpus gives none: a bank's first line is one."""


def headline_or_placeholder(raw: str, where: str, report: Report) -> str:
    """The headline as a corpus gives it, or what stands in its place, with a remark."""
    if clean_text(raw):
        return raw
    report.change(where, f"no headline; {NO_HEADLINE} stands in its place")
    return NO_HEADLINE


def slug(name: str, *, prefix: str = "", lenient: bool = False) -> str:
    """An id made of a name: its letters and digits without accents, in lower case, other runs as hyphens.

    Raises ValueError if nothing of the name can stand in an id; when `lenient`, it is empty then.

    >>> slug("Señora_Ruiz (IND)", prefix="basil")
    'basil-senora-ruiz-ind'
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    own = "-".join(re.findall(r"[a-z0-9]+", letters))
    found = f"{prefix}-{own}".strip("-")
    if not own or len(found) > LONGEST_ID:
        if lenient:
            return ""
        raise ValueError(f"{name!r} cannot be made an id of at most {LONGEST_ID} characters a-z and 0-9")
    return found


def parse_day(text: str, where: str, report: Report) -> date | None:
    """The day that a corpus gives as year-month-day, with or without a time; a remark if it is none, None if nothing is given."""
    try:
        found = date.fromisoformat(re.split("[T ]", text)[0]) if text else None
    except ValueError:
        report.fail(where, "no day", f"{text!r}; write it as 2017-07-03")
        return None
    if found and found < FIRST_NEWS:
        report.fail(where, "no day that news can have", repr(text))
        return None
    return found


def parse_url(text: str, where: str, report: Report) -> str | None:
    """The web address that a corpus gives; a remark if it is none, None if nothing is given."""
    if text and not re.fullmatch(r"https?://[^\s<>\"]+", text):
        report.fail(where, "no web address", repr(text))
        return None
    return text or None


def parse_language(text: str, where: str, report: Report) -> str | None:
    """The language tag that a corpus gives, with hyphens; a remark if it is none, None if nothing is given."""
    tag = text.replace("_", "-")
    if text and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        report.fail(where, "no language tag, as en or pt-BR", repr(text))
        return None
    return tag[:3].lower() + tag[3:] if text else None


def drop_overlaps(marks: Iterable[Mark], where: str, report: Report, refused: set[str] | None = None) -> tuple[Mark, ...]:
    """The marks of a sentence, without those that the bank's rules exclude; each of these is remarked on.

    Marks of one layer are disjoint or nested, and those of loaded words disjoint. Where the layers that are `refused` are given,
    a mark that is excluded is unread, and its layer refused; else it is dropped.
    """
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        loaded = mark.layer == SpanLayer.LOADED
        before = (one for one in kept if one.layer == mark.layer and mark.start < one.end)
        if any(loaded or one.end < mark.end for one in before):
            what = f"{mark.layer} span that overlaps another"
            if refused is None:
                report.drop(where, what, f"{mark.start}-{mark.end}")
            else:
                report.fail(where, what, f"{mark.start}-{mark.end}")
                refused.add(layer_key(mark.layer))
        else:
            kept.append(mark)
    return tuple(kept)


_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"?")
_WORD = re.compile(r"\w+")
_SINGLE = re.compile(r"(?<!\w)['‘](?=\w)")


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text start and end."""
    return [match.span() for match in _WORD.finditer(text)]


def attribution_from_quotes(paragraph: str, places: Iterable[tuple[int, int]]) -> Attribution | None:
    """How words that a corpus gives to a source are sourced, by the quotation marks around their places in the paragraph.

    All of them quoted: direct; some: mixed; none: indirect. None where single quotation marks leave it open.

    >>> text = 'He called it "a mess", and left.'
    >>> attribution_from_quotes(text, [(0, 2), (14, 15)])
    <Attribution.MIXED: 'mixed'>
    """
    quoted = [match.span() for match in _QUOTED.finditer(paragraph)]
    inside = [any(a <= start and end <= b for a, b in quoted) for start, end in places]
    if all(inside):
        return Attribution.DIRECT if inside else None
    if _SINGLE.search(_QUOTED.sub(lambda match: "x" * len(match[0]), paragraph)):
        return None
    return Attribution.MIXED if any(inside) else Attribution.INDIRECT


def coded_layers(sentences: Sequence[Labels]) -> tuple[Layer, ...]:
    """The layers that are decided for every one of the sentences, as `Annotator.layers` wants them.

    A source type is decided where the author speaks, too.
    """

    def decided(sentence: Labels, layer: Layer) -> bool:
        if layer is Layer.SOURCE_TYPE:
            return sentence.source_type is not None or sentence.attribution is Attribution.AUTHOR
        return getattr(sentence, layer) is not None

    return tuple(layer for layer in Layer if sentences and all(decided(sentence, layer) for sentence in sentences))


def build_article(
    fields: dict[str, Any],
    source: str,
    paragraphs: Iterable[Sequence[str]],
    annotations: Iterable[tuple[Annotator, Sequence[Labels]]],
    where: str,
    report: Report,
) -> Article:
    """An article of its metadata, the text as received, the lines of each paragraph, and the labels of each annotator.

    The headline is the only line of the first paragraph. Control characters are taken out of the source, and warnings of
    odd characters accepted, with a remark. Raises pydantic.ValidationError for metadata that have not their form.
    """
    if re.search(f"[{_CONTROL}]", source):
        report.change(where, "control characters taken out of the text")
        source = re.sub(f"[{_CONTROL}]", "", source)
    text = "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"
    annotations = _with_labels(annotations, where, report)
    notes = (sentence.note for _, sentences in annotations for sentence in sentences if sentence.note)
    strings = (value for value in fields.values() if isinstance(value, str))
    accepted = _character_warnings("\n".join([text, *strings, *fields.get("details", {}).values(), *notes]))
    for code in accepted:
        report.change(where, f"odd characters in the text, warning {code} accepted")
    meta = Metadata(
        **fields, source_sha256=sha256(source), accepted=accepted, annotator=tuple(annotator for annotator, _ in annotations)
    )
    return Article(meta, source, text, {one.id: Annotation(sentence=tuple(sentences)) for one, sentences in annotations})


def _with_labels(
    annotations: Iterable[tuple[Annotator, Sequence[Labels]]], where: str, report: Report
) -> list[tuple[Annotator, Sequence[Labels]]]:
    """The annotations that hold a label; a coder without one is none. Raises ValueError if two coders have one id."""
    found = list(annotations)
    names = [annotator.id for annotator, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"two annotators would both be {twice!r}; rename one")
    for annotator, sentences in found:
        if not any(map(has_labels, sentences)):
            report.drop(where, "annotator without a label", annotator.id)
    return [one for one in found if any(map(has_labels, one[1]))]


_WARNINGS = {
    "SB005": re.compile(r"[\u202a-\u202e\u2066-\u2069]"),
    "SB006": re.compile(
        r"[\xad\u180e\u200b\u2060-\u2064\ufeff]|(?<![^\x00-\u02ff])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u02ff])"
    ),
    "SB007": re.compile(r"(?<![^\W\d_])(?=[^\W\d_]*[A-Za-z])[^\W\d_]*[\u0370-\u052f]"),
}
"""What the warnings about characters look for."""


def _character_warnings(text: str) -> tuple[str, ...]:
    """The codes of the warnings that a text would get. Only words that are not ASCII can give one."""
    suspects = " ".join(word for word in text.split() if not word.isascii())
    found = [code for code, pattern in _WARNINGS.items() if pattern.search(suspects)]
    return (*found, "SB010") if next(garbled(suspects), None) else tuple(found)
