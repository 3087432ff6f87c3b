"""From an original to a labelled article: intake, sheets, formatting of files, adjudication, status."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.curate import _extract as extract
    from slantbank.curate import _facts as facts
    from slantbank.curate import _ids as ids
    from slantbank.curate import _many as many
    from slantbank.curate import _web as web
    from slantbank.curate._adjudicate import state, write_first_gold
    from slantbank.curate._attributes import ATTRIBUTES
    from slantbank.curate._fmt import diff, fmt, write
    from slantbank.curate._init import init
    from slantbank.curate._new import add_annotator, new, sheet
    from slantbank.curate._status import status
    from slantbank.curate._web import MOST, LargeError, Page
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _adjudicate="state write_first_gold",
        _attributes="ATTRIBUTES",
        _fmt="diff fmt write",
        _init="init",
        _new="add_annotator new sheet",
        _status="status",
        _web="MOST LargeError Page",
        modules="extract facts ids many web",
    )
