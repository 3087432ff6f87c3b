"""Read a bank and check it, as `slantbank check` does."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from slantbank.bank import Article, Bank, Progress, Topic, draft, portions
from slantbank.bank.toml import TextFile
from slantbank.problem import ContributionError, Problem
from slantbank.rules import _check as rules
from slantbank.rules._formats import within


@dataclass(frozen=True)
class Checked:
    """The result of a check: the selected problems in order of place, and a line for each unfinished file.

    `size` counts articles, annotations and topics; `fixable` holds the files that have a problem with a fix, by path.
    """

    problems: list[Problem]
    unfinished: list[str]
    size: dict[str, int]
    fixable: dict[str, TextFile]

    @property
    def faults(self) -> list[Problem]:
        """The errors and warnings: all problems that are more than unfinished work."""
        return [problem for problem in self.problems if problem.level != "unfinished"]

    @property
    def fails(self) -> bool:
        """Whether the check fails. Labels of an older codebook and unfinished work do not make it fail."""
        return any(not problem.codebook for problem in self.faults)


def check(bank: Bank | Path | str, *, full: bool = False) -> list[Problem]:
    """Return every problem of a bank, in order of place; the list is empty if all of the bank can be built.

    `bank` is a folder, or a bank that has been read. Warnings that an article accepts by their code are left out. With `full`,
    frames are built of all sound articles and checked as `build` checks them. Raises NotADirectoryError if it is no bank.

    >>> import slantbank
    >>> slantbank.check(f"{slantbank.path()}/data")
    []
    """
    return rules.check(bank, full=full) if isinstance(bank, Bank) else check_folder(Path(bank), full=full).problems


def check_folder(
    folder: Path,
    articles: Collection[str] | None = None,
    *,
    full: bool = False,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    covers_file: Callable[[str], bool] = lambda path: True,
    progress: Progress = list,
) -> Checked:
    """Read the bank in `folder`, or some of its articles, and check it.

    It keeps the problems whose code starts with one of `select`, if any is given, and with none of `ignore`, and whose path in
    the bank satisfies `covers_file`. Raises NotADirectoryError if `folder` is no bank.
    """

    def is_selected(problem: Problem) -> bool:
        code = problem.code
        return (not select or code.startswith(select)) and not (ignore and code.startswith(ignore)) and covers_file(problem.path)

    problems: list[Problem] = []
    unfinished: list[str] = []
    size: Counter[str] = Counter()
    fixable: dict[str, TextFile] = {}
    for portion, in_portion, _ in rules.judge(portions(folder, articles, progress), full=full):
        problems += in_portion
        unfinished += rules.unfinished(portion, filter(is_selected, in_portion))
        size.update(portion.size)
        paths = {problem.path for problem in in_portion if problem.fix}
        fixable |= {file.path: file for file in portion.files if file.path in paths}
    return Checked([problem for problem in rules.ordered(problems) if is_selected(problem)], unfinished, size, fixable)


def sound_articles(folder: Path, articles: Collection[str]) -> list[tuple[Article, Topic]]:
    """Return the named articles of the bank in `folder`, each with its topic.

    Raises ContributionError if the check finds an error, or something unfinished.
    """
    bank = draft(folder, articles)
    errors = [problem for problem in rules.check(bank) if problem.level != "warning"]
    if errors:
        raise ContributionError(within(folder, errors))
    topics, whole = rules.sound(bank, [])
    by_id = {topic.id: topic for topic in topics}
    return [(article, by_id[article.meta.topic]) for article in whole]
