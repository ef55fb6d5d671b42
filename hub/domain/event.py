"""The unified event: what every record of every source becomes.

These are the Avro records of `schemas/` seen from Python. They are plain dictionaries (typed here) because the
hot path hands them to the encoder as they are.
"""

from typing import Literal, TypedDict

Kind = Literal[
    "REPORTED",
    "SUPPLEMENTED",
    "URGED",
    "WITHDRAWN",
    "ANSWERED",
    "SIGNED",
    "RETURNED",
    "WHISTLED",
    "EXTENDED",
    "SUSPENDED",
    "RESUMED",
    "DONE",
    "VISITED",
    "NOTED",
    "STATE_CHANGED",
    "MERGED",
    "APPEALED",
    "RECALCULATED",
]
Urgency = Literal["NORMAL", "URGENT", "CRITICAL"]


class Reporter(TypedDict):
    """Who reported. `token` is the keyed token of the contact, None where no usable contact was given."""

    token: str | None
    has_contact: bool
    secret: bool


class Location(TypedDict):
    """Where. Codes of 6, 9, 12 and 15 digits; `lon` and `lat` in degrees of the system named in `crs`."""

    division: str | None
    street: str | None
    community: str | None
    grid: str | None
    address: str | None
    lon: float | None
    lat: float | None
    crs: str | None


class Category(TypedDict):
    """What about. `path` is the levels joined by `->`."""

    scheme: str
    code: str | None
    path: str | None


class Attachment(TypedDict):
    """A picture or a document, by reference."""

    kind: str
    uri: str


class RawRef(TypedDict):
    """Where the raw record stands in Kafka."""

    topic: str
    partition: int
    offset: int


class CaseEvent(TypedDict):
    """One record of a source, unified (`hub.v1.CaseEvent`). Instants are epoch milliseconds, UTC."""

    event_id: str
    case_id: str
    kind: Kind
    source: str
    channel: str
    source_case_id: str
    source_event_id: str
    occurred_at: int
    received_at: int
    reporter: Reporter
    location: Location | None
    category: Category | None
    urgency: Urgency | None
    title: str | None
    text: str | None
    attachments: list[Attachment]
    attributes: dict[str, str]
    raw: RawRef
