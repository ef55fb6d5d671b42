"""The clocks of one case and their ladder: what each event and each due instant does. Rules: docs/clocks.md.

`apply` takes an event by its own time, after every rung that lies before it; `fire` climbs the rungs up to and
including an instant; `next_due` is the instant to be woken at. All three are pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from hub.domain.clock import (
    Clock,
    ClockEnd,
    SlaOutcome,
    Terms,
    climbed,
    extended,
    finished,
    instants_ahead,
    next_rung,
    paused,
    reckoned,
    restarted,
    resumed,
    started,
    stopped,
)
from hub.domain.clock_events import (
    CallBacksSettled,
    CalledBack,
    ClockEvent,
    Closed,
    Dispatched,
    Done,
    ExtensionGranted,
    ExtensionRequested,
    LevelRaised,
    Registered,
    Resumed,
    Returned,
    Signed,
    StepDone,
    Suspended,
    Urged,
)
from hub.domain.limits import ClockName, Limit
from hub.domain.pauses import Pause
from hub.domain.tiers import WhistleLevel
from hub.domain.worktime import WorkTime

Phase = Literal["OPEN", "DONE", "CLOSED"]
ExtensionRefusal = Literal["breached", "no_handle_clock", "other_unit"]
_ORDER: dict[ClockName, int] = {"sign": 0, "handle": 1, "call_back": 2, "total": 3}
_URGED_ENOUGH = 2


@dataclass(slots=True, frozen=True)
class NextLevel:
    """What the second urging of a cycle raises a case to."""

    level: WhistleLevel
    limit: Limit


class CaseClocks(NamedTuple):
    """The clocks of a case, running and past, and what the rules must remember. Begin with `CaseClocks(terms, …)`.

    `limit` is the full handle limit of the present level; a limit that is None has no clock. `unit` had the case
    last. `running` is in the order in which clocks of one instant are told. `past` are those that ended, as they
    were.
    """

    terms: Terms
    level: WhistleLevel
    limit: Limit
    total_limit: Limit | None = None
    next_level: NextLevel | None = None
    sign_limit: Limit | None = None
    call_back_limit: Limit | None = None
    phase: Phase = "OPEN"
    cycle: int = 1
    leg: int = 0
    unit: str | None = None
    urged: int = 0
    suspension: Pause | None = None
    running: tuple[Clock, ...] = ()
    past: tuple[Clock, ...] = ()


class Step(NamedTuple):
    """The clocks afterwards, the outcomes in the order in which they happened, and why an event was refused."""

    clocks: CaseClocks
    outcomes: tuple[SlaOutcome, ...] = ()
    refused: ExtensionRefusal | None = None


def apply(clocks: CaseClocks, event: ClockEvent, worktime: WorkTime) -> Step:
    """An event, taken by its own time: rungs before it come first, a rung of the same instant comes after it.

    What has been fired stays fired, also where an event is heard of that happened before.
    """
    before = reach(clocks, event.at)
    step = _take(before.clocks, event, worktime)
    return step._replace(outcomes=before.outcomes + step.outcomes)


def fire(clocks: CaseClocks, now: datetime) -> Step:
    """Every rung up to and including now, oldest first."""
    return _climb(clocks, lambda rung: rung <= now)


def reach(clocks: CaseClocks, at: datetime) -> Step:
    """Every rung before an instant, oldest first."""
    return _climb(clocks, lambda rung: rung < at)


def next_due(clocks: CaseClocks) -> datetime | None:
    """The next instant at which something fires by itself."""
    rungs = [rung[0] for clock in clocks.running if (rung := next_rung(clock))]
    return min(rungs, default=None)


def handle_clock(clocks: CaseClocks) -> Clock | None:
    """The running handle clock."""
    return clock_named(clocks, "handle")


def clock_named(clocks: CaseClocks, name: ClockName) -> Clock | None:
    """The running clock of that name."""
    return next((clock for clock in clocks.running if clock.name == name), None)


def begin(clocks: CaseClocks, name: ClockName, at: datetime, limit: Limit, worktime: WorkTime) -> CaseClocks:
    """One more running clock, in the present cycle; a suspension in force holds for it too."""
    leg = max(clocks.leg, 1) if name in ("sign", "handle") else 1
    pauses = (clocks.suspension,) if clocks.suspension else ()
    clock = started(name, clocks.cycle, leg, at, limit, clocks.terms, worktime, pauses)
    return clocks._replace(running=_ordered((*clocks.running, clock)))


def finish(clocks: CaseClocks, name: ClockName, at: datetime, worktime: WorkTime) -> Step:
    """The clock of that name stopped by a report, MET unless it is breached."""
    return _finish_all(clocks, at, worktime, (name,))


def stop(clocks: CaseClocks, name: ClockName, at: datetime) -> CaseClocks:
    """The clock of that name stopped without an outcome: what it counted is not owed any more."""
    return _stop(clocks, at, "STOPPED", (name,))


def is_provisional(clocks: CaseClocks) -> bool:
    """Whether an instant still ahead may move when a missing calendar file comes."""
    return any(due.is_provisional for clock in clocks.running for due in instants_ahead(clock))


def recalculated(clocks: CaseClocks, worktime: WorkTime) -> CaseClocks:
    """The running clocks by another calendar: what is not a fact yet may move."""
    return _each(clocks, lambda clock: reckoned(clock, worktime))


def _climb(clocks: CaseClocks, is_reached: Callable[[datetime], bool]) -> Step:
    outcomes: list[SlaOutcome] = []
    running = list(clocks.running)
    while ahead := [
        (rung[0], _ORDER[clock.name], place, rung[1])
        for place, clock in enumerate(running)
        if (rung := next_rung(clock)) and is_reached(rung[0])
    ]:
        _, _, place, name = min(ahead)
        running[place], outcome = climbed(running[place], name)
        outcomes.append(outcome)
    return Step(clocks._replace(running=tuple(running)) if outcomes else clocks, tuple(outcomes))


def _take(clocks: CaseClocks, event: ClockEvent, worktime: WorkTime) -> Step:
    match event:
        case ExtensionRequested() | ExtensionGranted():
            return _extension(clocks, event, worktime)
        case Done():
            return _done(clocks, event, worktime)
        case Closed():
            return Step(_stop_all(clocks, event.at, "STOPPED")._replace(phase="CLOSED"))
    if clocks.phase == "CLOSED":
        return Step(clocks)
    match event:
        case Registered():
            return Step(_registered(clocks, event, worktime))
        case Dispatched():
            return Step(_dispatched(clocks, event, worktime))
        case Signed():
            return finish(clocks, "sign", event.at, worktime)
        case CalledBack():
            return Step(clocks) if event.is_satisfied else _reworked(clocks, event, worktime)
        case CallBacksSettled():
            return finish(clocks, "call_back", event.at, worktime)
        case StepDone():
            return _stepped(clocks, event, worktime)
        case Suspended():
            return Step(_suspended(clocks, event, worktime))
        case Resumed():
            return Step(_resumed(clocks, event.at, worktime))
        case Returned():
            pause = Pause(event.at, None, "return")
            unsigned = _stop(clocks, event.at, "LEG", ("sign",))
            return Step(_on_handle(unsigned, lambda clock: paused(clock, pause, worktime)))
        case Urged():
            return Step(_urged(clocks, event.at, worktime))
        case LevelRaised():
            return Step(_raised(clocks, event.at, event.level, event.limit, worktime))


def _registered(clocks: CaseClocks, event: Registered, worktime: WorkTime) -> CaseClocks:
    has_one = any(one.name == "total" for one in (*clocks.running, *clocks.past))
    if clocks.total_limit is None or has_one or clocks.phase != "OPEN":
        return clocks
    return begin(clocks, "total", event.at, clocks.total_limit, worktime)


def _dispatched(clocks: CaseClocks, event: Dispatched, worktime: WorkTime) -> CaseClocks:
    if clocks.phase != "OPEN":
        return clocks
    handle = handle_clock(clocks)
    if handle is not None and clocks.unit in (None, event.unit):
        is_back = any(pause.reason == "return" and pause.end is None for pause in handle.pauses)
        again = _on_handle(clocks, lambda clock: resumed(clock, "return", event.at, worktime))
        again = again._replace(unit=event.unit)
        return _to_be_signed(again, event.at, worktime) if is_back else again
    ended = _stop(clocks, event.at, "LEG", ("sign", "handle"))
    return _leg_begun(ended._replace(leg=ended.leg + 1, unit=event.unit), event.at, worktime)


def _leg_begun(clocks: CaseClocks, at: datetime, worktime: WorkTime) -> CaseClocks:
    return begin(_to_be_signed(clocks, at, worktime), "handle", at, clocks.limit, worktime)


def _to_be_signed(clocks: CaseClocks, at: datetime, worktime: WorkTime) -> CaseClocks:
    return clocks if clocks.sign_limit is None else begin(clocks, "sign", at, clocks.sign_limit, worktime)


def _stepped(clocks: CaseClocks, event: StepDone, worktime: WorkTime) -> Step:
    """The step's clock ends as by a report; the next step is the next leg, at the same unit."""
    if handle_clock(clocks) is None:
        return Step(clocks)
    step = _finish_all(clocks, event.at, worktime, ("sign", "handle"))
    next_leg = step.clocks._replace(leg=step.clocks.leg + 1, limit=event.limit)
    return step._replace(clocks=_leg_begun(next_leg, event.at, worktime))


def _done(clocks: CaseClocks, event: Done, worktime: WorkTime) -> Step:
    if clocks.phase != "OPEN":
        return Step(clocks)
    step = _finish_all(clocks, event.at, worktime)
    after = step.clocks._replace(phase="DONE", suspension=None, unit=clocks.unit or event.unit)
    if clocks.call_back_limit is not None:
        after = begin(after, "call_back", event.at, clocks.call_back_limit, worktime)
    return step._replace(clocks=after)


def _reworked(clocks: CaseClocks, event: CalledBack, worktime: WorkTime) -> Step:
    """The next cycle, at the same unit unless another is named. That the caller was asked ends the call-back's."""
    if clocks.phase != "DONE":
        return Step(clocks)
    at = event.at
    asked = finish(clocks, "call_back", at, worktime)
    unit = event.unit or clocks.unit
    after = asked.clocks._replace(phase="OPEN", cycle=clocks.cycle + 1, leg=0, urged=0, unit=unit)
    if unit is not None:
        after = _leg_begun(after._replace(leg=1), at, worktime)
    if clocks.total_limit is not None:
        after = begin(after, "total", at, clocks.total_limit, worktime)
    return asked._replace(clocks=after)


def _extension(clocks: CaseClocks, event: ExtensionRequested | ExtensionGranted, worktime: WorkTime) -> Step:
    handle = handle_clock(clocks)
    if handle is None:
        return Step(clocks, refused="no_handle_clock")
    if handle.is_breached:
        return Step(clocks, refused="breached")
    if isinstance(event, ExtensionRequested):
        return Step(clocks)
    if event.add.unit != handle.limit.unit:
        return Step(clocks, refused="other_unit")
    return Step(_on_handle(clocks, lambda clock: extended(clock, event.add, event.at, worktime)))


def _suspended(clocks: CaseClocks, event: Suspended, worktime: WorkTime) -> CaseClocks:
    if clocks.phase != "OPEN" or _is_suspended(clocks, event.at):
        return clocks
    pause = Pause(event.at, event.until, "suspension")
    return _each(clocks, lambda clock: paused(clock, pause, worktime))._replace(suspension=pause)


def _resumed(clocks: CaseClocks, at: datetime, worktime: WorkTime) -> CaseClocks:
    return _each(clocks, lambda clock: resumed(clock, "suspension", at, worktime))._replace(suspension=None)


def _urged(clocks: CaseClocks, at: datetime, worktime: WorkTime) -> CaseClocks:
    counted = clocks._replace(urged=clocks.urged + 1)
    if counted.urged != _URGED_ENOUGH or clocks.next_level is None:
        return counted
    raised = counted._replace(next_level=None)
    return _raised(raised, at, clocks.next_level.level, clocks.next_level.limit, worktime)


def _raised(clocks: CaseClocks, at: datetime, level: WhistleLevel, limit: Limit, worktime: WorkTime) -> CaseClocks:
    raised = clocks._replace(level=level, limit=limit)
    return _on_handle(raised, lambda clock: restarted(clock, limit, at, worktime))


def _is_suspended(clocks: CaseClocks, at: datetime) -> bool:
    suspension = clocks.suspension
    return suspension is not None and (suspension.end is None or at < suspension.end)


def _finish_all(clocks: CaseClocks, at: datetime, worktime: WorkTime, names: tuple[ClockName, ...] = ()) -> Step:
    outcomes: list[SlaOutcome] = []
    ended: list[Clock] = []
    running: list[Clock] = []
    for clock in clocks.running:
        if names and clock.name not in names:
            running.append(clock)
            continue
        after, outcome = finished(clock, at, worktime)
        ended.append(after)
        if outcome is not None:
            outcomes.append(outcome)
    after_all = clocks._replace(running=tuple(running), past=(*clocks.past, *ended))
    return Step(after_all, tuple(outcomes))


def _stop_all(clocks: CaseClocks, at: datetime, end: ClockEnd) -> CaseClocks:
    return _stop(clocks, at, end, tuple(clock.name for clock in clocks.running))


def _stop(clocks: CaseClocks, at: datetime, end: ClockEnd, names: tuple[ClockName, ...]) -> CaseClocks:
    ended = tuple(stopped(clock, at, end) for clock in clocks.running if clock.name in names)
    running = tuple(clock for clock in clocks.running if clock.name not in names)
    return clocks._replace(running=running, past=clocks.past + ended)


def _on_handle(clocks: CaseClocks, change: Callable[[Clock], Clock]) -> CaseClocks:
    return _each(clocks, lambda clock: change(clock) if clock.name == "handle" else clock)


def _each(clocks: CaseClocks, change: Callable[[Clock], Clock]) -> CaseClocks:
    return clocks._replace(running=tuple(change(clock) for clock in clocks.running))


def _ordered(running: tuple[Clock, ...]) -> tuple[Clock, ...]:
    return tuple(sorted(running, key=lambda clock: _ORDER[clock.name]))
