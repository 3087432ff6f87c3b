"""JSON that others wrote, read so that nothing in it is lost without a word, and that one odd part does not lose the whole."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from slantbank.importers._report import Report, json_excerpt
from slantbank.importers._text import decode_text

Model = TypeVar("Model", bound=BaseModel)


def parse_json(data: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, and for an object in which a key stands twice.

    Source: RFC 8259, section 4: of two values of one key, readers take either, or both.
    """
    text = decode_text(data) if isinstance(data, bytes) else data
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON from line {error.lineno}, column {error.colno} on") from error
    except RecursionError as error:
        raise ValueError("JSON that nests too deep") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"no JSON: {name} is no number")


def validate_leniently(model: type[Model], value: Any, where: str, report: Report) -> Model:
    """The value in the form of a model, without optional parts that have not their form, each with a remark.

    Raises ValidationError if a part that is needed has not its form.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        optional = {field.alias or name for name, field in model.model_fields.items() if not field.is_required()}
        odd = {fault["loc"][0] for fault in error.errors(include_url=False) if fault["loc"]}
        if not isinstance(value, Mapping) or not odd or not odd <= optional:
            raise
        for name in sorted(map(str, odd)):
            report.fail(where, f"{name} that has not its form", json_excerpt(value[name]))
        return model.model_validate({name: part for name, part in value.items() if name not in odd})
