"""Publishes simulated messages at an even pace in a thread of its own, each acknowledged by Kafka."""

import threading
import time
from collections.abc import Sequence

from connectors.publish import Pending, RawPublisher
from connectors.sources import SOURCES
from hub.simulation import Message

_CONFIRM_EVERY = 2000


class Publishing(threading.Thread):
    """Hands over all messages within `seconds`. `join_or_raise` tells when every one is acknowledged."""

    def __init__(self, publisher: RawPublisher, messages: Sequence[Message], seconds: float) -> None:
        super().__init__(name="publishing", daemon=True)
        self._publisher = publisher
        self._messages = messages
        self._pause = seconds / max(1, len(messages))
        self._error: Exception | None = None
        self.sent = 0

    def run(self) -> None:
        try:
            self._publish()
        except Exception as error:  # noqa: BLE001 - carried over to the thread that joins
            self._error = error

    def join_or_raise(self) -> None:
        """Wait for the end; what went wrong here is raised there."""
        self.join()
        if self._error is not None:
            raise self._error

    def _publish(self) -> None:
        began = time.monotonic()
        waiting: list[Pending] = []
        for number, message in enumerate(self._messages):
            ahead = began + number * self._pause - time.monotonic()
            if ahead > 0.01:
                time.sleep(ahead)
            waiting += self._hand_over(message)
            self.sent = number + 1
            if len(waiting) >= _CONFIRM_EVERY:
                self._confirm(waiting)
        self._confirm(waiting)

    def _hand_over(self, message: Message) -> list[Pending]:
        source = SOURCES[message.source]
        if message.goes_raw:
            return self._publisher.publish_as_is(source, message.payload, message.raw_key, message.headers)
        return self._publisher.publish(source, message.payload, message.headers)

    def _confirm(self, waiting: list[Pending]) -> None:
        self._publisher.flush()
        for pending in waiting:
            pending.wait()
        waiting.clear()
