"""Importers: a published corpus, or a researcher's own table, becomes a bank."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.importers import _refusal as refusal
    from slantbank.importers._json import fit, parse_json
    from slantbank.importers._report import Progress, Remark, Report, UnreadableError, shown
    from slantbank.importers._run import IMPORTERS, Importer, describe, run, to_parquet
    from slantbank.importers._text import coded, day, decoded, plain, slug, trimmed, untangled
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _json="fit parse_json",
        _report="Progress Remark Report UnreadableError shown",
        _run="IMPORTERS Importer describe run to_parquet",
        _text="coded day decoded plain slug trimmed untangled",
        modules="refusal",
    )
