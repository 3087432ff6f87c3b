"""What changed in a bank since a revision of its git repository, and what the version of its data must be for that.

The bank at the revision is read by git's plumbing, object by object: nothing is checked out, no filter or hook runs, links
are not followed, and only what a bank holds is written, to a temporary folder. Sentences are aligned by their text, so that
labels stay beside each other where a sentence boundary has moved.
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
    """A change: its level, what was done, to what, and where; `old` and `new` as they stand in TOML, None where not there.

    `path` leads to the file as seen from the bank, `annotator`, `n` (the new number, else the old) and `text` to the
    sentence, `key` to its label.
    """

    level: Level
    done: str
    what: str
    path: str
    annotator: str | None = None
    n: int | None = None
    text: str | None = None
    key: str | None = None
    old: str | None = None
    new: str | None = None


@dataclass
class Diff:
    """What changed in a bank: changes, agreement before and after, the versions of the data, and what may not be as it is.

    `old` is the version at the revision; None if there was no changelog. `agreement` has a row for each layer, over all
    articles (`article_id` null) and in each article that changed.
    """

    revision: str
    changes: list[Change]
    agreement: pl.DataFrame
    old: Version | None
    new: Version | None
    problems: list[Problem] = field(default_factory=list)

    @property
    def level(self) -> Level:
        """The level of the gravest change."""
        return max((change.level for change in self.changes), default=Level.NONE)

    @property
    def required(self) -> Version | None:
        """The lowest version that the data may have; None where the revision had none to count from."""
        return self.old.after(self.level) if self.old else None


def diff(folder: Path, revision: str, *, progress: bank.Progress = list) -> Diff:
    """Compare the bank in `folder` with itself at a revision of its git repository.

    Raises ValueError if the folder is in no repository, is reached through a link, or the revision is not there;
    OSError if git cannot be run, or the repository lacks files of the revision.
    """
    repository = _Repository(folder, revision)
    with tempfile.TemporaryDirectory(prefix="slantbank-") as temporary:
        base = Path(temporary)
        repository.write(base)
        before, after = bank.draft(base), bank.draft(folder, progress=progress)
        changes = [*_topic_changes(before, after), *_bank_changes(before, after)]
        changes += [*_layout_changes(before, after, changes), *repository.built()]
        touched = sorted({change.path.split("/")[1] for change in changes if change.path.startswith("articles/")})
        measured = _agreement(before, after, touched)
    shown = revision[:12] if revision == repository.commit else revision
    return Diff(shown, changes, measured, before.version, after.version, repository.problems(_build_file_names(after)))


def version_problems(found: Diff, folder: Path) -> list[Problem]:
    """That the version in the bank's changelog is lower than its changes call for; nothing where it had none to count from."""
    file = bank.changelog(folder)
    if found.required is None:
        return []
    since = f"{found.revision} has {found.old}, and the gravest change since is {found.level.name.lower()}"
    if file is None:
        return [Problem(CHANGELOG, 1, 1, "SB118", f"there is no changelog any more, which tells the data version: {since}")]
    version, offset = newest(file.text or "")
    if version is None or version >= found.required:
        return []  # that a heading is no version, `check` says
    message = f"data version {version}, but it must be at least {found.required}: {since}"
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
            raise ValueError(f"{revision!r} is no revision")
        self.folder = folder
        self.revision = revision
        try:
            top = Path(os.fsdecode(self._git("rev-parse", "--show-toplevel")).removesuffix("\n"))
        except subprocess.CalledProcessError as error:
            raise ValueError(f"{folder} is in no git repository: {_git_error(error)}") from error
        inside = Path(os.path.abspath(folder))  # noqa: PTH100 - links must not be resolved
        outer = next((one for one in (inside, *inside.parents) if one.resolve() == top.resolve()), None)
        if outer is None or any(one.is_symlink() for one in (inside, *inside.parents) if outer in one.parents):
            raise ValueError(f"{folder} is reached through a symbolic link; name the folder itself")
        self.prefix = inside.relative_to(outer).as_posix() + "/" if inside != outer else ""
        try:
            self.commit = (
                self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
            )
        except subprocess.CalledProcessError as error:
            raise ValueError(f"no revision {revision!r} in the repository of {folder}; fetch it first") from error
        inner = [self.prefix] if self.prefix else []
        if inner and self._git("ls-tree", "--full-tree", self.commit, self.prefix.rstrip("/"))[:6] not in (b"", b"040000"):
            raise ValueError(f"{self.prefix.rstrip('/')} is no folder at {revision}")
        self.tree = dict(self._entries(self._git("ls-tree", "-r", "-z", "--full-tree", self.commit, *inner)))
        self.index = list(self._entries(self._git("ls-files", "--stage", "-z", "--full-name", "--", ".")))

    def _git(self, *arguments: str, input: bytes | None = None) -> bytes:  # noqa: A002 - as subprocess calls it
        """What git answers. No configuration can have it run a program, and no other repository take the place of this one."""
        command = ["git", "--no-replace-objects", "--literal-pathspecs", "-c", "core.fsmonitor=false", *arguments]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment = {**kept, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        return subprocess.run(command, cwd=self.folder, env=environment, input=input, capture_output=True, check=True).stdout  # noqa: S603

    def _entries(self, listed: bytes) -> Iterator[tuple[str, _Entry]]:
        """The entries in the bank's folder, by their path in it, of `ls-tree` or `ls-files --stage`."""
        for line in listed.split(b"\0")[:-1]:
            facts, name = line.split(b"\t", 1)
            path = os.fsdecode(name)
            if path.startswith(self.prefix):
                mode, *others = facts.decode().split(" ")  # of ls-tree a type and the object, of ls-files the object and a stage
                yield path.removeprefix(self.prefix), _Entry(mode, max(others, key=len))

    def write(self, target: Path) -> None:
        """Write the files of the bank at the revision, but those that are too large to be read."""
        (target / "topics").mkdir()
        (target / "articles").mkdir()
        plain = {path: one.object for path, one in self.tree.items() if one.mode in _FILE_MODES and _is_bank_file(path)}
        for path, data in self._blobs(plain):
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as opened:
                opened.write(data)

    def _blobs(self, objects: dict[str, str]) -> Iterator[tuple[str, bytes]]:
        names = list(objects)
        asked = "".join(f"{objects[name]}\n" for name in names).encode()
        sizes = self._git("cat-file", "--batch-check=%(objectsize)", input=asked).split() if names else []
        if b"missing" in sizes:
            raise OSError(f"the repository lacks files of {self.revision}; fetch it whole, as with `git fetch --refetch`")
        small = [name for name, size in zip(names, sizes, strict=True) if int(size) <= MAX_BYTES]
        for start in range(0, len(small), _BATCH):
            part = small[start : start + _BATCH]
            answer = self._git("cat-file", "--batch=%(objectsize)", input="".join(f"{objects[name]}\n" for name in part).encode())
            at = 0
            for name in part:
                line = answer.index(b"\n", at)
                size = int(answer[at:line])
                yield name, answer[line + 1 : line + 1 + size]
                at = line + 1 + size + 1

    def built(self) -> list[Change]:
        """The built files that differ; they are not read."""
        index = dict(self.index)
        paths = sorted(
            path for path in {*self.tree, *index} if path.startswith(f"{bank.BUILT}/") and self.tree.get(path) != index.get(path)
        )
        return [Change(Level.PATCH, "changed", "built", path) for path in paths]

    def problems(self, built: Collection[str]) -> list[Problem]:
        """What git would add to the bank that is no plain file of a bank: only what is new since the revision is judged.

        `built` are the names of the files that a build may write.
        """
        found = [
            Problem(path, 1, 1, *complaint)
            for path, one in self.index
            if self.tree.get(path) != one and (complaint := _forbidden(path, one.mode, built)) is not None
        ]
        folded: dict[str, str] = {}
        inside = (path for path, _ in self.index if path.split("/", maxsplit=1)[0].casefold() in _FOLDERS)
        for path in sorted(inside, key=lambda path: (path not in self.tree, path)):  # what was there has the name
            other = folded.setdefault(path.casefold(), path)
            if other != path and path not in self.tree:
                message = f"differs from {quoted(other)} in letter case alone, and many systems keep only one of the two"
                found.append(Problem(path, 1, 1, "SB116", message))
        return sorted(found)


_BATCH = 500
_FILE_MODES = ("100644", "100755")
_FOLDERS = ("topics", "articles", bank.BUILT)


def _git_error(error: subprocess.CalledProcessError) -> str:
    lines = (error.stderr or b"").decode("utf-8", "replace").strip().split("\n")
    return printable(lines[0].removeprefix("fatal: "))


def _is_bank_file(path: str) -> bool:
    """Whether a path is that of a file that `bank.draft` reads; names that start with a dot are passed over."""
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") for part in parts) or "\\" in path or len(path) > _MAX_PATH:
        return False
    if len(parts) == 2:
        return parts[0] == "topics" and path.endswith(".toml")
    if parts[0] == "articles" and len(parts) == 4:
        return parts[2] == "annotations" and path.endswith(".toml")
    return path == CHANGELOG or (parts[0] == "articles" and len(parts) == 3)


_MAX_PATH = 500


def _build_file_names(found: Bank) -> set[str]:
    """The names of the files that a build of the bank may write."""
    collections = {topic.value.collection for topic in found.topics.values() if topic.value}
    return {bank.fingerprint.NAME, *(f"{name}.parquet" for name in files.names(collections))}


def _forbidden(path: str, mode: str, built: Collection[str]) -> tuple[str, str] | None:
    """The code and message of what may not be in a bank, going by what git holds."""
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
    """A value as it stands in TOML; a quotation by its words where these are enough."""
    if value is None:
        return None
    if isinstance(value, Quote):
        value = value.plain()
    elif isinstance(value, tuple):
        value = [one.plain() if isinstance(one, Quote) else one for one in value]
    return toml.inline(_without_models(value))


def _without_models(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_without_models(one) for one in value]
    if isinstance(value, dict):
        return {key: _without_models(one) for key, one in value.items() if one is not None}
    return _without_models(value.model_dump(exclude_none=True)) if hasattr(value, "model_dump") else value


def _field_changes(old: Any, new: Any, path: str, skip: Iterable[str], **rest: Any) -> Iterator[Change]:
    """A change for each field in which two tables differ. Notes and accepted warnings are patches."""
    for key in type(new).model_fields:
        one, other = getattr(old, key), getattr(new, key)
        if key not in skip and one != other:
            level = Level.PATCH if key in ("note", "accepted") else Level.MAJOR
            yield Change(level, "changed", path=path, key=key, old=_as_toml(one), new=_as_toml(other), **rest)


def _entry_changes(
    old: dict[str, Any], new: dict[str, Any], what: str, path: Callable[[str], str], changed: Callable[[str], Iterable[Change]]
) -> Iterator[Change]:
    """Entries removed, added, and what changed in those that stay."""
    for name in sorted({*old, *new}):
        key = name if what in ("party", "fact") else None
        who = name if what == "annotator" else None
        if name not in new:
            yield Change(Level.MAJOR, "removed", what, path(name), who, key=key)
        elif name not in old:
            yield Change(Level.MINOR, "added", what, path(name), who, key=key)
        else:
            yield from changed(name)


def _topic_changes(before: Bank, after: Bank) -> Iterator[Change]:
    old, new = ({name: one.value for name, one in found.topics.items() if one.value} for found in (before, after))
    unread = {name for name, one in after.topics.items() if not one.value}

    def changed(name: str) -> Iterator[Change]:
        path = f"topics/{name}.toml"
        yield from _field_changes(old[name], new[name], path, ("party", "fact"), what="topic")
        for kind in ("party", "fact"):
            yield from _member_changes(old[name], new[name], kind, path)

    for change in _entry_changes(old, new, "topic", "topics/{}.toml".format, changed):
        gone = (change.what, change.done) == ("topic", "removed") and Path(change.path).stem in unread
        yield _unreadable(change) if gone else change


def _member_changes(old: Topic, new: Topic, kind: str, path: str) -> Iterator[Change]:
    ours, theirs = ({one.id: one for one in getattr(topic, kind)} for topic in (old, new))

    def changed(name: str) -> Iterator[Change]:
        for change in _field_changes(ours[name], theirs[name], path, (), what=kind):
            yield Change(change.level, "changed", kind, path, key=f"{name}.{change.key}", old=change.old, new=change.new)

    return _entry_changes(ours, theirs, kind, lambda _: path, changed)


def _unreadable(change: Change) -> Change:
    return Change(change.level, "unreadable", change.what, change.path)


def _bank_changes(before: Bank, after: Bank) -> Iterator[Change]:
    old, new = ({name: one.article for name, one in found.articles.items() if one.article} for found in (before, after))

    def changed(name: str) -> Iterator[Change]:
        path = f"articles/{name}"
        if after.articles[name].withheld and any(rules.open_words(after.articles[name])):
            yield Change(Level.MAJOR, "not shown, since it holds words of a withheld text", "text", f"{path}/article.txt")
            return
        ours, theirs = old[name], new[name]
        if ours.meta.includes_text != theirs.meta.includes_text:
            done = "withheld" if ours.meta.includes_text else "restored"
            yield Change(Level.MAJOR, done, "text", f"{path}/article.txt")
            try:
                ours, theirs = _strip_text(ours, before), _strip_text(theirs, after)
            except ValueError:  # its labels do not fit its text, and so cannot be shown without it
                return
        yield from _article_changes(ours, theirs, path)

    for change in _entry_changes(old, new, "article", "articles/{}".format, changed):
        name, done = Path(change.path).name, change.done if change.what == "article" else ""
        if done == "removed" and name in after.articles:
            yield _unreadable(change)
        elif done == "added" and name in before.articles:
            yield replace(change, done="can be read now")
        else:
            yield change


def _strip_text(one: Article, found: Bank) -> Article:
    """The article without its words, so that it can be laid beside one whose text is withheld."""
    about = found.topics[one.meta.topic].value if one.meta.topic in found.topics else None
    return withheld.strip(one, about).article if one.meta.includes_text and about else one


def _article_changes(old: Article, new: Article, path: str) -> Iterator[Change]:
    apart = ("annotator", "source_sha256", *withheld.CHECKS)
    yield from _field_changes(old.meta, new.meta, f"{path}/article.toml", apart, what="metadata")
    if old.meta.text_check != new.meta.text_check:
        hashes = (_as_toml(one.meta.text_check) for one in (old, new))
        yield Change(Level.MAJOR, "changed", "text", f"{path}/article.txt", None, None, None, "text_check", *hashes)
    if old.source != new.source:
        hashes = (_as_toml(one.meta.source_sha256) for one in (old, new))
        yield Change(Level.MAJOR, "changed", "text", f"{path}/source.txt", None, None, None, "source_sha256", *hashes)
    was, now = old.lines, new.lines
    aligned = align(was, now)
    if old.text != new.text and was == now:
        yield Change(Level.MAJOR, "changed", "text", f"{path}/article.txt", key="paragraphs")
    yield from _text_changes(was, now, aligned, f"{path}/article.txt")
    ours, theirs = ({one.id: one for one in found.meta.annotator} for found in (old, new))

    def changed(name: str) -> Iterator[Change]:
        file = f"{path}/annotations/{name}.toml"
        yield from _field_changes(ours[name], theirs[name], f"{path}/article.toml", (), what="annotator", annotator=name)
        yield from _label_changes(old.annotations[name], new.annotations[name], aligned, file, name)

    yield from _entry_changes(ours, theirs, "annotator", f"{path}/annotations/{{}}.toml".format, changed)


Aligned = list[tuple[int | None, int | None]]


def align(old: list[str], new: list[str]) -> Aligned:
    """Pairs of old and new numbers of sentences: of equal text, or of nearly equal text between such; None for no partner.

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
        rest = j  # the first new sentence that has no partner yet
        for one in range(i, i_end):
            likeness, near = max(((_similarity(old[one], new[other]), -other) for other in range(rest, j_end)), default=(0.0, 0))
            if likeness < _MIN_SIMILARITY:
                pairs.append((one, None))
            else:
                pairs += [(None, other) for other in range(rest, -near)]
                pairs.append((one, -near))
                rest = 1 - near
        pairs += [(None, other) for other in range(rest, j_end)]
    pairs += [(len(old) - k, len(new) - k) for k in range(tail, 0, -1)]
    return pairs


_MIN_SIMILARITY = 0.5


def _similarity(old: str, new: str) -> float:
    """How like two sentences are by their words, from 0 to 1."""
    ours, theirs = (Counter(text.casefold().split()) for text in (old, new))
    shared = (ours & theirs).total()
    return max(shared / max(1, ours.total()), shared / max(1, theirs.total())) if shared else 0.0


def _text_changes(old: list[str], new: list[str], aligned: Aligned, path: str) -> Iterator[Change]:
    """What changed in the text, sentence by sentence; runs whose words are the same are sentence boundaries that moved."""
    for same, run in groupby(aligned, lambda pair: None not in pair and old[pair[0] or 0] == new[pair[1] or 0]):
        if not same:
            yield from _run_changes(old, new, list(run), path)


def _run_changes(old: list[str], new: list[str], run: Aligned, path: str) -> Iterator[Change]:
    ours, theirs = [i for i, _ in run if i is not None], [j for _, j in run if j is not None]
    if "".join("".join(old[i] for i in ours).split()) == "".join("".join(new[j] for j in theirs).split()):
        words = (" | ".join(lines[k] for k in numbers) for lines, numbers in ((old, ours), (new, theirs)))
        yield Change(Level.MAJOR, "boundary moved", "text", path, None, theirs[0], None, None, *words)
        return
    for i, j in run:
        done = "added" if i is None else "removed" if j is None else "changed"
        texts = (old[i] if i is not None else None, new[j] if j is not None else None)
        yield Change(Level.MAJOR, done, "text", path, None, j if j is not None else i, None, None, *texts)


def _label_changes(old: Annotation, new: Annotation, aligned: Aligned, path: str, annotator: str) -> Iterator[Change]:
    """What an annotator labels otherwise, key by key, of aligned sentences; the labels of one without a partner as a whole."""
    ours, theirs = ({one.n: one for one in annotation.sentence} for annotation in (old, new))
    nothing: dict[str, str] = {}
    for i, j in aligned:
        one = ours.get(i) if i is not None else None
        other = theirs.get(j) if j is not None else None
        shown = other or one
        if shown is None:
            continue
        was, now = (_labels_by_key(sentence) if sentence else nothing for sentence in (one, other))
        parted = {key.split(".", 1)[0] for key in (*was, *now) if "." in key}  # then an empty table says nothing
        for key in sorted({*was, *now} - parted, key=_key_order):
            if was.get(key) != now.get(key):
                level = Level.PATCH if key.split(".")[0] in ("note", "decided_by") else Level.MAJOR
                done = "changed" if one and other else "added" if other else "removed"
                yield Change(level, done, "label", path, annotator, shown.n, shown.text, key, was.get(key), now.get(key))


def _labels_by_key(sentence: Sentence) -> dict[str, str]:
    """The labels of a sentence as they stand in TOML, by key: a stance by its party, a fact by its id."""
    found: dict[str, str | None] = {}
    for key in Sentence.model_fields:
        value = getattr(sentence, key)
        if isinstance(value, Quote) and not value.text:
            value = None  # no source or cue is named, as where the key is not there
        if key in ("n", "text") or (key in ("spans", "scores", "undecided") and not value):
            continue
        if isinstance(value, dict) and value:
            found |= {f"{key}.{name}": _as_toml(one) for name, one in value.items()}
        else:
            found[key] = _as_toml(value)
    return {key: value for key, value in found.items() if value is not None}


def _key_order(key: str) -> tuple[int, str]:
    return list(Sentence.model_fields).index(key.split(".", maxsplit=1)[0]), key


def _layout_changes(before: Bank, after: Bank, changes: Iterable[Change]) -> Iterator[Change]:
    """The files whose texts differ though nothing was said of them: their layout or comments changed."""
    told = {change.path for change in changes}
    told |= {f"{change.path.split('/annotations/')[0]}/article.toml" for change in changes if change.what == "annotator"}
    old, new = (dict(_file_contents(found)) for found in (before, after))
    for path in sorted(old.keys() & new.keys() - told):
        if old[path] != new[path] and not any(path.startswith(f"{one}/") for one in told):
            yield Change(Level.PATCH, "changed", "layout", path)


def _file_contents(found: Bank) -> Iterator[tuple[str, str | bytes]]:
    """Each file's path, and its text in plain lines, or its bytes where they are no text."""
    for file in chain(found.topics.values(), *(draft.files for draft in found.articles.values())):
        yield file.path, file.data if file.text is None else file.text


# Agreement

_KEYS = ["article_id", "layer", "measure"]


def _agreement(before: Bank, after: Bank, touched: list[str]) -> pl.DataFrame:
    """Agreement before and after, a row a layer: over all articles (null), and in each article that changed."""
    sides = [_agreement_of(found, touched).rename({"value": name}) for found, name in ((before, "before"), (after, "after"))]
    joined = sides[0].join(sides[1], on=_KEYS, how="full", coalesce=True, nulls_equal=True)
    if joined.is_empty():
        return joined
    layers = {layer: i for i, layer in enumerate(dict.fromkeys((*(one.value for one in Layer), *joined["layer"])))}
    order = pl.col("layer").replace_strict(layers, return_dtype=pl.Int32)
    return joined.filter(pl.any_horizontal(pl.col("before", "after").is_not_null())).sort("article_id", order, nulls_last=False)


def _agreement_of(found: Bank, touched: list[str]) -> pl.DataFrame:
    """Agreement of the articles of the bank that have no error."""
    topics, articles = rules.sound(found, rules.check(found))
    rows = pl.DataFrame(schema={**dict.fromkeys(_KEYS, pl.String), "value": pl.Float64})
    if not articles:
        return rows
    whole = frames.tabulate(topics, articles)
    part = {name: whole[name].filter(pl.col("article_id").is_in(touched)) for name in ("sentences", "annotations")}
    measured = [measure.agreement(whole).with_columns(article_id=pl.lit(None, pl.String))]
    if part["sentences"].height:
        measured.append(measure.agreement(part, by="article_id").filter(pl.col("article_id").is_not_null()))
    kept = [
        one.filter(
            pl.col("item").is_null(), pl.col("annotator_kind") == measure.ALL, pl.col("measure").is_in(["alpha", "exact_f1"])
        ).select(*_KEYS, "value")
        for one in measured
    ]
    return pl.concat(kept)
