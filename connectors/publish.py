"""The way into `raw.<source>`: one message a record, acknowledged by Kafka before anyone is told so."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from kafka import KafkaProducer
from kafka.errors import KafkaError

from connectors.sources.limits import LARGEST_FILE_BYTES, unpack
from hub.domain.dead_letter import LARGEST_LETTER_BYTES, Cause, quarantine_headers
from hub.domain.errors import Rejected, Unavailable
from hub.domain.source import RawRecord, Source
from hub.quarantine import put_aside, put_bytes_aside

_STAGE = "edge"
_ACK_SECONDS = 60.0


@dataclass(slots=True, frozen=True)
class Acknowledged:
    """Where Kafka put a record. `reason` is set where the payload could not be split or was too large."""

    record: int | None
    key: str | None
    topic: str
    partition: int
    offset: int
    reason: str | None = None


def batch_of(payload: bytes) -> str:
    """The name of a payload: the same for the same bytes."""
    return hashlib.blake2b(payload, digest_size=12).hexdigest()


def message_id(batch: str, record: int) -> str:
    """The message id of a record of a payload."""
    return f"{batch}-{record}"


class RawPublisher:
    """Publishes native payloads as records of the raw topics.

    Uses kafka-python's idempotent producer: acks from all, in order, no doubles by its own retries. Nothing
    counts as delivered before `flush` or a returned acknowledgement; a failure raises `Unavailable`. With
    `patience_seconds` a record that Kafka has not acknowledged by then is given up: it may be there or not.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        raw_topic: Callable[[str], str],
        dead_letters: str,
        quarantine: Path,
        now_ms: Callable[[], int],
        connector: str,
        patience_seconds: float | None = None,
    ) -> None:
        self._patience = _ACK_SECONDS if patience_seconds is None else patience_seconds
        self._raw_topic = raw_topic
        self._dead_letters = dead_letters
        self._quarantine = quarantine
        self._now_ms = now_ms
        self._connector = connector
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap,
                enable_idempotence=True,
                acks="all",
                linger_ms=2,
                # After an outage the broker is tried again every second, not up to half a minute later.
                reconnect_backoff_max_ms=1000,
                max_request_size=LARGEST_FILE_BYTES + LARGEST_LETTER_BYTES,
                compression_type=None,
                **({} if patience_seconds is None else _limits(patience_seconds)),
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {bootstrap} does not answer ({error}); is it up? try: hub up") from error

    def know(self, source: Source) -> None:
        """Look up the source's topic now, so that handing over a record does not wait for it later."""
        topic = self._raw_topic(source.name)
        try:
            self._producer.partitions_for(topic)
        except KafkaError as error:
            raise Unavailable(f"Kafka does not tell of {topic} ({error}); is it up? try: hub up") from error

    def publish(self, source: Source, payload: bytes, headers: Mapping[str, str]) -> list["Pending"]:
        """Split a payload and hand its records to the producer; acknowledged by `wait` or `flush`.

        A payload that cannot be split goes as it is: unify makes one dead letter of it. Over 1 MiB its bytes
        stay in a quarantine file and the letter is written here.
        """
        received = {"received-at": str(self._now_ms()), "connector": self._connector}
        try:
            plain = unpack(payload, headers.get("content-encoding", ""))
            records = list(source.split(plain, headers))
        except Rejected as rejected:
            if len(payload) > LARGEST_LETTER_BYTES:
                return [self._letter(source, payload, rejected)]
            return [self._send(source, None, None, payload, {**headers, **received}, rejected.reason)]
        return self.publish_records(source, payload, records)

    def publish_records(self, source: Source, payload: bytes, records: Iterable[RawRecord]) -> list["Pending"]:
        """Hand over records that the payload has been split into, each with the message id that they get by it."""
        received = {"received-at": str(self._now_ms()), "connector": self._connector}
        batch = batch_of(payload)
        return [
            self._send_record(source, record, {**received, "message-id": message_id(batch, record.number)})
            for record in records
        ]

    def publish_as_is(
        self, source: Source, payload: bytes, key: str | None, headers: Mapping[str, str]
    ) -> list["Pending"]:
        """One message with the payload whole and the key given, as a legacy system may send it itself."""
        received = {"received-at": str(self._now_ms()), "connector": self._connector}
        return [self._send(source, None, key, payload, {**headers, **received})]

    def refuse_file(self, source: Source, content: BinaryIO) -> "Pending":
        """A file beyond the limit: kept in quarantine without being read into memory, and one dead letter."""
        sha256, length = put_aside(self._quarantine, content)
        rejected = Rejected("oversized", detail=f"{length} bytes; a file has at most {LARGEST_FILE_BYTES}")
        return self._letter_of(source, length, sha256, rejected)

    def refuse(self, source: Source, payload: bytes, rejected: Rejected) -> "Pending":
        """A payload that cannot be read and is too large for a letter: kept in quarantine, and one dead letter."""
        return self._letter(source, payload, rejected)

    def refuse_unseen(self, source: Source, rejected: Rejected, message_id: str) -> "Pending":
        """Something whose bytes we could not get: one dead letter without them."""
        cause = Cause(rejected.reason, _STAGE, rejected.field, rejected.detail)
        headers = [*cause.headers(), ("source", source.name.encode()), ("message-id", message_id.encode())]
        future = self._hand_over(self._dead_letters, None, b"", headers)
        return Pending(future, None, None, rejected.reason, self._patience)

    def flush(self) -> None:
        """Wait until everything handed over is acknowledged."""
        try:
            self._producer.flush(timeout=self._patience)
        except KafkaError as error:
            raise Unavailable(f"Kafka did not acknowledge within {self._patience:.0f} s ({error})") from error

    def close(self) -> None:
        """Flush and close the connection."""
        self.flush()
        self._producer.close(timeout=self._patience)

    def abandon(self) -> None:
        """Close at once, after a failure: what was not acknowledged is not sent later by this producer any more."""
        try:
            self._producer.close(timeout=0)
        except KafkaError as error:
            raise Unavailable(f"Kafka's producer did not close ({error})") from error

    def _send_record(self, source: Source, record: RawRecord, headers: dict[str, str]) -> "Pending":
        return self._send(source, record.number, record.key, record.value, {**headers, **record.headers})

    def _send(
        self,
        source: Source,
        number: int | None,
        key: str | None,
        value: bytes,
        headers: Mapping[str, str],
        reason: str | None = None,
    ) -> "Pending":
        future = self._hand_over(
            self._raw_topic(source.name), key, value, [(n, v.encode()) for n, v in headers.items()]
        )
        return Pending(future, number, key, reason, self._patience)

    def _letter(self, source: Source, payload: bytes, rejected: Rejected) -> "Pending":
        sha256, length = put_bytes_aside(self._quarantine, payload)
        return self._letter_of(source, length, sha256, rejected)

    def _letter_of(self, source: Source, length: int, sha256: str, rejected: Rejected) -> "Pending":
        cause = Cause(rejected.reason, _STAGE, rejected.field, rejected.detail)
        headers = [*cause.headers(), *quarantine_headers(sha256, length), ("source", source.name.encode())]
        future = self._hand_over(self._dead_letters, None, b"", headers)
        return Pending(future, None, None, rejected.reason, self._patience)

    def _hand_over(self, topic: str, key: str | None, value: bytes, headers: list[tuple[str, bytes]]) -> Any:
        try:
            return self._producer.send(
                topic, value=value, key=None if key is None else key.encode(), headers=headers
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka did not take a record for {topic} ({error}); nothing was accepted") from error


def _limits(seconds: float) -> dict[str, int]:
    """The producer's time limits; a request may take half of the time, so that there is time for a second one."""
    whole = round(seconds * 1000)
    return {"max_block_ms": whole, "delivery_timeout_ms": whole, "request_timeout_ms": whole // 2}


@dataclass(slots=True, frozen=True)
class Pending:
    """A record handed to the producer; not delivered before `wait` has returned."""

    future: Any
    record: int | None
    key: str | None
    reason: str | None
    patience: float = _ACK_SECONDS

    def when_done(self, call: Callable[[], object]) -> None:
        """Call once it is known whether Kafka has the record, at once or from the producer's thread; then `wait`
        does not block.
        """
        self.future.add_both(lambda _: call())

    def wait(self) -> Acknowledged:
        """Where Kafka put it, or `Unavailable`."""
        try:
            metadata = self.future.get(timeout=self.patience)
        except KafkaError as error:
            raise Unavailable(f"Kafka did not acknowledge a record ({error}); send the file again") from error
        return Acknowledged(self.record, self.key, metadata.topic, metadata.partition, metadata.offset, self.reason)
