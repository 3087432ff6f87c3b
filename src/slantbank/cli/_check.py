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
    plural,
    progress,
    refuse_shipped,
    select_articles,
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
    from slantbank.curate import diff as shown

    _codes(select + ignore)
    if watch and (fix or diff or style):
        raise click.UsageError("--watch goes with none of --fix, --diff and --format")
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would write; give both")
    chosen = select_articles(articles, bank)
    if fix and not diff:
        refuse_shipped(chosen.folder)
    if all(path.parent.name == "articles" for path in chosen.paths):
        chosen = chosen._replace(paths=set())  # what is told of articles is told of their topics, too

    def run(folder: Path) -> "Checked":
        try:
            return rules.check_folder(
                folder, chosen.articles, full=full, select=select, ignore=ignore, wanted=chosen.covers_relative, progress=progress
            )
        except NotADirectoryError as error:
            raise click.UsageError(str(error)) from error

    def tell(checked: "Checked") -> int:
        return _tell(checked, style or "text", chosen.folder, everything=everything or complete, complete=complete)

    style = style or ("github" if os.environ.get("GITHUB_ACTIONS") else "text")
    if watch:
        sys.exit(_watch(chosen.folder, lambda: tell(run(chosen.folder))))
    if not fix:
        sys.exit(tell(run(chosen.folder)))
    result = rules.rehearse(chosen.folder, chosen.articles, run) if diff else rules.fix(chosen.folder, run)
    click.echo(shown(result.changes) if diff else "", nl=False, err=style != "text")
    how = "would be fixed" if diff else "fixed"
    left = len(result.left.faults)
    click.echo(f"{result.fixed:,} {how} in {plural(len(result.changes), 'file')}, {left:,} left", err=True)
    _left_alone(result.alone)
    sys.exit(tell(result.left) or bool(result.alone))


def _tell(checked: "Checked", style: str, folder: Path, *, everything: bool, complete: bool) -> int:
    """Print what a check of the bank in `folder` came to; returns the exit code."""
    from slantbank.problem import printable

    shown = checked.problems if everything or style != "text" else checked.faults
    _print(shown, style, folder)
    for line in checked.unfinished if style == "text" else ():
        click.echo(printable(line))
    if shown:
        fixable = f"; {checked.fixable:,} fixable with --fix" if checked.fixable else ""
        click.echo(errors_and_warnings(shown) + fixable, err=True)
    else:
        counted = ", ".join(plural(count, noun) for noun, count in checked.bank.size.items())
        click.echo(f"{counted}: no problems", err=style in ("json", "sarif", "junit"))
    return int(checked.fails or (complete and bool(checked.unfinished)))


def _left_alone(paths: Iterable[Path]) -> None:
    """Name the files that were not written, since what was in them is no longer what was judged."""
    from slantbank.problem import printable

    for path in paths:
        click.echo(f"left alone: {printable(str(path))} was changed meanwhile; run the command again", err=True)


_WAKES = 200
"""The milliseconds after which Ctrl-C is looked for; what is changed while a check runs is kept until it is asked for."""


def _watch(folder: Path, run: Callable[[], int]) -> int:
    """Run whenever a file of the bank has changed, on a cleared screen, until Ctrl-C; what the last run returned."""
    from watchfiles import watch

    paths = [path for path in (folder / "topics", folder / "articles") if path.is_dir()]
    visible = lambda _, path: not Path(path).name.startswith(".")  # noqa: E731 - others are the system's and the editor's
    result = None
    try:
        for changes in watch(*paths, watch_filter=visible, rust_timeout=_WAKES, yield_on_timeout=True):
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

    chosen = select_articles(paths, bank)
    if not (only_check or show_diff):
        refuse_shipped(chosen.folder)
    result = curate.fmt(banks.draft(chosen.folder, chosen.articles, progress), chosen.covers)
    _print(sorted(result.problems), "text", chosen.folder)
    if show_diff:
        click.echo(curate.diff(result.changes), nl=False)
    for remark in result.remarks:
        click.echo(printable(remark), err=True)
    dry = only_check or show_diff
    left = [] if dry else curate.write(result.changes, chosen.folder)
    changes = [change for change in result.changes if change not in left]
    for change in changes if not show_diff else ():
        click.echo(f"{'would change' if dry else 'changed'}: {printable(str(change.path))}")
    _left_alone(change.path for change in left)
    click.echo(f"{plural(result.files, 'file')}, {len(changes):,} {'to change' if dry else 'changed'}", err=True)
    if result.problems or left or (dry and changes):
        sys.exit(1)


def _codes(codes: tuple[str, ...]) -> None:
    from slantbank.problem import nearest
    from slantbank.rules import RULES

    for code in codes:
        if not any(known.startswith(code) for known in RULES):
            raise click.UsageError(f"no rule {code!r}; {nearest(code, list(RULES))}")


def _print(problems: list[Any], style: str, folder: Path) -> None:
    """Print the problems, their paths as seen from here; on GitHub, write all of them to the summary of the step, too."""
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
        raise click.UsageError("name one rule, or ask for --all")
    try:
        click.echo(rules.explain(rule) if rule else rules.rulebook(), nl=False)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
