"""The readers of `hub bench fanout`: every endpoint's stream over a plain socket, in one light process.

A reader keeps the ids that it got, each with the instant (ns of the monotonic clock) at which its bytes were read.
Commands come as JSON lines on the standard input, answers go to the standard output.
"""

import contextlib
import json
import select
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

_AT_ONCE = 256
_BYTES = 65536
_NAP_SECONDS = 0.003
_LOOPBACKS = 8
"""Addresses to connect from, so that the ports of one are not used up."""

_RESET = struct.pack("ii", 1, 0)


class Reader:
    """One stream. `rest` is the beginning of an event whose end has not come yet."""

    __slots__ = ("endpoint_id", "got", "is_answered", "request", "rest", "socket")

    def __init__(self, endpoint_id: str, token: str, port: int) -> None:
        self.endpoint_id = endpoint_id
        self.request = (
            f"GET /v1/endpoints/{endpoint_id}/dispatches HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
        )
        self.got: list[tuple[str, int]] = []
        self.rest = b""
        self.is_answered = False
        self.socket: socket.socket | None = None

    def first_bytes(self) -> bytes:
        """The request, with the last id where there is one."""
        last = f"Last-Event-ID: {self.got[-1][0]}\r\n" if self.got else ""
        return f"{self.request}{last}\r\n".encode()

    def take(self, data: bytes, at: int) -> int:
        """Bytes of the stream; returns how many events ended in them."""
        data = self.rest + data
        if not self.is_answered:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return 0
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"a stream was refused: {head[:60]!r}")
            self.is_answered = True
        whole, end, self.rest = data.rpartition(b"\n\n")
        events = 0
        for event in whole.split(b"\n\n") if end else ():
            if event.startswith(b"id: "):
                self.got.append((event[4 : event.index(b"\n")].decode(), at))
                events += 1
        return events


class Readers:
    """All of them, on one epoll."""

    def __init__(self, tokens: dict[str, str], port: int) -> None:
        self._port = port
        self._readers = [Reader(endpoint_id, token, port) for endpoint_id, token in tokens.items()]
        self._poll = select.epoll()
        self._open: dict[int, Reader] = {}
        self._events = 0

    def do_connect(self) -> dict[str, Any]:
        """Open every stream that is not open; done when each has its answer."""
        began = time.monotonic()
        waiting, pending = list(reversed(self._readers)), 0
        answered = 0
        while answered < len(self._readers):
            while waiting and pending < _AT_ONCE:
                self._connect(waiting.pop(), pending)
                pending += 1
            now = self._read(0.5, until_answered=True)
            answered += now
            pending -= now
        return {"seconds": round(time.monotonic() - began, 3)}

    def do_wait(self, events: int, seconds: float) -> dict[str, Any]:
        """Read until so many events have come in all."""
        until = time.monotonic() + seconds
        while self._events < events and time.monotonic() < until:
            self._read(0.2)
            # Woken for every single event of a wave, this one process would cost the gateway, on the same
            # machine, what 11,235 terminals elsewhere do not. What waits meanwhile is told as later by so much.
            time.sleep(_NAP_SECONDS)
        return {"events": self._events}

    def do_linger(self, seconds: float) -> dict[str, Any]:
        """Read for some time, whatever comes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._read(min(0.1, seconds))
        return {"events": self._events, "open": len(self._open)}

    def do_arrivals(self, endpoints: list[str] | None) -> list[int]:
        """When the last event of each of these readers came."""
        wanted = None if endpoints is None else set(endpoints)
        return [
            one.got[-1][1] for one in self._readers if one.got and (wanted is None or one.endpoint_id in wanted)
        ]

    def do_ids(self) -> dict[str, list[str]]:
        """Everything that each reader got, in order."""
        return {one.endpoint_id: [event_id for event_id, _ in one.got] for one in self._readers}

    def do_close(self) -> dict[str, Any]:
        """End every stream as a lost network does."""
        for descriptor in list(self._open):
            self._close(descriptor)
        return {}

    def _connect(self, reader: Reader, number: int) -> None:
        made = socket.socket()
        made.bind((f"127.0.0.{1 + number % _LOOPBACKS}", 0))
        made.connect(("127.0.0.1", self._port))
        made.sendall(reader.first_bytes())
        made.setblocking(False)
        reader.socket, reader.rest, reader.is_answered = made, b"", False
        self._open[made.fileno()] = reader
        self._poll.register(made.fileno(), select.EPOLLIN)

    def _read(self, seconds: float, *, until_answered: bool = False) -> int:
        answered = 0
        for descriptor, _ in self._poll.poll(seconds):
            reader = self._open[descriptor]
            assert reader.socket is not None, "an open reader has a socket"
            try:
                data = reader.socket.recv(_BYTES)
            except BlockingIOError:
                continue
            except ConnectionError:
                data = b""
            at = time.monotonic_ns()
            if not data:
                self._close(descriptor)
                continue
            was_answered = reader.is_answered
            self._events += reader.take(data, at)
            answered += reader.is_answered and not was_answered
        return answered

    def _close(self, descriptor: int) -> None:
        reader = self._open.pop(descriptor)
        self._poll.unregister(descriptor)
        if reader.socket is not None:
            with contextlib.suppress(OSError):
                reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            reader.socket.close()
            reader.socket = None


def main(tokens: str, port: int) -> None:
    """Work until the standard input ends."""
    readers = Readers(json.loads(Path(tokens).read_text()), port)
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(readers, "do_" + command.pop("do"))(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
