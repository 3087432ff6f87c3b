"""The reference pages: the commands, from what click knows of them, and the modules, from their signatures and docstrings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click

NOTICE = "<!-- Rendered by `slantbank render` from the code; edit there. -->"
_PACKAGE = Path(__file__).parent

MODULES = (
    *("shipped", "bank", "article", "topic", "segment", "original", "web", "new", "check", "problem", "fix", "fmt", "carry"),
    *("formats", "explain", "adjudicate", "withheld", "build", "diff", "review", "version", "frames", "schema", "codebook"),
    *("agreement", "compare", "table", "report", "hub", "importers", "exchange", "shard", "crawl"),
)
"""The modules of the reference, in the order in which they are met."""


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


def modules_page() -> str:
    """Every public name of the package: first those of `slantbank` itself, then module by module."""
    tree = ast.parse((_PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    homes = next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign) and _target(node) == "_HOMES")
    parts = [
        "# Python",
        NOTICE,
        "`import slantbank` has " + ", ".join(f"[`{name}`](#slantbank-{homes[name]})" for name in sorted(homes)) + ". "
        "The rest is imported from its module: `from slantbank import compare`.",
    ]
    for name in MODULES:
        path = _PACKAGE / f"{name}.py"
        module = ast.parse((path if path.is_file() else _PACKAGE / name / "__init__.py").read_text(encoding="utf-8"))
        parts += [f"## slantbank.{name}", _docstring(module)]
        for title, signature, text in _names(module):
            parts += [f"### {title}", f"```python\n{signature}\n```" if signature != title else "", text]
    return "\n\n".join(filter(None, parts)) + "\n"


def _names(module: ast.Module) -> Iterator[tuple[str, str, str]]:
    """The public functions, classes and documented values of a module: name, signature, what its docstring says."""
    for node, after in zip(module.body, [*module.body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and ast.get_docstring(node):
            yield node.name, _signature(node), _docstring(node)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            fields = [_target(one) for one in node.body if isinstance(one, ast.AnnAssign)]
            yield node.name, f"class {node.name}({', '.join(fields)})", _class(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and not _target(node).startswith("_") and _is_string(after):
            kind = f": {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
            yield _target(node), f"{_target(node)}{kind}", _text(ast.literal_eval(after.value))  # type: ignore[union-attr]


def _class(node: ast.ClassDef) -> str:
    """The docstring of a class, and its public methods."""
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
    said = [f"- `{' '.join(_signature(one).split())}`: {_docstring(one)}" for one in methods if ast.get_docstring(one)]
    return "\n\n".join(filter(None, [_docstring(node), "\n".join(said)]))


def _target(node: ast.Assign | ast.AnnAssign | ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) else "_"


def _is_string(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


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
