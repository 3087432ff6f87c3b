"""Across files."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from slantbank import codebook
from slantbank.bank import Annotation, article, is_newer, without_axis
from slantbank.bank.toml import Document
from slantbank.codebook import GOLD, AnnotatorKind
from slantbank.curate import facts
from slantbank.problem import Example, Problem, nearest
from slantbank.rules._example import ARTICLE, LABELS, META, TOPIC
from slantbank.rules._run import Run, content, metadata, rule, tables
from slantbank.rules._text import annotations_with_moved_boundaries, annotations_with_source_words, without_ignored


@rule("SB401", Example("articles/second-look/article.toml", 'id = "second-look"\n', 'id = "bridge-closed"\n'), across=True)
def duplicate_article(run: Run) -> Iterator[Problem]:
    """An article id is used once in a bank."""
    for article_id, names in _shared_ids(run).items():
        for name in names:
            if name != article_id:
                others = " and ".join(repr(other) for other in names if other != name)
                yield metadata(run.bank.articles[name]).at(
                    "SB401", f"id {article_id!r} is used in folder {others}, too; give each article its own id", "id"
                )


def _shared_ids(run: Run) -> dict[str, list[str]]:
    """Return the article ids that several folders have, with the folders."""
    folders = defaultdict(list)
    for name, draft in run.bank.articles.items():
        if draft.meta and "id" in draft.meta.tree:
            folders[draft.meta.tree["id"]].append(name)
    return {article_id: names for article_id, names in folders.items() if len(names) > 1}


@rule("SB402", Example(LABELS, "n = 1", "n = 2"))
def sentences_not_covered(run: Run) -> Iterator[Problem]:
    """Every annotator labels every sentence once, in order, numbered from 0."""
    for draft in run.drafts:
        count = len(run.lines(draft))
        for document in draft.annotations.values() if count else ():
            if (
                document.parsed
                and not document.unread("sentence")
                and document.path not in run.once(annotations_with_moved_boundaries) | run.once(annotations_with_source_words)
            ):
                yield from _coverage_problems(document, count)


def _coverage_problems(document: Document[Annotation], count: int) -> Iterator[Problem]:
    numbers = [sentence.get("n") for sentence in tables(document, "sentence")]
    seen: set[int] = set()
    before = -1
    for i, n in enumerate(numbers):
        if n is None:
            continue
        if not 0 <= n < count:
            yield document.at("SB402", f"there is no sentence {n}: article.txt has 0 to {count - 1}", "sentence", i, "n")
        elif n in seen:
            yield document.at("SB402", f"sentence {n} is labelled twice; remove one of the two", "sentence", i, "n")
        elif n < before:
            yield document.at("SB402", f"sentence {n} stands after sentence {before}; put them in order", "sentence", i, "n")
        seen.add(n)
        before = n
    missing = sorted(set(range(count)) - seen)
    if missing and None not in numbers:
        listed = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
        message = f"{len(missing)} of {count} sentences {'is' if len(missing) == 1 else 'are'} not labelled: {listed}"
        after = next((i for i, n in enumerate(numbers) if n is not None and n > missing[0]), len(numbers) - 1)
        yield document.at("SB402", message, "sentence", after, key=True)


@rule("SB403", Example(META, 'topic = "harbour-bridge"', 'topic = "harbor-bridge"'))
def unknown_topic(run: Run) -> Iterator[Problem]:
    """An article belongs to a topic of its bank."""
    folder, topics = run.bank.folder / "topics", run.bank.all_topics
    for draft in run.drafts:
        topic = draft.meta.tree.get("topic") if draft.meta else None
        if topic and topic not in topics and not folder.is_symlink() and not (folder / f"{topic}.toml").is_symlink():
            yield metadata(draft).at("SB403", f"no file topics/{topic}.toml; {nearest(topic, sorted(topics))}", "topic")


@rule("SB404", Example(TOPIC, 'id = "traders"', 'id = "city"'))
def duplicate_party(run: Run) -> Iterator[Problem]:
    """A party id is used once in a topic."""
    for document in run.bank.topics.values():
        yield from _duplicates(document, "party", "SB404")


@rule("SB405", Example(TOPIC, 'id = "detour"', 'id = "bridge-closed"'))
def duplicate_fact(run: Run) -> Iterator[Problem]:
    """A fact id is used once in a topic."""
    for document in run.bank.topics.values():
        yield from _duplicates(document, "fact", "SB405")


@rule(
    "SB406",
    Example(META, 'codebook = "1.0"\n', 'codebook = "1.0"\n\n[[annotator]]\nid = "ada"\nkind = "model"\ncodebook = "1.0"\n'),
)
def duplicate_annotator(run: Run) -> Iterator[Problem]:
    """An annotator id is used once in an article."""
    for draft in run.drafts:
        yield from _duplicates(draft.meta, "annotator", "SB406")


def _duplicates(document: Document[Any] | None, kind: str, code: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for i, table in enumerate(tables(document, kind)):
        name = table.get("id")
        if document and name in seen:
            line = document.at(code, "", kind, seen[name], "id").line
            yield document.at(code, f"{kind} {name!r} stands in line {line} already", kind, i, "id")
        elif name is not None:
            seen[name] = i


_KEEP_ONE = "keep one of the two folders"


@rule("SB407", Example("articles/second-look/source.txt", "Bridge open again\n", ARTICLE), across=True)
def duplicate_text(run: Run) -> Iterator[Problem]:
    """No two articles have the same source text, because it would be counted twice."""
    seen: dict[str, str] = {}
    for name, draft in run.bank.articles.items():
        if draft.source and content(draft.source):
            key = article.sha256(without_ignored(draft.source.text or ""))
            if key in seen:
                yield draft.source.problem("SB407", f"this is the text of article {seen[key]!r} too; {_KEEP_ONE}")
            seen.setdefault(key, name)
    if any(draft.withheld for draft in run.drafts):
        yield from _equal_lengths(run)


def _equal_lengths(run: Run) -> Iterator[Problem]:
    """Yield a problem for each withheld text with the title, sentence lengths and word counts of another article."""
    shapes: dict[tuple[Any, ...], str] = {}
    for name, draft in sorted(run.bank.articles.items(), key=lambda item: item[1].withheld):
        lines = run.lines(draft)
        if not draft.meta or not lines or "title" not in draft.meta.tree:
            continue
        words = draft.meta.tree.get("sentence_words", []) if draft.withheld else [len(line.split()) for line in lines]
        shape = (draft.meta.tree["title"], *map(len, lines), *words)
        if draft.withheld and shape in shapes:
            message = f"this is the text of article {shapes[shape]!r} too: title and lengths are the same; {_KEEP_ONE}"
            yield draft.meta.at("SB407", message, "id")
        shapes.setdefault(shape, name)


@rule("SB408", Example(META, 'id = "ada"\nkind = "human"', 'id = "ada"\nkind = "adjudicated"'))
def adjudicated_id(run: Run) -> Iterator[Problem]:
    """The annotator called gold, and no other, has adjudicated labels."""
    for draft in run.drafts:
        for i, annotator in enumerate(tables(draft.meta, "annotator")):
            if (
                "id" in annotator
                and "kind" in annotator
                and (annotator["id"] == GOLD) != (annotator["kind"] == AnnotatorKind.ADJUDICATED)
            ):
                message = (
                    f"annotator {annotator['id']!r} is of kind {annotator['kind']}; "
                    f"the adjudicated labels, and no others, are called {GOLD!r}"
                )
                yield metadata(draft).at("SB408", message, "annotator", i, "kind")


@rule("SB409", Example(META, 'codebook = "1.0"', 'codebook = "99.0"'))
def unknown_codebook(run: Run) -> Iterator[Problem]:
    """This version of slantbank cannot check labels that follow a newer codebook than it knows."""
    for draft in run.drafts:
        for i, annotator in enumerate(tables(draft.meta, "annotator")):
            if is_newer(annotator.get("codebook", ""), codebook.VERSION):
                message = (
                    f"codebook {annotator['codebook']} is newer than {codebook.VERSION}, the newest known here; upgrade slantbank"
                )
                yield metadata(draft).at("SB409", message, "annotator", i, "codebook")


_SECOND = """\
id = "mill-road"
axis = "none"
title = "The widening of the mill road"

[[party]]
id = "hauliers"
name = "Hauliers"
side = "a"
"""


@rule("SB410", Example("topics/mill-road.toml", _SECOND, _SECOND.replace('axis = "none"\n', "")), level="warning")
def axis_missing(run: Run) -> Iterator[Problem]:
    """If several topics have sides, each names its axis or says "none": sides are compared across topics of one axis only.

    `slantbank fmt` writes a comment where the axis belongs.
    """
    for name in without_axis(run.bank):
        message = 'what do sides a and b mean across topics? say axis = "…", as us-left-right, or none'
        yield run.bank.topics[name].at("SB410", message, "axis")


@rule(
    "SB411",
    Example(META, 'codebook = "1.0"', 'codebook = "1.0"\nfacts = ["bridge-closed"]'),
    level="warning",
)
def fact_added_later(run: Run) -> Iterator[Problem]:
    """A fact that was added after an annotator had coded an article is not coded until they read the article again for it."""
    for draft in run.drafts:
        topic = run.bank.all_topics.get(draft.meta.tree.get("topic", "")) if draft.meta else None
        if topic is None or topic.value is None:
            continue
        later = facts.added_later(draft, topic.value)
        for i, annotator in enumerate(tables(draft.meta, "annotator")):
            for fact in later.get(annotator.get("id", ""), []):
                related = facts.related_sentences(fact.text, run.lines(draft))
                numbers = ", ".join(map(str, related[:10]))
                hint = f"; words of it stand in sentences {numbers}" if related and not draft.withheld else ""
                message = (
                    f"fact {fact.id!r} was added after {annotator['id']} had coded, and counts as not coded{hint}; "
                    f"`slantbank sheet {draft.folder.name} --annotator {annotator['id']} --facts` asks for it"
                )
                yield metadata(draft).at("SB411", message, "annotator", i, "facts")
