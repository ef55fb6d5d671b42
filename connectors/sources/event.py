"""Puts a unified event together; and the tables that all sources share."""

from collections.abc import Iterable

from connectors.sources.flags import quality
from connectors.sources.values import clean, code
from hub.domain.event import Attachment, CaseEvent, Category, Kind, Location, Urgency

_URGENCIES: dict[str, Urgency] = {
    "一般": "NORMAL",
    "普通": "NORMAL",
    "1": "NORMAL",
    "紧急": "URGENT",
    "2": "URGENT",
    "特急": "CRITICAL",
    "3": "CRITICAL",
}
_CARRIED_SCHEMES = ("http://", "https://", "obj://")


def case_event(
    *,
    source: str,
    kind: Kind,
    case_source: str,
    source_case_id: str,
    source_event_id: str,
    occurred_at: int,
    channel: str,
    attributes: dict[str, str | None],
    flags: set[str],
    has_contact: bool = False,
    secret: bool = False,
    location: Location | None = None,
    category: Category | None = None,
    urgency: Urgency | None = None,
    title: str | None = None,
    text: str | None = None,
    attachments: list[Attachment] | None = None,
) -> CaseEvent:
    """The event without id, token, receipt and raw coordinates; attributes without a value are left out."""
    if flags:
        attributes["quality"] = quality(flags)
    return {
        "event_id": "",
        "case_id": f"{case_source}:{source_case_id}",
        "kind": kind,
        "source": source,
        "channel": channel,
        "source_case_id": source_case_id,
        "source_event_id": source_event_id,
        "occurred_at": occurred_at,
        "received_at": 0,
        "reporter": {"token": None, "has_contact": has_contact, "secret": secret},
        "location": location,
        "category": category,
        "urgency": urgency,
        "title": title,
        "text": text,
        "attachments": [] if attachments is None else attachments,
        "attributes": {name: value for name in sorted(attributes) if (value := attributes[name]) is not None},
        "raw": {"topic": "", "partition": 0, "offset": 0},
    }


def urgency_of(text: str | None, kind: Kind, flags: set[str]) -> Urgency | None:
    """The urgency stated; a record that does not state one must not lower that of its case."""
    given = code(text)
    if given is None:
        return "NORMAL" if kind == "REPORTED" else None
    urgency = _URGENCIES.get(given)
    if urgency is None:
        flags.add("urgency_unknown")
        return "NORMAL"
    return urgency


def channel_of(given: str | None, table: dict[str, str], kind: Kind, flags: set[str]) -> str:
    """The channel of a native code that was read by `code`."""
    if given is None:
        if kind == "REPORTED":
            flags.add("channel_missing")
        return "other"
    channel = table.get(given)
    if channel is None:
        flags.add("channel_unknown")
        return "other"
    return channel


def attachments_of(kind_and_uri: Iterable[tuple[str, str | None]], flags: set[str]) -> list[Attachment]:
    """The references that can be carried; others are dropped and flagged."""
    carried: list[Attachment] = []
    for kind, given in kind_and_uri:
        uri = clean(given or "")
        if uri.startswith(_CARRIED_SCHEMES):
            carried.append({"kind": kind, "uri": uri})
        elif uri:
            flags.add("attachment_bad")
    return carried
