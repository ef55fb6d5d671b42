"""Takes admitted stream requests out of uvicorn's hands: a stream is a socket and a few words of memory.

uvicorn keeps a request's parser, scope, task and cycle for as long as its answer runs, and passes each piece of it
through several calls: ten kilobytes a stream, and half as much time again a push (docs/gateway.md has the figures).
So the connection of an admitted request gets another protocol, as uvicorn itself does it for WebSockets. Everything
else, also a request for a stream that is not admitted, goes its usual way and is answered by the router.
"""

import asyncio
import contextlib
import socket
from typing import Any, Final, NamedTuple, Protocol

from connectors.gateway import frames
from connectors.gateway.cursor import Cursor
from connectors.gateway.streams import BUFFER_BYTES, Stream, Streams
from connectors.http.tls import Protocol as HttpProtocol

_PATHS: Final = b"/v1/endpoints/"
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n"
    b"x-accel-buffering: no\r\nconnection: close\r\n\r\n"
)
_SILENT_SECONDS: Final = 30
_KERNEL_BUFFER_BYTES: Final = 64 * 1024


class Admission(NamedTuple):
    """A request for a stream that may have one."""

    endpoint_id: str
    token_id: str
    cursor: Cursor


class Gate(Protocol):
    """Who decides."""

    streams: Streams

    def admit(self, url: bytes, headers: list[tuple[bytes, bytes]], /) -> Admission | None:
        """The request's stream; None where the router has to answer it."""
        ...


class StreamConnection(Stream, asyncio.Protocol):
    """The connection of one stream. What the reader sends is not for us."""

    __slots__ = ("_connections", "_streams")

    def __init__(self, admission: Admission, transport: Any, streams: Streams, connections: set[Any]) -> None:
        super().__init__(admission.endpoint_id, admission.token_id, admission.cursor, transport)
        self._streams = streams
        self._connections = connections

    def begin(self) -> None:
        """Answer, and go on with what the reader does not have."""
        transport: Any = self.transport
        # The bound of what a reader may leave lying: in the kernel, and beyond it in this process.
        transport.set_write_buffer_limits(high=BUFFER_BYTES)
        with contextlib.suppress(OSError, AttributeError):
            endpoint = transport.get_extra_info("socket")
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER_BYTES)
            # A terminal that has lost its network says no farewell.
            endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_SECONDS * 1000)
        transport.write(_HEAD + frames.greeting(self.endpoint_id))
        self._streams.open(self)

    def pause_writing(self) -> None:
        self._streams.paused(self)

    def resume_writing(self) -> None:
        self._streams.resumed(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._streams.forget(self)

    def shutdown(self) -> None:
        """uvicorn stops: streams have no end of their own."""
        self.transport.close()


def with_streams(base: type[HttpProtocol], gate: Gate) -> type[HttpProtocol]:
    """The HTTP protocol `base` that hands admitted streams over."""

    class WithStreams(base):  # type: ignore[valid-type, misc]
        parser: Any
        _is_handed_over = False

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._is_handed_over:
                # Protocol and parser hold each other: without this they would wait for the garbage collector.
                self.parser = None

        def on_headers_complete(self) -> None:
            if self._is_stream_request():
                admission = gate.admit(self.url, self.headers)
                if admission is not None:
                    self._hand_over(admission)
                    return
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            if not self._is_handed_over:
                super().on_body(body)

        def on_message_complete(self) -> None:
            if not self._is_handed_over:
                super().on_message_complete()

        def _is_stream_request(self) -> bool:
            is_idle = self.cycle is None or self.cycle.response_complete
            return is_idle and self.url.startswith(_PATHS) and bool(self.parser.get_method() == b"GET")

        def _hand_over(self, admission: Admission) -> None:
            self._is_handed_over = True
            connection = StreamConnection(admission, self.transport, gate.streams, self.connections)
            self.connections.discard(self)
            self.connections.add(connection)
            self.transport.set_protocol(connection)
            connection.begin()

    return WithStreams
