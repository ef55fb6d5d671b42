"""Receipts in Kafka: what an edge has delivered is known even where its file is lost."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from connectors.outbox.model import Kept, State
from connectors.outbox.store import Outbox
from hub.domain.errors import Unavailable

_RECORD = "DeliveryReceipt"
_ACK_SECONDS = 30.0
_BATCH = 2000


class Coder(Protocol):
    """What it needs of the codec (`schemas.codec.Codec`)."""

    def encode(self, name: str, datum: Mapping[str, Any], /) -> bytes:
        """The record in wire format."""
        ...

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


@dataclass(slots=True, frozen=True)
class Receipt:
    """That a message of an edge is settled (`hub.v1.DeliveryReceipt`). `at` is epoch ms by the hub's clock."""

    edge: str
    message: Kept

    @property
    def key(self) -> bytes:
        """`edge/id`: of a message one receipt stays when the topic is compacted."""
        return f"{self.edge}/{self.message.id}".encode()

    def datum(self) -> dict[str, Any]:
        """The Avro record."""
        one = self.message
        return {
            "edge": self.edge,
            "id": one.id,
            "target": one.target,
            "lane": one.lane,
            "outcome": one.state.value.upper(),
            "attempts": one.attempts,
            "answer": one.answer,
            "reference": one.reference,
            "at": one.settled_at or 0,
        }


class Receipts:
    """Writes an edge's receipts, and reads them into its outbox at the start."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, codec: Coder, edge: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._partitions = partitions
        self._codec = codec
        self._edge = edge
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap,
                enable_idempotence=True,
                acks="all",
                linger_ms=2,
                reconnect_backoff_max_ms=1000,
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {bootstrap} does not answer ({error}); is it up? try: hub up") from error

    def load(self, outbox: Outbox, now: int) -> int:
        """Settle in the outbox what receipts say that it does not know; returns how many were read.

        Reads from where the outbox stopped reading them: a lost file reads all, an old copy of it what came since.
        """
        consumer = self._consumer()
        read = 0
        try:
            places = [TopicPartition(self._topic, number) for number in range(self._partitions)]
            consumer.assign(places)
            ends = consumer.end_offsets(places)
            known, first = outbox.positions(), consumer.beginning_offsets(places)
            for place in places:
                consumer.seek(place, max(known.get((self._topic, place.partition), 0), first[place]))
            last = time.monotonic()
            while any(consumer.position(place) < ends[place] for place in places):
                found = self._keep(outbox, consumer.poll(timeout_ms=500, max_records=_BATCH), now)
                read, last = read + found, time.monotonic() if found else last
                if time.monotonic() - last > _ACK_SECONDS:
                    raise Unavailable(f"reading receipts in {self._topic} came to a halt")
        except KafkaError as error:
            raise Unavailable(f"receipts in {self._topic} cannot be read ({error})") from error
        finally:
            consumer.close()
        return read

    def write(self, messages: Sequence[Kept]) -> None:
        """Give Kafka the receipts of settled messages; returns when it has them all.

        Raises:
            Unavailable: it may have some of them; writing one again changes nothing.
        """
        self._send([(Receipt(self._edge, one).key, self._encoded(one)) for one in messages])

    def withdraw(self, ids: Sequence[str]) -> None:
        """Let the topic forget receipts of records that Kafka itself keeps no more."""
        self._send([(f"{self._edge}/{id}".encode(), None) for id in ids])

    def close(self) -> None:
        """Leave."""
        self._producer.close(timeout=_ACK_SECONDS)

    def _send(self, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        try:
            futures = [self._producer.send(self._topic, key=key, value=value) for key, value in records]
            for future in futures:
                future.get(timeout=_ACK_SECONDS)
        except KafkaError as error:
            raise Unavailable(f"Kafka did not acknowledge receipts ({error})") from error

    def _encoded(self, message: Kept) -> bytes:
        return self._codec.encode(_RECORD, Receipt(self._edge, message).datum())

    def _keep(self, outbox: Outbox, found: Mapping[Any, Sequence[Any]], now: int) -> int:
        with outbox.transaction():
            for place, records in found.items():
                for record in records:
                    datum = self._codec.decode(record.value, _RECORD) if record.value is not None else {}
                    if datum.get("edge") == self._edge:
                        outbox.know(_kept(datum), now)
                outbox.move({(self._topic, place.partition): records[-1].offset + 1})
        return sum(map(len, found.values()))

    def _consumer(self) -> Any:
        try:
            return KafkaConsumer(
                bootstrap_servers=self._bootstrap,
                group_id=None,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                reconnect_backoff_max_ms=1000,
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {self._bootstrap} does not answer ({error}); try: hub up") from error


def _kept(datum: Mapping[str, Any]) -> Kept:
    return Kept(
        id=datum["id"],
        target=datum["target"],
        lane=datum["lane"],
        state=State.SKIPPED if datum["outcome"] == "SKIPPED" else State.DELIVERED,
        attempts=datum["attempts"],
        next_at=None,
        answer=datum["answer"],
        reference=datum["reference"],
        settled_at=datum["at"],
    )
