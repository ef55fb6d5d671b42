"""The ladder against a model that only counts hours: no due instants, no pauses as intervals, no arithmetic shared.

Every event falls on a full hour, limits are whole urgent hours, the warning comes at half the limit.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.city import WorkCalendar
from hub.domain.clock import Terms
from hub.domain.clock_events import (
    CalledBack,
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
from hub.domain.instants import SHANGHAI
from hub.domain.ladder import CaseClocks, NextLevel, apply, fire
from hub.domain.limits import Limit
from hub.domain.worktime import WorkTime

CITY = WorkTime.of(WorkCalendar("v", frozenset({2026}), {}))
START = datetime(2026, 7, 6, tzinfo=SHANGHAI)
HOURS = 160


@dataclass
class Counter:
    """A clock that ticks."""

    name: str
    cycle: int
    leg: int
    limit: int
    grace: int
    counted: int = 0
    has_ticked: bool = True
    waits_to_warn: bool = True
    breached: bool = False
    after: int = 0
    over: bool = False

    def ring(self) -> list[str]:
        """What the hour brings."""
        rung = []
        if not self.breached and self.waits_to_warn and self.counted * 2 == self.limit:
            self.waits_to_warn = False
            rung.append("AT_RISK")
        if not self.breached and self.counted == self.limit:
            self.breached = True
            rung.append("FIRST_TIMEOUT")
        elif self.breached and not self.over and self.after == self.grace:
            self.over = True
            rung.append("SECOND_TIMEOUT")
        return rung

    def tick(self, is_paused: bool) -> None:
        """One hour, counted unless the clock stands still."""
        self.has_ticked = not is_paused
        if is_paused:
            return
        if self.breached:
            self.after += 1
        else:
            self.counted += 1

    def warn_anew(self) -> None:
        """The warning by another limit: ahead, this very hour, or past."""
        ahead = self.counted * 2 < self.limit
        self.waits_to_warn = ahead or (self.counted * 2 == self.limit and self.has_ticked)


@dataclass
class Model:
    """A case that ticks."""

    limit: int
    grace: int
    total: int | None
    raised: int | None
    level: str = "ordinary"
    phase: str = "OPEN"
    cycle: int = 1
    leg: int = 0
    unit: str | None = None
    urged: int = 0
    suspended: bool = False
    returned: bool = False
    clocks: dict[str, Counter] = field(default_factory=dict)
    had_total: bool = False
    outcomes: list[tuple] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def start(self, name: str) -> None:
        """A clock from now on."""
        limit = self.limit if name == "handle" else self.total
        self.clocks[name] = Counter(name, self.cycle, self.leg if name == "handle" else 1, limit, self.grace)
        if name == "handle":
            self.returned = False
        else:
            self.had_total = True

    def take(self, hour: int, index: int, event) -> None:
        """One event."""
        handle = self.clocks.get("handle")
        match event:
            case ExtensionRequested() | ExtensionGranted():
                if handle is None or handle.breached:
                    self.refused.append(index)
                elif isinstance(event, ExtensionGranted):
                    handle.limit += int(event.add.value)
                    handle.warn_anew()
            case Closed():
                self.phase, self.clocks = "CLOSED", {}
            case CalledBack(is_satisfied=False) if self.phase == "DONE":
                self.phase, self.cycle, self.leg, self.urged = "OPEN", self.cycle + 1, 1, 0
                self.start("handle")
                if self.total:
                    self.start("total")
            case Urged() if self.phase != "CLOSED":
                self.urged += 1
                if self.urged == 2 and self.raised is not None:
                    self.level, self.limit, self.raised = "key", self.raised, None
                    is_still = self.suspended or self.returned
                    if (
                        handle
                        and not handle.breached
                        and not is_still
                        and self.limit < handle.limit - handle.counted
                    ):
                        handle.counted, handle.limit, handle.waits_to_warn = 0, self.limit, True
            case _ if self.phase == "OPEN":
                self.take_open(hour, event, handle)

    def take_open(self, hour: int, event, handle: Counter | None) -> None:
        """One event of an open case."""
        match event:
            case Registered() if self.total and not self.had_total:
                self.start("total")
            case Dispatched() if handle is not None and self.unit in (None, event.unit):
                self.returned, self.unit = False, event.unit
            case Dispatched():
                self.leg, self.unit = self.leg + 1, event.unit
                self.start("handle")
            case Done():
                for name in ("handle", "total"):
                    clock = self.clocks.get(name)
                    if clock and not clock.breached:
                        due = hour + clock.limit - clock.counted
                        self.outcomes.append(("MET", name, clock.cycle, clock.leg, due, hour))
                self.phase, self.clocks, self.suspended = "DONE", {}, False
                self.unit = self.unit or event.unit
            case Suspended():
                self.suspended = True
            case Resumed():
                self.suspended = False
            case Returned():
                self.returned = handle is not None

    def run(self, events: list[tuple[int, object]]) -> None:
        """Hour by hour: the events, what rings, the hour itself."""
        for hour in range(HOURS + 1):
            for index, (at, event) in enumerate(events):
                if at == hour:
                    self.take(hour, index, event)
            for name in ("handle", "total"):
                clock = self.clocks.get(name)
                for rung in clock.ring() if clock else ():
                    self.outcomes.append((rung, name, clock.cycle, clock.leg, hour, hour))
            for name, clock in self.clocks.items():
                clock.tick(self.suspended or (name == "handle" and self.returned))


def hours(at: datetime) -> int:
    """Full hours since the beginning."""
    return int((at - START) / timedelta(hours=1))


even = st.sampled_from([2, 4, 8, 12])
KINDS = {
    "dispatched": lambda at, draw: Dispatched(at, draw(st.sampled_from("AB"))),
    "registered": lambda at, draw: Registered(at),
    "done": lambda at, draw: Done(at, draw(st.sampled_from("AB"))),
    "callback": lambda at, draw: CalledBack(at, draw(st.booleans())),
    "requested": lambda at, draw: ExtensionRequested(at),
    "granted": lambda at, draw: ExtensionGranted(at, Limit(draw(even), "urgent_hour")),
    "suspended": lambda at, draw: Suspended(at),
    "resumed": lambda at, draw: Resumed(at),
    "returned": lambda at, draw: Returned(at),
    "urged": lambda at, draw: Urged(at),
    "closed": lambda at, draw: Closed(at),
}
OFTEN = ["dispatched", "dispatched", "done", "callback", "urged", "urged", "resumed", *list(KINDS)[:-1]] * 3 + [
    "closed"
]


@st.composite
def histories(draw):
    """Hours and events; several in one hour are common."""
    at, found = 0, []
    for _ in range(draw(st.integers(1, 16))):
        at += draw(st.integers(0, 6))
        found.append((at, KINDS[draw(st.sampled_from(OFTEN))](START + timedelta(hours=at), draw)))
    return found


@settings(max_examples=500, deadline=None)
@given(histories(), even, st.integers(1, 6), st.none() | even, st.none() | even)
def test_the_ladder_agrees_with_counting_hours(events, limit, grace, total, raised):
    """Same outcomes, in the same order, the same refusals and the same level."""

    def urgent(value):
        return Limit(value, "urgent_hour")

    model = Model(limit, grace, total, raised)
    model.run(events)
    clocks = CaseClocks(
        Terms(0.5, urgent(grace)),
        "ordinary",
        urgent(limit),
        urgent(total) if total else None,
        NextLevel("key", urgent(raised)) if raised else None,
    )
    outcomes, refused = [], []
    for index, (_, event) in enumerate(events):
        step = apply(clocks, event, CITY)
        clocks, outcomes = step.clocks, outcomes + list(step.outcomes)
        refused += [index] if step.refused else []
    last = fire(clocks, START + timedelta(hours=HOURS))
    found = [
        (one.outcome, one.clock, one.cycle, one.leg, hours(one.due), hours(one.happened_at))
        for one in (*outcomes, *last.outcomes)
    ]

    assert found == model.outcomes
    assert refused == model.refused
    assert last.clocks.level == model.level
