"""A consumer that knows nothing of our code reads our bytes, with Apicurio and with the hub's own server."""

import json
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from schemas.codec import Codec
from schemas.golden import golden_file, read_golden
from schemas.registry import Registry, register_all
from schemas.released import newest, released
from schemas.server import SchemaServer
from schemas.subjects import subjects

SCRIPT = Path(__file__).parent / "stock_consumer.py"


@pytest.fixture(scope="module")
def own_server():
    with SchemaServer("127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


def read_by_stock_consumer(codec: Codec, registry: str, folder: Path, *options: str) -> list[tuple[str, Any, Any]]:
    """One sample for every topic: (topic, what was written, what confluent-kafka's deserializer read)."""
    samples = {name: read_golden(golden_file(one))[0] for name, one in newest(released()).items()}
    written = [(subject.topic, subject.record) for subject in subjects()]
    values = folder / "values.json"
    values.write_text(
        json.dumps([{"topic": topic, "hex": codec.encode(name, samples[name]).hex()} for topic, name in written])
    )
    # -I keeps the checkout off the path; the process has confluent-kafka and the standard library.
    ended = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "--registry", registry, "--values", str(values), *options],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=folder,
    )
    assert ended.returncode == 0, ended.stderr
    read = [one["value"] for one in json.loads(ended.stdout)["records"]]
    return [(topic, as_json(samples[name]), value) for (topic, name), value in zip(written, read, strict=True)]


def as_json(datum: Any) -> Any:
    return json.loads(json.dumps(datum, default=lambda value: {"$hex": value.hex()}))


def test_a_stock_consumer_reads_every_topic_with_apicurio(apicurio: str, tmp_path: Path):
    """Ids and schemas come from a registry of another make."""
    with Registry(apicurio) as registry:
        codec = Codec(ids=register_all(registry))

    for topic, written, read in read_by_stock_consumer(codec, apicurio, tmp_path, "--strategy", "TOPIC"):
        assert read == written, topic


def test_a_stock_consumer_reads_every_topic_with_the_hubs_own_server(own_server: str, tmp_path: Path):
    """Without any registry: ids from the lock file, schemas from the hub, and no setting but the URL."""
    for topic, written, read in read_by_stock_consumer(Codec(), own_server, tmp_path):
        assert read == written, topic


def test_our_client_understands_our_server(own_server: str):
    """The same client that talks to Apicurio finds the lock file's ids on the hub's own server."""
    from schemas.registry import resolve_ids

    with Registry(own_server) as registry:
        assert resolve_ids(registry) == Codec().ids
        assert sorted(registry.subjects()) == sorted(subject.name for subject in subjects())
        assert (
            registry.register("case.events-value", newest(released())["CaseEvent"].text)
            == Codec().ids["CaseEvent", 2]
        )
