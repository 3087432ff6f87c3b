"""Facts that a topic got later: an annotator who coded before was not asked about them, until they answer."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from slantbank import staged
from slantbank.bank import Annotation as Labels
from slantbank.bank import Draft, Fact, Metadata, Topic, article, decided, quoted_at, toml, withheld
from slantbank.problem import ContributionError


def added_later(draft: Draft, topic: Topic) -> dict[str, list[Fact]]:
    """For each annotator of an article the facts of its topic that were not there when they coded; of none, no entry.

    Whoever has decided the facts of no sentence yet will be asked about all of them.
    """
    listed = draft.meta.tree.get("annotator", []) if draft.meta else []
    asked = {one["id"]: one["facts"] for one in listed if "id" in one and "facts" in one and has_begun(draft, one["id"])}
    found = {name: [fact for fact in topic.fact if fact.id not in known] for name, known in asked.items()}
    return {name: facts for name, facts in found.items() if facts}


def has_begun(draft: Draft, annotator: str) -> bool:
    """Whether an annotator of an article has decided the facts of any sentence."""
    document = draft.annotations.get(annotator)
    sentences = document.tree.get("sentence", ()) if document else ()
    return any("facts" in sentence and "facts" not in decided.waiting(sentence) for sentence in sentences)


def related_sentences(fact: str, lines: Sequence[str]) -> list[int]:
    """The numbers of the sentences that share words with a fact, at least two: where to look first, and no more than that.

    >>> related_sentences("The piers were too weak.", ["Bridge shut", "Holt said that the piers were weak.", "The piers are old."])
    [1]
    """
    words = _words(fact)
    return [n for n, line in enumerate(lines) if len(words & _words(line)) >= min(2, len(words)) > 0]


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"\w{4,}", text.casefold())}


def write_answer(folder: Path, annotator: str, fact: str, reported: Mapping[int, str]) -> None:
    """Write down in which sentences of an article a fact that came later is reported for an annotator, each with its words or none.

    Raises ContributionError if a file cannot be read, ValueError if a sentence has not the words, or the text is withheld.
    """
    found = article.draft(folder, str(folder))
    document = found.annotations.get(annotator)
    if found.meta is None or found.meta.value is None or document is None or document.value is None or document.text is None:
        raise ContributionError(found.problems + [problem for file in found.files for problem in file.problems])
    if found.withheld:
        raise ValueError(withheld.REFUSED.format(folder.name))
    labels, lines = toml.parse(document.text), found.lines
    rows = {row["n"]: row for row in labels.tree["sentence"]}
    for n, words in reported.items():
        if n not in rows:
            raise ValueError(f"there is no sentence {n}: the article has 0 to {len(lines) - 1}")
        start = lines[n].find(words)
        quote = quoted_at(lines[n], start, start + len(words)) if words else None
        if words and (start < 0 or quote is None):
            raise ValueError(f"{words!r} is not in sentence {n}; copy the words exactly")
        rows[n]["facts"] = {**(rows[n].get("facts") or {}), fact: quote.plain() if quote else ""}
    meta = toml.parse(found.meta.text or "")
    entry = next(one for one in meta.tree["annotator"] if one["id"] == annotator)
    entry["facts"] = [*entry.get("facts", ()), fact]
    root = folder.parents[1]
    staged.write(folder / "annotations" / f"{annotator}.toml", toml.dumps(labels, Labels), root=root, expected=document.data)
    staged.write(folder / "article.toml", toml.dumps(meta, Metadata), root=root, expected=found.meta.data)
