"""A feedback message becomes a unified event of the case it is about."""

from connectors.sources import case_ids
from connectors.sources.endpoint import codes
from connectors.sources.endpoint.model import Feedback
from connectors.sources.event import attachments_of, case_event
from connectors.sources.flags import mark_formulas
from connectors.sources.json_message import Format, message_of, split_object
from connectors.sources.masking import mask
from connectors.sources.times import zoned_time
from connectors.sources.values import code, required
from hub.domain.errors import Rejected
from hub.domain.event import Kind
from hub.domain.source import Headers, Mapped, RawRecord

_FORMAT = Format(
    Feedback,
    case_id=lambda message: case_ids.source_case_id(code(message.case_id)),
    arrays=frozenset({"targets", "evidence"}),
)


def split(payload: bytes, headers: Headers) -> list[RawRecord]:
    """The one record of a message, keyed as the records of the case it is about."""
    return split_object(payload, headers, _FORMAT)


def to_case_event(record: RawRecord) -> Mapped:
    """The event of a message; the checks stand in the order of the contract."""
    message = message_of(record, _FORMAT)
    flags: set[str] = set()
    kind = _kind(message.action)
    feedback_id, case_id = code(message.feedback_id), code(message.case_id)
    attributes: dict[str, str | None] = {
        "endpoint_id": code(message.endpoint_id),
        "dispatch_id": code(message.dispatch_id),
    }
    required("feedbackId", feedback_id)
    required("endpointId", attributes["endpoint_id"])
    required("dispatchId", attributes["dispatch_id"])
    required("caseId", case_id)
    required("at", message.at)
    _check_required(message, kind)
    assert feedback_id is not None, "required"

    at, until = zoned_time(message.at, "at"), zoned_time(message.until, "until")
    assert at is not None, "required"
    source_case_id = case_ids.source_case_id(case_id)
    if source_case_id is None or case_id is None:
        raise Rejected("bad_value", "caseId", f"not the case id of the dispatch: {case_ids.EXPECTED}")
    if until is not None:
        if until <= at:
            raise Rejected("bad_value", "until", "not after at")
        attributes["until"] = str(until)
    attributes["whistle_level"] = _level(message.level)
    attributes["targets"] = ",".join(filter(None, map(code, message.targets or ()))) or None
    attributes["reason"] = mask(message.reason)
    mark_formulas(flags, message.note, message.reason)
    attachments = attachments_of((("evidence", uri) for uri in message.evidence or ()), flags)
    event = case_event(
        source="endpoint",
        kind=kind,
        case_source=case_id.partition(":")[0],
        source_case_id=source_case_id,
        source_event_id=feedback_id,
        occurred_at=at,
        channel="other",
        text=mask(message.note),
        attachments=attachments,
        attributes=attributes,
        flags=flags,
    )
    return Mapped(event, None)


def _kind(action: str | None) -> Kind:
    given = code(action)
    required("action", given)
    assert given is not None, "required"
    kind = codes.ACTIONS.get(given.lower())
    if kind is None:
        raise Rejected("unknown_action", "action", f"not one of {', '.join(codes.ACTIONS)}")
    return kind


def _check_required(message: Feedback, kind: Kind) -> None:
    if kind in codes.NEEDS_REASON:
        required("reason", message.reason, "return, whistle, extend and suspend")
    if kind in codes.NEEDS_NOTE:
        required("note", message.note, "done and note")
    if kind == "EXTENDED":
        required("until", message.until, "extend")
    if kind == "WHISTLED":
        required("level", message.level, "whistle")


def _level(text: str | None) -> str | None:
    given = code(text)
    if given is None:
        return None
    level = codes.LEVELS.get(given)
    if level is None:
        raise Rejected("bad_value", "level", f"not one of {', '.join(codes.LEVELS)}")
    return level
