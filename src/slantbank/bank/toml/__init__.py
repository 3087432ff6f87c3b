"""TOML files: read with the position of every value, and written in one layout."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.bank.toml._document import Document, TextFile
    from slantbank.bank.toml._layout import Commented, Comments, dumps, parse
    from slantbank.bank.toml._lines import plain_bytes, plain_lines
    from slantbank.bank.toml._places import Place, comments, escapes
    from slantbank.bank.toml._read import EMPTY, MAX_BYTES, read, read_text, validate
    from slantbank.bank.toml._write import FileChange, inline, schema_line, table
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _document="Document TextFile",
        _layout="Commented Comments dumps parse",
        _lines="plain_bytes plain_lines",
        _places="Place comments escapes",
        _read="EMPTY MAX_BYTES read read_text validate",
        _write="FileChange inline schema_line table",
    )
