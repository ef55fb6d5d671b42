"""The working calendar of a city: the published exceptions to Monday to Friday, and since when they are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True, frozen=True)
class WorkCalendar:
    """The published exceptions to Monday to Friday: per date whether it is a day off (else a make-up workday).

    `years` are those whose State Council paper is out; `version` changes with any content; `names` says which
    holiday a date belongs to.
    """

    version: str
    years: frozenset[int]
    days: Mapping[date, bool]
    names: Mapping[date, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class CalendarEdition:
    """The calendar for all that is received from an instant on (epoch milliseconds; 0: from ever)."""

    since: int
    calendar: WorkCalendar
