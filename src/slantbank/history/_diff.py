"""What changed in a bank since a revision of its git repository, and which data version the changes require.

The bank at the revision is read by git's plumbing commands, object by object: nothing is checked out, no filter or hook runs,
links are not followed, and only files of a bank are written, to a temporary folder. Sentences are aligned by their text, so
that labels are compared correctly where a sentence boundary has moved.
"""

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import chain, groupby
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from slantbank import bank, frames, measure, rules
from slantbank.bank import CHANGELOG, Annotation, Article, Bank, Level, Quote, Sentence, Topic, Version, newest, toml, withheld
from slantbank.bank.toml import MAX_BYTES
from slantbank.codebook import Layer
from slantbank.frames import files
from slantbank.problem import Problem, printable, quoted


@dataclass(frozen=True)
class Change:
    """A change: its level, the action (added, removed, changed …), the kind of thing that changed, its place, and both values.

    `path` is the file relative to the bank; `annotator`, `n` (the new number, else the old) and `text` name the sentence, `key`
    the label. `old` and `new` are values as in TOML, None if there is none.
    """

    level: Level
    action: str
    kind: str
    path: str
    annotator: str | None = None
    n: int | None = None
    text: str | None = None
    key: str | None = None
    old: str | None = None
    new: str | None = None


@dataclass
class Diff:
    """The result of a comparison: the changes, agreement before and after, both data versions, and problems of new files.

    `old` is the version at the revision, None if there was no changelog. `agreement` has a row for each layer, over all
    articles (`article_id` null) and for each article that changed.
    """

    revision: str
    changes: list[Change]
    agreement: pl.DataFrame
    old: Version | None
    new: Version | None
    problems: list[Problem] = field(default_factory=list)

    @property
    def level(self) -> Level:
        """The highest level of all changes."""
        return max((change.level for change in self.changes), default=Level.NONE)

    @property
    def required(self) -> Version | None:
        """The lowest version that the data may have; None if the revision had no version."""
        return self.old.after(self.level) if self.old else None


def diff(folder: Path, revision: str, *, progress: bank.Progress = list) -> Diff:
    """Compare the bank in `folder` with itself at a revision of its git repository.

    Raises ValueError if the folder is in no repository or is reached through a link, or the revision does not exist;
    OSError if git cannot be run, or the repository lacks files of the revision.
    """
    repository = _Repository(folder, revision)
    with tempfile.TemporaryDirectory(prefix="slantbank-") as temporary:
        base = Path(temporary)
        repository.write(base)
        before, after = bank.draft(base), bank.draft(folder, progress=progress)
        changes = [*_topic_changes(before, after), *_bank_changes(before, after)]
        changes += [*_layout_changes(before, after, changes), *repository.built()]
        changed = sorted({change.path.split("/")[1] for change in changes if change.path.startswith("articles/")})
        agreement = _agreement(before, after, changed)
    name = revision[:12] if revision == repository.commit else revision
    return Diff(name, changes, agreement, before.version, after.version, repository.problems(_build_file_names(after)))


def version_problems(diff: Diff, folder: Path) -> list[Problem]:
    """A problem if the version in the bank's changelog is lower than the changes require; none if the revision had no version."""
    file = bank.changelog(folder)
    if diff.required is None:
        return []
    since = f"{diff.revision} has {diff.old}, and the gravest change since is {diff.level.name.lower()}"
    if file is None:
        return [Problem(CHANGELOG, 1, 1, "SB118", f"the changelog, which states the data version, is gone: {since}")]
    version, offset = newest(file.text or "")
    if version is None or version >= diff.required:
        return []  # `check` reports a heading that is no version
    message = f"data version {version}, but it must be at least {diff.required}: {since}"
    return [file.problem("SB118", message, offset, len(str(version)))]


# git


@dataclass(frozen=True)
class _Entry:
    mode: str
    object: str


class _Repository:
    """The repository around a bank, and the tree of the bank at a revision."""

    def __init__(self, folder: Path, revision: str) -> None:
        if not revision or revision.startswith("-"):
            raise ValueError(f"{revision!r} is not a revision")
        self.folder = folder
        self.revision = revision
        try:
            top = Path(os.fsdecode(self._git("rev-parse", "--show-toplevel")).removesuffix("\n"))
        except subprocess.CalledProcessError as error:
            raise ValueError(f"{folder} is in no git repository: {_git_error(error)}") from error
        inside = Path(os.path.abspath(folder))  # noqa: PTH100 - links must not be resolved
        outer = next((ancestor for ancestor in (inside, *inside.parents) if ancestor.resolve() == top.resolve()), None)
        if outer is None or any(ancestor.is_symlink() for ancestor in (inside, *inside.parents) if outer in ancestor.parents):
            raise ValueError(f"{folder} is reached through a symbolic link; name the folder itself")
        self.prefix = inside.relative_to(outer).as_posix() + "/" if inside != outer else ""
        try:
            self.commit = (
                self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
            )
        except subprocess.CalledProcessError as error:
            raise ValueError(f"no revision {revision!r} in the repository of {folder}; fetch it first") from error
        prefixes = [self.prefix] if self.prefix else []
        if prefixes and self._git("ls-tree", "--full-tree", self.commit, self.prefix.rstrip("/"))[:6] not in (b"", b"040000"):
            raise ValueError(f"{self.prefix.rstrip('/')} is no folder at {revision}")
        self.tree = dict(self._entries(self._git("ls-tree", "-r", "-z", "--full-tree", self.commit, *prefixes)))
        self.index = list(self._entries(self._git("ls-files", "--stage", "-z", "--full-name", "--", ".")))

    def _git(self, *arguments: str, input: bytes | None = None) -> bytes:  # noqa: A002 - as subprocess calls it
        """Run git and return its output, so that no configuration can start a program or name another repository."""
        command = ["git", "--no-replace-objects", "--literal-pathspecs", "-c", "core.fsmonitor=false", *arguments]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment = {**inherited, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        return subprocess.run(command, cwd=self.folder, env=environment, input=input, capture_output=True, check=True).stdout  # noqa: S603

    def _entries(self, listed: bytes) -> Iterator[tuple[str, _Entry]]:
        """The entries below the bank's folder, with paths relative to it, from the output of `ls-tree` or `ls-files --stage`."""
        for line in listed.split(b"\0")[:-1]:
            fields, name = line.split(b"\t", 1)
            path = os.fsdecode(name)
            if path.startswith(self.prefix):
                mode, *others = fields.decode().split(" ")  # ls-tree: type and object; ls-files: object and stage
                yield path.removeprefix(self.prefix), _Entry(mode, max(others, key=len))

    def write(self, target: Path) -> None:
        """Write the files of the bank at the revision to a folder, except files that are too large to be read."""
        (target / "topics").mkdir()
        (target / "articles").mkdir()
        objects = {path: entry.object for path, entry in self.tree.items() if entry.mode in _FILE_MODES and _is_bank_file(path)}
        for path, data in self._blobs(objects):
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as opened:
                opened.write(data)

    def _blobs(self, objects: dict[str, str]) -> Iterator[tuple[str, bytes]]:
        """The content of each file, by its path; `objects` has the object ids by path."""
        sizes = self._git("cat-file", "--batch-check=%(objectsize)", input=_lines(objects.values())).split() if objects else []
        if b"missing" in sizes:
            raise OSError(f"the repository lacks files of {self.revision}; fetch it whole, as with `git fetch --refetch`")
        small = [path for path, size in zip(objects, sizes, strict=True) if int(size) <= MAX_BYTES]
        for start in range(0, len(small), _BATCH):
            batch = small[start : start + _BATCH]
            output = self._git("cat-file", "--batch=%(objectsize)", input=_lines(objects[path] for path in batch))
            position = 0
            for path in batch:
                line_end = output.index(b"\n", position)
                size = int(output[position:line_end])
                yield path, output[line_end + 1 : line_end + 1 + size]
                position = line_end + 1 + size + 1

    def built(self) -> list[Change]:
        """A change for each built file that differs; the files themselves are not read."""
        index = dict(self.index)
        paths = sorted(
            path for path in {*self.tree, *index} if path.startswith(f"{bank.BUILT}/") and self.tree.get(path) != index.get(path)
        )
        return [Change(Level.PATCH, "changed", "built", path) for path in paths]

    def problems(self, built: Collection[str]) -> list[Problem]:
        """Problems of files that git would add to the bank and that a bank may not have; files of the revision are not judged.

        `built` are the names of the files that a build may write.
        """
        problems = [
            Problem(path, 1, 1, *complaint)
            for path, entry in self.index
            if self.tree.get(path) != entry and (complaint := _forbidden(path, entry.mode, built)) is not None
        ]
        folded: dict[str, str] = {}
        inside = (path for path, _ in self.index if path.split("/", maxsplit=1)[0].casefold() in _FOLDERS)
        for path in sorted(inside, key=lambda path: (path not in self.tree, path)):  # files of the revision keep their names
            other = folded.setdefault(path.casefold(), path)
            if other != path and path not in self.tree:
                message = f"differs from {quoted(other)} in letter case alone, and many systems keep only one of the two"
                problems.append(Problem(path, 1, 1, "SB116", message))
        return sorted(problems)


_BATCH = 500
_FILE_MODES = ("100644", "100755")
_FOLDERS = ("topics", "articles", bank.BUILT)


def _lines(objects: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in objects).encode()


def _git_error(error: subprocess.CalledProcessError) -> str:
    lines = (error.stderr or b"").decode("utf-8", "replace").strip().split("\n")
    return printable(lines[0].removeprefix("fatal: "))


def _is_bank_file(path: str) -> bool:
    """Whether `bank.draft` reads the file at a path; it skips names that start with a dot."""
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") for part in parts) or "\\" in path or len(path) > _MAX_PATH:
        return False
    if len(parts) == 2:
        return parts[0] == "topics" and path.endswith(".toml")
    if parts[0] == "articles" and len(parts) == 4:
        return parts[2] == "annotations" and path.endswith(".toml")
    return path == CHANGELOG or (parts[0] == "articles" and len(parts) == 3)


_MAX_PATH = 500


def _build_file_names(bank_: Bank) -> set[str]:
    """The names of the files that a build of the bank may write."""
    collections = {topic.value.collection for topic in bank_.topics.values() if topic.value}
    return {bank.fingerprint.NAME, *(f"{name}.parquet" for name in files.names(collections))}


def _forbidden(path: str, mode: str, built: Collection[str]) -> tuple[str, str] | None:
    """The code and message of the problem if a bank may not have a file of this path and git mode; else None."""
    parts = path.split("/")
    if parts[0] not in _FOLDERS:
        return None
    if mode == "120000":
        return "SB115", "a symbolic link; put the file itself here"
    if mode == "160000":
        return "SB114", "a submodule; a bank holds its files itself"
    if mode == "100755":
        return "SB114", "is executable; nothing in a bank is run: git update-index --chmod=-x"
    if parts[0] == bank.BUILT:
        return None if len(parts) == 2 and parts[1] in built else ("SB114", "not a file that `slantbank build` writes")
    if any(part.startswith(".") for part in parts) and parts[-1] != ".gitkeep":
        return "SB114", "a name that starts with a dot is not checked, and so has no place in a bank"
    return None


# Changes


def _as_toml(value: Any) -> str | None:
    """A value as TOML; a quotation is only its words if these identify it."""
    if value is None:
        return None
    if isinstance(value, Quote):
        value = value.plain()
    elif isinstance(value, tuple):
        value = [item.plain() if isinstance(item, Quote) else item for item in value]
    return toml.inline(_without_models(value))


def _without_models(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_without_models(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_models(item) for key, item in value.items() if item is not None}
    return _without_models(value.model_dump(exclude_none=True)) if hasattr(value, "model_dump") else value


def _field_changes(
    old: Any, new: Any, kind: str, path: str, skip: Iterable[str] = (), annotator: str | None = None
) -> Iterator[Change]:
    """A change for each field in which two models differ. Changed notes and accepted warnings are patches."""
    for key in type(new).model_fields:
        before, after = getattr(old, key), getattr(new, key)
        if key not in skip and before != after:
            level = Level.PATCH if key in ("note", "accepted") else Level.MAJOR
            yield Change(level, "changed", kind, path, annotator, key=key, old=_as_toml(before), new=_as_toml(after))


def _entry_changes(
    old: dict[str, Any], new: dict[str, Any], kind: str, path: Callable[[str], str], changed: Callable[[str], Iterable[Change]]
) -> Iterator[Change]:
    """A change for each entry removed or added; `changed` gives the changes of an entry that both have."""
    for name in sorted({*old, *new}):
        key = name if kind in ("party", "fact") else None
        annotator = name if kind == "annotator" else None
        if name not in new:
            yield Change(Level.MAJOR, "removed", kind, path(name), annotator, key=key)
        elif name not in old:
            yield Change(Level.MINOR, "added", kind, path(name), annotator, key=key)
        else:
            yield from changed(name)


def _topic_changes(before: Bank, after: Bank) -> Iterator[Change]:
    old, new = ({name: document.value for name, document in bank_.topics.items() if document.value} for bank_ in (before, after))
    unreadable = {name for name, document in after.topics.items() if not document.value}

    def changed(name: str) -> Iterator[Change]:
        path = f"topics/{name}.toml"
        yield from _field_changes(old[name], new[name], "topic", path, ("party", "fact"))
        for kind in ("party", "fact"):
            yield from _member_changes(old[name], new[name], kind, path)

    for change in _entry_changes(old, new, "topic", "topics/{}.toml".format, changed):
        is_unreadable = (change.kind, change.action) == ("topic", "removed") and Path(change.path).stem in unreadable
        yield _unreadable(change) if is_unreadable else change


def _member_changes(old: Topic, new: Topic, kind: str, path: str) -> Iterator[Change]:
    before, after = ({entry.id: entry for entry in getattr(topic, kind)} for topic in (old, new))

    def changed(name: str) -> Iterator[Change]:
        for change in _field_changes(before[name], after[name], kind, path):
            yield replace(change, key=f"{name}.{change.key}")

    return _entry_changes(before, after, kind, lambda _: path, changed)


def _unreadable(change: Change) -> Change:
    return Change(change.level, "unreadable", change.kind, change.path)


def _bank_changes(before: Bank, after: Bank) -> Iterator[Change]:
    old, new = ({name: draft.article for name, draft in bank_.articles.items() if draft.article} for bank_ in (before, after))

    def changed(name: str) -> Iterator[Change]:
        path = f"articles/{name}"
        if after.articles[name].withheld and any(rules.open_words(after.articles[name])):
            yield Change(Level.MAJOR, "not shown, since it holds words of a withheld text", "text", f"{path}/article.txt")
            return
        old_article, new_article = old[name], new[name]
        if old_article.meta.includes_text != new_article.meta.includes_text:
            yield Change(Level.MAJOR, "withheld" if old_article.meta.includes_text else "restored", "text", f"{path}/article.txt")
            try:
                old_article, new_article = _strip_text(old_article, before), _strip_text(new_article, after)
            except ValueError:  # labels that do not fit the text cannot be shown without revealing it
                return
        yield from _article_changes(old_article, new_article, path)

    for change in _entry_changes(old, new, "article", "articles/{}".format, changed):
        name, action = Path(change.path).name, change.action if change.kind == "article" else ""
        if action == "removed" and name in after.articles:
            yield _unreadable(change)
        elif action == "added" and name in before.articles:
            yield replace(change, action="can be read now")
        else:
            yield change


def _strip_text(article: Article, bank_: Bank) -> Article:
    """The article with its text withheld, for comparison with one whose text is withheld."""
    topic = bank_.topics[article.meta.topic].value if article.meta.topic in bank_.topics else None
    return withheld.strip(article, topic).article if article.meta.includes_text and topic else article


def _article_changes(old: Article, new: Article, path: str) -> Iterator[Change]:
    skip = ("annotator", "source_sha256", *withheld.CHECKS)
    yield from _field_changes(old.meta, new.meta, "metadata", f"{path}/article.toml", skip)
    for key, file, differs in (
        ("text_check", "article.txt", old.meta.text_check != new.meta.text_check),
        ("source_sha256", "source.txt", old.source != new.source),
    ):
        if differs:
            before, after = (_as_toml(getattr(article.meta, key)) for article in (old, new))
            yield Change(Level.MAJOR, "changed", "text", f"{path}/{file}", key=key, old=before, new=after)
    aligned = align(old.lines, new.lines)
    if old.text != new.text and old.lines == new.lines:
        yield Change(Level.MAJOR, "changed", "text", f"{path}/article.txt", key="paragraphs")
    yield from _text_changes(old.lines, new.lines, aligned, f"{path}/article.txt")
    old_annotators, new_annotators = ({annotator.id: annotator for annotator in article.meta.annotator} for article in (old, new))

    def changed(name: str) -> Iterator[Change]:
        file = f"{path}/annotations/{name}.toml"
        annotators = old_annotators[name], new_annotators[name]
        yield from _field_changes(*annotators, "annotator", f"{path}/article.toml", annotator=name)
        yield from _label_changes(old.annotations[name], new.annotations[name], aligned, file, name)

    yield from _entry_changes(old_annotators, new_annotators, "annotator", f"{path}/annotations/{{}}.toml".format, changed)


Aligned = list[tuple[int | None, int | None]]


def align(old: list[str], new: list[str]) -> Aligned:
    """Align the sentences of two texts: pairs of old and new numbers with equal or similar text; None where there is no partner.

    >>> align(["A.", "Bee flies. C.", "D."], ["A.", "Bee flies.", "C.", "D."])
    [(0, 0), (1, 1), (None, 2), (2, 3)]
    """
    shorter = min(len(old), len(new))
    head = next((k for k in range(shorter) if old[k] != new[k]), shorter)
    tail = next((k for k in range(shorter - head) if old[-1 - k] != new[-1 - k]), shorter - head)
    pairs: Aligned = [(k, k) for k in range(head)]
    between = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    for kind, *bounds in between.get_opcodes():
        i, i_end, j, j_end = (bound + head for bound in bounds)
        if kind == "equal":
            pairs += zip(range(i, i_end), range(j, j_end), strict=True)
            continue
        next_j = j  # the first new sentence that has no partner yet
        for old_n in range(i, i_end):
            # of equally similar sentences the first is taken, hence the negative numbers
            candidates = ((_similarity(old[old_n], new[new_n]), -new_n) for new_n in range(next_j, j_end))
            similarity, partner = max(candidates, default=(0.0, 0))
            if similarity < _MIN_SIMILARITY:
                pairs.append((old_n, None))
            else:
                pairs += [(None, new_n) for new_n in range(next_j, -partner)]
                pairs.append((old_n, -partner))
                next_j = 1 - partner
        pairs += [(None, new_n) for new_n in range(next_j, j_end)]
    pairs += [(len(old) - k, len(new) - k) for k in range(tail, 0, -1)]
    return pairs


_MIN_SIMILARITY = 0.5


def _similarity(old: str, new: str) -> float:
    """The share of common words in the shorter of two sentences, from 0 to 1."""
    old_words, new_words = (Counter(text.casefold().split()) for text in (old, new))
    shared = (old_words & new_words).total()
    return shared / min(old_words.total(), new_words.total()) if shared else 0.0


def _text_changes(old: list[str], new: list[str], aligned: Aligned, path: str) -> Iterator[Change]:
    """The changes of the text, sentence by sentence; a run of changes with the same words is a moved sentence boundary."""
    for same, run in groupby(aligned, lambda pair: None not in pair and old[pair[0] or 0] == new[pair[1] or 0]):
        if not same:
            yield from _run_changes(old, new, list(run), path)


def _run_changes(old: list[str], new: list[str], run: Aligned, path: str) -> Iterator[Change]:
    old_lines, new_lines = [old[i] for i, _ in run if i is not None], [new[j] for _, j in run if j is not None]
    if "".join("".join(old_lines).split()) == "".join("".join(new_lines).split()):
        first = next(j for _, j in run if j is not None)
        yield Change(Level.MAJOR, "boundary moved", "text", path, n=first, old=" | ".join(old_lines), new=" | ".join(new_lines))
        return
    for i, j in run:
        action = "added" if i is None else "removed" if j is None else "changed"
        before, after = None if i is None else old[i], None if j is None else new[j]
        yield Change(Level.MAJOR, action, "text", path, n=i if j is None else j, old=before, new=after)


def _label_changes(old: Annotation, new: Annotation, aligned: Aligned, path: str, annotator: str) -> Iterator[Change]:
    """The changes of an annotator's labels in aligned sentences, key by key; without a partner all labels are added or removed."""
    old_by_n, new_by_n = ({sentence.n: sentence for sentence in annotation.sentence} for annotation in (old, new))
    for i, j in aligned:
        before = old_by_n.get(i) if i is not None else None
        after = new_by_n.get(j) if j is not None else None
        sentence = after or before
        if sentence is None:
            continue
        was, now = (_labels_by_key(side) for side in (before, after))
        tables = {key.split(".", 1)[0] for key in (*was, *now) if "." in key}  # an empty table beside its entries is no change
        for key in sorted({*was, *now} - tables, key=_key_order):
            if was.get(key) != now.get(key):
                level = Level.PATCH if key.split(".")[0] in ("note", "decided_by") else Level.MAJOR
                action = "changed" if before and after else "added" if after else "removed"
                yield Change(level, action, "label", path, annotator, sentence.n, sentence.text, key, was.get(key), now.get(key))


def _labels_by_key(sentence: Sentence | None) -> dict[str, str]:
    """The labels of a sentence as TOML, by key; a stance has the key `stance.PARTY`, a fact `facts.ID`."""
    labels: dict[str, str | None] = {}
    for key in Sentence.model_fields if sentence else ():
        value = getattr(sentence, key)
        if isinstance(value, Quote) and not value.text:
            value = None  # an empty quotation means the same as a missing key: no source or cue is named
        if key in ("n", "text") or (key in ("spans", "scores", "undecided") and not value):
            continue
        if isinstance(value, dict) and value:
            labels |= {f"{key}.{name}": _as_toml(item) for name, item in value.items()}
        else:
            labels[key] = _as_toml(value)
    return {key: value for key, value in labels.items() if value is not None}


def _key_order(key: str) -> tuple[int, str]:
    return list(Sentence.model_fields).index(key.split(".", maxsplit=1)[0]), key


def _layout_changes(before: Bank, after: Bank, changes: Iterable[Change]) -> Iterator[Change]:
    """A change for each file whose text differs without a reported change: its layout or comments changed."""
    reported = {change.path for change in changes}
    reported |= {f"{change.path.split('/annotations/')[0]}/article.toml" for change in changes if change.kind == "annotator"}
    old, new = (dict(_file_contents(bank_)) for bank_ in (before, after))
    for path in sorted(old.keys() & new.keys() - reported):
        if old[path] != new[path] and not any(path.startswith(f"{folder}/") for folder in reported):
            yield Change(Level.PATCH, "changed", "layout", path)


def _file_contents(bank_: Bank) -> Iterator[tuple[str, str | bytes]]:
    """The path of each file, and its text, or its bytes if they are not text."""
    for file in chain(bank_.topics.values(), *(draft.files for draft in bank_.articles.values())):
        yield file.path, file.data if file.text is None else file.text


# Agreement

_KEYS = ["article_id", "layer", "measure"]


def _agreement(before: Bank, after: Bank, changed: list[str]) -> pl.DataFrame:
    """Agreement before and after, a row for each layer: over all articles (`article_id` null), and in each changed article."""
    sides = [_agreement_of(bank_, changed).rename({"value": name}) for bank_, name in ((before, "before"), (after, "after"))]
    joined = sides[0].join(sides[1], on=_KEYS, how="full", coalesce=True, nulls_equal=True)
    if joined.is_empty():
        return joined
    layers = {name: i for i, name in enumerate(dict.fromkeys((*(layer.value for layer in Layer), *joined["layer"])))}
    order = pl.col("layer").replace_strict(layers, return_dtype=pl.Int32)
    return joined.filter(pl.any_horizontal(pl.col("before", "after").is_not_null())).sort("article_id", order, nulls_last=False)


def _agreement_of(bank_: Bank, changed: list[str]) -> pl.DataFrame:
    """Agreement over the articles without an error, and in each of them that changed."""
    topics, articles = rules.sound(bank_, rules.check(bank_))
    if not articles:
        return pl.DataFrame(schema={**dict.fromkeys(_KEYS, pl.String), "value": pl.Float64})
    tables = frames.tabulate(topics, articles)
    part = {name: tables[name].filter(pl.col("article_id").is_in(changed)) for name in ("sentences", "annotations")}
    measured = [measure.agreement(tables).with_columns(article_id=pl.lit(None, pl.String))]
    if part["sentences"].height:
        measured.append(measure.agreement(part, by="article_id").filter(pl.col("article_id").is_not_null()))
    is_shown = [
        *(pl.col("item").is_null(), pl.col("annotator_kind") == measure.ALL),
        pl.col("measure").is_in(["alpha", "exact_f1"]),
    ]
    return pl.concat(frame.filter(*is_shown).select(*_KEYS, "value") for frame in measured)
