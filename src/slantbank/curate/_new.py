"""A new article folder from a text: the source as received, its sentences, and an empty sheet for an annotator."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from slantbank.bank import ID_PATTERN, Annotator, Article, Metadata, Sentence, Topic, article, is_id, segment, toml, withheld
from slantbank.bank import topic as topics
from slantbank.codebook import GOLD, VERSION, AnnotatorKind, Attribution, ClaimType, Origin, SourceType
from slantbank.curate import _language as language
from slantbank.curate import _notices as notices
from slantbank.curate._extract import Original
from slantbank.problem import ContributionError


class NewArticle(NamedTuple):
    """A new article: the text of every file by its name in the folder, its metadata, and what is to be said of it."""

    files: dict[str, str]
    meta: Metadata
    remarks: tuple[str, ...]


def new(
    original: Original,
    topic: Topic,
    article_id: str,
    annotator: str,
    *,
    kind: AnnotatorKind = AnnotatorKind.HUMAN,
    origin: Origin = Origin.PUBLISHED,
    wrapped: bool = False,
    title: str | None = None,
    **given: Any,
) -> NewArticle:
    """A new article: the text of every file of its folder, and what is to be said of it.

    What is `given` of the metadata, and the `title`, counts before what was found in the original. What a program found there is
    listed as `extracted`, for a person to confirm. A language that nobody gives is guessed, and that is said.

    Raises ValueError if the original has no sentence, is `wrapped` and no plain text, or an id or another value has the wrong form.
    """
    if wrapped and original.extracted:
        raise ValueError("--wrapped is for plain text")
    original, remarks = _byline(original, given.get("author"))
    metadata = {**original.metadata, **{name: value for name, value in given.items() if value is not None}}
    metadata["language"], said = _language(original.text, metadata.get("language"))
    extracted = [name for name in original.extracted if given.get(name) is None and not (title and name == "title")]
    coder = _coder(annotator, kind, topic)
    plain = original.text.removeprefix("\ufeff")
    sentences = segment.segment(plain, metadata["language"], wrapped=wrapped)
    if not sentences:
        raise ValueError("the text is empty")
    text = segment.layout(plain, sentences)
    try:
        meta = Metadata(
            id=article_id,
            topic=topic.id,
            title=text.split("\n", 1)[0],
            origin=origin,
            extracted=tuple(extracted),
            note=original.note,
            source_sha256=article.sha256(original.text),
            annotator=(coder,),
            **metadata,
        )
    except ValidationError as error:
        raise ValueError(_faulty(error)) from error
    files = article.files(Article(meta, original.text, text, {}))
    files["article.toml"] = _MORE + (_CONFIRM if extracted else "") + files["article.toml"]
    return NewArticle({**files, f"annotations/{annotator}.toml": sheet(text, topic)}, meta, remarks + said)


_TOP = 4
"""Among so many lines after the headline, a byline may stand."""


def _byline(original: Original, author: str | None) -> tuple[Original, tuple[str, ...]]:
    """A plain text without the line that is the byline of the `author` given; or a remark on what looks like a byline."""
    lines = original.text.splitlines(keepends=True)
    full = [i for i, line in enumerate(lines) if line.strip()][1 : _TOP + 1]
    names = {i: found for i in full if (found := notices.names({"the byline": [lines[i].strip()]}))}
    if original.extracted or not names:
        return original, ()
    (i, found) = next(iter(names.items()))
    shown = f"line {i + 1}, {lines[i].strip()!r},"
    if author is None:
        return original, (
            f"{shown} is a sentence now; if it is a byline, delete this folder and take the text in again with --author {found!r}",
        )
    if not set(author.casefold().split()) & set(found.casefold().replace(";", " ").split()):
        return original, ()
    rest = "".join(lines[:i] + lines[i + 1 :])
    return replace(original, text=rest), (f"{shown} is the byline, and no sentence",)


def _language(text: str, given: str | None) -> tuple[str, tuple[str, ...]]:
    """The language of a text, given or guessed, and what is to be said of it."""
    if given is not None and re.fullmatch(r"[a-z]{2,3}(-.*)?", given) and not language.is_known(given):
        raise ValueError(f"language {given!r} is none: use a tag of two or three letters, as en, de or pt-BR")
    guessed = language.guess(text)
    found = given or guessed or "en"
    said: tuple[str, ...] = ()
    if given is None:
        said = (f"language: {found}, guessed" if guessed else f"language: {found}, assumed; --language says another",)
    if given and guessed and guessed != given.partition("-")[0]:
        said += (f"language: {given}, as said, but the text looks like {guessed}",)
    elif others := language.others(text, found):
        said += tuple(f"{count} of its paragraphs look like {name}, not {found}" for name, count in others.most_common())
    return found, said


def _faulty(error: ValidationError) -> str:
    """What pydantic finds first, as the value that is wrong and what is wanted."""
    fault = error.errors()[0]
    name = "-".join(str(part) for part in fault["loc"])
    form = name == "id" and fault["type"] == "string_pattern_mismatch"
    wanted = "use small letters, digits and single hyphens, as in 2017-07-my-article" if form else fault["msg"]
    return f"{name} {fault['input']!r}: {wanted}"


_MORE = """\
# Where known, add: outlet, author, published = 2017-07-03 (no quotes), url, license (of the text), annotations_license, note.
# Leave out what is not known.
"""
_CONFIRM = """\
# `extracted` names what a program found: compare it with the original, correct it or leave it out, and take its name from the
# list; when the list is empty, delete the line. `text` stands for source.txt: nobody but you can see what is missing there, or
# too much. If it is wrong, correct a copy of source.txt, delete this folder, and take the copy in with `slantbank new`.
"""


def add_annotator(folder: Path, annotator: str, kind: AnnotatorKind) -> Path:
    """Add an empty sheet for an annotator to an article folder of a bank, and list the annotator in article.toml; its path.

    Raises FileExistsError if the sheet is there, ContributionError if article.toml or the topic cannot be read, ValueError
    if the id has not the form of one, or the text is withheld.
    """
    _named(annotator)
    found = article.draft(folder, str(folder))
    if found.meta is None or found.meta.value is None or found.text is None or found.text.text is None:
        raise ContributionError(found.problems + [problem for file in found.files for problem in file.problems])
    if found.withheld:
        raise ValueError(withheld.REFUSED.format(found.folder.name))
    topic = topics.read(folder.parents[1] / "topics" / f"{found.meta.value.topic}.toml")
    return article.add(folder, _coder(annotator, kind, topic), sheet(found.text.text, topic), new=True)


def _coder(annotator: str, kind: AnnotatorKind, topic: Topic) -> Annotator:
    _named(annotator)
    return Annotator(id=annotator, kind=kind, codebook=VERSION, facts=tuple(fact.id for fact in topic.fact))


def _named(annotator: str) -> None:
    """Raise ValueError if a name is no id for a coder."""
    if annotator == GOLD or not re.fullmatch(ID_PATTERN, annotator):
        raise ValueError(f"annotator {annotator!r}: use small letters, digits and single hyphens, and not {GOLD!r}")
    if not is_id(annotator):
        raise ValueError(f"annotator {annotator!r} is too long, or a name that Windows keeps for a device")


def sheet(text: str, topic: Topic) -> str:
    """An annotation file in which every field of every sentence is there and empty, with the choices in a comment."""
    return "\n".join([_choices(topic), *(_empty(n, line) for n, line in enumerate(segment.sentence_texts(text)))])


def _choices(topic: Topic) -> str:
    """What may stand in each field, with the meaning of each label."""
    out = [
        f"# Annotation sheet. Fill in every sentence by codebook {VERSION} (schema/codebook.md); then run `slantbank check`.",
        '# "" is not decided yet. Where a sentence has no stance or fact, write {}; no loaded words, [].',
        "# Read the whole article first. `note` is for a doubt: name the rule that leaves it.",
        "#",
    ]
    for name, labels in (("claim_type", ClaimType), ("attribution", Attribution), ("source_type", SourceType)):
        out += [f"# {name}", *(f"#   {one.value:<12} {one.definition}" for one in labels)]
    out += [
        "# source, cue, source_type, source_party: only where attribution is not author; exact words, or empty",
        "# source_party, source_perspective (or neutral), stance { party = -1, 0 or 1 }",
        *(f"#   {party.id:<12} {party.name}" for party in topic.party),
        '# loaded: ["exact words", "each occurrence"]',
        '# facts: { id = "the words that report it" }',
        *(f"#   {fact.id:<20} {fact.described}" for fact in topic.fact),
    ]
    return "\n".join(line.rstrip() for line in out) + "\n"


def _empty(n: int, text: str) -> str:
    asked = [name for name in Sentence.model_fields if name not in ("n", "text", *_NOT_ASKED)]
    return toml.table({"n": n, "text": text, **dict.fromkeys(asked, "")}, "sentence")


_NOT_ASKED = ("loaded_at", "spans", "scores", "decided_by", "undecided")
