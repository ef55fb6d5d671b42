"""Runs one poll until it is told to stop: again and again, paused and commanded, with pauses after failures."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Container, Mapping
from typing import Protocol

from connectors import status
from connectors.control import Command, Kind, Transport
from connectors.polls.errors import Away, Reason
from connectors.polls.metrics import PollMeters
from connectors.polls.settings import Backoff
from connectors.polls.steps import Clock
from connectors.polls.timing import pause
from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

_LOOKED_EVERY_SECONDS = 0.5


class Done(Protocol):
    """What a journal knows of commands."""

    def __contains__(self, command: object, /) -> bool: ...

    def outcomes(self) -> dict[str, status.Done]: ...


class Poll(Protocol):
    """One way of polling one source."""

    @property
    def done(self) -> Done:
        """The commands that were carried out, and what came of them."""
        ...

    def run_once(self) -> bool:
        """Take what is new; False when told to stop before the end. Raises `Unavailable`."""
        ...

    def obey(self, command: Command) -> None:
        """Carry out a command and remember it as done. Raises `Unavailable`."""
        ...

    def standing(self) -> str:
        """Its position, for a person to read."""
        ...

    def waiting(self) -> int | None:
        """How many records stand there untaken; None where it cannot know."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class Control(Protocol):
    """What `connectors.control.SourceControl` tells a poll."""

    def is_paused(self, source: str) -> bool: ...

    def commands(
        self, source: str, transport: Transport, now_ms: int, done: Container[str] = ()
    ) -> list[Command]: ...


class Reporter(Protocol):
    """`connectors.status.StatusReporter`."""

    def report(
        self,
        source: str,
        transport: Transport,
        position: str,
        *,
        waiting: int | None = None,
        problem: str | None = None,
        commands: Mapping[str, status.Done] | None = None,
    ) -> None: ...


class PollLoop:
    """One thread's work. `last_sign` is the monotonic second at which it was last seen alive."""

    def __init__(
        self,
        source: str,
        transport: Transport,
        open_poll: Callable[["PollLoop"], Poll],
        *,
        every_seconds: float,
        backoff: Backoff,
        control: Control,
        reporter: Reporter,
        clock: Clock,
        meters: PollMeters,
        stop: threading.Event,
        chance: Callable[[], float],
    ) -> None:
        self._source = source
        self._transport = transport
        self._open_poll = open_poll
        self._every_seconds = every_seconds
        self._backoff = backoff
        self._control = control
        self._reporter = reporter
        self._clock = clock
        self._meters = meters
        self._stop = stop
        self._chance = chance
        self._poll: Poll | None = None
        self._failures = 0
        self.last_sign = time.monotonic()

    @property
    def name(self) -> str:
        return f"{self._source}.{self._transport}"

    def run(self) -> None:
        """Until stopped. An error that is none of the environment ends it, loudly."""
        try:
            while not self._stop.is_set():
                self._wait(self._turn())
        finally:
            if self._poll is not None:
                self._poll.close()

    def should_stop(self) -> bool:
        """Whether a pass has to end before its end; asked between batches, so it is a sign of life too."""
        self.alive()
        return self._stop.is_set() or self._control.is_paused(self._source)

    def alive(self) -> None:
        """A sign of life."""
        self.last_sign = time.monotonic()

    def _turn(self) -> float:
        """One pass, or what was commanded; returns the seconds to wait after it."""
        self.alive()
        try:
            self._poll = self._poll or self._open_poll(self)
            self._obey(self._poll)
            is_whole = not self._is_paused() and self._poll.run_once()
        except Unavailable as away:
            return self._failed(away)
        self._failures = 0
        self._meters.failing.set(0)
        self._report(self._poll, None)
        if self._is_paused():
            return 0.0
        self._meters.passed("whole" if is_whole else "stopped")
        if is_whole:
            self._meters.success.set(self._clock.now_ms() / 1000)
        return self._every_seconds

    def _failed(self, away: Unavailable) -> float:
        self._failures += 1
        reason = away.reason if isinstance(away, Away) else Reason.KAFKA
        self._meters.failed(reason)
        self._meters.passed("failed")
        self._meters.failing.set(self._failures)
        wished = away.not_before if isinstance(away, Away) else 0.0
        seconds = max(pause(self._failures, self._backoff, self._chance()), wished)
        log.warning("%s: %s; again in %.1f s (failure %d)", self.name, away, seconds, self._failures)
        if self._poll is not None:
            self._report(self._poll, f"{reason}: {away}")
        return seconds

    def _report(self, poll: Poll, problem: str | None) -> None:
        """News for `hub sources list`; a journal that cannot be read is told of by the pass itself."""
        with contextlib.suppress(Unavailable):
            self._reporter.report(
                self._source,
                self._transport,
                poll.standing(),
                waiting=poll.waiting(),
                problem=problem,
                commands=poll.done.outcomes(),
            )

    def _obey(self, poll: Poll) -> None:
        for command in self._waiting(poll):
            if self._stop.is_set() or (command.kind is Kind.REIMPORT and self._is_paused()):
                return
            poll.obey(command)

    def _waiting(self, poll: Poll) -> list[Command]:
        return self._control.commands(self._source, self._transport, self._clock.now_ms(), poll.done)

    def _is_paused(self) -> bool:
        is_paused = self._control.is_paused(self._source)
        self._meters.paused.set(is_paused)
        return is_paused

    def _wait(self, seconds: float) -> None:
        """Wait, in small pieces: a command is not kept waiting, nor is a stop; a pause is waited out here."""
        until = time.monotonic() + seconds
        while not self._stop.is_set():
            self.alive()
            if self._poll is not None and not self._failures and self._has_work(self._poll):
                return
            left = until - time.monotonic()
            if left <= 0 and not self._is_paused():
                return
            self._stop.wait(min(max(left, 0.05), _LOOKED_EVERY_SECONDS))

    def _has_work(self, poll: Poll) -> bool:
        """A command that can be carried out now."""
        waiting = self._waiting(poll)
        return bool(waiting) and not (waiting[0].kind is Kind.REIMPORT and self._is_paused())
