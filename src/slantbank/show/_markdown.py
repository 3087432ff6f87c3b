"""Tables in Markdown."""

from collections.abc import Iterable


def markdown_table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    r"""A Markdown table from cells in Markdown; only their bars, which would end a cell, are escaped.

    >>> print(markdown_table(("rule", "why"), [("SB001", "a | b")]))
    | rule | why |
    | --- | --- |
    | SB001 | a \| b |
    """
    names = list(head)
    lines: list[Iterable[object]] = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
