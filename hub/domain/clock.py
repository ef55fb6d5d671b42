"""One clock of a case: its three instants, what moves them, and how it ends. Rules: docs/clocks.md.

A clock is a value. Each function gives the clock as it is afterwards; nothing here asks what time it is. Values are
named tuples: they are made anew at each event, which takes a frozen dataclass twice as long.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from hub.domain.limits import ClockName, Limit
from hub.domain.pauses import Pause, PauseReason
from hub.domain.worktime import Due, WorkTime

Rung = Literal["AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT"]
OutcomeName = Literal["AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT", "MET"]
ClockEnd = Literal["MET", "LATE", "LEG", "STOPPED"]
Appeal = Literal["FILED", "EXCUSED", "REJECTED"]

OUTCOMES: Final[tuple[OutcomeName, ...]] = ("AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT", "MET")


class Terms(NamedTuple):
    """What a city grants beside the limit itself, and by which versions."""

    at_risk_fraction: float
    second_grace: Limit
    limits_version: str = ""
    policy_version: str = ""


class SlaOutcome(NamedTuple):
    """One outcome of a clock. `due` is the instant it belongs to, `happened_at` when it came about.

    They differ for MET alone: the due that was kept, and the instant of the report. When it is emitted, and whether
    that is late, is not the clock's to know: an outage puts off no more than that.
    """

    outcome: OutcomeName
    clock: ClockName
    cycle: int
    leg: int
    due: datetime
    happened_at: datetime
    is_provisional: bool


class Clock(NamedTuple):
    """A clock and its instants. Start one with `started`.

    `warning` is the warning still to come, None once it came or there is to be none; `warned_at` are those that
    came. `due` stays as it is from the breach on. `second` counts from the due and moves until it comes. `added`
    are the extensions, in the limit's unit. `calendar` is the version that the instants were last reckoned by.
    `appeal` is what became of an appeal against the breach; the breach stays.
    """

    name: ClockName
    cycle: int
    leg: int
    start: datetime
    limit: Limit
    terms: Terms
    calendar: str
    warning: Due | None
    due: Due
    second: Due
    added: tuple[Limit, ...] = ()
    pauses: tuple[Pause, ...] = ()
    warned_at: tuple[datetime, ...] = ()
    is_breached: bool = False
    is_second_passed: bool = False
    end: ClockEnd | None = None
    ended_at: datetime | None = None
    appeal: Appeal | None = None
    appeal_at: datetime | None = None


def started(
    name: ClockName,
    cycle: int,
    leg: int,
    at: datetime,
    limit: Limit,
    terms: Terms,
    worktime: WorkTime,
    pauses: tuple[Pause, ...] = (),
) -> Clock:
    """A clock that starts at an instant, with its three instants reckoned."""
    later = Due(None, False)
    clock = Clock(name, cycle, leg, at, limit, terms, "", later, later, later, pauses=pauses)
    return reckoned(clock, worktime)


def reckoned(clock: Clock, worktime: WorkTime) -> Clock:
    """The instants that can still move, by the clock's limit and pauses as they are now."""
    due = clock.due if clock.is_breached else _due(clock, clock.pauses, worktime)
    warning = clock.warning if clock.warning is None or clock.is_breached else _warning(clock, worktime)
    second = clock.second
    if not clock.is_second_passed:
        grace = clock.terms.second_grace
        second = due if due.at is None else worktime.due(due.at, grace, clock.pauses)
    return clock._replace(warning=warning, due=due, second=second, calendar=worktime.calendar.version)


def next_rung(clock: Clock) -> tuple[datetime, Rung] | None:
    """The next instant of the ladder and what it brings; None while there is none to wait for."""
    if clock.end is not None:
        return None
    if clock.is_breached:
        second = None if clock.is_second_passed else clock.second.at
        return (second, "SECOND_TIMEOUT") if second else None
    if clock.warning and clock.warning.at and (clock.due.at is None or clock.warning.at <= clock.due.at):
        return clock.warning.at, "AT_RISK"
    return (clock.due.at, "FIRST_TIMEOUT") if clock.due.at else None


def instants_ahead(clock: Clock) -> tuple[Due, ...]:
    """The instants of a running clock that have not come yet."""
    second = () if clock.is_second_passed else (clock.second,)
    if clock.is_breached:
        return second
    return (*((clock.warning,) if clock.warning else ()), clock.due, *second)


def climbed(clock: Clock, rung: Rung) -> tuple[Clock, SlaOutcome]:
    """The clock after its next rung, and the outcome."""
    if rung == "AT_RISK":
        came = clock.warning or clock.due
        at = _known(came)
        after = clock._replace(warning=None, warned_at=(*clock.warned_at, at))
    elif rung == "FIRST_TIMEOUT":
        came = clock.due
        after = clock._replace(is_breached=True, warning=None)
    else:
        came = clock.second
        after = clock._replace(is_second_passed=True)
    return after, _outcome(clock, rung, came, _known(came))


def paused(clock: Clock, pause: Pause, worktime: WorkTime) -> Clock:
    """The clock with one more pause, unless it stands still for that reason already."""
    if any(one.reason == pause.reason and one.end is None for one in clock.pauses):
        return clock
    return reckoned(clock._replace(pauses=(*clock.pauses, pause)), worktime)


def resumed(clock: Clock, reason: PauseReason, at: datetime, worktime: WorkTime) -> Clock:
    """The clock with its last pause of that reason ended at an instant, if it lasts so long."""
    pauses = _ended(clock.pauses, at, (reason,))
    return clock if pauses == clock.pauses else reckoned(clock._replace(pauses=pauses), worktime)


def extended(clock: Clock, add: Limit, at: datetime, worktime: WorkTime) -> Clock:
    """Limit + add from the unchanged start. A warning that is still ahead comes (again), a past one no more."""
    return _warned_anew(clock._replace(added=(*clock.added, add)), at, worktime)


def restarted(clock: Clock, limit: Limit, at: datetime, worktime: WorkTime) -> Clock:
    """The clock counting another limit from that instant on, if that ends earlier; else the clock as it is."""
    other = clock._replace(start=at, limit=limit, added=())
    due = _due(other, clock.pauses, worktime)
    if clock.is_breached or due.at is None or (clock.due.at is not None and due.at >= clock.due.at):
        return clock
    return _warned_anew(other, at, worktime)


def finished(clock: Clock, at: datetime, worktime: WorkTime) -> tuple[Clock, SlaOutcome | None]:
    """The clock as stopped by a report: MET unless it is breached. A pause that was open ends with it."""
    if clock.is_breached:
        return stopped(clock, at, "LATE"), None
    pauses = tuple(replace(one, end=max(at, one.begin)) if one.end is None else one for one in clock.pauses)
    kept = reckoned(clock._replace(pauses=pauses), worktime) if pauses != clock.pauses else clock
    return stopped(kept, at, "MET"), _outcome(kept, "MET", kept.due, at)


def stopped(clock: Clock, at: datetime, end: ClockEnd) -> Clock:
    """The clock stopped at an instant; what was still ahead never comes."""
    return clock._replace(end=end, ended_at=at)


def _warned_anew(clock: Clock, at: datetime, worktime: WorkTime) -> Clock:
    warning = _warning(clock, worktime)
    is_ahead = warning.at is None or (warning.at >= at and warning.at not in clock.warned_at)
    return reckoned(clock._replace(warning=warning if is_ahead else None), worktime)


def _due(clock: Clock, pauses: Sequence[Pause], worktime: WorkTime) -> Due:
    length = worktime.length(clock.limit, added=clock.added)
    return worktime.after(clock.start, length, clock.limit.unit, pauses)


def _warning(clock: Clock, worktime: WorkTime) -> Due:
    length = worktime.length(clock.limit, clock.terms.at_risk_fraction, clock.added)
    return worktime.after(clock.start, length, clock.limit.unit, clock.pauses)


def _ended(pauses: tuple[Pause, ...], at: datetime, reasons: tuple[PauseReason, ...]) -> tuple[Pause, ...]:
    return tuple(
        replace(one, end=max(at, one.begin))
        if one.reason in reasons and (one.end is None or one.begin <= at < one.end)
        else one
        for one in pauses
    )


def _outcome(clock: Clock, outcome: OutcomeName, due: Due, at: datetime) -> SlaOutcome:
    return SlaOutcome(outcome, clock.name, clock.cycle, clock.leg, _known(due), at, due.is_provisional)


def _known(due: Due) -> datetime:
    if due.at is None:
        raise ValueError("a clock without a due instant has no outcome")
    return due.at
