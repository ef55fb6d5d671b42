"""Hands a poll's records to Kafka and waits until they are acknowledged."""

import contextlib
from collections.abc import Callable, Container, Mapping, Sequence
from typing import NamedTuple

from connectors.polls.errors import Away, Reason
from connectors.polls.metrics import PollMeters
from connectors.polls.steps import Clock
from connectors.publish import RawPublisher
from hub.domain.errors import Rejected, Unavailable
from hub.domain.source import RawRecord, Source


class Parcel(NamedTuple):
    """A native payload with its headers; a record on its own is one too."""

    payload: bytes
    headers: Mapping[str, str]


class Delivery:
    """Step 2 of every poll. After a failure the producer is thrown away: what it still holds must not come late."""

    def __init__(
        self, source: Source, open_publisher: Callable[[], RawPublisher], clock: Clock, meters: PollMeters
    ) -> None:
        self._source = source
        self._open = open_publisher
        self._clock = clock
        self._meters = meters
        self._publisher: RawPublisher | None = None

    def send(self, parcels: Sequence[Parcel]) -> None:
        """Returns once Kafka has every record, in order; else raises `Away`, and all is to be sent again."""
        if not parcels:
            return
        try:
            publisher = self._publisher = self._publisher or self._open()
            pending = [
                one for parcel in parcels for one in publisher.publish(self._source, parcel.payload, parcel.headers)
            ]
            rejected = sum(one.wait().reason is not None for one in pending)
        except Unavailable as away:
            self._give_up()
            raise Away(Reason.KAFKA, str(away)) from away
        self._meters.received.inc(len(pending))
        self._meters.rejected.inc(rejected)
        self._meters.accepted.inc(len(pending) - rejected)
        self._meters.record.set(self._clock.now_ms() / 1000)

    def close(self) -> None:
        """Nothing is in hand: everything sent was waited for."""
        self._give_up()

    def _give_up(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            with contextlib.suppress(Unavailable):
                publisher.abandon()


def as_parcel(record: RawRecord) -> Parcel:
    """A record as the payload that it is on its own."""
    return Parcel(record.value, record.headers)


def is_chosen(source: Source, record: RawRecord, ids: Container[str]) -> bool:
    """Whether a record is of a chosen source case, or is a chosen source event."""
    if record.key is not None and record.key in ids:
        return True
    try:
        event = source.map(record).event
    except Rejected:
        return False
    return event["source_event_id"] in ids or event["source_case_id"] in ids
