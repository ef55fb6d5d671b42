"""Stories of ladder.json as data: read from the file's format, and what one ends with. They run in `playing`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast, get_args

from hub.clockdesk.reading import instant_of, limit_of, number_of, required
from hub.domain.clock import OutcomeName
from hub.domain.errors import Rejected
from hub.domain.limits import ClockName, Limit
from hub.domain.tiers import LEVELS, WhistleLevel

EventType = Literal[
    "registered",
    "dispatched",
    "done",
    "callback",
    "extension_requested",
    "extension_granted",
    "suspended",
    "resumed",
    "returned",
    "urged",
    "withdrawn",
    "merged",
]
_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)
_DOWN, _UP = "hub_down", "hub_up"


@dataclass(slots=True, frozen=True)
class Outage:
    """From `down` up to but without `up`; None where the hub never came back."""

    down: datetime
    up: datetime | None


@dataclass(slots=True, frozen=True)
class StoryPolicy:
    """What the story's city grants. `next_level` is what the second urging of a cycle raises a case to."""

    at_risk_fraction: float
    second_grace: Limit
    level: WhistleLevel
    limit: Limit
    total_limit: Limit | None = None
    next_level: tuple[WhistleLevel, Limit] | None = None


@dataclass(slots=True, frozen=True)
class StoryEvent:
    """One thing that happens to the case. `unit`, `is_satisfied` and `add` are given where the type has them."""

    type: EventType
    at: datetime
    unit: str | None = None
    is_satisfied: bool | None = None
    add: Limit | None = None


@dataclass(slots=True, frozen=True)
class Told:
    """One outcome as a story lists it: when it was emitted, and whether an outage put that off."""

    outcome: OutcomeName
    clock: ClockName
    cycle: int
    leg: int
    due: datetime
    at: datetime
    late: bool
    provisional: bool


@dataclass(slots=True, frozen=True)
class Story:
    """One case. `events` have their index in the story; outages are none of them."""

    story_id: str
    title: str
    policy: StoryPolicy
    events: tuple[tuple[int, StoryEvent], ...]
    outages: tuple[Outage, ...]
    until: datetime
    expected: tuple[Told, ...]
    refused: tuple[int, ...]
    level: str


@dataclass(slots=True, frozen=True)
class Ending:
    """What came of a story."""

    outcomes: tuple[Told, ...]
    refused: tuple[int, ...]
    level: str


def read_story(data: Mapping[str, Any]) -> Story:
    """A story of the format; raises `Rejected` with the field that cannot be read."""
    events = required(data, "events", list)
    outages = _outages(events)
    return Story(
        story_id=str(data.get("id", "")),
        title=str(data.get("title", "")),
        policy=_policy(required(data, "policy", dict)),
        events=tuple(
            (i, _event(event, f"events[{i}]"))
            for i, event in enumerate(events)
            if event.get("type") not in (_DOWN, _UP)
        ),
        outages=outages,
        until=instant_of(data, "until"),
        expected=tuple(_expected(one, f"expected[{i}]") for i, one in enumerate(required(data, "expected", list))),
        refused=tuple(required(data, "refused", list)),
        level=required(data, "level", str),
    )


def _policy(policy: Mapping[str, Any]) -> StoryPolicy:
    raised = policy.get("next_level")
    return StoryPolicy(
        at_risk_fraction=number_of(policy, "at_risk_fraction", "policy.at_risk_fraction"),
        second_grace=limit_of(policy, "second_grace", "policy.second_grace"),
        level=_level(policy, "policy.level"),
        limit=limit_of(policy, "limit", "policy.limit"),
        total_limit=limit_of(policy, "total_limit", "policy.total_limit") if policy.get("total_limit") else None,
        next_level=(_level(raised, "policy.next_level.level"), limit_of(raised, "limit", "policy.next_level.limit"))
        if raised
        else None,
    )


def _level(data: Mapping[str, Any], field: str) -> WhistleLevel:
    named = required(data, "level", str, field)
    for level in LEVELS:
        if level == named:
            return level
    raise Rejected("bad_value", field, f'"{named}" is not one of {", ".join(LEVELS)}')


def _event(data: Mapping[str, Any], field: str) -> StoryEvent:
    at = instant_of(data, "at", f"{field}.at")
    named = required(data, "type", str, f"{field}.type")
    kind = next((each for each in _TYPES if each == named), None)
    if kind is None:
        raise Rejected("bad_value", f"{field}.type", f'"{named}" is not an event of the ladder')
    match kind:
        case "dispatched":
            return StoryEvent(kind, at, unit=required(data, "unit", str, f"{field}.unit"))
        case "callback":
            return StoryEvent(kind, at, is_satisfied=_is_satisfied(data, field))
        case "extension_granted":
            return StoryEvent(kind, at, add=limit_of(data, "add", f"{field}.add"))
    return StoryEvent(kind, at, unit=data.get("unit"))


def _is_satisfied(data: Mapping[str, Any], field: str) -> bool:
    result = required(data, "result", str, f"{field}.result")
    if result not in ("satisfied", "unsatisfied"):
        raise Rejected("bad_value", f"{field}.result", f'"{result}" is not satisfied or unsatisfied')
    return result == "satisfied"


def _outages(events: Sequence[Mapping[str, Any]]) -> tuple[Outage, ...]:
    found: list[Outage] = []
    for index, event in enumerate(events):
        at = instant_of(event, "at", f"events[{index}].at")
        if event.get("type") == _DOWN and not (found and found[-1].up is None):
            found.append(Outage(at, None))
        elif event.get("type") == _UP and found and found[-1].up is None:
            found[-1] = Outage(found[-1].down, at)
    return tuple(found)


def _expected(data: Mapping[str, Any], field: str) -> Told:
    return Told(
        outcome=cast(OutcomeName, required(data, "outcome", str, f"{field}.outcome")),
        clock=cast(ClockName, required(data, "clock", str, f"{field}.clock")),
        cycle=required(data, "cycle", int, f"{field}.cycle"),
        leg=required(data, "leg", int, f"{field}.leg"),
        due=instant_of(data, "due", f"{field}.due"),
        at=instant_of(data, "at", f"{field}.at"),
        late=required(data, "late", bool, f"{field}.late"),
        provisional=required(data, "provisional", bool, f"{field}.provisional"),
    )
