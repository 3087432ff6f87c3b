"""Importers: a published corpus, or a researcher's own table, becomes a bank."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.importers import _refusal as refusal
    from slantbank.importers._json import fit as fit
    from slantbank.importers._json import parse_json as parse_json
    from slantbank.importers._report import (
        Progress as Progress,
    )
    from slantbank.importers._report import (
        Remark as Remark,
    )
    from slantbank.importers._report import (
        Report as Report,
    )
    from slantbank.importers._report import (
        UnreadableError as UnreadableError,
    )
    from slantbank.importers._report import shown as shown
    from slantbank.importers._run import (
        IMPORTERS as IMPORTERS,
    )
    from slantbank.importers._run import (
        Importer as Importer,
    )
    from slantbank.importers._run import (
        describe as describe,
    )
    from slantbank.importers._run import (
        run as run,
    )
    from slantbank.importers._run import (
        to_parquet as to_parquet,
    )
    from slantbank.importers._text import coded as coded
    from slantbank.importers._text import day as day
    from slantbank.importers._text import decoded as decoded
    from slantbank.importers._text import plain as plain
    from slantbank.importers._text import slug as slug
    from slantbank.importers._text import trimmed as trimmed
    from slantbank.importers._text import untangled as untangled

__getattr__, __dir__ = lazy(
    __name__,
    _json="fit parse_json",
    _report="Progress Remark Report UnreadableError shown",
    _run="IMPORTERS Importer describe run to_parquet",
    _text="coded day decoded plain slug trimmed untangled",
    modules="refusal",
)
