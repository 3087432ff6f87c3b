"""Restore the texts of a published corpus that a bank withholds, from the user's own copy of that corpus."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from slantbank import bank, rules
from slantbank.bank import Article, Draft, Metadata, toml, withheld
from slantbank.importers._report import Report
from slantbank.importers._run import IMPORTERS
from slantbank.problem import ContributionError, Problem, nearest


class Restored(NamedTuple):
    """An article with its text, and the withheld article that it replaces.

    `as_taken_in` is whether `source.txt` has its first content again; `differs` says in what the copy differs, or is empty.
    """

    article: Article
    was: Article
    as_taken_in: bool
    differs: str


def restore(folder: Path, corpus: str, path: Path) -> list[Restored]:
    """Give the articles in `folder` that withhold a text of `corpus` their texts back from the copy in `path`.

    The importer reads the copy, and `withheld.hydrate` verifies each text; all are restored or none. Raises
    ContributionError for texts that are missing or differ and for errors in the bank, ValueError for an unknown corpus or
    one of which the bank withholds nothing, OSError if `path` is not such a corpus.
    """
    if corpus not in IMPORTERS:
        raise ValueError(f"no corpus {corpus!r}; {nearest(corpus, sorted(IMPORTERS))}")
    article_ids = set(_withheld(folder, corpus))
    if not article_ids:
        raise ValueError(f"{folder} has no article whose text is withheld and whose `corpus` is {corpus!r}")
    rules.sound_articles(folder, article_ids)
    read = IMPORTERS[corpus].read(path, Report())
    sources = {item.meta.corpus_id: item.source for item in read if isinstance(item, Article) and item.meta.corpus == corpus}
    restored: list[Restored] = []
    problems: list[Problem] = []
    for draft in bank.draft(folder, article_ids).articles.values():
        try:
            restored.append(_restored(draft, sources, path))
        except ContributionError as error:
            problems += error.problems
    if problems:
        raise ContributionError(rules.formats.within(folder, problems))
    return restored


def _withheld(folder: Path, corpus: str) -> Iterator[str]:
    """The ids of the articles that withhold a text of the corpus."""
    for article_folder in bank.list_entries(folder / "articles"):
        if (article_folder / "article.toml").is_file():
            metadata = toml.read(article_folder / "article.toml", article_folder.name, Metadata).tree
            if metadata.get("includes_text") is False and metadata.get("corpus") == corpus:
                yield article_folder.name


def _restored(draft: Draft, sources: dict[str | None, str], path: Path) -> Restored:
    assert draft.meta is not None
    name = draft.meta.tree.get("corpus_id")
    if name is None:
        raise ContributionError([draft.meta.at("SB310", "`corpus_id` does not say which text of the corpus this is", "corpus")])
    if name not in sources:
        raise ContributionError([draft.meta.at("SB310", f"{path} has no such text that can be read", "corpus_id")])
    source = sources[name]
    article, differs = withheld.hydrate(draft, toml.TextFile(f"{path} {name}", source.encode(), source))
    assert draft.article is not None
    return Restored(article, draft.article, article.source == source, differs)
