"""Texts and values of corpora in a bank's form: clean lines with mapped offsets, ids, dates, spans, and whole articles."""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from slantbank.bank import FIRST_NEWS, LONGEST_ID, Annotation, Annotator, Article, Mark, Metadata, find_garbled, sha256, toml
from slantbank.bank import Sentence as Labels
from slantbank.codebook import Attribution, Layer, SpanLayer
from slantbank.importers._refusal import has_labels, layer_key
from slantbank.importers._report import Report


def decode_text(data: bytes) -> str:
    r"""Decode a file of another program: UTF-8, or UTF-16 with a byte order mark; line ends become LF, and the mark is dropped.

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
"""What `clean_line` changes: white space at the ends, runs of it, control characters, byte order marks at an end."""


@dataclass(frozen=True)
class CleanLine:
    """A sentence as one trimmed line; `offsets` maps each offset in the raw text to the one in the line."""

    text: str
    offsets: Sequence[int]

    def mark(self, layer: SpanLayer, start: int, end: int, ref: str | None = None) -> Mark | None:
        """The mark of a span with offsets in the raw text, without white space at its edges; None if nothing is left."""
        start, end = trim_span(self.text, self.offsets[start], self.offsets[end])
        return Mark(layer=layer, start=start, end=end, text=self.text[start:end], ref=ref) if start < end else None


def clean_line(raw: str) -> CleanLine:
    r"""Make a text one trimmed line: control characters removed, single spaces. Raises ValueError for a lone surrogate.

    >>> line = clean_line(" So\u00a0\u00a0be it.\n")
    >>> line.text, line.text[line.offsets[5] : line.offsets[7]]
    ('So be it.', 'be')
    """
    if raw.isprintable() and "  " not in raw and raw == raw.strip():
        return CleanLine(raw, range(len(raw) + 1))
    raw.encode("utf-8")
    text, end = "", 0
    offsets: list[int] = []
    for match in _UNEVEN.finditer(raw):
        offsets += range(len(text), len(text) + match.start() - end + 1)
        text += raw[end : match.start()]
        if re.search(r"\s", match[0]) and match.start() > 0 and match.end() < len(raw):
            text += " "
        offsets += [len(text)] * (match.end() - match.start() - 1)
        end = match.end()
    offsets += range(len(text), len(text) + len(raw) - end + 1)
    return CleanLine(text + raw[end:], offsets)


def clean_text(raw: object) -> str:
    """A value of a corpus as one trimmed line, by `clean_line`."""
    return clean_line(str(raw)).text


def trim_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of a text without white space at its edges; annotators often mark a space along with a word.

    >>> trim_span("So be it.", 2, 6)
    (3, 5)
    """
    words = text[start:end]
    return end - len(words.lstrip()), start + len(words.rstrip())


NO_HEADLINE = "[no headline]"
"""Used where a corpus gives no headline, in source.txt too, since the first line of an article must be one."""


def headline_or_placeholder(raw: str, where: str, report: Report) -> str:
    """The headline as the corpus has it, or `NO_HEADLINE` with a remark if it is empty."""
    if clean_text(raw):
        return raw
    report.change(where, f"no headline; {NO_HEADLINE} is used instead")
    return NO_HEADLINE


def slug(name: str, *, prefix: str = "", lenient: bool = False) -> str:
    """An id made of a name: its letters and digits without accents in lower case, anything between them as one hyphen.

    Raises ValueError if no id can be made of the name; if `lenient`, the result is empty instead.

    >>> slug("Señora_Ruiz (IND)", prefix="basil")
    'basil-senora-ruiz-ind'
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", letters))
    slugged = f"{prefix}-{words}".strip("-")
    if not words or len(slugged) > LONGEST_ID:
        if lenient:
            return ""
        raise ValueError(f"{name!r} cannot be made an id of at most {LONGEST_ID} characters a-z and 0-9")
    return slugged


def parse_day(text: str, where: str, report: Report) -> date | None:
    """Parse a day as year-month-day, with or without a time; None if the text is empty, None with a remark if it is no day."""
    try:
        parsed = date.fromisoformat(re.split("[T ]", text)[0]) if text else None
    except ValueError:
        report.fail(where, "not a date", f"{text!r}; write it as 2017-07-03")
        return None
    if parsed and parsed < FIRST_NEWS:
        report.fail(where, "date before there was any news", repr(text))
        return None
    return parsed


def parse_url(text: str, where: str, report: Report) -> str | None:
    """A web address as it is; None if the text is empty, None with a remark if it is no web address."""
    if text and not re.fullmatch(r"https?://[^\s<>\"]+", text):
        report.fail(where, "not a web address", repr(text))
        return None
    return text or None


def parse_language(text: str, where: str, report: Report) -> str | None:
    """A language tag with hyphens; None if the text is empty, None with a remark if it is no language tag."""
    tag = text.replace("_", "-")
    if text and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        report.fail(where, "not a language tag such as en or pt-BR", repr(text))
        return None
    return tag[:3].lower() + tag[3:] if text else None


def drop_overlaps(marks: Iterable[Mark], where: str, report: Report, refused: set[str] | None = None) -> tuple[Mark, ...]:
    """The marks of a sentence without overlaps that the bank's rules forbid, with a remark for each mark left out.

    Marks of one layer must be disjoint or nested, and marks of loaded words disjoint. If a set `refused` is given, a mark left
    out is `unread` and its layer is added to the set; else it is `dropped`.
    """
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        loaded = mark.layer == SpanLayer.LOADED
        before = (other for other in kept if other.layer == mark.layer and mark.start < other.end)
        if any(loaded or other.end < mark.end for other in before):
            message = f"{mark.layer} span that overlaps another"
            if refused is None:
                report.drop(where, message, f"{mark.start}-{mark.end}")
            else:
                report.fail(where, message, f"{mark.start}-{mark.end}")
                refused.add(layer_key(mark.layer))
        else:
            kept.append(mark)
    return tuple(kept)


_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"?")
_WORD = re.compile(r"\w+")
_SINGLE = re.compile(r"(?<!\w)['‘](?=\w)")


def word_spans(text: str) -> list[tuple[int, int]]:
    """The start and end of each word of a text."""
    return [match.span() for match in _WORD.finditer(text)]


def attribution_from_quotes(paragraph: str, places: Iterable[tuple[int, int]]) -> Attribution | None:
    """The attribution of words that a corpus gives to a source, by the quotation marks around them in the paragraph.

    `places` are the words' offsets. All quoted: direct; some: mixed; none: indirect. None if there are no words, or single
    quotation marks leave it open.

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
    """The layers that are decided for every sentence, for `Annotator.layers`.

    The source type also counts as decided where the attribution is `author`.
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
    """Build an article from its metadata, the text as received, the lines of each paragraph, and each annotator's labels.

    The headline is the only line of the first paragraph. Control characters are removed from the source, and warnings about
    odd characters are accepted, each with a remark. Raises pydantic.ValidationError for malformed metadata.
    """
    if re.search(f"[{_CONTROL}]", source):
        report.change(where, "control characters removed from the text")
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
    return Article(
        meta, source, text, {annotator.id: Annotation(sentence=tuple(sentences)) for annotator, sentences in annotations}
    )


def _with_labels(
    annotations: Iterable[tuple[Annotator, Sequence[Labels]]], where: str, report: Report
) -> list[tuple[Annotator, Sequence[Labels]]]:
    """The annotations that hold a label; others are dropped. Raises ValueError if two annotators have the same id."""
    pairs = list(annotations)
    ids = [annotator.id for annotator, _ in pairs]
    if repeated := next((name for name in ids if ids.count(name) > 1), None):
        raise ValueError(f"two annotators would both be {repeated!r}; rename one")
    for annotator, sentences in pairs:
        if not any(map(has_labels, sentences)):
            report.drop(where, "annotator without a label", annotator.id)
    return [pair for pair in pairs if any(map(has_labels, pair[1]))]


_WARNINGS = {
    "SB005": re.compile(r"[\u202a-\u202e\u2066-\u2069]"),
    "SB006": re.compile(
        r"[\xad\u180e\u200b\u2060-\u2064\ufeff]|(?<![^\x00-\u02ff])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u02ff])"
    ),
    "SB007": re.compile(r"(?<![^\W\d_])(?=[^\W\d_]*[A-Za-z])[^\W\d_]*[\u0370-\u052f]"),
}
"""What the rules about odd characters look for, by their codes."""


def _character_warnings(text: str) -> tuple[str, ...]:
    """The codes of the warnings that `check` would give for a text. Only words that are not ASCII can give one."""
    suspects = " ".join(word for word in text.split() if not word.isascii())
    codes = [code for code, pattern in _WARNINGS.items() if pattern.search(suspects)]
    return (*codes, "SB010") if next(find_garbled(suspects), None) else tuple(codes)
