"""A command of slantbank, run in this process."""

from click.testing import CliRunner, Result

from slantbank.cli import cli


def run(*arguments: object, **options: object) -> Result:
    """What came of a command; an exception that is no exit is the test's own failure. Options are those of `CliRunner.invoke`."""
    result = CliRunner().invoke(cli, list(map(str, arguments)), **options)  # type: ignore[arg-type]
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result
