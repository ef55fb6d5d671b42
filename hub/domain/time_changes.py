"""What an event changes about deadlines alone: extension, suspension, appeal, another calendar."""

from datetime import datetime
from fractions import Fraction
from typing import cast, get_args

from hub.domain.case import CaseState, Extension, Status
from hub.domain.clock import Appeal, Clock
from hub.domain.clock_data import clock_of, milliseconds, pause_record, record_of
from hub.domain.clock_events import ExtensionGranted, ExtensionRequested, Resumed, Suspended
from hub.domain.deadlines import Deadlines, auto_resume_at
from hub.domain.guards import is_approving_desk
from hub.domain.instants import from_epoch_ms
from hub.domain.ladder import clock_named
from hub.domain.limits import Limit
from hub.domain.pauses import Pause
from hub.domain.sla import SlaKind
from hub.domain.transitions import Step
from hub.domain.work import Work, clock_instant

_DECIDED: dict[str, SlaKind] = {"FILED": "APPEALED", "EXCUSED": "EXCUSED", "REJECTED": "APPEAL_REJECTED"}


def extend(work: Work, step: Step) -> Step:
    """A unit asks for more time, or a desk above it grants it (二级审批): before the due time only.

    Asked or granted after the breach, or beyond what the policy allows, it is refused, and the world is told so.
    """
    event, deadlines = work.event, work.deadlines
    clock = clock_named(deadlines.clocks, "handle")
    is_grant = _is_grant(work)
    refusal: str | None = deadlines.take(ExtensionRequested(work.at))
    add: Limit | None = None
    if refusal is None and clock is not None and is_grant:
        add, refusal = _amount(work, clock)
        refusal = refusal or _over_policy(work, clock, add)
        if refusal is None and add is not None:
            refusal = deadlines.take(ExtensionGranted(work.at, add))
    _keep_extension(work, add if refusal is None else None, is_grant, refusal)
    kind: SlaKind = "EXTENSION_REFUSED" if refusal else "EXTENDED" if is_grant else "EXTENSION_REQUESTED"
    deadlines.say(kind, clock_named(deadlines.clocks, "handle"), work.at, refusal)
    if refusal:
        return Step("REFUSED", None, refusal)
    if not is_grant:
        return Step("RECORDED", None, "extension_requested")
    work.tell_holders("extended", event["attributes"].get("reason"))
    return step._replace(reason=step.reason or "extended")


def suspend(work: Work, step: Step) -> Step:
    """Work and clocks pause, at most as long as the policy allows; a suspension with an end resumes by itself."""
    case = work.case
    case["pause_at"] = work.event["occurred_at"]
    if step.outcome != "APPLIED":
        return step
    asked = _instant(work.event["attributes"].get("until"))
    longest = work.policy.max_suspension
    latest = None if longest is None else work.deadlines.worktime.due(work.at, longest).at
    is_capped = latest is not None and (asked is None or asked > latest)
    until = latest if is_capped else asked
    if until is not None and until <= work.at:
        return Step("RECORDED", None, "suspension_over")
    case["suspension"] = pause_record(Pause(work.at, until, "suspension"))
    work.deadlines.take(Suspended(work.at, until))
    return step._replace(reason=step.reason or ("suspension_capped" if is_capped and asked else ""))


def resume(work: Work, step: Step) -> Step:
    """Work goes on where it stood: signed if the lead had signed, with nobody if nobody had the case."""
    case = work.case
    case["pause_at"] = work.event["occurred_at"]
    if step.outcome != "APPLIED":
        return step
    work.deadlines.take(Resumed(work.at))
    case["suspension"] = None
    return step._replace(status=_status_after_pause(case))


def resume_by_itself(deadlines: Deadlines, now: int, *, inclusive: bool) -> None:
    """A suspension whose end has come is over (`now`: epoch ms)."""
    case, end = deadlines.case, auto_resume_at(deadlines.case)
    if end is None or end > now or (end == now and not inclusive):
        return
    case["status"], case["suspension"], case["pause_at"] = _status_after_pause(case), None, end
    deadlines.clocks = deadlines.clocks._replace(suspension=None)
    deadlines.say("AUTO_RESUMED", clock_named(deadlines.clocks, "handle"), from_epoch_ms(end))


def appeal(work: Work, step: Step) -> Step:
    """An appeal (申诉) is filed, accepted or rejected: an excuse beside the breach, which stays."""
    attributes, case, deadlines = work.event["attributes"], work.case, work.deadlines
    result = attributes.get("appeal", "")
    found = _breached_clock(case, deadlines, attributes)
    if result not in get_args(Appeal) or found is None:
        return Step("REFUSED", None, "no_breach" if result in get_args(Appeal) else "unknown_appeal")
    if found.appeal in ("EXCUSED", "REJECTED"):
        return Step("RECORDED", None, f"already_{found.appeal.lower()}")
    after = found._replace(appeal=cast(Appeal, result), appeal_at=work.at)
    _replace_clock(case, deadlines, found, after)
    deadlines.say(_DECIDED[result], after, work.at, attributes.get("reason"))
    return step._replace(reason=f"appeal_{result.lower()}")


def recalculate(work: Work, step: Step) -> Step:
    """The running clocks by the calendar now in force; every change is announced, and the holders hear of it."""
    moved = work.deadlines.recalculate()
    for was, now in moved:
        details = {"was_due_at": str(milliseconds(was.due.at) or ""), "calendar": now.calendar}
        work.deadlines.say("DUE_CHANGED", now, work.at, "calendar", details)
    if not moved:
        return Step("RECORDED", None, "nothing_moved")
    work.tell_holders("due_changed", None)
    return step._replace(reason="recalculated")


def _is_grant(work: Work) -> bool:
    event = work.event
    if event["source"] == "endpoint" and not is_approving_desk(work.case, event, work.city):
        return not work.policy.extension_approval
    return True


def _amount(work: Work, clock: Clock) -> tuple[Limit | None, str | None]:
    """How much is granted, in the limit's unit: as said, or what lies between the due and the instant asked for."""
    attributes = work.event["attributes"]
    value, unit = attributes.get("extension_value"), attributes.get("extension_unit")
    if value is not None:
        return (Limit(float(value), clock.limit.unit), None) if unit == clock.limit.unit else (None, "other_unit")
    until = _instant(attributes.get("until")) or _asked_until(work.case)
    if until is None or clock.due.at is None:
        return None, "no_due" if clock.due.at is None else "no_extension_asked"
    if until <= clock.due.at:
        return None, "not_later"
    worktime = work.deadlines.worktime
    whole = worktime.elapsed(clock.start, until, clock.limit.unit, clock.pauses)
    more = whole - worktime.length(clock.limit, added=clock.added)
    seconds = more.days * 86_400 + more.seconds
    if seconds <= 0:
        return None, "not_later"
    return Limit(_value_of(seconds, worktime.unit_seconds(clock.limit.unit)), clock.limit.unit), None


def _value_of(seconds: int, unit_seconds: int) -> float:
    """The value that counts exactly so many seconds, a part of a second being counted as a whole one."""
    value = seconds / unit_seconds
    is_exact = Fraction(repr(value)) * unit_seconds <= seconds
    return value if is_exact else (seconds - 0.5) / unit_seconds


def _over_policy(work: Work, clock: Clock, add: Limit | None) -> str | None:
    policy = work.policy
    if len(clock.added) >= policy.extension_times:
        return "too_many_extensions"
    asked = sum(one.value for one in clock.added) + (add.value if add is not None else 0)
    return "over_policy" if asked > policy.extension_share * clock.limit.value else None


def _keep_extension(work: Work, add: Limit | None, is_grant: bool, refusal: str | None) -> None:
    """Who asked, and who approved: a grant completes the request that waits for it."""
    case, attributes, at = work.case, work.event["attributes"], clock_instant(work.event)
    who = attributes.get("operator") or attributes.get("endpoint_id") or work.event["source"]
    until = attributes.get("until")
    kept = case["extensions"]
    waiting = _waiting(case) if is_grant else None
    entry: Extension = (
        {**waiting}
        if waiting is not None
        else {
            "cycle": case["cycle"],
            "leg": case["leg"],
            "asked_by": who,
            "asked_at": at,
            "until_at": int(until) if until else None,
            "value": None,
            "granted_by": None,
            "granted_at": None,
            "refusal": None,
        }
    )
    if is_grant:
        entry["granted_by"], entry["granted_at"] = who, at
    entry["value"], entry["refusal"] = add.value if add is not None else None, refusal
    case["extensions"] = [*(one for one in kept if one is not waiting), entry]


def _waiting(case: CaseState) -> Extension | None:
    return next(
        (
            one
            for one in reversed(case["extensions"])
            if one["granted_at"] is None
            and one["refusal"] is None
            and (one["cycle"], one["leg"]) == (case["cycle"], case["leg"])
        ),
        None,
    )


def _asked_until(case: CaseState) -> datetime | None:
    waiting = _waiting(case)
    return from_epoch_ms(waiting["until_at"]) if waiting is not None and waiting["until_at"] is not None else None


def _status_after_pause(case: CaseState) -> Status:
    lead = case["lead"]
    if lead is None:
        return "REGISTERED"
    return "SIGNED" if lead["signed_at"] is not None else "DISPATCHED"


def _breached_clock(case: CaseState, deadlines: Deadlines, attributes: dict[str, str]) -> Clock | None:
    """The latest breached clock that the appeal can mean."""
    cycle, leg = attributes.get("cycle"), attributes.get("leg")
    every = [*deadlines.clocks.running, *(clock_of(one) for one in reversed(case["clocks"]) if one["end"])]
    return next(
        (
            clock
            for clock in every
            if clock.is_breached
            and clock.name == attributes.get("clock", "handle")
            and cycle in (None, str(clock.cycle))
            and leg in (None, str(clock.leg))
        ),
        None,
    )


def _replace_clock(case: CaseState, deadlines: Deadlines, was: Clock, now: Clock) -> None:
    running = deadlines.clocks.running
    if was in running:
        deadlines.clocks = deadlines.clocks._replace(
            running=tuple(now if clock is was else clock for clock in running)
        )
        return
    case["clocks"] = [
        record_of(now) if one["end"] is not None and clock_of(one) == was else one for one in case["clocks"]
    ]


def _instant(text: str | None) -> datetime | None:
    return from_epoch_ms(int(text)) if text else None
