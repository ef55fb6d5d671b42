"""The examples for departments, run as their page says: committed records alone, and each worked off once."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[3] / "examples" / "consumers"
TOPIC = "dispatch.county"


@pytest.fixture(scope="module")
def dispatched(hub, samples: Path) -> list[str]:
    """The ce_ids of all dispatches for counties, after a transaction that was taken back."""
    hub.send("hotline", *sorted((samples / "hotline").iterdir()))
    hub.settle()
    producer = Producer({"bootstrap.servers": hub.bootstrap, "transactional.id": "taken-back"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(TOPIC, b"not avro", b"key", headers=[("ce_id", b"taken-back")])
    producer.flush(10)
    producer.abort_transaction(30)
    found = [dict(stored.headers)["ce_id"].decode() for stored in hub.records(TOPIC)]
    assert len(found) == len(set(found)) > 5
    return found


@pytest.fixture(scope="module")
def registry(hub) -> Iterator[str]:
    """`hub schemas serve`, as a department's deserializer needs it."""
    command = [sys.executable, "-m", "hub.cli", "schemas", "serve", "--port", "0"]
    with subprocess.Popen(command, env=hub.environment, stderr=subprocess.PIPE, text=True) as server:
        address = re.search(r"http://\S+?(?=;)", server.stderr.readline())
        yield address[0]
        server.terminate()


def run(command: list[str], folder: Path) -> list[str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def test_the_python_example_works_off_each_dispatch_once(hub, dispatched, registry, tmp_path):
    """Read again from the start by another group, as after lost offsets: every id is known."""

    def consume(group: str) -> list[dict]:
        script = str(EXAMPLES / "python" / "consumer.py")
        where = ["--bootstrap", hub.bootstrap, "--registry", registry, "--topic", TOPIC]
        return [
            json.loads(line)
            for line in run([sys.executable, script, *where, "--group", group, "--idle", "4"], tmp_path)
        ]

    first, again = consume("python-1"), consume("python-2")

    assert sorted(one["ce_id"] for one in first) == sorted(one["ce_id"] for one in again) == sorted(dispatched)
    assert {one["new"] for one in first} == {True}
    assert {one["new"] for one in again} == {False}


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not there (Debian: apt install kcat)")
def test_the_kcat_example_shows_each_dispatch_once(hub, dispatched, tmp_path):
    """Ids, cases and places of committed records, by a shell script."""
    lines = run([str(EXAMPLES / "kcat" / "consume.sh"), hub.bootstrap, TOPIC], tmp_path)

    assert sorted(line.split()[0] for line in lines) == sorted(dispatched)
    assert all(line.split()[1].startswith("hotline:") for line in lines)


@pytest.mark.skipif(
    shutil.which("mvn") is None or shutil.which("javac") is None, reason="a JDK and Maven build the Java example"
)
def test_the_java_example_works_off_each_dispatch_once(hub, dispatched, registry, tmp_path):
    """Kafka's own client and Avro, built from Maven Central; the same promise."""
    java = tmp_path / "java"
    shutil.copytree(EXAMPLES / "java", java, ignore=shutil.ignore_patterns("target"))
    built = EXAMPLES / "java" / "target"
    with contextlib.suppress(FileNotFoundError):
        shutil.copytree(built, java / "target")
    run(["mvn", "-q", "-B", "package"], java)
    path = os.pathsep.join(str(java / "target" / part / "*") for part in ("", "jars"))

    def consume(group: str) -> list[list[str]]:
        settings = {"bootstrap": hub.bootstrap, "registry": registry, "topic": TOPIC, "group": group, "idle": "6"}
        main = ["java", "-cp", path, "hub.example.DepartmentConsumer"]
        return [line.split() for line in run([*main, *(f"{name}={text}" for name, text in settings.items())], java)]

    first, again = consume("java-1"), consume("java-2")

    assert sorted(one[0] for one in first) == sorted(one[0] for one in again) == sorted(dispatched)
    assert {one[2] for one in first} == {"new"}
    assert {one[2] for one in again} == {"again"}
