"""An article: its metadata, its text, and one annotation per annotator; read from a folder and written to one."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from slantbank import staged
from slantbank.bank import _segment as segment
from slantbank.bank import toml
from slantbank.bank._topic import Day, Id, Table, Text, bank_of
from slantbank.bank.toml import Document, TextFile
from slantbank.codebook import RULE_IDS, AnnotatorKind, Attribution, ClaimType, Layer, Origin, SourceType, SpanLayer
from slantbank.problem import ContributionError, Problem, nearest, quoted

Sha256 = Annotated[str, Strict(), Field(pattern=r"^[0-9a-f]{64}$")]


IGNORED = re.compile(r"[\s\x00-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
"""White space, controls and characters without width, in which a text may differ from its source."""


class Model(Table):
    """The language model that an annotator is, and how it was asked: what `slantbank code` writes. What is unknown is left out."""

    name: Text = Field(description="The model, as the server that answered names it.")
    provider: Text = Field(description="The host that answered.")
    access: Text = Field("OpenAI-compatible API", description="How the model was reached.")
    temperature: StrictInt | Annotated[float, Strict()] | None = Field(None, description="Sampling temperature that was asked for.")
    max_tokens: StrictInt | None = Field(None, description="Most tokens of one answer.")
    seed: StrictInt | None = Field(None, description="Seed that was asked for.")
    fingerprint: Text | None = Field(None, description="The configuration of the server, as it names it.")
    weights: Text | None = Field(None, description="Quantisation or hash of the weights, where the user gives it.")
    schema_sha256: Sha256 = Field(description="SHA-256 of the form of a sentence's answer.")
    slantbank: Text = Field(description="Version of slantbank.")
    requests: StrictInt = Field(description="How many requests were answered.")
    refusals: StrictInt = Field(description="How many answers were refusals.")
    input_tokens: StrictInt = Field(description="Tokens of the prompts, as the server counts them.")
    output_tokens: StrictInt = Field(description="Tokens of the answers, as the server counts them.")


class Annotator(Table):
    """Who made one set of labels, and how."""

    id: Id = Field(description="The name of the annotation file, without .toml; `gold` for the adjudicated labels.")
    kind: AnnotatorKind = Field(description="Who or what the annotator is.")
    codebook: Text = Field(description="Version of the codebook that was followed.")
    name: StrictStr | None = Field(None, description="Name of the person or model, as far as it may be given.")
    coded: Annotated[date, Strict()] | None = Field(None, description="Day on which the labels were made.")
    layers: tuple[Layer, ...] | None = Field(None, description="The layers that were coded; all of them when left out.")
    facts: tuple[Id, ...] | None = Field(
        None, description="The facts that there were to look for; all of the topic's when left out. Of others nothing is known."
    )
    brief_sha256: Sha256 | None = Field(None, description="SHA-256 of the brief that a model was given, codebook and all.")
    output_sha256: Sha256 | None = Field(None, description="SHA-256 of a model's first output, before anything was edited.")
    model: Model | None = Field(None, description="The model that `slantbank code` asked, and how.")
    note: StrictStr | None = Field(None, description="What else a user of the labels should know.")


class Gap(Table):
    """White space in a sentence of a withheld text that is not a single space between two words."""

    n: Annotated[StrictInt, Field(ge=0)] = Field(description="Number of the sentence.")
    after: Annotated[StrictInt, Field(ge=0)] = Field(description="How many words of the sentence stand before it.")
    text: Annotated[str, Strict(), Field(pattern=r"^\s+$")] = Field(description="The white space.")


class Metadata(Table):
    """An article's `article.toml`. What is unknown is left out, never invented."""

    id: Id = Field(description="The name of the folder; never reused.")
    topic: Id = Field(description="The topic that the article belongs to.")
    title: Text = Field(description="The headline.")
    outlet: Text | None = Field(None, description="The outlet that published the text.")
    author: Text | None = Field(None, description="The author as named by the outlet.")
    published: Day | None = Field(None, description="Day of publication.")
    url: Annotated[str, Strict(), Field(pattern=r"^https?://[^\s<>\"]+$")] | None = Field(None, description="Address of the text.")
    language: Annotated[str, Strict(), Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = Field(
        "en", description="Language of the text, as a BCP 47 tag."
    )
    origin: Origin = Field(description="Where the text comes from.")
    corpus: Id | None = Field(None, description="The published corpus that has the text, as basil.")
    corpus_id: Text | None = Field(None, description="The text's id in that corpus.")
    agency: Text | None = Field(None, description="The news agency whose copy the text is, as AP.")
    repeats_headline: tuple[StrictInt, ...] | None = Field(
        None, description="Numbers of sentences that only repeat the headline; empty: none does; left out: nobody has looked."
    )
    license: Text | None = Field(None, description="Licence of the text: an SPDX id, or LicenseRef-….")
    annotations_license: Text | None = Field(None, description="Licence of the annotations: an SPDX id.")
    includes_text: Annotated[bool, Strict()] = Field(
        True, description="Whether the text is in the bank; false: it is withheld, and each sentence is a run of █."
    )
    source_sha256: Sha256 | None = Field(None, description="SHA-256 of source.txt; left out where the text is withheld.")
    source_check: Sha256 | None = Field(None, description="Of a withheld text: a slow hash of source.txt.")
    text_check: Sha256 | None = Field(None, description="Of a withheld text: a slow hash of article.txt.")
    sentence_words: tuple[Annotated[StrictInt, Field(ge=1)], ...] = Field(
        (), description="Of a withheld text: how many words each sentence has."
    )
    sentence_checks: tuple[Annotated[StrictInt, Field(ge=0, lt=2**16)], ...] = Field(
        (), description="Of a withheld text: for each sentence a few bits of a hash of all that stands up to its end."
    )
    accepted: tuple[Annotated[str, Strict(), Field(pattern=r"^SB[0-9]{3}$")], ...] = Field(
        (), description="Warnings that a person has looked at and accepts for this article."
    )
    extracted: tuple[StrictStr, ...] = Field(
        (), description="Keys, and `text`, that a program found and nobody has confirmed yet; an article with any is not built."
    )
    details: dict[str, StrictStr] = Field(
        default_factory=dict, description="What the corpus that the article was imported from says of it."
    )
    note: StrictStr | None = Field(None, description="What else is known of the text and its provenance.")
    gap: tuple[Gap, ...] = Field((), description="Of a withheld text: white space in its sentences that is not a single space.")
    annotator: tuple[Annotator, ...] = Field((), description="The annotators, each with a file in annotations/.")


class Quote(Table):
    """Words copied from a sentence; `nth` says which occurrence, from 1, where they occur more than once."""

    text: StrictStr = Field(description="The exact words.")
    nth: Annotated[StrictInt, Field(ge=1)] | None = Field(None, description="Which occurrence, from 1.")

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    def plain(self) -> str | dict[str, Any]:
        """As it stands in TOML: a string, or a table where the occurrence is given."""
        return self.text if self.nth is None else {"text": self.text, "nth": self.nth}


class Mark(Table):
    """A span given by its offsets, for what the other keys cannot say (several sources, imported corpora)."""

    layer: SpanLayer = Field(description="What the span is.")
    start: StrictInt = Field(description="First code point, counted in the sentence from 0.")
    end: StrictInt = Field(description="One past the last code point.")
    text: StrictStr = Field(description="The words from start to end.")
    ref: StrictStr | None = Field(None, description="The party, fact or target that the span is about.")


def _undecided(value: Any) -> Any:
    return None if value == "" else value


Undecided = BeforeValidator(_undecided)


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _rule(name: str) -> str:
    if name not in RULE_IDS:
        reason = f"{quoted(name)} is no rule of the codebook; {nearest(name, sorted(RULE_IDS))}"
        raise PydanticCustomError("unknown_rule", "names no rule: {reason}", {"reason": reason})
    return name


Rules = Annotated[
    tuple[Annotated[str, Strict(), AfterValidator(_rule)], ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""Rules of the codebook by their ids; a single one may stand by itself."""


class Sentence(Table):
    """One annotator's labels of one sentence. None means: not coded."""

    n: StrictInt = Field(description="Number of the sentence; the headline is 0.")
    text: StrictStr = Field(description="The sentence, exactly as in article.txt.")
    claim_type: Annotated[ClaimType | None, Undecided] = Field(None, description="What would settle the claim?")
    attribution: Annotated[Attribution | None, Undecided] = Field(None, description="How is the claim sourced?")
    source: Quote | None = Field(None, description="The shortest exact words that name the source; empty if none are here.")
    cue: Quote | None = Field(None, description="The exact words that mark the attribution; empty if there are none.")
    source_type: Annotated[SourceType | None, Undecided] = Field(None, description="What kind of source is it?")
    source_party: Annotated[StrictStr | None, Undecided] = Field(
        None, description="The party that the source belongs to or speaks for, if any."
    )
    source_perspective: Annotated[StrictStr | None, Undecided] = Field(
        None, description="The party whose account the sentence gives, or `neutral`."
    )
    stance: Annotated[dict[str, Annotated[StrictInt, Field(ge=-1, le=1)]] | None, Undecided] = Field(
        None, description="The light on each party that the sentence refers to: -1, 0 or 1."
    )
    loaded: Annotated[tuple[Quote, ...] | None, Undecided] = Field(
        None, description="Loaded language, copied exactly; the k-th listing of the same words is their k-th occurrence."
    )
    loaded_at: tuple[Annotated[StrictInt, Field(ge=0)], ...] | None = Field(
        None, description="Of a withheld text: the numbers of the words, from 0, that stand in loaded spans."
    )
    facts: Annotated[dict[str, Quote] | None, Undecided] = Field(
        None, description="The facts that the sentence reports, each with the words that do so (empty if no one run of words does)."
    )
    spans: tuple[Mark, ...] = Field((), description="Further spans, by offsets in the sentence.")
    scores: dict[str, StrictInt | Annotated[float, Strict()]] = Field(
        default_factory=dict, description="Ratings that the codebook does not have, by name (imported corpora)."
    )
    decided_by: dict[Layer, Rules] | None = Field(
        None, description="For each layer on which coders differed, the rule or rules of the codebook that decided, as 3.1."
    )
    undecided: tuple[StrictStr, ...] = Field(
        (), description="Keys that wait for a decision; of a label, until it has a value. Labels with any are not built."
    )
    note: Annotated[StrictStr | None, Undecided] = Field(None, description="A doubt of the coder, or the rule that decided.")


class Annotation(Table):
    """An annotation file: one annotator's labels of all sentences."""

    model_config = ConfigDict(title="Annotation")

    sentence: tuple[Sentence, ...] = Field((), description="The sentences, in order.")


@dataclass(frozen=True)
class Article:
    """An article: metadata, the source as received, the canonical text, and the annotations by annotator.

    Where the text is withheld the source is empty, and the canonical text a mask (see `withheld`).
    """

    meta: Metadata
    source: str
    text: str
    annotations: dict[str, Annotation]

    @property
    def sentences(self) -> list[segment.SentenceSpan]:
        """The places of the sentences in the canonical text; the headline is the first."""
        return segment.sentence_spans(self.text)

    @property
    def lines(self) -> list[str]:
        """The sentences themselves."""
        return segment.sentence_texts(self.text)


@dataclass
class Draft:
    """An article folder before it is judged: the files that were read, and the faults found in reading them."""

    folder: Path
    shown: str
    meta: Document[Metadata] | None = None
    source: TextFile | None = None
    text: TextFile | None = None
    annotations: dict[str, Document[Annotation]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def files(self) -> Iterator[TextFile]:
        """The files that were found."""
        yield from (file for file in (self.meta, self.text, self.source) if file is not None)
        yield from self.annotations.values()

    @property
    def withheld(self) -> bool:
        """Whether article.toml says that the text is not in the bank."""
        return self.meta is not None and self.meta.tree.get("includes_text") is False

    @property
    def unlabelled(self) -> "Draft":
        """The draft without its annotations, which take most of the memory."""
        return replaced(self, annotations={})

    @property
    def lines(self) -> list[str]:
        """The sentences of article.txt, as far as it could be read."""
        return segment.sentence_texts((self.text.text if self.text else None) or "")

    @property
    def bare(self) -> Article | None:
        """The article without its annotations, if its other files could be read."""
        meta = self.meta.value if self.meta else None
        source = received(self.source, meta.source_sha256 if meta else None) if self.source else "" if self.withheld else None
        text = self.text.text if self.text else None
        return None if meta is None or source is None or text is None else Article(meta, source, text, {})

    @property
    def article(self) -> Article | None:
        """The article, if every file could be read."""
        bare = self.bare
        if bare is None:
            return None
        values = {name: found.value for name, found in self.annotations.items() if found.value is not None}
        order = [annotator.id for annotator in bare.meta.annotator]
        if len(values) < len(self.annotations) or set(order) != set(values):
            return None
        return replaced(bare, annotations={name: values[name] for name in order})


def received(source: TextFile, known: str | None) -> str | None:
    """The text of source.txt as it was received: what git or an editor made of its line ends is undone where its hash is known."""
    found = ways(source)
    return next((one for one in found if sha256(one) == known), found[0]) if found else None


def ways(source: TextFile) -> tuple[str, ...]:
    """The text of a file as it stands, and with other line ends: in one of these ways it may have been received; none, unread."""
    text = source.received
    lines = (text or "").replace("\r\n", "\n")
    return () if text is None else tuple(dict.fromkeys((text, lines, lines.replace("\n", "\r\n"))))


def draft(folder: Path, shown: str) -> Draft:
    """Read an article folder, without judging it. Links are not followed; every fault is in the result."""
    found = Draft(folder, shown)
    if path := _file(found, "article.toml"):
        found.meta = toml.read(path, f"{shown}/article.toml", Metadata)
    if path := _file(found, "article.txt"):
        found.text = toml.read_text(path, f"{shown}/article.txt")
    if path := _file(found, "source.txt", needed=not found.withheld):
        found.source = toml.read_text(path, f"{shown}/source.txt")
    found.problems += hidden_links(folder, shown)
    annotations = folder / "annotations"
    if annotations.is_symlink():
        found.problems.append(_link(f"{shown}/annotations"))
    elif annotations.is_dir():
        found.problems += hidden_links(annotations, f"{shown}/annotations")
        for path in sorted(annotations.glob("[!.]*.toml")):
            name = f"annotations/{path.name}"
            if _file(found, name):
                found.annotations[path.stem] = toml.read(path, f"{shown}/{name}", Annotation)
    return found


def _file(found: Draft, name: str, *, needed: bool = True) -> Path | None:
    path = found.folder / name
    shown = f"{found.shown}/{name}"
    if path.is_symlink():
        found.problems.append(_link(shown))
    elif path.is_file():
        return path
    elif needed:
        found.problems.append(Problem(shown, 1, 1, "SB111", f"no file {name} in the article folder"))
    return None


def hidden_links(folder: Path, shown: str) -> list[Problem]:
    """A problem for each link in the folder whose name starts with a dot: files of such names are not read."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        names = sorted(one.name for one in entries if one.name.startswith(".") and one.is_symlink())
    return [Problem(f"{shown}/{name}", 1, 1, "SB115", "a symbolic link, hidden; take it away") for name in names]


def _link(shown: str) -> Problem:
    return Problem(shown, 1, 1, "SB115", "a symbolic link; put the file itself here")


def read(folder: Path, *, annotated: bool = True) -> Article:
    """The article in `folder`, the inverse of `write`. Raises ContributionError with every fault of its files' form.

    Not `annotated`, it has no annotations, and their files are not judged. Whether the labels are right by the codebook's rules is
    for `check` to say.
    """
    return _read(draft(folder, str(folder)), annotated=annotated)


def _read(found: Draft, *, annotated: bool) -> Article:
    listed = {annotator.id for annotator in found.meta.value.annotator} if found.meta and found.meta.value else set()
    if not annotated:
        found = replaced(found, annotations={}, problems=[one for one in found.problems if "/annotations" not in one.path])
    article = found.article if annotated else found.bare
    if article is None:
        problems = found.problems + [problem for file in found.files for problem in file.problems]
        if not problems and found.meta is not None:
            for name in sorted(listed ^ set(found.annotations)):
                code = "SB112" if name in listed else "SB113"
                problems.append(found.meta.at(code, f"annotator {name!r} and annotations/{name}.toml belong together"))
        raise ContributionError(problems)
    return article


def write(article: Article, folder: Path) -> None:
    """Write the article as a new folder, whole or not at all. Raises FileExistsError if the folder is there."""
    write_files(files(article), folder)


def write_files(texts: dict[str, str], folder: Path) -> None:
    """Write texts, by their names in the folder, as a new folder. Raises FileExistsError if the folder is there.

    Each TOML file starts with the line by which editors find its schema, if the bank has one.
    """
    with staged.place(folder, root=bank_of(folder), new=True) as made:
        _fill(made, texts, folder)


def replace(article: Article, folder: Path, was: Article) -> None:
    """Put the article in place of the one in `folder`; what it replaces is gone.

    Raises ChangedError if the folder no longer holds the article as it `was` read, FileExistsError if it holds anything that is no
    file of an article: it would be lost.
    """
    with staged.place(folder, root=bank_of(folder)) as made:
        _fill(made, files(article), folder)
        known = {"annotations", "article.toml", "article.txt", "source.txt"}
        known |= {f"annotations/{path.name}" for path in folder.glob("annotations/[!.]*.toml")}
        for path in sorted(folder.rglob("*")):
            if path.relative_to(folder).as_posix() not in known:
                raise FileExistsError(f"{path} is no file of an article, and would be lost; move it away first")
        if read(folder) != was:
            raise staged.ChangedError(f"{folder} was changed by somebody else meanwhile, and is left alone")


def _fill(made: Path, texts: dict[str, str], folder: Path) -> None:
    """Make the folder that will be `folder`, with the texts in it."""
    made.mkdir()
    (made / "annotations").mkdir()
    for name, text in texts.items():
        line = toml.schema_line(folder / name) if name.endswith(".toml") else ""
        (made / name).write_bytes((line + text).encode("utf-8"))


def add(folder: Path, annotator: Annotator, annotation: str, *, was: bytes | None = None, new: bool = False) -> Path:
    """List an annotator in article.toml, or what it is now, and write the annotation; the path of that.

    The annotation is to be `new`, or to replace what `was` there, or whatever is. An entry that is listed keeps its name, kind and
    note. Where the second of the two files cannot be written, an annotator is listed whose file is missing, and the same call again
    makes it. Raises ContributionError if the article cannot be read; FileExistsError, ChangedError and LinkError as `staged.place`.
    """
    path = folder / "annotations" / f"{annotator.id}.toml"
    if new and path.exists():
        raise FileExistsError(f"{path} is there already; to make it again, delete it first")
    found = draft(folder, str(folder))
    listed = next((one for one in _read(found, annotated=False).meta.annotator if one.id == annotator.id), None)
    meta, root = found.meta, bank_of(folder)
    assert meta is not None
    if listed is None:
        entry = toml.table(annotator.model_dump(exclude_none=True), "annotator")
        staged.write(folder / "article.toml", f"{meta.text}\n{entry}", root=root, expected=meta.data)
    elif not new and listed != (wanted := annotator.model_copy(update=listed.model_dump(include={"name", "kind", "note"}))):
        text = toml.parse(meta.text or "")
        entry = next(entry for entry in text.tree["annotator"] if entry["id"] == annotator.id)
        entry |= wanted.model_dump(exclude_none=True)
        for name in ("layers", "coded", "facts"):
            if getattr(wanted, name) is None:
                entry.pop(name, None)
        staged.write(folder / "article.toml", toml.dumps(text, Metadata), root=root, expected=meta.data)
    staged.write(path, toml.schema_line(path) + annotation, root=root, expected=was, new=new)
    return path


def files(article: Article) -> dict[str, str]:
    """The canonical text of every file of the article's folder, by its name in the folder."""
    found = {"article.toml": metadata(article.meta), "article.txt": article.text}
    if article.source or article.meta.includes_text:
        found["source.txt"] = article.source
    for name, annotation in article.annotations.items():
        found[f"annotations/{name}.toml"] = dumps(annotation)
    return found


def dumps(annotation: Annotation) -> str:
    """An annotation file's canonical text."""
    return "\n".join(toml.table(_sentence(sentence), "sentence") for sentence in annotation.sentence)


def metadata(meta: Metadata) -> str:
    """The canonical text of article.toml."""
    values = meta.model_dump(exclude_none=True, exclude={"gap", "annotator"})
    for name in ("sentence_words", "sentence_checks", "accepted", "extracted", "details"):
        if not values[name]:
            del values[name]
    gaps = [toml.table(one.model_dump(), "gap") for one in meta.gap]
    annotators = [toml.table(one.model_dump(exclude_none=True), "annotator") for one in meta.annotator]
    return "\n".join([toml.table(values), *gaps, *annotators])


def _sentence(sentence: Sentence) -> dict[str, Any]:
    values: dict[str, Any] = sentence.model_dump(exclude_none=True, exclude={"source", "cue", "loaded", "facts"})
    for name in ("spans", "scores", "undecided"):
        if not values[name]:
            del values[name]
    for name in ("source", "cue"):
        quote: Quote | None = getattr(sentence, name)
        if quote is not None:
            values[name] = quote.plain()
    if sentence.loaded is not None:
        values["loaded"] = [one.plain() for one in sentence.loaded]
    if sentence.facts is not None:
        values["facts"] = {fact: one.plain() for fact, one in sentence.facts.items()}
    if sentence.decided_by is not None:
        rules = sentence.decided_by.items()
        values["decided_by"] = {layer.value: decided[0] if len(decided) == 1 else list(decided) for layer, decided in rules}
    return {name: values[name] for name in Sentence.model_fields if name in values}


def sha256(text: str) -> str:
    """The hash that `source_sha256` holds for a source text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
