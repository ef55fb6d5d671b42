"""Wires the edge `http`: intake, and whatever else is answered by request."""

import contextlib
from typing import Any, cast

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from connectors.contacts.revealing import Revealing
from connectors.contacts.router import contacts_router
from connectors.control import SourceControl, Transport
from connectors.gateway.gateway import Gateway
from connectors.gateway.protocol import with_streams
from connectors.gateway.router import gateway_router
from connectors.http.app import create_app
from connectors.http.server import serve
from connectors.http.tls import Protocol, Tls
from connectors.intake.disk import Disk
from connectors.intake.keys import Keys
from connectors.intake.metrics import IntakeMetrics
from connectors.intake.producing import RawProducer
from connectors.intake.router import Telling, intake_router
from connectors.intake.seen import Seen
from connectors.intake.service import PATIENCE_SECONDS, Accepted, Entrance, Intake, Post
from connectors.intake.standing import IntakeStandings
from connectors.source_settings import Sources, sources_of
from connectors.status import StatusReporter
from connectors.tokens import TokenBook
from hub.contacts import Contacts
from hub.domain.errors import Unavailable
from hub.edges.citizen import citizen
from hub.edges.citizen import described as citizen_described
from hub.edges.gateway import gateway
from hub.edges.setup import Setup
from hub.settings import Settings

_MEMORY = "edges/intake.sqlite"


def is_wanted(settings: Settings, sources: Sources) -> bool:
    """Always: staff act through it, whatever transports the sources have."""
    return True


def run(setup: Setup) -> None:
    """Answer requests until stopped."""
    settings = setup.settings
    with contextlib.ExitStack() as stack:
        endpoints = gateway(setup)
        control = SourceControl(setup.bootstrap, setup.topics.source_control)
        stack.callback(control.close)
        app = create_app(
            [
                _intake(setup, control, stack),
                citizen(setup, control, stack),
                gateway_router(endpoints),
                _contacts(setup, stack),
            ]
        )
        serve(
            app,
            settings.http_host,
            settings.http_port,
            stop=setup.stop,
            probes=setup.probes,
            tls=_tls(settings),
            protocol=with_streams(Protocol, endpoints),
        )


def document(settings: Settings, sources: Sources) -> dict[str, Any]:
    """The OpenAPI document of this hub; needs no Kafka."""
    intake = intake_router(_Described(_entrances(settings, sources)), IntakeMetrics(CollectorRegistry()))
    # Described, not run: nobody asks it for anything.
    endpoints = gateway_router(cast(Gateway, None))
    contacts = contacts_router(cast(Revealing, None), cast(TokenBook, None))
    return dict(create_app([intake, citizen_described(), endpoints, contacts]).openapi())


def _contacts(setup: Setup, stack: contextlib.ExitStack) -> APIRouter:
    contacts = Contacts(setup.settings, setup.bootstrap, setup.topics, setup.codec)
    tokens = contacts.tokens()
    stack.callback(tokens.close)
    return contacts_router(contacts.revealing(setup.metrics, setup.stop), tokens)


def _intake(setup: Setup, control: SourceControl, stack: contextlib.ExitStack) -> APIRouter:
    entrances = _entrances(setup.settings, setup.sources)
    publisher = RawProducer(
        setup.bootstrap,
        raw_topic=setup.topics.raw,
        now_ms=setup.clock.now_ms,
        connector="intake",
        patience_seconds=PATIENCE_SECONDS,
    )
    stack.callback(publisher.close)
    for entrance in entrances.values():
        entrance.keys.current()  # what is wrong with a secret is told now, not with the first message
    seen = Seen(setup.settings.data_dir / _MEMORY)
    stack.callback(seen.close)
    metrics = IntakeMetrics(setup.metrics)
    intake = Intake(
        entrances,
        publisher,
        seen,
        disk=Disk(setup.settings.data_dir),
        now_ms=setup.clock.now_ms,
        is_paused=control.is_paused,
        metrics=metrics,
    )
    status = StatusReporter(setup.bootstrap, setup.topics.source_status, setup.clock.now_ms)
    stack.callback(status.close)

    def tell(source: str, position: str, problem: str | None) -> None:
        status.report(source, Transport.INTAKE, position, problem=problem)

    return intake_router(intake, metrics, Telling(IntakeStandings(setup.clock.now_ms), tell))


def _entrances(settings: Settings, sources: Sources) -> dict[str, Entrance]:
    read = sources_of(sources)
    return {
        name: Entrance(
            read[name],
            Keys(name, one.intake.secrets, settings.data_dir),
            frozenset(one.intake.client_certificates),
            one.rate.per_second,
            one.rate.burst,
        )
        for name, one in sources.items()
        if one.intake is not None
    }


def _tls(settings: Settings) -> Tls | None:
    if settings.http_tls_cert is None or settings.http_tls_key is None:
        return None
    return Tls(settings.http_tls_cert, settings.http_tls_key, settings.http_client_ca)


class _Described:
    """An intake that is only described."""

    def __init__(self, entrances: dict[str, Entrance]) -> None:
        self.entrances = entrances

    async def take(self, name: str, post: Post) -> Accepted:
        raise Unavailable("this application is there for its document alone")

    def problem(self, name: str) -> str | None:
        return None

    def forget(self) -> None:
        """There is nothing."""
