"""TOML files: read with the place of every value, and written in one layout."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.bank.toml._document import Document as Document
    from slantbank.bank.toml._document import TextFile as TextFile
    from slantbank.bank.toml._layout import Commented as Commented
    from slantbank.bank.toml._layout import Comments as Comments
    from slantbank.bank.toml._layout import dumps as dumps
    from slantbank.bank.toml._layout import parse as parse
    from slantbank.bank.toml._lines import plain_lines as plain_lines
    from slantbank.bank.toml._places import Place as Place
    from slantbank.bank.toml._places import comments as comments
    from slantbank.bank.toml._places import escapes as escapes
    from slantbank.bank.toml._read import EMPTY as EMPTY
    from slantbank.bank.toml._read import MAX_BYTES as MAX_BYTES
    from slantbank.bank.toml._read import read as read
    from slantbank.bank.toml._read import read_text as read_text
    from slantbank.bank.toml._write import Change as Change
    from slantbank.bank.toml._write import inline as inline
    from slantbank.bank.toml._write import overwrite as overwrite
    from slantbank.bank.toml._write import schema_line as schema_line
    from slantbank.bank.toml._write import table as table

__getattr__, __dir__ = lazy(
    __name__,
    _document="Document TextFile",
    _layout="Commented Comments dumps parse",
    _lines="plain_lines",
    _places="Place comments escapes",
    _read="EMPTY MAX_BYTES read read_text",
    _write="Change inline overwrite schema_line table",
)
