"""Where a source's transports stand, told to whoever asks `hub sources list`, on whatever machine.

One record a transport in the compacted topic `source.status`, in JSON. It is news, not a position to go on from:
edges keep those themselves. A record that could not be sent is sent with the next turn.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from kafka import KafkaProducer
from kafka.errors import KafkaError

from connectors.control import Transport
from connectors.feed import Message
from connectors.strict import Strict
from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

_AT_MOST_EVERY_SECONDS = 1.0
_COMMANDS_TOLD = 20


class Done(Strict):
    """What came of a command: `outcome` is done or failed, `detail` says how much or why."""

    outcome: str
    detail: str = ""


class Standing(Strict):
    """A transport at an instant (epoch milliseconds of the hub's clock).

    `position` is its own and for a person to read. `waiting` counts what it sees and has not taken, None where it
    cannot know. `problem` is what keeps it from taking. No file name, no caller's data.
    """

    at: int
    position: str
    waiting: int | None = None
    problem: str | None = None
    commands: Mapping[str, Done] = {}


class StatusReporter:
    """Tells `source.status`; call `report` every turn, it sends what is new, at most once a second a transport."""

    def __init__(self, bootstrap: str, topic: str, now_ms: Callable[[], int]) -> None:
        self._topic = topic
        self._now_ms = now_ms
        self._told: dict[bytes, tuple[float, Standing]] = {}
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap,
                enable_idempotence=False,
                acks=1,
                max_block_ms=2000,
                reconnect_backoff_max_ms=1000,
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {bootstrap} does not answer ({error}); is it up? try: hub up") from error

    def report(
        self,
        source: str,
        transport: Transport,
        position: str,
        *,
        waiting: int | None = None,
        problem: str | None = None,
        commands: Mapping[str, Done] | None = None,
    ) -> None:
        """Where the transport stands now; of the commands the last twenty are told."""
        key = f"{source}/{transport}".encode()
        kept = dict(list((commands or {}).items())[-_COMMANDS_TOLD:])
        standing = Standing(at=0, position=position, waiting=waiting, problem=problem, commands=kept)
        when, told = self._told.get(key, (float("-inf"), None))
        now = time.monotonic()
        if standing == told or now - when < _AT_MOST_EVERY_SECONDS:
            return
        stamped = standing.model_copy(update={"at": self._now_ms()})
        try:
            self._producer.send(self._topic, key=key, value=encode(stamped))
        except KafkaError as error:
            log.warning("the standing of a transport was not told (%s)", error)
        else:
            self._told[key] = (now, standing)

    def close(self) -> None:
        """Send what is in hand, for some seconds at most."""
        try:
            self._producer.close(timeout=5)
        except KafkaError as error:
            log.warning("the standing of a transport was not told (%s)", error)


def encode(standing: Standing) -> bytes:
    """A standing as bytes."""
    return json.dumps(standing.model_dump(mode="json"), ensure_ascii=False, sort_keys=True).encode()


def read_standings(messages: Iterable[Message]) -> dict[tuple[str, Transport], Standing]:
    """The last standing of each source's transports."""
    found: dict[tuple[str, Transport], Standing] = {}
    for message in messages:
        source, _, transport = (message.key or b"").decode().rpartition("/")
        if message.value is None:
            found.pop((source, Transport(transport)), None)
        else:
            found[source, Transport(transport)] = Standing.model_validate_json(message.value)
    return found
