"""Writes the audit log: what was done is on record when `write` returns, chained without a fork."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from confluent_kafka import KafkaException, Producer

from hub.domain.audit import AuditRecord, audit_record
from hub.domain.errors import Unavailable
from hub.reading import Reader, partition_of
from schemas.codec import Codec

_TRANSACTIONAL_ID = "hub-audit"
_SECONDS = 15.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 2.0


@dataclass(slots=True, frozen=True)
class Act:
    """Who did what to which subject, and why. `details` names things by their ids; never personal data."""

    subject: str
    actor: str
    action: str
    reason: str = ""
    details: dict[str, str] = field(default_factory=dict)


class AuditLog:
    """The one way into the audit log for processes that run at the same time.

    Each record names the digest of its subject's record before it, so two writers must not read the same last
    record. Whoever writes holds the transactional id of the log: as long as nobody has taken it away, nobody else
    has written, and what is known of the chains is true. Who finds it taken away takes it back, reads what came
    meanwhile, and writes then. Safe to call from several threads.
    """

    def __init__(
        self, bootstrap: str, topic: str, partitions: int, codec: Codec, now_ms: Callable[[], int]
    ) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._partitions = partitions
        self._codec = codec
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._producer: Producer | None = None
        self._last: dict[str, bytes] = {}
        self._read_to: dict[int, int] = {}
        self._unread = set(range(partitions))

    def write(self, *acts: Act) -> None:
        """Put the acts on record, all of them or none.

        Raises:
            Unavailable: they may not be on record; what was asked for must not be done.
        """
        if not acts:
            return
        until, pause = time.monotonic() + _SECONDS, _FIRST_PAUSE_SECONDS
        made: list[AuditRecord] = []
        with self._lock:
            while True:
                try:
                    producer = self._held()
                    self._catch_up({act.subject for act in acts})
                    # A commit whose answer was lost may have happened.
                    if not (made and self._last.get(made[-1]["subject"]) == made[-1]["digest"]):
                        made = self._chained(acts)
                        self._commit(producer, made)
                except KafkaException as error:
                    self._let_go()
                    if time.monotonic() > until:
                        code = error.args[0].name()
                        raise Unavailable(f"the audit log at {self._bootstrap} is not written ({code})") from error
                    # Writers that want it at once would take it from each other for ever.
                    time.sleep(random.uniform(0, pause))
                    pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                else:
                    self._last.update((record["subject"], record["digest"]) for record in made)
                    return

    def _held(self) -> Producer:
        if self._producer is None:
            producer = Producer(
                {
                    "bootstrap.servers": self._bootstrap,
                    "transactional.id": _TRANSACTIONAL_ID,
                    "partitioner": "murmur2_random",
                    "linger.ms": 0,
                    "log_level": 0,
                }
            )
            # Ends what another writer had begun: the log read after this is the whole of it.
            producer.init_transactions(_SECONDS)
            self._producer = producer
        return self._producer

    def _let_go(self) -> None:
        self._producer = None
        self._unread = set(range(self._partitions))

    def _catch_up(self, subjects: set[str]) -> None:
        wanted = {partition_of(subject.encode(), self._partitions) for subject in subjects} & self._unread
        if not wanted:
            return
        with Reader(self._bootstrap) as reader:
            for number in wanted:
                for stored in reader.scan(self._topic, partition=number, start=self._read_to.get(number)):
                    self._read_to[number] = stored.offset + 1
                    if stored.value is not None:
                        record = self._codec.decode(stored.value, "AuditRecord")
                        self._last[record["subject"]] = record["digest"]
                self._unread.discard(number)

    def _chained(self, acts: Sequence[Act]) -> list[AuditRecord]:
        now, last, made = self._now_ms(), dict(self._last), []
        for act in acts:
            before = last.get(act.subject, b"")
            record = audit_record(act.subject, act.actor, act.action, act.reason, now, act.details, before)
            last[act.subject] = record["digest"]
            made.append(record)
        return made

    def _commit(self, producer: Producer, records: Sequence[AuditRecord]) -> None:
        producer.begin_transaction()
        for record in records:
            value = self._codec.encode("AuditRecord", record)
            while True:
                try:
                    producer.produce(self._topic, value, record["subject"].encode())
                except BufferError:
                    producer.poll(0.1)
                else:
                    break
        producer.commit_transaction(_SECONDS)
