"""A message of the desk becomes a unified event of the case it is about."""

import re

from connectors.sources import case_ids
from connectors.sources.contact import contact
from connectors.sources.desk import codes
from connectors.sources.desk.model import DeskMessage
from connectors.sources.event import case_event
from connectors.sources.flags import mark_formulas
from connectors.sources.json_message import Format, message_of, split_object
from connectors.sources.masking import mask
from connectors.sources.times import zoned_time
from connectors.sources.values import code, integer, required
from hub.domain.errors import Rejected
from hub.domain.source import Headers, Mapped, RawRecord

_FORMAT = Format(DeskMessage, case_id=lambda message: case_ids.source_case_id(code(message.case_id)))
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,9}))?")
# The form of the codes of units and of endpoints; no name has it, and no phone number.
_POST = re.compile("(?=.*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)+")

_Attributes = dict[str, str | None]


def split(payload: bytes, headers: Headers) -> list[RawRecord]:
    """The one record of a message, keyed as the records of the case it is about."""
    return split_object(payload, headers, _FORMAT)


def to_case_event(record: RawRecord) -> Mapped:
    """The event of a message: first what is missing, then times, then values."""
    message = message_of(record, _FORMAT)
    flags: set[str] = set()
    action = _action(message.action)
    message_id, case_id = code(message.message_id), code(message.case_id)
    required("messageId", message_id)
    required("caseId", case_id)
    required("at", message.at)
    _check_required(message, action)
    assert message_id is not None, "required"

    at = zoned_time(message.at, "at")
    until = zoned_time(message.until, "until") if action in codes.MAY_HAVE_UNTIL else None
    assert at is not None, "required"
    source_case_id = case_ids.source_case_id(case_id)
    if source_case_id is None or case_id is None:
        raise Rejected("bad_value", "caseId", f"not the id of a case: {case_ids.EXPECTED}")
    if until is not None and until <= at:
        raise Rejected("bad_value", "until", "not after at")
    attributes: _Attributes = {
        "operator": _operator(message.operator, flags),
        "reason": mask(message.reason),
        "until": None if until is None else str(until),
        **_decided(message, action, at, flags),
    }
    phone = contact(message.caller_phone, flags) if action == "visit" else None
    mark_formulas(flags, message.note, message.reason)
    event = case_event(
        source="desk",
        kind=codes.ACTIONS[action],
        case_source=case_id.partition(":")[0],
        source_case_id=source_case_id,
        source_event_id=message_id,
        occurred_at=at,
        channel="other",
        has_contact=phone is not None,
        text=mask(message.note),
        attributes=attributes,
        flags=flags,
    )
    return Mapped(event, phone)


def _action(text: str | None) -> str:
    given = code(text)
    required("action", given)
    assert given is not None, "required"
    action = given.lower()
    if action not in codes.ACTIONS:
        raise Rejected("unknown_action", "action", f"not one of {', '.join(codes.ACTIONS)}")
    return action


def _check_required(message: DeskMessage, action: str) -> None:
    for field in codes.NEEDS.get(action, ()):
        required(field, getattr(message, field), action)
    if action == "extend" and not message.until:
        if not message.value and not message.unit:
            required("until", None, "extend without value and unit")
        required("value", message.value, "extend without until")
        required("unit", message.unit, "extend without until")
    if action == "visit" and _is_connected(message) == "true":
        required("solved", message.solved, "a connected visit")
        required("satisfaction", message.satisfaction, "a connected visit")


def _decided(message: DeskMessage, action: str, at: int, flags: set[str]) -> _Attributes:
    """What the action says beyond reason, note and until; fields of other actions are not looked at."""
    match action:
        case "dispatch":
            return {"state": "DISPATCHED", "dept_code": code(message.unit)}
        case "extend":
            return _extension(message)
        case "merge":
            return {"merged_into": _other_case(message)}
        case "visit":
            return {"visit_time": str(at), **_visit(message, flags)}
        case "appeal" | "excuse" | "reject":
            return _appeal(message, action)
        case "recalculate":
            return {"calendar": code(message.calendar)}
    return {}


def _extension(message: DeskMessage) -> _Attributes:
    """How much more time: up to an instant, or so much in a unit."""
    if not message.value:
        return {}
    if message.until:
        raise Rejected("bad_value", "value", "not together with until; send one of the two")
    return {
        "extension_value": _decimal(message.value, "value"),
        "extension_unit": _in_table(message.unit, codes.EXTENSION_UNITS, "unit"),
    }


def _other_case(message: DeskMessage) -> str | None:
    into = code(message.into)
    if case_ids.source_case_id(into) is None or into == code(message.case_id):
        raise Rejected("bad_value", "into", f"not the id of another case: {case_ids.EXPECTED}")
    return into


def _visit(message: DeskMessage, flags: set[str]) -> _Attributes:
    """What a call-back found; an answer to a call that was not connected is a contradiction, not an answer."""
    connected = _is_connected(message)
    if connected is None:
        raise Rejected("bad_value", "connected", "not true or false (1/0, 是/否)")
    found: _Attributes = {"visit_connected": connected, "visit_num": integer(message.attempt, "attempt")}
    if connected == "false":
        if message.solved or message.satisfaction:
            flags.add("visit_contradiction")
        return found
    found["visit_solved"] = _in_table(message.solved, codes.SOLVED, "solved")
    found["visit_satisfaction"] = _in_table(message.satisfaction, codes.SATISFACTION, "satisfaction")
    return found


def _is_connected(message: DeskMessage) -> str | None:
    """`true` or `false`; None for what is neither."""
    return codes.CONNECTED.get((code(message.connected) or "").lower())


def _appeal(message: DeskMessage, action: str) -> _Attributes:
    return {
        "appeal": codes.APPEALS[action],
        "clock": _in_table(message.clock, codes.CLOCKS, "clock"),
        "cycle": integer(message.cycle, "cycle"),
        "leg": integer(message.leg, "leg"),
    }


def _operator(text: str | None, flags: set[str]) -> str | None:
    """The post that decided; whatever has not the form of a code may be a person's name and is dropped."""
    given = code(text)
    if given is None or _POST.fullmatch(given):
        return given
    flags.add("operator_bad")
    return None


def _in_table(text: str | None, table: dict[str, str], field: str) -> str:
    value = table.get((code(text) or "").lower())
    if value is None:
        raise Rejected("bad_value", field, f"not one of {', '.join(table)}")
    return value


def _decimal(text: str | None, field: str) -> str:
    """A number above 0 as it is written, without trailing zeros."""
    match = _DECIMAL.fullmatch(code(text) or "")
    whole, fraction = match.groups(default="") if match else ("0", "")
    fraction = fraction.rstrip("0")
    if whole == "0" and not fraction:
        raise Rejected("bad_value", field, "not a plain decimal number above 0, such as 2 or 0.5")
    return f"{whole}.{fraction}" if fraction else whole
