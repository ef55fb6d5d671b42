"""Who has the case next: a leg begins with a lead, and ends when another takes over."""

from hub.domain.assignment import next_lead, party
from hub.domain.case import Party, Status
from hub.domain.clock_events import Dispatched, Returned, StepDone
from hub.domain.limits import Step as HandlingStep
from hub.domain.transitions import LATE, Step
from hub.domain.work import Work, holders


def next_leg(work: Work, step: Step, why: str, note: str | None, lead: Party | None = None) -> Step:
    """A new lead: the named one, else whom the routing table names. A suspension of the case stays in force."""
    case = work.case
    case["leg"] += 1
    case["leg_at"] = work.event["occurred_at"]
    begin_leg(work, why, note, lead)
    return step._replace(status=running_status(work))


def begin_leg(work: Work, why: str, note: str | None, lead: Party | None = None) -> None:
    """The lead gets the case, its clocks start, and helpers hear of it."""
    case = work.case
    lead = case["lead"] = lead or next_lead(case, work.city, work.now)
    work.deadlines.take(Dispatched(work.at, lead["unit"]))
    announce_lead(work, why, note)


def announce_lead(work: Work, why: str, note: str | None) -> None:
    """The ASSIGN of the lead, an UPDATE for its helpers."""
    case, lead = work.case, work.case["lead"]
    if lead is None:
        return
    if case["first_unit"] is None:
        case["first_unit"] = lead["unit"]
    work.send("ASSIGN", why, lead, note)
    for helper in holders(case)[1:]:
        work.send("UPDATE", why, helper, note)


def next_step(work: Work, coming: HandlingStep) -> Step:
    """One of several handling steps is done: the next is a leg of its own at the same unit, with its own limit."""
    case, lead = work.case, work.case["lead"]
    assert lead is not None, "a step is reported by the lead"
    case["step"] += 1
    case["leg"] += 1
    case["leg_at"] = work.event["occurred_at"]
    work.deadlines.take(StepDone(work.at, coming.limit))
    case["lead"] = party(case, work.city, lead["unit"], "LEAD", work.now, no_route=lead["no_route"])
    announce_lead(work, "next_step", coming.title)
    return Step("APPLIED", running_status(work), "step_done")


def wait_at_desk(work: Work, step: Step, note: str | None) -> Step:
    """Nobody has the case: its clock stands still until the duty desk has decided who gets it."""
    case, lead = work.case, work.case["lead"]
    assert lead is not None, "only who has a case returns it"
    unit = work.city.units[lead["unit"]]
    desk = work.city.desks.get(unit.division or work.city.code) or work.city.desks[work.city.code]
    case["lead"] = None
    work.deadlines.take(Returned(work.at))
    work.send("UPDATE", "waits_for_dispatch", party(case, work.city, desk.code, "LEAD", work.now), note)
    return step._replace(status="SUSPENDED" if case["status"] == "SUSPENDED" else "REGISTERED")


def assign(work: Work, unit: str) -> Step:
    """The command centre gives the case to a unit (派遣, 转派). The unit that had it last goes on with its leg."""
    case, lead = work.case, work.case["lead"]
    if lead is not None and lead["unit"] == unit:
        return Step("RECORDED", None, "same_unit")
    if case["first_unit"] is not None and work.event["occurred_at"] < case["leg_at"]:
        return LATE
    note = work.event["text"]
    if lead is not None:
        work.send("RECALL", "redispatched", lead, note)
    had_it_last = lead is None and case["past_units"][-1:] == [unit]
    if case["first_unit"] is not None and not had_it_last:
        case["leg"] += 1
    case["leg_at"] = work.event["occurred_at"]
    begin_leg(work, "dispatched", note, party(case, work.city, unit, "LEAD", work.now))
    return Step("APPLIED", running_status(work), "dispatched")


def running_status(work: Work) -> Status:
    """DISPATCHED, but SUSPENDED while a suspension holds, whoever has the case."""
    return "SUSPENDED" if work.case["status"] == "SUSPENDED" else "DISPATCHED"
