"""Stories of ladder.json: read, run, and told in the outcomes' own format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from hub.clockdesk.reading import instant_of, limit_of, number_of, required
from hub.domain.clock import OutcomeName, SlaOutcome, Terms
from hub.domain.clock_events import (
    CalledBack,
    ClockEvent,
    Closed,
    Dispatched,
    Done,
    ExtensionGranted,
    ExtensionRequested,
    Registered,
    Resumed,
    Returned,
    Suspended,
    Urged,
)
from hub.domain.errors import Rejected
from hub.domain.ladder import CaseClocks, NextLevel, apply, fire
from hub.domain.limits import ClockName
from hub.domain.tiers import WhistleLevel
from hub.domain.worktime import WorkTime

_CLOCK_ORDER: Final = {"sign": 0, "handle": 1, "call_back": 2, "total": 3}
_DOWN, _UP = "hub_down", "hub_up"


@dataclass(slots=True, frozen=True)
class Outage:
    """From `down` up to but without `up`; None where the hub never came back."""

    down: datetime
    up: datetime | None


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
    clocks: CaseClocks
    events: tuple[tuple[int, ClockEvent], ...]
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


StoryRunner = Callable[[Story, WorkTime], Ending]


def run_story(story: Story, worktime: WorkTime) -> Ending:
    """A story through the ladder's own functions, each event by its own time."""
    clocks = story.clocks
    outcomes: list[SlaOutcome] = []
    refused: list[int] = []
    for index, event in story.events:
        step = apply(clocks, event, worktime)
        clocks = step.clocks
        outcomes += step.outcomes
        if step.refused:
            refused.append(index)
    last = fire(clocks, story.until)
    told = tell((*outcomes, *last.outcomes), story.outages, story.until)
    return Ending(told, tuple(refused), last.clocks.level)


def tell(outcomes: Sequence[SlaOutcome], outages: Sequence[Outage], until: datetime) -> tuple[Told, ...]:
    """The outcomes emitted up to an instant, with what outages put off; in the order of ladder.json."""
    found = [(_told(outcome, outages), outcome.happened_at) for outcome in outcomes]
    listed = [(told, happened) for told, happened in found if told is not None and told.at <= until]
    listed.sort(key=lambda one: (one[0].at, one[1], _CLOCK_ORDER[one[0].clock]))
    return tuple(told for told, _ in listed)


def _told(outcome: SlaOutcome, outages: Sequence[Outage]) -> Told | None:
    at = outcome.happened_at
    outage = next((one for one in outages if one.down <= at and (one.up is None or at < one.up)), None)
    if outage is not None and outage.up is None:
        return None
    emitted = at if outage is None or outage.up is None else outage.up
    return Told(
        outcome=outcome.outcome,
        clock=outcome.clock,
        cycle=outcome.cycle,
        leg=outcome.leg,
        due=outcome.due,
        at=emitted,
        late=outage is not None,
        provisional=outcome.is_provisional,
    )


def read_story(data: Mapping[str, Any]) -> Story:
    """A story of the format; raises `Rejected` with the field that cannot be read."""
    events = required(data, "events", list)
    outages = _outages(events)
    return Story(
        story_id=str(data.get("id", "")),
        title=str(data.get("title", "")),
        clocks=_clocks(required(data, "policy", dict)),
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


def _clocks(policy: Mapping[str, Any]) -> CaseClocks:
    raised = policy.get("next_level")
    return CaseClocks(
        terms=Terms(
            number_of(policy, "at_risk_fraction", "policy.at_risk_fraction"),
            limit_of(policy, "second_grace", "policy.second_grace"),
        ),
        level=_level(policy, "policy.level"),
        limit=limit_of(policy, "limit", "policy.limit"),
        total_limit=limit_of(policy, "total_limit", "policy.total_limit") if policy.get("total_limit") else None,
        next_level=NextLevel(
            _level(raised, "policy.next_level.level"), limit_of(raised, "limit", "policy.next_level")
        )
        if raised
        else None,
    )


def _level(data: Mapping[str, Any], field: str) -> WhistleLevel:
    return cast(WhistleLevel, required(data, "level", str, field))


def _event(data: Mapping[str, Any], field: str) -> ClockEvent:
    at = instant_of(data, "at", f"{field}.at")
    match required(data, "type", str, f"{field}.type"):
        case "registered":
            return Registered(at)
        case "dispatched":
            return Dispatched(at, required(data, "unit", str, f"{field}.unit"))
        case "done":
            return Done(at, data.get("unit"))
        case "callback":
            return CalledBack(at, _is_satisfied(data, field))
        case "extension_requested":
            return ExtensionRequested(at)
        case "extension_granted":
            return ExtensionGranted(at, limit_of(data, "add", f"{field}.add"))
        case "suspended":
            return Suspended(at)
        case "resumed":
            return Resumed(at)
        case "returned":
            return Returned(at)
        case "urged":
            return Urged(at)
        case "withdrawn" | "merged":
            return Closed(at)
        case other:
            raise Rejected("bad_value", f"{field}.type", f'"{other}" is not an event of the ladder')


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
