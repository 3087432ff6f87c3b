"""An article: its metadata, its text, and the labels of each annotator; how its folder is read and written."""

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
"""White space, control characters and characters without width: a text may differ in these from its source."""


class Model(Table):
    """The language model of an annotator and its settings, as `slantbank code` writes them. Unknown values are left out."""

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
    """Who made a set of labels, and how."""

    id: Id = Field(description="The name of the annotation file, without .toml; `gold` for the adjudicated labels.")
    kind: AnnotatorKind = Field(description="Kind of annotator: a person, a model, or the adjudicated labels.")
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
    """White space in a sentence of a withheld text that is no single space between two words."""

    n: Annotated[StrictInt, Field(ge=0)] = Field(description="Number of the sentence.")
    after: Annotated[StrictInt, Field(ge=0)] = Field(description="How many words of the sentence stand before it.")
    text: Annotated[str, Strict(), Field(pattern=r"^\s+$")] = Field(description="The white space.")


class Metadata(Table):
    """The file `article.toml` of an article. Unknown values are left out, never invented."""

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
    """Words copied from a sentence; `nth` is the occurrence that is meant, from 1, if they occur more than once."""

    text: StrictStr = Field(description="The exact words.")
    nth: Annotated[StrictInt, Field(ge=1)] | None = Field(None, description="Which occurrence, from 1.")

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    def plain(self) -> str | dict[str, Any]:
        """Return the value for TOML: a string, or a table if `nth` is given."""
        return self.text if self.nth is None else {"text": self.text, "nth": self.nth}


class Mark(Table):
    """A span given by offsets, for labels that no other key can hold (several sources, imported corpora)."""

    layer: SpanLayer = Field(description="What the span is.")
    start: StrictInt = Field(description="First code point, counted in the sentence from 0.")
    end: StrictInt = Field(description="One past the last code point.")
    text: StrictStr = Field(description="The words from start to end.")
    ref: StrictStr | None = Field(None, description="The party, fact or target that the span is about.")


def _blank_to_none(value: Any) -> Any:
    return None if value == "" else value


Undecided = BeforeValidator(_blank_to_none)
"""Reads `""`, which means undecided, as None."""


def _to_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _known_rule(name: str) -> str:
    if name not in RULE_IDS:
        reason = f"{quoted(name)} is no rule of the codebook; {nearest(name, sorted(RULE_IDS))}"
        raise PydanticCustomError("unknown_rule", "names no rule: {reason}", {"reason": reason})
    return name


Rules = Annotated[
    tuple[Annotated[str, Strict(), AfterValidator(_known_rule)], ...],
    BeforeValidator(_to_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""Ids of rules of the codebook; a single one may be a string."""


class Sentence(Table):
    """The labels of one annotator for one sentence. None means: not coded."""

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
        None, description="The stance toward each party that the sentence refers to: -1, 0 or 1."
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
    """An annotation file: the labels of one annotator for all sentences."""

    model_config = ConfigDict(title="Annotation")

    sentence: tuple[Sentence, ...] = Field((), description="The sentences, in order.")


@dataclass(frozen=True)
class Article:
    """An article: metadata, the source as received, the canonical text, and the annotations by annotator.

    If the text is withheld, the source is empty and the canonical text is a mask (see `withheld`).
    """

    meta: Metadata
    source: str
    text: str
    annotations: dict[str, Annotation]

    @property
    def sentences(self) -> list[segment.SentenceSpan]:
        """The positions of the sentences in the canonical text; the headline is the first."""
        return segment.sentence_spans(self.text)

    @property
    def lines(self) -> list[str]:
        """The sentences of the canonical text; the headline is the first."""
        return segment.sentence_texts(self.text)


@dataclass
class Draft:
    """An article folder as it was read: its files, and the problems found in reading them."""

    folder: Path
    shown: str
    meta: Document[Metadata] | None = None
    source: TextFile | None = None
    text: TextFile | None = None
    annotations: dict[str, Document[Annotation]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def files(self) -> Iterator[TextFile]:
        """The files of the folder that were read."""
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
        """The sentences of article.txt; empty if it could not be read."""
        return segment.sentence_texts((self.text.text if self.text else None) or "")

    @property
    def bare(self) -> Article | None:
        """The article without its annotations; None if another file could not be read."""
        meta = self.meta.value if self.meta else None
        source = received(self.source, meta.source_sha256 if meta else None) if self.source else "" if self.withheld else None
        text = self.text.text if self.text else None
        return None if meta is None or source is None or text is None else Article(meta, source, text, {})

    @property
    def article(self) -> Article | None:
        """The article; None if a file could not be read or an annotator has no file."""
        bare = self.bare
        if bare is None:
            return None
        values = {name: document.value for name, document in self.annotations.items() if document.value is not None}
        order = [annotator.id for annotator in bare.meta.annotator]
        if len(values) < len(self.annotations) or set(order) != set(values):
            return None
        return replaced(bare, annotations={name: values[name] for name in order})


def received(source: TextFile, expected: str | None) -> str | None:
    """Return the text of source.txt with the line ends that give the `expected` hash, since git or an editor may change them."""
    texts = ways(source)
    return next((text for text in texts if sha256(text) == expected), texts[0]) if texts else None


def ways(source: TextFile) -> tuple[str, ...]:
    """Return the text of a file as it is, with LF and with CR LF as line ends; nothing if it could not be read."""
    text = source.received
    lines = (text or "").replace("\r\n", "\n")
    return () if text is None else tuple(dict.fromkeys((text, lines, lines.replace("\n", "\r\n"))))


def draft(folder: Path, shown: str) -> Draft:
    """Read an article folder; problems are in the result. Links are not followed. `shown` is the path of the folder in messages."""
    result = Draft(folder, shown)
    if path := _file(result, "article.toml"):
        result.meta = toml.read(path, f"{shown}/article.toml", Metadata)
    if path := _file(result, "article.txt"):
        result.text = toml.read_text(path, f"{shown}/article.txt")
    if path := _file(result, "source.txt", required=not result.withheld):
        result.source = toml.read_text(path, f"{shown}/source.txt")
    result.problems += hidden_links(folder, shown)
    annotations = folder / "annotations"
    if annotations.is_symlink():
        result.problems.append(_link(f"{shown}/annotations"))
    elif annotations.is_dir():
        result.problems += hidden_links(annotations, f"{shown}/annotations")
        for path in sorted(annotations.glob("[!.]*.toml")):
            name = f"annotations/{path.name}"
            if _file(result, name):
                result.annotations[path.stem] = toml.read(path, f"{shown}/{name}", Annotation)
    return result


def _file(draft: Draft, name: str, *, required: bool = True) -> Path | None:
    """Return the path of a file of an article folder; None, with a problem, if it is a link or missing."""
    path = draft.folder / name
    shown = f"{draft.shown}/{name}"
    if path.is_symlink():
        draft.problems.append(_link(shown))
    elif path.is_file():
        return path
    elif required:
        draft.problems.append(Problem(shown, 1, 1, "SB111", f"no file {name} in the article folder"))
    return None


def hidden_links(folder: Path, shown: str) -> list[Problem]:
    """Return a problem for each link in the folder whose name starts with a dot; such files are not read otherwise."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.name.startswith(".") and entry.is_symlink())
    return [Problem(f"{shown}/{name}", 1, 1, "SB115", "a symbolic link with a hidden name; delete it") for name in names]


def _link(shown: str) -> Problem:
    return Problem(shown, 1, 1, "SB115", "a symbolic link; put the file itself here")


def read(folder: Path, *, annotated: bool = True) -> Article:
    """Read the article in `folder`, the inverse of `write`. Raises ContributionError with every problem of its files' form.

    With `annotated=False` it has no annotations, and their files may be invalid. The rules of `check` are not applied.
    """
    return _article(draft(folder, str(folder)), annotated=annotated)


def _article(draft: Draft, *, annotated: bool) -> Article:
    """Return the article of a draft. Raises ContributionError with its problems if there is none."""
    listed = {annotator.id for annotator in draft.meta.value.annotator} if draft.meta and draft.meta.value else set()
    if not annotated:
        problems = [problem for problem in draft.problems if "/annotations" not in problem.path]
        draft = replaced(draft, annotations={}, problems=problems)
    article = draft.article if annotated else draft.bare
    if article is None:
        problems = draft.problems + [problem for file in draft.files for problem in file.problems]
        if not problems and draft.meta is not None:
            for name in sorted(listed ^ set(draft.annotations)):
                code = "SB112" if name in listed else "SB113"
                problems.append(draft.meta.at(code, f"annotator {name!r} and annotations/{name}.toml belong together"))
        raise ContributionError(problems)
    return article


def write(article: Article, folder: Path) -> None:
    """Write the article as a new folder, completely or not at all. Raises FileExistsError if the folder exists."""
    write_files(files(article), folder)


def write_files(texts: dict[str, str], folder: Path) -> None:
    """Write the files of a new folder; `texts` has their texts by name. Raises FileExistsError if the folder exists.

    If the bank has schemas, each TOML file gets a first line that names its schema.
    """
    with staged.place(folder, root=bank_of(folder), new=True) as temporary:
        _make_folder(temporary, texts, folder)


def replace(article: Article, folder: Path, was: Article) -> None:
    """Replace the article in `folder`, which is deleted.

    Raises ChangedError if the folder does not hold the article `was`, and FileExistsError if it holds any other file, which would
    be lost.
    """
    with staged.place(folder, root=bank_of(folder)) as temporary:
        _make_folder(temporary, files(article), folder)
        expected = {"annotations", "article.toml", "article.txt", "source.txt"}
        expected |= {f"annotations/{path.name}" for path in folder.glob("annotations/[!.]*.toml")}
        for path in sorted(folder.rglob("*")):
            if path.relative_to(folder).as_posix() not in expected:
                raise FileExistsError(f"{path} is no file of an article, and would be lost; move it away first")
        if read(folder) != was:
            raise staged.ChangedError(f"{folder} was changed by somebody else meanwhile, and is left alone")


def _make_folder(temporary: Path, texts: dict[str, str], folder: Path) -> None:
    """Make an article folder at a temporary path, from which it will be renamed to `folder`."""
    temporary.mkdir()
    (temporary / "annotations").mkdir()
    for name, text in texts.items():
        line = toml.schema_line(folder / name) if name.endswith(".toml") else ""
        (temporary / name).write_bytes((line + text).encode("utf-8"))


def add(folder: Path, annotator: Annotator, annotation: str, *, was: bytes | None = None, new: bool = False) -> Path:
    """Write an annotation file and list its annotator in article.toml; return the path of the file.

    The file must be `new`, or must hold the bytes `was` if given. An annotator that is listed keeps its name, kind and note. If
    writing fails between the two files, the annotator is listed without a file, and the same call again makes it. Raises
    ContributionError if the article cannot be read; FileExistsError, ChangedError and LinkError as `staged.place`.
    """
    with staged.locked(folder):  # several commands may add annotators at once, and each lists its own in article.toml
        path = folder / "annotations" / f"{annotator.id}.toml"
        if new and path.exists():
            raise FileExistsError(f"{path} is there already; to make it again, delete it first")
        before = draft(folder, str(folder))
        annotators = _article(before, annotated=False).meta.annotator
        listed = next((entry for entry in annotators if entry.id == annotator.id), None)
        meta, root = before.meta, bank_of(folder)
        assert meta is not None
        if listed is None:
            entry = toml.table(annotator.model_dump(exclude_none=True), "annotator")
            staged.write(folder / "article.toml", f"{meta.text}\n{entry}", root=root, expected=meta.data)
        elif not new and listed != (updated := annotator.model_copy(update=listed.model_dump(include={"name", "kind", "note"}))):
            text = toml.parse(meta.text or "")
            entry = next(entry for entry in text.tree["annotator"] if entry["id"] == annotator.id)
            entry |= updated.model_dump(exclude_none=True)
            for name in ("layers", "coded", "facts"):
                if getattr(updated, name) is None:
                    entry.pop(name, None)
            staged.write(folder / "article.toml", toml.dumps(text, Metadata), root=root, expected=meta.data)
        staged.write(path, toml.schema_line(path) + annotation, root=root, expected=was, new=new)
        return path


def files(article: Article) -> dict[str, str]:
    """Return the canonical text of every file of the article, by its path in the folder."""
    texts = {"article.toml": metadata(article.meta), "article.txt": article.text}
    if article.source or article.meta.includes_text:
        texts["source.txt"] = article.source
    for name, annotation in article.annotations.items():
        texts[f"annotations/{name}.toml"] = dumps(annotation)
    return texts


def dumps(annotation: Annotation) -> str:
    """Return the canonical text of an annotation file."""
    return "\n".join(toml.table(_sentence(sentence), "sentence") for sentence in annotation.sentence)


def metadata(meta: Metadata) -> str:
    """Return the canonical text of article.toml."""
    values = meta.model_dump(exclude_none=True, exclude={"gap", "annotator"})
    for name in ("sentence_words", "sentence_checks", "accepted", "extracted", "details"):
        if not values[name]:
            del values[name]
    gaps = [toml.table(gap.model_dump(), "gap") for gap in meta.gap]
    annotators = [toml.table(annotator.model_dump(exclude_none=True), "annotator") for annotator in meta.annotator]
    return "\n".join([toml.table(values), *gaps, *annotators])


def _sentence(sentence: Sentence) -> dict[str, Any]:
    """Return the values of a sentence for TOML, in the order of its fields."""
    values: dict[str, Any] = sentence.model_dump(exclude_none=True, exclude={"source", "cue", "loaded", "facts"})
    for name in ("spans", "scores", "undecided"):
        if not values[name]:
            del values[name]
    for name in ("source", "cue"):
        quote: Quote | None = getattr(sentence, name)
        if quote is not None:
            values[name] = quote.plain()
    if sentence.loaded is not None:
        values["loaded"] = [quote.plain() for quote in sentence.loaded]
    if sentence.facts is not None:
        values["facts"] = {fact: quote.plain() for fact, quote in sentence.facts.items()}
    if sentence.decided_by is not None:
        rules = sentence.decided_by.items()
        values["decided_by"] = {layer.value: decided[0] if len(decided) == 1 else list(decided) for layer, decided in rules}
    return {name: values[name] for name in Sentence.model_fields if name in values}


def sha256(text: str) -> str:
    """Return the SHA-256 of a text, as in `source_sha256`."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
