"""Render the reference pages: commands, from their click definitions, and public names, from their docstrings."""

import ast
import inspect
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import slantbank
from slantbank.show import markdown_table

if TYPE_CHECKING:
    import click

NOTICE = "<!-- Rendered by `slantbank render` from the code; edit there. -->"


def commands_page(group: "click.Group") -> str:
    """Return the page of all commands with their usage, help text and options."""
    import click

    parts = [
        "# Commands",
        NOTICE,
        "Exit code 0: success. 1: findings, or a file or page cannot be read or written. 2: wrong usage. 3: a fault of slantbank.",
    ]
    for name, command in _commands(group):
        context = click.Context(command, info_name=name)
        usage = " ".join(["slantbank", name, *command.collect_usage_pieces(context)])
        records = [parameter.get_help_record(context) for parameter in command.params]
        options = "\n".join(
            f"- `{left}`: {_prose(right)}".removesuffix(": ") for left, right in filter(None, records) if left[0] == "-"
        )
        parts += [f"## slantbank {name}", f"```text\n{usage}\n```", *map(_prose, (command.help or "").split("\n\n")), options]
    return "\n\n".join(filter(None, parts)) + "\n"


def _commands(group: "click.Group", before: str = "") -> "Iterator[tuple[str, click.Command]]":
    """Yield the commands of a group with their full names; the commands of a subgroup follow it."""
    for name, command in sorted(group.commands.items()):
        yield f"{before}{name}", command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")  # type: ignore[arg-type]


def api_page() -> str:
    """Return the page of all public functions and classes, with signature and docstring."""
    values = {name: value for name in slantbank.__all__ if callable(value := getattr(slantbank, name))}
    rows = [(f"[{name}](#{name.lower()})", _first(value)) for name, value in values.items()]
    table = markdown_table(("name", "what it is"), rows)
    about = (
        "`import slantbank` offers these names; nothing else is public. The type `Frames` is a mapping of names to frames, as "
        "`load_all` returns it; `Names` is one name or several. The tests run the examples."
    )
    return "\n\n".join(["# Python", NOTICE, about, table, *map(_entry, values.values())]) + "\n"


def _first(value: Any) -> str:
    """Return the first paragraph of a docstring."""
    return _prose((inspect.getdoc(value) or "").split("\n\n")[0])


def _entry(value: Any) -> str:
    """Return the section about a function or class: signature, docstring, and the methods of a class."""
    node = ast.parse(inspect.getsource(value)).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    signature, members = (_constructor(node), _members(node)) if isinstance(node, ast.ClassDef) else (_signature(node), "")
    return "\n\n".join(filter(None, [f"## {node.name}", f"```python\n{signature}\n```", _docstring(node), members]))


def _constructor(node: ast.ClassDef) -> str:
    """Return the signature of a class: of its `__init__`, or else its annotated fields."""
    init = next((method for method in node.body if isinstance(method, ast.FunctionDef) and method.name == "__init__"), None)
    if init:
        arguments = [argument for argument in _arguments(init.args) if argument != "self"]
    else:
        arguments = [_field(statement) for statement in node.body if isinstance(statement, ast.AnnAssign)]
    return _call(f"class {node.name}", arguments, "")


def _field(node: ast.AnnAssign) -> str:
    """Return a field as in the source code; for a `field(…)` of a dataclass, with its default alone."""
    value = node.value
    if isinstance(value, ast.Call):
        value = next((word.value for word in value.keywords if word.arg == "default"), None)
    return f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}" + (f" = {ast.unparse(value)}" if value else "")


def _members(node: ast.ClassDef) -> str:
    """Return a list of the public methods and properties of a class."""
    methods = [method for method in node.body if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")]
    return "\n".join(
        f"- `{' '.join(_signature(method).split())}`: {_docstring(method)}" for method in methods if ast.get_docstring(method)
    )


def _signature(node: ast.FunctionDef) -> str:
    if any(isinstance(name, ast.Name) and name.id in ("property", "cached_property") for name in node.decorator_list):
        return node.name
    arguments = [argument for argument in _arguments(node.args) if argument not in ("self", "cls")]
    returns = f" -> {_type(node.returns)}" if node.returns else ""
    return _call(node.name, arguments, returns)


def _call(name: str, arguments: list[str], returns: str) -> str:
    short = f"{name}({', '.join(arguments)}){returns}"
    return short if len(short) <= 100 else "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), f"){returns}"])


def _type(node: ast.expr) -> str:
    """Return a type as in the source code, without the quotes around a name that is imported only for type checkers."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _arguments(args: ast.arguments) -> Iterator[str]:
    """Yield each argument as in the source code, with type and default."""
    plain = [*args.posonlyargs, *args.args]
    yield from map(_argument, plain, [*[None] * (len(plain) - len(args.defaults)), *args.defaults])
    if args.vararg or args.kwonlyargs:
        yield f"*{_argument(args.vararg, None)}" if args.vararg else "*"
    yield from map(_argument, args.kwonlyargs, args.kw_defaults)
    if args.kwarg:
        yield f"**{_argument(args.kwarg, None)}"


def _argument(arg: ast.arg, default: ast.expr | None) -> str:
    kind = f": {_type(arg.annotation)}" if arg.annotation else ""
    return f"{arg.arg}{kind}" + (f" = {ast.unparse(default)}" if default else "")


def _docstring(node: Any) -> str:
    return _text(ast.get_docstring(node) or "")


def _text(docstring: str) -> str:
    """Return a docstring as Markdown, with examples in code blocks."""
    parts = re.split(r"\n\s*\n", docstring.strip())
    return "\n\n".join(f"```pycon\n{part}\n```" if part.startswith(">>>") else _paragraph(part) for part in parts)


def _paragraph(text: str) -> str:
    """Return a paragraph on one line; a list with one line for each item."""
    return "\n".join(map(_prose, re.split(r"\n(?=- )", text)))


def _prose(text: str) -> str:
    """Return a text on one line, with `<` and `*` escaped outside inline code."""
    segments = " ".join(text.split()).split("`")
    return "`".join(segment if i % 2 else segment.replace("<", r"\<").replace("*", r"\*") for i, segment in enumerate(segments))
