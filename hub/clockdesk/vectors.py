"""Vectors of vectors.json and vectors_office_hours.json: read, and their due time reckoned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.clockdesk.reading import instant_of, limit_of, optional_instant_of, required
from hub.domain.errors import Rejected
from hub.domain.limits import Limit
from hub.domain.office import DEFAULT_OFFICE_HOURS
from hub.domain.pauses import Pause
from hub.domain.worktime import Due


@dataclass(slots=True, frozen=True)
class Vector:
    """One case of working time with its expected due."""

    vector_id: str
    start: datetime
    limit: Limit
    pauses: tuple[Pause, ...]
    hours: tuple[tuple[str, str], ...]
    expected: Due


def read_vector(data: Mapping[str, Any]) -> Vector:
    """A vector of the format; raises `Rejected` with the field that cannot be read."""
    pauses = required(data, "pauses", list) if "pauses" in data else []
    return Vector(
        vector_id=str(data.get("id", "")),
        start=instant_of(data, "start"),
        limit=limit_of(data, "limit", "limit"),
        pauses=tuple(_pause(one, f"pauses[{index}]") for index, one in enumerate(pauses)),
        hours=_hours(data),
        expected=Due(optional_instant_of(data, "due"), required(data, "provisional", bool)),
    )


def _hours(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if "office_hours" not in data:
        return DEFAULT_OFFICE_HOURS
    pairs = required(data, "office_hours", list)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise Rejected("bad_value", "office_hours", "is not a list of [opening, closing]")
    return tuple((str(opening), str(closing)) for opening, closing in pairs)


def _pause(data: Any, field: str) -> Pause:
    begin = instant_of(data, "from", f"{field}.from")
    end = optional_instant_of(data, "to", f"{field}.to")
    try:
        return Pause(begin, end)
    except ValueError as error:
        raise Rejected("bad_value", field, str(error)) from None
