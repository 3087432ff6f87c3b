"""TOML text to values, by two parsers that mean the same.

`rtoml`, in Rust, is five times as fast as the standard library's `tomllib`; but it reads TOML 1.1, where a bank is of 1.0, and
says less of what is wrong. That both give the same verdict and the same values rests on this:

- `rtoml` is asked only where `_PLAIN` matches the whole text: then nothing is in it that 1.0 and 1.1 read otherwise, and nothing
  that Python and Rust represent otherwise (long integers, long fractions, times of day).
- What `rtoml` rejects goes to `tomllib`, too: each text that is refused is refused by `tomllib`, in its words.
- Keys of very many parts and very long integers, which would cost `tomllib` more than a file is worth, are stopped at before it.

tests/bank/test_parse.py holds the two to it.
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
    """The values of a TOML text in plain lines."""
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
    except ValueError as error:  # Python converts no integer of thousands of digits, whatever follows it
        digits = re.search(r"[0-9_]{1000,}", text)
        raise NotTomlError("SB101", "an integer has at most 64 bits", digits.start() if digits else 0) from error


_LONG = re.compile(r"-?(?:0x[0-9A-Fa-f_]{17,}|0o[0-7_]{22,}|0b[01_]{65,}|[0-9_]{20,})(?![A-Za-z0-9_.:-])")
_SHALLOW = re.compile(
    rf"(?:(?s:{LONG_STRING})|#[^\r\n]*+|[^\"'#A-Za-z0-9_-]++|(?!{_LONG.pattern})"
    rf"(?:{KEY_PART})(?:[ \t]*+\.[ \t]*+(?:{KEY_PART})){{0,{DEEPEST - 1}}}+(?![ \t]*+\.))*+"
)
"""Matches a whole TOML text, but stops before a key of too many parts and before an integer that is too long.

These, and too many brackets, would cost tomllib and Python more than a file is worth. Linear in any text, TOML or not.
"""
_ATOM = (
    r'"(?!"")(?:[^"\\\n]++|\\[btnfru"\\])*+"|\'(?!\'\')[^\'\n]*+\'|[A-Za-z_][A-Za-z0-9_-]*+'
    r"|(?:\d{4}-\d\d-\d\d|[+-]?\d{1,18}+(?:\.\d{1,17}+)?+)(?![\w.:+-])"
)
_FLAT = r"\{{(?:{0}|[ \t=\[\]]++|,(?![ \t]*+\}}))*+\}}"
_PLAIN = re.compile(rf"(?:{_ATOM}|[ \t\n=\[\],]++|{_FLAT.format(f'{_ATOM}|{_FLAT.format(_ATOM)}')}|#[^\n]*+)*+\Z")
"""Matches TOML that means the same in versions 1.0, which is asked for here, and 1.1, which `rtoml` reads.

That is: inline tables on one line without a comma at the end, only the older escapes, no times of day; nor anything
that `_SHALLOW` stops at, nor dotted keys.
"""
