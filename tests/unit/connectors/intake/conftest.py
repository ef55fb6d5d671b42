"""An intake with everything real but Kafka, asked through its HTTP application."""

import asyncio
import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from connectors.http.app import create_app
from connectors.intake import secret_files
from connectors.intake.disk import Disk
from connectors.intake.keys import Keys
from connectors.intake.metrics import IntakeMetrics
from connectors.intake.router import intake_router
from connectors.intake.seen import Seen
from connectors.intake.service import Entrance, Intake
from connectors.sources import SOURCES
from connectors.standard_webhooks import read_secret, sign
from hub.domain.source import RawRecord, Source

NOW_MS = 1_795_000_000_000


@dataclass
class Shelf:
    """Where published records go instead of Kafka; `failure` is raised instead, `gate` is waited for before."""

    records: list[tuple[str, RawRecord]] = field(default_factory=list)
    failure: Exception | None = None
    gate: asyncio.Event | None = None

    async def publish(self, source: Source, payload: bytes, records: Sequence[RawRecord]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.records += ((source.name, record) for record in records)


@dataclass
class Desk:
    """The intake of hotline, citymgmt and grid, as a source's IT desk meets it."""

    folder: Path
    shelf: Shelf = field(default_factory=Shelf)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    per_second: float = 1000
    burst: int = 1000
    free_bytes: int = 10**12
    paused: set[str] = field(default_factory=set)
    certificates: frozenset[str] = frozenset()
    number: int = 0

    def __post_init__(self) -> None:
        self.secret = secret_files.make(self.folder / "secrets" / "hotline")
        (self.folder / "secrets" / "grid").write_text(self.secret)
        self.open()

    def open(self) -> None:
        """Open for requests; again, as after a restart."""
        entrances = {
            name: Entrance(
                SOURCES[name],
                Keys(name, (f"file:secrets/{name}",), self.folder),
                self.certificates,
                self.per_second,
                self.burst,
            )
            for name in ("hotline", "citymgmt", "grid")
        }
        self.registry = CollectorRegistry()
        metrics = IntakeMetrics(self.registry)
        intake = Intake(
            entrances,
            self.shelf,
            Seen(self.folder / "intake.sqlite"),
            disk=Disk(self.folder, free_bytes=lambda _: self.free_bytes),
            now_ms=lambda: NOW_MS,
            is_paused=self.paused.__contains__,
            metrics=metrics,
        )
        self.app = create_app([intake_router(intake, metrics)])

    def signed(self, body: bytes, message_id: str | None = None, at_ms: int = NOW_MS) -> dict[str, str]:
        """The headers of a message of its own, or of the one named."""
        self.number += 1
        return sign([read_secret(self.secret)], message_id or f"msg_{self.number}", at_ms // 1000, body)

    async def post_async(self, source: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.post(f"/v1/sources/{source}/events", content=body, headers=headers)

    def post(
        self,
        source: str,
        body: bytes,
        content_type: str = "application/json",
        *,
        message_id: str | None = None,
        at_ms: int = NOW_MS,
        packed: bool = False,
        **headers: str,
    ) -> httpx.Response:
        """Post one message, signed rightly."""
        if packed:
            body = gzip.compress(body)
            headers["content-encoding"] = "gzip"
        sent = {"content-type": content_type, **self.signed(body, message_id, at_ms), **headers}
        return asyncio.run(self.post_async(source, body, sent))

    def counted(self, name: str) -> dict[tuple[str, str], float]:
        """The samples of a counter by source and outcome, without those that are zero."""
        samples = [sample for family in self.registry.collect() for sample in family.samples]
        return {
            (sample.labels["source"], sample.labels["outcome"]): sample.value
            for sample in samples
            if sample.name == name and sample.value
        }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An intake that takes everything."""
    return Desk(tmp_path)


@pytest.fixture
def new_desk(tmp_path: Path) -> Callable[..., Desk]:
    """`new_desk(burst=1)` makes an intake with other settings."""

    def make(**settings: Any) -> Desk:
        return Desk(tmp_path, **settings)

    return make
