"""Parse TOML text with two parsers that give the same result.

`rtoml`, in Rust, is five times as fast as the standard library's `tomllib`, but it reads TOML 1.1 instead of 1.0, and its messages
say less. Both accept the same texts with the same values because of this:

- `rtoml` gets a text only if `_PLAIN` matches all of it: then it has nothing that TOML 1.0 and 1.1, or Python and Rust, represent
  differently (long integers, long fractions, times of day).
- A text that `rtoml` rejects goes to `tomllib`, so that every message comes from `tomllib`.
- Keys of very many parts and very long integers, which take `tomllib` too much time, are refused before.

tests/bank/toml/test_parse.py tests this.
"""

import re
import tomllib
from contextlib import suppress
from typing import Any

import rtoml

from slantbank.bank.toml._places import DEEPEST, KEY_PART, LONG_STRING, find_too_deep
from slantbank.bank.toml._syntax import NotTomlError, explain_error

TOO_DEEP = f"nested deeper than {DEEPEST} levels"


def parse(text: str) -> dict[str, Any]:
    """Return the values of a TOML text in plain lines. Raises NotTomlError."""
    if _PLAIN.match(text):
        with suppress(rtoml.TomlParsingError):
            return rtoml.loads(text)
    shallow = _SHALLOW.match(text)
    stop = shallow.end() if shallow else 0
    if stop < len(text):
        long = _LONG.match(text, stop)
        raise NotTomlError("SB101", "an integer has at most 64 bits", stop) if long else NotTomlError("SB103", TOO_DEEP, stop)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise explain_error(text, str(error)) from error
    except RecursionError as error:
        raise NotTomlError("SB103", TOO_DEEP, find_too_deep(text) or 0) from error
    except ValueError as error:  # Python refuses to convert an integer of thousands of digits
        digits = re.search(r"[0-9_]{1000,}", text)
        raise NotTomlError("SB101", "an integer has at most 64 bits", digits.start() if digits else 0) from error


_LONG = re.compile(r"-?(?:0x[0-9A-Fa-f_]{17,}|0o[0-7_]{22,}|0b[01_]{65,}|[0-9_]{20,})(?![A-Za-z0-9_.:-])")
_SHALLOW = re.compile(
    rf"(?:(?s:{LONG_STRING})|#[^\r\n]*+|[^\"'#A-Za-z0-9_-]++|(?!{_LONG.pattern})"
    rf"(?:{KEY_PART})(?:[ \t]*+\.[ \t]*+(?:{KEY_PART})){{0,{DEEPEST - 1}}}+(?![ \t]*+\.))*+"
)
"""Matches a TOML text up to the first key with too many parts or integer that is too long, which take tomllib too much time.

The time to match is linear in the length of any text, TOML or not.
"""
_ATOM = (
    r'"(?!"")(?:[^"\\\n]++|\\[btnfru"\\])*+"|\'(?!\'\')[^\'\n]*+\'|[A-Za-z_][A-Za-z0-9_-]*+'
    r"|(?:\d{4}-\d\d-\d\d|[+-]?\d{1,18}+(?:\.\d{1,17}+)?+)(?![\w.:+-])"
)
_FLAT = r"\{{(?:{0}|[ \t=\[\]]++|,(?![ \t]*+\}})){1}\}}"
_INNER = _FLAT.format(_ATOM, "*+")
# possessive within possessive, Python 3.11.2 lets a trailing comma pass; `*` is linear here, too: each token has one reading
_PLAIN = re.compile(rf"(?:{_ATOM}|[ \t\n=\[\],]++|{_FLAT.format(f'{_ATOM}|{_INNER}', '*')}|#[^\n]*+)*+\Z")
"""Matches TOML that means the same in version 1.0, which a bank uses, and in 1.1, which `rtoml` reads.

That is: inline tables on one line without a trailing comma, only the escapes of 1.0, no times of day, no dotted keys, and nothing
at which `_SHALLOW` stops.
"""
