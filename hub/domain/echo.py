"""Whether an event only gives back what the hub wrote to its source: such an echo changes nothing (the loop guard).

Without it a late echo of an earlier status would undo a later one, be written back, and come again.
"""

from typing import Final

from hub.domain.case import CaseState, Entry
from hub.domain.dispatch import dispatch_id
from hub.domain.event import CaseEvent, Kind
from hub.domain.status_updates import version_of
from hub.domain.transitions import Step

ECHO: Final = Step("RECORDED", None, "echo")

# The words of others by which the hub came to tell a source what its states mean.
_TOLD_BY: Final[dict[str, frozenset[Kind]]] = {
    "HANDLED": frozenset({"DONE"}),
    "CLOSED": frozenset({"DONE", "VISITED"}),
    "VOIDED": frozenset({"WITHDRAWN", "MERGED"}),
}


def is_echo(case: CaseState, event: CaseEvent) -> bool:
    """It names an update of the case, or repeats a state that the hub told of, to the second.

    Only the case's own source can echo: nobody else is written to.
    """
    if event["source"] != case["source"]:
        return False
    named = event["attributes"].get("update_id")
    if named is not None:
        version = version_of(named, case["case_id"])
        return version is not None and version < case["version"]
    return event["kind"] == "STATE_CHANGED" and any(_repeats(case, event, entry) for entry in case["decisions"])


def _repeats(case: CaseState, event: CaseEvent, entry: Entry) -> bool:
    if entry["outcome"] != "APPLIED" or entry["at"] // 1000 != event["occurred_at"] // 1000:
        return False
    state = event["attributes"].get("state", "")
    if state == "DISPATCHED":
        return _sent_to(case, entry, event["attributes"].get("dept_code", ""))
    if state == "CLOSED" and entry["to_status"] != "CLOSED":
        return False
    return entry["kind"] in _TOLD_BY.get(state, frozenset())


def _sent_to(case: CaseState, entry: Entry, unit: str) -> bool:
    """Whether the entry dispatched the case to the unit: of which cycle and leg, only the dispatch id tells."""
    cycles, legs = range(1, case["cycle"] + 1), range(1, len(case["decisions"]) + 2)
    return any(
        dispatch_id(case["case_id"], cycle, leg, unit, "LEAD") in entry["dispatch_ids"]
        for cycle in cycles
        for leg in legs
    )
