"""What one event, or the passing of time, does to one case: the new state, and what the world must be told."""

from dataclasses import dataclass, field

from hub.domain.case import ENDED, CaseState, Entry, Position, awaited
from hub.domain.changes import CHANGES, TRACES, hand_over, mark_co_handler, mark_lead, note_revision
from hub.domain.city import City
from hub.domain.deadlines import Deadlines, Telling
from hub.domain.dispatch import Dispatch
from hub.domain.echo import ECHO, is_echo
from hub.domain.event import CaseEvent, Kind
from hub.domain.guards import co_handler_of, guard
from hub.domain.instants import from_epoch_ms
from hub.domain.sla import LetterRequest, Notice, SlaEvent
from hub.domain.status_updates import StatusUpdate, before, told_of_event, told_of_time
from hub.domain.time_changes import resume_by_itself
from hub.domain.transitions import LATE, Step, step_of, word_of
from hub.domain.work import Work, clock_instant


@dataclass(slots=True)
class Decision:
    """The new state (None: nothing changed), and everything that follows from it.

    There are several entries when a report lets the events parked before it in. `next_timer` is the instant (epoch
    ms) at which the case must be looked at again.
    """

    case: CaseState | None
    dispatches: list[Dispatch] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    events: list[SlaEvent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    letters: list[LetterRequest] = field(default_factory=list)
    updates: list[StatusUpdate] = field(default_factory=list)
    next_timer: int | None = None

    def add(self, deadlines: Deadlines) -> None:
        """What the clocks have to tell; they go back into the case."""
        self.events += deadlines.events
        self.notices += deadlines.notices
        self.letters += deadlines.letters
        self.next_timer = deadlines.next_timer()
        deadlines.write()


def decide(
    event: CaseEvent, case: CaseState | None, city: City, position: Position, telling: Telling | None = None
) -> Decision:
    """What one event does to one case.

    Pure: the same arguments give the same decision and none is changed, so a replay is a proof. The state follows
    from the event's own clocks (`occurred_at`, `received_at`); `telling` enters messages alone, without it they are
    told at once. `position` is where the event stands in the unified topic.
    """
    event_id = event["event_id"]
    if case is not None and any(entry["event_id"] == event_id for entry in case["decisions"]):
        return Decision(None)
    work: CaseState = {**case} if case is not None else awaited(event["case_id"])
    if work["status"] == "AWAITED" and event["kind"] != "REPORTED":
        entry = _entry(work, event, Step("PARKED", "AWAITED", "early"), position, [])
        work["parked"] = [*work["parked"], event]
        work["decisions"] = [*work["decisions"], entry]
        return Decision(work, [], [entry])
    decision = Decision(work)
    told = telling or Telling(event["received_at"])
    is_report = work["status"] == "AWAITED"
    _take(decision, event, city, event["received_at"], position, told, was_parked=False)
    while work["parked"] and (is_report or work["status"] in ENDED):
        is_report = False
        _let_in(decision, city, event["received_at"], told)
    return decision


def pass_time(case: CaseState, city: City, until: int, telling: Telling) -> Decision:
    """What happens by itself up to and including an instant (epoch ms): rungs of clocks, the end of a suspension.

    Pure as `decide`: the state follows from the case and the instant, whenever the hub came to it.
    """
    work: CaseState = {**case}
    work["version"] += 1
    deadlines = Deadlines(work, city, until, telling, only_due=True)
    resume_by_itself(deadlines, until, inclusive=True)
    deadlines.fire(from_epoch_ms(until))
    if not deadlines.events:
        return Decision(None, next_timer=deadlines.next_timer())
    decision = Decision(work)
    decision.add(deadlines)
    update = told_of_time(work, deadlines.events, city)
    if update is not None:
        decision.updates.append(update)
    return decision


def _let_in(decision: Decision, city: City, now: int, telling: Telling) -> None:
    """What was said too early is taken now, in the order in which it happened: all of it, or it is parked again.

    Before its report that is anything; before the work is done, the result of a call-back.
    """
    case = decision.case
    assert case is not None, "a decision under way has a case"
    parked, case["parked"] = case["parked"], []
    for early in sorted(parked, key=_by_time):
        was = next(entry for entry in case["decisions"] if entry["event_id"] == early["event_id"])
        case["decisions"] = [entry for entry in case["decisions"] if entry is not was]
        at = Position(was["event_partition"], was["event_offset"])
        _take(decision, early, city, now, at, telling, was_parked=True)


def _take(
    decision: Decision,
    event: CaseEvent,
    city: City,
    now: int,
    position: Position,
    telling: Telling,
    *,
    was_parked: bool,
) -> None:
    """Take one event into the working copy; it ends as exactly one entry."""
    case = decision.case
    assert case is not None, "a decision under way has a case"
    was = before(case)
    case["version"] += 1
    if not case["policy_version"]:
        on = city.local_date(event["received_at"])
        case["limits_version"], case["policy_version"] = city.limits_at(on).version, city.policy_at(on).version
    telling = telling._replace(event_id=event["event_id"], heard_at=max(now, event["received_at"]))
    deadlines = Deadlines(case, city, event["received_at"], telling)
    work = Work(case, _as_heard(event), city, now, deadlines, was_parked)
    # The result of a call-back that comes before its completion says nothing about the time until then.
    if event["kind"] != "VISITED" or case["status"] in ENDED:
        resume_by_itself(deadlines, clock_instant(event), inclusive=False)
        deadlines.reach(work.at)
    from_status = case["status"]
    step = _step(work)
    if step.outcome == "PARKED":
        case["parked"] = [*case["parked"], event]
    if step.status is not None:
        case["status"] = step.status
    if step.outcome == "APPLIED":
        case["last_at"] = max(case["last_at"], clock_instant(event))
    seen = _seen_id(case, event)
    if seen not in case["seen"] and step.outcome != "PARKED" and step != ECHO:
        case["seen"] = [*case["seen"], seen]
    if was_parked and not step.reason:
        step = step._replace(reason="was_parked")
    ids = list(dict.fromkeys(sent["dispatch_id"] for sent in work.dispatches))
    entry = _entry(case, event, step, position, ids)
    if from_status != "AWAITED":
        entry["from_status"] = from_status
    case["decisions"] = [*case["decisions"], entry]
    decision.dispatches += work.dispatches
    decision.entries.append(entry)
    decision.add(deadlines)
    update = told_of_event(was, case, event, entry, deadlines.events, city)
    if update is not None:
        decision.updates.append(update)


def _step(work: Work) -> Step:
    """The table's step after the guards, with its changes made."""
    case, event = work.case, work.event
    if is_echo(case, event):
        return ECHO
    if _seen_id(case, event) in case["seen"]:
        return hand_over(work) or note_revision(work, "revision")
    if case["status"] != "AWAITED" and event["kind"] == "REPORTED":
        return hand_over(work) or note_revision(work, "second_report")
    helper = co_handler_of(case, event)
    if helper is not None:
        mark_co_handler(work, helper)
        return Step("RECORDED", None, "co_handler")
    word: Kind = word_of(event)
    step = guard(case, event, word, step_of(case["status"], word), work.city)
    if word != event["kind"] and not step.reason:
        step = step._replace(reason=f"state_{event['attributes']['state'].lower()}")
    if step.outcome == "APPLIED" or (step.outcome == "RECORDED" and word in TRACES and step != LATE):
        change = CHANGES.get(word)
        return change(work, step) if change is not None else step
    if step == LATE:
        mark_lead(work)
    return step


def _seen_id(case: CaseState, event: CaseEvent) -> str:
    """The source event id; with its source where another system than the case's own speaks."""
    if event["source"] == case["source"]:
        return event["source_event_id"]
    return f"{event['source']}:{event['source_event_id']}"


def _as_heard(event: CaseEvent) -> CaseEvent:
    """An event from the future happened when the hub heard of it: no clock that is ahead keeps later words out."""
    instant = clock_instant(event)
    return event if instant == event["occurred_at"] else {**event, "occurred_at": instant}


def _by_time(event: CaseEvent) -> tuple[int, str]:
    return event["occurred_at"], event["event_id"]


def _entry(case: CaseState, event: CaseEvent, step: Step, position: Position, dispatch_ids: list[str]) -> Entry:
    return {
        "version": case["version"],
        "event_id": event["event_id"],
        "kind": event["kind"],
        "at": event["occurred_at"],
        "outcome": step.outcome,
        "reason": step.reason,
        "from_status": None,
        "to_status": case["status"],
        "event_partition": position.partition,
        "event_offset": position.offset,
        "dispatch_ids": dispatch_ids,
    }
