"""What an edge gets from the hub to be wired with, and how it is run."""

import importlib
import logging
import signal
import threading
from dataclasses import dataclass, field
from typing import Protocol, cast

from prometheus_client import CollectorRegistry

from connectors.source_settings import Sources, read_sources
from hub import cluster
from hub.edges import Edge
from hub.edges.probes import Probes
from hub.settings import Settings
from hub.timing import clock_of
from hub.topics import Catalogue, catalogue
from schemas.codec import Codec, codec
from streams.runtime.clock import Clock

log = logging.getLogger(__name__)


@dataclass(slots=True, frozen=True)
class Setup:
    """Everything shared. `ready()` is called once the edge takes traffic, `alive()` at least every ten seconds."""

    settings: Settings
    bootstrap: str
    topics: Catalogue
    codec: Codec
    clock: Clock
    sources: Sources
    probes: Probes
    metrics: CollectorRegistry
    stop: threading.Event = field(default_factory=threading.Event)


class _Module(Protocol):
    def is_wanted(self, settings: Settings, sources: Sources) -> bool: ...

    def run(self, setup: Setup) -> None: ...


def wanted(settings: Settings) -> tuple[Edge, ...]:
    """The edges that this hub runs: those named by HUB_EDGES, else those that its settings have work for."""
    if settings.edges is not None:
        return tuple(Edge(name) for name in settings.edges)
    sources = read_sources(settings.sources_path)
    return tuple(edge for edge in Edge if _module(edge).is_wanted(settings, sources))


def run(edge: Edge, settings: Settings, metrics_port: int | None) -> None:
    """Run an edge in this process until SIGTERM or SIGINT."""
    registry = CollectorRegistry()
    probes = Probes(edge, registry)
    setup = Setup(
        settings=settings,
        bootstrap=cluster.running(settings),
        topics=catalogue(),
        codec=codec(settings.registry_url),
        clock=clock_of(settings),
        sources=read_sources(settings.sources_path),
        probes=probes,
        metrics=registry,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setup.stop.set())
    if metrics_port is not None:
        probes.serve(metrics_port)
    _module(edge).run(setup)


def _module(edge: Edge) -> _Module:
    return cast(_Module, importlib.import_module(f"hub.edges.{edge}"))
