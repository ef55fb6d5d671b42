"""One record of a simulated day before it is written in its source's format."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, Literal

from hub.simulation.message import ACCEPTED, Verdict

_LOCAL = timezone(timedelta(hours=8))
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

Form = Literal["json", "case", "state_change", "row"]


@dataclass(slots=True, frozen=True)
class Draft:
    """A record with its native fields.

    `form` says how it is written, `lane` which file drop it joins (rows only), `text_field` the free text that
    a revision changes.
    """

    source: str
    form: Form
    case_id: str
    fields: dict[str, Any]
    at_ms: int
    text_field: str | None = None
    lane: str = ""
    verdict: Verdict = ACCEPTED
    reason: str = ""
    tags: tuple[str, ...] = ()

    def tagged(self, tag: str, at_ms: int, **changes: Any) -> "Draft":
        """A copy at another instant with one tag more."""
        return replace(self, at_ms=at_ms, tags=(*self.tags, tag), **changes)


@dataclass(slots=True, frozen=True)
class Planned:
    """A record that the reporting system itself will send of a case: written when its time has come."""

    at_ms: int
    write: Callable[[int], Draft]


def local_time(at_ms: int, random: Random | None = None) -> str:
    """The source's local time; with `random`, now and then without seconds, as spreadsheets export it."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(_LOCAL)
    if random is not None and random.random() < 0.01:
        return f"{local.year}/{local.month}/{local.day} {local.hour}:{local.minute:02d}"
    return f"{local:%Y-%m-%d %H:%M:%S}"


def slashed_time(at_ms: int) -> str:
    """`2026/11/9 8:05:09`, as digital city management writes it."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(_LOCAL)
    return f"{local.year}/{local.month}/{local.day} {local.hour}:{local.minute:02d}:{local.second:02d}"


def zoned_time(at_ms: int) -> str:
    """ISO 8601 with the zone, as endpoints write it."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(_LOCAL).isoformat()


def later(random: Random, at_ms: int, least_minutes: int, most_minutes: int) -> int:
    """An instant some whole seconds later."""
    return at_ms + 1000 * random.randrange(least_minutes * 60, most_minutes * 60)
