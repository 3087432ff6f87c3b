"""Models that code by the codebook, and the record of what they were asked and answered."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.coders._answer import ALWAYS, ATTRIBUTED, Answer, Coded, coded
    from slantbank.coders._audit import LAYERS, Audited, Exchange, Pairs, audit, exchange, moves, pairs, swapped
    from slantbank.coders._checklist import checklist
    from slantbank.coders._client import Budget, Model, Settings, connect
    from slantbank.coders._prompt import messages, windows
    from slantbank.coders._record import Record, hold, record_path
    from slantbank.coders._run import Coder, Done, Plan, plan, run
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _answer="ALWAYS ATTRIBUTED Answer Coded coded",
        _audit="LAYERS Audited Exchange Pairs audit exchange moves pairs swapped",
        _checklist="checklist",
        _client="Budget Model Settings connect",
        _prompt="messages windows",
        _record="Record hold record_path",
        _run="Coder Done Plan plan run",
    )
