"""Run a command of slantbank in this process."""

from click.testing import CliRunner, Result

from slantbank.cli import cli


def run(*arguments: object, **options: object) -> Result:
    """Run a command and return its result; fail on any exception but SystemExit. Options go to `CliRunner.invoke`."""
    result = CliRunner().invoke(cli, list(map(str, arguments)), **options)  # type: ignore[arg-type]
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result
