"""Takes a source's messages in: proven, within its rate, read, in Kafka, remembered; only then accepted.

The order of `Intake.take` is the guarantee:

1. who sends, and whether now: source, signature, rate
2. a message that was accepted before is answered as then
3. what it holds: a payload of which no record can be read is refused, and nothing of it goes into Kafka
4. all its records go into Kafka, and Kafka acknowledges
5. the answer is remembered
6. the answer is given

A crash after 4 and before 6 leaves the sender without an answer; it sends again, and unify drops the copies by
their event ids.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.http.bodies import unpacked
from connectors.http.problems import Problem, retry_later, unreadable
from connectors.intake.disk import Disk
from connectors.intake.keys import Keys
from connectors.intake.metrics import IntakeMetrics, Outcome
from connectors.intake.rate import Bucket
from connectors.intake.reading import Reading, read
from connectors.intake.seen import Seen, key_of
from connectors.publish import batch_of, message_id
from connectors.sources.limits import LARGEST_FILE_BYTES
from connectors.standard_webhooks import NotAuthentic, verify
from hub.domain.errors import Rejected
from hub.domain.source import RawRecord, Source

PATIENCE_SECONDS = 7.0
"""How long Kafka has to acknowledge; with what comes before and after it a caller waits ten seconds at most."""

_TOLD_REJECTS = 1000
# What is larger is worked on in a thread, two at a time, in groups that Kafka acknowledges one after the other.
_SMALL_BYTES = 64 * 1024
_LARGE_AT_ONCE = 2
_GROUP_RECORDS = 1000


class Publisher(Protocol):
    """The way into the raw topics; `RawProducer` is one."""

    async def publish(self, source: Source, payload: bytes, records: Sequence[RawRecord]) -> None:
        """Return once Kafka has the records; `Unavailable` when it does not have all of them in time."""
        ...


@dataclass(slots=True, frozen=True)
class Entrance:
    """A source that may post: its secrets, the names its client certificate may have (none: not asked for)."""

    source: Source
    keys: Keys
    certificates: frozenset[str]
    per_second: float
    burst: int


@dataclass(slots=True, frozen=True)
class Post:
    """A request before its body is read. `headers` has lower-case names."""

    headers: Mapping[str, str]
    client_names: frozenset[str]
    body: Callable[[int], Awaitable[bytes]]


@dataclass(slots=True, frozen=True)
class Accepted:
    """The answer of 202, and whether it is that of an earlier one."""

    answer: bytes
    outcome: Outcome


class Intake:
    """The state of all entrances. For one event loop."""

    def __init__(
        self,
        entrances: Mapping[str, Entrance],
        publisher: Publisher,
        seen: Seen,
        *,
        disk: Disk,
        now_ms: Callable[[], int],
        is_paused: Callable[[str], bool],
        metrics: IntakeMetrics,
    ) -> None:
        self.entrances = entrances
        self._publisher = publisher
        self._seen = seen
        self._disk = disk
        self._now_ms = now_ms
        self._is_paused = is_paused
        self._metrics = metrics
        now = time.monotonic()
        self._buckets = {name: Bucket.full(one.per_second, one.burst, now) for name, one in entrances.items()}
        self._in_hand: dict[bytes, asyncio.Future[Accepted]] = {}
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def take(self, name: str, post: Post) -> Accepted:
        """Take one request.

        Raises:
            Problem: it is not accepted; nothing of it counts as taken.
            Rejected: the payload as a whole cannot be read.
            Unavailable: Kafka does not acknowledge.
        """
        entrance = self.entrances.get(name)
        if entrance is None:
            raise Problem(404, "no-such-source", "there is no source of this name that may post", field="source")
        _check_type(entrance.source, post.headers.get("content-type", ""))
        _check_certificate(entrance, post.client_names)
        body = await post.body(LARGEST_FILE_BYTES)
        message = self._authenticated(entrance, post.headers, body)
        self._spend(name)
        key = key_of(name, message, body)
        if (stored := self._seen.answer(key)) is not None:
            return Accepted(stored, Outcome.RESENT)
        if (running := self._in_hand.get(key)) is not None:
            first = await asyncio.shield(running)
            return Accepted(first.answer, Outcome.RESENT)
        self._check_open(name)
        return await self._once(key, self._accept(entrance, message, post.headers, body, key))

    def problem(self, name: str) -> str | None:
        """What keeps it from taking the source's messages; a pause is told elsewhere."""
        if not self.entrances[name].keys.current():
            return "no secret of this source can be read"
        return "the disk is full" if self._disk.is_full() else None

    def forget(self) -> None:
        """Drop memories that have run out; some at a time."""
        self._seen.forget(self._now_ms())

    def _authenticated(self, entrance: Entrance, headers: Mapping[str, str], body: bytes) -> str:
        keys = entrance.keys.current()
        if not keys:
            raise retry_later("no-secret", "the hub has no secret of this source yet; tell its operators", 60)
        try:
            return verify(keys, headers, body, self._now_ms() / 1000).message_id
        except NotAuthentic as wrong:
            raise _unauthenticated(wrong.detail, field=wrong.field, reason=wrong.reason) from None

    def _spend(self, name: str) -> None:
        self._buckets[name], wait = self._buckets[name].take(time.monotonic())
        if wait > 0:
            seconds = max(1, round(wait + 0.5))
            raise Problem(
                429,
                "too-many-requests",
                "the source exceeds its rate (sources.yaml); send it again later",
                headers={"Retry-After": str(seconds)},
            )

    def _check_open(self, name: str) -> None:
        if self._is_paused(name):
            raise retry_later("paused", "the source is paused by the hub's operators; send it again later", 60)
        if self._disk.is_full():
            raise retry_later("disk-full", "the hub's disk is full; nothing was taken, send it again later", 30)

    async def _once(self, key: bytes, accepting: Awaitable[Accepted]) -> Accepted:
        """The same message twice at once is one message: the second waits for what the first is answered."""
        outcome: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._in_hand[key] = outcome
        try:
            accepted = await accepting
            outcome.set_result(accepted)
            return accepted
        except BaseException as error:
            if isinstance(error, Exception):
                outcome.set_exception(error)
                outcome.exception()  # told here already; a second one need not be there to take it
            else:
                outcome.cancel()
            raise
        finally:
            del self._in_hand[key]

    async def _accept(
        self, entrance: Entrance, message: str, headers: Mapping[str, str], body: bytes, key: bytes
    ) -> Accepted:
        if len(body) <= _SMALL_BYTES and not headers.get("content-encoding"):
            plain, reading = _read(entrance.source, headers, body)
            _refuse_if_nothing_can_be_read(reading)
            await self._publish(entrance.source, plain, reading.records)
        else:
            async with self._large:
                plain, reading = await asyncio.to_thread(_read, entrance.source, headers, body)
                _refuse_if_nothing_can_be_read(reading)
                await self._publish(entrance.source, plain, reading.records)
        self._metrics.published(
            entrance.source.name, len(reading.records) - len(reading.rejects), len(reading.rejects)
        )
        answer = _answer(entrance.source.name, message, plain, reading)
        self._seen.remember(key, answer, self._now_ms())
        return Accepted(answer, Outcome.ACCEPTED)

    async def _publish(self, source: Source, payload: bytes, records: list[RawRecord]) -> None:
        for group in _groups(records):
            await self._publisher.publish(source, payload, group)


def _groups(records: list[RawRecord]) -> Iterator[list[RawRecord]]:
    for start in range(0, len(records), _GROUP_RECORDS):
        yield records[start : start + _GROUP_RECORDS]


def _check_type(source: Source, content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() not in source.content_types:
        raise Problem(
            415,
            "unsupported-type",
            f"content type is one of {', '.join(source.content_types)}",
            field="content-type",
            headers={"Accept": ", ".join(source.content_types)},
        )


def _check_certificate(entrance: Entrance, names: frozenset[str]) -> None:
    if entrance.certificates and not entrance.certificates & names:
        raise _unauthenticated(
            "the source needs a client certificate with a name that the hub expects", reason="client_certificate"
        )


def _unauthenticated(detail: str, **members: Any) -> Problem:
    return Problem(401, "not-authentic", detail, headers={"WWW-Authenticate": "StandardWebhooks"}, **members)


def _read(source: Source, headers: Mapping[str, str], body: bytes) -> tuple[bytes, Reading]:
    plain = unpacked(body, headers.get("content-encoding", ""), LARGEST_FILE_BYTES)
    # The headers of a single record of a batch are the hub's own: a sender cannot claim them.
    return plain, read(source, plain, {"content-type": headers["content-type"]})


def _refuse_if_nothing_can_be_read(reading: Reading) -> None:
    if not reading.is_refused:
        return
    first: Rejected = next(iter(reading.rejects.values()))
    if len(reading.records) == 1:
        raise unreadable(first)
    raise unreadable(first, rejects=_told(reading))


def _answer(source: str, message: str, payload: bytes, reading: Reading) -> bytes:
    """The body of 202: the same for the same message."""
    batch = batch_of(payload)
    answer = {
        "id": message,
        "source": source,
        "accepted": len(reading.records) - len(reading.rejects),
        "rejected": len(reading.rejects),
        "message_ids": [message_id(batch, record.number) for record in reading.records],
        "rejects": _told(reading),
    }
    return json.dumps(answer, ensure_ascii=False).encode()


def _told(reading: Reading) -> list[dict[str, Any]]:
    found = list(reading.rejects.items())[:_TOLD_REJECTS]
    return [
        {"record": number, "reason": one.reason, "field": one.field, "detail": one.detail or None}
        for number, one in found
    ]
