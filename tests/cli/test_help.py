"""The help of each command says in one line what it does, and shows an example that works."""

import re
import shlex

import click
import pytest

from slantbank.cli import cli
from slantbank.publish._reference import _commands
from tests.command import run

COMMANDS = dict(_commands(cli))


def paragraphs(command: click.Command) -> list[str]:
    return [" ".join(part.split()) for part in (command.help or "").split("\n\n")]


def test_the_main_help_lists_every_command_with_a_whole_sentence_in_80_columns() -> None:
    output = run("--help", terminal_width=80).output
    for name, command in cli.commands.items():
        assert re.search(rf"^  {name} +{re.escape(paragraphs(command)[0].rstrip('.'))}\.?$", output, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    options = [option for option in COMMANDS[name].params if isinstance(option, click.Option) and not option.hidden]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_fits_on_a_line_and_its_options_exist(name: str) -> None:
    for example in (part for part in paragraphs(COMMANDS[name]) if part.startswith("Example: ")):
        assert len(example) <= 76
        program, *arguments = shlex.split(example.removeprefix("Example: ").strip("`"))
        assert (program, arguments[: len(name.split())]) == ("slantbank", name.split())
        COMMANDS[name].make_parser(click.Context(COMMANDS[name])).parse_args(arguments[len(name.split()) :])
