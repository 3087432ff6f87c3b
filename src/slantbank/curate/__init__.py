"""From an original to an article folder: new, sheets, layout of files, adjudication."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.curate import _extract as extract
    from slantbank.curate import _web as web
    from slantbank.curate._adjudicate import state as state
    from slantbank.curate._adjudicate import write_first_gold as write_first_gold
    from slantbank.curate._attributes import ATTRIBUTES as ATTRIBUTES
    from slantbank.curate._fmt import diff as diff
    from slantbank.curate._fmt import fmt as fmt
    from slantbank.curate._fmt import write as write
    from slantbank.curate._new import add_annotator as add_annotator
    from slantbank.curate._new import new as new
    from slantbank.curate._new import sheet as sheet
    from slantbank.curate._web import MOST as MOST
    from slantbank.curate._web import LargeError as LargeError
    from slantbank.curate._web import Page as Page

__getattr__, __dir__ = lazy(
    __name__,
    _adjudicate="state write_first_gold",
    _attributes="ATTRIBUTES",
    _fmt="diff fmt write",
    _new="add_annotator new sheet",
    _web="LargeError MOST Page",
    modules="extract web",
)
