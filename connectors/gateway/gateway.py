"""One gateway: its inbox, tokens, streams and the way in for actions, put together."""

import asyncio
import contextlib
import logging
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from connectors.feed import Feed, Position
from connectors.gateway.acting import Acting
from connectors.gateway.cursor import START, Cursor, read_cursor
from connectors.gateway.denials import Audit, Denials, Denied
from connectors.gateway.following import Following
from connectors.gateway.inbox import Batch, Inbox
from connectors.gateway.judging import Decoder
from connectors.gateway.metrics import Metrics
from connectors.gateway.protocol import Admission
from connectors.gateway.reading import Topics
from connectors.gateway.streams import Push, Streams, ready
from connectors.gateway.tokens import TokenRecord, Tokens
from connectors.publish import RawPublisher
from hub.domain.city import City
from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

_PREFIX: Final = "/v1/endpoints/"
_SUFFIX: Final = "/dispatches"
_EVENT_STREAM: Final = "text/event-stream"
_THREADS: Final = 4


class Gateway:
    """Everything of one process. Made anywhere, started and asked in the event loop.

    It is `is_fresh` while its inbox is read to the end of the topics. Before that it answers nobody: it would not
    know of a revocation, nor of an action that another gateway has taken.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        open_feed: Callable[[Mapping[Position, int]], Feed],
        topics: Topics,
        codec: Decoder,
        publisher: RawPublisher,
        city: City,
        audit: Audit,
        partition_of: Callable[[str], int],
        now_ms: Callable[[], int],
        metrics: Metrics,
        keep_days: float = 400,
        on_end: Callable[[BaseException], object] = lambda _: None,
        heartbeat_seconds: float = 15.0,
        patience_seconds: float = 10.0,
    ) -> None:
        self.inbox = inbox
        self.metrics = metrics
        self.partition_of = partition_of
        self.is_fresh = False
        self._now_ms = now_ms
        self._publisher = publisher
        self._executor = ThreadPoolExecutor(_THREADS, "gateway")
        self._tokens = Tokens(inbox.tokens())
        self.streams = Streams(
            inbox,
            metrics,
            lambda token_id: self._tokens.is_valid(token_id, now_ms()),
            heartbeat_seconds=heartbeat_seconds,
            patience_seconds=patience_seconds,
        )
        self.acting = Acting(inbox, publisher, codec, city, now_ms, self._executor)
        self._denials = Denials(audit, self._executor)
        self._following = Following(
            open_feed,
            inbox,
            topics,
            codec,
            keep_days=keep_days,
            on_batch=self._on_batch,
            on_fresh=lambda is_fresh: self._in_loop(self._set_fresh, is_fresh),
            on_end=on_end,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turning: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow the topics."""
        self._loop = asyncio.get_running_loop()
        self._turning = self._loop.create_task(self._denials.run())
        self._following.start()

    async def wait_until_fresh(self, seconds: float) -> None:
        """Return once it is, or after so many seconds all the same: a new file takes longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.is_fresh:
                    await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Finish what is in hand, cut the streams, close the file."""
        self.is_fresh = False
        self.streams.cut_all()
        await self.acting.finish()
        if self._turning is not None:
            self._turning.cancel()
        await self._denials.finish()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._following.close)
        with contextlib.suppress(Unavailable):
            await loop.run_in_executor(None, self._publisher.close)
        self._executor.shutdown(wait=False)
        self.inbox.close()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop it was started in."""
        assert self._loop is not None, "a gateway is started before it is asked"
        return self._loop

    # Who may

    def holder(self, authorization: str) -> TokenRecord | None:
        """Whose token it is, None without a valid one."""
        return self._tokens.holder(authorization, self._now_ms())

    def cursor(self, endpoint_id: str, text: str) -> Cursor:
        """The cursor of an id, of nothing for an empty one; `ValueError` when it is not one of the endpoint's."""
        return read_cursor(text, self.partition_of(endpoint_id)) if text else START

    async def deny(self, actor: str, kind: Denied, asked: str) -> None:
        """Count it and put it on record."""
        self.metrics.denied.labels(kind.value).inc()
        await self._denials.note(actor, kind, asked)

    def admit(self, url: bytes, headers: list[tuple[bytes, bytes]]) -> Admission | None:
        """The stream that a GET asks for and may have; None: the router answers, whatever it is."""
        given = dict(headers)
        if not self.is_fresh or not accepts_stream(given.get(b"accept", b"").decode("latin-1")):
            return None
        parts = urllib.parse.urlsplit(url.decode("latin-1"))
        if not parts.path.endswith(_SUFFIX):
            return None
        endpoint_id = urllib.parse.unquote(parts.path[len(_PREFIX) : -len(_SUFFIX)])
        record = self.holder(given.get(b"authorization", b"").decode("latin-1"))
        if record is None or record.endpoint_id != endpoint_id:
            return None
        after = given.get(b"last-event-id", b"").decode("latin-1")
        if not after:
            after = dict(urllib.parse.parse_qsl(parts.query)).get("after", "")
        try:
            return Admission(endpoint_id, record.token_id, self.cursor(endpoint_id, after))
        except ValueError:
            return None

    # From the feed's thread

    def _on_batch(self, batch: Batch) -> None:
        for tier, number in Counter(delivery.place.tier for delivery in batch.deliveries).items():
            self.metrics.received.labels(tier).inc(number)
        self._in_loop(self._take, ready(batch.deliveries), batch)

    def _in_loop(self, call: Callable[..., object], *arguments: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    def _take(self, pushes: Iterable[Push], batch: Batch) -> None:
        self.streams.deliver(pushes)
        self.acting.read_back(batch.accepted)
        for token_id, record in batch.tokens:
            self._tokens.take(token_id, record)
        now = self._now_ms()
        if over := {one for one, _ in batch.tokens if not self._tokens.is_valid(one, now)}:
            self.streams.cut_tokens(over)

    def _set_fresh(self, is_fresh: bool) -> None:
        self.is_fresh = is_fresh
        self.metrics.is_fresh.set(is_fresh)
        if is_fresh:
            log.info("the gateway's inbox is read to the end of the topics")


def accepts_stream(accept: str) -> bool:
    """Whether an `Accept` header asks for events."""
    return any(part.partition(";")[0].strip().lower() == _EVENT_STREAM for part in accept.split(","))
