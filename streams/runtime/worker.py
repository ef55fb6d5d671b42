"""Runs a processor in one process: sessions one after the other, until drained, fenced or out of patience."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from confluent_kafka import KafkaError, KafkaException

from hub.domain.errors import Misconfigured, Unavailable
from streams.runtime.api import Processor
from streams.runtime.config import RunConfig
from streams.runtime.guard import Guard
from streams.runtime.metrics import Metrics, MetricsServer
from streams.runtime.session import Session

log = logging.getLogger(__name__)

DRAINED, GAVE_UP, MISCONFIGURED = 0, 1, 2

_FENCED = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.FENCED_INSTANCE_ID,
    }
)
_LONGEST_BACK_OFF = 5.0


class Worker:
    """One slot. `stop` may be called from a signal handler or another thread."""

    def __init__(self, processor: Processor, config: RunConfig) -> None:
        self._processor = processor
        self._config = config
        self._stop = threading.Event()
        self._name = f"{processor.name}-{config.slot}"
        self.metrics = Metrics(processor.name)
        self._session: Session | None = None

    def stop(self) -> None:
        """Finish the batch, then end."""
        self._stop.set()

    def run(self) -> int:
        """Work until stopped; the exit code."""
        config = self._config
        server = None
        if config.metrics_port is not None:
            try:
                server = MetricsServer(self.metrics, config.metrics_host, config.metrics_port)
            except OSError as error:
                place = f"{config.metrics_host}:{config.metrics_port}"
                log.error("%s: metrics cannot be served at %s: %s", self._name, place, error.strerror)
                return GAVE_UP
        log.info("%s: starting on %s, data in %s", self._name, config.bootstrap, config.data_dir)
        try:
            with Guard(self._name, self._transaction_age, 2 * config.transaction_timeout_ms / 1000):
                return self._sessions()
        finally:
            if server is not None:
                server.close()

    def _transaction_age(self) -> float:
        session = self._session
        return session.transaction_age if session is not None else 0.0

    def _sessions(self) -> int:
        patience = _Patience(self._config.give_up_after)
        while not self._stop.is_set():
            session = self._session = None
            try:
                session = self._session = Session(self._processor, self._config, self.metrics)
                while not self._stop.is_set():
                    session.turn()
                    patience.note(session.commits)
                session.drain()
            except (Unavailable, KafkaException) as error:
                self.metrics.failed()
                has_timed_out = session is not None and session.has_timed_out
                if session is not None:
                    session.close()
                if (fenced := _fenced(error)) and not has_timed_out:
                    log.error("%s: fenced, another process runs this slot: %s", self._name, fenced)
                    return GAVE_UP
                pause = patience.lose(time.monotonic())
                if pause is None:
                    log.error("%s: giving up after %g s: %s", self._name, self._config.give_up_after, _text(error))
                    return GAVE_UP
                log.warning("%s: stopped, next attempt in %.1f s: %s", self._name, pause, _text(error))
                self._stop.wait(pause)
            except Misconfigured as error:
                log.error("%s: %s", self._name, error)
                if session is not None:
                    session.close()
                return MISCONFIGURED
            except BaseException:
                # A bug: nothing of the open batch may stay, then the process ends loudly.
                if session is not None:
                    session.close()
                raise
            else:
                session.close()
        log.info("%s: drained", self._name)
        return DRAINED


class _Patience:
    """How long failures in a row may go on. A commit ends the row, and so does a long quiet time."""

    def __init__(self, give_up_after: float) -> None:
        self._give_up_after = give_up_after
        self._first: float | None = None
        self._last = 0.0
        self._pause = 0.1
        self._commits = 0

    def note(self, commits: int) -> None:
        """A session has turned, with so many commits so far."""
        if self._first is None:
            return
        if commits > 0 or time.monotonic() - self._last > self._give_up_after:
            self._first = None
            self._pause = 0.1

    def lose(self, now: float) -> float | None:
        """The pause before the next attempt, None when patience is at an end."""
        if self._first is None:
            self._first = now
        self._last = now
        left = self._give_up_after - (now - self._first)
        if left <= 0:
            return None
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_BACK_OFF)
        return min(pause, left)


def run(processor: Processor, config: RunConfig) -> int:
    """Run a processor until SIGTERM or SIGINT; the process's exit code.

    0 drained · 1 gave up, or another process has taken this slot · 2 misconfigured.
    """
    worker = Worker(processor, config)
    # kafka-python, used once at the start, tells of every connection it opens.
    logging.getLogger("kafka").setLevel(logging.WARNING)
    with _stopping_on_signals(worker):
        return worker.run()


@contextmanager
def _stopping_on_signals(worker: Worker) -> Iterator[None]:
    def stop(number: int, _frame: FrameType | None) -> None:
        log.info("%s: draining", signal.Signals(number).name)
        worker.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fenced(error: Exception) -> str | None:
    """What the broker said when it has given this slot's identity to another process."""
    if not isinstance(error, KafkaException):
        return None
    cause = error.args[0]
    # A consumer's fencing arrives as the client's fatal error, which keeps the cause in its text only.
    is_fenced = cause.code() in _FENCED or (cause.code() == KafkaError._FATAL and "fenced" in cause.str())
    return str(cause.str()) if is_fenced else None


def _text(error: Exception) -> str:
    if isinstance(error, KafkaException):
        return str(error.args[0].str())
    return str(error)
