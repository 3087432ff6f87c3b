"""What contributions must keep, how it is fixed, and how it is printed."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.rules import _formats as formats
    from slantbank.rules._check import frame_rule, open_words, sound
    from slantbank.rules._explain import explain, rulebook
    from slantbank.rules._fix import fix, rehearse
    from slantbank.rules._run import Checked, check, run, sound_articles
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _check="frame_rule open_words sound",
        _explain="explain rulebook",
        _fix="fix rehearse",
        _run="Checked check run sound_articles",
        modules="formats",
    )
