"""Facts that were added to a topic after an annotator had coded: the annotator was not asked about them, until they answer."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from slantbank import staged
from slantbank.bank import Annotation as Labels
from slantbank.bank import Draft, Fact, Metadata, Topic, article, decided, quoted_at, toml, withheld
from slantbank.problem import ContributionError


def added_later(draft: Draft, topic: Topic) -> dict[str, list[Fact]]:
    """Return, by annotator of an article, the facts that were added to its topic after they had coded; no entry if none were.

    An annotator who has not decided the facts of any sentence yet is asked about all facts, and has no entry.
    """
    listed = draft.meta.tree.get("annotator", []) if draft.meta else []
    asked = {entry["id"]: entry["facts"] for entry in listed if {"id", "facts"} <= entry.keys() and has_begun(draft, entry["id"])}
    later = {name: [fact for fact in topic.fact if fact.id not in ids] for name, ids in asked.items()}
    return {name: facts for name, facts in later.items() if facts}


def has_begun(draft: Draft, annotator: str) -> bool:
    """Whether an annotator of an article has decided the facts of any sentence."""
    document = draft.annotations.get(annotator)
    sentences = document.tree.get("sentence", ()) if document else ()
    return any("facts" in sentence and "facts" not in decided.undecided_keys(sentence) for sentence in sentences)


def related_sentences(fact: str, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the sentences that share at least two words with a fact: a hint where to look first, no decision.

    >>> related_sentences("The piers were too weak.", ["Bridge shut", "Holt said that the piers were weak.", "The piers are old."])
    [1]
    """
    words = _words(fact)
    return [n for n, line in enumerate(lines) if len(words & _words(line)) >= min(2, len(words)) > 0]


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"\w{4,}", text.casefold())}


def write_answer(folder: Path, annotator: str, fact: str, reported: Mapping[int, str]) -> None:
    """Write, for an annotator, which sentences of an article report a fact that was added later; the words may be empty.

    Raises ContributionError if a file cannot be read, ValueError if the words are not in the sentence or the text is withheld.
    """
    draft = article.draft(folder, str(folder))
    document = draft.annotations.get(annotator)
    if draft.meta is None or draft.meta.value is None or document is None or document.value is None or document.text is None:
        raise ContributionError(draft.problems + [problem for file in draft.files for problem in file.problems])
    if draft.withheld:
        raise ValueError(withheld.REFUSED.format(folder.name))
    labels, lines = toml.parse(document.text), draft.lines
    rows = {row["n"]: row for row in labels.tree["sentence"]}
    for n, words in reported.items():
        if n not in rows:
            raise ValueError(f"there is no sentence {n}: the article has 0 to {len(lines) - 1}")
        start = lines[n].find(words)
        quote = quoted_at(lines[n], start, start + len(words)) if words else None
        if words and (start < 0 or quote is None):
            raise ValueError(f"{words!r} is not in sentence {n}; copy the words exactly")
        rows[n]["facts"] = {**(rows[n].get("facts") or {}), fact: quote.plain() if quote else ""}
    meta = toml.parse(draft.meta.text or "")
    entry = next(item for item in meta.tree["annotator"] if item["id"] == annotator)
    entry["facts"] = [*entry.get("facts", ()), fact]
    root = folder.parents[1]
    staged.write(folder / "annotations" / f"{annotator}.toml", toml.dumps(labels, Labels), root=root, expected=document.data)
    staged.write(folder / "article.toml", toml.dumps(meta, Metadata), root=root, expected=draft.meta.data)
