"""The way of intake into `raw.<source>`: acknowledged by Kafka, without holding up the event loop.

confluent-kafka, unlike the other edges: its work is done by threads of C, which do not take Python's lock from the
event loop (docs/decisions/011).
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.publish import batch_of, message_id
from connectors.sources.limits import LARGEST_FILE_BYTES
from hub.domain.dead_letter import LARGEST_LETTER_BYTES
from hub.domain.errors import Unavailable
from hub.domain.source import RawRecord, Source

log = logging.getLogger(__name__)

_GRACE_SECONDS = 1.5
_POLL_SECONDS = 0.2
# Handing over more than these takes so long that it is done in a thread.
_FEW_RECORDS = 50


class RawProducer:
    """An idempotent producer: acks from all, no doubles by its own retries.

    A record that Kafka has not acknowledged after `patience_seconds` is given up: it may be there or not. Kafka
    need not be there when the producer is made.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        raw_topic: Callable[[str], str],
        now_ms: Callable[[], int],
        connector: str,
        patience_seconds: float,
    ) -> None:
        self._bootstrap = bootstrap
        self._raw_topic = raw_topic
        self._now_ms = now_ms
        self._connector = connector
        self._patience = patience_seconds
        self._producer = self._new()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="intake-acknowledgements", daemon=True)
        self._thread.start()

    async def publish(self, source: Source, payload: bytes, records: Sequence[RawRecord]) -> None:
        """Return once Kafka has every record of the payload.

        Raises:
            Unavailable: it has not acknowledged all of them in time; any of them may be there all the same.
        """
        if not records:
            return
        waiting = _Waiting(len(records))
        if len(records) <= _FEW_RECORDS:
            self._hand_over(source, payload, records, waiting)
        else:
            await asyncio.to_thread(self._hand_over, source, payload, records, waiting)
        limit = self._patience + _GRACE_SECONDS
        try:
            async with asyncio.timeout(limit):
                await waiting.all_known
        except TimeoutError:
            raise Unavailable(f"Kafka did not acknowledge within {limit} s") from None
        if waiting.error is not None:
            if waiting.error.fatal():
                self._replace()
            raise Unavailable(f"Kafka did not take a record ({waiting.error.name()})")

    def close(self) -> None:
        """Leave; what is not acknowledged by now has nobody waiting for it any more."""
        self._stop.set()
        self._thread.join(5)
        self._producer.flush(1)

    def _hand_over(self, source: Source, payload: bytes, records: Sequence[RawRecord], waiting: "_Waiting") -> None:
        topic = self._raw_topic(source.name)
        batch = batch_of(payload)
        received = {"received-at": str(self._now_ms()), "connector": self._connector}
        try:
            for record in records:
                headers = {**received, "message-id": message_id(batch, record.number), **record.headers}
                self._producer.produce(
                    topic,
                    record.value,
                    record.key,
                    headers=[(name, text.encode()) for name, text in headers.items()],
                    on_delivery=waiting.told,
                )
        except (BufferError, KafkaException) as error:
            raise Unavailable(f"a record for {topic} was not taken ({error})") from error

    def _new(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._bootstrap,
                "enable.idempotence": True,
                "linger.ms": 2,
                "delivery.timeout.ms": round(self._patience * 1000),
                "partitioner": "murmur2_random",
                "message.max.bytes": LARGEST_FILE_BYTES + LARGEST_LETTER_BYTES,
                "queue.buffering.max.kbytes": 128 * 1024,
                "socket.nagle.disable": True,
                "retry.backoff.ms": 10,
                "reconnect.backoff.max.ms": 1000,
                "log_level": 2,
            }
        )

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._producer.poll(_POLL_SECONDS)

    def _replace(self) -> None:
        """A producer with a fatal error never works again; who still waits on it is answered by the time limit."""
        log.error("the producer of intake has failed for good and is replaced")
        self._producer = self._new()


class _Waiting:
    """The acknowledgements that one request waits for; told by the polling thread."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._loop = asyncio.get_running_loop()
        self.all_known: asyncio.Future[None] = self._loop.create_future()
        self.error: KafkaError | None = None

    def told(self, error: KafkaError | None, _: Message) -> None:
        """One record more is known."""
        if error is not None:
            self.error = error
        self._left -= 1
        if self._left == 0:
            # A loop that has ended has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        if not self.all_known.done():
            self.all_known.set_result(None)
