"""Dataclasses <-> plain JSON values, by the types that the dataclasses declare.

The allow-list is the code's own types: a document cannot name a class, it can only fill the fields that are asked for.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from segmentry.errors import ModelFileError

_LARGEST = sys.float_info.max


def to_plain(value: Any) -> Any:
    """Dicts, lists, text and numbers with the same content."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in _stored(value)}
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def _stored(kind: Any) -> list[Field[Any]]:
    """The fields of a dataclass that do not say of themselves that they are not stored."""
    return [f for f in fields(kind) if f.metadata.get("stored", True)]


class UnknownFieldError(Exception):
    """A field that this version has no place for, by its own place in the document."""


def from_plain(kind: Any, value: Any, name: str) -> Any:
    """A value of the given type. Raises ModelFileError that names the field at fault, UnknownFieldError for one too
    many."""
    try:
        return _build(kind, value, "")
    except _WrongShapeError as error:
        raise ModelFileError(
            f"'{name}' is not a segmentation: {error}.", remedy="Copy the file again, or fit again."
        ) from None


class _WrongShapeError(Exception):
    pass


def _build(kind: Any, value: Any, place: str) -> Any:
    if is_dataclass(kind):
        return _build_dataclass(kind, value, place)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _build_union(arguments, value, place)
    if origin is Literal:
        return _checked(value in arguments, value, place, f"one of {', '.join(map(str, arguments))}")
    if origin is tuple:
        return _build_tuple(arguments, value, place)
    if origin is dict:
        _checked(isinstance(value, dict), value, place, "a mapping")
        return {k: _build(arguments[1], v, f"{place}[{k}]") for k, v in value.items()}
    return _build_scalar(kind, value, place)


def _build_dataclass(kind: Any, value: Any, place: str) -> Any:
    _checked(isinstance(value, dict), value, place, f"a {kind.__name__}")
    hints = _hints(kind)
    stored = _stored(kind)
    unknown = sorted(set(value) - {f.name for f in stored})
    if unknown:
        raise UnknownFieldError(f"{place}.{unknown[0]}" if place else unknown[0])
    built = {}
    for field in stored:
        where = f"{place}.{field.name}" if place else field.name
        if field.name in value:
            built[field.name] = _build(hints[field.name], value[field.name], where)
        else:
            has_default = field.default is not MISSING or field.default_factory is not MISSING
            _checked(has_default, None, where, "there")
    return kind(**built)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _build_union(arguments: tuple[Any, ...], value: Any, place: str) -> Any:
    if value is None:
        return _checked(type(None) in arguments, value, place, "there")
    (only,) = [a for a in arguments if a is not type(None)]
    return _build(only, value, place)


def _build_tuple(arguments: tuple[Any, ...], value: Any, place: str) -> Any:
    _checked(isinstance(value, list), value, place, "a list")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_build(arguments[0], v, f"{place}[{i}]") for i, v in enumerate(value))
    _checked(len(value) == len(arguments), value, place, f"a list of {len(arguments)}")
    return tuple(_build(a, v, f"{place}[{i}]") for i, (a, v) in enumerate(zip(arguments, value, strict=True)))


def _build_scalar(kind: Any, value: Any, place: str) -> Any:
    if kind is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        _checked(number and abs(value) <= _LARGEST and value == value, value, place, "a finite number")
        return float(value)
    if kind is int:
        return _checked(isinstance(value, int) and not isinstance(value, bool), value, place, "a whole number")
    if kind is date:
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            return _checked(False, value, place, "a date")
    if kind is str or kind is bool:
        return _checked(isinstance(value, kind), value, place, "text" if kind is str else "true or false")
    return value  # settings, kept as the plain values they are


def _checked(holds: bool, value: Any, place: str, wanted: str) -> Any:
    if not holds:
        raise _WrongShapeError(f"{place or 'the document'} should be {wanted}, not {type(value).__name__}")
    return value
