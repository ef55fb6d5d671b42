"""The way through the edges: each message by the transport that its sender has."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hub.demo.carried import Carried
from hub.demo.files import Files
from hub.demo.posts import Posts
from hub.demo.staffing import Staffing
from hub.demo.straight import Straight
from hub.demo.terminals import SOURCE, Terminals
from hub.demo.traffic import Published
from hub.sending import headers_for
from hub.simulation import Message

BY_FILE: Final[Mapping[str, str]] = {"application/xml": ".xml", "text/csv": ".csv"}
"""What comes as a file, by its content type; everything else is posted."""
STRAIGHT: Final = "Kafka, own producer"
_SAMPLES: Final = "samples"


class Transports:
    """XML and CSV as files, JSON by signed posts, the chosen endpoints' actions by the gateway.

    What a legacy system's own producer puts into Kafka (whole batches, wrong keys) goes there straight: no
    transport would let it through.
    """

    def __init__(
        self,
        posts: Posts,
        files: Files,
        terminals: Terminals,
        staffing: Staffing,
        straight: Straight,
        carried: Carried,
    ) -> None:
        self._posts = posts
        self._files = files
        self._terminals = terminals
        self._staffing = staffing
        self._straight = straight
        self._carried = carried

    @property
    def published(self) -> Published:
        """What was answered so far, by any transport."""
        return self._straight.published

    def send(self, message: Message) -> None:
        """Hand over a message to its transport."""
        if message.goes_raw:
            self._carried.hand_over(STRAIGHT, message.source)
            self._straight.send(message)
        elif (suffix := BY_FILE.get(message.content_type)) is not None:
            self._files.send(message.source, message.payload, suffix, message.records)
        elif (feedback := self._action(message)) is not None:
            self._terminals.act(feedback)
        else:
            self._posts.send(message.source, message.payload, message.headers, message.case_id)

    def send_sample(self, source: str, file: Path) -> None:
        """Hand over a sample file to the transport for its type."""
        headers = headers_for(file)
        suffix = BY_FILE.get(headers.get("content-type", ""))
        if suffix is not None:
            self._files.send(source, file.read_bytes(), suffix, 1)
        else:
            self._posts.send(source, file.read_bytes(), headers, _SAMPLES)

    def settle(self) -> None:
        """Count what was answered, and raise what has gone wrong."""
        self._straight.settle()
        self._files.collect()
        self._posts.check()
        self._terminals.check()

    def finish(self) -> None:
        """Return once everything is answered."""
        self._straight.settle()
        self._posts.join()
        self._files.join()
        self._terminals.join()

    def close(self) -> None:
        """Hang up everywhere."""
        self._posts.close()
        self._terminals.close()

    def _action(self, message: Message) -> Mapping[str, Any] | None:
        """What a message says that one of the chosen endpoints does at its terminal."""
        if message.source != SOURCE or "bad" in message.tags:
            return None
        fields: dict[str, Any] = json.loads(message.payload)
        return fields if fields["feedbackId"] in self._staffing.actions else None
