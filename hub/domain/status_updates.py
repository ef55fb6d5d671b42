"""What the source of a case is told about it: at most one `StatusUpdate` a version of the case, by a table.

What a source said itself is no news to it; what the hub made of it is.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, Literal, NamedTuple, TypedDict, get_args

from hub.domain.case import CaseState, Entry, Status
from hub.domain.city import City
from hub.domain.event import CaseEvent, Kind
from hub.domain.limits import ClockName
from hub.domain.sla import SlaEvent, SlaKind
from hub.domain.transitions import word_of
from hub.domain.work import clock_instant

UpdateStatus = Literal[
    "RECEIVED",
    "DISPATCHED",
    "SIGNED",
    "RETURNED",
    "WHISTLED",
    "EXTENDED",
    "SUSPENDED",
    "RESUMED",
    "STEP_DONE",
    "DONE",
    "ANSWERED",
    "CALLED_BACK",
    "REWORK",
    "CLOSED",
    "WITHDRAWN",
    "MERGED",
    "TIMED_OUT",
]
UPDATE_STATUSES: Final[tuple[UpdateStatus, ...]] = get_args(UpdateStatus)


class StatusUpdate(TypedDict):
    """One change of a case, told to its source (`hub.v1.StatusUpdate`). Nothing of a citizen; `text` is masked.

    `at` is when it came about (epoch ms), `event_id` what brought it about: an event, or a clock's fact.
    """

    update_id: str
    case_id: str
    source: str
    source_case_id: str
    case_version: int
    status: UpdateStatus
    at: int
    event_id: str
    unit: str | None
    text: str | None
    attributes: dict[str, str]


# What an applied word is told as, by the status that the case has then; None: whatever status it has.
_TOLD: Final[dict[tuple[Kind, Status | None], UpdateStatus]] = {
    ("REPORTED", "REGISTERED"): "RECEIVED",
    ("REPORTED", "DISPATCHED"): "DISPATCHED",
    ("REPORTED", "DONE"): "DONE",
    ("REPORTED", "CLOSED"): "DONE",
    ("SIGNED", None): "SIGNED",
    ("RETURNED", None): "RETURNED",
    ("WHISTLED", None): "WHISTLED",
    ("EXTENDED", None): "EXTENDED",
    ("SUSPENDED", None): "SUSPENDED",
    ("RESUMED", None): "RESUMED",
    ("DONE", "DONE"): "DONE",
    ("DONE", "CLOSED"): "DONE",
    ("DONE", None): "STEP_DONE",
    ("ANSWERED", None): "ANSWERED",
    ("VISITED", "DISPATCHED"): "REWORK",
    ("VISITED", None): "CALLED_BACK",
    ("STATE_CHANGED", None): "DISPATCHED",
    ("WITHDRAWN", None): "WITHDRAWN",
    ("MERGED", None): "MERGED",
}
# Applied, and yet nothing that the source must know: a call that nobody answered has no result.
_UNTOLD_REASONS: Final = frozenset({"not_reached"})
# What the hub makes of a word of the source itself is news; all else of the table that source has said.
_NEWS: Final[frozenset[tuple[Kind, UpdateStatus]]] = frozenset(
    {("REPORTED", "RECEIVED"), ("REPORTED", "DISPATCHED"), ("VISITED", "REWORK")}
)
# What clocks say, the first of these that came. Warnings, signatures and formal letters are the city's own affair.
_BY_CLOCK: Final[dict[tuple[SlaKind, ClockName], UpdateStatus]] = {
    ("AUTO_RESUMED", "handle"): "RESUMED",
    ("AUTO_RESUMED", "total"): "RESUMED",
    ("FIRST_TIMEOUT", "handle"): "TIMED_OUT",
}
_WITH_REASON: Final = frozenset({"RETURNED", "WHISTLED", "EXTENDED", "SUSPENDED"})
_WITH_TEXT: Final = _WITH_REASON | {
    "STEP_DONE", "DONE", "ANSWERED", "CALLED_BACK", "REWORK", "WITHDRAWN", "MERGED"
}  # fmt: skip

_ID: Final = re.compile("(UP-[0-9a-f]{20})-([1-9][0-9]{0,8})")


class Before(NamedTuple):
    """How a case stood before it was changed: its status, the lead's dispatch and unit."""

    status: Status
    dispatch_id: str | None
    unit: str | None


def before(case: CaseState) -> Before:
    """To be taken before the case is changed."""
    lead = case["lead"]
    if lead is None:
        return Before(case["status"], None, None)
    return Before(case["status"], lead["dispatch_id"], lead["unit"])


def told_of_event(
    was: Before, case: CaseState, event: CaseEvent, entry: Entry, facts: Sequence[SlaEvent], city: City
) -> StatusUpdate | None:
    """What the source is told of one event and what it led to, else of the clocks it passed by; often nothing."""
    status = _of_event(was, case, event, entry)
    if status is None:
        return told_of_time(case, facts, city) if facts else None
    is_own = event["source"] == case["source"]
    update = _update(case, status, clock_instant(event), event["event_id"], city)
    update["text"] = None if is_own else _text(status, case, event)
    attributes = update["attributes"]
    if case["status"] == "CLOSED":
        attributes["closed"] = "true"
    if was.unit not in (None, update["unit"]):
        attributes["from_unit"] = was.unit or ""
    for name, value in _details(status, case, event, entry).items():
        if value:
            attributes[name] = value
    breach = next((one for one in facts if _BY_CLOCK.get((one["outcome"], one["clock"])) == "TIMED_OUT"), None)
    if breach is not None:
        attributes["timed_out_at"] = str(breach["happened_at"])
    return update


def told_of_time(case: CaseState, facts: Sequence[SlaEvent], city: City) -> StatusUpdate | None:
    """What the source is told of what its clocks did by themselves; mostly nothing."""
    for fact in facts:
        status = _BY_CLOCK.get((fact["outcome"], fact["clock"]))
        if status is not None:
            at = fact["happened_at"]
            return _update(case, status, fact["at"] if at is None else at, fact["sla_event_id"], city)
    return None


def update_id(case_id: str, version: int) -> str:
    """A function of case and version, in plain ASCII: `UP-`, 20 hex digits, `-` and the version."""
    digest = blake2b(f"{case_id}\n{version}".encode(), digest_size=10).hexdigest()
    return f"UP-{digest}-{version}"


def has_id_form(text: str) -> bool:
    """Whether a text has the form of an update id: nothing else is carried as one."""
    return _ID.fullmatch(text) is not None


def version_of(update: str, case_id: str) -> int | None:
    """The version of the case that an update id is of; None where it is not one of this case."""
    found = _ID.fullmatch(update)
    if found is None or update_id(case_id, int(found[2])) != update:
        return None
    return int(found[2])


def _of_event(was: Before, case: CaseState, event: CaseEvent, entry: Entry) -> UpdateStatus | None:
    word = word_of(event)
    status = _of_word(word, case, entry)
    if status is None:
        # A word that gives the case to another unit by the way: a level that rose with an urge, for example.
        lead = case["lead"]
        return "DISPATCHED" if lead is not None and lead["dispatch_id"] != was.dispatch_id else None
    if event["source"] != case["source"] or (word, status) in _NEWS:
        return status
    # The source has said so itself. That nobody is owed a call-back any more is the hub's finding.
    is_closed = case["status"] == "CLOSED" and was.status != "CLOSED"
    return "CLOSED" if is_closed and event["attributes"].get("state") != "CLOSED" else None


def _of_word(word: Kind, case: CaseState, entry: Entry) -> UpdateStatus | None:
    if entry["outcome"] != "APPLIED" or entry["reason"] in _UNTOLD_REASONS:
        return None
    return _TOLD.get((word, case["status"])) or _TOLD.get((word, None))


def _update(case: CaseState, status: UpdateStatus, at: int, cause: str, city: City) -> StatusUpdate:
    lead, level, tier = case["lead"], case["level"], case["tier"]
    attributes = {"cycle": str(case["cycle"])}
    if level is not None and tier is not None:
        attributes["level"], attributes["tier"] = level, tier
    if lead is not None:
        unit = city.units.get(lead["unit"])
        attributes["unit_name"] = unit.name if unit is not None else lead["unit"]
    due = next((one["due_at"] for one in case["clocks"] if one["name"] == "handle" and one["end"] is None), None)
    if due is not None:
        attributes["due_at"] = str(due)
    return {
        "update_id": update_id(case["case_id"], case["version"]),
        "case_id": case["case_id"],
        "source": case["source"],
        "source_case_id": case["source_case_id"],
        "case_version": case["version"],
        "status": status,
        "at": at,
        "event_id": cause,
        "unit": lead["unit"] if lead is not None else None,
        "text": None,
        "attributes": attributes,
    }


def _text(status: UpdateStatus, case: CaseState, event: CaseEvent) -> str | None:
    """The words that belong to the status: a reason, an answer, what a caller said; masked as in the event."""
    if status not in _WITH_TEXT:
        return None
    if status in _WITH_REASON:
        return event["attributes"].get("reason") or event["text"]
    return event["text"] or (case["answer"] if status in ("DONE", "ANSWERED") else None)


def _details(status: UpdateStatus, case: CaseState, event: CaseEvent, entry: Entry) -> dict[str, str | None]:
    said = event["attributes"]
    if status in ("CALLED_BACK", "REWORK"):
        result = entry["reason"].removeprefix("rework_").upper()
        return {
            "result": result,
            "solved": said.get("visit_solved"),
            "satisfaction": said.get("visit_satisfaction"),
        }
    if status == "SUSPENDED":
        suspension = case["suspension"]
        until = suspension["end_at"] if suspension is not None else None
        return {"until": str(until) if until is not None else None}
    if status == "MERGED":
        return {"merged_into": case["merged_into"]}
    return {}
