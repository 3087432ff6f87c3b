"""What contributions must keep, how it is fixed, and how it is printed."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.rules import _formats as formats
    from slantbank.rules._check import RULES as RULES
    from slantbank.rules._check import check as check
    from slantbank.rules._check import check_frames as check_frames
    from slantbank.rules._check import sound as sound
    from slantbank.rules._explain import explain as explain
    from slantbank.rules._explain import rulebook as rulebook
    from slantbank.rules._fix import fix as fix
    from slantbank.rules._fix import rehearse as rehearse
    from slantbank.rules._text import open_words as open_words

__getattr__, __dir__ = lazy(
    __name__,
    _check="RULES check check_frames sound",
    _explain="explain rulebook",
    _fix="fix rehearse",
    _text="open_words",
    modules="formats",
)
