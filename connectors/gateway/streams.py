"""The live streams: each gets what is behind its cursor from the inbox, then every dispatch as it comes.

All of it runs in the event loop, and nothing of it waits for a reader. What a reader has not taken stands in its
socket's buffer up to a bound; beyond it the reader is no longer pushed to and gets the rest from the inbox once it
has caught up; one that takes nothing for some seconds is cut. It comes back with its last id and misses nothing.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from connectors.gateway import frames
from connectors.gateway.cursor import NOTHING, Cursor
from connectors.gateway.inbox import Delivery
from hub.domain.tiers import TIERS

BUFFER_BYTES: Final = 64 * 1024
_PAGE: Final = 50
_TICK_SECONDS: Final = 0.1
_OTHERS: Final = len(TIERS) - 1


class Cut(StrEnum):
    """Why a stream ended on the gateway's side."""

    SLOW = "slow"
    TOKEN = "token"
    CROWDED = "crowded"
    STOPPED = "stopped"


class Transport(Protocol):
    """What is needed of a connection (`asyncio.Transport`)."""

    def write(self, data: bytes, /) -> None: ...

    def abort(self) -> None: ...

    def close(self) -> None: ...

    def is_closing(self) -> bool: ...


class Source(Protocol):
    """What is needed of the inbox."""

    def after(self, endpoint_id: str, cursor: Cursor, most: int, /) -> list[Delivery]: ...


class Counts(Protocol):
    """What is counted of streams."""

    def opened(self) -> None: ...

    def ended(self) -> None: ...

    def cut(self, why: Cut, /) -> None: ...

    def pushed(self, live: int, behind: int, /) -> None: ...


class Push(NamedTuple):
    """A dispatch made ready to be written; `frame` is the event as nearly every reader gets it."""

    endpoint_id: str
    tier: int
    offset: int
    frame: bytes
    delivery: Delivery


def ready(deliveries: Iterable[Delivery]) -> list[Push]:
    """What takes time is done before the event loop has it."""
    return [
        Push(
            one.endpoint_id,
            TIERS.index(one.place.tier),
            one.place.offset,
            frames.event(str(one.place), one.action, one.body),
            one,
        )
        for one in deliveries
    ]


class Stream:
    """One reader. `seen` is its cursor, kept as a list: it moves with every push.

    `since` is when it last stopped taking what was written, None while it takes it.
    """

    __slots__ = ("endpoint_id", "is_live", "seen", "since", "slot", "token_id", "transport")

    def __init__(self, endpoint_id: str, token_id: str, cursor: Cursor, transport: Transport) -> None:
        self.endpoint_id = endpoint_id
        self.token_id = token_id
        self.seen = list(cursor)
        self.transport = transport
        self.is_live = False
        self.since: float | None = None
        self.slot = 0


class Streams:
    """All streams of this process. `is_valid` tells whether a token still holds."""

    def __init__(
        self,
        inbox: Source,
        counts: Counts,
        is_valid: Callable[[str], bool],
        *,
        heartbeat_seconds: float = 15.0,
        patience_seconds: float = 10.0,
        most_of_one: int = 4,
    ) -> None:
        self._inbox = inbox
        self._counts = counts
        self._is_valid = is_valid
        self._patience = patience_seconds
        self._most_of_one = most_of_one
        self._of: dict[str, list[Stream]] = {}
        self._paused: set[Stream] = set()
        # The streams of one slot get their heartbeat in the same tick, so that never all do at once.
        self._slots: list[set[Stream]] = [set() for _ in range(max(1, round(heartbeat_seconds / _TICK_SECONDS)))]
        self._next_slot = 0
        self._ticking: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def open(self, stream: Stream) -> None:
        """Begin: what the reader does not have, then live. The oldest of an endpoint's too many readers is cut."""
        others = self._of.setdefault(stream.endpoint_id, [])
        while len(others) >= self._most_of_one:
            self.cut(others[0], Cut.CROWDED)
            others = self._of.setdefault(stream.endpoint_id, [])
        others.append(stream)
        self._next_slot = (self._next_slot + 1) % len(self._slots)
        stream.slot = self._next_slot
        self._slots[stream.slot].add(stream)
        self._counts.opened()
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().create_task(self._tick())
        self._catch_up(stream)

    def forget(self, stream: Stream) -> None:
        """The connection has ended."""
        others = self._of.get(stream.endpoint_id, [])
        if stream not in others:
            return
        others.remove(stream)
        if not others:
            del self._of[stream.endpoint_id]
        self._slots[stream.slot].discard(stream)
        self._paused.discard(stream)
        self._counts.ended()

    def cut(self, stream: Stream, why: Cut) -> None:
        """End a stream without waiting for its reader."""
        self._counts.cut(why)
        self.forget(stream)
        stream.transport.abort()

    def cut_tokens(self, token_ids: set[str]) -> None:
        """End the streams that were opened with these tokens."""
        for stream in self.every():
            if stream.token_id in token_ids:
                self.cut(stream, Cut.TOKEN)

    def cut_all(self) -> None:
        """The gateway stops."""
        for stream in self.every():
            self.cut(stream, Cut.STOPPED)
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def deliver(self, pushes: Iterable[Push]) -> None:
        """Push what the inbox has just taken to whoever is live."""
        count = 0
        for endpoint_id, tier, offset, frame, delivery in pushes:
            for stream in self._of.get(endpoint_id, ()):
                seen = stream.seen
                if not stream.is_live or seen[tier] >= offset:
                    continue
                seen[tier] = offset
                # A reader that has been of two tiers gets an id that names both places.
                stream.transport.write(frame if seen.count(NOTHING) == _OTHERS else _event(stream, delivery))
                count += 1
        if count:
            self._counts.pushed(count, 0)

    def paused(self, stream: Stream) -> None:
        """The reader has not taken what stands in its buffer: push no more."""
        stream.is_live = False
        stream.since = time.monotonic()
        self._paused.add(stream)

    def resumed(self, stream: Stream) -> None:
        """It has taken it: go on behind what it got."""
        stream.since = None
        self._paused.discard(stream)
        self._catch_up(stream)

    def _catch_up(self, stream: Stream) -> None:
        """One page from the inbox; the next when the loop comes round, so that others get their turn."""
        if stream.since is not None or stream.is_live or stream.transport.is_closing():
            return
        found = self._inbox.after(stream.endpoint_id, Cursor(*stream.seen), _PAGE)
        if len(found) < _PAGE:
            # What is committed after this query is delivered after this step: nothing falls between.
            stream.is_live = True
        if found:
            written = []
            for delivery in found:
                stream.seen[TIERS.index(delivery.place.tier)] = delivery.place.offset
                written.append(_event(stream, delivery))
            stream.transport.write(b"".join(written))
            self._counts.pushed(0, len(found))
        if not stream.is_live and stream.since is None:
            asyncio.get_running_loop().call_soon(self._catch_up, stream)

    async def _tick(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            number = (number + 1) % len(self._slots)
            oldest = time.monotonic() - self._patience
            for stream in [one for one in self._paused if one.since is not None and one.since < oldest]:
                self.cut(stream, Cut.SLOW)
            for stream in list(self._slots[number]):
                if not self._is_valid(stream.token_id):
                    self.cut(stream, Cut.TOKEN)
                elif stream.since is None:
                    stream.transport.write(frames.HEARTBEAT)

    def every(self) -> list[Stream]:
        """All that are open."""
        return [stream for streams in self._of.values() for stream in streams]


def _event(stream: Stream, delivery: Delivery) -> bytes:
    return frames.event(Cursor(*stream.seen).text(delivery.place.partition), delivery.action, delivery.body)
