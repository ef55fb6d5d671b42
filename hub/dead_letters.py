"""Dead letters for an operator: find them, read their causes, send them again exactly once."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, Producer

from hub.domain.audit import AuditRecord, audit_record
from hub.domain.dead_letter import Cause, original_headers
from hub.domain.errors import Unavailable
from hub.reading import Reader, Stored
from hub.topics import Catalogue
from schemas.codec import Codec

_REPLAY = "dead.replay"
_READ = "dead.read"
_SECONDS = 30.0
_LARGEST_MESSAGE_BYTES = 18 * 1024 * 1024
_HEADERS_BYTES = 64 * 1024


@dataclass(slots=True, frozen=True)
class Letter:
    """A dead letter. `id` is `partition:offset` in the topic of dead letters."""

    stored: Stored
    cause: Cause

    @property
    def id(self) -> str:
        """What `hub dead show` and `hub dead replay` take."""
        return f"{self.stored.partition}:{self.stored.offset}"

    @property
    def quarantined(self) -> str | None:
        """The quarantine file that holds the bytes, None where the letter itself does."""
        return dict(self.stored.headers).get("quarantine-file", b"").decode() or None

    @property
    def length(self) -> int:
        """Bytes of the record, wherever they are kept."""
        told = dict(self.stored.headers).get("quarantine-length")
        return len(self.stored.value or b"") if told is None else int(told)

    def summary(self) -> dict[str, Any]:
        """Why and where, without a byte of the record itself."""
        return {
            "id": self.id,
            "reason": self.cause.reason,
            "field": self.cause.field,
            "detail": self.cause.detail,
            "stage": self.cause.stage,
            "topic": self.cause.topic or None,
            "partition": self.cause.partition if self.cause.topic else None,
            "offset": self.cause.offset if self.cause.topic else None,
            "attempts": self.cause.attempts,
            "at": self.stored.timestamp,
            "bytes": self.length,
            "quarantine_file": self.quarantined,
        }


def letters(reader: Reader, topics: Catalogue) -> Iterator[Letter]:
    """Every dead letter still kept."""
    for stored in reader.scan(topics.dead_letters):
        yield Letter(stored, Cause.read(stored.headers))


def find(reader: Reader, topics: Catalogue, letter_id: str) -> Letter | None:
    """The letter with that id, None when there is none (any more)."""
    partition, _, offset = letter_id.partition(":")
    if not (partition.isdigit() and offset.isdigit()) or int(partition) not in reader.partitions(
        topics.dead_letters
    ):
        return None
    stored = reader.fetch(topics.dead_letters, int(partition), int(offset))
    return None if stored is None else Letter(stored, Cause.read(stored.headers))


def record_reading(
    bootstrap: str, topics: Catalogue, codec: Codec, letter: Letter, *, actor: str, now_ms: int
) -> None:
    """Put on record that someone looks at a letter's bytes, which may hold personal data; before they are shown."""
    subject = _subject(topics, letter)
    last = {record["subject"]: record["digest"] for record in _audited(bootstrap, topics, codec)}
    details = {"letter": letter.id, "topic": letter.cause.topic}
    record = audit_record(subject, actor, _READ, "", now_ms, details, last.get(subject, b""))
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "log_level": 2})
    _produce(producer, topics.audit_log, codec.encode("AuditRecord", record), subject.encode())
    if producer.flush(_SECONDS):
        raise Unavailable(f"the reading could not be put on record at {bootstrap}, so nothing is shown")


@dataclass(slots=True, frozen=True)
class Replayed:
    """What a replay did: ids sent again, and ids sent again before and therefore left alone."""

    sent: list[str]
    before: list[str]
    impossible: dict[str, str]


class Replayer:
    """Sends letters back to the topic they came from.

    The record and an audit record of the replay stand in one transaction, and a letter with such an audit
    record is not sent a second time: a replay repeated, or killed in the middle, sends each letter once.
    """

    def __init__(
        self, bootstrap: str, topics: Catalogue, codec: Codec, quarantine: Path, *, actor: str, now_ms: int
    ) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._codec = codec
        self._quarantine = quarantine
        self._actor = actor
        self._now_ms = now_ms

    def replay(self, chosen: Iterable[Letter], reason: str) -> Replayed:
        """Send the chosen letters again, each with its original key, headers and bytes."""
        producer = Producer(
            {
                "bootstrap.servers": self._bootstrap,
                "transactional.id": "hub-dead-replay",
                "partitioner": "murmur2_random",
                "message.max.bytes": _LARGEST_MESSAGE_BYTES,
                "log_level": 2,
            }
        )
        result = Replayed([], [], {})
        try:
            # Fences a replay that is still under way; what that one had not committed is aborted, so the
            # audit log read next tells the truth.
            producer.init_transactions(_SECONDS)
            history = _audited(self._bootstrap, self._topics, self._codec)
            done = {record["details"]["letter"] for record in history if record["action"] == _REPLAY}
            last = {record["subject"]: record["digest"] for record in history}
            producer.begin_transaction()
            try:
                for letter in chosen:
                    if letter.id in done:
                        result.before.append(letter.id)
                    elif problem := self._send(producer, letter, reason, last):
                        result.impossible[letter.id] = problem
                    else:
                        result.sent.append(letter.id)
                        done.add(letter.id)
                producer.commit_transaction(_SECONDS)
            except BaseException:
                # An open transaction would hold up every reader of the raw topics until the broker ends it.
                with contextlib.suppress(KafkaException):
                    producer.abort_transaction(_SECONDS)
                raise
        except KafkaException as error:
            raise Unavailable(f"the replay was not committed ({error.args[0].name()}); run it again") from error
        return result

    def _send(self, producer: Producer, letter: Letter, reason: str, last: dict[str, bytes]) -> str | None:
        topic = letter.cause.topic or self._raw_topic_of(letter)
        if topic is None:
            return "the letter names neither its topic nor its source"
        value = letter.stored.value
        if letter.quarantined:
            file = self._quarantine / letter.quarantined
            if not file.is_file():
                return f"its quarantine file {letter.quarantined} is not in {self._quarantine}"
            value = file.read_bytes()
        if (problem := self._too_large(topic, value)) is not None:
            return problem
        # unify counts the attempts on from what the record says of itself.
        headers: list[tuple[str, str | bytes | None]] = [
            *original_headers(letter.stored.headers),
            ("replay-of", letter.id.encode()),
            ("attempts", b"%d" % letter.cause.attempts),
        ]
        _produce(producer, topic, value, letter.stored.key, headers)
        subject = _subject(self._topics, letter)
        record = audit_record(
            subject,
            self._actor,
            _REPLAY,
            reason,
            self._now_ms,
            {"letter": letter.id, "topic": topic, "reason": letter.cause.reason},
            last.get(subject, b""),
        )
        _produce(
            producer, self._topics.audit_log, self._codec.encode("AuditRecord", record), record["subject"].encode()
        )
        return None

    def _too_large(self, topic: str, value: bytes | None) -> str | None:
        size, limit = len(value or b""), self._topics.topic(topic).max_message_bytes - _HEADERS_BYTES
        if size <= limit:
            return None
        return (
            f"its {size} bytes are more than {topic} takes ({limit}); split the file and send the parts: hub send"
        )

    def _raw_topic_of(self, letter: Letter) -> str | None:
        source = dict(letter.stored.headers).get("source", b"").decode()
        return self._topics.raw(source) if source else None


def _produce(
    producer: Producer,
    topic: str,
    value: bytes | None,
    key: bytes | None,
    headers: list[tuple[str, str | bytes | None]] | None = None,
) -> None:
    """Wait where the producer's queue is full: many large letters are sent faster than Kafka takes them."""
    while True:
        try:
            producer.produce(topic, value, key, headers=headers or [])
        except BufferError:
            producer.poll(0.1)
        else:
            return


def _subject(topics: Catalogue, letter: Letter) -> str:
    """What the audit log calls a letter."""
    return f"{topics.dead_letters}/{letter.id}"


def _audited(bootstrap: str, topics: Catalogue, codec: Codec) -> list[AuditRecord]:
    """What was done to letters so far, each letter's acts in their order."""
    with Reader(bootstrap) as reader:
        records = [codec.decode(stored.value) for stored in reader.scan(topics.audit_log) if stored.value]
    return [record for record in records if record["action"] in (_READ, _REPLAY)]
