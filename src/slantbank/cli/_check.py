"""The commands check, fmt and explain work on the files of a bank and the rules that they keep."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slantbank.cli._shared import (
    BANK,
    append_step_summary,
    errors_and_warnings,
    find_targets,
    plural,
    progress_bar,
    refuse_shipped,
    show_problems,
)

if TYPE_CHECKING:
    from slantbank.rules import Checked


@click.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@BANK
@click.option("--full", is_flag=True, help="Also build the frames and check them with pandera, as `slantbank build` does.")
@click.option("--select", multiple=True, metavar="CODE", help="Only rules whose code starts with CODE; may be repeated.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="CODE",
    help="Not the rules whose code starts with CODE; may be repeated. A build ignores none.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github", "sarif", "junit"]),
    help="Format of the output.  [default: text; github if GITHUB_ACTIONS is set]",
)
@click.option("--fix", is_flag=True, help="Correct the problems marked [fixable], and print the others.")
@click.option("--diff", is_flag=True, help="With --fix: write nothing, and show what it would write.")
@click.option("--all", "everything", is_flag=True, help="List every unfinished sentence, not only their number.")
@click.option("--complete", is_flag=True, help="Fail on unfinished labels, too; for a bank that is to be published.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
def check(
    articles: tuple[str, ...],
    bank: Path | None,
    full: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    style: str | None,
    fix: bool,
    diff: bool,
    everything: bool,
    complete: bool,
    watch: bool,
) -> None:
    """Check a bank, or some of its articles, against the rules.

    Example: `slantbank check 2017-07-my-article`

    ARTICLE is an id, a folder, or a file in it. Every problem is printed with file, line, column and code; `slantbank explain CODE`
    explains it, and --fix corrects it if it is marked [fixable]. Unfinished labels are no error: a line for each coder counts them.
    """
    from slantbank import rules
    from slantbank.curate import diff as format_changes

    _refuse_unknown(select + ignore)
    if watch and (fix or diff or style):
        raise click.UsageError("--watch goes with none of --fix, --diff and --format")
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would write; give both")
    targets = find_targets(articles, bank)
    if fix and not diff:
        refuse_shipped(targets.folder)
    if all(path.parent.name == "articles" for path in targets.paths):
        targets = targets._replace(paths=set())  # problems of the articles' topics are printed, too

    def run(folder: Path) -> "Checked":
        try:
            return rules.check_folder(
                folder,
                targets.articles,
                full=full,
                select=select,
                ignore=ignore,
                covers_file=targets.covers_file,
                progress=progress_bar,
            )
        except NotADirectoryError as error:
            raise click.UsageError(str(error)) from error

    def print_result(checked: "Checked") -> int:
        return _print_result(checked, style or "text", targets.folder, everything=everything or complete, complete=complete)

    style = style or ("github" if os.environ.get("GITHUB_ACTIONS") else "text")
    if watch:
        sys.exit(_watch(targets.folder, lambda: print_result(run(targets.folder))))
    if not fix:
        sys.exit(print_result(run(targets.folder)))
    result = rules.rehearse(targets.folder, targets.articles, run) if diff else rules.fix(targets.folder, run)
    click.echo(format_changes(result.changes) if diff else "", nl=False, err=style != "text")
    verb = "would be fixed" if diff else "fixed"
    left = len(result.left.faults)
    click.echo(f"{result.fixed:,} {verb} in {plural(len(result.changes), 'file')}, {left:,} left", err=True)
    _print_unwritten(result.alone)
    sys.exit(print_result(result.left) or bool(result.alone))


def _print_result(checked: "Checked", style: str, folder: Path, *, everything: bool, complete: bool) -> int:
    """Print the result of a check of the bank in `folder`; return the exit code."""
    from slantbank.problem import printable

    problems = checked.problems if everything or style != "text" else checked.faults
    _print_problems(problems, style, folder)
    for line in checked.unfinished if style == "text" else ():
        click.echo(printable(line))
    if problems:
        fixes = sum(problem.fix is not None for problem in checked.problems)
        fixable = f"; {fixes:,} fixable with --fix" if fixes else ""
        click.echo(errors_and_warnings(problems) + fixable, err=True)
    else:
        size = ", ".join(plural(count, noun) for noun, count in checked.size.items())
        click.echo(f"{size}: no problems", err=style in ("json", "sarif", "junit"))
    return int(checked.fails or (complete and bool(checked.unfinished)))


def _print_unwritten(paths: Iterable[Path]) -> None:
    """Name the files that were not written because somebody changed them after they were read."""
    from slantbank.problem import printable

    for path in paths:
        click.echo(f"left alone: {printable(str(path))} was changed meanwhile; run the command again", err=True)


_WAKE_UP = 200
"""Milliseconds between looks for Ctrl-C; changes during a check are not lost."""


def _watch(folder: Path, run: Callable[[], int]) -> int:
    """Run whenever a file of the bank has changed, on a cleared screen, until Ctrl-C. Returns the result of the last run."""
    from watchfiles import watch

    paths = [path for path in (folder / "topics", folder / "articles") if path.is_dir()]
    visible = lambda _, path: not Path(path).name.startswith(".")  # noqa: E731 - hidden files belong to the system or an editor
    result = None
    try:
        for changes in watch(*paths, watch_filter=visible, rust_timeout=_WAKE_UP, yield_on_timeout=True):
            if changes or result is None:
                click.clear()
                click.echo(time.strftime("%H:%M:%S  ") + f"checking {folder}\n")
                result = run()
                click.echo("\nwaiting for changes; Ctrl-C ends")
    except KeyboardInterrupt:
        pass
    return result or 0


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@BANK
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with code 1 if a file would change.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing; show the changes.")
def fmt(paths: tuple[str, ...], bank: Path | None, only_check: bool, show_diff: bool) -> None:
    """Format the TOML files of a bank, and keep values and comments.

    PATHs restrict it to some articles, topics or files. If you joined or split lines of article.txt, the labels are carried over to
    the new sentences.
    """
    from slantbank import bank as banks
    from slantbank import curate
    from slantbank.problem import printable

    targets = find_targets(paths, bank)
    if not (only_check or show_diff):
        refuse_shipped(targets.folder)
    result = curate.fmt(banks.draft(targets.folder, targets.articles, progress_bar), targets.covers)
    _print_problems(sorted(result.problems), "text", targets.folder)
    if show_diff:
        click.echo(curate.diff(result.changes), nl=False)
    for remark in result.remarks:
        click.echo(printable(remark), err=True)
    dry = only_check or show_diff
    unwritten = [] if dry else curate.write(result.changes, targets.folder)
    changes = [change for change in result.changes if change not in unwritten]
    for change in changes if not show_diff else ():
        click.echo(f"{'would change' if dry else 'changed'}: {printable(str(change.path))}")
    _print_unwritten(change.path for change in unwritten)
    click.echo(f"{plural(result.files, 'file')}, {len(changes):,} {'to change' if dry else 'changed'}", err=True)
    if result.problems or unwritten or (dry and changes):
        sys.exit(1)


def _refuse_unknown(codes: tuple[str, ...]) -> None:
    """Raise UsageError for a code with which no code of a rule starts."""
    from slantbank.problem import nearest
    from slantbank.rules import RULES

    for code in codes:
        if not any(existing.startswith(code) for existing in RULES):
            raise click.UsageError(f"no rule {code!r}; {nearest(code, list(RULES))}")


def _print_problems(problems: list[Any], style: str, folder: Path) -> None:
    """Print the problems, with paths relative to the working folder; on GitHub, add them to the summary of the step."""
    from slantbank.rules import formats

    here = Path(os.path.relpath(folder))
    problems = formats.within(folder.resolve() if here.parts[:1] == ("..",) and style == "text" else here, problems)
    if style == "text":
        show_problems(problems)
        return
    click.echo(formats.FORMATS[style](problems), nl=False)
    if style == "github":
        append_step_summary(formats.summary(problems))


@click.command()
@click.argument("rule", required=False)
@click.option("--all", "everything", is_flag=True, help="Print the whole rule book.")
def explain(rule: str | None, everything: bool) -> None:
    """Explain a rule: why it exists, with a right and a wrong example.

    Example: `slantbank explain SB304`

    RULE is the code or name of a rule of `slantbank check`, or the number of a decision rule of the codebook, as 3.2.
    """
    from slantbank import rules

    if everything == bool(rule):
        raise click.UsageError("name one rule, or give --all")
    try:
        click.echo(rules.explain(rule) if rule else rules.rulebook(), nl=False)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
