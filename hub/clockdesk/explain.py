"""A clock of a case explained: limit, versions, every interval with its reason, the three instants, the outcome."""

from datetime import datetime
from typing import Any

from hub.clockdesk.words import interval_data, interval_lines, limit_in_words
from hub.domain.clock import Clock
from hub.domain.intervals import Interval, intervals
from hub.domain.limits import Limit
from hub.domain.worktime import Due, WorkTime


def explain_lines(clock: Clock, worktime: WorkTime, now: datetime) -> list[str]:
    """The clock as `hub explain` prints it; `worktime` is that of the clock's calendar version."""
    extensions = "".join(f" + {limit_in_words(one)}" for one in clock.added)
    head = (
        f"{clock.name}  cycle {clock.cycle} leg {clock.leg}  limit {limit_in_words(clock.limit)}{extensions}"
        f" (limits {clock.terms.limits_version or '-'}, policy {clock.terms.policy_version or '-'}, "
        f"calendar {clock.calendar})  start {clock.start:%m-%d %H:%M:%S}  due {_shown(clock.due)}"
    )
    lines = [head, *(f"  {line}" for line in interval_lines(_way(clock, worktime, now)))]
    lines += [f"  warned    {at:%m-%d %H:%M:%S}" for at in clock.warned_at]
    if clock.warning and clock.end is None:
        lines.append(f"  warning   {_shown(clock.warning)}")
    if clock.is_breached:
        lines.append(f"  breached  {_shown(clock.due)}")
        if clock.end is None or clock.is_second_passed:
            lines.append(f"  second    {_shown(clock.second)}{'' if clock.is_second_passed else ' (ahead)'}")
    if clock.end is not None and clock.ended_at is not None:
        lines.append(f"  end       {clock.end} {clock.ended_at:%m-%d %H:%M:%S}")
    return lines


def explain_data(clock: Clock, worktime: WorkTime, now: datetime) -> dict[str, Any]:
    """The same as data."""
    return {
        "clock": clock.name,
        "cycle": clock.cycle,
        "leg": clock.leg,
        "limit": _limit(clock.limit),
        "extensions": [_limit(one) for one in clock.added],
        "versions": {
            "limits": clock.terms.limits_version,
            "policy": clock.terms.policy_version,
            "calendar": clock.calendar,
        },
        "start": clock.start.isoformat(),
        "warned": [at.isoformat() for at in clock.warned_at],
        "warning": _instant(clock.warning.at) if clock.warning else None,
        "due": _instant(clock.due.at),
        "provisional": clock.due.is_provisional,
        "second": _instant(clock.second.at),
        "breached": clock.is_breached,
        "second_passed": clock.is_second_passed,
        "end": clock.end,
        "ended": _instant(clock.ended_at),
        "intervals": interval_data(_way(clock, worktime, now)),
    }


def _way(clock: Clock, worktime: WorkTime, now: datetime) -> list[Interval]:
    """Up to the due; to the end of a clock that ended before it; to now where a pause keeps the due away."""
    until = clock.due.at or now
    if clock.ended_at is not None and not clock.is_breached:
        until = min(until, clock.ended_at) if clock.due.at else clock.ended_at
    return intervals(worktime, clock.start, until, clock.limit.unit, clock.pauses)


def _shown(due: Due) -> str:
    if due.at is None:
        return "none while paused"
    return f"{due.at:%m-%d %H:%M:%S}{' provisional' if due.is_provisional else ''}"


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _limit(limit: Limit) -> dict[str, Any]:
    return {"value": limit.value, "unit": limit.unit}
