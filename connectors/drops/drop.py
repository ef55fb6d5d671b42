"""Watches the folder of one source and takes its files, one after the other."""

import logging
import threading
import time
from collections.abc import Callable

from connectors.control import SourceControl, Transport
from connectors.drops.again import Again
from connectors.drops.folders import Folders
from connectors.drops.journal import Journal
from connectors.drops.line import Line
from connectors.drops.metrics import DropMetrics
from connectors.drops.settings import DropSettings
from connectors.drops.taking import Taking
from connectors.drops.watching import Stamp, Watch, look
from connectors.faults import Faults, NoFaults
from connectors.status import StatusReporter
from hub.domain.errors import Unavailable
from hub.domain.source import Source

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_FORGET_EVERY_SECONDS = 3600.0
DAY_MS = 86_400_000


class Drop:
    """One source's drop, in a thread of its own: a share that hangs holds up nobody else.

    Before anything new is taken, what a crash or an outage has left is finished: files stay in their order. An
    error of the environment stops the drop, which tries again with a growing pause; nothing is skipped.
    """

    def __init__(
        self,
        source: Source,
        settings: DropSettings,
        folders: Folders,
        journal: Journal,
        *,
        connect: Callable[[], Line],
        control: SourceControl,
        status: StatusReporter,
        metrics: DropMetrics,
        token_key: bytes,
        memory_days: int,
        now_ms: Callable[[], int],
        faults: Faults | None = None,
    ) -> None:
        self.source = source
        self._settings = settings
        self._folders = folders
        self._journal = journal
        self._connect = connect
        self._control = control
        self._status = status
        self._metrics = metrics
        self._memory_ms = memory_days * DAY_MS
        self._now_ms = now_ms
        self._watch = Watch(settings.stable_seconds, settings.order)
        self._taking = Taking(
            *(source, folders, journal),
            token_key=token_key,
            memory_ms=self._memory_ms,
            now_ms=now_ms,
            metrics=metrics,
            faults=faults or NoFaults(),
        )
        self._again = Again(source, folders, journal, token_key, now_ms)
        self._line: Line | None = None
        self._is_clean = False
        self._forgot = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop; a file in hand is finished first."""
        pause = _FIRST_PAUSE_SECONDS
        try:
            while not stop.is_set():
                try:
                    self.turn(stop)
                    pause = _FIRST_PAUSE_SECONDS
                    stop.wait(self._settings.every_seconds)
                except Unavailable as away:
                    self._drop_line()
                    log.warning("drop of %s: %s; trying again in %.1f s", self.source.name, away, pause)
                    self._tell(problem=str(away))
                    stop.wait(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        finally:
            self._drop_line()
            self._journal.close()

    def turn(self, stop: threading.Event) -> None:
        """Look once, and take what is complete; `Unavailable` leaves a file that the next turn goes on with."""
        may_make = not self._settings.folder.is_absolute()
        self._folders.prepare(is_new=self._journal.is_new(), may_make=may_make)
        if not self._is_clean:
            self._taking.resume(self._connected())
            self._is_clean = True
        is_paused = self._control.is_paused(self.source.name)
        self._metrics.paused(self.source.name, is_paused)
        if not is_paused:
            self._do_as_told()
        waiting = self._watch.complete(self._look(), time.monotonic())
        self._metrics.looked(self.source.name, waiting.seen)
        left = waiting.seen
        for name in waiting.complete:
            if stop.is_set() or self._control.is_paused(self.source.name):
                break
            self._is_clean = False
            self._taking.take(self._connected(), name)
            self._is_clean = True
            left -= 1
            self._tell(waiting=left)
        self._tell(waiting=left)
        self._forget()

    def _look(self) -> dict[bytes, Stamp]:
        try:
            return look(self._folders.folder, self._settings.pattern)
        except OSError as error:
            raise Unavailable(f"the folder of the drop cannot be looked into: {error.strerror}") from error

    def _do_as_told(self) -> None:
        done = self._journal.done()
        for command in self._control.commands(self.source.name, Transport.DROP, self._now_ms(), done):
            came_of_it = self._again.carry_out(self._connected(), command)
            self._journal.did(command.id, came_of_it, self._now_ms())
            log.info("drop of %s: %s %s", self.source.name, command.kind, came_of_it.outcome)

    def _tell(self, waiting: int | None = None, problem: str | None = None) -> None:
        last = self._journal.last()
        self._status.report(
            *(self.source.name, Transport.DROP, "" if last is None else str(last.id)),
            waiting=waiting,
            problem=problem,
            commands=self._journal.done(),
        )

    def _forget(self) -> None:
        if time.monotonic() - self._forgot > _FORGET_EVERY_SECONDS:
            self._forgot = time.monotonic()
            self._journal.forget(self._now_ms() - self._memory_ms)

    def _connected(self) -> Line:
        if self._line is None:
            self._line = self._connect()
        return self._line

    def _drop_line(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            try:
                line.close()
            except Unavailable as away:
                log.warning("drop of %s: %s", self.source.name, away)
