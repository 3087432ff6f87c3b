"""A new article folder from a text: the source as received, its sentences, and an empty sheet for an annotator."""

import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slantbank.bank import ID_PATTERN, Annotator, Article, Metadata, Sentence, Topic, article, is_id, segment, toml, withheld
from slantbank.bank import topic as topics
from slantbank.codebook import GOLD, VERSION, AnnotatorKind, Attribution, ClaimType, Origin, SourceType
from slantbank.curate._extract import Original
from slantbank.problem import ContributionError


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
) -> dict[str, str]:
    """The text of every file of a new article's folder, by its name in the folder.

    What is `given` of the metadata, and the `title`, counts before what was found in the original. What a program found there is
    listed as `extracted`, for a person to confirm.

    Raises ValueError if the original has no sentence, is `wrapped` and no plain text, or an id or another value has the wrong form.
    """
    if wrapped and original.extracted:
        raise ValueError("--wrapped is for plain text")
    metadata = {"language": "en", **original.metadata, **{name: value for name, value in given.items() if value is not None}}
    extracted = [name for name in original.extracted if given.get(name) is None and not (title and name == "title")]
    coder = _coder(annotator, kind, topic)
    sentences = segment.segment(original.text, metadata["language"], wrapped=wrapped)
    if not sentences:
        raise ValueError("the text is empty")
    text = segment.layout(original.text, sentences)
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
    return {**files, f"annotations/{annotator}.toml": sheet(text, topic)}


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
    path = folder / "annotations" / f"{annotator}.toml"
    if path.exists():
        raise FileExistsError(f"{path} is there already; to make it again, delete it first")
    found = article.draft(folder, str(folder))
    if found.meta is None or found.meta.value is None or found.text is None or found.text.text is None:
        raise ContributionError(found.problems + [problem for file in found.files for problem in file.problems])
    if found.withheld:
        raise ValueError(withheld.REFUSED.format(found.folder.name))
    topic = topics.read(folder.parents[1] / "topics" / f"{found.meta.value.topic}.toml")
    path.parent.mkdir(exist_ok=True)
    article.enlist(folder, _coder(annotator, kind, topic))
    toml.overwrite(path, toml.schema_line(path) + sheet(found.text.text, topic))
    return path


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
    return "\n".join([_choices(topic), *(_empty(n, line) for n, line in enumerate(segment.texts(text)))])


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
