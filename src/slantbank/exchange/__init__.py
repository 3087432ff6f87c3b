"""Exchange: annotation tools and back, and other formats out."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.exchange._run import (
        FORMATS as FORMATS,
    )
    from slantbank.exchange._run import (
        TOOLS as TOOLS,
    )
    from slantbank.exchange._run import (
        Tool as Tool,
    )
    from slantbank.exchange._run import (
        export as export,
    )
    from slantbank.exchange._run import (
        files as files,
    )
    from slantbank.exchange._run import (
        put as put,
    )
    from slantbank.exchange._run import (
        run as run,
    )

__getattr__, __dir__ = lazy(
    __name__,
    _run="FORMATS TOOLS Tool export files put run",
)
