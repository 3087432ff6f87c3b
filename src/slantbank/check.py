"""Check a bank: every rule that contributions must keep, one function each; all problems of all files in one run.

A rule takes the bank as found and yields problems. The rules about reading (encoding, TOML, the form of tables) are
judged while the files are read; here they only report what was found there.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from slantbank import article, bank, segment
from slantbank.article import Annotation, Article, Draft
from slantbank.bank import Bank
from slantbank.codebook import GOLD, NEUTRAL, AnnotatorKind, Layer, SpanLayer
from slantbank.document import Document, TextFile
from slantbank.problem import Problem, nearest
from slantbank.topic import Topic

Finder = Callable[[Bank], Iterable[Problem]]

RULES: dict[str, Finder] = {}
"""The function of each rule about files, by its code; `frame_rule` is the last, on what is built from them."""


def rule(code: str) -> Callable[[Finder], Finder]:
    """Register a function as the rule of `code`."""

    def register(finder: Finder) -> Finder:
        RULES[code] = finder
        return finder

    return register


def check(found: Bank, *, full: bool = False) -> list[Problem]:
    """Every problem of the bank, in order of place. Warnings that an article accepts by their code are left out.

    The frames are built from the articles in which no rule finds an error, and checked in their turn: by polars
    alone, or, when `full`, by pandera too.
    """
    problems = {problem for finder in RULES.values() for problem in finder(found)}
    problems |= set(frame_rule(found, _clean(found, problems), full=full))
    return sorted(problem for problem in problems if not _accepted(found, problem))


def _clean(found: Bank, problems: set[Problem]) -> list[Article]:
    """The articles that can be built: no error in them, nor in their topic."""
    faulty = {"/".join(problem.path.split("/")[:2]) for problem in problems if problem.rule.level == "error"}
    articles = (draft.article for draft in found.articles.values() if draft.shown not in faulty)
    return [one for one in articles if one is not None and f"topics/{one.meta.topic}.toml" not in faulty]


def _accepted(found: Bank, problem: Problem) -> bool:
    if problem.rule.level != "warning" or not problem.path.startswith("articles/"):
        return False
    draft = found.articles.get(problem.path.split("/")[1])
    meta = draft.meta.tree.get("accepted", []) if draft and draft.meta else []
    return problem.code in meta


def _reading(code: str) -> None:
    @rule(code)
    def finder(found: Bank) -> Iterator[Problem]:
        yield from (problem for problem in _read(found) if problem.code == code)


def _read(found: Bank) -> Iterator[Problem]:
    yield from found.problems
    for draft in found.articles.values():
        yield from draft.problems
    for file in _files(found):
        yield from file.problems


for _code in (
    *("SB001", "SB008", "SB102", "SB103", "SB104", "SB105", "SB106", "SB107"),
    *("SB111", "SB115", "SB116", "SB201", "SB202", "SB203", "SB207", "SB208"),
):
    _reading(_code)


def _files(found: Bank) -> Iterator[TextFile]:
    yield from found.topics.values()
    for draft in found.articles.values():
        yield from draft.files


def _edited(found: Bank) -> Iterator[TextFile]:
    """The files that people write; source.txt is kept as received."""
    yield from (file for file in _files(found) if file.text and not file.path.endswith("/source.txt"))


# SB0: bytes and Unicode


@rule("SB002")
def byte_order_mark(found: Bank) -> Iterator[Problem]:
    """A file starts with a byte order mark."""
    for file in _edited(found):
        if file.text and file.text.startswith("\ufeff"):
            yield file.problem("SB002", "starts with a byte order mark; save the file without it")


@rule("SB003")
def carriage_return(found: Bank) -> Iterator[Problem]:
    """A line ends in CR LF or CR."""
    for file in _edited(found):
        if file.text and "\r" in file.text:
            count = file.text.count("\r")
            yield file.problem("SB003", f"{count} carriage return{'s' * (count > 1)}; lines end in LF alone", file.text.index("\r"))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_ZERO_WIDTH = re.compile(r"[\xad\u180e\u200b-\u200d\u2060-\u2064]|(?!\A)\ufeff")
_MOST = 20


@rule("SB004")
def control_character(found: Bank) -> Iterator[Problem]:
    """A control character, or a line separator other than LF."""
    yield from _characters(found, "SB004", _CONTROL, "control character")


@rule("SB005")
def bidi_control(found: Bank) -> Iterator[Problem]:
    """A character that changes the direction of the text after it."""
    yield from _characters(found, "SB005", _BIDI, "bidirectional control")


@rule("SB006")
def zero_width(found: Bank) -> Iterator[Problem]:
    """A character without width, but for the joiners that Arabic and Indic scripts and emoji need."""
    yield from _characters(found, "SB006", _ZERO_WIDTH, "character without width", _is_needed_joiner)


def _characters(
    found: Bank, code: str, pattern: re.Pattern[str], what: str, allowed: Callable[[str, int], bool] = lambda text, at: False
) -> Iterator[Problem]:
    for file in _edited(found):
        text = file.text or ""
        plain = ((match.start(), 1, match[0], "") for match in pattern.finditer(text) if not allowed(text, match.start()))
        escaped = (
            (offset, length, character, ", written as an escape")
            for offset, length, character in (escapes(text) if isinstance(file, Document) and "\\" in text else ())
            if pattern.fullmatch(character)
        )
        yield from _first(file, code, ((at, length, f"{what} {_named(one)}{how}") for at, length, one, how in chain(plain, escaped)))


def _first(file: TextFile, code: str, places: Iterable[tuple[int, int, str]]) -> Iterator[Problem]:
    """A problem for each of the first places; the last of them says how many more there are."""
    places = iter(places)
    first = list(islice(places, _MOST))
    more = sum(1 for _ in places)
    for i, (offset, length, message) in enumerate(first, 1):
        yield file.problem(code, message + (f", and {more} more in this file" if more and i == _MOST else ""), offset, length)


def _named(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


_LATIN = re.compile(r"[\x00-\u02ff]")


def _is_needed_joiner(text: str, at: int) -> bool:
    """Whether it joins or parts letters of a script, or emoji, that are written so."""
    if text[at] not in "\u200c\u200d" or not 0 < at < len(text) - 1:
        return False
    return not _LATIN.match(text[at - 1]) and not _LATIN.match(text[at + 1])


_WORD = re.compile(r"(?:\\.)?([^\W\d_]{2,})")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_GREEK_OR_CYRILLIC = re.compile(r"[\u0370-\u052f]")


@rule("SB007")
def mixed_script(found: Bank) -> Iterator[Problem]:
    """A word mixes Latin letters with Greek or Cyrillic ones, whose shapes are often the same."""
    for file in _edited(found):
        text = file.text or ""
        if not text.isascii():
            yield from _first(file, "SB007", _mixed(text))


def _mixed(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _WORD.finditer(text):
        word = match[1]
        if _ASCII_LETTER.search(word) and _GREEK_OR_CYRILLIC.search(word):
            latin = sum(letter.isascii() for letter in word) * 2 >= len(word)
            odd = next(i for i, letter in enumerate(word) if letter.isascii() != latin)
            yield match.start(1) + odd, 1, f"{quoted(word)} holds {_named(word[odd])}"


@rule("SB009")
def empty_file(found: Bank) -> Iterator[Problem]:
    """A file is empty or blank."""
    for file in _files(found):
        if file.text is not None and not _words_of(file):
            yield file.problem("SB009", EMPTY)


def _words_of(file: TextFile | None) -> str:
    """The text but for a byte order mark and outer white space; empty where the file could not be read."""
    return (file.text or "").removeprefix("\ufeff").strip() if file else ""


# SB1: structure


@rule("SB112")
def missing_annotation(found: Bank) -> Iterator[Problem]:
    """An annotator of article.toml has no file."""
    for draft in found.articles.values():
        for place, annotator in _annotators(draft):
            if annotator not in draft.annotations and not (draft.folder / "annotations" / f"{annotator}.toml").is_symlink():
                yield _meta(draft).at("SB112", f"no file annotations/{annotator}.toml", *place)


@rule("SB113")
def unlisted_annotation(found: Bank) -> Iterator[Problem]:
    """A file in annotations/ belongs to no annotator of article.toml."""
    for draft in found.articles.values():
        if draft.meta is None or "SB101" in {problem.code for problem in draft.meta.problems}:
            continue
        known = [annotator for _, annotator in _annotators(draft)]
        for name, document in draft.annotations.items():
            if name not in known:
                yield document.problem("SB113", f"article.toml lists no annotator {name!r}; {nearest(name, known)}")


@rule("SB114")
def unexpected_file(found: Bank) -> Iterator[Problem]:
    """A file or folder that a bank does not hold."""
    yield from (problem for problem in found.problems if problem.code == "SB114")
    for draft in found.articles.values():
        wanted = {"article.toml", "article.txt", "source.txt", "annotations"}
        for path in sorted(draft.folder.iterdir()):
            if path.name not in wanted and not path.name.startswith("."):
                message = f"an article folder holds no {path.name!r}; {nearest(path.name, sorted(wanted))}"
                yield Problem(f"{draft.shown}/{path.name}", 1, 1, "SB114", message)
        annotations = draft.folder / "annotations"
        for path in sorted(annotations.iterdir()) if annotations.is_dir() and not annotations.is_symlink() else ():
            if path.suffix != ".toml" and not path.name.startswith("."):
                shown = f"{draft.shown}/annotations/{path.name}"
                yield Problem(shown, 1, 1, "SB114", "annotations/ holds one .toml file for each annotator")


@rule("SB117")
def id_mismatch(found: Bank) -> Iterator[Problem]:
    """An id differs from the name of its folder or file."""
    for name, document in found.topics.items():
        if document.tree.get("id", name) != name:
            yield document.at("SB117", f"id {document.tree['id']!r}, but the file is {name}.toml", "id")
    for name, draft in found.articles.items():
        if draft.meta and draft.meta.tree.get("id", name) != name:
            yield draft.meta.at("SB117", f"id {draft.meta.tree['id']!r}, but the folder is {name!r}", "id")


def _meta(draft: Draft) -> Document[article.Metadata]:
    assert draft.meta is not None
    return draft.meta


def _annotators(draft: Draft) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The annotators that article.toml lists, each with the place of its id."""
    listed = draft.meta.tree.get("annotator", []) if draft.meta else []
    for i, one in enumerate(listed):
        if isinstance(one.get("id"), str):
            yield ("annotator", i, "id"), one["id"]


# SB2: labels and references


def _labelled(found: Bank) -> Iterator[tuple[Draft, str, Document[Annotation], int, dict[str, Any]]]:
    """Every labelled sentence: its article, annotator, file, position in the file, and what of it could be read."""
    for draft in found.articles.values():
        for name, document in draft.annotations.items():
            for i, sentence in enumerate(document.tree.get("sentence", [])):
                yield draft, name, document, i, sentence


def _topic(found: Bank, draft: Draft) -> Document[Topic] | None:
    return found.topics.get(draft.meta.tree.get("topic", "")) if draft.meta else None


def _ids(topic: Document[Topic], kind: str) -> list[str]:
    return [one["id"] for one in topic.tree.get(kind, []) if isinstance(one.get("id"), str)]


@rule("SB204")
def unknown_perspective(found: Bank) -> Iterator[Problem]:
    """A perspective is neither a party of the topic nor neutral."""
    for draft, _, document, i, sentence in _labelled(found):
        topic, value = _topic(found, draft), sentence.get("source_perspective")
        if topic and value and value not in (*_ids(topic, "party"), NEUTRAL):
            message = f"unknown perspective {value!r}; {_nearest_party(value, topic, NEUTRAL)}"
            yield document.at("SB204", message, "sentence", i, "source_perspective")


@rule("SB205")
def unknown_party(found: Bank) -> Iterator[Problem]:
    """A source party, or a party of a stance, is not in the topic."""
    for draft, _, document, i, sentence in _labelled(found):
        topic = _topic(found, draft)
        if topic is None:
            continue
        known = _ids(topic, "party")
        party = sentence.get("source_party")
        if party and party not in known:
            message = f"unknown party {party!r}; {_nearest_party(party, topic)}"
            yield document.at("SB205", message, "sentence", i, "source_party")
        for party in sentence.get("stance", {}):
            if party not in known:
                message = f"unknown party {party!r}; {_nearest_party(party, topic)}"
                yield document.at("SB205", message, "sentence", i, "stance", party, key=True)


def _nearest_party(name: str, topic: Document[Topic], *more: str) -> str:
    """Like `nearest`, but an alias leads to its party."""
    for party in topic.tree.get("party", []):
        if name.casefold() in [alias.casefold() for alias in party.get("aliases", [])] and "id" in party:
            return f"did you mean {party['id']!r}?"
    return nearest(name, [*_ids(topic, "party"), *more])


@rule("SB206")
def unknown_fact(found: Bank) -> Iterator[Problem]:
    """A fact is not in the topic."""
    for draft, _, document, i, sentence in _labelled(found):
        topic = _topic(found, draft)
        for fact in sentence.get("facts", {}) if topic else ():
            if topic and fact not in _ids(topic, "fact"):
                message = f"unknown fact {fact!r}; {nearest(fact, _ids(topic, 'fact'))}"
                yield document.at("SB206", message, "sentence", i, "facts", fact, key=True)


def _layers(draft: Draft, name: str) -> list[str]:
    """The layers that the annotator has to decide for every sentence."""
    for annotator in draft.meta.tree.get("annotator", []) if draft.meta else []:
        if annotator.get("id") == name and "layers" in annotator:
            return list(annotator["layers"])
    return [layer.value for layer in Layer]


@rule("SB209")
def label_missing(found: Bank) -> Iterator[Problem]:
    """A sentence lacks the key of a layer that its annotator codes."""
    for draft, name, document, i, sentence in _labelled(found):
        faulty = _faulty(document, i)
        for layer in _layers(draft, name):
            if layer != Layer.SOURCE_TYPE and layer not in sentence and layer not in faulty:
                yield document.at("SB209", f"sentence {sentence.get('n', i)} has no {layer}", "sentence", i)


@rule("SB210")
def label_empty(found: Bank) -> Iterator[Problem]:
    """A label is an empty string: nothing has been decided."""
    for _, _, document, i, sentence in _labelled(found):
        for layer in ("claim_type", "attribution", "source_perspective"):
            if sentence.get(layer) == "":
                yield document.at("SB210", f"{layer} of sentence {sentence.get('n', i)} is empty", "sentence", i, layer)
        for k, key in enumerate(sentence.get("undecided", [])):
            message = f"{key} of sentence {sentence.get('n', i)} waits for a decision"
            yield document.at("SB210", message, "sentence", i, "undecided", k)


def _faulty(document: Document[Any], i: int) -> set[str]:
    """The keys of a sentence that are in the file but could not be read."""
    return (
        {str(place[2]) for place in document.places if place[:2] == ("sentence", i) and len(place) > 2}
        if document.problems
        else set()
    )


@rule("SB211")
def source_of_author(found: Bank) -> Iterator[Problem]:
    """A claim in the author's own voice is given a source."""
    for _, _, document, i, sentence in _labelled(found):
        if sentence.get("attribution") == "author":
            for key in ("source", "cue", "source_type", "source_party"):
                if _words(sentence.get(key)):
                    yield document.at("SB211", f"the attribution is author, so there is no {key}", "sentence", i, key)


@rule("SB212")
def source_type_missing(found: Bank) -> Iterator[Problem]:
    """An attributed claim has no source type, though its annotator codes it."""
    for draft, name, document, i, sentence in _labelled(found):
        attributed = sentence.get("attribution") in ("direct", "indirect", "mixed")
        if not attributed or Layer.SOURCE_TYPE not in _layers(draft, name) or sentence.get("source_type"):
            continue
        if "source_type" in sentence or "source_type" not in _faulty(document, i):
            message = f"the attribution is {sentence['attribution']}, so there is a source_type"
            yield document.at("SB212", message, "sentence", i, "source_type")


def _words(quote: Any) -> str:
    words = quote.get("text", "") if isinstance(quote, dict) else quote
    return words if isinstance(words, str) else ""


# SB3: text

_IGNORED = re.compile(r"[\s\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@rule("SB301")
def text_differs_from_source(found: Bank) -> Iterator[Problem]:
    """article.txt has other words than source.txt; white space and characters without width do not count."""
    for draft in found.articles.values():
        if not draft.text or not draft.source or draft.text.text is None or draft.source.text is None:
            continue
        ours, theirs = (_IGNORED.sub("", file.text or "") for file in (draft.text, draft.source))
        if ours == theirs:
            continue
        same = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
        offset = _nth_counted(draft.text.text, same)
        here, there = ours[same : same + 12] or "the end", theirs[same : same + 12] or "the end"
        line, column, _ = _position(draft.source, _nth_counted(draft.source.text, same))
        message = f"article.txt goes on {here!r}, source.txt (line {line}, column {column}) {there!r}"
        yield draft.text.problem("SB301", message, offset)


def _nth_counted(text: str, n: int) -> int:
    """The offset of the n-th character that counts, or of the end."""
    at = 0
    for match in _IGNORED.finditer(text):
        if match.start() - at > n:
            break
        n -= match.start() - at
        at = match.end()
    return min(at + n, max(0, len(text.rstrip()) - 1))


def _position(file: TextFile, offset: int) -> tuple[int, int, str]:
    found = file.problem("SB301", "", offset)
    return found.line, found.column, found.source


@rule("SB302")
def source_hash(found: Bank) -> Iterator[Problem]:
    """source.txt is not the text whose hash article.toml holds."""
    for draft in found.articles.values():
        if draft.meta and draft.source and draft.source.text is not None and "source_sha256" in draft.meta.tree:
            actual = article.sha256(draft.source.text)
            if draft.meta.tree["source_sha256"] != actual:
                yield draft.meta.at("SB302", f"source.txt has the hash {actual}", "source_sha256")


def _lines(draft: Draft) -> list[str]:
    text = draft.text.text if draft.text else None
    return [text[place.start : place.end] for place in segment.lines(text)] if text else []


@rule("SB303")
def sentence_differs(found: Bank) -> Iterator[Problem]:
    """The text of a labelled sentence is not that of its line in article.txt."""
    cached = {name: _lines(draft) for name, draft in found.articles.items()}
    for draft, _, document, i, sentence in _labelled(found):
        lines, n, text = cached[draft.folder.name], sentence.get("n"), sentence.get("text")
        if n is None or text is None or not 0 <= n < len(lines) or text == lines[n]:
            continue
        same = next((k for k, (a, b) in enumerate(zip(text, lines[n], strict=False)) if a != b), min(len(text), len(lines[n])))
        theirs = repr(lines[n][same : same + 12]) if same < len(lines[n]) else "ends"
        ours = repr(text[same : same + 12]) if same < len(text) else "ends"
        message = f"from character {same + 1} on sentence {n} has {ours}, article.txt {theirs}"
        raw = document.at("SB303", message, "sentence", i, "text")
        yield _within(document, raw, ("sentence", i, "text"), same)


def _within(document: Document[Any], problem: Problem, place: tuple[str | int, ...], offset: int) -> Problem:
    """The problem moved to a code point of a string, where the string is written on one line without escapes before it."""
    _, start, end = document.places.get(place, (0, 0, 0))
    raw = (document.text or "")[start + 1 : min(start + 1 + offset, end)]
    if "\\" in raw or "\n" in raw or not raw:
        return problem
    return document.at(problem.code, problem.message, *place, offset=1 + offset, length=1)


def _quotes(sentence: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for key in ("source", "cue"):
        if key in sentence:
            yield (key,), sentence[key]
    for i, quote in enumerate(sentence.get("loaded", [])):
        yield ("loaded", i), quote
    for fact, quote in sentence.get("facts", {}).items():
        yield ("facts", fact), quote


@rule("SB304")
def quote_not_found(found: Bank) -> Iterator[Problem]:
    """Quoted words are not in their sentence, or not as often as they are listed."""
    for _, _, document, i, sentence in _labelled(found):
        text = sentence.get("text", "")
        listed: Counter[str] = Counter()
        for place, quote in _quotes(sentence):
            words = _words(quote)
            if not words:
                continue
            nth = quote.get("nth", 1) if isinstance(quote, dict) else 1
            if place[0] == "loaded" and not (isinstance(quote, dict) and "nth" in quote):
                listed[words] += 1
                nth = listed[words]
            places = article.occurrences(text, words)
            if nth > len(places):
                times = f"{len(places)} time{'s' * (len(places) != 1)}" if places else "not"
                close = "" if places else _closest(text, words)
                message = f"{words!r} is {times} in sentence {sentence.get('n', i)}{f', not {nth}' if places else ''}{close}"
                yield document.at("SB304", message, "sentence", i, *place)


def _closest(text: str, words: str) -> str:
    """A hint for the common slips: letter case, quotation marks, spaces."""
    at = text.casefold().find(words.casefold().strip())
    if at >= 0 and len(text.casefold()) == len(text):
        return f"; did you mean {text[at : at + len(words.strip())]!r}?"
    plain = str.maketrans("“”‘’–—\xa0", "\"\"''-- ")
    at = text.translate(plain).find(words.translate(plain))
    return f"; did you mean {text[at : at + len(words)]!r}?" if at >= 0 else ""


@rule("SB305")
def quote_ambiguous(found: Bank) -> Iterator[Problem]:
    """Quoted words stand in their sentence more than once, and nothing says which place is meant."""
    for _, _, document, i, sentence in _labelled(found):
        for place, quote in _quotes(sentence):
            words = _words(quote)
            if place[0] == "loaded" or (isinstance(quote, dict) and "nth" in quote):
                continue
            times = len(article.occurrences(sentence.get("text", ""), words))
            if times > 1:
                message = (
                    f"{words!r} is {times} times in sentence {sentence.get('n', i)}; "
                    f"write {{ text = …, nth = 1 }}, with the number of the one that is meant"
                )
                yield document.at("SB305", message, "sentence", i, *place)


@rule("SB306")
def spans_cross(found: Bank) -> Iterator[Problem]:
    """Two spans of one layer overlap without one holding the other; loaded words may not overlap at all."""
    for _, _, document, i, sentence in _labelled(found):
        spans: dict[str, list[tuple[int, int, tuple[str | int, ...]]]] = defaultdict(list)
        listed: Counter[str] = Counter()
        for k, quote in enumerate(sentence.get("loaded", [])):
            listed[_words(quote)] += 1
            words = article.Quote.model_validate(quote)
            where = article.find(sentence.get("text", ""), words, listed[words.text]) if words.text else None
            if where:
                spans[SpanLayer.LOADED].append((*where, ("loaded", k)))
        for k, mark in enumerate(sentence.get("spans", [])):
            if {"layer", "start", "end"} <= set(mark):
                spans[mark["layer"]].append((mark["start"], mark["end"], ("spans", k)))
        for layer, marks in spans.items():
            for (a, b, _), (c, d, place) in pairwise(sorted(marks, key=lambda mark: (mark[0], -mark[1]))):
                if c < b and (b < d or layer == SpanLayer.LOADED):
                    message = f"{layer} spans {a}-{b} and {c}-{d} of sentence {sentence.get('n', i)} overlap"
                    yield document.at("SB306", message, "sentence", i, *place)


@rule("SB307")
def span_offsets(found: Bank) -> Iterator[Problem]:
    """The offsets of a span are not inside its sentence, or other words stand there."""
    for _, _, document, i, sentence in _labelled(found):
        text = sentence.get("text", "")
        for k, mark in enumerate(sentence.get("spans", [])):
            if not {"start", "end", "text"} <= set(mark):
                continue
            start, end = mark["start"], mark["end"]
            if not 0 <= start < end <= len(text):
                message = f"start {start}, end {end}: a span of sentence {sentence.get('n', i)} has 0 <= start < end <= {len(text)}"
                yield document.at("SB307", message, "sentence", i, "spans", k)
            elif text[start:end] != mark["text"]:
                message = f"{start}-{end} of sentence {sentence.get('n', i)} is {text[start:end]!r}, not {mark['text']!r}"
                yield document.at("SB307", message, "sentence", i, "spans", k)


@rule("SB308")
def article_layout(found: Bank) -> Iterator[Problem]:
    """article.txt is not laid out as a headline and paragraphs of a sentence a line."""
    for draft in found.articles.values():
        text = draft.text.text if draft.text else None
        if draft.text is None or not text or not text.strip():
            continue
        for match in re.finditer(r"\A\n+|\n{3,}|(?m:^[ \t\u3000\xa0]+)|(?m:[ \t\u3000\xa0]+$)|[^\n]\Z|\n\n\Z", text):
            message = "end the last line with one line feed" if match.end() == len(text) else "one blank line, no space at the ends"
            yield draft.text.problem("SB308", message, match.start() + (match[0][0] == "\n"))
        if "\n" in text.strip() and not re.match(r"[^\n]+\n\n", text):
            yield draft.text.problem("SB308", "the headline stands alone: put a blank line after it", text.index("\n") + 1)


# SB4: across files


@rule("SB401")
def duplicate_article(found: Bank) -> Iterator[Problem]:
    """Two folders hold an article of the same id."""
    seen: dict[str, str] = {}
    for name, draft in found.articles.items():
        if draft.meta is None or not isinstance(draft.meta.tree.get("id"), str):
            continue
        one = draft.meta.tree["id"]
        if one in seen:
            yield draft.meta.at("SB401", f"id {one!r} is that of {seen[one]!r} too", "id")
        seen.setdefault(one, name)


@rule("SB402")
def sentences_not_covered(found: Bank) -> Iterator[Problem]:
    """An annotation leaves a sentence out, labels one twice, or has one that is not in the text."""
    for draft in found.articles.values():
        count = len(_lines(draft))
        for document in draft.annotations.values():
            if not count or any(problem.code in ("SB001", "SB008", "SB101", "SB102", "SB103") for problem in document.problems):
                continue
            numbers = [sentence.get("n") for sentence in document.tree.get("sentence", [])]
            for i, n in enumerate(numbers):
                if n is None:
                    continue
                if not 0 <= n < count:
                    yield document.at("SB402", f"sentence {n}, but the last of article.txt is {count - 1}", "sentence", i, "n")
                elif n in numbers[:i]:
                    yield document.at("SB402", f"sentence {n} is labelled twice", "sentence", i, "n")
                elif i and numbers[i - 1] is not None and n < numbers[i - 1]:
                    yield document.at("SB402", f"sentence {n} stands after sentence {numbers[i - 1]}", "sentence", i, "n")
            missing = sorted(set(range(count)) - set(numbers))
            if missing and None not in numbers:
                listed = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
                message = f"{len(missing)} of {count} sentences are not labelled: {listed}"
                after = next((i for i, n in enumerate(numbers) if n > missing[0]), len(numbers) - 1)
                yield document.at("SB402", message, "sentence", after, key=True)


@rule("SB403")
def unknown_topic(found: Bank) -> Iterator[Problem]:
    """An article's topic has no file."""
    for draft in found.articles.values():
        topic = draft.meta.tree.get("topic") if draft.meta else None
        if draft.meta and topic and topic not in found.topics:
            message = f"no file topics/{topic}.toml; {nearest(topic, sorted(found.topics))}"
            yield draft.meta.at("SB403", message, "topic")


def _duplicates(document: Document[Any], kind: str, code: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, one in enumerate(document.tree.get(kind, [])):
        name = one.get("id")
        if name in seen:
            yield document.at(code, f"{kind} {name!r} is there already", kind, i, "id")
        if isinstance(name, str):
            seen.add(name)


@rule("SB404")
def duplicate_party(found: Bank) -> Iterator[Problem]:
    """Two parties of a topic have one id."""
    for document in found.topics.values():
        yield from _duplicates(document, "party", "SB404")


@rule("SB405")
def duplicate_fact(found: Bank) -> Iterator[Problem]:
    """Two facts of a topic have one id."""
    for document in found.topics.values():
        yield from _duplicates(document, "fact", "SB405")


@rule("SB406")
def duplicate_annotator(found: Bank) -> Iterator[Problem]:
    """Two annotators of an article have one id."""
    for draft in found.articles.values():
        if draft.meta:
            yield from _duplicates(draft.meta, "annotator", "SB406")


@rule("SB407")
def duplicate_text(found: Bank) -> Iterator[Problem]:
    """Two articles have the same source text."""
    seen: dict[str, str] = {}
    for name, draft in found.articles.items():
        if draft.source is None or not draft.source.text or not draft.source.text.strip():
            continue
        key = article.sha256(_IGNORED.sub("", draft.source.text))
        if key in seen:
            yield draft.source.problem("SB407", f"the text of {seen[key]!r}")
        seen.setdefault(key, name)


@rule("SB408")
def adjudicated_id(found: Bank) -> Iterator[Problem]:
    """An annotator is called gold but not adjudicated, or adjudicated but not called gold."""
    for draft in found.articles.values():
        for i, one in enumerate(draft.meta.tree.get("annotator", []) if draft.meta else []):
            if "id" in one and "kind" in one and (one["id"] == GOLD) != (one["kind"] == AnnotatorKind.ADJUDICATED):
                yield _meta(draft).at("SB408", f"annotator {one['id']!r} is of kind {one['kind']!r}", "annotator", i, "kind")


# SB5: the built frames


def frame_rule(found: Bank, clean: list[Article], *, full: bool = False) -> Iterator[Problem]:
    """SB501: the frames built from the clean articles break a rule of their schema; traced to file and line.

    The rules are evaluated by polars; `full` has pandera judge the frames too, as `build` always does.
    """
    if not clean:
        return
    from slantbank import frames, schema

    topics = [document.value for document in found.topics.values() if document.value is not None]
    built = frames.tabulate(topics, clean)
    failures = [failure for name, frame in built.items() for failure in schema.failures(name, frame)] + schema.dangling(built)
    for failure in failures:
        row = built[failure.frame].row(failure.row, named=True)
        yield _trace(found, row, failure.column, f"{failure.frame}: not so: {failure.rule}")
    if full and not failures:
        import pandera.errors

        for name, frame in built.items():
            try:
                schema.validate(name, frame)
            except pandera.errors.SchemaErrors as error:
                for message in sorted({str(one) for one in error.failure_cases["check"]}):
                    yield Problem(f"{bank.BUILT}/{name}.parquet", 1, 1, "SB501", f"{name}: not so: {message}")


_COLUMN_KEYS = {"perspective_party": "source_perspective", "loaded_words": "loaded", "article_id": "id", "topic_id": "topic"}


def _trace(found: Bank, row: dict[str, Any], column: str, message: str) -> Problem:
    """The place in the files that a cell of a frame comes from."""
    key = _COLUMN_KEYS.get(column, column)
    if "article_id" not in row:
        kind = "party" if "party_id" in row else "fact"
        topic = found.topics[row["topic_id"]]
        i = _ids(topic, kind).index(row[f"{kind}_id"])
        return topic.at("SB501", message, kind, i, "id" if column.endswith("_id") else key)
    draft = found.articles[row["article_id"]]
    if "n" not in row:
        return _meta(draft).at("SB501", message, key)
    document = draft.annotations.get(row.get("annotator_id", GOLD))
    if document is not None and key in article.Sentence.model_fields and key not in ("n", "text"):
        i = [sentence["n"] for sentence in document.tree["sentence"]].index(row["n"])
        return document.at("SB501", message, "sentence", i, key)
    file, place = draft.text, segment.lines(draft.text.text or "")[row["n"]] if draft.text else None
    assert file is not None
    assert place is not None
    return file.problem("SB501", message, place.start, place.end - place.start)
