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
class Words:
    """The one native field by which a source says what its record is about: an event type, a state, a category.

    `known` are the words of its contract. `read` gives a record's word, None where the record has none or cannot be
    read; `write` gives the record as if it had come with another word. `attribute` of the event, if any, keeps the
    native word.
    """

    field: str
    known: frozenset[str]
    read: Callable[[RawRecord], str | None]
    write: Callable[[RawRecord, str], RawRecord]
    attribute: str | None = None


def ignores_nothing(record: RawRecord) -> str | None:
    """Every record is to be read."""
    return None


@dataclass(slots=True, frozen=True)
class Source:
    """A legacy system: its name, what it sends, and how that is read.

    `split` turns a payload (already unpacked) and its headers into records; it raises `Rejected` when the
    payload as a whole cannot be read. A payload that is one record already (header `record` present) comes
    back as that one record. `map` turns one record into an event or raises `Rejected`. `ignores` gives the native
    word for which a record is left out, None for one to be read. All three are pure.

    `words` and `local_times` tell what a city may set otherwise: the words in use, and the zone of the times that
    come without one (`occurred_at` or names of attributes; none where the times of a source carry their zone).
    """

    name: str
    content_types: tuple[str, ...]
    guarantees: Guarantees
    split: Callable[[bytes, Headers], Iterable[RawRecord]]
    map: Callable[[RawRecord], Mapped]
    words: Words | None = None
    local_times: tuple[str, ...] = ()
    ignores: Callable[[RawRecord], str | None] = ignores_nothing
