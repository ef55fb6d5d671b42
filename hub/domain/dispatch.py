"""Dispatches: the messages by which endpoints get a case, news of it, or are told to stop."""

from hashlib import blake2b
from typing import Literal, TypedDict

from hub.domain.case import CaseState, Party, Role, RuleRef
from hub.domain.city import City
from hub.domain.event import Attachment, CaseEvent, Category, Location, Urgency
from hub.domain.tiers import Tier, WhistleLevel

Action = Literal["ASSIGN", "UPDATE", "RECALL"]
_HEX = frozenset("0123456789abcdef")
_PREFIX = "DP-"
_HEX_DIGITS = 20


class Dispatch(TypedDict):
    """One message to one endpoint (`hub.v1.Dispatch`). It never carries who reported."""

    dispatch_id: str
    action: Action
    case_id: str
    case_version: int
    cycle: int
    leg: int
    role: Role
    tier: Tier
    level: WhistleLevel
    rule: RuleRef | None
    division: str | None
    unit: str
    unit_name: str
    endpoint_id: str
    no_route: bool
    reason: str
    event_id: str
    occurred_at: int
    received_at: int
    channel: str
    has_contact: bool
    secret: bool
    location: Location | None
    category: Category | None
    urgency: Urgency | None
    title: str | None
    text: str | None
    attachments: list[Attachment]
    sign_due_at: int | None
    handle_due_at: int | None
    note: str | None


def dispatch_id(case_id: str, cycle: int, leg: int, unit: str, role: Role) -> str:
    """`DP-` and 20 hex digits, a function of what is dispatched to whom."""
    text = f"{case_id}\n{cycle}\n{leg}\n{unit}\n{role}"
    return _PREFIX + blake2b(text.encode(), digest_size=_HEX_DIGITS // 2).hexdigest()


def is_own_id(found: str) -> bool:
    """Whether a dispatch id has the hub's form; legacy systems number theirs otherwise."""
    digits = found[len(_PREFIX) :]
    return found.startswith(_PREFIX) and len(digits) == _HEX_DIGITS and _HEX.issuperset(digits)


def message_id(dispatch: Dispatch) -> str:
    """The id of this one message (CloudEvents `id`): of a dispatch each case version sends one a kind at most."""
    return f"{dispatch['dispatch_id']}.{dispatch['case_version']}.{dispatch['action']}"


def to_party(
    action: Action, reason: str, party: Party, case: CaseState, event: CaseEvent, city: City, note: str | None
) -> Dispatch:
    """The message for a party of the case, as the case now stands. A recall does not repeat the case's text."""
    location = case["location"]
    unit = city.units.get(party["unit"])
    level = case["level"]
    return {
        "dispatch_id": party["dispatch_id"],
        "action": action,
        "case_id": case["case_id"],
        "case_version": case["version"],
        "cycle": case["cycle"],
        "leg": case["leg"],
        "role": party["role"],
        "tier": party["tier"],
        "level": level if level is not None else "ordinary",
        "rule": case["rule"],
        "division": location["division"] if location is not None else None,
        "unit": party["unit"],
        "unit_name": unit.name if unit is not None else party["unit"],
        "endpoint_id": party["endpoint_id"],
        "no_route": party["no_route"],
        "reason": reason,
        "event_id": event["event_id"],
        "occurred_at": event["occurred_at"],
        "received_at": event["received_at"],
        "channel": case["channel"],
        "has_contact": bool(case["reporters"]),
        "secret": case["secret"],
        "location": location,
        "category": case["category"],
        "urgency": case["urgency"],
        "title": case["title"],
        "text": None if action == "RECALL" else case["text"],
        "attachments": [] if action == "RECALL" else case["attachments"],
        "sign_due_at": None,
        "handle_due_at": None,
        "note": note,
    }
