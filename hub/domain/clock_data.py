"""A clock as its record in the case's state, and back. Instants of the record are epoch milliseconds."""

from datetime import datetime
from functools import lru_cache
from typing import cast

from hub.domain.case import ClockRecord, PauseRecord
from hub.domain.clock import Clock, ClockEnd, Terms
from hub.domain.instants import from_epoch_ms, to_epoch_ms
from hub.domain.limits import Limit, LimitUnit
from hub.domain.pauses import Pause
from hub.domain.worktime import Due


def record_of(clock: Clock) -> ClockRecord:
    """The clock's record."""
    terms, warning = clock.terms, clock.warning
    return {
        "name": clock.name,
        "cycle": clock.cycle,
        "leg": clock.leg,
        "started_at": to_epoch_ms(clock.start),
        "due_at": milliseconds(clock.due.at),
        "policy": f"limits {terms.limits_version}, policy {terms.policy_version}",
        "outcomes": _outcomes(clock),
        "limit_value": clock.limit.value,
        "limit_unit": clock.limit.unit,
        "added": [one.value for one in clock.added] if clock.added else [],
        "at_risk_fraction": terms.at_risk_fraction,
        "grace_value": terms.second_grace.value,
        "grace_unit": terms.second_grace.unit,
        "limits_version": terms.limits_version,
        "policy_version": terms.policy_version,
        "calendar_version": clock.calendar,
        "provisional": clock.due.is_provisional,
        "warning_at": milliseconds(warning.at) if warning else None,
        "warning_ahead": warning is not None,
        "warning_provisional": warning.is_provisional if warning else False,
        "warned_at": list(map(to_epoch_ms, clock.warned_at)),
        "second_at": milliseconds(clock.second.at),
        "second_provisional": clock.second.is_provisional,
        "breached": clock.is_breached,
        "second_passed": clock.is_second_passed,
        "pauses": list(map(pause_record, clock.pauses)),
        "end": clock.end,
        "ended_at": milliseconds(clock.ended_at),
        "appeal": clock.appeal,
        "appeal_at": milliseconds(clock.appeal_at),
    }


def clock_of(record: ClockRecord) -> Clock:
    """The clock that the record was made of."""
    unit = record["limit_unit"]
    return Clock(
        name=record["name"],
        cycle=record["cycle"],
        leg=record["leg"],
        start=from_epoch_ms(record["started_at"]),
        limit=Limit(record["limit_value"], unit),
        terms=_terms(
            record["at_risk_fraction"],
            record["grace_value"],
            record["grace_unit"],
            record["limits_version"],
            record["policy_version"],
        ),
        calendar=record["calendar_version"],
        warning=_due(record["warning_at"], record["warning_provisional"]) if record["warning_ahead"] else None,
        due=_due(record["due_at"], record["provisional"]),
        second=_due(record["second_at"], record["second_provisional"]),
        added=tuple([Limit(value, unit) for value in record["added"]]) if record["added"] else (),
        pauses=tuple(map(pause_of, record["pauses"])),
        warned_at=tuple(map(from_epoch_ms, record["warned_at"])),
        is_breached=record["breached"],
        is_second_passed=record["second_passed"],
        end=cast("ClockEnd | None", record["end"]),
        ended_at=_instant(record["ended_at"]),
        appeal=record["appeal"],
        appeal_at=_instant(record["appeal_at"]),
    )


def rung_at(record: ClockRecord) -> int | None:
    """When the next rung of a running clock comes: that of `next_rung`, without making the clock."""
    if record["breached"]:
        return None if record["second_passed"] else record["second_at"]
    due, warning = record["due_at"], record["warning_at"]
    return warning if warning is not None and (due is None or warning <= due) else due


def pause_record(pause: Pause) -> PauseRecord:
    """The pause's record."""
    return {"begin_at": to_epoch_ms(pause.begin), "end_at": milliseconds(pause.end), "reason": pause.reason}


def pause_of(record: PauseRecord) -> Pause:
    """The pause that the record was made of."""
    return Pause(from_epoch_ms(record["begin_at"]), _instant(record["end_at"]), record["reason"])


def milliseconds(at: datetime | None) -> int | None:
    """Epoch milliseconds of an instant that may not be known."""
    return None if at is None else to_epoch_ms(at)


# A city has few terms, one for each version of policy and limits. Typed: 1 and 1.0 are other bytes in a row.
@lru_cache(maxsize=256, typed=True)
def _terms(fraction: float, grace: float, unit: LimitUnit, limits_version: str, policy_version: str) -> Terms:
    return Terms(fraction, Limit(grace, unit), limits_version, policy_version)


def _outcomes(clock: Clock) -> list[str]:
    """What has come, in the order in which it can come."""
    came = ["AT_RISK"] * len(clock.warned_at)
    if clock.is_breached:
        came.append("FIRST_TIMEOUT")
    if clock.is_second_passed:
        came.append("SECOND_TIMEOUT")
    if clock.end == "MET":
        came.append("MET")
    return came


def _due(at: int | None, is_provisional: bool) -> Due:
    return Due(None if at is None else from_epoch_ms(at), is_provisional)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_epoch_ms(at)
