"""A hotline message becomes a unified event."""

from connectors.sources.contact import contact, is_secret
from connectors.sources.coordinates import point_of_pair
from connectors.sources.event import case_event, channel_of, urgency_of
from connectors.sources.flags import mark_formulas
from connectors.sources.hotline import codes
from connectors.sources.hotline.model import HotlineMessage
from connectors.sources.json_message import Format, message_of, split_object
from connectors.sources.masking import mask
from connectors.sources.outward import echoed
from connectors.sources.place import location, place_by_path
from connectors.sources.times import local_time
from connectors.sources.values import code, integer, levels, required
from hub.domain.errors import Rejected
from hub.domain.event import Category, Kind
from hub.domain.source import Headers, Mapped, RawRecord

FORMAT = Format(HotlineMessage, case_id=lambda message: code(message.order_id))
_TEXT_IS_CONTENT = frozenset({"REPORTED", "SUPPLEMENTED", "URGED", "WITHDRAWN"})
_GCJ02 = "GCJ02"


def split(payload: bytes, headers: Headers) -> list[RawRecord]:
    """The one record of a message."""
    return split_object(payload, headers, FORMAT)


def to_case_event(record: RawRecord) -> Mapped:
    """The event of a message; the checks stand in the order of the contract."""
    message = message_of(record, FORMAT)
    flags: set[str] = set()
    kind = _kind(message.event_type)
    is_visit = kind == "VISITED"
    connected = codes.CONNECTED.get(code(message.visit_call_is_connected) or "") if is_visit else None
    order_id = _check_required(message, kind, connected)

    occurred_at = local_time(message.event_time, "eventTime", flags)
    assert occurred_at is not None, "required"
    attributes = _attributes(message, flags)
    if is_visit:
        attributes["visit_time"] = _instant(message.visit_time, "visitTime")
        attributes |= _visit(message, connected, flags)
    if kind == "ANSWERED":
        attributes["answer_org"] = message.answer_org_name or None
    if kind == "STATE_CHANGED":
        attributes["native_state"] = mask(code(message.status))
    event_seq = integer(message.event_seq, "eventSeq")
    attributes["handle_days"] = integer(message.handle_days, "handleDays")

    where = place_by_path(message.address_ids, flags, "addressIds")
    if where.division is None and kind == "REPORTED":
        flags.add("division_missing")
    secret = is_secret(message.is_secret, flags)
    name = message.caller_name if secret else None
    phone = contact(message.caller_phone, flags)
    text = _text(message, kind)
    mark_formulas(flags, message.title, text, message.address)
    point = point_of_pair(message.address_points, _GCJ02, flags)
    event = case_event(
        source="hotline",
        kind=kind,
        case_source="hotline",
        source_case_id=order_id,
        source_event_id=f"{order_id}/{event_seq}",
        occurred_at=occurred_at,
        channel=_channel(attributes["native_channel"], kind, flags),
        has_contact=phone is not None,
        secret=secret,
        location=location(where, mask(message.address, name), point),
        category=_category(message),
        urgency=urgency_of(message.pilot_light, kind, flags),
        title=mask(message.title, name),
        text=mask(text, name),
        attributes=attributes,
        flags=flags,
    )
    return Mapped(event, phone)


def _kind(event_type: str | None) -> Kind:
    given = code(event_type)
    required("eventType", given)
    assert given is not None, "required"
    kind = codes.KINDS.get(given) or codes.KINDS.get(given.lower())
    if kind is None:
        raise Rejected("unknown_event_type", "eventType", f"not one of {', '.join(codes.KINDS)}")
    return kind


def _check_required(message: HotlineMessage, kind: Kind, connected: str | None) -> str:
    """Reject a message without a field that its kind needs; returns the order id."""
    order_id = code(message.order_id)
    required("orderId", order_id)
    required("eventSeq", message.event_seq)
    required("eventTime", message.event_time)
    if kind in ("REPORTED", "SUPPLEMENTED"):
        required("majorContent", message.major_content, "create and supplement")
    elif kind == "ANSWERED":
        required("answerContent", message.answer_content, "answer")
    elif kind == "STATE_CHANGED":
        required("status", message.status, "status")
    elif kind == "VISITED":
        required("visitNum", message.visit_num, "visit")
        required("visitTime", message.visit_time, "visit")
        required("visitCallIsConnected", message.visit_call_is_connected, "visit")
        if connected == "true":
            required("visitIsSolved", message.visit_is_solved, "a connected visit")
            required("visitIsSatisfaction", message.visit_is_satisfaction, "a connected visit")
    assert order_id is not None, "required"
    return order_id


def _attributes(message: HotlineMessage, flags: set[str]) -> dict[str, str | None]:
    return {
        "call_time": _instant(message.call_time, "callTime"),
        "handle_mode": _in_table(message.handle_model_type, codes.HANDLE_MODES, flags),
        "is_old_caller": _in_table(message.is_old_caller, codes.OLD_CALLER, flags),
        "native_channel": code(message.source_type),
        "old_order_num": code(message.old_order_num),
        "order_num": code(message.order_num),
        "time_unit": _in_table(message.time_unit, codes.TIME_UNITS, flags),
        "update_id": echoed(message.update_id),
    }


def _visit(message: HotlineMessage, connected: str | None, flags: set[str]) -> dict[str, str | None]:
    """What a call-back found; an answer to a call that was not connected is a contradiction, not an answer."""
    if connected is None:
        raise Rejected("bad_value", "visitCallIsConnected", "not 0 or 1")
    found: dict[str, str | None] = {
        "visit_connected": connected,
        "visit_num": integer(message.visit_num, "visitNum"),
    }
    if connected == "false":
        if message.visit_is_solved or message.visit_is_satisfaction:
            flags.add("visit_contradiction")
        return found
    found["visit_solved"] = _must_be_in(message.visit_is_solved, codes.SOLVED, "visitIsSolved")
    found["visit_satisfaction"] = _must_be_in(
        message.visit_is_satisfaction, codes.SATISFACTION, "visitIsSatisfaction"
    )
    return found


def _text(message: HotlineMessage, kind: Kind) -> str | None:
    if kind in _TEXT_IS_CONTENT:
        return message.major_content
    return message.answer_content if kind == "ANSWERED" else message.visit_result


def _category(message: HotlineMessage) -> Category | None:
    number, path = code(message.question_code), levels(message.question_name)
    if number is None and path is None:
        return None
    return {"scheme": "12345", "code": number, "path": path}


def _channel(native: str | None, kind: Kind, flags: set[str]) -> str:
    """`APP` is compared without regard to case; the Chinese names have none."""
    return channel_of(native if native is None else native.upper(), codes.CHANNELS, kind, flags)


def _instant(text: str | None, field: str) -> str | None:
    instant = local_time(text, field)
    return None if instant is None else str(instant)


def _in_table(text: str | None, table: dict[str, str], flags: set[str]) -> str | None:
    given = code(text)
    if given is None:
        return None
    value = table.get(given)
    if value is None:
        flags.add("value_unknown")
    return value


def _must_be_in(text: str | None, table: dict[str, str], field: str) -> str:
    value = table.get(code(text) or "")
    if value is None:
        raise Rejected("bad_value", field, f"not one of {', '.join(table)}")
    return value
