# SPDX-License-Identifier: GPL-2.0-or-later
"""Values from JSON, made into what they were by the annotations of their types. What has another type is refused."""

from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from checker.model.statements import Reason, Statement

Reader = Callable[[Any], Any]

INTEGERS = range(-(1 << 63), 1 << 63)
"""Those that SQLite can hold."""


@cache
def reader(type_: Any) -> Reader:
    """A function that makes a value of a type: a frozen dataclass or a named tuple from a list, and so on.

    It raises ValueError or TypeError for a value that is none.
    """
    arguments = get_args(type_)
    if get_origin(type_) is tuple:
        return _sequence(reader(arguments[0])) if arguments[1:] == (...,) else _row(tuple, arguments, fixed=True)
    if isinstance(type_, UnionType):
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return _optional(reader(inner))
    if get_origin(type_) is dict:
        return _mapping(*map(reader, arguments))
    if type_ is Statement:
        return _reason
    if issubclass(type_, Enum):
        return _enum(type_)
    if is_dataclass(type_) or issubclass(type_, tuple):
        return _row(lambda values: type_(*values), tuple(get_type_hints(type_).values()), fixed=False)
    return _exactly(type_)


def _reason(value: Any) -> Statement:
    """Of all statements, facts have reasons alone, which name texts and numbers."""
    name, values = _listed(value)
    plain = ((_TEXT(key), _INTEGER(one) if type(one) is int else _TEXT(one)) for key, one in values)
    return Statement(Reason(name), tuple(plain))


def _enum(type_: type[Enum]) -> Reader:
    def read(value: Any) -> Any:
        return type_(value)

    return read


def _exactly(type_: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not type_ or (type_ is int and value not in INTEGERS):
            raise ValueError(f"{str(value)[:40]!r} where {type_.__name__} is expected")
        return value

    return read


def _optional(inner: Reader) -> Reader:
    return lambda value: None if value is None else inner(value)


def _sequence(inner: Reader) -> Reader:
    return lambda value: tuple(map(inner, _listed(value)))


def _mapping(key: Reader, inner: Reader) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("no table where one is expected")
        return {key(name): inner(one) for name, one in value.items()}

    return read


def _row(make: Callable[[list[Any]], Any], types: tuple[Any, ...], *, fixed: bool) -> Reader:
    """Values in the order of their fields; the last ones may be missing where the type has defaults for them."""
    readers = tuple(map(reader, types))

    def read(value: Any) -> Any:
        values = _listed(value)
        if len(values) > len(readers) or (fixed and len(values) < len(readers)):
            raise ValueError(f"{len(values)} values where {len(readers)} are expected")
        return make([read(one) for read, one in zip(readers, values, strict=False)])

    return read


def _listed(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError("no list where one is expected")
    return value


_TEXT, _INTEGER = _exactly(str), _exactly(int)
