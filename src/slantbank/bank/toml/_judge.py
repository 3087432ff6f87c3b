"""Turn validation errors of pydantic into problems with positions, in the terms of TOML."""

from dataclasses import replace
from datetime import date, datetime, time
from itertools import islice
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from slantbank.bank.toml._document import Document
from slantbank.bank.toml._form import bare, is_table, keys, type_at
from slantbank.bank.toml._places import Place
from slantbank.bank.toml._syntax import ISO_DATE
from slantbank.bank.toml._write import inline
from slantbank.problem import LIMIT, Problem, add_count, closest, nearest, quoted


def add_validation_problems(document: Document[Any], error: ValidationError, model: type[BaseModel]) -> None:
    """Add the errors of pydantic to the document's problems, and remove the invalid values from its tree."""
    errors = {_place(document.tree, details): details for details in error.errors(include_url=False)}
    listed = dict(islice(errors.items(), LIMIT))
    for place, details in listed.items():
        if details["type"] == "extra_forbidden":
            similar = closest(str(place[-1]), keys(model, place[:-1]))
            document.misspelt |= {(*place[:-1], similar)} if similar else set()
    for place, details in errors.items():
        if place in listed and (details["type"] != "missing" or place not in document.misspelt):
            document.problems.append(_problem(document, place, details, model))
        if details["type"] != "missing":
            _remove(document.tree, place, model)
    if len(errors) > LIMIT:
        document.problems[-1] = add_count(document.problems[-1], len(errors) - LIMIT)


_ENUM_CODES = {"claim_type": "SB201", "attribution": "SB202", "source_type": "SB203"}
_FORMS = {
    "id": "lower-case letters a-z, digits and single hyphens",
    **dict.fromkeys(("topic", "axis", "collection", "claimed_by", "corpus"), "lower-case letters a-z, digits and single hyphens"),
    "url": "an address that starts with https:// or http://, without spaces",
    "language": "a language tag, as en or pt-BR",
    **dict.fromkeys(
        ("source_sha256", "source_check", "text_check", "brief_sha256", "output_sha256", "schema_sha256"),
        "64 hexadecimal digits, lower-case",
    ),
    "accepted": "a code of a warning, as SB006",
}
"""The pattern of a key in words."""


def _place(tree: Any, details: Any) -> Place:
    """Return the place of an error, without the names of types that pydantic appends for a union."""
    place: Place = tuple(details["loc"])
    if details["type"] != "missing":
        for depth, part in enumerate(place):
            if isinstance(tree, str):
                return place[:depth]
            try:
                tree = tree[part]
            except (KeyError, IndexError, TypeError):
                return place[:depth]
    return place


def _problem(document: Document[Any], place: Place, details: Any, model: type[BaseModel]) -> Problem:
    """Return the problem for an error of pydantic."""
    kind, value = details["type"], details["input"]
    key = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
    name = f"item {place[-1] + 1} of {quoted(key)}" if isinstance(place[-1], int) else quoted(key)
    if kind == "missing":
        return document.at("SB105", f"missing key {name}", *place[:-1], key=True)
    if kind == "extra_forbidden":
        return document.at("SB106", f"unknown key {quoted(key)}; {nearest(key, keys(model, place[:-1]))}", *place, key=True)
    if kind == "enum" and details["loc"][-1] == "[key]":
        choices = [str(choice) for choice in get_args(type_at(model, place[:-1]))[0]]
        return document.at("SB106", f"unknown key {quoted(key)}; {nearest(key, choices)}", *place, key=True)
    if kind == "enum" and isinstance(value, str):
        choices = [str(choice) for choice in type_at(model, place)]
        message = f"unknown {key.replace('_', ' ')} {quoted(value)}; {nearest(value, choices)}"
        same = [choice for choice in choices if choice.casefold() == value.strip().casefold()]
        fix = document.value_edit(same[0], *place) if len(same) == 1 else None
        return replace(document.at(_ENUM_CODES.get(key, "SB207"), message, *place), fix=fix)
    if kind == "enum" or kind.endswith("_type") or kind == "int_from_float":
        if "stance" in place[:-1]:
            return document.at("SB104", f"stance toward {name} should be -1, 0 or 1, not {_toml_type(value)}", *place)
        if type_at(model, place) is date and isinstance(value, str):
            written = f"write {value}, without" if ISO_DATE.fullmatch(value) else "write it as 2017-07-03 (year-month-day), without"
            return document.at("SB104", f"{name} should be a date, not a string: {written} quotation marks", *place)
        return document.at("SB104", f"{name} should be {_expected(model, place)}, not {_toml_type(value)}", *place)
    limits = details.get("ctx", {})
    message = {
        "string_pattern_mismatch": f"should be {_FORMS.get(key, limits.get('pattern'))}",
        "string_too_short": "is empty; leave the key out where nothing is known",
        "string_too_long": f"has {len(str(value))} characters; at most {limits.get('max_length')}",
        "greater_than_equal": f"should be at least {limits.get('ge')}, not {value}",
        "less_than_equal": f"should be at most {limits.get('le')}, not {value}",
    }.get(kind, details["msg"])
    if "stance" in place[:-1]:
        return document.at("SB208", f"stance toward {name} should be -1, 0 or 1, not {value}", *place)
    return document.at("SB107", f"{name} {message}", *place)


def _expected(model: type[BaseModel], place: Place) -> str:
    """Name the type that the model prescribes in terms of TOML."""
    form = type_at(model, place)
    if get_origin(form) is tuple:
        tables = is_table(bare(get_args(form)[0]))
        return f"an array of tables, each under a header [[{place[-1]}]]" if tables and len(place) == 1 else "an array [ … ]"
    if is_table(form):
        either = "a string, or " if "text" in form.model_fields and "nth" in form.model_fields else ""
        return f"{either}a table {{ {', '.join(name for name in form.model_fields)} }}" if either else "a table"
    if isinstance(form, type) and issubclass(form, str):
        return 'a string "…"'
    names = {int: "an integer", bool: "true or false", date: "a date without quotes, as 2017-07-03"}
    return names.get(form, "a table { … }" if get_origin(form) is dict else "a number")


def _toml_type(value: Any) -> str:
    """Name the type of a value in terms of TOML."""
    if isinstance(value, bool):
        return inline(value)
    return _TYPES[type(value)]


_TYPES: dict[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a float",
    date: "a date",
    time: "a time",
    datetime: "a date and time",
    list: "an array",
    dict: "a table",
}


def _remove(tree: Any, place: Place, model: type[BaseModel]) -> None:
    """Remove an invalid value; in a list replace it by an empty one, so that the others keep their index."""
    for part in place[:-1]:
        tree = tree[part]
    if isinstance(tree, dict):
        del tree[place[-1]]
    else:
        tree[place[-1]] = {} if is_table(type_at(model, place)) else ""
