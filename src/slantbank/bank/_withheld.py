"""A text that may not be redistributed: the article without its words, and the words put back from a reader's own copy.

A withheld article keeps the shape of its text. `MASK` stands for every character that is not white space, in `article.txt` and
wherever an annotation quotes it, so that offsets, lengths and the numbers of words, sentences and paragraphs are what they were.
There is no `source.txt`. The SHA-256 of each sentence tells whether a copy has it, and so confirms a guess at a sentence, too.
"""

import re
import shutil
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from slantbank.bank import _article as article
from slantbank.bank._article import Annotation, Article, Draft, Sentence
from slantbank.bank._quotes import listed_at, quotations, quoted_at
from slantbank.bank._topic import Topic
from slantbank.bank.toml import TextFile
from slantbank.problem import ContributionError, Problem, quoted

MASK = "\u2588"
WORDS = re.compile(rf"[^\s{MASK}]+")
"""What a mask does not hold."""

REFUSED = "the text of {} is withheld, and labels are made by reading: `slantbank hydrate` it from your own copy first"
"""Why a command that needs the words refuses."""


def mask(text: str) -> str:
    """The shape of a text: white space as it is, and `MASK` for every other character.

    >>> mask("He said so.")
    '██ ████ ███'
    """
    return re.sub(r"\S", MASK, text)


def is_mask(text: str) -> bool:
    """Whether no character is left; true of an empty text.

    >>> is_mask("██ ████"), is_mask("██ said")
    (True, False)
    """
    return WORDS.search(text) is None


@dataclass(frozen=True)
class Stripped:
    """An article without its text, and how many things were left out since they may quote it, by file and by what they are."""

    article: Article
    left_out: Counter[tuple[str, str]]


def strip(one: Article, topic: Topic) -> Stripped:
    """The article with its text withheld.

    All notes are left out, and of `details` and the `ref` of spans what shares a word with the text that neither the topic nor
    title, author, outlet or url holds. Raises ValueError if the text is withheld already, or an annotation does not fit it.
    """
    meta = one.meta
    if not meta.includes_text:
        raise ValueError(f"the text of {meta.id} is withheld already")
    lines, text = one.lines, mask(one.text)
    tells = _telltale(one, topic)
    left_out: Counter[tuple[str, str]] = Counter()

    def sentence(labels: Sentence, file: str) -> Sentence:
        spans = tuple(span.model_copy(update={"ref": None}) if tells(span.ref) else span for span in labels.spans)
        left_out[file, "note"] += labels.note is not None
        left_out[file, "ref of a span"] += sum(a != b for a, b in zip(spans, labels.spans, strict=True))
        line = lines[labels.n]
        return _reworded(labels.model_copy(update={"spans": spans, "note": None}), line, mask(line))

    annotations = {
        name: Annotation(sentence=tuple(sentence(labels, f"annotations/{name}.toml") for labels in annotation.sentence))
        for name, annotation in one.annotations.items()
    }
    details = {name: value for name, value in meta.details.items() if not tells(name) and not tells(value)}
    left_out["article.toml", "note"] += sum(note is not None for note in (meta.note, *(who.note for who in meta.annotator)))
    left_out["article.toml", "detail"] += len(meta.details) - len(details)
    changes = {
        "includes_text": False,
        "sentence_sha256": tuple(map(article.sha256, lines)),
        "details": details,
        "note": None,
        "annotator": tuple(who.model_copy(update={"note": None}) for who in meta.annotator),
    }
    return Stripped(Article(meta.model_copy(update=changes), "", text, annotations), +left_out)


def _telltale(one: Article, topic: Topic) -> Callable[[str | None], bool]:
    """Whether a string gives away a word of the text: of four letters or more; of two in another script than ASCII."""
    meta = one.meta
    known = [meta.title, meta.author, meta.outlet, meta.url, topic.id, topic.title]
    known += [part for party in topic.party for part in (party.id, party.name, *party.aliases)]
    known += [part for fact in topic.fact for part in (fact.id, fact.text)]
    public = {word for part in known for word in _letters(part or "")}
    text, words = one.text.casefold(), set(_letters(one.text)) - public

    def tells(value: str | None) -> bool:
        # a script without spaces has no words to look up
        others = (word for word in _letters(value or "") if word not in public)
        return any(word in words or (not word.isascii() and word in text) for word in others)

    return tells


def _letters(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]{2,}", text.casefold()) if len(word) >= 4 or not word.isascii()]


def _reworded(labels: Sentence, old: str, new: str) -> Sentence:
    """The labels of a sentence, whose words are `new` in place of `old`, of the same length; every span stays where it is.

    Which occurrence is meant is said where it must be. Raises ValueError if a quotation or a span is not in `old`.
    """
    if labels.text != old or len(old) != len(new):
        raise ValueError(f"sentence {labels.n} is not that of the text")

    places: dict[str, dict[Any, tuple[int, int]]] = {"source": {}, "cue": {}, "loaded": {}, "facts": {}}
    for quote in quotations(labels):
        if quote.place is None or quoted_at(new, *quote.place) is None:
            raise ValueError(f"sentence {labels.n}: {quote.words!r} is not in it")
        places[quote.key][quote.item] = quote.place
    for span in labels.spans:
        if not 0 <= span.start < span.end <= len(old) or old[span.start : span.end] != span.text:
            raise ValueError(f"sentence {labels.n}: a span is not where it should be")
    facts = {fact: quoted_at(new, *place) for fact, place in places["facts"].items()}
    changes: dict[str, Any] = {
        "text": new,
        **{key: quoted_at(new, *place) for key in ("source", "cue") for place in places[key].values()},
        "loaded": None if labels.loaded is None else listed_at(new, places["loaded"].values()),
        "facts": None if labels.facts is None else {**labels.facts, **facts},
        "spans": tuple(span.model_copy(update={"text": new[span.start : span.end]}) for span in labels.spans),
    }
    return labels.model_copy(update=changes)


def hydrate(found: Draft, copy: TextFile) -> Article:
    """The article with its text, taken from a copy that may be wrapped otherwise and have more before, between and after.

    The sentences are looked for in order, each by its hash; a headline that the copy lacks is taken from the title. If the copy is
    the file that was taken in, it is the source again; otherwise the text itself is, and `source_sha256` is its hash. Raises
    ContributionError with every sentence that was not found, or if the folder or the copy cannot be read; ValueError if the
    article has its text.
    """
    one = found.article
    if one is None or found.text is None or copy.text is None:
        raise ContributionError(copy.problems + found.problems + [fault for file in found.files for fault in file.problems])
    if one.meta.includes_text:
        raise ValueError(f"{one.meta.id} has its text")
    masks = one.lines
    hashes = one.meta.sentence_sha256
    if len(masks) != len(hashes):
        raise ContributionError([found.text.problem("SB310", f"{len(hashes)} hashes for {len(masks)} sentences")])
    title = one.meta.title if article.sha256(one.meta.title) == hashes[0] else None
    tried: list[list[_Found]] = []
    for stream in _streams(copy.text):
        tried.append(_search(masks, hashes, stream, title))
        if all(one.words is not None for one in tried[-1]):
            break
    best = min(tried, key=lambda found: sum(one.words is None for one in found))
    missing = [n for n, found in enumerate(best) if found.words is None]
    if missing:
        raise ContributionError(_missing(found.text, one, n, best[n].after, copy) for n in missing)
    lines = [found.words for found in best if found.words is not None]
    text = one.text
    for place, line in zip(one.sentences, lines, strict=True):
        text = text[: place.start] + line + text[place.end :]
    annotations = {
        name: Annotation(sentence=tuple(_reworded(labels, masks[labels.n], lines[labels.n]) for labels in annotation.sentence))
        for name, annotation in one.annotations.items()
    }
    source = copy.text if article.sha256(copy.text) == one.meta.source_sha256 else text
    changes = {"includes_text": True, "sentence_sha256": (), "source_sha256": article.sha256(source)}
    return Article(one.meta.model_copy(update=changes), source, text, annotations)


def put(articles: Sequence[Article], folder: Path, into: Path | None = None) -> list[Path]:
    """Write articles of the bank in `folder` to the bank `into`, with their topics if it lacks them, or else in their own place.

    Their folders. Raises FileExistsError, and writes nothing, if `into` has such an article.
    """
    targets = [(into or folder) / "articles" / one.meta.id for one in articles]
    taken = [target for target in targets if into is not None and target.exists()]
    if taken:
        raise FileExistsError(f"{taken[0]} is there already")
    for one, target in zip(articles, targets, strict=True):
        if into is None:
            article.replace(one, target)
            continue
        topic = Path("topics") / f"{one.meta.topic}.toml"
        if not (into / topic).exists():
            (into / topic).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / topic, into / topic)
        article.write(one, target)
    return targets


@dataclass(frozen=True)
class _Found:
    """The words of a sentence, if the copy has them, and after which of its characters they were looked for."""

    words: str | None
    after: int


class _Stream:
    """What counts of a copy, without the white space: the text, where each character stood, and which begin a run of them."""

    def __init__(self, copy: str, skipped: re.Pattern[str]) -> None:
        runs, at = [], 0
        for match in chain(skipped.finditer(copy), [None]):
            end = match.start() if match else len(copy)
            runs.append((at, end))
            at = match.end() if match else end
        self.text = "".join(copy[start:end] for start, end in runs)
        self.places = [at for run in runs for at in range(*run)]
        self.starts = list(accumulate((end - start for start, end in runs[:-1]), initial=0))


_SKIPPED = (re.compile(r"\s+|\A\ufeff"), re.compile(rf"(?:(?![\u200c\u200d]){article.IGNORED.pattern[:-1]})+"), article.IGNORED)
"""White space; also what is not seen, but for the joiners that scripts need; also these. A text may have been cleaned of them."""


def _streams(copy: str) -> Iterator[_Stream]:
    """The ways to read a copy, the strictest first."""
    seen: set[str] = set()
    for skipped in _SKIPPED:
        stream = _Stream(copy, skipped)
        if stream.text not in seen:
            yield stream
        seen.add(stream.text)


_TRIES = 1_000_000
"""So many places of a copy are tried for the sentences of one text; more is not a copy of an article."""


def _search(masks: Sequence[str], hashes: Sequence[str], stream: _Stream, title: str | None) -> list[_Found]:
    """The sentences in order, each where the one before ends or at the start of a word after it; the headline may be known."""
    found: list[_Found] = []
    at, tries = 0, _TRIES
    for n, (shape, known) in enumerate(zip(masks, hashes, strict=True)):
        after = stream.places[at - 1] + 1 if at else 0
        if n == 0 and title is not None:
            found.append(_Found(title, after))
            continue
        ends = list(accumulate(len(word) for word in shape.split()))
        gaps = [*re.findall(r"\s+", shape), ""]
        last = len(stream.text) - ends[-1]
        words = None
        for start in chain([at], stream.starts[bisect_right(stream.starts, at) :]):
            if start > last or not tries:
                break
            tries -= 1
            cut = [stream.text[start + a : start + b] + gap for a, b, gap in zip([0, *ends], ends, gaps, strict=False)]
            if article.sha256("".join(cut)) == known:
                words, at = "".join(cut), start + ends[-1]
                break
        found.append(_Found(words, after))
    return found


def _missing(file: TextFile, one: Article, n: int, after: int, copy: TextFile) -> Problem:
    place, text = one.sentences[n], copy.text or ""
    line, column = copy.position(min(after + len(text[after:]) - len(text[after:].lstrip()), len(text)))
    there = quoted(" ".join(text[after : after + 400].split()), 40)
    size = len(one.lines[n].split())
    message = f"sentence {n} ({size} words) is not found from {copy.path}:{line}:{column} on: {there}"
    return file.problem("SB310", message, place.start, place.end - place.start)
