"""Commands on what was before: diff."""

import os
import sys
from pathlib import Path

import click

from slantbank.cli._shared import BANK, bank_folder, errors_and_warnings, show_problems, usage, write_summary


@click.command()
@click.argument("revision", metavar="REV")
@BANK
@click.option("--require-version", is_flag=True, help="Exit 1 if the bank's changelog has too low a version for the changes.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json", "github"]),
    help="text; github when GITHUB_ACTIONS is set: annotations, and a summary of the step.",
)
def diff(revision: str, bank: Path | None, require_version: bool, style: str | None) -> None:
    """Tell what changed in a bank since REV, a revision of its git repository, and what its data version must be.

    Labels are compared sentence by sentence, annotator by annotator; sentences are aligned by their text. What git would
    add that is no plain file of a bank is a problem.
    """
    from slantbank import history
    from slantbank.history import review
    from slantbank.rules import formats

    folder = bank_folder(bank)
    style = style or ("github" if os.environ.get("GITHUB_ACTIONS") else "text")
    try:
        with usage():
            found = history.diff(folder, revision)
    except OSError as error:
        click.echo(f"slantbank: {error}", err=True)
        sys.exit(1)
    problems = found.problems + (history.version_problems(found, folder) if require_version else [])
    problems = formats.within(Path(os.path.relpath(folder)), problems)
    if style == "github":
        click.echo(formats.FORMATS["github"](problems), nl=False)
        write_summary(review.markdown(found, problems))
    else:
        click.echo(review.FORMATS[style](found, problems), nl=False)
        show_problems(problems, err=True)
    if problems:
        click.echo(errors_and_warnings(problems), err=True)
        sys.exit(1)
