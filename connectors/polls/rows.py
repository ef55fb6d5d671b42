"""From a row of the outbox table to the source's native message. Pure: the same row gives the same bytes."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any


def as_stored(value: Any) -> bytes:
    """The message of a payload column, byte for byte; a row without one is a message without bytes."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return json.dumps(value, ensure_ascii=False, default=str).encode()


def as_json(fields: Sequence[str], values: Sequence[Any], zone: tzinfo) -> bytes:
    """The message of mapped columns: a JSON object of the native fields, in the order of the settings.

    A null is left out. An instant becomes local time of the source's zone, as sources write it (contract 2.5).
    """
    message = {field: _plain(value, zone) for field, value in zip(fields, values, strict=True) if value is not None}
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _plain(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, datetime):
        local = value if value.tzinfo is None else value.astimezone(zone)
        return local.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else format(value, "f")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, Mapping | list | str | int | float):
        return value
    return str(value)
