"""The reference pages: the commands, from what click knows of them, and the public names, from their docstrings."""

import ast
import inspect
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import slantbank

if TYPE_CHECKING:
    import click

NOTICE = "<!-- Rendered by `slantbank render` from the code; edit there. -->"


def commands_page(group: "click.Group") -> str:
    """Every command with its usage, what it does, its arguments and its options."""
    import click

    parts = [
        "# Commands",
        NOTICE,
        "Exit code 0: all well. 1: findings, or files that cannot be used. 2: wrong usage. 3: a fault of slantbank itself.",
    ]
    for name in sorted(group.commands):
        command = group.commands[name]
        context = click.Context(command, info_name=name)
        usage = " ".join(["slantbank", name, *command.collect_usage_pieces(context)])
        records = [one.get_help_record(context) for one in command.params]
        options = "\n".join(
            f"- `{left}`: {_prose(right)}".removesuffix(": ") for left, right in filter(None, records) if left[0] == "-"
        )
        parts += [f"## slantbank {name}", f"```text\n{usage}\n```", *map(_prose, (command.help or "").split("\n\n")), options]
    return "\n\n".join(filter(None, parts)) + "\n"


def api_page() -> str:
    """Every public name of the package, with its signature and its docstring."""
    parts = ["# Python", NOTICE, "What `import slantbank` offers; nothing else is public."]
    for name in slantbank.__all__:
        value = getattr(slantbank, name)
        if not callable(value):
            continue
        node = ast.parse(inspect.getsource(value)).body[0]
        assert isinstance(node, ast.FunctionDef | ast.ClassDef)
        fields = [_target(one) for one in node.body if isinstance(one, ast.AnnAssign)]
        signature = _signature(node) if isinstance(node, ast.FunctionDef) else f"class {name}({', '.join(fields)})"
        parts += [
            f"## {name}",
            f"```python\n{signature}\n```",
            _docstring(node) if isinstance(node, ast.FunctionDef) else _class(node),
        ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _class(node: ast.ClassDef) -> str:
    """The docstring of a class, and its public methods."""
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
    said = [f"- `{' '.join(_signature(one).split())}`: {_docstring(one)}" for one in methods if ast.get_docstring(one)]
    return "\n\n".join(filter(None, [_docstring(node), "\n".join(said)]))


def _target(node: ast.Assign | ast.AnnAssign | ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) else "_"


def _signature(node: ast.FunctionDef) -> str:
    if any(isinstance(one, ast.Name) and one.id in ("property", "cached_property") for one in node.decorator_list):
        return node.name
    arguments = [one for one in _arguments(node.args) if one not in ("self", "cls")]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    short = f"{node.name}({', '.join(arguments)}){returns}"
    return short if len(short) <= 100 else "\n".join([f"{node.name}(", *(f"    {one}," for one in arguments), f"){returns}"])


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
    kind = f": {ast.unparse(arg.annotation)}" if arg.annotation else ""
    return f"{arg.arg}{kind}" + (f" = {ast.unparse(default)}" if default else "")


def _docstring(node: Any) -> str:
    return _text(ast.get_docstring(node) or "")


def _text(docstring: str) -> str:
    """A docstring as Markdown: examples in a block of code, the rest as prose."""
    parts = re.split(r"\n\s*\n", docstring.strip())
    return "\n\n".join(f"```pycon\n{part}\n```" if part.startswith(">>>") else _prose(part) for part in parts)


def _prose(text: str) -> str:
    """Text in which a mark of HTML outside code is no mark."""
    pieces = " ".join(text.split()).split("`")
    return "`".join(piece if i % 2 else piece.replace("<", r"\<").replace("*", r"\*") for i, piece in enumerate(pieces))
