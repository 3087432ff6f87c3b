"""Check a bank by every rule for contributions, and return all problems of all files.

A rule is a function that looks at a bank and yields problems. The rules about reading (encoding, TOML, the form of tables) are
checked while files are read; their functions return the problems that reading found.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from slantbank.bank import Article, Bank, Draft, Topic, decided, is_newer
from slantbank.problem import Problem, Rule, internal_fault, limit_per_rule
from slantbank.rules import _across, _built, _characters, _files, _labels, _text
from slantbank.rules._run import Run, tables

if TYPE_CHECKING:
    import polars as pl

GROUPS: dict[str, ModuleType] = {
    "SB0": _characters,
    "SB1": _files,
    "SB2": _labels,
    "SB3": _text,
    "SB4": _across,
    "SB5": _built,
}
"""The groups of rules by the start of their codes: a module each, whose docstring is the group's title."""

RULES: dict[str, Rule] = {rule.code: rule for group in GROUPS.values() for rule in vars(group).values() if isinstance(rule, Rule)}
"""Every rule by its code. Codes are stable: a rule that goes leaves its code unused."""


class Judged(NamedTuple):
    """A bank, or a portion of one, with its problems in order and, if asked for, the frames of its sound articles."""

    bank: Bank
    problems: list[Problem]
    built: "dict[str, pl.DataFrame]"


def check(bank: Bank, *, full: bool = False) -> list[Problem]:
    """Return every problem of the bank, in order of place, except warnings that an article accepts by their code.

    No frames are built, because a bank that keeps the rules for files keeps those for frames. With `full`, frames are built of
    all sound articles and checked as `build` checks them.
    """
    return _judge_by(bank, RULES.values(), full=full).problems


def judge(portions: Iterable[Bank], *, full: bool = False) -> Iterator[Judged]:
    """Check the portions of a bank, as `bank.portions` reads them; all problems together, once `ordered`, are those of `check`.

    The last result has an empty portion, and the problems of rules that compare articles. Labels of former portions are not kept.
    """
    articles: dict[str, Draft] = {}
    of_topics: list[Problem] = []
    for portion in portions:
        judged = _judge_by(portion, [rule for rule in RULES.values() if not rule.across], of_topics, full=full)
        yield judged
        of_topics += (problem for problem in judged.problems if problem.path.startswith("topics/"))
        articles |= {name: draft.unlabelled for name, draft in portion.articles.items()}
    whole = Bank(portion.folder, portion.all_topics, articles)
    yield Judged(Bank(portion.folder), _judge_by(whole, [rule for rule in RULES.values() if rule.across]).problems, {})


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in order of place, without duplicates and without those that another problem makes superfluous."""
    problems = set(problems)
    # other problems of an article with words that should be masked are left out: they could quote the words
    unmasked = {_entry(problem) for problem in problems if problem.code == "SB309"}
    copied = {problem.path for problem in problems if problem.code == "SB401"}
    return sorted(
        problem
        for problem in problems
        if (problem.code == "SB309" or _entry(problem) not in unmasked) and not (problem.code == "SB117" and problem.path in copied)
    )


def _entry(problem: Problem) -> str:
    """Return the path of the article folder or topic file that has the problem."""
    return "/".join(problem.path.split("/")[:2])


def _judge_by(bank: Bank, rules: Iterable[Rule], of_topics: Iterable[Problem] = (), *, full: bool = False) -> Judged:
    """Check a bank or a portion by some rules; `of_topics` are the problems of topics, if they were checked before."""
    run = Run(bank)
    breaches = chain.from_iterable(_breaches(rule, run) for rule in rules)
    problems = {_warning_if_older(bank, problem) for problem in limit_per_rule(breaches)}
    built = {}
    if full:
        from slantbank import frames

        built = frames.tabulate(*sound(bank, {*of_topics, *problems}))
        problems |= set(check_frames(bank, built))
    return Judged(bank, ordered(problem for problem in problems if not _accepted(bank, problem)), built)


def _breaches(rule: Rule, run: Run) -> Iterator[Problem]:
    """Yield where the bank breaks a rule. If the rule itself fails, check each topic and article alone to find the cause."""
    try:
        yield from rule.find(run)
    except Exception as error:  # noqa: BLE001 - if slantbank fails on one file, the others are checked all the same
        bank, failed = run.bank, False
        parts = {
            f"topics/{name}.toml": replace(bank, topics={name: document}, articles={}) for name, document in bank.topics.items()
        }
        parts |= {draft.shown: replace(bank, articles={name: draft}) for name, draft in bank.articles.items()}
        for path, part in parts.items():
            try:
                yield from rule.find(Run(part))
            except Exception as part_error:  # noqa: BLE001
                failed = True
                yield internal_fault(path, part_error)
        if not failed:
            yield internal_fault("articles", error)


def check_frames(bank: Bank, built: "dict[str, pl.DataFrame]") -> list[Problem]:
    """Return where the frames `built` of a bank break a rule of their schema, with file and line."""
    return list(limit_per_rule(_built.frame_rule.find(Run(bank, built))))


def sound(bank: Bank, problems: Iterable[Problem]) -> tuple[list[Topic], list[Article]]:
    """Return the topics and articles of the bank that have no error among `problems`, so that frames can be built of them.

    Unfinished labels are left out. An article is left out if its metadata or all of its labels are unfinished, or if its topic
    is left out. A portion has the topics of its articles.
    """
    problems = list(problems)
    faulty = {_entry(problem) for problem in problems if problem.level == "error"}
    waiting = {problem.path for problem in problems if problem.level == "unfinished"}
    topics = {
        name: document.value for name, document in bank.all_topics.items() if document.value and f"topics/{name}.toml" not in faulty
    }
    finished = (_finished(draft, waiting) for draft in bank.articles.values() if draft.shown not in faulty)
    articles = [article for article in finished if article is not None and article.meta.topic in topics]
    used = {*bank.topics, *(article.meta.topic for article in articles)}
    return [topic for name, topic in topics.items() if name in used], articles


def _finished(draft: Draft, waiting: Collection[str]) -> Article | None:
    """Return the article without unfinished annotation files; None if all of them, or its metadata, are unfinished."""
    article = draft.article
    open_ = {name for name, document in draft.annotations.items() if document.path in waiting}
    if article is None or f"{draft.shown}/article.toml" in waiting or (open_ and open_ == set(draft.annotations)):
        return None
    if not open_:
        return article
    annotators = tuple(annotator for annotator in article.meta.annotator if annotator.id not in open_)
    meta = article.meta.model_copy(update={"annotator": annotators})
    return replace(article, meta=meta, annotations={annotator.id: article.annotations[annotator.id] for annotator in annotators})


def unfinished(bank: Bank, problems: Iterable[Problem]) -> list[str]:
    """Return a line for each unfinished file: how many sentences are decided, or which keys must be confirmed."""
    waiting = {problem.path for problem in problems if problem.level == "unfinished"}
    lines = []
    for draft in bank.articles.values():
        if draft.meta and draft.meta.path in waiting:
            lines.append(f"{draft.shown}: {', '.join(draft.meta.tree.get('extracted', []))} to be confirmed in article.toml")
        for name, progress in decided.progress(draft).items():
            if draft.annotations[name].path in waiting:
                lines.append(f"{draft.shown}: {progress.decided} of {progress.sentences} sentences decided by {name}")
    return lines


def _warning_if_older(bank: Bank, problem: Problem) -> Problem:
    """Return the problem, as a warning if its labels follow an older codebook than the rule does."""
    parts = problem.path.split("/")
    since = RULES[problem.code].since
    if since == FIRST or len(parts) != 4 or parts[2] != "annotations" or parts[1] not in bank.articles:
        return problem
    for annotator in tables(bank.articles[parts[1]].meta, "annotator"):
        if f"{annotator.get('id')}.toml" == parts[3] and is_newer(since, annotator.get("codebook", "")):
            older = f"coded by codebook {annotator['codebook']}; the rule is of {since}"
            return replace(problem, message=f"{problem.message} ({older})", codebook=annotator["codebook"])
    return problem


FIRST = "1.0"
"""The version of the first codebook: no labels are older."""


def _accepted(bank: Bank, problem: Problem) -> bool:
    if problem.level != "warning" or not problem.path.startswith("articles/"):
        return False
    draft = bank.articles.get(problem.path.split("/")[1])
    meta = draft.meta.tree.get("accepted", []) if draft and draft.meta else []
    return problem.code in meta
