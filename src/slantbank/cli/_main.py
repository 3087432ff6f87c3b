"""The command line: parse, call, print.

Exit code 0: all well. 1: findings, or what could not be read, written or fetched. 2: wrong usage. 3: a fault of slantbank itself.
"""

import io
import os
import sys

import click

from slantbank.cli import _build, _check, _coders, _curate, _exchange, _history, _init, _measure, _new, _sheet, _status, _topic


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="slantbank")
def cli() -> None:
    """Articles labelled sentence by sentence, so that accounts of one event can be laid side by side."""


for command in (
    *(_init.init, _topic.topic, _status.status),
    *(_check.check, _check.fmt, _check.explain),
    *(_build.build, _build.render),
    *(_new.new, _sheet.sheet, _curate.adjudicate, _curate.strip, _curate.hydrate),
    *(_coders.code, _coders.audit),
    *(_exchange.import_, _exchange.export),
    *(_measure.compare, _measure.agreement, _measure.score, _measure.report),
    _history.diff,
):
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
    except BaseException as error:  # the one place where a fault of slantbank itself is told as such
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":  # which polars raises
            raise
        if os.environ.get("SLANTBANK_TRACEBACK"):
            import traceback

            traceback.print_exc()
        click.echo(f"slantbank: internal fault: {type(error).__name__}: {printable(str(error))}", err=True)
        click.echo("Please report it; SLANTBANK_TRACEBACK=1 shows where it arose.", err=True)
        sys.exit(3)


def _print_every_character() -> None:
    """Windows encodes what goes to a file or a pipe in a code page that has not even a minus sign: that is UTF-8 here, everywhere.

    A character that a terminal does not have, or the encoding that PYTHONIOENCODING asks for, is printed as its escape.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            chosen = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if chosen else "utf-8", errors="backslashreplace")
