"""Ends a process whose transaction hangs: a call that never returns must not hold its partitions for ever.

Seen in chaos runs: after kill -9 of the broker librdkafka's `commit_transaction` did not return, whatever its
time-out. The broker has long decided by then; a new process of the slot fences this one and goes on from there.
"""

import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

HUNG = 1
_LOOK_EVERY = 1.0


def end_process() -> None:
    """Leave at once, with the stack of every thread in the log; nothing of the open batch has happened."""
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    os._exit(HUNG)


class Guard:
    """Watches the age of the open transaction from a thread of its own."""

    def __init__(
        self, name: str, age: Callable[[], float], limit: float, end: Callable[[], None] = end_process
    ) -> None:
        self._name = name
        self._age = age
        self._limit = limit
        self._end = end
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="guard", daemon=True)

    def __enter__(self) -> "Guard":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    def look(self) -> bool:
        """End the process when the transaction is older than the limit; tells whether it is."""
        age = self._age()
        if age <= self._limit:
            return False
        log.critical(
            "%s: a transaction hangs since %.0f s, the process ends and is to be restarted", self._name, age
        )
        self._end()
        return True

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY):
            if self.look():
                return
