"""Statuses go back to legacy systems that misbehave, through kill -9; and what they send back starts nothing."""

import json
import os
import signal
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from connectors.outbox import Outbox, State
from connectors.standard_webhooks import read_secret, verify
from hub.domain.status_updates import UPDATE_STATUSES, update_id
from schemas.codec import codec

sys.path.insert(0, str(Path(__file__).parent))
from legacy_system import LegacySystem

pytestmark = pytest.mark.integration

CASES, VERSIONS = 60, 5
KILLS = 4
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
WORDS = {status: status.lower() for status in UPDATE_STATUSES}
STATES = {"DISPATCHED": "派遣", "DONE": "处置", "CLOSED": "结案", "WITHDRAWN": "作废", "SIGNED": "派遣"}


@pytest.fixture(scope="module")
def hotline() -> Iterator[LegacySystem]:
    """A third of its requests goes wrong."""
    system = LegacySystem(trouble=0.3)
    yield system
    system.close()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[[], Any], hotline: LegacySystem, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A hub that writes back to the hotline by HTTP, to the grid into a folder, to citymgmt into a topic."""
    hub = new_hub()
    folder = tmp_path_factory.mktemp("writeback")
    (folder / "secret").write_text(SECRET)
    pauses = {"first_pause_seconds": 0.05, "longest_pause_seconds": 0.4, "attempts": 200}
    sources = {
        "hotline": {
            "writeback": {
                **pauses,
                "url": hotline.url,
                "statuses": {name: word for name, word in WORDS.items() if name != "WHISTLED"},
                "secret": f"file:{folder / 'secret'}",
                "answer": {"field": "code", "good": ["0"]},
                "timeout_seconds": 0.7,
                "at_once": 16,
            }
        },
        "grid": {"writeback": {"folder": str(folder / "grid"), "format": "csv", "statuses": WORDS}},
        "citymgmt": {
            "writeback": {
                "kafka": {"bootstrap": hub.bootstrap, "topic": "legacy.citymgmt"},
                "statuses": STATES,
                "ignored": sorted(set(UPDATE_STATUSES) - STATES.keys()),
            }
        },
    }
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}, allow_unicode=True))
    hub.grid = folder / "grid"
    hub.writeback = {"HUB_SOURCES": str(folder / "sources.yaml"), "HUB_EDGES": '["writeback"]'}
    hub.run("up", **hub.writeback)
    admin = AdminClient({"bootstrap.servers": hub.bootstrap})
    admin.create_topics([NewTopic("legacy.citymgmt", 2, 1)])["legacy.citymgmt"].result(30)
    return hub


def updates(hub: Any, source: str) -> list[dict[str, Any]]:
    """What casework told, each partition in its order."""
    read = codec(None)
    return [read.decode(one.value, "StatusUpdate") for one in hub.records(hub.topics.writeback(source))]


def delivered(hub: Any) -> set[str]:
    """Ids that the edge's own file has as delivered."""
    with closing(Outbox(hub.data_dir / "edges" / "writeback.sqlite")) as outbox:
        return {one.id for one in outbox.kept(state=State.DELIVERED)}


def waiting(hub: Any) -> int:
    """How many messages are not settled by the edge's own file."""
    with closing(Outbox(hub.data_dir / "edges" / "writeback.sqlite")) as outbox:
        return sum(outbox.counts().values())


def test_a_day_s_samples_reach_each_source_in_its_own_way_once_and_in_order(
    hub: Any, hotline: LegacySystem, samples: Path, until: Any
) -> None:
    """HTTP, folder, topic: every update that has a word, once by its id, along the versions of each case."""
    hub.send_samples(samples)
    hub.settle()
    told = {source: updates(hub, source) for source in ("hotline", "grid", "citymgmt")}
    expected = {one["update_id"] for one in told["hotline"] if one["status"] != "WHISTLED"}
    until(lambda: set(hotline.processed) >= expected, "statuses at the hotline")
    until(lambda: waiting(hub) == 0, "rest at the edge")

    assert set(hotline.processed) == expected
    grid = [file.name for file in sorted(hub.grid.iterdir())]
    assert {name.partition("_UP")[2] for name in grid} == {one["update_id"][2:] + ".csv" for one in told["grid"]}
    legacy = hub.records("legacy.citymgmt")
    sent = [one["update_id"] for one in told["citymgmt"] if one["status"] in STATES]
    assert sorted(dict(one.headers)["ce_id"].decode() for one in legacy) == sorted(sent)
    for source, all_of_it in told.items():
        versions: dict[str, list[int]] = defaultdict(list)
        for one in all_of_it:
            versions[one["case_id"]].append(one["case_version"])
        assert all(found == sorted(set(found)) for found in versions.values()), source
    assert hub.run("rebuild", "--check").returncode == 0


def test_its_figures_are_its_inputs_and_outputs(hub: Any, hotline: LegacySystem) -> None:
    """What was read, taken, tried and delivered, compared with the topics and with the sources' own memory."""
    port = json.loads((hub.data_dir / "run" / "writeback.json").read_text())["metrics_port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        shown = list(text_string_to_metric_families(answer.read().decode()))
    figures: dict[str, float] = defaultdict(float)
    for sample in (sample for family in shown for sample in family.samples):
        labels = [sample.labels[name] for name in ("target", "source", "outcome") if name in sample.labels]
        figures[".".join([sample.name.removeprefix("hub_edge_"), *labels])] += sample.value
    told = {source: updates(hub, source) for source in ("hotline", "grid", "citymgmt")}
    sent = {
        "hotline": len(hotline.processed),
        "grid": len(list(hub.grid.iterdir())),
        "citymgmt": len(hub.records("legacy.citymgmt")),
    }

    assert figures["records_read_total"] == sum(map(len, told.values()))
    assert figures["records_rejected_total"] == 0
    assert figures["taken_total"] == sum(sent.values())
    for source, number in sent.items():
        assert figures[f"attempts_total.{source}.delivered"] == number
        assert figures[f"writeback_statuses_total.{source}.sent"] == number
        outcomes = ("sent", "ignored", "unmapped", "before")
        assert sum(figures[f"writeback_statuses_total.{source}.{one}"] for one in outcomes) == len(told[source])
    # An attempt may fail before its request arrives; none arrives without an attempt.
    assert figures["attempts_total.hotline.failed"] >= len(hotline.arrivals) - sent["hotline"] > 0


def test_requests_are_signed_and_carry_the_id_of_the_update(hub: Any, hotline: LegacySystem) -> None:
    """By the Standard Webhooks specification, over the bytes sent."""
    key = read_secret(SECRET)
    for headers, (sent_as, body) in zip(hotline.headers, hotline.arrivals, strict=True):
        assert verify([key], headers, body, time.time()).message_id == sent_as == json.loads(body)["updateId"]


def test_a_status_without_a_word_is_shown_and_not_sent(hub: Any) -> None:
    """With how many came."""
    said = json.loads(hub.run("writeback", "statuses", "--json", **hub.writeback).stdout)
    rows = {(row["source"], row["status"]): row for row in said["statuses"]}
    came = sum(one["status"] == "WHISTLED" for one in updates(hub, "hotline"))

    targets = hub.json("writeback", "list")["targets"]
    assert [(one["target"], one["waiting"], one["parked"]) for one in targets] == [
        (name, 0, 0) for name in ("citymgmt", "grid", "hotline")
    ]
    assert rows["hotline", "WHISTLED"]["outcome"] == "unmapped"
    assert rows["hotline", "WHISTLED"]["updates"] == came
    assert rows["citymgmt", "WHISTLED"]["outcome"] == "ignored"


def test_what_the_sources_send_back_changes_no_case_and_is_not_told_again(
    hub: Any, hotline: LegacySystem, tmp_path: Path
) -> None:
    """Every status that was written comes back, late and all at once."""
    before = {source: len(updates(hub, source)) for source in ("hotline", "citymgmt")}
    cases = cases_of(hub)
    files: dict[str, list[Path]] = {"hotline": [], "citymgmt": []}
    for key, body in hotline.processed.items():
        files["hotline"].append(tmp_path / f"{key}.json")
        files["hotline"][-1].write_bytes(body)
    for number, record in enumerate(hub.records("legacy.citymgmt")):
        files["citymgmt"].append(tmp_path / f"{number}.xml")
        files["citymgmt"][-1].write_bytes(record.value)
    for source, found in files.items():
        hub.send(source, *found)
    hub.settle()

    same = ("status", "cycle", "leg", "lead", "seen", "call_backs", "answer")
    echoes = 0
    for case_id, case in cases_of(hub).items():
        assert [case[name] for name in same] == [cases[case_id][name] for name in same], case_id
        later = case["decisions"][len(cases[case_id]["decisions"]) :]
        assert {one["reason"] for one in later} <= {"echo"}, case_id
        echoes += len(later)
    assert echoes == sum(map(len, files.values()))
    assert {source: len(updates(hub, source)) for source in before} == before


def cases_of(hub: Any) -> dict[str, dict[str, Any]]:
    """Where every case stands."""
    rows = {one.key: one.value for one in hub.records(hub.topics.case_state)}
    cases = (codec(None).decode(value, "CaseState") for value in rows.values() if value is not None)
    return {case["case_id"]: case for case in cases}


def test_killed_again_and_again_it_loses_none_doubles_none_and_keeps_each_case_s_order(
    hub: Any, hotline: LegacySystem, until: Any
) -> None:
    """kill -9 under load, against a system that fails a third of the time; its own memory is the checker."""
    hotline.arrivals.clear()
    hotline.headers.clear()
    hotline.troubles.clear()
    expected = publish(hub)
    pids = set()
    for _ in range(KILLS):
        seen = len(hotline.arrivals)
        until(lambda seen=seen: len(hotline.arrivals) > seen + 30, "deliveries between two kills")
        pids.add(hub.pid("writeback"))
        os.kill(hub.pid("writeback"), signal.SIGKILL)
    until(lambda: set(hotline.processed) >= expected.keys(), "every update")
    until(lambda: waiting(hub) == 0, "rest at the edge")
    until(lambda: receipts_of(hub).keys() >= expected.keys(), "receipts")

    mine = [(key, body) for key, body in hotline.arrivals if key in expected]
    assert len(pids) == KILLS
    assert set(hotline.processed) & expected.keys() == expected.keys()
    assert min(hotline.troubles[kind] for kind in ("500", "503", "slow", "cut")) > 0
    # The same id is the same bytes, and comes again only until the system has answered: never behind a later one.
    last: dict[str, int] = defaultdict(int)
    bodies: dict[str, bytes] = {}
    for key, body in mine:
        case, version = expected[key]
        assert bodies.setdefault(key, body) == body
        assert last[case] in (version, version - 1), "a version came out of its order"
        last[case] = version
    assert set(last.values()) == {VERSIONS}
    receipts = receipts_of(hub)
    assert all(one["answer"].startswith("HTTP 200 code=0 ") for key, one in receipts.items() if key in expected)


def receipts_of(hub: Any) -> dict[str, dict[str, Any]]:
    """What the edge has noted in Kafka of what it delivered, by id."""
    found = [
        codec(None).decode(one.value, "DeliveryReceipt") for one in hub.records(hub.topics.deliveries) if one.value
    ]
    return {one["id"]: one for one in found if one["edge"] == "writeback"}


def publish(hub: Any) -> dict[str, tuple[str, int]]:
    """Some cases' whole lives at once, into the topic that casework writes; id → case and version."""
    producer = Producer({"bootstrap.servers": hub.bootstrap, "partitioner": "murmur2_random"})
    expected = {}
    for version in range(1, VERSIONS + 1):
        for number in range(CASES):
            case_id = f"hotline:K{number:04d}"
            expected[update_id(case_id, version)] = case_id, version
            value = {
                "update_id": update_id(case_id, version),
                "case_id": case_id,
                "source": "hotline",
                "source_case_id": f"K{number:04d}",
                "case_version": version,
                "status": "DISPATCHED",
                "at": 1_794_000_000_000 + version,
                "event_id": "0" * 32,
                "unit": "LS-GR",
                "text": None,
                "attributes": {},
            }
            producer.produce(
                hub.topics.writeback("hotline"), codec(None).encode("StatusUpdate", value), f"K{number:04d}"
            )
            producer.poll(0)
    assert producer.flush(30) == 0
    return expected


def test_a_lost_file_sends_nothing_again(hub: Any, hotline: LegacySystem, until: Any) -> None:
    """The receipts in Kafka tell what was delivered."""
    before = len(hotline.arrivals)
    known = receipts_of(hub).keys()
    for file in (hub.data_dir / "edges").glob("writeback.*"):
        file.unlink()
    os.kill(hub.pid("writeback"), signal.SIGKILL)
    until((hub.data_dir / "edges" / "writeback.sqlite").exists, "a new file")
    until(lambda: len(delivered(hub)) >= len(known), "what the receipts tell")
    time.sleep(1.0)

    assert delivered(hub) == known
    assert waiting(hub) == 0
    assert len(hotline.arrivals) == before
