"""JSON from other programs: duplicate keys are refused, and a malformed optional part does not lose the whole."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from slantbank.importers._report import Report, json_excerpt
from slantbank.importers._text import decode_text

Model = TypeVar("Model", bound=BaseModel)


def parse_json(data: bytes | str) -> Any:
    """Parse JSON. Raises ValueError if it is not valid JSON, or an object has a key twice.

    RFC 8259, section 4, leaves open which value of a duplicate key counts.
    """
    text = decode_text(data) if isinstance(data, bytes) else data
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON from line {error.lineno}, column {error.colno} on") from error
    except RecursionError as error:
        raise ValueError("JSON that nests too deep") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} is twice in one object")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"not valid JSON: {name} is not a number")


def validate_leniently(model: type[Model], value: Any, where: str, report: Report) -> Model:
    """Validate a value by a model; malformed optional fields are left out, each with a remark.

    Raises ValidationError if a required field is malformed.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        optional = {field.alias or name for name, field in model.model_fields.items() if not field.is_required()}
        malformed = {fault["loc"][0] for fault in error.errors(include_url=False) if fault["loc"]}
        if not isinstance(value, Mapping) or not malformed or not malformed <= optional:
            raise
        for name in sorted(map(str, malformed)):
            report.fail(where, f"{name} in the wrong form", json_excerpt(value[name]))
        return model.model_validate({name: part for name, part in value.items() if name not in malformed})
