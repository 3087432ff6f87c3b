"""Check a bank: every rule that contributions must keep; all problems of all files in one run.

A rule looks at the bank as found and yields problems. The rules about reading (encoding, TOML, the form of tables) are judged
while the files are read; of these the run reports what was found there.
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
    """A bank or a portion of one, its problems in order, and the frames of what is sound in it, if they were asked for."""

    bank: Bank
    problems: list[Problem]
    built: "dict[str, pl.DataFrame]"


def check(found: Bank, *, full: bool = False) -> list[Problem]:
    """Every problem of the bank, in order of place. Warnings that an article accepts by their code are left out.

    No frames are built: the rules about files imply theirs, so that what passes can be built. When `full`, they are built
    of all that is sound, and judged as `build` judges them.
    """
    return _judged(found, RULES.values(), full=full).problems


def judge(portions: Iterable[Bank], *, full: bool = False) -> Iterator[Judged]:
    """Judge a bank portion by portion, as `bank.portions` reads it: what `check` finds, once all problems are `ordered`.

    Last come the problems of rules that compare articles, with an empty portion. Labels are not kept once they are judged.
    """
    articles: dict[str, Draft] = {}
    of_topics: list[Problem] = []
    for portion in portions:
        judged = _judged(portion, [rule for rule in RULES.values() if not rule.across], of_topics, full=full)
        yield judged
        of_topics += (problem for problem in judged.problems if problem.path.startswith("topics/"))
        articles |= {name: draft.unlabelled for name, draft in portion.articles.items()}
    whole = Bank(portion.folder, portion.all_topics, articles)
    yield Judged(Bank(portion.folder), _judged(whole, [rule for rule in RULES.values() if rule.across]).problems, {})


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in order of place, none twice, without those of which another one says enough."""
    problems = set(problems)
    # of an article whose words should be masked and are not, nothing else is said: it could quote them
    unmasked = {_entry(problem) for problem in problems if problem.code == "SB309"}
    copied = {problem.path for problem in problems if problem.code == "SB401"}
    return sorted(
        problem
        for problem in problems
        if (problem.code == "SB309" or _entry(problem) not in unmasked) and not (problem.code == "SB117" and problem.path in copied)
    )


def _entry(problem: Problem) -> str:
    """The path of the article folder or topic file that the problem is in."""
    return "/".join(problem.path.split("/")[:2])


def _judged(found: Bank, rules: Iterable[Rule], of_topics: Iterable[Problem] = (), *, full: bool = False) -> Judged:
    """What the rules say of a bank or a portion; `of_topics` are problems that were found in topics before."""
    run = Run(found)
    problems = {_dated(found, one) for one in limit_per_rule(chain.from_iterable(_breaches(rule, run) for rule in rules))}
    built = {}
    if full:
        from slantbank import frames

        built = frames.tabulate(*sound(found, {*of_topics, *problems}))
        problems |= set(check_frames(found, built))
    return Judged(found, ordered(problem for problem in problems if not _accepted(found, problem)), built)


def _breaches(rule: Rule, run: Run) -> Iterator[Problem]:
    """Where the bank breaks a rule. If the rule itself fails, every topic and article is judged alone, and those are told of."""
    try:
        yield from rule.find(run)
    except Exception as error:  # noqa: BLE001 - a fault of ours over one file must not keep the others from being judged
        found, failed = run.bank, False
        parts = {f"topics/{name}.toml": replace(found, topics={name: one}, articles={}) for name, one in found.topics.items()}
        parts |= {draft.shown: replace(found, articles={name: draft}) for name, draft in found.articles.items()}
        for path, part in parts.items():
            try:
                yield from rule.find(Run(part))
            except Exception as own:  # noqa: BLE001
                failed = True
                yield internal_fault(path, own)
        if not failed:
            yield internal_fault("articles", error)


def check_frames(found: Bank, built: "dict[str, pl.DataFrame]") -> list[Problem]:
    """Where the frames `built` of a bank break a rule of their schema, traced to file and line."""
    return list(limit_per_rule(_built.frame_rule.find(Run(found, built))))


def sound(found: Bank, problems: Iterable[Problem]) -> tuple[list[Topic], list[Article]]:
    """The topics and articles of the bank in which none of the `problems` is an error: what frames can be built from.

    Labels that are unfinished are left out, and so is an article of which nothing else is left, or that waits itself. An article
    is left out with its topic, too. A portion has the topics of its articles.
    """
    problems = list(problems)
    faulty = {_entry(problem) for problem in problems if problem.level == "error"}
    waiting = {problem.path for problem in problems if problem.level == "unfinished"}
    topics = {name: one.value for name, one in found.all_topics.items() if one.value and f"topics/{name}.toml" not in faulty}
    finished = (_finished(draft, waiting) for draft in found.articles.values() if draft.shown not in faulty)
    articles = [article for article in finished if article is not None and article.meta.topic in topics]
    used = {*found.topics, *(article.meta.topic for article in articles)}
    return [topic for name, topic in topics.items() if name in used], articles


def _finished(draft: Draft, waiting: Collection[str]) -> Article | None:
    """The article without the labels in files that wait for somebody; None where nothing else is left, or it waits itself."""
    one = draft.article
    open_ = {name for name, document in draft.annotations.items() if document.path in waiting}
    if one is None or f"{draft.shown}/article.toml" in waiting or (open_ and open_ == set(draft.annotations)):
        return None
    if not open_:
        return one
    meta = one.meta.model_copy(update={"annotator": tuple(who for who in one.meta.annotator if who.id not in open_)})
    return replace(one, meta=meta, annotations={name: labels for name, labels in one.annotations.items() if name not in open_})


def unfinished(found: Bank, problems: Iterable[Problem]) -> list[str]:
    """What of the bank waits for somebody, a line each: sentences that a coder has yet to decide, keys to be confirmed."""
    waiting = {problem.path for problem in problems if problem.level == "unfinished"}
    lines = []
    for draft in found.articles.values():
        if draft.meta and draft.meta.path in waiting:
            lines.append(f"{draft.shown}: {', '.join(draft.meta.tree.get('extracted', []))} to be confirmed in article.toml")
        for name, done in decided.progress(draft).items():
            if draft.annotations[name].path in waiting:
                lines.append(f"{draft.shown}: {done.decided} of {done.sentences} sentences decided by {name}")
    return lines


def _dated(found: Bank, problem: Problem) -> Problem:
    """The problem; of labels by a codebook older than the rule, as a warning that says so."""
    parts = problem.path.split("/")
    since = RULES[problem.code].since
    if since == FIRST or len(parts) != 4 or parts[2] != "annotations" or parts[1] not in found.articles:
        return problem
    for one in tables(found.articles[parts[1]].meta, "annotator"):
        if f"{one.get('id')}.toml" == parts[3] and is_newer(since, one.get("codebook", "")):
            older = f"coded by codebook {one['codebook']}; the rule is of {since}"
            return replace(problem, message=f"{problem.message} ({older})", codebook=one["codebook"])
    return problem


FIRST = "1.0"
"""The first codebook: no labels are older."""


def _accepted(found: Bank, problem: Problem) -> bool:
    if problem.level != "warning" or not problem.path.startswith("articles/"):
        return False
    draft = found.articles.get(problem.path.split("/")[1])
    meta = draft.meta.tree.get("accepted", []) if draft and draft.meta else []
    return problem.code in meta
