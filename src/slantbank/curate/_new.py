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
    """A new article: the text of each file by its name in the folder, the metadata, and remarks for the user."""

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
    **stated: Any,
) -> NewArticle:
    """Make a new article from an original; nothing is written.

    The `stated` metadata and the `title` go before those in the original. What a program extracted is listed in `extracted`, for
    a person to confirm. A language that nobody states is guessed, and a remark says so.

    Raises ValueError if the original has no sentence, is `wrapped` and no plain text, or an id or another value has the wrong form.
    """
    if wrapped and original.extracted:
        raise ValueError("--wrapped is for plain text")
    original, remarks = _byline(original, stated.get("author"))
    metadata = {**original.metadata, **{name: value for name, value in stated.items() if value is not None}}
    metadata["language"], language_remarks = _language(original.text, metadata.get("language"))
    extracted = [name for name in original.extracted if stated.get(name) is None and not (title and name == "title")]
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
        raise ValueError(_first_error(error)) from error
    files = article.files(Article(meta, original.text, text, {}))
    files["article.toml"] = _MORE + (_CONFIRM if extracted else "") + files["article.toml"]
    return NewArticle({**files, f"annotations/{annotator}.toml": sheet(text, topic)}, meta, remarks + language_remarks)


_TOP = 4
"""The number of lines after the headline in which a byline is looked for."""


def _byline(original: Original, author: str | None) -> tuple[Original, tuple[str, ...]]:
    """Take the byline of the stated `author` out of a plain text; without an author, only remark on a line that looks like one."""
    lines = original.text.splitlines(keepends=True)
    top = [i for i, line in enumerate(lines) if line.strip()][1 : _TOP + 1]
    names = {i: name for i in top if (name := notices.byline_names([lines[i].strip()]))}
    if original.extracted or not names:
        return original, ()
    i, byline = next(iter(names.items()))
    where = f"line {i + 1}, {lines[i].strip()!r},"
    if author is None:
        return original, (
            f"{where} is a sentence now; if it is a byline, delete this folder and take the text in again with --author {byline!r}",
        )
    if not set(author.casefold().split()) & set(byline.casefold().replace(";", " ").split()):
        return original, ()
    without_byline = "".join(lines[:i] + lines[i + 1 :])
    return replace(original, text=without_byline), (f"{where} is the byline, and no sentence",)


def _language(text: str, stated: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the language of a text, stated or guessed, and remarks on it."""
    if stated is not None and re.fullmatch(r"[a-z]{2,3}(-.*)?", stated) and not language.is_language(stated):
        raise ValueError(f"language {stated!r} is none: use a tag of two or three letters, as en, de or pt-BR")
    guessed = language.guess(text)
    tag = stated or guessed or "en"
    remarks: tuple[str, ...] = ()
    if stated is None:
        remarks = (f"language: {tag}, guessed" if guessed else f"language: {tag}, assumed; --language says another",)
    if stated and guessed and guessed != stated.partition("-")[0]:
        remarks += (f"language: {stated}, as said, but the text looks like {guessed}",)
    elif others := language.other_languages(text, tag):
        remarks += tuple(f"{count} of its paragraphs look like {name}, not {tag}" for name, count in others.most_common())
    return tag, remarks


def _first_error(error: ValidationError) -> str:
    """Return the first error of pydantic as a message: the wrong value, and what to write instead."""
    fault = error.errors()[0]
    name = "-".join(str(part) for part in fault["loc"])
    form = name == "id" and fault["type"] == "string_pattern_mismatch"
    advice = "use small letters, digits and single hyphens, as in 2017-07-my-article" if form else fault["msg"]
    return f"{name} {fault['input']!r}: {advice}"


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
    """Add an empty sheet for an annotator to an article of a bank, list the annotator in article.toml, and return the sheet's path.

    Raises FileExistsError if the sheet exists, ContributionError if article.toml or the topic cannot be read, ValueError if the id
    has the wrong form or the text is withheld.
    """
    _check_coder_id(annotator)
    draft = article.draft(folder, str(folder))
    if draft.meta is None or draft.meta.value is None or draft.text is None or draft.text.text is None:
        raise ContributionError(draft.problems + [problem for file in draft.files for problem in file.problems])
    if draft.withheld:
        raise ValueError(withheld.REFUSED.format(draft.folder.name))
    topic = topics.read(folder.parents[1] / "topics" / f"{draft.meta.value.topic}.toml")
    return article.add(folder, _coder(annotator, kind, topic), sheet(draft.text.text, topic), new=True)


def _coder(annotator: str, kind: AnnotatorKind, topic: Topic) -> Annotator:
    _check_coder_id(annotator)
    return Annotator(id=annotator, kind=kind, codebook=VERSION, facts=tuple(fact.id for fact in topic.fact))


def _check_coder_id(annotator: str) -> None:
    """Raise ValueError if the id cannot be that of a coder."""
    if annotator == GOLD or not re.fullmatch(ID_PATTERN, annotator):
        raise ValueError(f"annotator {annotator!r}: use small letters, digits and single hyphens, and not {GOLD!r}")
    if not is_id(annotator):
        raise ValueError(f"annotator {annotator!r} is too long, or a name that Windows keeps for a device")


def sheet(text: str, topic: Topic) -> str:
    """Return an annotation file with every sentence and every field, all empty, and the choices in a comment at the start."""
    return "\n".join([_choices_comment(topic), *(_empty_sentence(n, line) for n, line in enumerate(segment.sentence_texts(text)))])


def _choices_comment(topic: Topic) -> str:
    """Return the comment that lists the choices for each field, with the meaning of each label."""
    lines = [
        f"# Annotation sheet. Fill in every sentence by codebook {VERSION} (schema/codebook.md); then run `slantbank check`.",
        '# "" is not decided yet. Where a sentence has no stance or fact, write {}; no loaded words, [].',
        "# Read the whole article first. `note` is for a doubt: name the rule that leaves it.",
        "#",
    ]
    for name, labels in (("claim_type", ClaimType), ("attribution", Attribution), ("source_type", SourceType)):
        lines += [f"# {name}", *(f"#   {label.value:<12} {label.definition}" for label in labels)]
    lines += [
        "# source, cue, source_type, source_party: only where attribution is not author; exact words, or empty",
        "# source_party, source_perspective (or neutral), stance { party = -1, 0 or 1 }",
        *(f"#   {party.id:<12} {party.name}" for party in topic.party),
        '# loaded: ["exact words", "each occurrence"]',
        '# facts: { id = "the words that report it" }',
        *(f"#   {fact.id:<20} {fact.described}" for fact in topic.fact),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _empty_sentence(n: int, text: str) -> str:
    fields = [name for name in Sentence.model_fields if name not in ("n", "text", *_NOT_ASKED)]
    return toml.table({"n": n, "text": text, **dict.fromkeys(fields, "")}, "sentence")


_NOT_ASKED = ("loaded_at", "spans", "scores", "decided_by", "undecided")
