"""The rules for contributions: check a bank, fix it, print the problems, explain the rules."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.rules import _formats as formats
    from slantbank.rules._check import RULES, judge, ordered, sound, unfinished
    from slantbank.rules._checked import Checked, check, check_folder, sound_articles
    from slantbank.rules._explain import explain, rulebook
    from slantbank.rules._fix import fix, rehearse
    from slantbank.rules._text import open_words
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _check="RULES judge ordered sound unfinished",
        _checked="Checked check check_folder sound_articles",
        _explain="explain rulebook",
        _fix="fix rehearse",
        _text="open_words",
        modules="formats",
    )
