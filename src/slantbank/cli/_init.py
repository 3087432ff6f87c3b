"""The command init makes a new bank."""

from pathlib import Path

import click

from slantbank.cli._shared import exit_on_problems, refuse_shipped


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(folder: Path) -> None:
    """Make a new bank in FOLDER, or in the working folder.

    Example: `slantbank init my-bank`

    It gets folders for topics and articles, the codebook, schemas and settings for editors, and a README. Existing files are not
    changed.
    """
    from slantbank import curate, publish

    refuse_shipped(folder)
    with exit_on_problems():
        written = curate.init(folder)
        written += publish.write_rendered(folder, for_coders=True)
    for path in written:
        click.echo(f"written: {path}")
    enter = "" if folder == Path() else f"cd {folder}\n  "
    click.echo(f"Next:\n  {enter}slantbank topic new")
