"""TOML files: read with the place of every value, and written in one layout."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.bank.toml._document import (
        EMPTY as EMPTY,
    )
    from slantbank.bank.toml._document import (
        MAX_BYTES as MAX_BYTES,
    )
    from slantbank.bank.toml._document import (
        Change as Change,
    )
    from slantbank.bank.toml._document import (
        Document as Document,
    )
    from slantbank.bank.toml._document import (
        Place as Place,
    )
    from slantbank.bank.toml._document import (
        TextFile as TextFile,
    )
    from slantbank.bank.toml._document import (
        comments as comments,
    )
    from slantbank.bank.toml._document import (
        escapes as escapes,
    )
    from slantbank.bank.toml._document import (
        inline as inline,
    )
    from slantbank.bank.toml._document import (
        overwrite as overwrite,
    )
    from slantbank.bank.toml._document import (
        read as read,
    )
    from slantbank.bank.toml._document import (
        read_text as read_text,
    )
    from slantbank.bank.toml._document import (
        schema_line as schema_line,
    )
    from slantbank.bank.toml._document import (
        table as table,
    )
    from slantbank.bank.toml._layout import Commented as Commented
    from slantbank.bank.toml._layout import Comments as Comments
    from slantbank.bank.toml._layout import dumps as dumps
    from slantbank.bank.toml._layout import parse as parse

__getattr__, __dir__ = lazy(
    __name__,
    _document="Change Document EMPTY MAX_BYTES Place TextFile comments escapes inline overwrite read read_text schema_line table",
    _layout="Commented Comments dumps parse",
)
