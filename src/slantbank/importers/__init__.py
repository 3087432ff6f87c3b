"""Importers: a published corpus, or a researcher's own table, becomes a bank."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.importers import _refusal as refusal
    from slantbank.importers._json import parse_json, validate_leniently
    from slantbank.importers._report import Progress, Remark, Report, UnreadableError, json_excerpt
    from slantbank.importers._restore import Restored, restore
    from slantbank.importers._run import IMPORTERS, Importer, describe, run, to_parquet
    from slantbank.importers._text import clean_text, coded_layers, decode_text, drop_overlaps, parse_day, slug, trim_span
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _json="validate_leniently parse_json",
        _report="Progress Remark Report UnreadableError json_excerpt",
        _restore="Restored restore",
        _run="IMPORTERS Importer describe run to_parquet",
        _text="coded_layers parse_day decode_text clean_text slug trim_span drop_overlaps",
        modules="refusal",
    )
