"""Importers: a published corpus, or a researcher's own table, becomes a bank."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.importers._report import Progress, Remark, Report, UnreadableError
    from slantbank.importers._run import IMPORTERS, Importer, describe, run, to_parquet
    from slantbank.importers._text import coded, plain, slug, untangled
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _report="Progress Remark Report UnreadableError",
        _run="IMPORTERS Importer describe run to_parquet",
        _text="coded plain slug untangled",
    )
