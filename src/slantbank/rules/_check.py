"""Check a bank: every rule that contributions must keep, one function each; all problems of all files in one run.

A rule takes the bank as found and yields problems. The rules about reading (encoding, TOML, the form of tables) are
judged while the files are read; here they only report what was found there.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from slantbank import bank, codebook
from slantbank.bank import Annotation, Article, Bank, Draft, Topic, article, is_newer, newest, segment, withheld
from slantbank.bank.toml import EMPTY, Document, Place, TextFile, comments, escapes
from slantbank.codebook import GOLD, NEUTRAL, AnnotatorKind, Layer, SourceType, SpanLayer
from slantbank.problem import MOST, Edit, Problem, closest, first, nearest, quoted
from slantbank.problem import RULES as CODES

if TYPE_CHECKING:
    import polars as pl

Finder = Callable[[Bank], Iterable[Problem]]

RULES: dict[str, Finder] = {}
"""The function of each rule about files, by its code; `frame_rule` is apart, on what is built from them."""


def rule(code: str) -> Callable[[Finder], Finder]:
    """Register a function as the rule of `code`."""

    def register(finder: Finder) -> Finder:
        RULES[code] = finder
        return finder

    return register


@bank.uncollected()
def check(found: Bank, *, full: bool = False) -> list[Problem]:
    """Every problem of the bank, in order of place. Warnings that an article accepts by their code are left out.

    No frames are built: the rules about files imply theirs, so that what passes can be built. When `full`, they are built
    of all that is sound, and judged as `build` judges them.
    """
    problems = {_dated(found, one) for one in first(chain.from_iterable(finder(found) for finder in RULES.values()))}
    for looked_up in (_read, _odd, _doubtful):
        looked_up.cache_clear()
    if full:
        from slantbank import frames

        problems |= set(first(frame_rule(found, frames.tabulate(*sound(found, problems)))))
    # of an article whose words should be masked and are not, nothing else is said: it could quote them
    open_ = {"/".join(problem.path.split("/")[:2]) for problem in problems if problem.code == "SB309"}
    problems = {one for one in problems if one.code == "SB309" or "/".join(one.path.split("/")[:2]) not in open_}
    return sorted(problem for problem in problems if not _accepted(found, problem))


def sound(found: Bank, problems: Iterable[Problem]) -> tuple[list[Topic], list[Article]]:
    """The topics and articles of the bank in which none of the `problems` is an error: what frames can be built from.

    An article is left out with its topic, too.
    """
    faulty = {"/".join(problem.path.split("/")[:2]) for problem in problems if problem.level == "error"}
    topics = {name: one.value for name, one in found.topics.items() if one.value and f"topics/{name}.toml" not in faulty}
    articles = (draft.article for draft in found.articles.values() if draft.shown not in faulty)
    return list(topics.values()), [one for one in articles if one is not None and one.meta.topic in topics]


def _dated(found: Bank, problem: Problem) -> Problem:
    """The problem; of labels by a codebook older than the rule, as a warning that says so."""
    parts = problem.path.split("/")
    if problem.rule.since == FIRST or len(parts) != 4 or parts[2] != "annotations" or parts[1] not in found.articles:
        return problem
    for one in _tables(found.articles[parts[1]].meta, "annotator"):
        if f"{one.get('id')}.toml" == parts[3] and is_newer(problem.rule.since, one.get("codebook", "")):
            older = f"coded by codebook {one['codebook']}; the rule is of {problem.rule.since}"
            return replace(problem, message=f"{problem.message} ({older})", codebook=one["codebook"])
    return problem


FIRST = "1.0"
"""The first codebook: no labels are older."""


def _accepted(found: Bank, problem: Problem) -> bool:
    if problem.level != "warning" or not problem.path.startswith("articles/"):
        return False
    draft = found.articles.get(problem.path.split("/")[1])
    meta = draft.meta.tree.get("accepted", []) if draft and draft.meta else []
    return problem.code in meta


def _reading(code: str) -> None:
    @rule(code)
    def finder(found: Bank) -> Iterator[Problem]:
        yield from (problem for problem in _read(found) if problem.code == code)


@lru_cache(maxsize=1)
def _read(found: Bank) -> list[Problem]:
    """What was wrong with reading the bank."""
    drafts = (problem for draft in found.articles.values() for problem in draft.problems)
    return [*found.problems, *drafts, *(problem for file in _files(found) for problem in file.problems)]


for _code in (
    *("SB001", "SB008", "SB102", "SB103", "SB104", "SB105", "SB106", "SB107"),
    *("SB111", "SB115", "SB116", "SB201", "SB202", "SB203", "SB208"),
):
    _reading(_code)


def _files(found: Bank) -> Iterator[TextFile]:
    yield from found.topics.values()
    for draft in found.articles.values():
        yield from draft.files


def _edited(found: Bank) -> Iterator[TextFile]:
    """The files that people write; source.txt is kept as received."""
    yield from (file for file in _files(found) if file.text and not file.path.endswith("/source.txt"))


@lru_cache(maxsize=1)
def _odd(found: Bank) -> list[TextFile]:
    """Those of them in which a character, or an escape, is such that SB004 to SB007 look closer."""
    # most characters of most files are plain, and bytes are rid of them ten times faster than a text is searched
    return [file for file in _edited(found) if _ODD.search(file.data.translate(None, _PLAIN).decode())]


# SB0: bytes and Unicode


@rule("SB002")
def byte_order_mark(found: Bank) -> Iterator[Problem]:
    """A file starts with a byte order mark."""
    for file in _edited(found):
        if file.text and file.text.startswith("\ufeff"):
            yield file.problem("SB002", "starts with a byte order mark; save the file without it", fix=file.edit(0, 1, ""))


@rule("SB003")
def carriage_return(found: Bank) -> Iterator[Problem]:
    """A line ends in CR LF or CR."""
    for file in _edited(found):
        if file.text and "\r" in file.text:
            count, first, last = file.text.count("\r"), file.text.index("\r"), file.text.rindex("\r") + 1
            # a CR by itself may be a line end or a slip: only what no editor shows as more than a line end is safe to change
            pairs = count == file.text.count("\r\n")
            fix = file.edit(first, last, file.text[first:last].replace("\r", "")) if pairs else None
            message = f"{count} carriage return{'s' * (count > 1)}; lines end in LF alone: have the editor save the file so"
            yield file.problem("SB003", message, first, fix=fix)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_HIDDEN = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\uffa0"
    r"\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ZERO_WIDTH = re.compile(rf"[{_HIDDEN}]|(?!\A)\ufeff")
_ODD = re.compile(rf"[\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u0370-\u052f\u2028-\u202e\u2066-\u2069{_HIDDEN}\ufeff]")
_PLAIN = b"\t\n" + bytes(byte for byte in range(0x20, 0x7F) if byte != ord("\\"))
_MOST = 10


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
    for file in _odd(found):
        text = file.text or ""
        plain = ((match.start(), 1, match[0], "") for match in pattern.finditer(text) if not allowed(text, match.start()))
        escaped = (
            (offset, length, character, ", written as an escape")
            for offset, length, character in (escapes(text) if isinstance(file, Document) and "\\" in text else ())
            if pattern.match(f" {character}", 1)
        )
        yield from _first(
            file, code, ((at, length, f"{what} {_named(one)}{how}") for at, length, one, how in chain(plain, escaped))
        )


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
    if not 0 < at < len(text) or _LATIN.match(text[at - 1]):
        return False
    if "\ufe00" <= text[at] <= "\ufe0f":  # how an emoji or a Chinese character is drawn: one such mark, never a run of them
        return not "\ufe00" <= text[at - 1] <= "\ufe0f"
    return text[at] in "\u200c\u200d" and at < len(text) - 1 and not _LATIN.match(text[at + 1])


_WORD = re.compile(r"(?:\\.)?([^\W\d_]{2,})")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_GREEK_OR_CYRILLIC = re.compile(r"[\u0370-\u052f]")


@rule("SB007")
def mixed_script(found: Bank) -> Iterator[Problem]:
    """A word mixes Latin letters with Greek or Cyrillic ones, whose shapes are often the same."""
    for file in _odd(found):
        text = file.text or ""
        if _GREEK_OR_CYRILLIC.search(text):
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
        if file.text is not None and not _text(file):
            yield file.problem("SB009", EMPTY)


def _text(file: TextFile | None) -> str:
    """The text without a byte order mark and with LF as line end, which are judged apart; empty if blank or unread."""
    text = (file.text or "").removeprefix("\ufeff").replace("\r\n", "\n") if file else ""
    return text if text.strip() else ""


# SB1: structure


@rule("SB101")
def toml_syntax(found: Bank) -> Iterator[Problem]:
    """A file is not valid TOML; where a control character is the reason, SB004 says so."""
    for problem in _read(found):
        if problem.code == "SB101" and not _CONTROL.match(problem.source, problem.column - 1):
            yield problem


@rule("SB112")
def missing_annotation(found: Bank) -> Iterator[Problem]:
    """An annotator of article.toml has no file."""
    for draft in found.articles.values():
        folder = draft.folder / "annotations"
        for place, annotator in _annotators(draft):
            path = folder / f"{annotator}.toml"
            # what is there but no file has been said already
            if annotator not in draft.annotations and not (folder.is_symlink() or path.is_symlink() or path.exists()):
                yield _meta(draft).at("SB112", f"no file annotations/{annotator}.toml", *place)


@rule("SB113")
def unlisted_annotation(found: Bank) -> Iterator[Problem]:
    """A file in annotations/ belongs to no annotator of article.toml."""
    for draft in found.articles.values():
        known = _ids(draft.meta, "annotator") if draft.meta else None
        if known is None:
            continue
        for name, document in draft.annotations.items():
            if name not in known:
                close = closest(name, known)
                hint = f"did you mean {close!r}?" if close else "add one, or remove this file"
                yield document.problem("SB113", f"article.toml has no [[annotator]] with the id {quoted(name)}; {hint}")


@rule("SB114")
def unexpected_file(found: Bank) -> Iterator[Problem]:
    """A file or folder that a bank does not hold."""
    yield from (problem for problem in found.problems if problem.code == "SB114")
    wanted = ("annotations", "article.toml", "article.txt", "source.txt")
    for draft in found.articles.values():
        for path in bank.listed(draft.folder):
            if path.name not in wanted:
                message = f"an article folder holds no {quoted(path.name)}; {nearest(path.name, wanted)}"
                yield Problem(f"{draft.shown}/{path.name}", 1, 1, "SB114", message)
        annotations = draft.folder / "annotations"
        if annotations.is_symlink():
            continue
        if annotations.is_file():
            yield Problem(f"{draft.shown}/annotations", 1, 1, "SB114", "annotations is a folder, with a file for each annotator")
        for path in bank.listed(annotations):
            if path.suffix != ".toml":
                shown = f"{draft.shown}/annotations/{path.name}"
                yield Problem(shown, 1, 1, "SB114", "annotations/ holds one .toml file for each annotator")


@rule("SB117")
def id_mismatch(found: Bank) -> Iterator[Problem]:
    """An id differs from the name of its folder or file. Names that no id can equal, and copied ids, have rules of their own."""
    for name, document in found.topics.items():
        if document.tree.get("id", name) != name and bank.is_id(name):
            yield document.at("SB117", f"id {quoted(document.tree['id'])}, but the file is {name}.toml", "id")
    copied = _copied(found)
    for name, draft in found.articles.items():
        if draft.meta and draft.meta.tree.get("id", name) != name and bank.is_id(name) and draft.meta.tree["id"] not in copied:
            yield draft.meta.at("SB117", f"id {quoted(draft.meta.tree['id'])}, but the folder is {name!r}", "id")


@rule("SB118")
def data_version(found: Bank) -> Iterator[Problem]:
    """The newest heading of the bank's changelog is no version; whether it is high enough is for `diff` to say."""
    file = found.changelog
    if file is None:
        return
    yield from file.problems
    version, offset = newest(file.text or "")
    if file.text is not None and version is None:
        there = file.text[offset:].split("\n")[0] if offset else ""
        message = f"the newest heading is {quoted(there)}" if offset else "there is no heading"
        yield file.problem("SB118", f"{message}; write the data version, as ## 1.2.0 — 2026-11-23", offset, len(there))


def _copied(found: Bank) -> dict[str, list[str]]:
    """The article ids that several folders have, with the folders."""
    folders = defaultdict(list)
    for name, draft in found.articles.items():
        if draft.meta and "id" in draft.meta.tree:
            folders[draft.meta.tree["id"]].append(name)
    return {one: names for one, names in folders.items() if len(names) > 1}


def _meta(draft: Draft) -> Document[article.Metadata]:
    assert draft.meta is not None
    return draft.meta


def _tables(document: Document[Any] | None, kind: str) -> list[dict[str, Any]]:
    """The tables of an array, as far as they could be read."""
    return document.tree.get(kind, []) if document else []


def _ids(document: Document[Any], kind: str) -> list[str] | None:
    """The ids in an array of tables; None where they cannot be told, since the file or one of them could not be read."""
    ids = [one["id"] for one in _tables(document, kind) if "id" in one]
    whole = len(ids) == len(_tables(document, kind)) and not document.unread(kind)
    return ids if whole else None


def _annotators(draft: Draft) -> Iterator[tuple[Place, str]]:
    """The annotators that article.toml lists, each with the place of its id."""
    for i, one in enumerate(_tables(draft.meta, "annotator")):
        if "id" in one:
            yield ("annotator", i, "id"), one["id"]


# SB2: labels and references


def _labelled(found: Bank) -> Iterator[tuple[Draft, str, Document[Annotation], int, dict[str, Any]]]:
    """Every labelled sentence: its article, annotator, file, position in the file, and what of it could be read."""
    for draft in found.articles.values():
        for name, document in draft.annotations.items():
            for i, sentence in enumerate(_tables(document, "sentence")):
                yield draft, name, document, i, sentence


def _known(found: Bank, kind: str) -> dict[str, tuple[Document[Topic], dict[str, None]]]:
    """For each article that has a readable topic: the topic, and the ids of its parties or facts."""
    ids = {name: (topic, _ids(topic, kind)) for name, topic in found.topics.items()}
    known = {name: (topic, dict.fromkeys(one)) for name, (topic, one) in ids.items() if one is not None}
    of = {name: known.get(draft.meta.tree.get("topic", "")) for name, draft in found.articles.items() if draft.meta}
    return {name: one for name, one in of.items() if one is not None}


class _Hints:
    """Makes the hints of a rule, which take time, for no more problems of a file than are told."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()

    def __call__(self, document: Document[Any], make: Callable[..., str], *about: Any) -> str:
        self._made[document.path] += 1
        return make(*about) if self._made[document.path] <= MOST else ""


@rule("SB204")
def unknown_perspective(found: Bank) -> Iterator[Problem]:
    """A perspective is neither a party of the topic nor neutral."""
    known, hint = _known(found, "party"), _Hints()
    for draft, _, document, i, sentence in _labelled(found):
        topic, parties = known.get(draft.folder.name, (None, {}))
        value = sentence.get("source_perspective")
        if topic and value and value != NEUTRAL and value not in parties:
            choices = {**parties, NEUTRAL: None}
            message = f"unknown perspective {quoted(value)}; {hint(document, _nearest_party, value, topic, choices)}"
            place = ("sentence", i, "source_perspective")
            yield replace(document.at("SB204", message, *place), fix=_same_but_case(document, value, choices, place))


@rule("SB205")
def unknown_party(found: Bank) -> Iterator[Problem]:
    """A source party, or a party of a stance, is not in the topic."""
    known, hint = _known(found, "party"), _Hints()
    for draft, _, document, i, sentence in _labelled(found):
        topic, parties = known.get(draft.folder.name, (None, {}))
        if topic is None:
            continue
        party = sentence.get("source_party")
        if party and party not in parties:
            message = f"unknown party {quoted(party)}; {hint(document, _nearest_party, party, topic, parties)}"
            place = ("sentence", i, "source_party")
            yield replace(document.at("SB205", message, *place), fix=_same_but_case(document, party, parties, place))
        for party in sentence.get("stance", {}):
            if party not in parties:
                message = f"unknown party {quoted(party)}; {hint(document, _nearest_party, party, topic, parties)}"
                yield document.at("SB205", message, "sentence", i, "stance", party, key=True)


def _same_but_case(document: Document[Any], value: str, choices: Iterable[str], place: Place) -> Edit | None:
    """The edit to the one choice that differs from a value in letter case, or white space around it, alone."""
    meant = [choice for choice in choices if choice.casefold() == value.strip().casefold()]
    return document.value_edit(meant[0], *place) if len(meant) == 1 else None


def _nearest_party(name: str, topic: Document[Topic], choices: Iterable[str]) -> str:
    """Like `nearest`, but an alias, or a word of one, leads to its party."""
    for party in _tables(topic, "party"):
        aliases = [alias.casefold() for alias in party.get("aliases", [])]
        if name.casefold() in aliases or any(name.casefold() in alias.split() for alias in aliases):
            return f"did you mean {party['id']!r}?"
    return nearest(name, choices)


@rule("SB206")
def unknown_fact(found: Bank) -> Iterator[Problem]:
    """A fact is not in the topic."""
    known, hint = _known(found, "fact"), _Hints()
    for draft, _, document, i, sentence in _labelled(found):
        topic, facts = known.get(draft.folder.name, (None, {}))
        for fact in sentence.get("facts", {}) if topic else ():
            if fact not in facts:
                message = f"unknown fact {quoted(fact)}; {hint(document, nearest, fact, facts)}"
                yield document.at("SB206", message, "sentence", i, "facts", fact, key=True)


def _layers(found: Bank) -> dict[tuple[str, str], list[str]]:
    """For each article and annotator the layers to decide for every sentence; none where article.toml does not say."""
    every = [layer.value for layer in Layer]
    layers: dict[tuple[str, str], list[str]] = {}
    for name, draft in found.articles.items():
        for i, annotator in enumerate(_tables(draft.meta, "annotator")):
            if "id" in annotator and not _meta(draft).unread("annotator", i, "layers"):
                named = annotator.get("layers", every)
                layers.setdefault((name, annotator["id"]), [layer for layer in every if layer in named])
    return layers


@rule("SB207")
def unknown_choice(found: Bank) -> Iterator[Problem]:
    """A value is none of those that its key has; what an article accepts is a warning."""
    yield from (problem for problem in _read(found) if problem.code == "SB207")
    warnings = [code for code, one in CODES.items() if one.level == "warning"]
    for draft in found.articles.values():
        for i, code in enumerate(draft.meta.tree.get("accepted", []) if draft.meta else []):
            if code and code not in warnings:
                message = f"{code} is no warning that could be accepted; choose from {', '.join(warnings)}"
                yield _meta(draft).at("SB207", message, "accepted", i)


@rule("SB209")
def label_missing(found: Bank) -> Iterator[Problem]:
    """A sentence lacks the key of a layer that its annotator codes."""
    layers = _layers(found)
    for draft, name, document, i, sentence in _labelled(found):
        coded = layers.get((draft.folder.name, name), [])
        missing = [layer for layer in coded if layer not in sentence and layer != Layer.SOURCE_TYPE]
        missing = [layer for layer in missing if layer not in sentence.get("undecided", [])]
        for layer in missing if sentence else ():
            if not document.unread("sentence", i, layer):
                yield document.at("SB209", f"{_nth(sentence, i)} has no {layer}", "sentence", i)


def _nth(sentence: dict[str, Any], i: int) -> str:
    """What to call a sentence: by its number, else by its position in the file."""
    return f"sentence {sentence['n']}" if "n" in sentence else f"the sentence at position {i}"


@rule("SB210")
def label_empty(found: Bank) -> Iterator[Problem]:
    """A label is an empty string, or is listed as undecided."""
    for _, _, document, i, sentence in _labelled(found):
        empty = [layer for layer in ("claim_type", "attribution", "source_perspective") if sentence.get(layer) == ""]
        listed = [key for key in sentence.get("undecided", []) if key and key not in empty]
        if empty or listed:
            fields = [*map(quoted, listed[:10])] + ["…"] * (len(listed) > 10)
            todo = [f"fill in {', '.join(empty)}"] * bool(empty)
            todo += [f"decide {', '.join(fields)}, and take what is decided from `undecided`"] * bool(fields)
            message = f"{_nth(sentence, i)}: {'; '.join(todo)}"
            yield document.at("SB210", message, "sentence", i, *([empty[0]] if empty else ["undecided"]))


@rule("SB211")
def source_of_author(found: Bank) -> Iterator[Problem]:
    """A claim in the author's own voice is given a source."""
    for _, _, document, i, sentence in _labelled(found):
        if sentence.get("attribution") == "author":
            for key in ("source", "cue", "source_type", "source_party"):
                if _words(sentence.get(key)):
                    message = (
                        f"{_nth(sentence, i)} is attributed to the author: take out the {key}, "
                        "or say that the claim is direct, indirect or mixed"
                    )
                    yield document.at("SB211", message, "sentence", i, key)


@rule("SB212")
def source_type_missing(found: Bank) -> Iterator[Problem]:
    """An attributed claim has no source type, though its annotator codes it."""
    layers = _layers(found)
    for draft, name, document, i, sentence in _labelled(found):
        if sentence.get("attribution") not in ("direct", "indirect", "mixed") or sentence.get("source_type"):
            continue
        if "source_type" in sentence.get("undecided", []):
            continue
        if Layer.SOURCE_TYPE in layers.get((draft.folder.name, name), []) and not document.unread("sentence", i, "source_type"):
            choices = ", ".join(SourceType)
            message = f"{_nth(sentence, i)} is attributed ({sentence['attribution']}): give its source_type, {choices}"
            yield document.at("SB212", message, "sentence", i, "source_type")


@rule("SB213")
def unconfirmed(found: Bank) -> Iterator[Problem]:
    """Something was extracted by a program, and nobody has confirmed it."""
    for draft in found.articles.values():
        names = [quoted(name) for name in draft.meta.tree.get("extracted", []) if name] if draft.meta else []
        if names:
            message = (
                f"{', '.join(names)} not confirmed yet; take a name from `extracted` when you have compared it with the original"
            )
            yield _meta(draft).at("SB213", message, "extracted")


def _words(quote: Any) -> str:
    """The words of a quotation, given as a string or as a table."""
    words = quote.get("text", "") if isinstance(quote, dict) else quote
    return words if isinstance(words, str) else ""


# SB3: text

_IGNORED = article.IGNORED


def _counted(text: str) -> str:
    """The characters of a text that are not `_IGNORED`; most texts have only white space to leave out, which is quicker."""
    plain = "".join(text.split())
    return plain if plain.isprintable() else _IGNORED.sub("", plain)


@rule("SB301")
def text_differs_from_source(found: Bank) -> Iterator[Problem]:
    """article.txt has other words than source.txt; white space, controls and characters without width do not count."""
    for draft in found.articles.values():
        if draft.text is None or draft.source is None or not _text(draft.text) or not _text(draft.source):
            continue
        if (draft.text.text or "").split() == (draft.source.text or "").split():
            continue
        ours, theirs = (_counted(file.text or "") for file in (draft.text, draft.source))
        if ours != theirs:
            same = _first_difference(ours, theirs)
            here, there = (_nth_counted(file.text or "", same) for file in (draft.text, draft.source))
            line, column = draft.source.position(there)
            had = _ahead(draft.text.text or "", here if same < len(ours) else None)
            has = _ahead(draft.source.text or "", there if same < len(theirs) else None)
            yield draft.text.problem("SB301", f"article.txt has {had} here, and source.txt {has} at {line}:{column}", here)


def _first_difference(one: str, other: str) -> int:
    """The offset of the first character that differs; the shorter length where one starts with the other."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _ahead(text: str, offset: int | None) -> str:
    """The words at an offset and after, for a message."""
    if offset is None or offset >= len(text):
        return "nothing more"
    start = next((at for at in range(offset, max(0, offset - 20), -1) if text[at - 1].isspace()), offset)
    return quoted(" ".join(text[start : start + 80].split()), offset - start + 24)


def _nth_counted(text: str, n: int) -> int:
    """The offset of the n-th character that counts, or of the last if there are not so many."""
    at = 0
    for match in _IGNORED.finditer(text):
        if match.start() - at > n:
            break
        n -= match.start() - at
        at = match.end()
    return min(at + n, max(0, len(text.rstrip()) - 1))


@rule("SB302")
def source_hash(found: Bank) -> Iterator[Problem]:
    """source.txt is not the text whose hash article.toml holds."""
    for draft in found.articles.values():
        if draft.meta and draft.source and _text(draft.source) and not draft.withheld and not draft.meta.unread("source_sha256"):
            actual = article.sha256(draft.source.text or "")
            if draft.meta.tree.get("source_sha256") != actual:
                yield draft.meta.at("SB302", f"source.txt has the hash {actual}", "source_sha256")


def _lines(draft: Draft) -> list[str]:
    """The sentences of article.txt; `segment.lines` says where they are."""
    return [line for line in _text(draft.text).split("\n") if line]


@rule("SB303")
def sentence_differs(found: Bank) -> Iterator[Problem]:
    """The text of a labelled sentence is not that of its line in article.txt."""
    for draft in found.articles.values():
        lines = _lines(draft)
        numbers = {line: n for n, line in enumerate(lines)}
        for document in draft.annotations.values():
            for i, sentence in enumerate(_tables(document, "sentence")):
                n, text = sentence.get("n"), sentence.get("text")
                if n is None or text is None or not 0 <= n < len(lines) or text == lines[n]:
                    continue
                if _CONTROL.sub("", text) == _CONTROL.sub("", lines[n]):
                    continue  # SB004 says so
                same = _first_difference(text, lines[n])
                word = text.rfind(" ", 0, same) + 1
                ours, theirs = (_ahead(one, word if same - word < _MOST else same) for one in (text, lines[n]))
                if ours == theirs:  # they differ in white space, which the message must then keep
                    ours, theirs = (quoted(one[max(0, same - 3) :], 24) for one in (text, lines[n]))
                message = f"sentence {n} has {ours} here, and {theirs} in article.txt"
                if text in numbers:
                    message = f"this is sentence {numbers[text]} of article.txt, not {n}"
                    same = 0
                place = ("sentence", i, "text")
                # offsets of spans would count the white space that a new text has or has not
                respaced = "".join(text.split()) == "".join(lines[n].split()) and not sentence.get("spans")
                fix = document.value_edit(lines[n], *place) if respaced else None
                yield replace(_within(document, "SB303", message, place, same), fix=fix)


def _within(document: Document[Any], code: str, message: str, place: Place, offset: int) -> Problem:
    """A problem at a code point of a string, where that can be told: on one line, without escapes before it."""
    _, start, end = document.places.get(place, (0, 0, 0))
    raw = (document.text or "")[start:end]
    if not offset or raw[:3] in ('"""', "'''") or "\\" in raw[: offset + 1]:
        return document.at(code, message, *place)
    return document.at(code, message, *place, offset=1 + offset, length=1)


class _Quote(NamedTuple):
    """A quotation of a sentence: where it is listed, its words, which occurrence is meant, if that is said, and where they are."""

    place: Place
    words: str
    nth: int | None
    starts: Sequence[int]


def _quotes(sentence: dict[str, Any]) -> Iterator[_Quote]:
    """The quotations of a sentence. The k-th listing of the same loaded words is their k-th occurrence."""
    listed: list[tuple[Place, Any]] = [((key,), sentence[key]) for key in ("source", "cue") if key in sentence]
    listed += [(("loaded", k), quote) for k, quote in enumerate(sentence.get("loaded", []))]
    listed += [(("facts", fact), quote) for fact, quote in sentence.get("facts", {}).items()]
    starts: dict[str, Sequence[int]] = {}
    loaded: Counter[str] = Counter()
    for place, quote in listed:
        words = _words(quote)
        nth = quote.get("nth") if isinstance(quote, dict) else None
        if place[0] == "loaded":
            loaded[words] += 1
            nth = nth or loaded[words]
        if words not in starts:
            starts[words] = article.occurrences(sentence.get("text", ""), words)
        if words:
            yield _Quote(place, words, nth, starts[words])


@lru_cache(maxsize=1)
def _doubtful(found: Bank) -> list[tuple[Draft, str, Document[Annotation], int, dict[str, Any]]]:
    """The labelled sentences in which a quotation does not stand exactly once, so that SB304 and SB305 look closer."""
    return [one for one in _labelled(found) if not _is_quoted_once(one[-1])]


def _is_quoted_once(sentence: dict[str, Any]) -> bool:
    """Whether the quotations are strings that stand in the sentence once each, and are listed once."""
    text = sentence.get("text", "")
    quotes = (sentence.get("source"), sentence.get("cue"), *sentence.get("loaded", ()), *sentence.get("facts", {}).values())
    words = [quote for quote in quotes if quote]
    once = all(isinstance(one, str) and 0 <= text.find(one) == text.rfind(one) for one in words)
    return once and len(set(words)) == len(words)


@rule("SB304")
def quote_not_found(found: Bank) -> Iterator[Problem]:
    """Quoted words are not in their sentence, or not as often as they are listed."""
    hint = _Hints()
    lines: dict[str, set[str]] = {}
    told: Counter[str] = Counter()
    for draft, _, document, i, sentence in _doubtful(found):
        for quote in _quotes(sentence) if "text" in sentence else ():
            times = len(quote.starts)
            if (quote.nth or 1) <= times:
                continue
            told[document.path] += 1
            if not times:
                meant = hint(document, _closest, sentence["text"], quote.words, told[document.path] <= _MOST)
                message = f"{quoted(quote.words)} is not in {_nth(sentence, i)}{meant}"
            else:
                often = f"{times} times" if times > 1 else "only once"
                message = f"{quoted(quote.words)} stands {often} in {_nth(sentence, i)}, so there is no number {quote.nth}"
            # where the sentence itself is not as in article.txt, that comes first
            if draft.shown not in lines:
                lines[draft.shown] = set(_lines(draft))
            fix = _respaced(document, sentence, i, quote) if not times and sentence["text"] in lines[draft.shown] else None
            yield replace(document.at("SB304", message, "sentence", i, *quote.place), fix=fix)


def _respaced(document: Document[Any], sentence: dict[str, Any], i: int, quote: _Quote) -> Edit | None:
    """The edit to words that differ in white space alone, if they stand in the sentence exactly once and are listed once."""
    parts = quote.words.split()
    if not parts or quote.nth not in (None, 1) or len(quote.words) > _LONG:
        return None
    words = r"\s+".join(map(re.escape, parts))
    edges = [r"\b" if re.search(r"\w", edge) else "" for edge in (parts[0][0], parts[-1][-1])]
    anywhere = re.findall(rf"(?=({words}))", sentence["text"])
    meant = re.findall(words.join(edges), sentence["text"])
    if len(meant) != 1 or len(anywhere) != 1 or meant[0] in map(_words, sentence.get("loaded", [])):
        return None
    place = ("sentence", i, *quote.place)
    return document.value_edit(meant[0], *((*place, "text") if (*place, "text") in document.places else place))


_TYPOGRAPHIC = str.maketrans("“”„‟«»‘’‚‛–—‐‑\xa0\u202f", '""""""\'\'\'\'----  ')


def _closest(text: str, words: str, far: bool) -> str:
    """A hint for the common slips: letter case, quotation marks and dashes, spaces around; and `far`, the words most alike."""
    for fold in (str.casefold, str):
        plain, wanted = (fold(one.translate(_TYPOGRAPHIC)) for one in (text, words.strip()))
        at = plain.find(wanted)
        if wanted and at >= 0 and len(plain) == len(text):
            return f"; did you mean {quoted(text[at : at + len(wanted)])}?"
    alike = _most_alike(text, words) if far else ""
    return f"; did you mean {quoted(alike)}?" if alike else ""


_LONG = 300
_LONGEST_SENTENCE = 1_000


def _most_alike(text: str, words: str) -> str:
    """The words of a sentence that are most like those quoted, if any are much so; none for what is too long to compare."""
    if len(words) > _LONG or len(text) > _LONGEST_SENTENCE:
        return ""
    places = [match.span() for match in re.finditer(r"\w+(?:[’'-]\w+)*", text)]
    count = len(words.split())
    runs = {
        text[places[first][0] : places[last][1]]
        for first in range(len(places))
        for last in range(first + max(0, count - 2), min(first + count + 1, len(places)))
    }
    alike = next(iter(get_close_matches(" ".join(words.split()), sorted(runs), n=1, cutoff=0.75)), "")
    return "" if any(_mixed(alike)) else alike  # what looks the same, SB007 explains


@rule("SB305")
def quote_ambiguous(found: Bank) -> Iterator[Problem]:
    """Quoted words stand in their sentence more than once, and nothing says which place is meant."""
    for _, _, document, i, sentence in _doubtful(found):
        for quote in _quotes(sentence):
            if quote.nth is None and len(quote.starts) > 1:
                message = (
                    f"{quoted(quote.words)} stands {len(quote.starts)} times in {_nth(sentence, i)}; "
                    f"write {{ text = …, nth = 1 }}, with the number of the one that is meant"
                )
                yield document.at("SB305", message, "sentence", i, *quote.place)


@rule("SB306")
def spans_cross(found: Bank) -> Iterator[Problem]:
    """Two spans of one layer overlap without one holding the other; loaded words may not overlap at all."""
    for _, _, document, i, sentence in _labelled(found):
        several = len(sentence.get("loaded", ())) > 1 or len(sentence.get("spans", ())) > 1
        for layer, marks in _marks(sentence).items() if several else ():
            around: list[tuple[int, int]] = []
            for start, end, place in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
                while around and around[-1][1] <= start:
                    around.pop()
                if around and (around[-1][1] < end or layer == SpanLayer.LOADED):
                    one, other = (quoted(sentence["text"][a:b]) for a, b in (around[-1], (start, end)))
                    message = f"{layer} spans {one} and {other} of {_nth(sentence, i)} overlap"
                    yield document.at("SB306", message, "sentence", i, *place)
                else:
                    around.append((start, end))


def _marks(sentence: dict[str, Any]) -> dict[str, list[tuple[int, int, Place]]]:
    """The spans of a sentence that may not cross, by layer, as far as they are sound."""
    text = sentence.get("text", "")
    marks = defaultdict(list)
    for quote in _quotes(sentence):
        if quote.place[0] == "loaded" and quote.nth and quote.nth <= len(quote.starts):
            start = quote.starts[quote.nth - 1]
            marks[SpanLayer.LOADED.value].append((start, start + len(quote.words), quote.place))
    for k, mark in enumerate(sentence.get("spans", [])):
        if {"layer", "start", "end"} <= set(mark) and 0 <= mark["start"] < mark["end"] <= len(text):
            marks[mark["layer"]].append((mark["start"], mark["end"], ("spans", k)))
    return marks


@rule("SB307")
def span_offsets(found: Bank) -> Iterator[Problem]:
    """The offsets of a span are not inside its sentence, or other words stand there."""
    for _, _, document, i, sentence in _labelled(found):
        text = sentence.get("text")
        for k, mark in enumerate(sentence.get("spans", [])):
            if text is None or not {"start", "end", "text"} <= set(mark):
                continue
            start, end = mark["start"], mark["end"]
            if not 0 <= start < end <= len(text):
                message = f"start {start}, end {end}: a span of {_nth(sentence, i)} has 0 <= start < end <= {len(text)}"
                yield document.at("SB307", message, "sentence", i, "spans", k)
            elif text[start:end] != mark["text"]:
                message = f"{start} to {end} of {_nth(sentence, i)} is {quoted(text[start:end])}, not {quoted(mark['text'])}"
                yield document.at("SB307", message, "sentence", i, "spans", k)


@rule("SB308")
def article_layout(found: Bank) -> Iterator[Problem]:
    """article.txt is not laid out as a headline and paragraphs of a sentence a line."""
    for draft in found.articles.values():
        text = _text(draft.text)
        # carriage returns, and a mark before the headline, would shift every place; they go first
        if draft.text and text == draft.text.text:
            yield from _first(draft.text, "SB308", _layout(text))


_SPACE = r"[^\S\n\v\f\x1c-\x1f\x85\u2028\u2029]"
_LAYOUT = re.compile(rf"(\A\n+)|(\n{{3,}}(?=[^\n]))|(?m:(^{_SPACE}+))|(?m:((?<!{_SPACE}){_SPACE}+$))|([^\n]\Z)|(\n{{2,}}\Z)")


def _is_laid_out(text: str) -> bool:
    """Whether nothing is wrong with the layout, told without a search for what is."""
    blank = text[:1] == "\n" or "\n\n\n" in text or text[-1:] != "\n" or text[-2:] == "\n\n"
    return not blank and text[text.find("\n") :][:2] == "\n\n" and all(line == line.strip() for line in text.split("\n"))


def _layout(text: str) -> Iterator[tuple[int, int, str]]:
    """What is wrong with the layout: offset, length, message."""
    if _is_laid_out(text):
        return
    for match in _LAYOUT.finditer(text):
        where, message = (
            (0, "no blank line before the headline"),
            (2, "one blank line between paragraphs, not more"),
            (0, "no space at the start of a line"),
            (0, "no space at the end of a line"),
            (0, "the last line ends with a line feed too"),
            (1, "no blank line at the end"),
        )[(match.lastindex or 1) - 1]
        yield match.start() + where, 1 if "\n" in match[0] else len(match[0]), message
    first = text.find("\n")
    if first > 0 and text[first + 1 :].strip() and text[first + 1] != "\n":
        yield first + 1, 1, "the headline stands alone: put a blank line after it"


@rule("SB309")
def withheld_text(found: Bank) -> Iterator[Problem]:
    """Words of a withheld text stand in its folder. They are not shown: what is printed may be public."""
    for draft in found.articles.values():
        for problem in open_words(draft) if draft.withheld else _closed_words(draft):
            yield replace(problem, source="", length=1)


def _closed_words(draft: Draft) -> Iterator[Problem]:
    text = (draft.text and draft.text.text) or ""
    if draft.text and text.strip() and withheld.is_mask(text) and not _meta(draft).unread("includes_text"):
        message = "a mask and no text; where the text is withheld, article.toml says `includes_text = false`"
        yield draft.text.problem("SB309", message)


def open_words(draft: Draft) -> Iterator[Problem]:
    """The words that stand in a withheld article where only masks may, and the comments that could hold some."""
    if draft.source:
        yield draft.source.problem("SB309", "article.toml says that the text is withheld; keep source.txt elsewhere")
    if draft.text and not withheld.is_mask(text := draft.text.text or ""):
        words = list(withheld.WORDS.finditer(text))
        more = f", and in {len(words) - 1} more places" if len(words) > 1 else ""
        yield draft.text.problem(
            "SB309",
            f"article.toml says that the text is withheld, and more stands here than a run of █ a sentence{more}",
            words[0].start(),
        )
    for place, keys in _left_out(_meta(draft).tree):
        message = f"a withheld article has no {', '.join(keys)}, which may tell of the text"
        yield _meta(draft).at("SB309", message, *place, keys[0], key=True)
    for document in draft.annotations.values():
        for i, sentence in enumerate(_tables(document, "sentence")):
            if keys := _unmasked(sentence):
                message = f"{_nth(sentence, i)} of a withheld text has words in {', '.join(keys)}"
                yield document.at("SB309", message, "sentence", i, keys[0])
    files: list[TextFile | None] = [draft.meta, *draft.annotations.values()]
    for file in filter(None, files):
        for offset, comment in comments(file.text or ""):
            if not re.fullmatch(r"#:schema \S+", comment):  # which tells an editor where the schema is
                yield file.problem("SB309", "a comment, which may quote the withheld text; leave it out", offset)


def _unmasked(sentence: dict[str, Any]) -> list[str]:
    """The keys in which words stand. What a note says cannot be told, so that there may be none."""
    held: dict[str, list[Any]] = {key: [sentence.get(key)] for key in ("text", "source", "cue")}
    held |= {"loaded": sentence.get("loaded", []), "facts": list(sentence.get("facts", {}).values())}
    held |= {"spans": sentence.get("spans", [])}
    words = [key for key, all_ in held.items() if not withheld.is_mask("".join(map(_words, all_)))]
    kept = withheld.KEPT[article.Sentence]
    return words + [key for key, value in sentence.items() if value and key not in kept and key in article.Sentence.model_fields]


def _left_out(tree: dict[str, Any]) -> Iterator[tuple[Place, list[str]]]:
    """The keys of article.toml, and of its annotators, that a withheld article has not, by the place of their table."""
    tables: list[tuple[Place, type[Any], dict[str, Any]]] = [((), article.Metadata, tree)]
    tables += [(("annotator", i), article.Annotator, one) for i, one in enumerate(tree.get("annotator", []))]
    for place, form, table in tables:
        if keys := [key for key in table if key in form.model_fields and key not in withheld.KEPT[form]]:
            yield place, keys


@rule("SB310")
def withheld_checks(found: Bank) -> Iterator[Problem]:
    """A withheld text lacks what a copy of it is verified by, or one that is there has what nothing needs."""
    for draft in found.articles.values():
        if draft.meta is None or draft.meta.unread("includes_text"):
            continue
        for key in withheld.CHECKS if not draft.withheld else ():
            if key in draft.meta.tree:
                yield draft.meta.at(
                    "SB310", f"the text is here, and {key} is for one that is withheld; leave it out", key, key=True
                )
        if draft.withheld:
            yield from _unchecked(draft, _meta(draft))
        for document in draft.annotations.values():
            for i, sentence in enumerate(_tables(document, "sentence")):
                if message := _loaded_at(draft, sentence):
                    yield document.at("SB310", f"{_nth(sentence, i)}: {message}", "sentence", i, "loaded_at")


def _unchecked(draft: Draft, meta: Document[article.Metadata]) -> Iterator[Problem]:
    """What of a withheld text cannot be verified."""
    lines = _lines(draft)
    for key in ("sentence_words", "sentence_checks"):
        if lines and not meta.unread(key) and (count := len(meta.tree.get(key, []))) != len(lines):
            yield meta.at("SB310", f"{key} has {count} numbers, and article.txt {len(lines)} sentences; each has its own", key)
    for key in ("source_check", "text_check"):
        if key not in meta.tree and not meta.unread(key):
            yield meta.at("SB310", f"a withheld text has a {key}, which `slantbank strip` makes", key)
    for i, gap in enumerate(meta.tree.get("gap", [])):
        if lines and gap.get("n", 0) >= len(lines):
            yield meta.at("SB310", f"article.txt has no sentence {gap['n']}", "gap", i, "n")


def _loaded_at(draft: Draft, sentence: dict[str, Any]) -> str:
    """What is wrong with the numbers of the loaded words of a sentence; empty if nothing is."""
    at, coded = sentence.get("loaded_at"), "loaded" in sentence
    if not draft.withheld:
        return "the text is here, and loaded_at is for one that is withheld; leave it out" if at is not None else ""
    if at is None or not coded:
        return "" if (at is None) == (not coded) else "loaded and loaded_at stand together where the text is withheld"
    words = dict(enumerate(_meta(draft).tree.get("sentence_words", []))).get(sentence.get("n", -1))
    if sorted(set(at)) != list(at) or (words is not None and at and at[-1] >= words):
        return f"loaded_at has the numbers of words, rising, from 0 to {words - 1 if words else 'the last'}"
    marked = sentence["loaded"] or any(mark.get("layer") == SpanLayer.LOADED for mark in sentence.get("spans", []))
    return "" if bool(at) == bool(marked) else "loaded_at numbers words where loaded spans are, and there alone"


# SB4: across files


@rule("SB401")
def duplicate_article(found: Bank) -> Iterator[Problem]:
    """Two folders hold an article of the same id."""
    for one, names in _copied(found).items():
        for name in names:
            if name != one:
                others = " and ".join(repr(other) for other in names if other != name)
                yield _meta(found.articles[name]).at("SB401", f"id {one!r} is that of folder {others} too", "id")


@rule("SB402")
def sentences_not_covered(found: Bank) -> Iterator[Problem]:
    """An annotation leaves a sentence out, labels one twice, or has one that is not in the text."""
    for draft in found.articles.values():
        count = len(_lines(draft))
        for document in draft.annotations.values() if count else ():
            if document.parsed and not document.unread("sentence"):
                yield from _uncovered(document, count)


def _uncovered(document: Document[Annotation], count: int) -> Iterator[Problem]:
    numbers = [sentence.get("n") for sentence in _tables(document, "sentence")]
    seen: set[int] = set()
    before = -1
    for i, n in enumerate(numbers):
        if n is None:
            continue
        if not 0 <= n < count:
            yield document.at("SB402", f"there is no sentence {n}: article.txt has 0 to {count - 1}", "sentence", i, "n")
        elif n in seen:
            yield document.at("SB402", f"sentence {n} is labelled twice", "sentence", i, "n")
        elif n < before:
            yield document.at("SB402", f"sentence {n} stands after sentence {before}", "sentence", i, "n")
        seen.add(n)
        before = n
    missing = sorted(set(range(count)) - seen)
    if missing and None not in numbers:
        listed = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
        message = f"{len(missing)} of {count} sentences {'is' if len(missing) == 1 else 'are'} not labelled: {listed}"
        after = next((i for i, n in enumerate(numbers) if n is not None and n > missing[0]), len(numbers) - 1)
        yield document.at("SB402", message, "sentence", after, key=True)


@rule("SB403")
def unknown_topic(found: Bank) -> Iterator[Problem]:
    """An article's topic has no file."""
    folder = found.folder / "topics"
    for draft in found.articles.values():
        topic = draft.meta.tree.get("topic") if draft.meta else None
        if topic and topic not in found.topics and not folder.is_symlink() and not (folder / f"{topic}.toml").is_symlink():
            yield _meta(draft).at("SB403", f"no file topics/{topic}.toml; {nearest(topic, sorted(found.topics))}", "topic")


def _duplicates(document: Document[Any] | None, kind: str, code: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for i, one in enumerate(_tables(document, kind)):
        name = one.get("id")
        if document and name in seen:
            line = document.at(code, "", kind, seen[name], "id").line
            yield document.at(code, f"{kind} {name!r} stands in line {line} already", kind, i, "id")
        elif name is not None:
            seen[name] = i


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
        yield from _duplicates(draft.meta, "annotator", "SB406")


@rule("SB407")
def duplicate_text(found: Bank) -> Iterator[Problem]:
    """Two articles have the same source text."""
    seen: dict[str, str] = {}
    for name, draft in found.articles.items():
        if draft.source and _text(draft.source):
            key = article.sha256(_counted(draft.source.text or ""))
            if key in seen:
                yield draft.source.problem("SB407", f"this is the text of article {seen[key]!r} too")
            seen.setdefault(key, name)
    if any(draft.withheld for draft in found.articles.values()):
        yield from _same_shape(found)


def _same_shape(found: Bank) -> Iterator[Problem]:
    """Withheld texts whose title, and the length and number of words of whose every sentence, are those of another text."""
    shapes: dict[tuple[Any, ...], str] = {}
    for name, draft in sorted(found.articles.items(), key=lambda one: one[1].withheld):
        lines = _lines(draft)
        words = _meta(draft).tree.get("sentence_words", []) if draft.withheld else [len(line.split()) for line in lines]
        if not draft.meta or not lines or "title" not in draft.meta.tree:
            continue
        shape = (draft.meta.tree["title"], *map(len, lines), *words)
        if draft.withheld and shape in shapes:
            yield draft.meta.at("SB407", f"this is the text of article {shapes[shape]!r} too: title and lengths are the same", "id")
        shapes.setdefault(shape, name)


@rule("SB408")
def adjudicated_id(found: Bank) -> Iterator[Problem]:
    """An annotator is called gold but not adjudicated, or adjudicated but not called gold."""
    for draft in found.articles.values():
        for i, one in enumerate(_tables(draft.meta, "annotator")):
            if "id" in one and "kind" in one and (one["id"] == GOLD) != (one["kind"] == AnnotatorKind.ADJUDICATED):
                message = (
                    f"annotator {one['id']!r} is of kind {one['kind']}; the adjudicated labels, and no others, are called {GOLD!r}"
                )
                yield _meta(draft).at("SB408", message, "annotator", i, "kind")


@rule("SB409")
def unknown_codebook(found: Bank) -> Iterator[Problem]:
    """An annotator followed a codebook newer than this package has."""
    for draft in found.articles.values():
        for i, one in enumerate(_tables(draft.meta, "annotator")):
            if is_newer(one.get("codebook", ""), codebook.VERSION):
                message = f"codebook {one['codebook']} is newer than {codebook.VERSION}, the newest known here; upgrade slantbank"
                yield _meta(draft).at("SB409", message, "annotator", i, "codebook")


# SB5: the built frames


def frame_rule(found: Bank, built: "dict[str, pl.DataFrame]") -> Iterator[Problem]:
    """SB501: the frames `built` from the bank break a rule of their schema; traced to file and line.

    Polars evaluates the rules, which tells the rows; frames that keep them are for pandera to validate.
    """
    import pandera.errors

    from slantbank.frames import schema

    failures = [failure for name, frame in built.items() for failure in schema.failures(name, frame)] + schema.dangling(built)
    for failure in failures:
        row = built[failure.frame].row(failure.row, named=True)
        yield _trace(found, row, failure.column, f"breaks a rule of the built {failure.frame}: {failure.rule}")
    for name, frame in built.items() if not failures else ():
        try:
            schema.validate(name, frame)
        except pandera.errors.SchemaErrors as error:
            for message in sorted({str(one) for one in error.failure_cases["check"]}):
                yield Problem(f"{bank.BUILT}/{name}.parquet", 1, 1, "SB501", f"breaks a rule of the built {name}: {message}")


_COLUMN_KEYS = {"perspective_party": "source_perspective", "loaded_words": "loaded", "article_id": "id", "topic_id": "topic"}


def _trace(found: Bank, row: dict[str, Any], column: str, message: str) -> Problem:
    """The place in the files that a cell of a frame comes from."""
    key = _COLUMN_KEYS.get(column, column)
    if "article_id" not in row:
        kind = "party" if "party_id" in row else "fact"
        topic = found.topics[row["topic_id"]]
        i = [one["id"] for one in _tables(topic, kind)].index(row[f"{kind}_id"])
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
