"""What the command centre has told a source's transports: to pause, to go back, to take something again.

The records stand in the compacted topic `source.control` (one partition, so one order), in JSON: they are the hub's
own, written by `hub sources` and read by edges of the same release, so no public schema has to outlive them.
"""

import json
import logging
import threading
from collections.abc import Container, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, ValidationError

from connectors.feed import Feed, Message, Position
from connectors.strict import Strict
from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

_STATE, _COMMAND = "state", "command"
_AGAIN_SECONDS = 1.0
COMMAND_DAYS = 30
"""A command older than this is not carried out any more: an edge that lost its journal must not do all of them."""


class Transport(StrEnum):
    """The ways in of a source; the values are the sections of `sources.yaml`."""

    INTAKE = "intake"
    DROP = "drop"
    DATABASE = "database"
    POLL = "poll"


class Kind(StrEnum):
    """What a transport can be told to do once."""

    REWIND = "rewind"
    REIMPORT = "reimport"


class PauseState(Strict):
    """Whether a source is paused. `at` is epoch milliseconds of the hub's clock."""

    paused: bool
    at: int
    actor: str
    reason: str


class Command(Strict):
    """Something to do once; whoever does it keeps `id` together with what came of it.

    A rewind goes back to an instant (`to_ms`, epoch milliseconds) or to a transport's own position (`to_position`).
    A reimport takes chosen records (`ids`: source case ids or source event ids) or dropped `files` (names) again.
    Without `transport` it is for every transport of the source that can do it. Doing it twice changes nothing
    downstream: unify drops what it has seen.
    """

    id: str
    source: str
    kind: Kind
    at: int
    actor: str
    transport: Transport | None = None
    to_ms: int | None = None
    to_position: str | None = None
    ids: Annotated[tuple[str, ...], Field(max_length=10_000)] = ()
    files: Annotated[tuple[str, ...], Field(max_length=10_000)] = ()

    def is_for(self, transport: Transport) -> bool:
        """True when that transport is meant."""
        return self.transport in (None, transport)


def state_key(source: str) -> bytes:
    """Key of a source's pause state."""
    return f"{_STATE}/{source}".encode()


def command_key(command: Command) -> bytes:
    """Key of a command; each has its own, so compaction keeps all of them."""
    return f"{_COMMAND}/{command.source}/{command.id}".encode()


class Known:
    """The control records read so far. Not for several threads at once; `SourceControl` is."""

    def __init__(self) -> None:
        self.states: dict[str, PauseState] = {}
        self.commands: dict[bytes, Command] = {}

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """One record in its order; one of a form that this release does not know is passed over, and told."""
        kind, _, rest = (key or b"").decode("utf-8", "replace").partition("/")
        try:
            if kind == _STATE:
                self._take_state(rest, value)
            elif kind == _COMMAND and key is not None:
                self._take_command(key, value)
        except ValidationError:
            log.error("source.control: a %s record is not of a form that this release knows", kind)

    def _take_state(self, source: str, value: bytes | None) -> None:
        if value is None:
            self.states.pop(source, None)
        else:
            self.states[source] = PauseState.model_validate_json(value)

    def _take_command(self, key: bytes, value: bytes | None) -> None:
        self.commands.pop(key, None)
        if value is not None:
            self.commands[key] = Command.model_validate_json(value)

    def of(self, source: str, transport: Transport, now_ms: int) -> list[Command]:
        """The commands for a transport, in the order in which they were given."""
        oldest = now_ms - COMMAND_DAYS * 86_400_000
        return [
            command
            for command in self.commands.values()
            if command.source == source and command.is_for(transport) and command.at >= oldest
        ]


class SourceControl:
    """Follows `source.control` in a thread; every edge that takes from sources has one.

    The constructor returns once everything written so far has been read: a pause is known before anything is taken.
    While Kafka is away the last known state holds. Safe to ask from several threads and from an event loop.
    """

    def __init__(self, bootstrap: str, topic: str, *, partitions: int = 1, patience: float = 30.0) -> None:
        """Raises `Unavailable` when the topic cannot be read to its end within `patience` seconds."""
        self._bootstrap = bootstrap
        self._topic = topic
        self._partitions = partitions
        self._known = Known()
        self._positions: dict[Position, int] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        feed = self._open()
        try:
            self._take(feed.read_to_end(patience))
        except Unavailable:
            feed.close()
            raise
        self._thread = threading.Thread(target=self._follow, args=(feed,), name="source-control", daemon=True)
        self._thread.start()

    def is_paused(self, source: str) -> bool:
        """True while the source must not be taken from."""
        with self._lock:
            state = self._known.states.get(source)
        return state is not None and state.paused

    def commands(self, source: str, transport: Transport, now_ms: int, done: Container[str] = ()) -> list[Command]:
        """What the transport was told and has not done, in order. Which are done is the caller's to remember:
        it stores a command's id together with the position that the command gave it.
        """
        with self._lock:
            found = self._known.of(source, transport, now_ms)
        return [command for command in found if command.id not in done]

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        self._thread.join(5)

    def _open(self) -> Feed:
        return Feed(self._bootstrap, (self._topic,), self._partitions, self._positions)

    def _take(self, found: tuple[list[Message], Mapping[Position, int]]) -> None:
        messages, after = found
        with self._lock:
            for message in messages:
                self._known.take(message.key, message.value)
        self._positions.update(after)

    def _follow(self, feed: Feed | None) -> None:
        while not self._stop.is_set():
            try:
                feed = feed or self._open()
                self._take(feed.poll())
            except Unavailable as away:
                log.warning("%s; what was known of pauses holds", away)
                if feed is not None:
                    feed.close()
                feed = None
                self._stop.wait(_AGAIN_SECONDS)
        if feed is not None:
            feed.close()


def encode(record: PauseState | Command) -> bytes:
    """A control record as bytes, the same for the same content."""
    return json.dumps(record.model_dump(mode="json", exclude_defaults=True), sort_keys=True).encode()
