"""Follows the topics in a thread: into the inbox, then to the event loop, for as long as the process runs."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from connectors.feed import Feed, Position
from connectors.gateway.inbox import Batch, Inbox
from connectors.gateway.judging import Decoder, read_case
from connectors.gateway.reading import Topics, read_batch
from hub.domain.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 1.0
_LOOK_EVERY_SECONDS: Final = 1.0
_DAY_MS: Final = 86_400_000
_SWEEP_EVERY_SECONDS: Final = 3600.0
_SWEEP: Final = 500
_AT_REST: Final = frozenset({"CLOSED", "WITHDRAWN", "MERGED"})
_FEEDBACK_DAYS: Final = 8
_REST_DAYS: Final = 30


class Following:
    """The thread. `on_batch` hears of each batch once it is in the inbox; `on_fresh` when the inbox is read to the
    end of the topics, and when that is not known any more; `on_end` when the thread ends by itself, with the error.
    """

    def __init__(
        self,
        open_feed: Callable[[Mapping[Position, int]], Feed],
        inbox: Inbox,
        topics: Topics,
        codec: Decoder,
        *,
        keep_days: float,
        on_batch: Callable[[Batch], object],
        on_fresh: Callable[[bool], object],
        on_end: Callable[[BaseException], object],
    ) -> None:
        self._open_feed = open_feed
        self._inbox = inbox
        self._topics = topics
        self._codec = codec
        self._keep_days = keep_days
        self._on_batch = on_batch
        self._on_fresh = on_fresh
        self._on_end = on_end
        self._stop = threading.Event()
        self._swept_to = (0, "")
        self._thread = threading.Thread(target=self._run, name="gateway-feed", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait for it."""
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    self._follow()
                except Unavailable as away:
                    # The positions in the file are the truth: whatever was in hand is read again from there.
                    self._on_fresh(False)
                    log.warning("%s; the gateway reads on as soon as it can", away)
                    self._stop.wait(_AGAIN_SECONDS)
        except BaseException as error:  # noqa: BLE001 - the process must not live on without its feed
            self._on_fresh(False)
            self._on_end(error)

    def _follow(self) -> None:
        feed = self._open_feed(self._inbox.positions())
        try:
            is_fresh, look_at, sweep_at = False, 0.0, time.monotonic() + _AGAIN_SECONDS
            while not self._stop.is_set():
                messages, after = feed.poll(seconds=0.2)
                if messages:
                    batch = read_batch(messages, self._topics, self._codec)
                    self._inbox.take(batch, after)
                    self._on_batch(batch)
                now = time.monotonic()
                if not is_fresh and (not messages or now > look_at):
                    look_at = now + _LOOK_EVERY_SECONDS
                    if feed.behind() <= 0:
                        is_fresh = True
                        self._on_fresh(True)
                if is_fresh and now > sweep_at:
                    more_waits = self._sweep(time.time_ns() // 1_000_000)
                    sweep_at = now + (_AGAIN_SECONDS if more_waits else _SWEEP_EVERY_SECONDS)
        finally:
            feed.close()

    def _sweep(self, now_ms: int) -> bool:
        """Drop some of what the topics do not keep either, by Kafka's clock, the machine's; whether more waits."""
        dropped = self._inbox.forget_dispatches(now_ms - int(self._keep_days * _DAY_MS), _SWEEP)
        dropped += self._inbox.forget_feedback(now_ms - _FEEDBACK_DAYS * _DAY_MS, _SWEEP)
        resting = self._inbox.resting(now_ms - _REST_DAYS * _DAY_MS, self._swept_to, _SWEEP)
        self._swept_to = (resting[-1][0], resting[-1][1]) if len(resting) == _SWEEP else (0, "")
        self._inbox.put_to_rest(case_id for _, case_id, state in resting if self._is_at_rest(state))
        return dropped >= _SWEEP or len(resting) == _SWEEP

    def _is_at_rest(self, state: bytes) -> bool:
        """Whether nothing an endpoint says can change the case any more."""
        try:
            return read_case(state, self._codec)["status"] in _AT_REST
        except Rejected:
            return False
