"""The texts that a bank withholds and a published corpus has, put back from the reader's own copy of that corpus."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from slantbank import bank, rules
from slantbank.bank import Article, Draft, Metadata, toml, withheld
from slantbank.importers._report import Report
from slantbank.importers._run import IMPORTERS
from slantbank.problem import ContributionError, Problem, nearest


class Restored(NamedTuple):
    """An article with its text, and as it was without; whether its source is that which was taken in; in what the copy differs."""

    article: Article
    was: Article
    as_taken_in: bool
    differs: str


def restore(folder: Path, corpus: str, path: Path) -> list[Restored]:
    """The articles of the bank in `folder` that withhold a text of `corpus`, with their texts from the copy of it in `path`.

    The copy of a text is what the importer reads of it, and is verified as by `withheld.hydrate`; all come back or none. Raises
    ContributionError with every text that is missing or differs, or what is wrong in the bank; ValueError for an unknown corpus,
    or one of which the bank withholds nothing; OSError for a path that is no such corpus.
    """
    if corpus not in IMPORTERS:
        raise ValueError(f"no corpus {corpus!r}; {nearest(corpus, sorted(IMPORTERS))}")
    wanted = set(_withheld(folder, corpus))
    if not wanted:
        raise ValueError(f"{folder} has no article whose text is withheld and whose `corpus` is {corpus!r}")
    rules.sound_articles(folder, wanted)
    read = IMPORTERS[corpus].read(path, Report())
    sources = {one.meta.corpus_id: one.source for one in read if isinstance(one, Article) and one.meta.corpus == corpus}
    restored: list[Restored] = []
    problems: list[Problem] = []
    for draft in bank.draft(folder, wanted).articles.values():
        try:
            restored.append(_restored(draft, sources, path))
        except ContributionError as error:
            problems += error.problems
    if problems:
        raise ContributionError(rules.formats.within(folder, problems))
    return restored


def _withheld(folder: Path, corpus: str) -> Iterator[str]:
    """The ids of the articles that withhold a text of the corpus."""
    for place in bank.listed(folder / "articles"):
        if (place / "article.toml").is_file():
            stated = toml.read(place / "article.toml", place.name, Metadata).tree
            if stated.get("includes_text") is False and stated.get("corpus") == corpus:
                yield place.name


def _restored(draft: Draft, sources: dict[str | None, str], path: Path) -> Restored:
    assert draft.meta is not None
    name = draft.meta.tree.get("corpus_id")
    if name is None:
        raise ContributionError([draft.meta.at("SB310", "`corpus_id` does not say which text of the corpus this is", "corpus")])
    if name not in sources:
        raise ContributionError([draft.meta.at("SB310", f"{path} has no such text that can be read", "corpus_id")])
    source = sources[name]
    one, differs = withheld.hydrate(draft, toml.TextFile(f"{path} {name}", source.encode(), source))
    assert draft.article is not None
    return Restored(one, draft.article, one.source == source, differs)
