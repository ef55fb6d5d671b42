"""All sample files through a whole hub: verdicts, dead letters, traces, numbers, and no personal data anywhere."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.topics import catalogue
from schemas.codec import codec

pytestmark = pytest.mark.integration

SOURCES = ("hotline", "citymgmt", "grid", "endpoint")
STOCK_CONSUMER = Path(__file__).parents[2] / "contract" / "schemas" / "stock_consumer.py"
HEATING = "hotline:HL2026111000017"


@pytest.fixture(scope="module")
def good(samples: Path) -> dict[str, Any]:
    """What the good samples must become."""
    return json.loads((samples / "expected.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def bad(samples: Path) -> dict[str, Any]:
    """What the bad samples must become."""
    return json.loads((samples / "bad" / "expected.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def sent(hub, samples: Path):
    """The hub after all good samples and then all bad ones."""
    hub.send_samples(samples)
    hub.settle()
    hub.send_samples(samples / "bad")
    hub.settle()
    return hub


@pytest.fixture(scope="module")
def secrets(good, bad) -> list[bytes]:
    """Phones, identity numbers and names of callers in the samples."""
    return [text.encode() for text in good["never_in_output"] + bad["never_in_output"]]


def rejects(expected: dict[str, Any]) -> Counter:
    """(source, reason, field) of every record that must be rejected."""
    return Counter(
        (one["source"], reject["reason"], reject.get("field"))
        for one in expected["files"].values()
        for reject in one["rejects"]
    )


def test_every_good_record_is_an_event_and_a_resend_is_dropped(sent, good):
    """Each expected event stands in the unified topic once, field by field; nothing else does."""
    found = {}
    for stored in sent.records(sent.topics.case_events):
        event = codec().decode(stored.value)
        found.setdefault((event["source"], event["source_event_id"]), []).append(event)

    for path, one in good["files"].items():
        for record in one["records"]:
            event = record["event"]
            same_id = found[event["source"], event["source_event_id"]]
            assert any(is_as_expected(event, each) for each in same_id), f"{path}#{record['record']}"

    resends = [r for one in good["files"].values() for r in one["records"] if r.get("resend")]
    same = sum(record["resend"]["content"] == "same" for record in resends)
    assert sent.tallies("unify")["duplicate.grid"] >= same == 1


def is_as_expected(expected: dict[str, Any], event: dict[str, Any]) -> bool:
    """All fields of the contract; a long text is given by its length there."""
    for name, value in expected.items():
        got = event[name]
        if name == "text" and isinstance(value, dict):
            if len(got) != value["length"] or not got.startswith(value["starts"]):
                return False
        elif name == "reporter":
            if {key: got[key] for key in value} != value:
                return False
        elif got != value:
            return False
    return True


def test_every_bad_record_is_a_dead_letter_with_its_reason_and_field(sent, bad):
    """As many letters as the contract has rejections, each with its source, reason code and field."""
    raw_of = {sent.topics.raw(source): source for source in SOURCES}
    found = Counter((raw_of[one.cause.topic], one.cause.reason, one.cause.field) for one in sent.letters())
    expected = rejects(bad)
    named = Counter({cause: count for cause, count in expected.items() if cause[2] is not None})

    assert named <= found
    # Where the contract names no field, the code alone counts.
    assert Counter(cause[:2] for cause in found.elements()) == Counter(cause[:2] for cause in expected.elements())


def test_good_records_beside_bad_ones_become_events(sent, bad):
    """One bad row or element never costs the good ones of its file."""
    ids = {codec().decode(stored.value)["source_event_id"] for stored in sent.records(sent.topics.case_events)}
    beside = [r["event"]["source_event_id"] for one in bad["files"].values() for r in one["records"]]

    assert len(beside) >= 8
    assert set(beside) <= ids


def test_the_account_of_the_samples_adds_up(sent, good, bad):
    """accepted + duplicate + dead = records sent, and casework has taken every event."""
    records = sum(
        len(one["records"]) + len(one["rejects"]) for each in (good, bad) for one in each["files"].values()
    )
    unify, casework = sent.tallies("unify"), sent.tallies("casework")
    accepted, duplicate, dead = (total(unify, verdict) for verdict in ("accepted", "duplicate", "dead"))

    assert accepted + duplicate + dead == records
    assert total(casework, "received") == accepted == len(sent.records(sent.topics.case_events))
    assert total(casework, "dead") == 0


def total(tallies: dict[str, int], name: str) -> int:
    return sum(count for each, count in tallies.items() if each.partition(".")[0] == name)


def test_no_topic_but_raw_and_dead_letters_holds_personal_data(sent, secrets):
    """Keys, values and headers of every other topic, the encrypted vault and tombstones included."""
    private = {topic.name for topic in catalogue().topics if topic.personal_data and not topic.encrypted}

    assert private == {*sent.topics.raws, sent.topics.dead_letters}
    for topic in catalogue().topics:
        if topic.name not in private:
            for stored in sent.records(topic.name):
                parts = [stored.key or b"", stored.value or b"", *(value for _, value in stored.headers)]
                shown = b"\n".join(parts)
                assert not [text for text in secrets if text in shown], stored.place


def test_nothing_a_person_or_a_machine_reads_shows_personal_data(sent, secrets):
    """Outputs of list, show, trace and status, the logs of every process, and what Prometheus scrapes."""
    shown = [sent.run("dead", "list").stdout, sent.run("dead", "list", "--json").stdout]
    shown += [sent.run("status").stdout, sent.run("status", "--json").stdout]
    shown += [sent.run("trace", HEATING).stdout, sent.run("trace", HEATING, "--json").stdout]
    shown += [file.read_text() for file in (sent.data_dir / "logs").iterdir()]
    shown += [scrape(sent.metrics_port + index) for index in (0, 1)]
    for letter in sent.letters():
        shown += [json.dumps(letter.summary(), ensure_ascii=False)]
        shown += [value.decode("utf-8", "replace") for _, value in letter.stored.headers]

    assert not [text for text in secrets for page in shown if text in page.encode()]


def test_dead_show_tells_the_cause_and_the_fix(sent):
    """Reason, field, place and how to mend it; the bytes only when asked for."""
    letter = next(one for one in sent.letters() if one.cause.reason == "missing_field")

    told = sent.run("dead", "show", letter.id).stdout

    facts = sent.json("dead", "show", letter.id)
    assert (facts["reason"], facts["field"], facts["topic"]) == (
        "missing_field",
        letter.cause.field,
        letter.cause.topic,
    )
    assert letter.cause.field in told
    assert f"hub dead replay {letter.id}" in told
    assert facts["detail"]
    assert "value" not in facts


def test_dead_list_can_be_narrowed_and_unknown_ids_are_told(sent, bad):
    """--reason and --topic restrict; an id that is not there exits 1 with the next step."""
    expected = sum(one["reason"] == "bad_time" for each in bad["files"].values() for one in each["rejects"])

    assert len(sent.json("dead", "list", "--reason", "bad_time")["letters"]) == expected
    assert sent.json("dead", "list", "--topic", "raw.nothing")["letters"] == []
    for unknown in ("99:0", "0:999999", "nonsense", "0:"):
        assert "hub dead list" in sent.run("dead", "show", unknown, code=1).stderr


def test_a_trace_points_at_the_records_themselves(sent):
    """Raw → event → decision → dispatch: every coordinate, fetched, holds that very record."""
    traced = sent.json("trace", HEATING)
    by_place = {
        stored.place: stored
        for topic in (*sent.topics.raws, sent.topics.case_events, sent.topics.case_state, *sent.topics.dispatches)
        for stored in sent.records(topic)
    }

    state = codec().decode(by_place[traced["state"]["place"]].value)
    assert (state["case_id"], state["status"]) == (HEATING, traced["state"]["status"])
    assert len(traced["steps"]) >= 6
    dispatched = 0
    for step in traced["steps"]:
        event = codec().decode(by_place[step["event"]["place"]].value)
        assert (event["event_id"], event["kind"]) == (step["event"]["event_id"], step["event"]["kind"])
        assert step["raw"]["place"] == "{topic}/{partition}/{offset}".format(**event["raw"])
        assert len(by_place[step["raw"]["place"]].value) == step["raw"]["bytes"]
        for one in step["dispatches"]:
            dispatch = codec().decode(by_place[one["place"]].value)
            assert (dispatch["dispatch_id"], dispatch["case_id"]) == (one["dispatch_id"], HEATING)
            assert dispatch["event_id"] == event["event_id"]
            dispatched += 1
    everywhere = [
        dispatch
        for topic in sent.topics.dispatches
        for stored in sent.records(topic)
        if (dispatch := codec().decode(stored.value))["case_id"] == HEATING
    ]
    assert dispatched == len(everywhere) > 0


def test_a_trace_reads_as_a_story(sent):
    """The text names level and rule, and each step's raw record, event, decision and dispatch."""
    told = sent.run("trace", HEATING).stdout

    assert re.search(r"level by rule \S+ \(\S+\)", told)
    for part in ("REPORTED", "SUPPLEMENTED", "URGED", "raw       raw.hotline/", "event     case.events/"):
        assert part in told
    assert "decision  APPLIED" in told
    assert "no case hotline:NONE" in sent.run("trace", "hotline:NONE", code=1).stderr


def test_a_stock_consumer_reads_the_public_topics(sent, tmp_path):
    """confluent-kafka's own Avro deserializer, its registry `hub schemas serve`; it knows nothing of our code."""
    topics = [topic for topic in ("case.events", "case.state", *sent.topics.dispatches) if sent.records(topic)]
    server = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "schemas", "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env=sent.environment,
    )
    try:
        registry = re.search(r"http://\S+[0-9]", server.stderr.readline())[0]
        for topic in topics:
            stored = sent.records(topic)
            done = subprocess.run(
                [
                    *(sys.executable, "-I", str(STOCK_CONSUMER), "--bootstrap", sent.bootstrap),
                    *("--topic", topic, "--registry", registry, "--count", str(len(stored))),
                ],
                capture_output=True,
                text=True,
                timeout=60,
                cwd=tmp_path,
            )
            assert done.returncode == 0, done.stderr
            read = [record["value"] for record in json.loads(done.stdout)["records"]]
            ours = [json.loads(json.dumps(codec().decode(one.value), default=as_hex)) for one in stored]
            assert sorted(map(json.dumps, read)) == sorted(map(json.dumps, ours)), topic
    finally:
        server.terminate()
        server.wait(10)
        server.stderr.close()
    assert len(topics) >= 4


def as_hex(value: bytes) -> dict[str, str]:
    return {"$hex": value.hex()}


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def numbers(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    """Sample name → label values (without the stage) → number."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(scrape(port)):
        for one in family.samples:
            labels = tuple(value for name, value in sorted(one.labels.items()) if name != "stage")
            found.setdefault(one.name, {})[labels] = one.value
    return found


def test_prometheus_sees_what_unify_did(sent, bad):
    """Received, accepted, duplicate and rejected by reason equal the committed tallies; nothing waits."""
    found, tallies = numbers(sent.metrics_port), sent.tallies("unify")

    for metric, prefix in (("hub_received_total", "received"), ("hub_accepted_total", "accepted")):
        assert {f"{prefix}.{whose}": number for (whose,), number in found[metric].items()} == {
            name: count for name, count in tallies.items() if name.startswith(f"{prefix}.")
        }
    rejected = Counter()
    for (reason, _topic), number in found["hub_rejected_total"].items():
        rejected[reason] += int(number)
    assert rejected == Counter(reason for _, reason, _ in rejects(bad).elements())
    assert sum(found["hub_duplicate_total"].values()) == total(tallies, "duplicate")
    assert set(found["hub_partition_lag_records"].values()) == {0}
    shows_a_living_worker(found, partitions=catalogue().partitions)


def test_prometheus_sees_what_casework_did(sent):
    """End to end: one observation for each event that led to a dispatch, by the event's source."""
    found, tallies = numbers(sent.metrics_port + 1), sent.tallies("casework")
    causes = {
        dispatch["event_id"]
        for topic in sent.topics.dispatches
        for stored in sent.records(topic)
        if (dispatch := codec().decode(stored.value))
    }
    events = [codec().decode(stored.value) for stored in sent.records(sent.topics.case_events)]
    answered = Counter(event["source"] for event in events if event["event_id"] in causes)

    assert found["hub_received_total"] == {("case.events",): total(tallies, "received")}
    assert found["hub_end_to_end_seconds_count"] == {(source,): count for source, count in answered.items()}
    assert "hub_rejected_total" not in found
    assert set(found["hub_partition_lag_records"].values()) == {0}
    shows_a_living_worker(found, partitions=catalogue().partitions)


def shows_a_living_worker(found: dict[str, Any], partitions: int) -> None:
    """Batches decided and committed, none given up; a store a partition; recovered; turning."""
    batches = found["hub_transaction_seconds_count"][()]
    assert batches == found["hub_processing_seconds_count"][()] > 0
    assert 0 < found["hub_transaction_seconds_sum"][()] < 60 * batches
    assert found["hub_transaction_failures_total"] == {(): 0}
    assert len(found["hub_store_size_bytes"]) == partitions
    assert 0 < found["hub_recovery_seconds"][()] < 60
    assert time.time() - found["hub_last_loop_timestamp_seconds"][()] < 30


def test_no_label_names_a_case_an_endpoint_or_a_caller(sent):
    """Labels are bounded: stages, topics, sources, reasons, partitions and names of tallies."""
    for port in (sent.metrics_port, sent.metrics_port + 1):
        for name, rows in numbers(port).items():
            assert len(rows) < 200, name
            for labels in rows:
                assert all(re.fullmatch(r"[A-Za-z0-9_.+-]+", label) for label in labels), labels
                assert not [label for label in labels if re.search(r"[0-9]{7}|EP-", label)], labels
