"""TOML and its form; the structure of folders."""

from collections.abc import Iterable, Iterator

from slantbank import bank
from slantbank.bank import Draft, newest
from slantbank.bank.toml import Place
from slantbank.problem import Example, Problem, closest, nearest, quoted
from slantbank.rules._characters import CONTROL
from slantbank.rules._example import ARTICLE, BANK, LABELS, META, SOURCE, TEXT, TOPIC
from slantbank.rules._run import Run, ids, metadata, rule, tables


@rule("SB101", Example(META, 'title = "Bridge closed"', 'title = "Bridge closed'))
def toml_syntax(run: Run) -> Iterable[Problem]:
    """The file is not valid TOML."""
    # SB004 reports the control characters that make TOML invalid
    return (problem for problem in run.read("SB101") if not CONTROL.match(problem.source, problem.column - 1))


@rule("SB102", Example(META, 'language = "en"', 'language = "en"\nlanguage = "de"'))
def duplicate_key(run: Run) -> Iterable[Problem]:
    """A key occurs once in its table; if it occurred twice, one value would be lost."""
    return run.read("SB102")


@rule("SB103", Example(LABELS, "loaded = []", f"loaded = {'[' * 21}{']' * 21}"))
def too_deep(run: Run) -> Iterable[Problem]:
    """Values nest only a few levels deep; no key of a bank needs more."""
    return run.read("SB103")


@rule("SB104", Example(LABELS, 'n = 0\ntext = "Bridge closed"', 'n = "0"\ntext = "Bridge closed"'))
def wrong_type(run: Run) -> Iterable[Problem]:
    """The value has a type that the key does not allow."""
    return run.read("SB104")


@rule("SB105", Example(TOPIC, 'name = "Harbour traders"\nside = "b"', 'name = "Harbour traders"'))
def missing_key(run: Run) -> Iterable[Problem]:
    """The table lacks a required key."""
    return run.read("SB105")


@rule("SB106", Example(META, 'title = "Bridge closed"', 'titel = "Bridge closed"'))
def unknown_key(run: Run) -> Iterable[Problem]:
    """The table has a key that does not belong to it: a misspelt one, or one that would be ignored silently."""
    return run.read("SB106")


@rule("SB107", Example(META, 'language = "en"', 'language = "English"'))
def invalid_value(run: Run) -> Iterable[Problem]:
    """The value has the right type, but not the form that the key requires."""
    return run.read("SB107")


@rule("SB111", Example(SOURCE, ARTICLE, None))
def missing_file(run: Run) -> Iterable[Problem]:
    """An article folder holds article.toml, article.txt and source.txt."""
    return run.read("SB111")


@rule("SB112", Example(LABELS, BANK[LABELS], None))
def missing_annotation(run: Run) -> Iterator[Problem]:
    """Each annotator of article.toml has a file in annotations/."""
    for draft in run.drafts:
        folder = draft.folder / "annotations"
        for place, annotator in _annotators(draft):
            path = folder / f"{annotator}.toml"
            # a path that is not a file has been reported while reading
            if annotator not in draft.annotations and not (folder.is_symlink() or path.is_symlink() or path.exists()):
                yield metadata(draft).at(
                    "SB112",
                    f"no file annotations/{annotator}.toml; add it, or delete this annotator if the labels are lost",
                    *place,
                )


@rule("SB113", Example("articles/bridge-closed/annotations/bob.toml", None, BANK[LABELS]))
def unlisted_annotation(run: Run) -> Iterator[Problem]:
    """Each file in annotations/ belongs to an annotator of article.toml."""
    for draft in run.drafts:
        listed = ids(draft.meta, "annotator") if draft.meta else None
        if listed is None:
            continue
        for name, document in draft.annotations.items():
            if name not in listed:
                close = closest(name, listed)
                hint = f"did you mean {close!r}?" if close else "add one, or remove this file"
                yield document.problem("SB113", f"article.toml has no [[annotator]] with the id {quoted(name)}; {hint}")


@rule("SB114", Example("articles/bridge-closed/notes.txt", None, "Ask Ada about sentence 1.\n"))
def unexpected_file(run: Run) -> Iterator[Problem]:
    """A bank holds no other files, because everything in it is read, checked and published."""
    yield from run.read("SB114")
    names = ("annotations", "article.toml", "article.txt", "source.txt")
    for draft in run.drafts:
        for path in bank.list_entries(draft.folder):
            if path.name not in names:
                message = f"an article folder holds no {quoted(path.name)}; {nearest(path.name, names)}"
                yield Problem(f"{draft.shown}/{path.name}", 1, 1, "SB114", message)
        annotations = draft.folder / "annotations"
        if annotations.is_symlink():
            continue
        if annotations.is_file():
            yield Problem(f"{draft.shown}/annotations", 1, 1, "SB114", "annotations is a folder, with a file for each annotator")
        for path in bank.list_entries(annotations):
            if path.suffix != ".toml":
                shown = f"{draft.shown}/annotations/{path.name}"
                yield Problem(shown, 1, 1, "SB114", "annotations/ holds one .toml file for each annotator")


@rule("SB115", Example(TEXT, ARTICLE, "-> source.txt"))
def symbolic_link(run: Run) -> Iterable[Problem]:
    """A bank holds no symbolic links: they could point out of it, and are not followed."""
    return run.read("SB115")


@rule("SB116", Example("topics/Harbour_Bridge.toml", None, BANK[TOPIC]))
def folder_name(run: Run) -> Iterable[Problem]:
    """Ids are file names: lower-case letters, digits and single hyphens, at most 80."""
    return run.read("SB116")


@rule("SB117", Example(META, 'id = "bridge-closed"', 'id = "bridge"'))
def id_mismatch(run: Run) -> Iterator[Problem]:
    """An id equals the name of its folder or file."""
    # SB116 reports the names that cannot be ids
    for name, document in run.bank.topics.items():
        if document.tree.get("id", name) != name and bank.is_id(name):
            yield document.at(
                "SB117", f"id {quoted(document.tree['id'])}, but the file is {name}.toml; change one of the two", "id"
            )
    for name, draft in run.bank.articles.items():
        if draft.meta and draft.meta.tree.get("id", name) != name and bank.is_id(name):
            yield draft.meta.at(
                "SB117", f"id {quoted(draft.meta.tree['id'])}, but the folder is {name!r}; change one of the two", "id"
            )


@rule("SB118", Example("CHANGELOG.md", "# Changelog\n\n## 1.0.0 — 2024-05-08\n", "# Changelog\n\n## Next\n"))
def data_version(run: Run) -> Iterator[Problem]:
    """The newest heading of a bank's CHANGELOG.md is the version that its changes call for."""
    file = run.bank.changelog
    if file is None or file.text is None:
        return
    version, offset = newest(file.text)
    if version is None:  # `slantbank diff` checks whether the version is high enough
        heading = file.text[offset:].split("\n")[0] if offset else ""
        message = f"the newest heading is {quoted(heading)}" if offset else "there is no heading"
        yield file.problem("SB118", f"{message}; write the data version, as ## 1.2.0 — 2026-11-23", offset, len(heading))


@rule("SB120", across=True)
def record_of_withheld(run: Run) -> Iterator[Problem]:
    """A bank that withholds a text holds no record of a run of models, because the record quotes the texts."""
    withheld = next((draft.shown for draft in run.drafts if draft.withheld), None)
    if withheld is not None:
        for path in sorted(run.bank.folder.glob(f"{bank.RECORDS}/*")):
            message = f"a record of a run holds the texts that models read, and that of {withheld} is withheld; keep it elsewhere"
            yield Problem(path.relative_to(run.bank.folder).as_posix(), 1, 1, "SB120", message)


@rule("SB121")
def fault_of_slantbank(run: Run) -> Iterable[Problem]:
    """If slantbank itself fails on a file, the check names the file and goes on with all others."""
    return run.read("SB121")


def _annotators(draft: Draft) -> Iterator[tuple[Place, str]]:
    """Yield the id of each annotator in article.toml, with its place."""
    for i, annotator in enumerate(tables(draft.meta, "annotator")):
        if "id" in annotator:
            yield ("annotator", i, "id"), annotator["id"]
