"""Wires the citizen channels, a part of the edge `http`."""

import contextlib
from typing import cast

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from connectors.citizen.filing import Filing
from connectors.citizen.memory import Memory
from connectors.citizen.metrics import CitizenMetrics
from connectors.citizen.photos import Photos
from connectors.citizen.reporting import Desk, Reporting
from connectors.citizen.router import citizen_router
from connectors.citizen.stamps import read_stamps
from connectors.citizen.wechat.account import Account
from connectors.control import SourceControl
from connectors.intake.disk import Disk
from connectors.intake.producing import RawProducer
from connectors.intake.service import PATIENCE_SECONDS
from connectors.polls.opening import zone_of_times
from connectors.secrets import resolve
from connectors.source_settings import SourceSettings, sources_of
from connectors.sources.grid import GRID
from hub.city.areas import area_names, full_name
from hub.edges.setup import Setup

_MEMORY = "edges/citizen.sqlite"
_PHOTOS = "photos"


def citizen(setup: Setup, control: SourceControl, stack: contextlib.ExitStack) -> APIRouter:
    """The routes of the page behind QR codes and of WeChat."""
    settings = setup.settings
    stamps = read_stamps(settings.report_keys, settings.data_dir)
    token = None if settings.wechat_token is None else resolve(settings.wechat_token, settings.data_dir).decode()
    names = area_names(settings.city)
    publisher = RawProducer(
        setup.bootstrap,
        raw_topic=setup.topics.raw,
        now_ms=setup.clock.now_ms,
        connector="citizen",
        patience_seconds=PATIENCE_SECONDS,
    )
    stack.callback(publisher.close)
    memory = Memory(settings.data_dir / _MEMORY)
    stack.callback(memory.close)
    filing = Filing(
        sources_of(setup.sources)[GRID.name],
        publisher,
        memory,
        zone=zone_of_times(setup.sources.get(GRID.name, SourceSettings())),
        disk=Disk(settings.data_dir),
        now_ms=setup.clock.now_ms,
        is_paused=control.is_paused,
    )
    desk = Desk(stamps, filing, Photos(settings.data_dir / _PHOTOS), full_name(names))
    account = None if token is None else Account(token, filing, stamps)
    return citizen_router(Reporting(desk), account, CitizenMetrics(setup.metrics))


def described() -> APIRouter:
    """The same routes for their description alone."""
    return citizen_router(cast(Reporting, None), None, CitizenMetrics(CollectorRegistry()))
