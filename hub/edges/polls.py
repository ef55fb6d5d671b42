"""Wires the edge `polls`: one thread for each source that is polled in a database or at a REST interface."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import tzinfo

from connectors.control import SourceControl, Transport
from connectors.polls.checking import check_settings
from connectors.polls.loop import Poll, PollLoop
from connectors.polls.metrics import Meters
from connectors.polls.opening import open_database, open_http, zone_of_times
from connectors.polls.settings import DatabaseSettings, HttpPollSettings
from connectors.publish import RawPublisher
from connectors.source_settings import Sources, sources_of
from connectors.status import StatusReporter
from hub.domain.errors import Misconfigured
from hub.edges.setup import Setup
from hub.settings import Settings

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_FINISH_SECONDS = 15.0
# Longer than any wait for Kafka, a database or a server without a sign of life.
_HUNG_SECONDS = 300.0
_KAFKA_PATIENCE_SECONDS = 20.0


def is_wanted(settings: Settings, sources: Sources) -> bool:
    """When a source is polled."""
    return any(source.database is not None or source.poll is not None for source in sources.values())


def run(setup: Setup) -> None:
    """Poll until told to stop; a thread that ends by an error ends the edge, and with it the process."""
    data_dir = setup.settings.data_dir
    if problems := [p for name, one in setup.sources.items() for p in check_settings(name, one, data_dir)]:
        raise Misconfigured(problems)
    control = SourceControl(setup.bootstrap, setup.topics.source_control)
    status = StatusReporter(setup.bootstrap, setup.topics.source_status, setup.clock.now_ms)
    failures: list[BaseException] = []
    loops = list(_loops(setup, control, status))
    threads = [
        threading.Thread(target=_guarded, args=(loop, setup.stop, failures), name=f"poll-{loop.name}", daemon=True)
        for loop in loops
    ]
    for thread in threads:
        thread.start()
    setup.probes.ready()
    while not setup.stop.wait(_LOOK_SECONDS):
        if all(time.monotonic() - loop.last_sign < _HUNG_SECONDS for loop in loops):
            setup.probes.alive()
    setup.probes.ready(False)
    for thread in threads:
        thread.join(_FINISH_SECONDS)
    status.close()
    control.close()
    if failures:
        raise failures[0]


def _guarded(loop: PollLoop, stop: threading.Event, failures: list[BaseException]) -> None:
    try:
        loop.run()
    except BaseException as error:  # noqa: BLE001 - a bug: the process ends loudly and is started again
        failures.append(error)
        stop.set()


def _loops(setup: Setup, control: SourceControl, status: StatusReporter) -> Iterator[PollLoop]:
    meters = Meters(setup.metrics)
    for name, source in setup.sources.items():
        for transport, settings in ((Transport.DATABASE, source.database), (Transport.POLL, source.poll)):
            if settings is None:
                continue
            yield PollLoop(
                name,
                transport,
                _opener(setup, name, settings, zone_of_times(source), meters),
                every_seconds=settings.every_seconds,
                backoff=settings.backoff,
                control=control,
                reporter=status,
                clock=setup.clock,
                meters=meters.of(name, transport),
                stop=setup.stop,
                chance=random.random,
            )


def _opener(
    setup: Setup, name: str, settings: DatabaseSettings | HttpPollSettings, zone: tzinfo, meters: Meters
) -> Callable[[PollLoop], Poll]:
    source, data_dir = sources_of(setup.sources)[name], setup.settings.data_dir

    def publisher() -> RawPublisher:
        return RawPublisher(
            setup.bootstrap,
            raw_topic=setup.topics.raw,
            dead_letters=setup.topics.dead_letters,
            quarantine=data_dir / "quarantine",
            now_ms=setup.clock.now_ms,
            connector="poll",
            patience_seconds=_KAFKA_PATIENCE_SECONDS,
        )

    def open_poll(loop: PollLoop) -> Poll:
        if isinstance(settings, DatabaseSettings):
            return open_database(
                source,
                settings,
                data_dir,
                zone=zone,
                open_publisher=publisher,
                clock=setup.clock,
                meters=meters.of(name, Transport.DATABASE),
                should_stop=loop.should_stop,
            )
        return open_http(
            source,
            settings,
            data_dir,
            zone=zone,
            open_publisher=publisher,
            clock=setup.clock,
            meters=meters.of(name, Transport.POLL),
            should_stop=loop.should_stop,
            stop=setup.stop,
        )

    return open_poll
