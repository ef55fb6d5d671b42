"""Puts a citizen's report into `raw.grid`, once, and says so only when Kafka has it.

The order of `Filing.file` is the guarantee:

1. a report that was filed before is answered with its number
2. whether reports are taken now: source not paused, room on the disk
3. the instant at which it came first is kept: sent again, the report is the same to the byte
4. it goes into Kafka, and Kafka acknowledges
5. that it is filed is remembered
6. the number is told

A crash after 4 and before 6 leaves the citizen without an answer; the form or message is sent again, steps 3 and 4
make the same record of it, and unify drops the copy.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from connectors.citizen.memory import Memory
from connectors.intake.disk import Disk
from connectors.intake.reading import read
from connectors.intake.service import Publisher
from connectors.sources.json_message import CONTENT_TYPE
from hub.domain.errors import Rejected, Unavailable
from hub.domain.source import Source

Message = Mapping[str, Any]


class Closed(Unavailable):
    """No report is taken now: the operators have paused the source, or the disk is full."""


@dataclass(slots=True, frozen=True)
class Filed:
    """The number of a report that Kafka has; `is_again` where it had it before."""

    number: str
    is_again: bool


class Filing:
    """The way of all citizen channels into the grid source. For one event loop."""

    def __init__(
        self,
        source: Source,
        publisher: Publisher,
        memory: Memory,
        *,
        zone: tzinfo,
        disk: Disk,
        now_ms: Callable[[], int],
        is_paused: Callable[[str], bool],
    ) -> None:
        self.zone = zone
        self.memory = memory
        self.now_ms = now_ms
        self._source = source
        self._publisher = publisher
        self._disk = disk
        self._is_paused = is_paused
        self._in_hand: dict[bytes, asyncio.Task[Filed]] = {}

    async def file(self, key: bytes, number: str, message: Message, *, person: bytes | None = None) -> Filed:
        """File the report of that key: `message` in the names of the grid's push, without number and time. What
        waited for that person's words is used up with it.

        The same report twice at once is one: the second waits for the first. Who stops waiting does not stop it.

        Raises:
            Closed: no report is taken now.
            Unavailable: Kafka does not acknowledge, or the disk takes nothing.
            Rejected: the grid source does not read such a report.
        """
        running = self._in_hand.get(key)
        if running is not None:
            return Filed((await asyncio.shield(running)).number, True)
        if self.memory.is_filed(key):
            return Filed(number, True)
        self._check_open()
        task = asyncio.create_task(self._file(key, number, message, person))
        self._in_hand[key] = task
        task.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(task)

    async def _file(self, key: bytes, number: str, message: Message, person: bytes | None) -> Filed:
        began = self.memory.begin(key, self.now_ms())
        told = datetime.fromtimestamp(began.at_ms / 1000, self.zone).strftime("%Y-%m-%d %H:%M:%S")
        given = {"reportNo": number, "reportTime": told, **message}
        body = json.dumps({name: value for name, value in given.items() if value}, ensure_ascii=False).encode()
        await self._publish(body)
        self.memory.filed(key, person)
        return Filed(number, False)

    async def _publish(self, body: bytes) -> None:
        reading = read(self._source, body, {"content-type": CONTENT_TYPE})
        for rejected in reading.rejects.values():
            raise rejected
        if any(self._source.ignores(record) is not None for record in reading.records):
            raise Rejected("ignored", "category", "sources.yaml leaves this category of the grid source out")
        await self._publisher.publish(self._source, body, reading.records)

    def _check_open(self) -> None:
        if self._is_paused(self._source.name):
            raise Closed("the grid source is paused; no report of a citizen is taken")
        if self._disk.is_full():
            raise Closed("the disk is full; no report of a citizen is taken")

    def _done(self, key: bytes, done: "asyncio.Task[Filed]") -> None:
        del self._in_hand[key]
        if not done.cancelled():
            done.exception()  # told to whoever waits; nobody need be there
