"""Runs the application with uvicorn in this process until told to stop."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Protocol as Interface

import uvicorn
import uvloop
from fastapi import FastAPI

from connectors.http.tls import Protocol, Tls
from hub.domain.errors import Unavailable

_TICK_SECONDS = 0.2
# Longer than a proxy in front keeps a connection, which else may send into one that is just closed.
_KEEP_ALIVE_SECONDS = 75
_FINISH_SECONDS = 12
_BACKLOG = 8192


class Probes(Interface):
    """What an edge says of itself."""

    def ready(self, is_ready: bool = True) -> None: ...

    def alive(self) -> None: ...


class _Server(uvicorn.Server):
    """Signals are the process's own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(
    app: FastAPI,
    host: str,
    port: int,
    *,
    stop: threading.Event,
    probes: Probes,
    tls: Tls | None = None,
    protocol: type[Protocol] = Protocol,
    on_listening: Callable[[int], object] = lambda _: None,
) -> None:
    """Answer requests until `stop` is set; then no new ones, and those in hand have some seconds to finish.

    Port 0 is a free one; `on_listening` is told which. `protocol` may take some requests for itself.

    Raises:
        Unavailable: the port is taken.
        Misconfigured: the TLS files cannot be used.
    """
    if tls is not None:
        tls.check()
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_FINISH_SECONDS,
        **({} if tls is None else tls.server_options()),
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_bug)
    on_listening(listening.getsockname()[1])
    with listening, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(_Server(config), listening, stop, probes))


async def _until_stopped(
    server: uvicorn.Server, listening: socket.socket, stop: threading.Event, probes: Probes
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    was_ready = False
    while not serving.done():
        # From the loop itself: one that is held up gives no sign of life.
        probes.alive()
        if stop.is_set():
            probes.ready(False)
            server.should_exit = True
        elif server.started and not was_ready:
            was_ready = True
            probes.ready()
        await asyncio.wait([serving], timeout=_TICK_SECONDS)
    await serving


def _is_no_bug(record: logging.LogRecord) -> bool:
    """A bug is logged where it is answered, without its words; uvicorn would log it again with them."""
    return not record.getMessage().startswith("Exception in ASGI application")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"the HTTP edge cannot listen on {host}:{port} ({error.strerror}); set HUB_HTTP_PORT or HUB_HTTP_HOST"
        ) from None
