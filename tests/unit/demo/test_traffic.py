"""Publishing by the clock: nothing before its instant, and everything acknowledged."""

from datetime import date
from typing import Any

from hub.demo.straight import Straight
from hub.demo.traffic import Traffic
from hub.simulation import Message
from streams.runtime.clock import FastClock

DAY = date(2026, 11, 23)


class Acknowledged:
    """What Kafka says of a record at once."""

    topic = "raw.hotline"
    reason = None

    def wait(self) -> "Acknowledged":
        return self


class Edge:
    """Takes payloads and notes at which instant of the rehearsal."""

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self.sent: list[tuple[bytes, int]] = []

    def publish(self, _source: Any, payload: bytes, _headers: Any) -> list[Acknowledged]:
        self.sent.append((payload, self._clock.now_ms()))
        return [Acknowledged()]

    def flush(self) -> None:
        """Everything is there already."""


def test_a_message_is_published_when_its_instant_has_come_and_not_before():
    """Two virtual hours in a tenth of a second, one message already overdue."""
    clock = FastClock(1_000_000, 72_000.0)
    edge = Edge(clock)
    instants = [900_000, 1_000_000 + 1_800_000, 1_000_000 + 7_200_000]
    messages = [Message("hotline", b"%d" % at, "application/json", at, ("accepted",)) for at in instants]
    counts: list[int] = []
    traffic = Traffic(Straight(edge, "dead.letters"), counts.append)  # type: ignore[arg-type]

    traffic.by_the_clock(messages, clock, lambda: None)

    assert [payload for payload, _ in edge.sent] == [b"%d" % at for at in instants]
    assert all(sent_at >= at for (_, sent_at), at in zip(edge.sent, instants, strict=True))
    assert traffic.published.records == counts[-1] == 3
