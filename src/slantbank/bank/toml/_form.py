"""The types that a model prescribes for the values of a file."""

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from slantbank.bank.toml._places import Place


def type_at(form: Any, place: Place) -> Any:
    """Return the type that a model prescribes at `place`, without None."""
    for part in place:
        form = bare(form)
        is_model = isinstance(form, type) and issubclass(form, BaseModel)
        form = form.model_fields[part].annotation if is_model else get_args(form)[isinstance(part, str)]
    return bare(form)


def keys(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys of the table that a model prescribes at `place`."""
    return list(type_at(model, place).model_fields)


def bare(form: Any) -> Any:
    """Return the type without None and constraints."""
    while get_origin(form) in (Annotated, Union, UnionType):
        args = get_args(form)
        others = args[:1] if get_origin(form) is Annotated else [arg for arg in args if arg is not NoneType]
        if len(others) > 1:
            break
        form = others[0]
    return form


def is_table(form: Any) -> bool:
    """Whether a type is a model, that is, a table with fixed keys."""
    return isinstance(form, type) and issubclass(form, BaseModel)
