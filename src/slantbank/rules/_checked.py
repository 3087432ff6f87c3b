"""A bank read and checked in one go, as `slantbank check` does."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from slantbank.bank import Article, Bank, Progress, Topic, draft
from slantbank.problem import ContributionError, Problem
from slantbank.rules import _check as rules
from slantbank.rules._formats import within


@dataclass(frozen=True)
class Checked:
    """What a check came to: the bank as it was found, and the problems that were asked for, in order of place."""

    bank: Bank
    problems: list[Problem]

    @property
    def faults(self) -> list[Problem]:
        """The problems that are more than something unfinished."""
        return [problem for problem in self.problems if problem.level != "unfinished"]

    @property
    def unfinished(self) -> list[str]:
        """What waits for somebody, a line each."""
        return rules.unfinished(self.bank, self.problems)

    @property
    def fails(self) -> bool:
        """Whether anything is wrong: labels of an older codebook are warned about alone, and what is unfinished is no fault."""
        return any(not problem.codebook for problem in self.faults)

    @property
    def fixable(self) -> int:
        """How many problems are put right without a decision."""
        return sum(problem.fix is not None for problem in self.problems)


def check(bank: Bank | Path | str, *, full: bool = False) -> list[Problem]:
    """Every problem of a bank, given by its folder or as read, in order of place; an empty list if all of it can be built.

    Warnings that an article accepts by their code are left out. No frames are built: the rules about files imply theirs. With
    `full` they are, of all that is sound, and are judged as `build` judges them. Raises NotADirectoryError if it is no bank.

    >>> import slantbank
    >>> slantbank.check(f"{slantbank.path()}/data")
    []
    """
    return rules.check(bank if isinstance(bank, Bank) else draft(Path(bank)), full=full)


def check_folder(
    folder: Path,
    articles: Collection[str] | None = None,
    *,
    full: bool = False,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    wanted: Callable[[str], bool] = lambda path: True,
    progress: Progress = list,
) -> Checked:
    """Read the bank in `folder`, or some of its articles, and check it.

    Problems are kept whose code starts with one of `select`, if any is given, and with none of `ignore`, in files whose path in
    the bank is `wanted`. Raises NotADirectoryError if `folder` is no bank.
    """
    found = draft(folder, articles, progress)
    problems = [
        problem
        for problem in rules.check(found, full=full)
        if (not select or problem.code.startswith(select))
        and not (ignore and problem.code.startswith(ignore))
        and wanted(problem.path)
    ]
    return Checked(found, problems)


def sound_articles(folder: Path, articles: Collection[str]) -> list[tuple[Article, Topic]]:
    """The articles named of the bank in `folder`, each with its topic.

    Raises ContributionError if the check finds an error, or something unfinished.
    """
    checked = check_folder(folder, articles)
    errors = [problem for problem in checked.problems if problem.level != "warning"]
    if errors:
        raise ContributionError(within(folder, errors))
    topics, found = rules.sound(checked.bank, [])
    by_id = {topic.id: topic for topic in topics}
    return [(article, by_id[article.meta.topic]) for article in found]
