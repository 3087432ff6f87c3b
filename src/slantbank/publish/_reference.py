"""The reference pages: the commands, from what click knows of them, and the public names, from their docstrings."""

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
    """Every command with its usage, what it does, its arguments and its options."""
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
    """The commands of a group by their names, each group followed by its own."""
    for name, command in sorted(group.commands.items()):
        yield f"{before}{name}", command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")  # type: ignore[arg-type]


def api_page() -> str:
    """Every public name of the package, with its signature and its docstring."""
    values = {name: value for name in slantbank.__all__ if callable(value := getattr(slantbank, name))}
    rows = [(f"[{name}](#{name.lower()})", _first(value)) for name, value in values.items()]
    table = markdown_table(("name", "what it is"), rows)
    about = (
        "`import slantbank` offers these names; nothing else is public. The type `Frames` is a mapping of names to frames, as "
        "`load_all` returns it; `Names` is one name or several. The tests run the examples."
    )
    return "\n\n".join(["# Python", NOTICE, about, table, *map(_entry, values.values())]) + "\n"


def _first(value: Any) -> str:
    """The first sentence of a docstring."""
    return _prose((inspect.getdoc(value) or "").split("\n\n")[0])


def _entry(value: Any) -> str:
    """A public function or class: its signature, its docstring, and the methods of a class."""
    node = ast.parse(inspect.getsource(value)).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    signature, members = (_constructor(node), _members(node)) if isinstance(node, ast.ClassDef) else (_signature(node), "")
    return "\n\n".join(filter(None, [f"## {node.name}", f"```python\n{signature}\n```", _docstring(node), members]))


def _constructor(node: ast.ClassDef) -> str:
    """How an object of a class is made: of its fields, or as its `__init__` says."""
    init = next((method for method in node.body if isinstance(method, ast.FunctionDef) and method.name == "__init__"), None)
    if init:
        arguments = [one for one in _arguments(init.args) if one != "self"]
    else:
        arguments = [_field(one) for one in node.body if isinstance(one, ast.AnnAssign)]
    return _call(f"class {node.name}", arguments, "")


def _field(node: ast.AnnAssign) -> str:
    """A field as it is written; of one that is described by `field(…)`, the default."""
    value = node.value
    if isinstance(value, ast.Call):
        value = next((word.value for word in value.keywords if word.arg == "default"), None)
    return f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}" + (f" = {ast.unparse(value)}" if value else "")


def _members(node: ast.ClassDef) -> str:
    """The public methods and properties of a class."""
    methods = [method for method in node.body if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")]
    return "\n".join(
        f"- `{' '.join(_signature(method).split())}`: {_docstring(method)}" for method in methods if ast.get_docstring(method)
    )


def _signature(node: ast.FunctionDef) -> str:
    if any(isinstance(one, ast.Name) and one.id in ("property", "cached_property") for one in node.decorator_list):
        return node.name
    arguments = [argument for argument in _arguments(node.args) if argument not in ("self", "cls")]
    returns = f" -> {_type(node.returns)}" if node.returns else ""
    return _call(node.name, arguments, returns)


def _call(name: str, arguments: list[str], returns: str) -> str:
    short = f"{name}({', '.join(arguments)}){returns}"
    return short if len(short) <= 100 else "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), f"){returns}"])


def _type(node: ast.expr) -> str:
    """A type as it is written, without the quotes around one that is imported later."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _arguments(args: ast.arguments) -> Iterator[str]:
    """Each argument as it is written, with its type and its default."""
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
    """A docstring as Markdown: examples in a block of code, the rest as prose."""
    parts = re.split(r"\n\s*\n", docstring.strip())
    return "\n\n".join(f"```pycon\n{part}\n```" if part.startswith(">>>") else _paragraph(part) for part in parts)


def _paragraph(text: str) -> str:
    """A paragraph, or a list whose items start with a dash."""
    return "\n".join(map(_prose, re.split(r"\n(?=- )", text)))


def _prose(text: str) -> str:
    """Text in which a mark of HTML outside code is no mark."""
    pieces = " ".join(text.split()).split("`")
    return "`".join(piece if i % 2 else piece.replace("<", r"\<").replace("*", r"\*") for i, piece in enumerate(pieces))
