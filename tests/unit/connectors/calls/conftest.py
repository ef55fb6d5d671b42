"""A server whose every byte the test decides."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    """Listens on 127.0.0.1 in a thread; counts connections, keeps what was sent, answers as `handler` does."""

    def __init__(self, handler: Handler, tls=None) -> None:
        self._handler = handler
        self._tls = tls
        self.connections = 0
        self.heads: list[bytes] = []
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait(5)

    def _run(self, ready: threading.Event) -> None:
        async def begin() -> None:
            server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self._tls)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()

        self._loop.run_until_complete(begin())
        self._loop.run_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await self._handler(reader, writer)
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            return

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture
def serve():
    """`serve(handler)` starts a server; all end with the test."""
    made: list[RawServer] = []

    def make(handler: Handler, tls=None) -> RawServer:
        made.append(RawServer(handler, tls))
        return made[-1]

    yield make
    for server in made:
        server.end()
