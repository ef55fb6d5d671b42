"""The open streams of the simulated endpoints: what the gateway pushes to each, read in one thread."""

import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from hub.demo.carried import Carried
from hub.domain.errors import Unavailable

_BYTES: Final = 65536
_TURN_SECONDS: Final = 0.2
_AGAIN_SECONDS: Final = 0.5
_OPEN_SECONDS: Final = 30.0
_CONNECT_SECONDS: Final = 5.0

Received = Callable[[str], None]
"""The id of a dispatch that has come."""


class Inbox:
    """The stream of one endpoint. `rest` is the beginning of what has not come whole yet."""

    def __init__(self, endpoint_id: str, token: str, address: tuple[str, int]) -> None:
        self._request = (
            f"GET /v1/endpoints/{endpoint_id}/dispatches HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n"
            f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
        )
        self._address = address
        self._last_id = ""
        self._rest = b""
        self.is_open = False
        self.connect_at = 0.0
        self.socket: socket.socket | None = None

    def connect(self) -> socket.socket:
        """Ask for the stream, from the last event on that came."""
        made = socket.create_connection(self._address, _CONNECT_SECONDS)
        last = f"Last-Event-ID: {self._last_id}\r\n" if self._last_id else ""
        made.sendall(f"{self._request}{last}\r\n".encode())
        made.setblocking(False)
        self.socket, self._rest, self.is_open = made, b"", False
        return made

    def take(self, data: bytes) -> list[str]:
        """Bytes of the stream; returns the dispatches of the events that ended in them.

        Raises:
            ConnectionError: the gateway answers with an error.
        """
        data = self._rest + data
        if not self.is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return []
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionRefusedError("the gateway does not open the stream")
            self.is_open = True
        *events, self._rest = data.split(b"\n\n")
        return [found for event in events if (found := self._read(event))]

    def _read(self, event: bytes) -> str:
        lines = dict(line.partition(b": ")[::2] for line in event.split(b"\n"))
        if b"id" not in lines:
            return ""
        self._last_id = lines[b"id"].decode()
        return str(json.loads(lines[b"data"])["dispatch_id"])


class Inboxes:
    """Keeps a stream open for each endpoint; one that is cut is opened again and goes on where it was."""

    def __init__(
        self, tokens: Mapping[str, str], address: tuple[str, int], received: Received, carried: Carried
    ) -> None:
        self._inboxes = [Inbox(endpoint_id, token, address) for endpoint_id, token in tokens.items()]
        self._received = received
        self._carried = carried
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self._all_open = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inboxes", daemon=True)
        self._thread.start()

    def wait_until_open(self) -> None:
        """Return once every stream is open.

        Raises:
            Unavailable: some do not open.
        """
        if not self._all_open.wait(_OPEN_SECONDS):
            missing = sum(not inbox.is_open for inbox in self._inboxes)
            raise Unavailable(f"{missing} streams of the gateway did not open; see: hub status, the log of http")

    def close(self) -> None:
        """Hang up."""
        self._stop.set()
        self._thread.join()
        for inbox in self._inboxes:
            self._hang_up(inbox)
        self._selector.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            now = time.monotonic()
            for inbox in self._inboxes:
                if inbox.socket is None and now >= inbox.connect_at:
                    self._connect(inbox)
            for key, _ in self._selector.select(_TURN_SECONDS):
                self._take(key.data)
            if not self._all_open.is_set():
                opened = sum(inbox.is_open for inbox in self._inboxes)
                self._carried.stream(opened)
                if opened == len(self._inboxes):
                    self._all_open.set()

    def _connect(self, inbox: Inbox) -> None:
        inbox.connect_at = time.monotonic() + _AGAIN_SECONDS
        try:
            self._selector.register(inbox.connect(), selectors.EVENT_READ, inbox)
        except OSError:
            self._hang_up(inbox)

    def _take(self, inbox: Inbox) -> None:
        assert inbox.socket is not None, "a stream that is read has a socket"
        try:
            data = inbox.socket.recv(_BYTES)
            found = inbox.take(data)
        except BlockingIOError:
            return
        except OSError:
            data, found = b"", []
        for dispatch_id in found:
            self._carried.dispatch()
            self._received(dispatch_id)
        if not data:
            self._hang_up(inbox)

    def _hang_up(self, inbox: Inbox) -> None:
        if inbox.socket is not None:
            if inbox.socket.fileno() in self._selector.get_map():
                self._selector.unregister(inbox.socket)
            inbox.socket.close()
        inbox.socket, inbox.is_open = None, False
