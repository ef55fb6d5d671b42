"""Wires the edge `drops`: one thread a source that has a drop."""

import logging
import threading
from collections.abc import Callable

from connectors.arrivals import Arrivals
from connectors.control import SourceControl
from connectors.drops.drop import Drop
from connectors.drops.folders import Folders
from connectors.drops.journal import Journal
from connectors.drops.line import Line
from connectors.drops.metrics import DropMetrics
from connectors.drops.settings import DropSettings
from connectors.publish import RawPublisher
from connectors.source_settings import Sources, sources_of
from connectors.status import StatusReporter
from hub.domain.source import Source
from hub.edges.setup import Setup
from hub.settings import Settings

log = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_FINISH_SECONDS = 15.0


def is_wanted(settings: Settings, sources: Sources) -> bool:
    """When a source has a drop."""
    return any(source.drop is not None for source in sources.values())


def run(setup: Setup) -> None:
    """Take files until told to stop; a thread that ends by an error ends the edge, and with it the process."""
    control = SourceControl(setup.bootstrap, setup.topics.source_control)
    status = StatusReporter(setup.bootstrap, setup.topics.source_status, setup.clock.now_ms)
    metrics = DropMetrics(setup.metrics)
    sources = sources_of(setup.sources)
    drops = [
        _drop(setup, sources[name], settings.drop, control, status, metrics)
        for name, settings in setup.sources.items()
        if settings.drop is not None
    ]
    failures: list[BaseException] = []
    threads = [
        threading.Thread(target=_guarded, args=(drop, setup.stop, failures), name=f"drop-{drop.source.name}")
        for drop in drops
    ]
    for thread in threads:
        thread.start()
    setup.probes.ready()
    while not setup.stop.wait(_LOOK_SECONDS):
        setup.probes.alive()
    setup.probes.ready(False)
    for thread in threads:
        thread.join(_FINISH_SECONDS)
    status.close()
    control.close()
    if failures:
        raise failures[0]


def _guarded(drop: Drop, stop: threading.Event, failures: list[BaseException]) -> None:
    try:
        drop.run(stop)
    except BaseException as error:  # noqa: BLE001 - raised by `run`: the process ends loudly, is started again
        failures.append(error)
        stop.set()


def _drop(
    setup: Setup,
    source: Source,
    settings: DropSettings,
    control: SourceControl,
    status: StatusReporter,
    metrics: DropMetrics,
) -> Drop:
    data_dir = setup.settings.data_dir
    return Drop(
        source,
        settings,
        Folders(data_dir / settings.folder),
        Journal(data_dir / "drops" / f"{source.name}.sqlite"),
        connect=_connect(setup, source),
        control=control,
        status=status,
        metrics=metrics,
        token_key=setup.settings.token_key(),
        memory_days=setup.settings.dedupe_days,
        now_ms=setup.clock.now_ms,
    )


def _connect(setup: Setup, source: Source) -> Callable[[], Line]:
    topics = setup.topics
    partitions = topics.topic(topics.raw(source.name)).partitions

    def connect() -> Line:
        publisher = RawPublisher(
            setup.bootstrap,
            raw_topic=topics.raw,
            dead_letters=topics.dead_letters,
            quarantine=setup.settings.data_dir / "quarantine",
            now_ms=setup.clock.now_ms,
            connector="drop",
        )
        return Line(
            source,
            publisher,
            lambda: Arrivals(setup.bootstrap, partitions),
            raw_topic=topics.raw(source.name),
            dead_letters=topics.dead_letters,
        )

    return connect
