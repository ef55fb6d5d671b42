"""Every case rebuilt from its log by two processes, so that a second core does its part."""

import json
import subprocess
import sys

from hub.domain.errors import Unavailable
from hub.reading import Reader
from hub.rebuilding import Rebuilt, rebuild
from hub.settings import Settings
from hub.topics import Catalogue
from hub.workers import processor_of
from schemas.codec import Codec

_DIFFERING = 1


class Rebuilding:
    """Half of the partitions are in work from the beginning, the other half when the result is asked for.

    Use as a context manager: nothing it started is left behind.
    """

    def __init__(self, bootstrap: str, settings: Settings, topics: Catalogue) -> None:
        with Reader(bootstrap) as reader:
            partitions = reader.partitions(topics.case_state)
        self._bootstrap = bootstrap
        self._settings = settings
        self._topics = topics
        self._mine = partitions[1::2]
        theirs = [word for partition in partitions[::2] for word in ("--partition", str(partition))]
        command = [sys.executable, "-m", "hub.cli", "rebuild", "--check", "--json", "--bootstrap", bootstrap]
        # In a session of its own, so that a Ctrl-C is answered by this process alone.
        self._other = subprocess.Popen(
            [*command, *theirs],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> "Rebuilding":
        return self

    def __exit__(self, *_: object) -> None:
        self._other.kill()
        self._other.communicate()

    def result(self, codec: Codec) -> Rebuilt:
        """Both halves. Raises `Unavailable` if the other process could not do its part."""
        processor = processor_of("casework", self._settings, self._topics, codec)
        found = rebuild(self._bootstrap, self._topics, codec, processor, self._mine)
        said, complaint = self._other.communicate()
        if self._other.returncode not in (0, _DIFFERING) or not said:
            raise Unavailable(f"a part of the rebuilding failed: {complaint.strip()}")
        found.add(Rebuilt(**json.loads(said)))
        return found
