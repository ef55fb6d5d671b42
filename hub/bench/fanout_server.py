"""The gateway of `hub bench fanout`: the real one in a process of its own, and pushes at the bench's word.

A push enters where records of Kafka do, as what the feed gives next: it is decoded, kept in the inbox and pushed
like any other. Commands come as JSON lines on the standard input, answers go to the standard output.
"""

import gc
import json
import queue
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil
from prometheus_client import CollectorRegistry

from connectors.feed import Feed, Message, Position
from connectors.gateway.cursor import START
from connectors.gateway.gateway import Gateway
from connectors.gateway.protocol import with_streams
from connectors.gateway.router import gateway_router
from connectors.gateway.streams import Cut, Push
from connectors.http.app import create_app
from connectors.http.server import serve
from connectors.http.tls import Protocol
from hub.bench.fanout_load import dispatch_for
from hub.city import load_city
from hub.domain.city import City
from hub.edges.gateway import gateway
from hub.edges.probes import Probes
from hub.edges.setup import Setup
from hub.settings import load
from hub.timing import clock_of
from hub.topics import Catalogue, catalogue
from schemas.codec import codec

_FIRST_OFFSET = 1_000_000
"""Behind every record that Kafka holds in a bench."""

_given: "queue.Queue[list[Message]]" = queue.Queue()
_at_hand: list[int] = []


class FedFeed(Feed):
    """A feed that also gives what the bench puts in."""

    def poll(self, most: int = 500, seconds: float = 0.5) -> tuple[list[Message], dict[Position, int]]:
        try:
            messages = _given.get_nowait()
        except queue.Empty:
            return super().poll(most, min(seconds, 0.02))
        _at_hand.append(time.monotonic_ns())
        return messages, {}


class Desk:
    """Carries out the bench's commands."""

    def __init__(self, endpoints: Gateway, city: City, topics: Catalogue) -> None:
        self._gateway = endpoints
        self._city = city
        self._topics = topics
        self._codec = codec(None)
        self._offset = _FIRST_OFFSET
        self._delivered: queue.Queue[tuple[int, float]] = queue.Queue()
        deliver = endpoints.streams.deliver

        def timed(pushes: Iterable[Push]) -> None:
            pushed, began, cpu = list(pushes), time.monotonic_ns(), time.thread_time()
            deliver(pushed)
            if pushed and pushed[0].delivery.place.offset >= _FIRST_OFFSET:
                self._delivered.put((began, (time.thread_time() - cpu) * 1000))

        endpoints.streams.deliver = timed  # type: ignore[method-assign]

    def run(self) -> None:
        """Until the bench closes the pipe."""
        for line in sys.stdin:
            command = json.loads(line)
            answer = getattr(self, "do_" + command.pop("do"))(**command)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()

    def do_stand(self) -> dict[str, Any]:
        """Streams, resident bytes, whether it answers."""
        gc.collect()
        return {
            "streams": len(self._gateway.streams),
            "rss": psutil.Process().memory_info().rss,
            "fresh": self._gateway.is_fresh,
        }

    def do_push(self, endpoints: list[str] | None) -> dict[str, Any]:
        """One record for each of the endpoints, None: for all, in one go. Instants in ns of the monotonic clock."""
        chosen = endpoints if endpoints is not None else list(self._city.endpoints)
        _at_hand.clear()
        _given.put([self._message(endpoint_id) for endpoint_id in chosen])
        began, cpu = self._delivered.get(timeout=60)
        return {"at_hand": _at_hand[0], "delivered": began, "cpu_ms": round(cpu, 2)}

    def do_cut(self) -> dict[str, Any]:
        """End every stream as a lost network does."""
        loop, streams = self._gateway.loop, self._gateway.streams
        done = threading.Event()

        def cut() -> None:
            for stream in streams.every():
                streams.cut(stream, Cut.STOPPED)
            done.set()

        loop.call_soon_threadsafe(cut)
        done.wait(60)
        return {}

    def do_ids(self) -> dict[str, list[str]]:
        """What is in every inbox, in order."""
        done: queue.Queue[dict[str, list[str]]] = queue.Queue()

        def look() -> None:
            inbox = self._gateway.inbox
            done.put(
                {
                    endpoint_id: [str(one.place) for one in inbox.after(endpoint_id, START, 100_000)]
                    for endpoint_id in self._city.endpoints
                }
            )

        self._gateway.loop.call_soon_threadsafe(look)
        return done.get(timeout=120)

    def _message(self, endpoint_id: str) -> Message:
        tier, record = dispatch_for(self._city, endpoint_id, self._offset)
        message = Message(
            topic=self._topics.dispatch(tier),
            partition=self._gateway.partition_of(endpoint_id),
            offset=self._offset,
            key=endpoint_id.encode(),
            value=self._codec.encode("Dispatch", record),
            headers={},
            timestamp=time.time_ns() // 1_000_000,
        )
        self._offset += 1
        return message


def main(bootstrap: str, data_dir: str, port: int) -> None:
    """Serve until the standard input ends."""
    settings = load(bootstrap=bootstrap, data_dir=Path(data_dir))
    registry = CollectorRegistry()
    topics = catalogue()
    probes = Probes("http", registry)
    nothing: Mapping[str, Any] = {}
    setup = Setup(
        settings=settings,
        bootstrap=bootstrap,
        topics=topics,
        codec=codec(None),
        clock=clock_of(settings),
        sources=dict(nothing),
        probes=probes,
        metrics=registry,
    )
    endpoints = gateway(setup, FedFeed)
    desk = Desk(endpoints, load_city(settings.city), topics)

    def work() -> None:
        desk.run()
        setup.stop.set()

    threading.Thread(target=work, daemon=True).start()
    serve(
        create_app([gateway_router(endpoints)]),
        "127.0.0.1",
        port,
        stop=setup.stop,
        probes=probes,
        protocol=with_streams(Protocol, endpoints),
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
