"""What a source is: a declaration and two pure functions, `split` and `map`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.domain.event import CaseEvent

Headers = Mapping[str, str]


@dataclass(slots=True, frozen=True)
class RawRecord:
    """One record of a payload, as it goes into `raw.<source>`.

    `number` counts from 1 within the payload. `key` is the source case id, None where the bytes do not reveal
    one. `value` is the record's bytes as sent. `headers` is what the record needs from its batch to be read
    alone (content type, CSV header line, encoding, batch number). `parsed` spares `map` a second decoding of
    the same bytes; it says nothing that `value` and `headers` do not.
    """

    number: int
    key: str | None
    value: bytes
    headers: dict[str, str]
    parsed: Any = field(default=None, compare=False, repr=False)


@dataclass(slots=True, frozen=True)
class Mapped:
    """A record read: the event without its id, token, receipt and raw coordinates, and the caller's contact.

    `contact` is the contact in its one normal spelling (so that all spellings give one token), None without.
    `event["event_id"]` is "" and `event["reporter"]["token"]` None until `hub.domain.identity` fills them in.
    """

    event: CaseEvent
    contact: str | None


@dataclass(slots=True, frozen=True)
class Guarantees:
    """What a source promises and the conformance kit checks."""

    order: str
    resend: str


@dataclass(slots=True, frozen=True)
class Source:
    """A legacy system: its name, what it sends, and how that is read.

    `split` turns a payload (already unpacked) and its headers into records; it raises `Rejected` when the
    payload as a whole cannot be read. A payload that is one record already (header `record` present) comes
    back as that one record. `map` turns one record into an event or raises `Rejected`. Both are pure.
    """

    name: str
    content_types: tuple[str, ...]
    guarantees: Guarantees
    split: Callable[[bytes, Headers], Iterable[RawRecord]]
    map: Callable[[RawRecord], Mapped]
