"""The command diff compares a bank with an earlier revision."""

import os
import sys
from pathlib import Path

import click

from slantbank.cli._shared import BANK, append_step_summary, errors_and_warnings, readable_bank, show_problems, usage_errors


@click.command()
@click.argument("revision", metavar="REV")
@BANK
@click.option(
    "--require-version", is_flag=True, help="Exit with code 1 if the version in the bank's changelog is too low for the changes."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json", "github"]),
    help="github writes annotations and a summary of the step.  [default: text; github if GITHUB_ACTIONS is set]",
)
def diff(revision: str, bank: Path | None, require_version: bool, style: str | None) -> None:
    """Show what changed in a bank since REV, a git revision.

    Example: `slantbank diff main`

    Labels are compared by annotator and sentence; sentences are aligned by their text. The result says which data version the
    changes call for. Files that git would add but that do not belong in a bank are problems.
    """
    from slantbank import history
    from slantbank.history import review
    from slantbank.rules import formats

    folder = readable_bank(bank)
    style = style or ("github" if os.environ.get("GITHUB_ACTIONS") else "text")
    try:
        with usage_errors():
            changes = history.diff(folder, revision)
    except OSError as error:
        click.echo(f"slantbank: {error}", err=True)
        sys.exit(1)
    problems = changes.problems + (history.version_problems(changes, folder) if require_version else [])
    problems = formats.within(Path(os.path.relpath(folder)), problems)
    if style == "github":
        click.echo(formats.FORMATS["github"](problems), nl=False)
        append_step_summary(review.markdown(changes, problems))
    else:
        click.echo(review.FORMATS[style](changes, problems), nl=False)
        show_problems(problems, err=True)
    if problems:
        click.echo(errors_and_warnings(problems), err=True)
        sys.exit(1)
