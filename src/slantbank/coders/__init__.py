"""Models that code by the codebook, and the run record of their requests and responses."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.coders._audit import LAYERS, PartySwap, audit, compare_codings, party_swap, plan_audit, swap_article
    from slantbank.coders._checklist import checklist
    from slantbank.coders._client import Budget, ModelCoder, Settings, connect
    from slantbank.coders._prompt import messages, windows
    from slantbank.coders._record import RunRecord, ensure_record_allowed, record_path
    from slantbank.coders._response import ATTRIBUTED_KEYS, REQUIRED_KEYS, validate_response
    from slantbank.coders._run import Coder, CodingResult, plan, run
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _response="REQUIRED_KEYS ATTRIBUTED_KEYS validate_response",
        _audit="LAYERS PartySwap audit party_swap compare_codings plan_audit swap_article",
        _checklist="checklist",
        _client="Budget ModelCoder Settings connect",
        _prompt="messages windows",
        _record="RunRecord ensure_record_allowed record_path",
        _run="Coder CodingResult plan run",
    )
