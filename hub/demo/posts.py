"""Signed posts to the HTTP intake, as a legacy system sends them."""

import time
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Final

from connectors.standard_webhooks import sign
from hub.demo.carried import Carried
from hub.demo.lanes import Lanes, Line
from hub.demo.traffic import Published
from hub.domain.errors import Unavailable
from streams.runtime.clock import Clock

TRANSPORT: Final = "HTTP intake"
_LANES = 6
_REFUSED: Final = (400, 413, 415)
_OUT_OF_TIME: Final = ("too_old", "too_new")
# By a fast clock the five minutes of a signature pass in some hundredths of a second.
_SIGNED_AGAIN_SECONDS = 30.0


class Posts:
    """Each message by its own id, signed at the moment of sending by the hub's clock.

    An answer `too_old` is answered with a signature of now, as the standard wants it. Messages of a case are posted
    one after the other.
    """

    def __init__(
        self,
        address: tuple[str, int],
        secrets: Mapping[str, bytes],
        clock: Clock,
        counts: tuple[Published, Carried],
    ) -> None:
        self._lanes = Lanes("post", _LANES, *address)
        self._secrets = secrets
        self._clock = clock
        self._published, self._carried = counts
        self._run = uuid.uuid4().hex[:12]
        self._number = 0

    def send(self, source: str, payload: bytes, headers: Mapping[str, str], key: str) -> None:
        """Post one message after those of the same key."""
        self._number += 1
        self._carried.hand_over(TRANSPORT, source)
        message_id = f"demo-{self._run}-{self._number}"
        self._lanes.put(key, partial(self._post, source, payload, dict(headers), message_id))

    def check(self) -> None:
        """Raise what has gone wrong."""
        self._lanes.check()

    def join(self) -> None:
        """Return once every message is answered."""
        self._lanes.join()

    def close(self) -> None:
        """Hang up."""
        self._lanes.close()

    def _post(self, source: str, payload: bytes, headers: Mapping[str, str], message_id: str, line: Line) -> None:
        secret = self._secrets[source]
        until = time.monotonic() + _SIGNED_AGAIN_SECONDS

        def signed() -> Mapping[str, str]:
            return {**headers, **sign([secret], message_id, self._clock.now_ms() // 1000, payload)}

        while True:
            answer = line.post(f"/v1/sources/{source}/events", payload, signed)
            self._carried.answer(TRANSPORT, source, str(answer.status))
            if answer.status == 202:
                self._published.add(source, int(answer.body["accepted"]) + int(answer.body["rejected"]))
                return
            if answer.status in _REFUSED:
                self._published.refuse(source, answer.reason)
                return
            if answer.reason not in _OUT_OF_TIME or time.monotonic() > until:
                raise Unavailable(f"intake answers {answer.status} {answer.reason} to {source}; see: hub status")
