"""Plays a story through casework itself, in memory: the case's own state machine, its timers, its outages."""

from datetime import date, datetime
from itertools import groupby
from typing import Any, ClassVar, Final, cast

from hub.clockdesk.stories import Ending, Outage, Story, StoryEvent, Told
from hub.domain.calendar import WorkCalendar
from hub.domain.city import Area, City, Division, Endpoint, Street, Unit
from hub.domain.event import CaseEvent, Kind
from hub.domain.identity import event_id
from hub.domain.instants import from_epoch_ms, to_epoch_ms
from hub.domain.level import LevelRule, LevelRules
from hub.domain.limits import Limit, LimitRow, Limits
from hub.domain.policy import Policy
from schemas.codec import Codec, codec
from streams.casework import Casework
from streams.runtime.driver import TestDriver

CASE: Final = "hotline:STORY"
_DIVISION, _STREET = "230203", "230203001"
_EVER = date(1970, 1, 1)
_NO_END: Final = 1e12
_LADDER: Final = ("AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT", "MET")
_CLOCK_ORDER: Final = {"handle": 0, "total": 1}
_EXTENSIONS: Final = ("extension_requested", "extension_granted")
_KINDS: Final[dict[str, Kind]] = {
    "registered": "REPORTED",
    "dispatched": "STATE_CHANGED",
    "done": "DONE",
    "callback": "VISITED",
    "extension_requested": "EXTENDED",
    "extension_granted": "EXTENDED",
    "suspended": "SUSPENDED",
    "resumed": "RESUMED",
    "returned": "RETURNED",
    "urged": "URGED",
    "withdrawn": "WITHDRAWN",
    "merged": "MERGED",
}


class _Topics:
    """Names for the in-memory driver."""

    case_events = "case.events"
    case_state = "case.state"
    sla_events = "sla.events"
    notices = "notices"
    letter_requests = "letter.requests"
    writebacks: ClassVar[dict[str, str]] = {}

    def dispatch(self, tier: str) -> str:
        """One a tier."""
        return f"dispatch.{tier}"


class _Stage:
    """The case on stage: what happens is told to casework at the instant the story says, or after the outage."""

    def __init__(self, city: City, began_ms: int) -> None:
        self._codec: Codec = codec()
        self._topics = _Topics()
        casework = Casework(city, self._topics, self._codec, late_after_ms=0)
        self._driver = TestDriver(casework, clock_ms=began_ms)
        self.ids: list[str] = []

    def live_until(self, instant_ms: int) -> None:
        """Time passes, every timer at its own instant."""
        self._driver.run_until(instant_ms)

    def wake_at(self, instant_ms: int, missed: list[dict[str, Any]]) -> None:
        """The hub is up again: first what happened meanwhile, then the timers, all at once."""
        self._driver.clock.advance(max(instant_ms - self._driver.clock.now_ms(), 0))
        self._take(missed)

    def hear(self, instant_ms: int, events: list[dict[str, Any]]) -> None:
        """What happens at an instant: timers before it have fired, those of the same instant come after."""
        self._driver.run_until(instant_ms - 1)
        self._driver.clock.advance(max(instant_ms - self._driver.clock.now_ms(), 0))
        self._take(events)

    @property
    def case(self) -> dict[str, Any]:
        """Where the case stands."""
        return self._codec.decode(self._driver.rows[CASE.encode()].value, "CaseState")

    def told(self) -> list[dict[str, Any]]:
        """All facts about deadlines so far."""
        return [self._codec.decode(one.value or b"") for one in self._driver.read_outputs(self._topics.sla_events)]

    def _take(self, events: list[dict[str, Any]]) -> None:
        records = []
        for event in events:
            whole = {**event, "source_event_id": f"{event['source_event_id']}/{len(self.ids)}"}
            whole["event_id"] = event_id(cast(CaseEvent, whole))
            self.ids.append(whole["event_id"])
            value = self._codec.encode("CaseEvent", whole)
            records.append(self._driver.record(self._topics.case_events, CASE.encode(), value))
        self._driver.pipe_batch(records)
        if self._driver.dead_letters:
            raise RuntimeError(f"casework could not take a story's event: {self._driver.dead_letters[0].headers}")


def play(story: Story, calendar: WorkCalendar) -> Ending:
    """A story from its first event to its `until`."""
    first_ms = to_epoch_ms(story.events[0][1].at) if story.events else to_epoch_ms(story.until)
    stage = _Stage(_city_of(story, calendar), first_ms)
    if not any(event.type == "registered" for _, event in story.events):
        stage.hear(first_ms, [_native(StoryEvent("registered", from_epoch_ms(first_ms)))])
    missed: list[dict[str, Any]] = []
    outages = list(story.outages)
    for at, group in groupby(story.events, key=lambda one: one[1].at):
        events = [_native(event) for _, event in group]
        while outages and _is_over(outages[0], at):
            _end_outage(stage, outages.pop(0), missed)
            missed = []
        if outages and outages[0].down <= at:
            missed += events
            stage.live_until(to_epoch_ms(outages[0].down) - 1)
        else:
            stage.hear(to_epoch_ms(at), events)
    _live_to_the_end(stage, story.until, outages, missed)
    return _ending(stage, story)


def _is_over(outage: Outage, at: datetime) -> bool:
    return outage.up is not None and outage.up <= at


def _end_outage(stage: _Stage, outage: Outage, missed: list[dict[str, Any]]) -> None:
    stage.live_until(to_epoch_ms(outage.down) - 1)
    if outage.up is not None:
        stage.wake_at(to_epoch_ms(outage.up), missed)


def _live_to_the_end(stage: _Stage, until: datetime, outages: list[Outage], missed: list[dict[str, Any]]) -> None:
    for outage in outages:
        if outage.down > until:
            break
        if outage.up is None or outage.up > until:
            stage.live_until(to_epoch_ms(outage.down) - 1)
            return
        _end_outage(stage, outage, missed)
        missed = []
    stage.live_until(to_epoch_ms(until))


def _ending(stage: _Stage, story: Story) -> Ending:
    case = stage.case
    told = [_told(fact) for fact in stage.told() if fact["outcome"] in _LADDER]
    listed = sorted(told, key=lambda one: (one[0].at, one[1], _CLOCK_ORDER.get(one[0].clock, 2)))
    # A registration that the story does not tell of was told before its own events.
    ids = stage.ids[len(stage.ids) - len(story.events) :] if story.events else []
    outcomes_of = {entry["event_id"]: entry["outcome"] for entry in case["decisions"]}
    refused = [
        index
        for (index, event), known in zip(story.events, ids, strict=False)
        if event.type in _EXTENSIONS and outcomes_of.get(known) == "REFUSED"
    ]
    outcomes = tuple(one for one, _ in listed if one.at <= story.until)
    return Ending(outcomes, tuple(refused), case["level"] or "")


def _told(fact: dict[str, Any]) -> tuple[Told, datetime]:
    happened = from_epoch_ms(fact["happened_at"])
    return Told(
        outcome=fact["outcome"],
        clock=fact["clock"],
        cycle=fact["cycle"],
        leg=fact["leg"],
        due=from_epoch_ms(fact["due_at"]),
        at=from_epoch_ms(fact["at"]),
        late=fact["late"],
        provisional=fact["provisional"],
    ), happened


def _native(event: StoryEvent) -> dict[str, Any]:
    """The unified event that says what the story says."""
    at = to_epoch_ms(event.at)
    attributes: dict[str, str] = {}
    match event.type:
        case "registered":
            attributes = {"handle_mode": "DIRECT"}
        case "dispatched":
            attributes = {"state": "DISPATCHED", "dept_code": event.unit or ""}
        case "callback":
            attributes = {
                "visit_connected": "true",
                "visit_solved": "SOLVED",
                "visit_satisfaction": "SATISFIED" if event.is_satisfied else "DISSATISFIED",
            }
        case "extension_requested":
            # Numbered by another system, as legacy terminals are: whoever has the case may ask.
            attributes = {"dispatch_id": "STORY", "endpoint_id": f"EP-{event.unit}"}
        case "extension_granted" if event.add is not None:
            attributes = {"extension_value": repr(event.add.value), "extension_unit": event.add.unit}
        case "returned" | "suspended":
            attributes = {"reason": "story"}
    source = "endpoint" if event.type == "extension_requested" else "desk"
    if event.type in ("registered", "urged", "withdrawn", "callback"):
        source = "hotline"
    return {
        "event_id": "",
        "case_id": CASE,
        "kind": _KINDS[event.type],
        "source": source,
        "channel": "phone",
        "source_case_id": "STORY",
        "source_event_id": event.type,
        "occurred_at": at,
        "received_at": at,
        "reporter": {"token": "caller", "has_contact": True, "secret": False},
        "location": {
            **dict.fromkeys(("community", "grid", "address", "lon", "lat", "crs")),
            "division": _DIVISION,
            "street": _STREET,
        },
        "category": None,
        "urgency": None,
        "title": None,
        "text": None,
        "attachments": [],
        "attributes": attributes,
        "raw": {"topic": "raw.hotline", "partition": 0, "offset": 0},
    }


def _city_of(story: Story, calendar: WorkCalendar) -> City:
    """A city that grants what the story's policy grants, with the story's units and nothing else."""
    policy = story.policy
    is_registered = any(event.type == "registered" for _, event in story.events)
    total = policy.total_limit if is_registered else None
    named = sorted({event.unit for _, event in story.events if event.unit})
    desks = [
        Unit("CITY-DESK", "desk", "city", None, None, "duty_desk"),
        Unit("COUNTY-DESK", "desk", "county", _DIVISION, None, "duty_desk"),
        Unit("STREET-DESK", "desk", "street", _DIVISION, _STREET, "duty_desk"),
    ]
    units = [*desks, *(Unit(name, name, "street", _DIVISION, _STREET, "department") for name in named)]
    base = LevelRule(rule_id="story", level=policy.level, tier="street")
    rules, rows = [base], [_row("*", policy.limit, total)]
    if policy.next_level is not None:
        level, limit = policy.next_level
        rules.insert(0, LevelRule(rule_id="urged", level=level, tier="street", min_urged=2))
        rows.append(_row(level, limit, total))
    return City.of(
        code="2302",
        name="story",
        utc_offset_hours=8,
        area=Area((122.0, 127.0), (45.5, 49.2)),
        divisions=[Division(_DIVISION, _DIVISION)],
        streets=[Street(_STREET, _STREET, _DIVISION)],
        communities={},
        units=units,
        endpoints=[Endpoint(f"EP-{unit.code}", unit.code, unit.code, _EVER, None) for unit in units],
        categories={},
        routing=[],
        level_rules=LevelRules("story", tuple(rules)),
        limits=Limits.of("story", rows),
        policy=Policy(
            version="story",
            at_risk_fraction=policy.at_risk_fraction,
            second_grace=policy.second_grace,
            office_hours=(("08:00", "12:00"), ("14:00", "18:00")),
            max_suspension=None,
            call_back_attempts=3,
            same_place_days=7,
            extension_share=_NO_END,
            extension_times=1_000_000,
            on_return="desk",
        ),
        calendar=calendar,
    )


def _row(level: str, handle: Limit, total: Limit | None) -> LimitRow:
    return LimitRow(level, "*", "*", level, "*", None, handle, None, total)
