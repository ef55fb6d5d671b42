"""The loop of a poll: pauses after failures, pauses of the source, commands, a stop; waits of some ms alone."""

import threading
import time
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry

from connectors.control import Command, Kind, Transport
from connectors.polls.errors import Away, Reason
from connectors.polls.loop import PollLoop
from connectors.polls.metrics import Meters
from connectors.polls.settings import Backoff


class Poll:
    """Does what a script says: True, False, or an error to raise."""

    def __init__(self, *script):
        self.script = list(script)
        self.passes = []
        self.obeyed = []
        self.is_closed = False

    @property
    def done(self):
        poll = self

        class Done(list):
            def outcomes(self):
                return dict.fromkeys(poll.obeyed)

        return Done(self.obeyed)

    def run_once(self):
        self.passes.append(time.monotonic())
        now = self.script.pop(0) if self.script else True
        if isinstance(now, Exception):
            raise now
        return now

    def obey(self, command):
        self.obeyed.append(command.id)

    def standing(self):
        return "7"

    def waiting(self):
        return None

    def close(self):
        self.is_closed = True


class Desk:
    """Control and reporter in one."""

    def __init__(self):
        self.paused = False
        self.told = []
        self.reports = []

    def is_paused(self, source):
        return self.paused

    def commands(self, source, transport, now_ms, done=()):
        return [command for command in self.told if command.id not in done]

    def report(self, source, transport, position, **more):
        self.reports.append((position, more["problem"]))


@pytest.fixture
def running():
    """`running(poll, desk)` runs a loop in a thread until the test ends."""
    started = []

    def start(poll, desk, every_seconds=0.01):
        stop = threading.Event()
        loop = PollLoop(
            "hotline",
            Transport.DATABASE,
            lambda _: poll,
            every_seconds=every_seconds,
            backoff=Backoff(first_seconds=0.01, longest_seconds=0.02),
            control=desk,
            reporter=desk,
            clock=SimpleNamespace(now_ms=lambda: 0),
            meters=Meters(CollectorRegistry()).of("hotline", "database"),
            stop=stop,
            chance=lambda: 0.0,
        )
        thread = threading.Thread(target=loop.run)
        thread.start()
        started.append((stop, thread, poll))
        return loop

    yield start
    for stop, thread, poll in started:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()
        assert poll.is_closed


def soon(holds):
    until = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_it_goes_on_after_failures_and_tells_of_them(running):
    """Twice away, then well: the problem is told and taken back."""
    away = Away(Reason.SLOW, "the server did not answer in time")
    poll, desk = Poll(away, away), Desk()
    running(poll, desk)
    soon(lambda: len(poll.passes) >= 4)
    problems = [problem for _, problem in desk.reports]
    assert problems[:3] == ["slow: the server did not answer in time"] * 2 + [None]


def test_the_wish_of_a_server_is_waited_for(running):
    """Not before 0.3 s, though our own pause is 10 ms."""
    poll, desk = Poll(Away(Reason.STATUS_429, "later", not_before=0.3)), Desk()
    running(poll, desk)
    soon(lambda: len(poll.passes) >= 2)
    assert poll.passes[1] - poll.passes[0] >= 0.3


def test_while_paused_nothing_is_taken_and_only_rewinds_are_carried_out(running):
    """A reimport takes from the source, so it waits for the end of the pause, and what comes after it too."""
    poll, desk = Poll(), Desk()
    desk.paused = True
    running(poll, desk)
    desk.told = [
        Command(id=name, source="hotline", kind=kind, at=0, actor="desk")
        for name, kind in (("a", Kind.REWIND), ("b", Kind.REIMPORT), ("c", Kind.REWIND))
    ]
    soon(lambda: poll.obeyed == ["a"])
    time.sleep(0.05)
    assert poll.obeyed == ["a"]
    assert not poll.passes
    desk.paused = False
    soon(lambda: poll.obeyed == ["a", "b", "c"] and poll.passes)


def test_a_command_does_not_wait_for_the_next_pass(running):
    """Every five minutes a pass; a rewind is carried out within a second."""
    poll, desk = Poll(), Desk()
    running(poll, desk, every_seconds=300)
    soon(lambda: poll.passes)
    desk.told = [Command(id="a", source="hotline", kind=Kind.REWIND, at=0, actor="desk")]
    soon(lambda: poll.obeyed == ["a"] and len(poll.passes) == 2)


def test_a_bug_ends_the_loop_loudly():
    """Only what is away is tried again."""
    poll, desk = Poll(ZeroDivisionError()), Desk()
    loop = PollLoop(
        "hotline",
        Transport.DATABASE,
        lambda _: poll,
        every_seconds=1,
        backoff=Backoff(),
        control=desk,
        reporter=desk,
        clock=SimpleNamespace(now_ms=lambda: 0),
        meters=Meters(CollectorRegistry()).of("hotline", "database"),
        stop=threading.Event(),
        chance=lambda: 0.0,
    )
    with pytest.raises(ZeroDivisionError):
        loop.run()
    assert poll.is_closed
