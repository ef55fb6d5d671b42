"""Citizen channels with everything real but Kafka, asked through the HTTP application."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from hashlib import sha1
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from connectors.citizen.filing import Filing
from connectors.citizen.memory import Memory
from connectors.citizen.metrics import CitizenMetrics
from connectors.citizen.photos import Photos
from connectors.citizen.places import Place, write_place
from connectors.citizen.reporting import Desk, Reporting
from connectors.citizen.router import citizen_router
from connectors.citizen.stamps import Stamps
from connectors.citizen.visitors import Visitors
from connectors.citizen.wechat.account import Account
from connectors.http.app import create_app
from connectors.intake.disk import Disk
from connectors.sources import SOURCES
from hub.domain.source import RawRecord, Source

NOW_MS = 1_795_000_000_000
TOKEN = "a-token-of-the-account"
PLACE = Place("QRC-230202001001-018", "230202001001012")
JPEG = b"\xff\xd8\xff\xe0 a photo"


@dataclass
class Shelf:
    """Where published records go instead of Kafka; `failure` is raised instead, `gate` is waited for before."""

    records: list[RawRecord] = field(default_factory=list)
    failure: Exception | None = None
    gate: asyncio.Event | None = None

    async def publish(self, source: Source, payload: bytes, records: Sequence[RawRecord]) -> None:
        assert source.name == "grid"
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.records += records


@dataclass
class Hall:
    """The page and the account as citizens meet them."""

    folder: Path
    shelf: Shelf = field(default_factory=Shelf)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    paused: set[str] = field(default_factory=set)
    free_bytes: int = 10**12
    now_ms: int = NOW_MS
    reports_at_once: int = 1000

    def __post_init__(self) -> None:
        stamps = Stamps([b"k" * 32])
        self.code = write_place(PLACE, stamps)
        self.memory = Memory(self.folder / "citizen.sqlite")
        filing = Filing(
            SOURCES["grid"],
            self.shelf,
            self.memory,
            zone=timezone(timedelta(hours=8)),
            disk=Disk(self.folder, free_bytes=lambda _: self.free_bytes),
            now_ms=lambda: self.now_ms,
            is_paused=lambda name: name in self.paused,
        )
        desk = Desk(stamps, filing, Photos(self.folder / "photos"), lambda area: f"社区{area[:12]}")
        reporting = Reporting(desk, reports=Visitors(0.001, self.reports_at_once))
        account = Account(TOKEN, filing, stamps, answer_seconds=0.3)
        self.app = create_app([citizen_router(reporting, account, CitizenMetrics(self.registry))])

    def client(self) -> httpx.AsyncClient:
        """A client within the same event loop."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://hub")

    def ask(self, method: str, address: str, **given: Any) -> httpx.Response:
        """One request."""

        async def run() -> httpx.Response:
            async with self.client() as client:
                return await client.request(method, address, **given)

        return asyncio.run(run())

    @property
    def address(self) -> str:
        return f"/report/{self.code}"

    def form(self) -> str:
        """The token of a new form."""
        return token_in(self.ask("GET", self.address).text)

    def send(
        self, form: str, *photos: bytes, kept: Sequence[str] = (), code: str | None = None, **fields: str
    ) -> httpx.Response:
        """The form, filled in well where `fields` do not say otherwise."""
        given: dict[str, Any] = {"form": form, "category": "G0201", "description": "楼前路灯坏了三天", **fields}
        files = [("photo", ("IMG.jpg", one, "image/jpeg")) for one in photos]
        # A browser sends an empty file where none is chosen, and thereby always a multipart form.
        files = files or [("photo", ("", b"", "application/octet-stream"))]
        return self.ask("POST", f"/report/{code or self.code}", data={**given, "kept": list(kept)}, files=files)

    def wechat(self, body: str, *, token: str = TOKEN) -> httpx.Response:
        """A message as WeChat passes it on."""
        stamp, nonce = str(self.now_ms // 1000), "1320562132"
        signature = sha1("".join(sorted([token, stamp, nonce])).encode()).hexdigest()
        query = {"signature": signature, "timestamp": stamp, "nonce": nonce, "openid": "o1"}
        return self.ask("POST", "/v1/wechat", params=query, content=body.encode())

    def pushed(self) -> list[dict[str, Any]]:
        """What was published, read as JSON."""
        return [json.loads(record.value) for record in self.shelf.records]

    def counted(self, channel: str) -> dict[str, float]:
        """Requests of a channel by outcome."""
        return {
            sample.labels["outcome"]: sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == "hub_edge_citizen_requests_total" and sample.labels["channel"] == channel
        }


def token_in(page: str) -> str:
    """The form's token in a page."""
    found = re.search('name="form" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def number_in(page: str) -> str:
    """The case number in a page."""
    found = re.search('id="number">([^<]+)<', page)
    assert found is not None, page
    return unescape(found[1])


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    """Open for everybody."""
    return Hall(tmp_path)


@pytest.fixture
def new_hall(tmp_path: Path) -> Callable[..., Hall]:
    """`new_hall(reports_at_once=2)`."""
    return lambda **given: Hall(tmp_path, **given)
