"""The secrets of a source as they stand now: read again every few seconds, so that a change needs no restart."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from connectors.secrets import Reference, resolve
from connectors.standard_webhooks import read_secret
from hub.domain.errors import Misconfigured

log = logging.getLogger(__name__)

_FRESH_SECONDS = 5.0


class Keys:
    """The keys behind some references. One that cannot be read is told in the log once and left out."""

    def __init__(
        self,
        source: str,
        references: tuple[Reference, ...],
        data_dir: Path,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._references = references
        self._data_dir = data_dir
        self._seconds = seconds
        self._read_at = float("-inf")
        self._keys: tuple[bytes, ...] = ()
        self._problems: list[str] = []

    def current(self) -> tuple[bytes, ...]:
        """Every key that can be read; none when the source has not been given a secret yet."""
        if self._seconds() - self._read_at >= _FRESH_SECONDS:
            self._read()
            self._read_at = self._seconds()
        return self._keys

    def _read(self) -> None:
        keys: list[bytes] = []
        problems: list[str] = []
        for reference in self._references:
            try:
                keys += (read_secret(line) for line in resolve(reference, self._data_dir).split())
            except Misconfigured as wrong:
                problems += wrong.problems
            except ValueError as wrong:
                problems.append(f"secret {reference}: {wrong}")
        self._keys = tuple(keys)
        if problems != self._problems:
            self._tell(problems)
            self._problems = problems

    def _tell(self, problems: list[str]) -> None:
        closed = f"; its messages are answered 503 until there is one. Try: hub sources secret {self._source}"
        for problem in problems:
            log.error("source %s: %s%s", self._source, problem, "" if self._keys else closed)
        if not problems:
            log.info("source %s: its secrets can be read now", self._source)
