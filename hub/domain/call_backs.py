"""Call-backs (回访) and what follows: rework (督促整改) where a caller is not satisfied, else 销号.

Solved and satisfied are two answers, both kept. Unreachable is never satisfied.
"""

from typing import Final

from hub.domain.assignment import next_lead, party
from hub.domain.case import CallBack, CallBackResult, CaseState
from hub.domain.clock_events import CallBacksSettled, CalledBack, Closed, Done
from hub.domain.deadlines import Deadlines
from hub.domain.event import CaseEvent
from hub.domain.ladder import clock_named
from hub.domain.legs import announce_lead
from hub.domain.timeouts import call_back_task, removal_request
from hub.domain.transitions import LATE, Step
from hub.domain.work import Work, clock_instant

REWORKABLE: Final = frozenset({"DONE", "ANSWERED", "CLOSED"})
_BAD: Final[frozenset[CallBackResult]] = frozenset({"UNSOLVED", "PARTLY_SOLVED", "DISSATISFIED"})
_REPLACEABLE: Final[frozenset[CallBackResult | None]] = frozenset({"IMPOSSIBLE", "UNREACHABLE"})
_SATISFACTION: Final[dict[str, CallBackResult]] = {
    "SATISFIED": "SATISFIED",
    "BASICALLY_SATISFIED": "BASICALLY_SATISFIED",
    "DISSATISFIED": "DISSATISFIED",
}


def work_ended(work: Work, unit: str | None) -> None:
    """Done, or answered: the clocks of the work stop, and each caller is owed a call-back, once a cycle.

    There is nobody to call where staff reported, where no contact was given, or where the identity is secret.
    """
    case, deadlines = work.case, work.deadlines
    at = clock_instant(work.event)
    if any(one["cycle"] == case["cycle"] for one in case["call_backs"]):
        return
    reason = _impossible(case, work.policy.staff_channels)
    if reason is not None:
        deadlines.owe_no_call_back()
    deadlines.take(Done(work.at, unit))
    due_at = deadlines.due_at("call_back")
    callers = case["reporters"] if reason in (None, "secret") and case["reporters"] else [None]
    case["call_backs"] = [*case["call_backs"], *(_opened(case, each, due_at, at, reason) for each in callers)]
    if reason is None:
        clock = clock_named(deadlines.clocks, "call_back")
        opened = deadlines.say("CALL_BACKS_OPENED", clock, work.at)
        deadlines.notices += [
            call_back_task(case, opened, number) for number in range(1, len(case["reporters"]) + 1)
        ]


def signed_off(work: Work, step: Step) -> Step:
    """CLOSED (销号) once no caller is owed a call-back any more; else the step as it is."""
    case = work.case
    is_owed = any(one["result"] is None for one in _of_cycle(case)) or not _of_cycle(case)
    if is_owed or case["status"] == "CLOSED":
        return step
    work.deadlines.take(CallBacksSettled(work.at))
    case["signed_off_at"] = clock_instant(work.event)
    _strike_off(work.deadlines, work, "signed_off")
    work.deadlines.say("SIGNED_OFF", None, work.at)
    return step._replace(status="CLOSED")


def ended_for_good(work: Work, reason: str) -> None:
    """Withdrawn or merged: all clocks stop, nobody is called back, the supervision list is cleared of the case."""
    work.deadlines.take(Closed(work.at))
    _settle_open(work.case, "IMPOSSIBLE", clock_instant(work.event), reason)
    _strike_off(work.deadlines, work, reason)


def verify(work: Work, step: Step) -> Step:
    """The reporting system has checked and closed a done case itself (核查结案): no call-back is owed any more.

    If that is the first it says of the end, the same word ends the work and the call-backs.
    """
    status = step.status or work.case["status"]
    if work.event["attributes"].get("state") != "CLOSED" or status not in ("DONE", "ANSWERED"):
        return step
    _settle_open(work.case, "VERIFIED", clock_instant(work.event), None)
    return signed_off(work, step if step.outcome == "APPLIED" else Step("APPLIED", None, "verified"))


def visit(work: Work, step: Step) -> Step:
    """One call: nobody answered, or the caller's two answers."""
    case, attributes = work.case, work.event["attributes"]
    if work.was_parked and work.event["occurred_at"] == case["closed_at"]:
        return LATE
    if attributes.get("visit_connected") != "true":
        return _not_reached(work)
    result = _verdict(attributes)
    index = _obligation(case, work.event, is_answered=True)
    if index is not None:
        _update(case, index, work.event, result)
    if result in _BAD:
        return _rework(work, result)
    if index is None:
        return Step("RECORDED", None, "no_call_back_owed")
    return signed_off(work, step._replace(status=case["status"], reason=result.lower()))


def _not_reached(work: Work) -> Step:
    case = work.case
    index = _obligation(case, work.event, is_answered=False)
    if index is None:
        return Step("RECORDED", None, "no_call_back_owed")
    is_last = case["call_backs"][index]["attempts"] + 1 >= work.policy.call_back_attempts
    _update(case, index, work.event, "UNREACHABLE" if is_last else None)
    step = Step("APPLIED", case["status"], "unreachable" if is_last else "not_reached")
    return signed_off(work, step) if is_last else step


def _rework(work: Work, result: CallBackResult) -> Step:
    """The next cycle, at the same unit unless the policy says otherwise; the one before stays as it was."""
    case, event, at = work.case, work.event, clock_instant(work.event)
    _settle_open(case, "REWORKED", at, None)
    last = case["lead"]
    case["cycles"] = [
        *case["cycles"],
        {
            "cycle": case["cycle"],
            "lead": last,
            "co_handlers": case["co_handlers"],
            "done_at": case["closed_at"],
            "answer": case["answer"],
            "reworked_at": at,
        },
    ]
    case["cycle"] += 1
    case["leg"], case["step"], case["urged_in_cycle"] = 1, 0, 0
    case["leg_at"] = event["occurred_at"]
    case["closed_at"] = case["signed_off_at"] = case["suspension"] = case["answer"] = None
    case["co_handlers"] = []
    case["status"] = "DISPATCHED"
    had_it_last = last["unit"] if last is not None else next(iter(case["past_units"][-1:]), None)
    if had_it_last is not None and work.policy.rework_to == "same_unit":
        no_route = last is not None and last["no_route"]
        lead = party(case, work.city, had_it_last, "LEAD", work.now, no_route=no_route)
    else:
        lead = next_lead(case, work.city, work.now)
    case["lead"] = lead
    work.deadlines.renew_limits()
    work.deadlines.take(CalledBack(work.at, is_satisfied=False, unit=lead["unit"]))
    work.deadlines.say("REWORK", clock_named(work.deadlines.clocks, "handle"), work.at, result.lower())
    announce_lead(work, "rework", event["text"])
    return Step("APPLIED", "DISPATCHED", f"rework_{result.lower()}")


def _verdict(attributes: dict[str, str]) -> CallBackResult:
    solved = attributes.get("visit_solved")
    if solved == "UNSOLVED":
        return "UNSOLVED"
    if solved == "PARTLY_SOLVED":
        return "PARTLY_SOLVED"
    return _SATISFACTION.get(attributes.get("visit_satisfaction", ""), "REFUSED")


def _impossible(case: CaseState, staff_channels: frozenset[str]) -> str | None:
    if case["channel"] in staff_channels:
        return "staff_report"
    if not case["reporters"]:
        return "no_contact"
    return "secret" if case["secret"] else None


def _opened(case: CaseState, token: str | None, due_at: int | None, at: int, reason: str | None) -> CallBack:
    is_owed = reason is None
    return {
        "token": token,
        "due_at": due_at,
        "result": None if is_owed else "IMPOSSIBLE",
        "attempts": 0,
        "cycle": case["cycle"],
        "opened_at": at,
        "settled_at": None if is_owed else at,
        "solved": None,
        "satisfaction": None,
        "reason": reason,
        "text": None,
    }


def _of_cycle(case: CaseState) -> list[CallBack]:
    return [one for one in case["call_backs"] if one["cycle"] == case["cycle"]]


def _obligation(case: CaseState, event: CaseEvent, *, is_answered: bool) -> int | None:
    """Which call-back of this cycle a call was about: the caller's own, else the first that is owed.

    An answer may come after all where a caller could not be reached or was not to be called.
    """
    token = event["reporter"]["token"]
    mine = [(i, one) for i, one in enumerate(case["call_backs"]) if one["cycle"] == case["cycle"]]
    open_ones = [i for i, one in mine if one["result"] is None]
    named = [i for i, one in mine if token is not None and one["token"] == token]
    if named and (case["call_backs"][named[0]]["result"] is None or is_answered):
        return named[0]
    if open_ones:
        return open_ones[0]
    late = [i for i, one in mine if one["result"] in _REPLACEABLE]
    return late[0] if late and is_answered else None


def _update(case: CaseState, index: int, event: CaseEvent, result: CallBackResult | None) -> None:
    attributes = event["attributes"]
    changed: CallBack = {**case["call_backs"][index]}
    changed["attempts"] += 1
    changed["text"] = event["text"] or changed["text"]
    changed["solved"] = attributes.get("visit_solved") or changed["solved"]
    changed["satisfaction"] = attributes.get("visit_satisfaction") or changed["satisfaction"]
    if result is not None:
        changed["result"], changed["settled_at"], changed["reason"] = result, clock_instant(event), None
    case["call_backs"] = [changed if i == index else one for i, one in enumerate(case["call_backs"])]


def _settle_open(case: CaseState, result: CallBackResult, at: int, reason: str | None) -> None:
    case["call_backs"] = [
        {**one, "result": result, "settled_at": at, "reason": reason} if one["result"] is None else one
        for one in case["call_backs"]
    ]


def _strike_off(deadlines: Deadlines, work: Work, reason: str) -> None:
    """The case's entries leave the supervision list."""
    case, at = work.case, clock_instant(work.event)
    still_there = [entry for entry in case["supervision"] if entry["removed_at"] is None]
    if not still_there:
        return
    fact = deadlines.say("STRUCK_OFF", None, work.at, reason)
    deadlines.letters += [removal_request(case, work.city, entry, fact, reason) for entry in still_there]
    case["supervision"] = [{**one, "removed_at": one["removed_at"] or at} for one in case["supervision"]]
