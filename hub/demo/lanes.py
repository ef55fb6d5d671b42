"""Several connections to the HTTP edge at once: what belongs together goes through the same one, in its order."""

import http.client
import json
import queue
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.domain.errors import Unavailable

_TIMEOUT_SECONDS = 30.0
# An edge that dies is started again within seconds.
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.3
_LONGEST_PAUSE_SECONDS = 2.0
_LATER = (429, 503)


@dataclass(slots=True, frozen=True)
class Answer:
    """What was answered: status, headers with lower-case names, and the JSON object of the body."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """Why it is an error, as a code."""
        kind = str(self.body.get("type", "")).rpartition("/")[2].rpartition(":")[2]
        return str(self.body.get("reason") or kind or self.status)


class Line:
    """One connection that is kept, and made again when the edge has closed it. For one thread."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)

    def post(self, path: str, body: bytes, headers: Callable[[], Mapping[str, str]]) -> Answer:
        """Post until it is answered otherwise than by "later"; `headers` are asked for at each attempt.

        Raises:
            Unavailable: the edge did not take it for a minute.
        """
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = self._post(path, body, headers())
                if answer.status not in _LATER:
                    return answer
                why = answer.reason
                pause = min(float(answer.headers.get("retry-after", _PAUSE_SECONDS)), _LONGEST_PAUSE_SECONDS)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                why, pause = type(error).__name__, _PAUSE_SECONDS
            if time.monotonic() > until:
                raise Unavailable(f"the HTTP edge does not take what is posted ({why}); see: hub status, its log")
            time.sleep(pause)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self._connection.request("POST", path, body, dict(headers))
        with self._connection.getresponse() as response:
            text = response.read()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, _read(text))


Job = Callable[[Line], None]


class Lanes:
    """Threads with a connection each. What goes wrong in one is raised by `join`."""

    def __init__(self, name: str, number: int, host: str, port: int) -> None:
        self._queues: list[queue.SimpleQueue[Job | None]] = [queue.SimpleQueue() for _ in range(number)]
        self._open = 0
        self._done = threading.Condition()
        self._error: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._work, args=(jobs, Line(host, port)), name=f"{name}-{index}", daemon=True)
            for index, jobs in enumerate(self._queues)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, key: str, job: Job) -> None:
        """Do a job after all earlier ones of the same key."""
        with self._done:
            self._open += 1
        self._queues[zlib.crc32(key.encode()) % len(self._queues)].put(job)

    def check(self) -> None:
        """Raise what has gone wrong, if anything has."""
        if self._error is not None:
            raise self._error

    def join(self) -> None:
        """Return once every job is done; raise what has gone wrong in one."""
        with self._done:
            self._done.wait_for(lambda: self._open == 0 or self._error is not None)
        self.check()

    def close(self) -> None:
        """End the threads; jobs that wait are dropped with them."""
        for jobs in self._queues:
            jobs.put(None)

    def _work(self, jobs: "queue.SimpleQueue[Job | None]", line: Line) -> None:
        while (job := jobs.get()) is not None:
            try:
                if self._error is None:
                    job(line)
            except BaseException as error:  # noqa: BLE001 - raised by `join`
                self._error = error
            with self._done:
                self._open -= 1
                if self._open == 0 or self._error is not None:
                    self._done.notify_all()
        line.close()


def _read(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
