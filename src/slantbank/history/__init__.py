"""What changed between two git revisions of a bank."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.history import _review as review
    from slantbank.history._diff import diff, version_problems
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _diff="diff version_problems",
        modules="review",
    )
