"""A run: articles of a bank, coded several at once; one that cannot be coded does not keep the others from it."""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from slantbank import bank
from slantbank.bank import Annotator, Article, Topic, article, dumps, is_id, withheld
from slantbank.codebook import GOLD, VERSION, AnnotatorKind
from slantbank.coders._client import ModelCoder, UnansweredError
from slantbank.coders._client import annotator_entry as asked
from slantbank.coders._response import Response, ValidatedResponse, validate_response
from slantbank.rules import check

T = TypeVar("T")

Coder = Callable[[Article, Topic], Response]
"""Any function from an article to labels (see `Response`). A `ModelCoder` is one."""


@dataclass(frozen=True)
class Plan:
    """What is to be coded: articles with their topics and folders; and why others are not."""

    articles: dict[str, tuple[Article, Topic, Path]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def sentences(self) -> int:
        """How many sentences there are to code."""
        return sum(len(one.lines) for one, _, _ in self.articles.values())


@dataclass(frozen=True)
class CodingResult:
    """What came of an article: what was coded and written, or why nothing was."""

    article: str
    sentences: int
    validated: ValidatedResponse | None = None
    reason: str | None = None

    @property
    def undecided(self) -> int:
        """How many sentences have something that is undecided."""
        return sum(bool(one.undecided) for one in self.validated.annotation.sentence) if self.validated else 0


def plan(folder: Path, annotator: str, articles: Collection[str] | None = None, *, written: bool = True) -> Plan:
    """The articles of a bank, all or those named, that `annotator` can code; the labels that are there are not looked at.

    Where what it codes is to be `written`, an article that somebody else has coded under this id is left out.

    Raises NotADirectoryError if `folder` is no bank, ValueError if `annotator` is no id for a coder.
    """
    if annotator == GOLD or not is_id(annotator):
        raise ValueError(f"annotator {annotator!r}: use small letters, digits and single hyphens, and not {GOLD!r}")
    found = bank.draft(folder, articles)
    wrong: dict[str, str] = {}
    for problem in check(found):
        # that another annotator's file is missing, or ours where a run was killed, keeps nobody from coding
        if problem.level == "error" and "/annotations" not in problem.path and problem.code != "SB112":
            wrong.setdefault("/".join(problem.path.split("/")[:2]), str(problem))
    planned = Plan()
    for name, draft in found.articles.items():
        meta = draft.meta.value if draft.meta else None
        text = draft.text.text if draft.text else None
        about = found.topics[meta.topic].value if meta and meta.topic in found.topics else None
        fault = wrong.get(draft.shown) or wrong.get(f"topics/{meta.topic}.toml" if meta else "")
        there = next((who for who in meta.annotator if who.id == annotator), None) if meta else None
        if draft.withheld:
            planned.left_out[name] = withheld.REFUSED.format(name)
        elif fault or meta is None or not text or about is None:
            planned.left_out[name] = fault or "its files cannot be read"
        elif written and there is not None and there.model is None:
            planned.left_out[name] = f"annotator {annotator} is listed, and no model that was asked here; choose another id"
        elif written and there is None and (draft.folder / "annotations" / f"{annotator}.toml").exists():
            planned.left_out[name] = f"annotations/{annotator}.toml is there already"
        else:
            source = (draft.source and draft.source.text) or ""
            planned.articles[name] = Article(meta, source, text, {}), about, draft.folder
    return planned


def do_nothing() -> None:
    """Do nothing."""


def run(
    planned: Plan, coder: Coder, annotator: str, *, jobs: int = 1, stopping: Callable[[], object] = do_nothing
) -> Iterator[CodingResult]:
    """Code the articles, `jobs` at once, and write each annotation as soon as it is made.

    When the caller stops early, or the user by Ctrl-C, `stopping` is called, what has been asked is waited for and kept, and
    nothing else is asked.
    """
    tasks = [partial(_code, *one, coder, annotator) for one in planned.articles.values()]
    return run_concurrently(tasks, coder, jobs=jobs, stopping=stopping)


def run_concurrently(tasks: Iterable[Callable[[], T]], coder: Coder, *, jobs: int, stopping: Callable[[], object]) -> Iterator[T]:
    """What comes of tasks that ask a coder, as each is done. It is stopped as `run` is."""
    pool = ThreadPoolExecutor(jobs)
    waiting = [pool.submit(task) for task in tasks]
    try:
        for future in as_completed(waiting):
            yield future.result()
    except BaseException:
        if isinstance(coder, ModelCoder):
            coder.stop.set()
        stopping()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _code(one: Article, about: Topic, folder: Path, coder: Coder, name: str) -> CodingResult:
    done = CodingResult(one.meta.id, len(one.lines))
    try:
        if isinstance(coder, ModelCoder):
            answer, entries = coder.code(one, about)
            who = asked(coder.settings, about, entries)
        else:
            answer = coder(one, about)
            who = Annotator(id=name, kind=AnnotatorKind.MODEL, codebook=VERSION, facts=tuple(fact.id for fact in about.fact))
        found = validate_response(answer, one, about)
        article.add(folder, who, dumps(found.annotation))
    except UnansweredError as error:
        return CodingResult(done.article, done.sentences, reason=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a coder or a file does, the other articles are coded
        return CodingResult(done.article, done.sentences, reason=f"{type(error).__name__}: {error}")
    return CodingResult(done.article, done.sentences, found)
