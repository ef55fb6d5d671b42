"""`hub bench fanout`: every endpoint of the city on one gateway, its readers in a process of the same machine."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Producer

from connectors.gateway.tokens import encode, new_token
from hub.bench.broker import own_kafka
from hub.bench.fanout_load import dispatch_for
from hub.bench.figures import Report, median, percentile
from hub.bench.machine import machine
from hub.city import load_city
from hub.cluster.probe import free_port
from hub.domain.city import City
from hub.domain.errors import Unavailable
from hub.settings import Settings
from hub.topics import apply, catalogue
from schemas.codec import codec

TARGETS: Final = {
    "connect_s": 15.0,
    "back_s": 15.0,
    "push_all_p99_ms": 150.0,
    "push_one_p99_ms": 10.0,
    "resident_kb_a_stream": 20.0,
    "missing": 0,
    "doubled": 0,
}
_PUSHES_TO_ALL = 5
_PUSHES_TO_ONE = 200
_THROUGH_KAFKA = 100
_PAUSE_SECONDS = 0.015
_REST_SECONDS = 1.0
_SECONDS = 120.0

Echo = Callable[[str], None]


class _Process:
    """A process that takes commands as JSON lines and answers each with one."""

    def __init__(self, module: str, *arguments: str, log: Path) -> None:
        self._log = log
        with log.open("ab") as sink:
            self._child = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
            )

    def ask(self, do: str, **more: Any) -> Any:
        """The answer to a command."""
        self.say(do, **more)
        return self.hear()

    def say(self, do: str, **more: Any) -> None:
        """A command whose answer is heard later."""
        assert self._child.stdin is not None, "the child has pipes"
        self._child.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._child.stdin.flush()

    def hear(self) -> Any:
        """The next answer."""
        assert self._child.stdout is not None, "the child has pipes"
        line = self._child.stdout.readline()
        if not line:
            raise Unavailable(f"{self._child.args!r} ended: {self._log.read_text()[-2000:]}")
        return json.loads(line)

    def end(self) -> None:
        """Close its pipe; it leaves by itself."""
        assert self._child.stdin is not None, "the child has pipes"
        self._child.stdin.close()
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def measure(settings: Settings, bootstrap: str | None, rounds: int, streams: int | None, echo: Echo) -> Report:
    """Each round has a gateway with an empty file. `streams`: so many endpoints instead of all."""
    about, city = machine(), load_city(settings.city)
    endpoints = list(city.endpoints)[:streams]
    found: dict[str, list[float]] = {}
    with own_kafka(settings, bootstrap, echo) as (address, scratch):
        apply(address, catalogue())
        tokens = scratch / "tokens.json"
        tokens.write_text(json.dumps(_issue(address, endpoints)))
        for number in range(rounds):
            with _both(address, scratch / f"round-{number}", tokens) as (gateway, readers):
                figures = _round(address, city, endpoints, gateway, readers)
            echo(f"round {number + 1}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))
            for name, value in figures.items():
                found.setdefault(name, []).append(value)
    return Report(
        bench="fanout",
        unit=f"{len(endpoints):,} live streams on one process, readers on the same machine",
        ours={name: round(median(values), 3) for name, values in found.items()},
        rounds=rounds,
        machine=about,
        target=TARGETS,
        details=found,
    )


@contextmanager
def _both(bootstrap: str, folder: Path, tokens: Path) -> Iterator[tuple[_Process, _Process]]:
    folder.mkdir(parents=True)
    port = free_port()
    gateway = _Process("hub.bench.fanout_server", bootstrap, str(folder), str(port), log=folder / "gateway.log")
    try:
        until = time.monotonic() + _SECONDS
        while not gateway.ask("stand")["fresh"]:
            if time.monotonic() > until:
                raise Unavailable(f"the gateway did not catch up: {(folder / 'gateway.log').read_text()[-2000:]}")
            time.sleep(0.2)
        readers = _Process("hub.bench.fanout_readers", str(tokens), str(port), log=folder / "readers.log")
        try:
            yield gateway, readers
        finally:
            readers.end()
    finally:
        gateway.end()


def _round(
    bootstrap: str, city: City, endpoints: list[str], gateway: _Process, readers: _Process
) -> dict[str, float]:
    count = len(endpoints)
    everyone = None if count == len(city.endpoints) else endpoints
    before = gateway.ask("stand")["rss"]
    found = {"connect_s": readers.ask("connect")["seconds"]}
    standing = gateway.ask("stand")
    if standing["streams"] != count:
        raise Unavailable(f"{standing['streams']} streams are open, not {count}")
    found["resident_kb_a_stream"] = (standing["rss"] - before) / count / 1024
    events = readers.ask("linger", seconds=_REST_SECONDS)["events"]

    through = []
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0, "partitioner": "murmur2_random"})
    chance = random.Random(8)
    for number in range(_THROUGH_KAFKA):
        one = chance.choice(endpoints)
        tier, record = dispatch_for(city, one, number)
        events += 1
        readers.say("wait", events=events, seconds=_SECONDS)
        at = time.monotonic_ns()
        producer.produce(catalogue().dispatch(tier), codec(None).encode("Dispatch", record), one.encode())
        producer.flush(_SECONDS)
        readers.hear()
        through.append(_ms(readers.ask("arrivals", endpoints=[one])[0] - at))
        time.sleep(_PAUSE_SECONDS)
    found |= _spread("kafka_to_reader", through)

    singles = []
    for _ in range(_PUSHES_TO_ONE):
        one = chance.choice(endpoints)
        events += 1
        readers.say("wait", events=events, seconds=_SECONDS)
        pushed = gateway.ask("push", endpoints=[one])
        readers.hear()
        singles.append(_ms(readers.ask("arrivals", endpoints=[one])[0] - pushed["at_hand"]))
        time.sleep(_PAUSE_SECONDS)
    found |= _spread("push_one", singles)

    waves, kept, cpu = [], [], []
    for _ in range(_PUSHES_TO_ALL):
        readers.ask("linger", seconds=_REST_SECONDS)
        events += count
        readers.say("wait", events=events, seconds=_SECONDS)
        pushed = gateway.ask("push", endpoints=everyone)
        readers.hear()
        waves.append(sorted(_ms(at - pushed["delivered"]) for at in readers.ask("arrivals", endpoints=None)))
        kept.append(_ms(pushed["delivered"] - pushed["at_hand"]))
        cpu.append(pushed["cpu_ms"])
    found["push_all_p50_ms"] = median([percentile(wave, 0.5) for wave in waves])
    found["push_all_p99_ms"] = median([percentile(wave, 0.99) for wave in waves])
    found["push_all_last_ms"] = median([wave[-1] for wave in waves])
    found["push_all_cpu_ms"] = median(cpu)
    found["keep_all_ms"] = median(kept)

    gateway.ask("cut")
    readers.ask("linger", seconds=_REST_SECONDS)
    gateway.ask("push", endpoints=everyone)
    began = time.monotonic()
    readers.say("connect")
    # The second one comes while they come back: some are live again, some are not there yet.
    gateway.ask("push", endpoints=everyone)
    readers.hear()
    events += 2 * count
    readers.ask("wait", events=events, seconds=_SECONDS)
    found["back_s"] = time.monotonic() - began
    readers.ask("linger", seconds=_REST_SECONDS)
    kept_ids, got_ids = gateway.ask("ids"), readers.ask("ids")
    found["missing"] = sum(len(set(kept_ids[one]) - set(got_ids[one])) for one in endpoints)
    found["doubled"] = sum(len(got_ids[one]) - len(set(got_ids[one])) for one in endpoints)
    found["out_of_order"] = sum(got_ids[one] != kept_ids[one] for one in endpoints)
    return {name: round(value, 3) for name, value in found.items()}


def _spread(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p50_ms": percentile(values, 0.5), f"{name}_p99_ms": percentile(values, 0.99)}


def _ms(nanoseconds: int) -> float:
    return nanoseconds / 1e6


def _issue(bootstrap: str, endpoints: list[str]) -> dict[str, str]:
    """A token for each; not on the audit log, which is not what is measured."""
    topic, issued = catalogue().endpoint_tokens, {}
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    for endpoint_id in endpoints:
        token, record = new_token(endpoint_id, 0, "bench", None)
        producer.produce(topic, encode(record), record.token_id.encode())
        producer.poll(0)
        issued[endpoint_id] = token
    if producer.flush(_SECONDS):
        raise Unavailable(f"the tokens were not written at {bootstrap}")
    return issued
