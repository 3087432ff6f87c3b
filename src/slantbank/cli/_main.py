"""The command line: parse, call, print.

Exit code 0: success. 1: problems found, or something could not be read, written or fetched. 2: wrong usage. 3: internal fault.
"""

import io
import os
import sys

import click

from slantbank.cli import _build, _check, _coders, _curate, _exchange, _history, _init, _measure, _new, _sheet, _status, _topic

SECTIONS = {
    "Start a bank": (_init.init, _topic.topic, _new.new, _exchange.import_),
    "Label articles": (_sheet.sheet, _coders.code, _coders.audit, _status.status, _curate.adjudicate),
    "Check files": (_check.check, _check.fmt, _check.explain, _history.diff),
    "Compare articles and coders": (_measure.compare, _measure.report, _measure.agreement, _measure.score),
    "Publish a bank": (_build.build, _exchange.export, _curate.strip, _curate.hydrate, _build.render),
}
"""The commands by the headings of the main help."""


class _Headings(click.Group):
    """A group whose help lists the commands under the headings of `SECTIONS`, in the order of work."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{command.name:<10}", command.get_short_help_str(64)) for command in commands])


@click.group(cls=_Headings, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="slantbank")
def cli() -> None:
    """Label news articles sentence by sentence, and compare accounts of one event.

    Example: `slantbank compare free-iran-rally-2017`

    `slantbank COMMAND --help` explains a command.
    """


for command in (command for commands in SECTIONS.values() for command in commands):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    from slantbank.problem import printable

    _print_every_character()
    try:
        cli.main(standalone_mode=True)
    except OSError as error:  # a full disk, a lost network: no fault of slantbank's
        click.echo(f"slantbank: {printable(str(error))}", err=True)
        sys.exit(1)
    except BaseException as error:  # the only place that reports a fault of slantbank itself
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":  # which polars raises
            raise
        if os.environ.get("SLANTBANK_TRACEBACK"):
            import traceback

            traceback.print_exc()
        click.echo(f"slantbank: internal fault: {type(error).__name__}: {printable(str(error))}", err=True)
        click.echo("Please report it; SLANTBANK_TRACEBACK=1 shows where it arose.", err=True)
        sys.exit(3)


def _print_every_character() -> None:
    """Write UTF-8 to files and pipes on every system, and print as an escape what a terminal cannot show.

    On Windows, Python would write to them in a code page that lacks even the minus sign. PYTHONIOENCODING is obeyed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            keep = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if keep else "utf-8", errors="backslashreplace")
