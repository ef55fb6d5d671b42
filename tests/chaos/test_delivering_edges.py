"""kill -9 of the edges that deliver, under load, checked from what receivers got and topics hold alone."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer
from standardwebhooks import Webhook

from hub.reading import Reader, partition_of
from hub.topics import catalogue
from schemas.codec import codec
from schemas.golden import GOLDEN

pytestmark = [pytest.mark.chaos, pytest.mark.integration]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBER_OF_NOTICES, CASES, VERSIONS = 500, 60, 6
PHONE = "1390000"
NOVEMBER_13 = 1_794_558_000_000
DAY = 86_400_000
KINDS = (*("SMS",) * 6, "CALL_BACK_TASK", "LEADER_FORWARD", "LETTER", "SUPERVISION_ENTRY")
Records = list[tuple[str, str, bytes, list[tuple[str, bytes]]]]


def golden(record: str) -> dict:
    return json.loads((GOLDEN / record / "v1.json").read_text("utf-8"))["datum"]


def produce(bootstrap: str, records: Records, seconds: float = 0.0) -> None:
    """As the stages do, in transactions, spread over so many seconds."""
    settings = {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "compression.type": "lz4"}
    producer = Producer({**settings, "transactional.id": "test", "log_level": 2})
    producer.init_transactions(90)
    size = max(1, len(records) // 20)
    for start in range(0, len(records), size):
        producer.begin_transaction()
        for topic, key, value, headers in records[start : start + size]:
            producer.produce(topic, value, key.encode(), headers=headers)
        producer.commit_transaction(90)
        time.sleep(seconds / 20)


@contextmanager
def load(bootstrap: str, records: Records) -> Iterator[None]:
    """Produce beside what is done inside; a producer that fails fails the test."""
    with ThreadPoolExecutor(1) as pool:
        producing = pool.submit(produce, bootstrap, records, 5.0)
        yield
        producing.result()


def notices(prefix: str, kinds: tuple[str, ...], at: int) -> list[dict]:
    """Each with an id of its own; letters with a number."""
    return [
        {
            **golden("Notice"),
            "notice_id": f"{prefix}{n:031x}",
            "kind": (kind := kinds[n % len(kinds)]),
            "recipient": f"R-{n % 97}",
            "number": f"吹哨督办〔2026〕230203-{n:04d}号" if kind in ("LETTER", "LEADER_FORWARD") else None,
            "division": "230203",
            "at": at + n,
            "text": f"第{n}号",
            "attributes": {"entry_id": f"E{n:011d}", "clock": "handle", "letter_date": "2026-11-13"},
        }
        for n in range(NUMBER_OF_NOTICES)
    ]


def as_records(found: list[dict]) -> Records:
    topic, write = catalogue().notices, codec()
    return [
        (topic, one["recipient"], write.encode("Notice", one), [("ce_id", one["notice_id"].encode())])
        for one in found
    ]


def receipts(bootstrap: str, edge: str, prefix: str = "") -> dict[str, dict]:
    with Reader(bootstrap) as reader:
        found = [codec().decode(one.value) for one in reader.scan(catalogue().deliveries) if one.value]
    return {one["id"]: one for one in found if one["edge"] == edge and one["id"].startswith(prefix)}


def test_each_notice_is_a_line_a_letter_or_a_task_once_whatever_is_killed(bootstrap, new_edge, until):
    """The file outbox: lost 0, doubled 0, counted in the files; every receipt names its file.

    Then file and folders are lost: what the receipts tell is not written again, what comes new is.
    """
    made = notices("a", KINDS, NOVEMBER_13)
    edge = new_edge("notices", {})
    with load(bootstrap, as_records(made)):
        edge.strike(3)
    expected = {one["notice_id"]: one["kind"] for one in made if one["kind"] != "SUPERVISION_ENTRY"}
    until(lambda: receipts(bootstrap, "notices").keys() == expected.keys(), "receipts of all")

    folder = edge.data_dir / "notices"
    files = [file for file in folder.rglob("*") if file.is_file()]
    lines = [
        json.loads(line)
        for file in files
        if file.suffix == ".jsonl"
        for line in file.read_text("utf-8").splitlines()
    ]
    written = Counter(line["id"] for line in lines)
    assert set(written.values()) == {1}
    assert set(written) == {id for id, kind in expected.items() if kind != "LETTER"}
    letters = [file for file in files if file.suffix == ".docx"]
    assert len(letters) == sum(kind == "LETTER" for kind in expected.values())
    assert all((edge.data_dir / one["reference"]).is_file() for one in receipts(bootstrap, "notices").values())
    assert edge.kills == 3
    assert edge.open_messages() == 0

    edge.stop()
    for file in [*(edge.data_dir / "edges").iterdir(), *files]:
        file.unlink()
    late = {**made[0], "notice_id": "af" * 16}
    produce(bootstrap, as_records([late]))
    edge.start()
    until(lambda: late["notice_id"] in receipts(bootstrap, "notices"), "receipt of the late one")
    assert [file.name for file in folder.rglob("*") if file.is_file()] == ["2026-11-13.jsonl"]
    (line,) = (folder / "sms/2026-11-13.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["id"] == late["notice_id"]


def test_a_provider_that_answers_late_twice_or_not_at_all_has_each_message_once(
    bootstrap, new_edge, new_receiver, until, tmp_path
):
    """By the notice id: lost 0, doubled 0. Nobody's number is in file, log, metrics or receipts."""
    provider = new_receiver("Idempotency-Key")
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("recipient,phone\n" + "".join(f"R-{n},{PHONE}{n:04d}\n" for n in range(97)))
    settings = {
        "since": "2026-12-01T00:00:00+08:00",
        "retry": {"first_seconds": 0.1, "longest_seconds": 0.5, "attempts": 1000},
        "sms": {
            "url": provider.url,
            "contacts": f"file:{contacts}",
            "networks": ["127.0.0.0/8"],
            "connect_seconds": 1.0,
            "total_seconds": 1.0,
        },
    }
    edge = new_edge("notices", {"notices.yaml": json.dumps(settings)})
    made = notices("b", ("SMS",), NOVEMBER_13 + 30 * DAY)
    with load(bootstrap, as_records(made)):
        edge.strike(3)
    ids = {one["notice_id"] for one in made}
    until(lambda: receipts(bootstrap, "notices", "b").keys() == ids, "receipts of all")

    sent = {key: json.loads(body) for key, body in provider.taken.items()}
    assert {key: message["text"] for key, message in sent.items()} == {
        one["notice_id"]: one["text"] for one in made
    }
    assert all(message["id"] == key and message["to"].startswith(PHONE) for key, message in sent.items())
    assert max(provider.asked.values()) > 1, "the provider never failed: nothing was tested"
    shown = edge.metrics()
    edge.stop()
    kept = b"".join(file.read_bytes() for file in (edge.data_dir / "edges").iterdir())
    for what in (kept.decode("latin-1"), edge.log.read_text(), shown, str(receipts(bootstrap, "notices"))):
        assert PHONE not in what


def dispatches() -> Records:
    """Each case goes from endpoint to endpoint, hence from partition to partition and from tier to tier."""
    topics, write, base = catalogue(), codec(), golden("Dispatch")
    made = []
    for version in range(1, VERSIONS + 1):
        for n in range(CASES):
            tier = ("street", "county", "city")[version % 3]
            case = {**base, "case_id": f"hotline:{n}", "case_version": version, "tier": tier, "action": "ASSIGN"}
            headers = [("ce_id", f"DP-{n}.{version}.ASSIGN".encode()), ("ce_type", b"hub.v1.Dispatch.ASSIGN")]
            key = f"EP-{n * 7 + version * 13}"
            made.append((topics.dispatch(tier), key, write.encode("Dispatch", case), headers))
    return made


def test_webhooks_survive_kills_and_a_bad_receiver_in_each_case_s_order(bootstrap, new_edge, new_receiver, until):
    """Lost 0, doubled 0 by id, every signature right, each case along its versions across partitions and topics.

    Then 410 halts the target, an operator resumes and parks it: what comes meanwhile is kept.
    """
    receiver = new_receiver("webhook-id")
    target = {"url": receiver.url, "secrets": ["env:WEBHOOK"], "since": "2026-01-01T00:00:00+08:00", "at_once": 16}
    settings = {
        "networks": ["127.0.0.0/8"],
        "connect_seconds": 1.0,
        "total_seconds": 1.0,
        "retry": {"first_seconds": 0.1, "longest_seconds": 0.5, "attempts": 1000},
        "targets": {"zjj": {**target, "topics": [f"dispatch.{tier}" for tier in ("street", "county", "city")]}},
    }
    edge = new_edge("webhooks", {"webhooks.yaml": json.dumps(settings)})
    edge.environment["WEBHOOK"] = SECRET
    records = dispatches()
    partitions = catalogue().partitions
    assert len({partition_of(key.encode(), partitions) for _, key, _, _ in records}) == partitions
    with load(bootstrap, records):
        edge.strike(3)
    ids = {f"zjj/DP-{n}.{version}.ASSIGN" for n in range(CASES) for version in range(1, VERSIONS + 1)}
    until(lambda: receipts(bootstrap, "webhooks").keys() == ids, "receipts of all")

    order = defaultdict(list)
    for key, body in receiver.taken.items():
        content = Webhook(SECRET).verify(body.decode(), receiver.headers[key])
        order[content["data"]["case_id"]].append(content["data"]["case_version"])
    assert len(receiver.taken) == len(records)
    assert len(order) == CASES
    assert all(versions == list(range(1, VERSIONS + 1)) for versions in order.values())
    assert max(receiver.asked.values()) > 1, "the receiver never failed: nothing was tested"

    receiver.is_calm, receiver.status = True, 410
    city, value = catalogue().dispatch("city"), records[0][2]
    produce(bootstrap, [(city, "EP-1", value, [("ce_id", b"DP-last"), ("ce_type", b"t")])])
    until(lambda: "HALTED" in edge.hub("webhooks", "list").stdout, "halted target")
    receiver.status = 200
    assert "goes on" in edge.hub("webhooks", "resume", "zjj", "--reason", "address mended").stdout
    until(lambda: "DP-last" in receiver.taken, "message that was kept")
    done = edge.hub("webhooks", "park", "zjj", "--reason", "maintenance")
    assert done.returncode == 0, done.stderr
    produce(bootstrap, [(city, "EP-1", value, [("ce_id", b"DP-kept"), ("ce_type", b"t")])])
    until(lambda: edge.open_messages() == 1, "message at the parked target")
    assert "DP-kept" not in receiver.taken
    (kept,) = json.loads(edge.hub("webhooks", "messages", "--state", "waiting", "--json").stdout)["messages"]
    assert kept["id"] == "zjj/DP-kept"
    done = edge.hub("webhooks", "skip", kept["id"], "--reason", "sent by post")
    assert done.returncode == 0, done.stderr
    until(lambda: receipts(bootstrap, "webhooks", kept["id"]), "receipt of the skipped one")
    assert receipts(bootstrap, "webhooks")[kept["id"]]["outcome"] == "SKIPPED"
    with Reader(bootstrap) as reader:
        acts = [codec().decode(one.value)["action"] for one in reader.scan(catalogue().audit_log) if one.value]
    assert acts == ["resume", "park", "skip"]
