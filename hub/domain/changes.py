"""What an applied word changes: one function a word, on a working copy of the case."""

from collections.abc import Callable
from typing import Final

from hub.domain.assignment import assess, blow_up, party, reassess, set_level, would_move
from hub.domain.call_backs import REWORKABLE, ended_for_good, signed_off, verify, visit, work_ended
from hub.domain.case import ENDED, CaseState, Party
from hub.domain.clock_events import Registered, Signed
from hub.domain.event import CaseEvent, Kind
from hub.domain.legs import assign, begin_leg, next_leg, next_step, wait_at_desk
from hub.domain.tiers import LEVELS, WhistleLevel
from hub.domain.time_changes import appeal, extend, recalculate, resume, suspend
from hub.domain.transitions import Step
from hub.domain.words import add_reporter, add_words
from hub.domain.work import Work

_CITIZENS_WORDS: Final[frozenset[Kind]] = frozenset({"REPORTED", "SUPPLEMENTED", "URGED"})


def report(work: Work, step: Step) -> Step:
    """The case arrives: its level is decided, and it is dispatched unless the reporter deals with it itself."""
    case, event = work.case, work.event
    case["channel"] = event["channel"]
    case["secret"] = event["reporter"]["secret"]
    case["location"] = event["location"]
    case["category"] = event["category"]
    case["urgency"] = event["urgency"] or "NORMAL"
    case["title"] = event["title"]
    case["text"] = event["text"]
    case["attachments"] = event["attachments"]
    case["attributes"] = event["attributes"]
    case["reported_at"] = event["occurred_at"]
    case["leg_at"] = event["occurred_at"]
    add_reporter(case, event)
    set_level(case, assess(case, work.city, event["occurred_at"]))
    work.deadlines.relimit(work.at)
    work.deadlines.take(Registered(work.at))
    if not _asks_for_dispatch(event):
        if event["attributes"].get("self_handled") == "true":
            return _ended(work, Step("APPLIED", "DONE", "self_handled"))
        return Step("APPLIED", "REGISTERED", "direct")
    begin_leg(work, "reported", None)
    return step


def hand_over(work: Work) -> Step | None:
    """A further report asks for a dispatch that the first one did not need; None where it does not.

    Never a second transition of a dispatched case: it only gives an undispatched one its first dispatch.
    """
    case = work.case
    said_handled = case["attributes"].get("self_handled") == "true"
    was_self_handled = said_handled and case["status"] in ("DONE", "CLOSED") and case["lead"] is None
    is_undispatched = case["first_unit"] is None and (case["status"] == "REGISTERED" or was_self_handled)
    if work.event["kind"] != "REPORTED" or not is_undispatched or not _asks_for_dispatch(work.event):
        return None
    add_words(case, work.event)
    case["attributes"] = work.event["attributes"]
    case["status"] = "DISPATCHED"
    case["closed_at"] = case["signed_off_at"] = None
    if was_self_handled:
        case["call_backs"] = []
        work.deadlines.reopen(work.at)
    reassess(case, work.city)
    work.deadlines.relimit(work.at)
    begin_leg(work, "handed_over", None)
    return Step("APPLIED", "DISPATCHED", "handed_over")


def supplement(work: Work, step: Step) -> Step:
    """More was said: the holders get it; the level may rise."""
    return _said(work, step, "supplemented")


def urge(work: Work, step: Step) -> Step:
    """The citizen urges: counted, and passed to the holders; the level may rise."""
    work.case["urged"] += 1
    work.case["urged_in_cycle"] += 1
    return _said(work, step, "urged")


def withdraw(work: Work, step: Step) -> Step:
    """The citizen takes the case back, or citymgmt voids it: whoever holds it may stop."""
    work.recall_holders("withdrawn", work.event["text"])
    work.case["closed_at"] = work.event["occurred_at"]
    ended_for_good(work, "withdrawn")
    return step


def merge(work: Work, step: Step) -> Step:
    """The case goes on as another one (并单): whoever holds this one may stop."""
    work.recall_holders("merged", work.event["text"])
    work.case["closed_at"] = work.event["occurred_at"]
    work.case["merged_into"] = work.event["attributes"].get("merged_into")
    ended_for_good(work, "merged")
    return step


def answer(work: Work, step: Step) -> Step:
    """The hotline has answered the citizen: nothing is left to do for whoever holds the case."""
    work.recall_holders("answered", work.event["text"])
    return _ended(work, step)


def sign(work: Work, step: Step) -> Step:
    """The lead signs; in a suspended case the suspension goes on."""
    lead = work.case["lead"]
    if lead is None:
        return step
    if lead["signed_at"] is not None:
        return Step("RECORDED", None, "already_signed")
    work.case["lead"] = {**lead, "signed_at": work.event["occurred_at"]}
    work.deadlines.take(Signed(work.at))
    return step


def send_back(work: Work, step: Step) -> Step:
    """The lead returns the case: the next candidate gets it, in the end a duty desk; or it waits for a decision."""
    case = work.case
    lead = case["lead"]
    if lead is None:
        return step
    reason = work.event["attributes"].get("reason")
    work.send("RECALL", "returned", lead, reason)
    case["returned"] += 1
    case["past_units"] = [*case["past_units"], lead["unit"]]
    reassess(case, work.city)
    if work.policy.on_return == "desk":
        work.deadlines.relimit(work.at)
        return wait_at_desk(work, step, reason)
    work.deadlines.renew_limits()
    return next_leg(work, step, "returned", reason)


def whistle(work: Work, step: Step) -> Step:
    """The street blows the case up a tier; the departments it calls for report in beside a new lead."""
    case, event, city = work.case, work.event, work.city
    lead, tier = case["lead"], case["tier"]
    if lead is None:
        return step
    reason = event["attributes"].get("reason")
    blow_up(case, city, _asked_level(event))
    if case["tier"] == tier or not would_move(case, city, work.now):
        # No tier above, or its desk has the case already: the lead stays and gets help.
        work.deadlines.relimit(work.at)
        step = Step("APPLIED", case["status"], step.reason or "same_lead")
        work.send("UPDATE", "whistled", lead, reason)
    else:
        work.deadlines.renew_limits()
        work.send("RECALL", "whistled", lead, reason)
        step = next_leg(work, step, "whistled", reason)
    _call_in(work, reason)
    return step


def finish(work: Work, step: Step) -> Step:
    """The lead is done, and so is the case, or its present step. Whoever else still works on it is told to stop."""
    case, event = work.case, work.event
    if step.outcome == "RECORDED":
        return verify(work, step)
    lead = case["lead"]
    if lead is not None and lead["dispatch_id"] == event["attributes"].get("dispatch_id"):
        steps = work.deadlines.steps()
        if case["status"] not in ENDED and case["step"] + 1 < len(steps):
            case["answer"] = event["text"] or case["answer"]
            return next_step(work, steps[case["step"] + 1])
        lead = case["lead"] = {**lead, "done_at": event["occurred_at"]}
    work.recall_holders("done", event["text"])
    if lead is not None and lead["done_at"] is None:
        case["lead"] = {**lead, "done_at": event["occurred_at"]}
    return verify(work, _ended(work, step))


def dispatch(work: Work, step: Step) -> Step:
    """A state of the reporting system is only noted, unless it gives the case to a unit that the city knows."""
    attributes = work.event["attributes"]
    unit = attributes.get("dept_code", "")
    if attributes.get("state") != "DISPATCHED" or unit not in work.city.units:
        return Step("RECORDED", None, step.reason)
    return assign(work, unit)


def mark_lead(work: Work) -> None:
    """A signature or completion that came late, yet of the last leg, is noted on the lead; the status stays."""
    case, occurred_at = work.case, work.event["occurred_at"]
    lead = case["lead"]
    if lead is None or case["status"] not in ENDED or occurred_at < case["leg_at"]:
        return
    if work.event["kind"] == "SIGNED" and lead["signed_at"] is None:
        case["lead"] = {**lead, "signed_at": occurred_at}
    elif work.event["kind"] == "DONE" and lead["done_at"] is None:
        case["lead"] = {**lead, "done_at": occurred_at}


def mark_co_handler(work: Work, which: Party) -> None:
    """A co-handler's own signature and completion are noted on its part; the case is the lead's to finish."""
    marked: Party = {**which}
    if work.event["kind"] == "SIGNED" and which["signed_at"] is None:
        marked["signed_at"] = work.event["occurred_at"]
    elif work.event["kind"] == "DONE" and which["done_at"] is None:
        marked["done_at"] = work.event["occurred_at"]
    case = work.case
    case["co_handlers"] = [marked if one is which else one for one in case["co_handlers"]]


def note_revision(work: Work, reason: str) -> Step:
    """Other content under a known id, or a second report: news for the holders, never a second transition."""
    if work.event["kind"] in _CITIZENS_WORDS:
        return _said(work, Step("RECORDED", None, reason), reason)
    if work.event["text"]:
        work.tell_holders(reason, work.event["text"])
    return Step("RECORDED", None, reason)


def _said(work: Work, step: Step, why: str) -> Step:
    """Words of citizens. A closed case takes a word from before its end into its level, and tells nobody."""
    case, event = work.case, work.event
    lead, tier = case["lead"], case["tier"]
    known = _weight(case)
    add_words(case, event)
    # Most words carry nothing that a level rule looks at; an urge always does.
    is_weighty = event["kind"] == "URGED" or _weight(case) != known
    if case["status"] in ENDED:
        # One who urges a finished case is heard for its level; a withdrawn one is over.
        is_heard = case["status"] in REWORKABLE or _is_before_the_end(case, event)
        if is_weighty and is_heard:
            reassess(case, work.city)
            work.deadlines.relimit(work.at)
        return step
    has_risen = is_weighty and reassess(case, work.city)
    if lead is not None and case["tier"] != tier and would_move(case, work.city, work.now):
        work.deadlines.renew_limits()
        work.send("RECALL", "level_raised", lead, None)
        return next_leg(work, step, "level_raised", event["text"])
    if is_weighty:
        work.deadlines.relimit(work.at)
    if lead is None:
        return step
    work.tell_holders("level_raised" if has_risen else why, event["text"])
    return step


def _is_before_the_end(case: CaseState, event: CaseEvent) -> bool:
    return case["closed_at"] is not None and event["occurred_at"] < case["closed_at"]


def _weight(case: CaseState) -> tuple[object, ...]:
    """What level rules look at and citizens' words can change."""
    location = case["location"]
    division = location["division"] if location is not None else None
    return case["urgency"], case["category"], division, len(case["reporters"]), case["secret"]


def _call_in(work: Work, note: str | None) -> None:
    """Dispatches to the departments a whistle calls for; codes that are no unit are kept, not lost."""
    case = work.case
    lead = case["lead"]
    taken = {one["unit"] for one in case["co_handlers"]} | ({lead["unit"]} if lead else set())
    for code in work.event["attributes"].get("targets", "").split(","):
        target = code.strip()
        if not target or target in taken:
            continue
        taken.add(target)
        if target in work.city.units:
            helper = party(case, work.city, target, "CO_HANDLER", work.now)
            case["co_handlers"] = [*case["co_handlers"], helper]
            work.send("ASSIGN", "whistled", helper, note)
        elif target not in case["unknown_targets"]:
            case["unknown_targets"] = [*case["unknown_targets"], target]


def _ended(work: Work, step: Step) -> Step:
    """Done or answered: the citizen has an answer, the callers are owed a call-back, if there are any to call."""
    case, event = work.case, work.event
    case["closed_at"] = event["occurred_at"]
    if event["kind"] != "REPORTED":
        case["answer"] = event["text"] or case["answer"]
    case["suspension"] = None
    lead = case["lead"]
    work_ended(work, lead["unit"] if lead is not None else None)
    return signed_off(work, step)


def _asks_for_dispatch(event: CaseEvent) -> bool:
    """Neither answered by the hotline itself (直接办理) nor already handled by the grid worker who reports it."""
    attributes = event["attributes"]
    return attributes.get("handle_mode") != "DIRECT" and attributes.get("self_handled") != "true"


def _asked_level(event: CaseEvent) -> WhistleLevel | None:
    asked = event["attributes"].get("whistle_level")
    return next((level for level in LEVELS if level == asked), None)


CHANGES: Final[dict[Kind, Callable[[Work, Step], Step]]] = {
    "REPORTED": report,
    "SUPPLEMENTED": supplement,
    "URGED": urge,
    "WITHDRAWN": withdraw,
    "ANSWERED": answer,
    "SIGNED": sign,
    "RETURNED": send_back,
    "WHISTLED": whistle,
    "EXTENDED": extend,
    "SUSPENDED": suspend,
    "RESUMED": resume,
    "DONE": finish,
    "VISITED": visit,
    "STATE_CHANGED": dispatch,
    "MERGED": merge,
    "APPEALED": appeal,
    "RECALCULATED": recalculate,
}
# Recorded all the same, these leave a trace beyond the list of decisions.
TRACES: Final[frozenset[Kind]] = frozenset({"SUPPLEMENTED", "URGED", "SUSPENDED", "RESUMED", "DONE"})
