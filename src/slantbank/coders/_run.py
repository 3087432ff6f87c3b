"""Run a coder on articles of a bank, several at once; an article that cannot be coded does not stop the others."""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from slantbank import bank
from slantbank.bank import Annotator, Article, Topic, dumps, is_id, withheld
from slantbank.bank import article as article_files
from slantbank.codebook import GOLD, VERSION, AnnotatorKind
from slantbank.coders._client import ModelCoder, UnansweredError, annotator_entry
from slantbank.coders._response import Response, ValidatedResponse, validate_response
from slantbank.rules import check

T = TypeVar("T")

Coder = Callable[[Article, Topic], Response]
"""A function from an article and its topic to labels (see `Response`), such as a `ModelCoder`."""


@dataclass(frozen=True)
class Plan:
    """The articles to code, with their topics and folders, and the reasons why others are left out."""

    articles: dict[str, tuple[Article, Topic, Path]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def sentences(self) -> int:
        """The number of sentences to code."""
        return sum(len(article.lines) for article, _, _ in self.articles.values())


@dataclass(frozen=True)
class CodingResult:
    """The result of an article: the validated response, whose annotation was written, or the reason why there is none."""

    article: str
    sentences: int
    validated: ValidatedResponse | None = None
    reason: str | None = None

    @property
    def undecided(self) -> int:
        """The number of sentences with an undecided label."""
        return sum(bool(sentence.undecided) for sentence in self.validated.annotation.sentence) if self.validated else 0


def plan(folder: Path, annotator: str, articles: Collection[str] | None = None, *, written: bool = True) -> Plan:
    """Choose the articles of a bank, all or those named, that `annotator` can code; existing labels are not read.

    If its labels are to be `written`, an article that somebody else has coded under this id is left out.

    Raises NotADirectoryError if `folder` is no bank, ValueError if `annotator` is no id for a coder.
    """
    if annotator == GOLD or not is_id(annotator):
        raise ValueError(f"annotator {annotator!r}: use small letters, digits and single hyphens, and not {GOLD!r}")
    drafts = bank.draft(folder, articles)
    errors: dict[str, str] = {}
    for problem in check(drafts):
        # errors of annotations do not matter here: another annotator's file may be missing, or ours where a run was killed
        if problem.level == "error" and "/annotations" not in problem.path and problem.code != "SB112":
            errors.setdefault("/".join(problem.path.split("/")[:2]), str(problem))
    planned = Plan()
    for name, draft in drafts.articles.items():
        meta = draft.meta.value if draft.meta else None
        text = draft.text.text if draft.text else None
        topic = drafts.topics[meta.topic].value if meta and meta.topic in drafts.topics else None
        error = errors.get(draft.shown) or errors.get(f"topics/{meta.topic}.toml" if meta else "")
        entry = next((entry for entry in meta.annotator if entry.id == annotator), None) if meta else None
        if draft.withheld:
            planned.left_out[name] = withheld.REFUSED.format(name)
        elif error or meta is None or not text or topic is None:
            planned.left_out[name] = error or "its files cannot be read"
        elif written and entry is not None and entry.model is None:
            planned.left_out[name] = f"annotator {annotator} is listed, but not as a model that was asked here; choose another id"
        elif written and entry is None and (draft.folder / "annotations" / f"{annotator}.toml").exists():
            planned.left_out[name] = f"annotations/{annotator}.toml is there already"
        else:
            source = (draft.source and draft.source.text) or ""
            planned.articles[name] = Article(meta, source, text, {}), topic, draft.folder
    return planned


def do_nothing() -> None:
    """Do nothing."""


def run(
    planned: Plan, coder: Coder, annotator: str, *, jobs: int = 1, stopping: Callable[[], object] = do_nothing
) -> Iterator[CodingResult]:
    """Code the articles, `jobs` at once, and write each annotation as soon as its response is valid.

    If the caller stops early, or the user presses Ctrl-C, `stopping` is called; open requests are waited for and recorded, and no
    more are sent.
    """
    tasks = [partial(_code, *entry, coder, annotator) for entry in planned.articles.values()]
    return run_concurrently(tasks, coder, jobs=jobs, stopping=stopping)


def run_concurrently(tasks: Iterable[Callable[[], T]], coder: Coder, *, jobs: int, stopping: Callable[[], object]) -> Iterator[T]:
    """Yield the results of tasks that ask a coder, as they finish. Stopping works as for `run`."""
    pool = ThreadPoolExecutor(jobs)
    futures = [pool.submit(task) for task in tasks]
    try:
        for future in as_completed(futures):
            yield future.result()
    except BaseException:
        if isinstance(coder, ModelCoder):
            coder.stop.set()
        stopping()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _code(article: Article, topic: Topic, folder: Path, coder: Coder, annotator: str) -> CodingResult:
    result = CodingResult(article.meta.id, len(article.lines))
    try:
        if isinstance(coder, ModelCoder):
            response, entries = coder.code(article, topic)
            listed = annotator_entry(coder.settings, topic, entries)
        else:
            response = coder(article, topic)
            facts = tuple(fact.id for fact in topic.fact)
            listed = Annotator(id=annotator, kind=AnnotatorKind.MODEL, codebook=VERSION, facts=facts)
        validated = validate_response(response, article, topic)
        article_files.add(folder, listed, dumps(validated.annotation))
    except UnansweredError as error:
        return replace(result, reason=str(error))
    except Exception as error:  # noqa: BLE001 - a fault of one article or of the coder must not stop the others
        return replace(result, reason=f"{type(error).__name__}: {error}")
    return replace(result, validated=validated)
