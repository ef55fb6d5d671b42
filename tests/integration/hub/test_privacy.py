"""The privacy proof: nothing that identifies a caller is anywhere but in raw records, dead letters and ciphertext.

A real hub takes all samples and a simulated day; then every byte that it wrote, said or shows is searched for every
phone number, identity number, openId and name that can have gone in.
"""

import contextlib
import json
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition
from rocksdict import AccessType, Options, Rdict

from hub.privacy import PersonalData
from hub.reading import Reader
from hub.simulation.people import everyone
from hub.topics import Topic, catalogue
from schemas.codec import codec

pytestmark = pytest.mark.integration

HEATING = "hotline:HL2026111000017"


@pytest.fixture(scope="module")
def personal(samples: Path) -> PersonalData:
    """Everybody of the samples, and all people that the simulation knows."""
    secrets = [text for folder in (samples, samples / "bad") for text in never(folder)]
    for one in everyone():
        secrets += [one.name, one.mobile, one.landline, f"invented-open-id-{one.mobile[-4:]}"]
    return PersonalData(secrets)


def never(folder: Path) -> list[str]:
    return json.loads((folder / "expected.json").read_text("utf-8"))["never_in_output"]


@pytest.fixture(scope="module")
def lived(new_hub):
    """A hub after the samples and a day, with one contact revealed, one person deleted and the vault rotated."""
    hub = new_hub()
    # With the edges that a hub has by default, which other tests leave out.
    hub.run("up", HUB_EDGES="")
    hub.run("demo", "--rate", "0", "--cases", "150", "--days", "1")
    hub.settle()
    first, second = list(dict.fromkeys(stored.key.decode() for stored in hub.records("contacts.vault")))[:2]
    credential = hub.run("contacts", "token", "issue", "王芳").stdout.strip()
    assert reveal(hub, first, credential)["kind"] in ("phone", "wechat")
    hub.run("contacts", "delete", second, "--reason", "来电13000001234要求删除")
    hub.run("contacts", "rotate", "--new-key")
    return hub


def reveal(hub, token: str, credential: str) -> dict:
    """With a number in the reason, as staff may write it."""
    asked = json.dumps({"reason": "回访，备用电话１３０００００１２３４", "case_id": HEATING}).encode()
    address = f"http://127.0.0.1:{hub.environment['HUB_HTTP_PORT']}/v1/contacts/{token}/reveal"
    request = urllib.request.Request(address, asked, {"Authorization": f"Bearer {credential}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def written(lived) -> dict[str, bytes]:
    """By topic: keys, headers and values of all records that were ever written, aborted ones too."""
    settings = {"bootstrap.servers": lived.bootstrap, "group.id": uuid.uuid4().hex}
    own = {"isolation.level": "read_uncommitted", "enable.partition.eof": True, "enable.auto.commit": False}
    consumer = Consumer({**settings, **own})
    topics = catalogue().topics
    places = [TopicPartition(topic.name, number, 0) for topic in topics for number in range(topic.partitions)]
    consumer.assign(places)
    parts: dict[str, list[bytes]] = {topic.name: [] for topic in topics}
    left = len(places)
    while left:
        for one in [*consumer.consume(1, 10.0), *consumer.consume(1000, 0)]:
            if one.error() is None:
                headers = [name.encode() + b"=" + (value or b"") for name, value in one.headers() or ()]
                parts[one.topic()] += [one.key() or b"", one.value() or b"", *headers]
            elif one.error().code() == KafkaError._PARTITION_EOF:
                left -= 1
    consumer.close()
    return {topic: b"\n".join(found) for topic, found in parts.items()}


def in_clear(topic: Topic) -> bool:
    return topic.personal_data and not topic.encrypted


def test_the_searcher_sees_what_went_in(lived, written, personal):
    """In raw records and dead letters it finds people by the hundred: a blind one would prove nothing."""
    raw = set().union(*(personal.find(written[topic]) for topic in lived.topics.raws))
    dead = personal.find(written[lived.topics.dead_letters])

    assert len(raw) > 200
    assert len({one for one in raw if one.startswith("1300000")}) > 100
    assert len({one for one in raw if "\u4e00" <= one[0] <= "\u9fff"}) > 50
    assert any(one.startswith("invented-open-id") for one in raw)
    assert dead


def test_no_topic_but_raw_and_dead_letters_tells_who_called(lived, written, personal):
    """Memory, tallies, audit log and the vault's ciphertext included, also what transactions have aborted."""
    topics = [topic for topic in catalogue().topics if not in_clear(topic)]
    assert {topic.name for topic in catalogue().topics if in_clear(topic)} == {
        *lived.topics.raws,
        lived.topics.dead_letters,
    }

    leaks = {topic.name: personal.find(written[topic.name]) for topic in topics}

    assert {name: leak for name, leak in leaks.items() if leak} == {}
    assert {"contacts.vault", "audit.log", "unify.memory", "unify.tallies", "case.events"} <= leaks.keys()


def test_the_vault_holds_a_contact_for_every_token_of_the_events(lived):
    """Nothing is missing from the vault but the one who was deleted; every record is of the newest key."""
    with Reader(lived.bootstrap) as reader:
        events = [codec().decode(one.value) for one in reader.scan("case.events")]
        last = {one.key.decode(): one.value for one in reader.scan("contacts.vault")}
    tokens = {event["reporter"]["token"] for event in events} - {None}

    assert tokens == last.keys()
    assert len([token for token, value in last.items() if value is None]) == 1
    assert {codec().decode(value)["key_id"] for value in last.values() if value} == {"k2"}


def test_no_metric_command_line_or_answer_tells_who_called(lived, personal):
    """What Prometheus scrapes of every process, what `ps` shows, what the commands print."""
    running = [json.loads(file.read_text()) for file in (lived.data_dir / "run").glob("*.json")]
    ports = [one["metrics_port"] for one in running if one["metrics_port"]]
    shown = [scrape(port) for port in ports]
    for one in running:
        process = psutil.Process(one["pid"])
        shown += [" ".join(process.cmdline()), json.dumps(process.environ())]
    shown += [lived.run(*words).stdout for words in (("status",), ("dead", "list"), ("trace", HEATING, "--json"))]

    assert len(ports) >= 4
    assert any("hub_edge_contact_reveals_total" in page for page in shown)
    assert personal.find("\n".join(shown).encode()) == set()


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode()


def test_no_file_but_kafka_s_and_the_quarantine_tells_who_called(lived, personal):
    """Logs, the stores of the workers (unpacked), the edges' databases. Last, because the hub is stopped for it."""
    lived.run("down")
    folder = lived.data_dir
    stores = [store.parent for store in folder.glob("**/CURRENT")]
    files = [
        file
        for file in folder.rglob("*")
        if file.is_file() and file.relative_to(folder).parts[0] not in ("kafka", "quarantine")
    ]

    leaks = {str(file.relative_to(folder)): personal.find(file.read_bytes()) for file in files}
    leaks |= {str(store.relative_to(folder)): personal.find(b"\n".join(rows_of(store))) for store in stores}

    assert {name: leak for name, leak in leaks.items() if leak} == {}
    assert {"logs/unify-0.log", "logs/http.log", "edges/contacts.db"} <= leaks.keys()
    assert len([store for store in stores if "unify" in store.parts]) == 6


def rows_of(store: Path) -> Iterator[bytes]:
    """Keys and values of a store, without RocksDB's compression."""
    base = Rdict(str(store), Options(raw_mode=True), access_type=AccessType.read_only())
    with contextlib.closing(base):
        for key, value in base.items():
            yield key + b"\n" + value
