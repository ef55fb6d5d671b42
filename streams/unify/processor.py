"""Turns raw records into unified events, and remembers which it has passed on.

One raw message is one record, keyed by its source case id, so that all records of a case and their resends meet
in one partition in order. A message that is a batch, or that carries another key, goes back into its own raw
topic as single, rightly keyed records.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.identity import complete
from hub.domain.source import Mapped, RawRecord, Source
from schemas.cloudevents import headers as cloudevents_headers
from streams.runtime.api import Output, Prepared, Record, Result, Row

DAY_MS = 86_400_000

# Of the transport's headers these travel on with a record that is sent back as a single one.
_CARRIED = ("message-id", "connector")
_SEEN = b"\x01"
_VAULT_HEADERS = (("ce_source", b"/unify"),)


@dataclass(slots=True, frozen=True)
class Vault:
    """Where contacts are kept, and how one is encrypted.

    `seal(token, contact)` gives the `key_id`, `nonce` and `sealed` of a `VaultedContact`. It is a pure function: a
    record that is read again after a crash gives the same bytes.
    """

    topic: str
    seal: Callable[[str, str], dict[str, Any]]


@dataclass(slots=True, frozen=True)
class _LeftOut:
    """A record that the city leaves out for its native word: it stays in raw and becomes no event."""

    word: str


@dataclass(slots=True, frozen=True)
class _Resplit:
    """The single records of a message that was a batch or had another key."""

    records: list[RawRecord]
    headers: Mapping[str, str]
    received_at: int


class Unify:
    """Raw record → `CaseEvent`. State: the ids of events passed on, each kept for `memory_days`.

    `sources` maps a raw topic to its source. `unpack(payload, content_encoding)` undoes a transport compression
    under the size limit or raises `Rejected`. An event id is made from source, source event id and content
    (`hub.domain.identity`), so an id seen before is a resend, and a revision (same source event id, other
    content) has an id of its own and passes. With a `vault` the contact of each event passed on goes there,
    encrypted, in the same transaction.
    """

    name = "unify"

    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        events_topic: str,
        changelog: str,
        encode: Callable[[str, Any], bytes],
        unpack: Callable[[bytes, str], bytes],
        token_key: bytes,
        vault: Vault | None = None,
        memory_days: int = 90,
    ) -> None:
        self.inputs = tuple(sources)
        self.changelog = changelog
        self._sources = sources
        self._events_topic = events_topic
        self._encode = encode
        self._unpack = unpack
        self._token_key = token_key
        self._vault = vault
        self._memory_ms = memory_days * DAY_MS

    def prepare(self, record: Record) -> Prepared:
        """Split and map. The state key is the event's id; a batch needs none."""
        source = self._sources[record.topic]
        if record.value is None:
            raise Rejected("empty_payload", detail="a record without a value; send the record's bytes")
        headers = _text_headers(record)
        payload = record.value
        if encoding := headers.get("content-encoding"):
            payload = self._unpack(payload, encoding)
        received_at = _received_at(record, headers)
        records = source.split(payload, headers)
        first, rest = _first(records)
        if first is not None and rest is None and _is_rightly_keyed(first, record.key):
            if (word := source.ignores(first)) is not None:
                return Prepared((), _LeftOut(word))
            mapped = source.map(first)
            event = complete(mapped, self._token_key)
            event["received_at"] = received_at
            event["raw"] = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            return Prepared((bytes.fromhex(event["event_id"]),), mapped)
        every = [] if first is None else [first, *(rest or ())]
        return Prepared((), _Resplit(every, headers, received_at))

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        """Pass the event on once; count a resend; send the records of a batch back."""
        if isinstance(prepared.decoded, _Resplit):
            return self._send_back(record, prepared.decoded)
        source = self._sources[record.topic].name
        if isinstance(prepared.decoded, _LeftOut):
            return Result(counts={f"ignored.{source}.{prepared.decoded.word}": 1})
        mapped: Mapped = prepared.decoded
        event = mapped.event
        (key,) = prepared.keys
        if rows[key] is not None:
            return Result(counts={f"duplicate.{source}": 1})
        outputs = [
            Output(
                self._events_topic,
                event["case_id"].encode(),
                self._encode("CaseEvent", event),
                cloudevents_headers(
                    event["event_id"],
                    f"hub.v1.CaseEvent.{event['kind']}",
                    f"/sources/{source}",
                    event["occurred_at"],
                    event["case_id"],
                ),
            )
        ]
        if mapped.contact is not None and self._vault is not None:
            outputs.append(self._into_the_vault(self._vault, event, mapped.contact))
        return Result(
            outputs=outputs,
            puts={key: Row(_SEEN, event["received_at"] + self._memory_ms)},
            counts={f"accepted.{source}": 1, **_flags(source, event)},
        )

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        """The memory of an event has run out."""
        return Result(puts={key: None}, counts={"forgotten": 1})

    def _into_the_vault(self, vault: Vault, event: CaseEvent, contact: str) -> Output:
        """With every new event, whether the vault has the contact already or not: compaction keeps one a token."""
        token = event["reporter"]["token"]
        assert token is not None, "whoever has a contact has a token"
        record = {"token": token, "received_at": event["received_at"], **vault.seal(token, contact)}
        return Output(vault.topic, token.encode(), self._encode("VaultedContact", record), _VAULT_HEADERS)

    def _send_back(self, record: Record, batch: _Resplit) -> Result:
        carried = {name: batch.headers[name] for name in _CARRIED if name in batch.headers}
        carried["received-at"] = str(batch.received_at)
        outputs = [
            Output(
                record.topic,
                single.key.encode() if single.key is not None else record.key,
                single.value,
                [(name, text.encode()) for name, text in (carried | single.headers).items()],
            )
            for single in batch.records
        ]
        source = self._sources[record.topic].name
        return Result(outputs=outputs, counts={f"resplit.{source}": 1, f"resplit_records.{source}": len(outputs)})


def _flags(source: str, event: CaseEvent) -> dict[str, int]:
    """The marks of quality of an event, among them those of codes that no table knows: counted, never hidden."""
    quality = event["attributes"].get("quality")
    return {} if quality is None else {f"flag.{source}.{flag}": 1 for flag in quality.split(",")}


def _text_headers(record: Record) -> dict[str, str]:
    return {name.lower(): value.decode("utf-8", "replace") for name, value in record.headers if value is not None}


def _received_at(record: Record, headers: Mapping[str, str]) -> int:
    stamp = headers.get("received-at", "")
    return int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 15 else record.timestamp


def _first(records: Any) -> tuple[RawRecord | None, Any]:
    """The first record, and an iterator over all further ones, None where there are none."""
    iterator = iter(records)
    first = next(iterator, None)
    second = next(iterator, None)
    return first, None if second is None else chain((second,), iterator)


def _is_rightly_keyed(single: RawRecord, key: bytes | None) -> bool:
    """A record that reveals no case id stays where it is: mapping it will say why it cannot be read."""
    return single.key is None or single.key.encode() == key
