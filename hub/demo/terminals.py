"""The terminals of the simulated endpoints: each acts by its token, on a dispatch that its stream has brought."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from hub.demo.carried import Carried
from hub.demo.inboxes import Inboxes
from hub.demo.lanes import Lanes, Line
from hub.demo.traffic import Published
from hub.domain.errors import Unavailable

SOURCE: Final = "endpoint"
NOT_RECEIVED: Final = "not_received"
_LANES = 4
# What the gateway tells by itself of an action.
_BY_PATH_AND_TOKEN: Final = frozenset({"feedbackId", "dispatchId", "caseId", "endpointId"})
_REFUSED: Final = (400, 404, 409, 422)
# After so long without a further dispatch those that are waited for do not come any more.
_PATIENCE_SECONDS = 8.0


class Terminals:
    """Takes the simulated feedback of some endpoints; what is decided before its dispatch has come waits for it."""

    def __init__(
        self, address: tuple[str, int], tokens: Mapping[str, str], counts: tuple[Published, Carried]
    ) -> None:
        self._published, self._carried = counts
        self._tokens = tokens
        self._lock = threading.Lock()
        self._received: set[str] = set()
        self._waiting: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._last_news = time.monotonic()
        self._lanes = Lanes("terminal", _LANES, *address)
        self._inboxes = Inboxes(tokens, address, self._has_come, self._carried)

    def wait_until_open(self) -> None:
        """Return once every stream is open."""
        self._inboxes.wait_until_open()

    def act(self, feedback: Mapping[str, Any]) -> None:
        """Post an action (the fields of the native message) once its dispatch has come."""
        with self._lock:
            if feedback["dispatchId"] in self._received:
                self._put(feedback)
            else:
                self._waiting[feedback["dispatchId"]].append(feedback)

    def check(self) -> None:
        """Raise what has gone wrong."""
        self._lanes.check()

    def join(self) -> None:
        """Return once every action is answered; one whose dispatch does not come is not taken."""
        self._last_news = time.monotonic()
        while self._waiting and time.monotonic() - self._last_news < _PATIENCE_SECONDS:
            time.sleep(0.1)
        self._lanes.join()
        with self._lock:
            for actions in self._waiting.values():
                for _ in actions:
                    self._refuse(NOT_RECEIVED)
            self._waiting.clear()

    def close(self) -> None:
        """Hang up."""
        self._inboxes.close()
        self._lanes.close()

    def _has_come(self, dispatch_id: str) -> None:
        with self._lock:
            self._last_news = time.monotonic()
            self._received.add(dispatch_id)
            for feedback in self._waiting.pop(dispatch_id, ()):
                self._put(feedback)

    def _put(self, feedback: Mapping[str, Any]) -> None:
        self._lanes.put(feedback["caseId"], partial(self._post, feedback))

    def _post(self, feedback: Mapping[str, Any], line: Line) -> None:
        told = {name: value for name, value in feedback.items() if name not in _BY_PATH_AND_TOKEN}
        headers = {
            "authorization": f"Bearer {self._tokens[feedback['endpointId']]}",
            "idempotency-key": feedback["feedbackId"],
            "content-type": "application/json",
        }
        path = f"/v1/dispatches/{feedback['dispatchId']}/actions"
        answer = line.post(path, json.dumps(told, ensure_ascii=False).encode(), lambda: headers)
        if answer.status == 202 and answer.headers.get("idempotency-replayed") == "true":
            self._published.repeat(SOURCE)
            self._carried.action("repeated")
        elif answer.status == 202:
            self._published.add(SOURCE, 1)
            self._carried.action("accepted")
        elif answer.status in _REFUSED:
            self._refuse(answer.reason)
        else:
            raise Unavailable(
                f"the gateway answers {answer.status} {answer.reason}; see: hub status, the log of http"
            )

    def _refuse(self, reason: str) -> None:
        self._published.refuse(SOURCE, reason)
        self._carried.action("refused", reason)
