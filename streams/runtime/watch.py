"""Watches over what a session stands on: is a broker there, are the topics still the same?"""

import logging
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from hub.domain.errors import Unavailable
from streams.runtime.api import Processor
from streams.runtime.config import RunConfig
from streams.runtime.topics import NoAnswer, Topics, look_up

log = logging.getLogger(__name__)

_LOOK_EVERY = 10.0
_PROBE_EVERY = 1.0
_PATIENCE = 2.0


class Watch:
    """Knows the topics as they were when the session began; raises when they are missing or not the same."""

    def __init__(
        self, admin: AdminClient, processor: Processor, state_topics: list[str], config: RunConfig
    ) -> None:
        self._admin = admin
        self._stage = processor.name
        self._config = config
        self._together = list(dict.fromkeys([*processor.inputs, *state_topics]))
        self.topics = self._find(min(5.0, config.give_up_after / 2))
        self._away_since: float | None = None
        self._next_probe = 0.0
        self._next_look = time.monotonic() + _LOOK_EVERY

    def on_error(self, error: KafkaError) -> None:
        """Errors of a client as a whole; librdkafka reconnects by itself, the probe decides when it is too long."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN and self._away_since is None:
            self._away_since = time.monotonic()
        elif error.fatal():
            log.error("%s: %s", self._stage, error.str())

    def refuse_after_an_outage(self) -> None:
        """No batch begins with clients that have seen all brokers down.

        A producer whose coordinator died between two transactions may wait for ever in its next
        `send_offsets_to_transaction`, whatever time-out it is given (seen with librdkafka 2.16, `hub chaos kill`).
        """
        if self._away_since is not None:
            raise Unavailable(f"the broker was away {time.monotonic() - self._away_since:.1f} s ago")

    def look(self) -> None:
        """From time to time ask whether the topics are there: librdkafka says nothing when one is deleted.

        With the brokers away and no record coming, ask oftener, until one answers or it has been too long.
        """
        away_since = self._away_since
        if time.monotonic() < (self._next_look if away_since is None else self._next_probe):
            return
        if away_since is None:
            self._compare()
        else:
            self._wait_for_broker(away_since)
        self._next_look = time.monotonic() + _LOOK_EVERY
        self._next_probe = time.monotonic() + _PROBE_EVERY

    def _find(self, timeout: float) -> Topics:
        return look_up(self._admin, self._together, [self._config.dead_letters_topic], timeout)

    def _compare(self) -> None:
        try:
            found = self._find(_PATIENCE)
        except NoAnswer:
            self._away_since = time.monotonic()
            return
        if found != self.topics:
            raise Unavailable("a topic was deleted and made again under the same name")

    def _wait_for_broker(self, away_since: float) -> None:
        try:
            self._admin.list_topics(timeout=1.0)
        except KafkaException as error:
            away = time.monotonic() - away_since
            log.warning("%s: no broker answers since %.0f s (%s)", self._stage, away, self._config.bootstrap)
            if away > self._config.give_up_after:
                raise Unavailable(f"no broker answered for {away:.0f} s") from error
            return
        # What the clients make of an outage is not known to be harmless: the next session asks the broker anew.
        raise Unavailable(f"the broker was away for {time.monotonic() - away_since:.1f} s and is back")
