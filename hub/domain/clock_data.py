"""The clocks of a case as plain data and back: what `CaseState.clocks` keeps. Instants are epoch milliseconds."""

from datetime import datetime
from typing import TypedDict

from hub.domain.clock import Clock, ClockEnd, Terms
from hub.domain.instants import from_epoch_ms, to_epoch_ms
from hub.domain.ladder import CaseClocks, NextLevel, Phase
from hub.domain.limits import ClockName, Limit, LimitUnit
from hub.domain.pauses import Pause, PauseReason
from hub.domain.tiers import WhistleLevel
from hub.domain.worktime import Due


class LimitRecord(TypedDict):
    """A limit."""

    value: float
    unit: LimitUnit


class PauseRecord(TypedDict):
    """A pause; `end_at` None is open-ended."""

    begin_at: int
    end_at: int | None
    reason: PauseReason


class DueRecord(TypedDict):
    """A due instant, None while a pause keeps it away."""

    at: int | None
    provisional: bool


class TermsRecord(TypedDict):
    """What the clocks are measured by, and the versions."""

    at_risk_fraction: float
    second_grace: LimitRecord
    limits_version: str
    policy_version: str


class ClockRecord(TypedDict):
    """One clock."""

    name: ClockName
    cycle: int
    leg: int
    start_at: int
    limit: LimitRecord
    added: list[LimitRecord]
    terms: TermsRecord
    calendar_version: str
    pauses: list[PauseRecord]
    warning: DueRecord | None
    due: DueRecord
    second: DueRecord
    warned_at: list[int]
    breached: bool
    second_passed: bool
    end: ClockEnd | None
    ended_at: int | None


class NextLevelRecord(TypedDict):
    """What the second urging raises to."""

    level: WhistleLevel
    limit: LimitRecord


class CaseClocksRecord(TypedDict):
    """All clocks of a case."""

    terms: TermsRecord
    level: WhistleLevel
    limit: LimitRecord
    total_limit: LimitRecord | None
    next_level: NextLevelRecord | None
    phase: Phase
    cycle: int
    leg: int
    unit: str | None
    urged: int
    suspension: PauseRecord | None
    running: list[ClockRecord]
    past: list[ClockRecord]


def to_data(clocks: CaseClocks) -> CaseClocksRecord:
    """The plain data of the clocks."""
    raised = clocks.next_level
    return {
        "terms": _terms_data(clocks.terms),
        "level": clocks.level,
        "limit": _limit_data(clocks.limit),
        "total_limit": _limit_data(clocks.total_limit) if clocks.total_limit else None,
        "next_level": {"level": raised.level, "limit": _limit_data(raised.limit)} if raised else None,
        "phase": clocks.phase,
        "cycle": clocks.cycle,
        "leg": clocks.leg,
        "unit": clocks.unit,
        "urged": clocks.urged,
        "suspension": _pause_data(clocks.suspension) if clocks.suspension else None,
        "running": [_clock_data(clock) for clock in clocks.running],
        "past": [_clock_data(clock) for clock in clocks.past],
    }


def from_data(data: CaseClocksRecord) -> CaseClocks:
    """The clocks that the data were made of."""
    total, raised, suspension = data["total_limit"], data["next_level"], data["suspension"]
    return CaseClocks(
        terms=_terms(data["terms"]),
        level=data["level"],
        limit=_limit(data["limit"]),
        total_limit=_limit(total) if total else None,
        next_level=NextLevel(raised["level"], _limit(raised["limit"])) if raised else None,
        phase=data["phase"],
        cycle=data["cycle"],
        leg=data["leg"],
        unit=data["unit"],
        urged=data["urged"],
        suspension=_pause(suspension) if suspension else None,
        running=tuple(_clock(clock) for clock in data["running"]),
        past=tuple(_clock(clock) for clock in data["past"]),
    )


def _clock_data(clock: Clock) -> ClockRecord:
    return {
        "name": clock.name,
        "cycle": clock.cycle,
        "leg": clock.leg,
        "start_at": to_epoch_ms(clock.start),
        "limit": _limit_data(clock.limit),
        "added": [_limit_data(limit) for limit in clock.added],
        "terms": _terms_data(clock.terms),
        "calendar_version": clock.calendar,
        "pauses": [_pause_data(pause) for pause in clock.pauses],
        "warning": _due_data(clock.warning) if clock.warning else None,
        "due": _due_data(clock.due),
        "second": _due_data(clock.second),
        "warned_at": [to_epoch_ms(at) for at in clock.warned_at],
        "breached": clock.is_breached,
        "second_passed": clock.is_second_passed,
        "end": clock.end,
        "ended_at": _milliseconds(clock.ended_at),
    }


def _clock(data: ClockRecord) -> Clock:
    return Clock(
        name=data["name"],
        cycle=data["cycle"],
        leg=data["leg"],
        start=from_epoch_ms(data["start_at"]),
        limit=_limit(data["limit"]),
        added=tuple(_limit(limit) for limit in data["added"]),
        terms=_terms(data["terms"]),
        calendar=data["calendar_version"],
        pauses=tuple(_pause(pause) for pause in data["pauses"]),
        warning=_due(data["warning"]) if data["warning"] else None,
        due=_due(data["due"]),
        second=_due(data["second"]),
        warned_at=tuple(from_epoch_ms(at) for at in data["warned_at"]),
        is_breached=data["breached"],
        is_second_passed=data["second_passed"],
        end=data["end"],
        ended_at=_instant(data["ended_at"]),
    )


def _terms_data(terms: Terms) -> TermsRecord:
    return {
        "at_risk_fraction": terms.at_risk_fraction,
        "second_grace": _limit_data(terms.second_grace),
        "limits_version": terms.limits_version,
        "policy_version": terms.policy_version,
    }


def _terms(data: TermsRecord) -> Terms:
    return Terms(
        data["at_risk_fraction"], _limit(data["second_grace"]), data["limits_version"], data["policy_version"]
    )


def _limit_data(limit: Limit) -> LimitRecord:
    return {"value": limit.value, "unit": limit.unit}


def _limit(data: LimitRecord) -> Limit:
    return Limit(data["value"], data["unit"])


def _pause_data(pause: Pause) -> PauseRecord:
    return {"begin_at": to_epoch_ms(pause.begin), "end_at": _milliseconds(pause.end), "reason": pause.reason}


def _pause(data: PauseRecord) -> Pause:
    return Pause(from_epoch_ms(data["begin_at"]), _instant(data["end_at"]), data["reason"])


def _due_data(due: Due) -> DueRecord:
    return {"at": _milliseconds(due.at), "provisional": due.is_provisional}


def _due(data: DueRecord) -> Due:
    return Due(_instant(data["at"]), data["provisional"])


def _milliseconds(at: datetime | None) -> int | None:
    return None if at is None else to_epoch_ms(at)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_epoch_ms(at)
