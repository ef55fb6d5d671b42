"""What one event does to one case: the new state, and what endpoints must be told."""

from dataclasses import dataclass, field

from hub.domain.case import CaseState, Entry, Position, awaited
from hub.domain.changes import CHANGES, TRACES, Work, hand_over, mark_co_handler, mark_lead, note_revision
from hub.domain.city import City
from hub.domain.dispatch import Dispatch
from hub.domain.event import CaseEvent, Kind
from hub.domain.guards import LATE, co_handler_of, guard
from hub.domain.transitions import Step, step_of, word_of


@dataclass(slots=True, frozen=True)
class Decision:
    """The new state (None: nothing changed), what goes to endpoints, and the entries this event brought about.

    There are several entries when a report lets the events parked before it in.
    """

    case: CaseState | None
    dispatches: list[Dispatch] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def decide(event: CaseEvent, case: CaseState | None, city: City, position: Position) -> Decision:
    """What one event does to one case.

    Pure: the same arguments give the same decision and none is changed, so a replay is a proof. The only clock is
    the event's own (`occurred_at`, `received_at`). `position` is where the event stands in the unified topic.
    """
    event_id = event["event_id"]
    if case is not None and any(entry["event_id"] == event_id for entry in case["decisions"]):
        return Decision(None)
    now = event["received_at"]
    work: CaseState = {**case} if case is not None else awaited(event["case_id"])
    parked = work["parked"]
    if work["status"] == "AWAITED" and event["kind"] != "REPORTED":
        entry = _entry(work, event, Step("PARKED", "AWAITED", "early"), position, [])
        work["parked"] = [*parked, event]
        work["decisions"] = [*work["decisions"], entry]
        return Decision(work, [], [entry])
    positions = {entry["event_id"]: entry for entry in work["decisions"]} if parked else {}
    if parked:
        work["parked"] = []
        work["decisions"] = []
    dispatches, entries = _take(work, event, city, now, position, was_parked=False)
    for early in sorted(parked, key=_by_time):
        was = positions[early["event_id"]]
        at = Position(was["event_partition"], was["event_offset"])
        more, entry_list = _take(work, early, city, now, at, was_parked=True)
        dispatches += more
        entries += entry_list
    return Decision(work, dispatches, entries)


def _take(
    case: CaseState, event: CaseEvent, city: City, now: int, position: Position, *, was_parked: bool
) -> tuple[list[Dispatch], list[Entry]]:
    """Take one event into the working copy; it ends as exactly one entry."""
    from_status = case["status"]
    case["version"] += 1
    work = Work(case, event, city, now)
    step = _step(work)
    if step.status is not None:
        case["status"] = step.status
    if step.outcome == "APPLIED":
        case["last_at"] = max(case["last_at"], event["occurred_at"])
    seen = _seen_id(case, event)
    if seen not in case["seen"]:
        case["seen"] = [*case["seen"], seen]
    if was_parked and not step.reason:
        step = step._replace(reason="was_parked")
    ids = list(dict.fromkeys(sent["dispatch_id"] for sent in work.dispatches))
    entry = _entry(case, event, step, position, ids)
    if from_status != "AWAITED":
        entry["from_status"] = from_status
    case["decisions"] = [*case["decisions"], entry]
    return work.dispatches, [entry]


def _step(work: Work) -> Step:
    """The table's step after the guards, with its changes made."""
    case, event = work.case, work.event
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
        return CHANGES[word](work, step)
    if step == LATE:
        mark_lead(work)
    return step


def _seen_id(case: CaseState, event: CaseEvent) -> str:
    """The source event id; with its source where another system than the case's own speaks."""
    if event["source"] == case["source"]:
        return event["source_event_id"]
    return f"{event['source']}:{event['source_event_id']}"


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
