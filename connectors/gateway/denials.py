"""What endpoints asked for that is not theirs goes on record: each at once, many of one kind together."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

Audit = Callable[[str, str, str, str, Mapping[str, str]], None]
"""Puts on record subject, actor, action, reason and details; raises `Unavailable` when that cannot be done."""

_ACTION: Final = "gateway.denied"
_OTHERS: Final = "(others)"


class Denied(StrEnum):
    """What an endpoint asked for."""

    FOREIGN_INBOX = "foreign_inbox"
    FOREIGN_DISPATCH = "foreign_dispatch"
    UNKNOWN_DISPATCH = "unknown_dispatch"


@dataclass(slots=True)
class _Open:
    """Denials of one kind since their first one; `untold` of them are not on record yet."""

    since: float
    asked: str
    untold: int


@dataclass(slots=True, frozen=True)
class Told:
    """What goes on record: who asked for what kind of thing, the last of them, and how many."""

    actor: str
    kind: Denied
    asked: str
    times: int


class Window:
    """The first denial of an endpoint and kind is told at once, those of the minute after it together at its end.

    So a program that tries all numbers makes two records a minute. Pure: `now` is passed in (seconds).
    """

    def __init__(self, seconds: float = 60.0, most: int = 1000) -> None:
        self._seconds = seconds
        self._most = most
        self._open: dict[tuple[str, Denied], _Open] = {}

    def note(self, actor: str, kind: Denied, asked: str, now: float) -> Told | None:
        """One denial; what is to be put on record now."""
        key = (actor, kind)
        if key not in self._open and len(self._open) >= self._most:
            key = (_OTHERS, kind)
        found = self._open.get(key)
        if found is not None:
            found.untold += 1
            found.asked = asked
            return None
        self._open[key] = _Open(now, asked, 0)
        return Told(key[0], kind, asked, 1)

    def give_back(self, told: Told) -> None:
        """It could not be put on record: it comes again with `due`."""
        found = self._open.setdefault((told.actor, told.kind), _Open(float("-inf"), told.asked, 0))
        found.untold += told.times

    def due(self, now: float) -> list[Told]:
        """What is to be put on record now; kinds that were quiet for their minute are forgotten."""
        found = []
        for key, one in list(self._open.items()):
            if one.since + self._seconds > now:
                continue
            del self._open[key]
            if one.untold:
                found.append(Told(*key, one.asked, one.untold))
                self._open[key] = _Open(now, one.asked, 0)
        return found

    def rest(self) -> list[Told]:
        """Everything that is not on record."""
        return [Told(*key, one.asked, one.untold) for key, one in self._open.items() if one.untold]


class Denials:
    """Puts denials on record from the event loop."""

    def __init__(self, audit: Audit, executor: Executor, *, turn_seconds: float = 5.0) -> None:
        self._audit = audit
        self._executor = executor
        self._turn_seconds = turn_seconds
        self._window = Window()

    async def note(self, actor: str, kind: Denied, asked: str) -> None:
        """One denial of an endpoint; `asked` is an id of the hub, nothing else that was sent."""
        told = self._window.note(actor, kind, asked, time.monotonic())
        if told is not None:
            await self._write(told)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._turn_seconds)
            for told in self._window.due(time.monotonic()):
                await self._write(told)

    async def finish(self) -> None:
        """Put on record what is left."""
        for told in self._window.rest():
            with contextlib.suppress(Unavailable):
                await self._write(told)

    async def _write(self, told: Told) -> None:
        loop = asyncio.get_running_loop()
        details = {"asked": told.asked, "times": str(told.times)}
        subject = f"endpoint/{told.actor}"
        try:
            await loop.run_in_executor(
                self._executor, self._audit, subject, told.actor, _ACTION, told.kind.value, details
            )
        except Unavailable as error:
            log.warning("a denial is not on record yet: %s", error)
            self._window.give_back(told)
