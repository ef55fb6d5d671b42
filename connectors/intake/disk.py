"""Whether the disk has room for what comes in."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""Below this nothing is taken any more: the embedded Kafka on the same disk dies of a full one."""

_FRESH_SECONDS = 1.0


class Disk:
    """The free bytes of the data folder's disk, looked up once a second at most."""

    def __init__(
        self,
        folder: Path,
        least_free: int = LEAST_FREE_BYTES,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._least_free = least_free
        self._free_bytes = free_bytes
        self._seconds = seconds
        self._looked_at = float("-inf")
        self._is_full = False

    def is_full(self) -> bool:
        """True when less than the reserve is left."""
        if self._seconds() - self._looked_at >= _FRESH_SECONDS:
            self._is_full = self._free_bytes(self._folder) < self._least_free
            self._looked_at = self._seconds()
        return self._is_full
