"""The command init: a new bank."""

from pathlib import Path

import click

from slantbank.cli._shared import contributions, refuse_shipped


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(folder: Path) -> None:
    """Make FOLDER, or the working folder, a bank: where topics and articles go, the codebook, schemas and settings for editors, a README.

    Nothing that is there is touched.
    """
    from slantbank import curate, publish

    refuse_shipped(folder)
    with contributions():
        written = curate.init(folder)
        written += publish.write_rendered(folder, for_coders=True)
    for path in written:
        click.echo(f"written: {path}")
    inside = "" if folder == Path() else f"cd {folder}\n  "
    click.echo(f"Next:\n  {inside}slantbank topic new")
