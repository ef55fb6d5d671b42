"""Status updates → what each source is told, in its own words: which are sent, how, and what failures mean."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from prometheus_client import CollectorRegistry, Counter

from connectors.feed import Message
from connectors.outbox import Backoff, Failed, Halted, Outcome, Outgoing, Parked
from connectors.sources.outward import Encoder, Told
from connectors.writeback.settings import WritebackSettings
from connectors.writeback.transports import Transport
from hub.domain.status_updates import StatusUpdate

log = logging.getLogger(__name__)

GONE = "not in sources.yaml"


class Decoder(Protocol):
    """What it needs of the codec."""

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


@dataclass(slots=True, frozen=True)
class Way:
    """Everything of one source."""

    settings: WritebackSettings
    encoder: Encoder
    transport: Transport

    @property
    def backoff(self) -> Backoff:
        """Its pauses, and how many attempts are enough."""
        one = self.settings
        return Backoff(one.first_pause_seconds, one.longest_pause_seconds, one.attempts)


class Writer:
    """Takes updates and makes attempts; lanes are cases, so that of a case one goes at a time, in its order."""

    def __init__(
        self, ways: Mapping[str, Way], codec: Decoder, chance: Callable[[], float], registry: CollectorRegistry
    ) -> None:
        self._ways = ways
        self._codec = codec
        self._chance = chance
        self._statuses = Counter(
            "hub_edge_writeback_statuses",
            "updates by what the settings say of their status: sent, ignored, unmapped, before",
            ("source", "status", "outcome"),
            registry=registry,
        )
        for source, way in ways.items():
            for status in way.settings.unmapped:
                self._statuses.labels(source, status, "unmapped")

    def messages_of(self, record: Message) -> Iterable[Outgoing]:
        """The one message of an update whose status the source has a word for; what has none is counted."""
        update = self._read(record.value or b"")
        way = self._ways.get(update["source"])
        if way is None:
            return []
        outcome = _outcome(update, way.settings)
        self._statuses.labels(update["source"], update["status"], outcome).inc()
        if outcome == "unmapped":
            log.warning(
                "%s: status %s has no word in sources.yaml (%s.writeback.statuses); not sent",
                update["update_id"],
                update["status"],
                update["source"],
            )
        if outcome != "sent":
            return []
        return [
            Outgoing(
                update["update_id"],
                update["source"],
                update["case_id"],
                record.value or b"",
                rank=update["case_version"],
            )
        ]

    async def deliver(self, message: Outgoing) -> Outcome:
        """One attempt. What failed is tried again by the source's own pauses, and parked when that is enough."""
        way = self._ways.get(message.target)
        if way is None:
            return Halted(GONE)
        update = self._read(message.payload)
        word = way.settings.statuses.get(update["status"])
        if word is None:
            return Parked(f"status {update['status']} has no word in sources.yaml any more")
        unit = update["unit"]
        told = Told(update, word, None if unit is None else way.settings.units.get(unit, unit))
        outcome = await way.transport.send(update, way.encoder(told))
        if not isinstance(outcome, Failed):
            return outcome
        attempts = message.attempts + 1
        if way.backoff.is_over(attempts):
            return Parked(f"{outcome.answer}, {attempts} attempts")
        return Failed(outcome.answer, way.backoff.pause(attempts, self._chance(), outcome.after_seconds))

    def close(self) -> None:
        """Leave all sources."""
        for way in self._ways.values():
            way.transport.close()

    def _read(self, value: bytes) -> StatusUpdate:
        return cast(StatusUpdate, self._codec.decode(value, "StatusUpdate"))


def _outcome(update: StatusUpdate, settings: WritebackSettings) -> str:
    if settings.begin_at is not None and update["at"] < settings.begin_at.timestamp() * 1000:
        return "before"
    if update["status"] in settings.statuses:
        return "sent"
    return "ignored" if update["status"] in settings.ignored else "unmapped"
