"""Values of vectors and stories, each refused with its field where it cannot be read."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from hub.domain.errors import Rejected
from hub.domain.instants import parse_instant
from hub.domain.limits import LIMIT_UNITS, Limit

T = TypeVar("T")


def required(data: Any, key: str, kind: type[T], field: str | None = None) -> T:
    """The value of a key, which must be there and of that type."""
    where = field or key
    if not isinstance(data, Mapping):
        raise Rejected("bad_value", where, "is not inside an object")
    value = data.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        shown = "is missing" if value is None else f"is a {type(value).__name__}"
        raise Rejected("bad_value", where, f"{shown}; expected a {kind.__name__}")
    return value


def instant_of(data: Any, key: str, field: str | None = None) -> datetime:
    """An instant with a zone."""
    try:
        return parse_instant(required(data, key, str, field))
    except ValueError as error:
        raise Rejected("bad_value", field or key, str(error)) from None


def optional_instant_of(data: Any, key: str, field: str | None = None) -> datetime | None:
    """An instant, or None where null is written."""
    if isinstance(data, Mapping) and key in data and data[key] is None:
        return None
    return instant_of(data, key, field)


def number_of(data: Any, key: str, field: str) -> float:
    """A number greater than 0."""
    value = data.get(key) if isinstance(data, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise Rejected("bad_value", field, "is not a number greater than 0")
    return value


def limit_of(data: Any, key: str, field: str) -> Limit:
    """A limit {value, unit}."""
    limit = required(data, key, dict, field)
    return make_limit(number_of(limit, "value", f"{field}.value"), limit.get("unit"), f"{field}.unit")


def make_limit(value: float, unit: Any, field: str) -> Limit:
    """A limit of one of the four units."""
    for known in LIMIT_UNITS:
        if unit == known:
            return Limit(value, known)
    raise Rejected("bad_value", field, f'"{unit}" is not one of {", ".join(LIMIT_UNITS)}')
