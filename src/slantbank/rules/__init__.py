"""What contributions must keep, how it is fixed, and how it is printed."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.rules import _formats as formats
    from slantbank.rules._check import check as check
    from slantbank.rules._check import frame_rule as frame_rule
    from slantbank.rules._check import open_words as open_words
    from slantbank.rules._check import sound as sound
    from slantbank.rules._explain import explain as explain
    from slantbank.rules._explain import rulebook as rulebook
    from slantbank.rules._fix import fix as fix
    from slantbank.rules._fix import rehearse as rehearse
    from slantbank.rules._run import Checked as Checked
    from slantbank.rules._run import run as run
    from slantbank.rules._run import sound_articles as sound_articles

__getattr__, __dir__ = lazy(
    __name__,
    _check="check frame_rule open_words sound",
    _explain="explain rulebook",
    _fix="fix rehearse",
    _run="Checked run sound_articles",
    modules="formats",
)
