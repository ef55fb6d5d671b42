"""What a missed deadline asks for: reminders at the first timeout, a letter and a list entry at the second."""

from hashlib import blake2b

from hub.domain.case import CaseState, Supervision
from hub.domain.city import City, place_of
from hub.domain.limits import ClockName
from hub.domain.notice_texts import call_back_text, reminder_text
from hub.domain.routing import endpoint_for
from hub.domain.sla import LetterRequest, Notice, NoticeKind, RecipientRole, SlaEvent

_DIGEST_BYTES = 16


def responsible(case: CaseState, city: City, clock: ClockName) -> tuple[str, str]:
    """The unit that answers for a clock, and its endpoint: the lead; for call-backs the unit that makes them.

    While nobody holds the case its duty desk answers.
    """
    lead = case["lead"]
    if clock == "call_back":
        unit = city.policy_of(case["policy_version"]).call_back_unit or city.desks[city.code].code
    elif lead is not None:
        return lead["unit"], lead["endpoint_id"]
    else:
        location = case["location"]
        division = location["division"] if location is not None else None
        unit = (city.desks.get(division or city.code) or city.desks[city.code]).code
    on = city.local_date(case["closed_at"] or case["reported_at"])
    return unit, endpoint_for(city, unit, case["case_id"], on).endpoint_id


def reminders(case: CaseState, city: City, event: SlaEvent) -> list[Notice]:
    """The text messages of a first timeout: to the endpoint that has the case, and to its unit's contact."""
    unit_code, endpoint_id = event["unit"] or "", event["endpoint_id"] or ""
    unit = city.units.get(unit_code)
    name = unit.name if unit is not None else unit_code
    recipients: tuple[tuple[str, RecipientRole], ...] = ((endpoint_id, "endpoint"), (unit_code, "unit"))
    found = []
    for recipient, role in recipients:
        due_at = event["due_at"] or 0
        text = reminder_text(
            name, event["clock"], subject_of(case), case["case_id"], due_at, event["late"], role == "endpoint"
        )
        notice = _notice("SMS", f"{event['sla_event_id']}\n{role}", recipient, role, event, text)
        notice["attributes"] = {"clock": event["clock"], "leg": str(event["leg"])}
        found.append(notice)
    return found


def call_back_task(case: CaseState, event: SlaEvent, number: int) -> Notice:
    """One caller is to be called back: a task for the unit that does it. `number` counts a cycle's callers."""
    text = call_back_text(subject_of(case), case["case_id"], event["due_at"])
    name = f"{case['case_id']}\ncall_back\n{case['cycle']}\n{number}"
    notice = _notice("CALL_BACK_TASK", name, event["unit"] or "", "call_back", event, text)
    notice["attributes"] = {"caller": str(number)}
    return notice


def entry_of(request: LetterRequest) -> Supervision:
    """The entry on the supervision list that a second timeout opens, on the list of that day's division."""
    return {
        "entry_id": request["entry_id"],
        "clock": request["clock"],
        "cycle": request["cycle"],
        "leg": request["leg"],
        "opened_at": request["second_due_at"] or 0,
        "removed_at": None,
        "division": request["division"],
    }


def issue_request(case: CaseState, city: City, event: SlaEvent, first_due: int | None) -> LetterRequest:
    """Asks for the numbered letter, its copy for the leader in charge, and the entry."""
    return _request(case, city, "ISSUE", event, first_due, None)


def removal_request(case: CaseState, city: City, entry: Supervision, event: SlaEvent, reason: str) -> LetterRequest:
    """Asks for the removal of an entry; `event` is the closing that allows it."""
    request = _request(case, city, "REMOVE", event, None, reason)
    request["entry_id"], request["division"] = entry["entry_id"], entry["division"]
    request["clock"], request["cycle"], request["leg"] = entry["clock"], entry["cycle"], entry["leg"]
    request["second_due_at"] = entry["opened_at"]
    return request


def fact_id(*parts: object) -> str:
    """A deterministic id, 32 hex digits, of what it is an id of."""
    text = "\n".join(["" if part is None else str(part) for part in parts])
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def subject_of(case: CaseState) -> str:
    """What a case is about in the words of its category: never a citizen's."""
    category = case["category"]
    return (category["path"] or category["code"] or "") if category is not None else ""


def _request(
    case: CaseState, city: City, kind: str, event: SlaEvent, first_due: int | None, reason: str | None
) -> LetterRequest:
    unit = city.units.get(event["unit"] or "")
    tier = unit.tier if unit is not None else "city"
    place = place_of(unit, city.code) if unit is not None else city.code
    return {
        "entry_id": event["sla_event_id"],
        "kind": "ISSUE" if kind == "ISSUE" else "REMOVE",
        "case_id": case["case_id"],
        "case_version": case["version"],
        "cycle": event["cycle"],
        "leg": event["leg"],
        "clock": event["clock"],
        "division": event["division"] or city.code,
        "tier": tier,
        "unit": event["unit"],
        "unit_name": unit.name if unit is not None else event["unit"],
        "endpoint_id": event["endpoint_id"],
        "leader": f"LD-{place}",
        "leader_title": city.policy_of(case["policy_version"]).leaders[tier],
        "subject": subject_of(case),
        "due_at": first_due,
        "second_due_at": event["due_at"],
        "at": event["at"],
        "late": event["late"],
        "reason": reason,
    }


def _notice(kind: NoticeKind, name: str, recipient: str, role: RecipientRole, event: SlaEvent, text: str) -> Notice:
    return {
        "notice_id": fact_id("notice", kind, name),
        "kind": kind,
        "case_id": event["case_id"],
        "case_version": event["case_version"],
        "cycle": event["cycle"],
        "recipient": recipient,
        "recipient_role": role,
        "number": None,
        "division": event["division"],
        "unit": event["unit"],
        "due_at": event["due_at"],
        "at": event["at"],
        "late": event["late"],
        "text": text,
        "attributes": {},
    }
