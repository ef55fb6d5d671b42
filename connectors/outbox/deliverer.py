"""The loop of an edge that delivers: its feed, its outbox, and as many attempts at once as allowed."""

import asyncio
import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from connectors.feed import Message, Position
from connectors.outbox.backoff import Backoff
from connectors.outbox.metrics import OutboxMetrics
from connectors.outbox.model import Delivered, Failed, Halted, Outcome, Outgoing, Parked
from connectors.outbox.ordered_feed import OrderedFeed
from connectors.outbox.receipts import Receipts
from connectors.outbox.store import Outbox
from hub.domain.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.05
_POLL_SECONDS = 0.2
_FENCED_POLL_SECONDS = 0.02
_ANY = 2**63 - 1
_STANDING_SECONDS = 2.0
_AWAY_SECONDS = 2.0
_FORGET_SECONDS = 600.0
_RECEIPTS = 500


class Source(Protocol):
    """What it reads (`connectors.feed.Feed`)."""

    def poll(self, most: int = 500, seconds: float = 0.5) -> tuple[list[Message], dict[Position, int]]:
        """Records and the positions after them."""
        ...


@dataclass(slots=True, frozen=True)
class Limits:
    """How much at once, in all and for a target (`at_once_of` where it differs).

    `drain_seconds` are given to running attempts at the end, `keep_days` to receipts.
    """

    at_once: int = 32
    at_once_a_target: int = 8
    at_once_of: Mapping[str, int] = field(default_factory=dict)
    drain_seconds: float = 8.0
    keep_days: int = 430


class Deliverer:
    """Takes records into the outbox and delivers its messages until told to stop.

    1. the messages of a batch of records and the feed's positions go into the file, in one transaction
    2. a message is sent with its id as idempotency key
    3. its receiver answers
    4. the answer goes into the file: from here on it is settled
    5. Kafka acknowledges its receipt
    6. the file notes that

    docs/outbox.md says what a crash after each step does. `messages_of` makes messages of a record (none, one, or
    several; `Rejected` where it cannot be read), `deliver` makes one attempt and tells what came of it; what it
    raises counts as a failed attempt. `helpers` run beside until the end.
    """

    def __init__(
        self,
        outbox: Outbox,
        receipts: Receipts,
        messages_of: Callable[[Message], Iterable[Outgoing]],
        deliver: Callable[[Outgoing], Awaitable[Outcome]],
        *,
        backoff: Backoff,
        chance: Callable[[], float],
        hub_now_ms: Callable[[], int],
        metrics: OutboxMetrics,
        alive: Callable[[], None] = lambda: None,
        limits: Limits | None = None,
        helpers: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._outbox = outbox
        self._receipts = receipts
        self._messages_of = messages_of
        self._deliver = deliver
        self._backoff = backoff
        self._chance = chance
        self._hub_now_ms = hub_now_ms
        self._metrics = metrics
        self._alive = alive
        self._limits = limits or Limits()
        self._helpers = helpers
        self._running: dict[asyncio.Task[Outcome], Outgoing] = {}
        self._up_to = 0
        self._standing_at = 0.0
        self._forget_at = 0.0

    def run(self, feed: Source, stop: threading.Event) -> None:
        """Work until `stop` is set, then let running attempts end.

        Receipts must have been loaded (`Receipts.load`) before: what they say was delivered is not sent.
        """
        self._up_to = 0 if isinstance(feed, OrderedFeed) else _ANY
        asyncio.run(self._run(feed, stop))

    async def _run(self, feed: Source, stop: threading.Event) -> None:
        # Names are resolved in these threads: slow ones must not take the feed's.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self._limits.at_once + 4))
        others: list[asyncio.Future[None]] = [
            asyncio.create_task(self._take(feed, stop)),
            asyncio.create_task(self._write_receipts(stop)),
        ]
        helpers = [asyncio.ensure_future(helper()) for helper in self._helpers]
        try:
            while not stop.is_set():
                for task in (*others, *helpers):
                    if task.done():
                        task.result()
                if self._settle():
                    self._start()
                else:
                    await asyncio.sleep(_AWAY_SECONDS)
                await self._wait(_TICK_SECONDS)
                self._tell()
            await self._drain()
            await asyncio.gather(*others)
        finally:
            for task in (*others, *helpers):
                task.cancel()

    async def _drain(self) -> None:
        """Let attempts end; what came of one that is cut nobody knows, so it stays and is made again."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._limits.drain_seconds)
        self._settle()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()

    async def _take(self, feed: Source, stop: threading.Event) -> None:
        """Step 1. Of an ordered feed nothing is sent before all that was written earlier has been taken."""
        fence: tuple[dict[Position, int], int] | None = None
        while not stop.is_set():
            try:
                records, positions = await asyncio.to_thread(
                    feed.poll, 500, _POLL_SECONDS if fence is None else _FENCED_POLL_SECONDS
                )
                if positions:
                    await self._keep(records, positions, stop)
                if isinstance(feed, OrderedFeed):
                    fence = await self._move_fence(feed, fence)
            except Unavailable as away:
                log.warning("%s", away)
                await asyncio.sleep(_AWAY_SECONDS)

    async def _move_fence(
        self, feed: OrderedFeed, fence: tuple[dict[Position, int], int] | None
    ) -> tuple[dict[Position, int], int] | None:
        """What was taken before the ends were asked for may go once everything up to those ends is taken too."""
        if fence is not None and feed.is_past(fence[0]):
            self._up_to, fence = fence[1], None
        last = self._outbox.last()
        if fence is None and last > self._up_to:
            fence = (await asyncio.to_thread(feed.ends), last)
        return fence

    async def _keep(self, records: list[Message], positions: Mapping[Position, int], stop: threading.Event) -> None:
        """The feed does not give a batch twice: it is offered to the file until that takes it."""
        messages: list[Outgoing] = []
        rejected = 0
        for record in records:
            try:
                messages += self._messages_of(record)
            except Rejected as why:
                rejected += 1
                log.error("%s/%d/%d is passed over: %s", record.topic, record.partition, record.offset, why)
        while not stop.is_set():
            try:
                new = self._outbox.take(messages, positions, _now_ms())
            except Unavailable as full:
                log.error("%s", full)
                await asyncio.sleep(_AWAY_SECONDS)
            else:
                self._metrics.took(len(records), rejected, len(messages), new)
                return

    def _start(self) -> None:
        """Step 2, for as many as there is room for."""
        room = self._limits.at_once - len(self._running)
        if room <= 0:
            return
        running = Counter(message.target for message in self._running.values())
        busy = {(message.target, message.lane) for message in self._running.values()}
        for message in self._outbox.due(_now_ms(), self._limits.at_once_a_target, busy, self._up_to):
            most = self._limits.at_once_of.get(message.target, self._limits.at_once_a_target)
            if room and running[message.target] < most:
                room -= 1
                running[message.target] += 1
                self._running[asyncio.create_task(self._attempt(message))] = message

    async def _attempt(self, message: Outgoing) -> Outcome:
        try:
            return await self._deliver(message)
        except Exception as error:  # noqa: BLE001 - one message must not stop all others; it is tried, then parked
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error("%s: %s at %s:%s", message.id, type(error).__name__, Path(place.filename).name, place.lineno)
            return Failed(f"error in the hub: {type(error).__name__}")

    async def _wait(self, seconds: float) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    def _settle(self) -> bool:
        """Step 4, for all that have ended meanwhile in one transaction.

        False where the file does not take it: what came of them is kept until it does, and nothing more is sent.
        """
        ended = [(task, message) for task, message in self._running.items() if task.done()]
        if not ended:
            return True
        try:
            with self._outbox.transaction():
                for task, message in ended:
                    self._note(message, task.result())
        except Unavailable as full:
            log.error("%s", full)
            return False
        for task, message in ended:
            del self._running[task]
            self._metrics.attempted(message.target, type(task.result()).__name__.lower())
        return True

    def _note(self, message: Outgoing, outcome: Outcome) -> None:
        now = _now_ms()
        match outcome:
            case Delivered(answer, reference):
                self._outbox.delivered(message.id, answer, self._hub_now_ms(), now, reference)
            case Parked(answer):
                self._park(message, answer, now)
            case Halted(answer):
                self._outbox.failed(message.id, answer, now)
                self._outbox.halt(message.target, answer, self._hub_now_ms())
                log.error("%s is halted: %s", message.target, answer)
            case Failed(answer, after_seconds):
                attempts = message.attempts + 1
                if self._backoff.is_over(attempts):
                    self._park(message, f"{answer}, {attempts} attempts", now)
                    return
                pause = self._backoff.pause(attempts, self._chance(), after_seconds)
                self._outbox.failed(message.id, answer, now + round(pause * 1000))

    def _park(self, message: Outgoing, answer: str, now: int) -> None:
        self._outbox.parked(message.id, answer, now)
        log.error("%s to %s is parked: %s", message.id, message.target, answer)

    async def _write_receipts(self, stop: threading.Event) -> None:
        """Steps 5 and 6; at the end once more for what was settled last."""
        is_last = False
        while not is_last:
            is_last = stop.is_set() and not self._running
            settled = self._outbox.unreceipted(_RECEIPTS)
            try:
                if settled:
                    await asyncio.to_thread(self._receipts.write, settled)
                    self._outbox.receipted([one.id for one in settled])
                    self._metrics.receipted(len(settled))
                    is_last = is_last and len(settled) < _RECEIPTS
                elif not stop.is_set():
                    await self._forget()
            except Unavailable as away:
                log.warning("%s", away)
                await asyncio.sleep(_AWAY_SECONDS)
            await asyncio.sleep(_TICK_SECONDS if not is_last else 0)

    async def _forget(self) -> None:
        """Drop what is older than the records it was made of."""
        if time.monotonic() < self._forget_at:
            return
        before = self._hub_now_ms() - self._limits.keep_days * 86_400_000
        forgotten = self._outbox.forget(before)
        if forgotten:
            await asyncio.to_thread(self._receipts.withdraw, forgotten)
        else:
            self._forget_at = time.monotonic() + _FORGET_SECONDS

    def _tell(self) -> None:
        self._alive()
        if time.monotonic() >= self._standing_at:
            self._standing_at = time.monotonic() + _STANDING_SECONDS
            self._metrics.standing(self._outbox.counts(), self._outbox.halted())


def _now_ms() -> int:
    """The machine's clock: how long to wait for a receiver has nothing to do with the hub's."""
    return time.time_ns() // 1_000_000
