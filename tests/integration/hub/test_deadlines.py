"""Deadlines on a real hub: a burst that falls due at one instant while its workers are killed."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from confluent_kafka import Producer

from hub.domain.instants import from_epoch_ms
from schemas.codec import codec

pytestmark = pytest.mark.integration

CASES = 600
SIGN_LIMIT = timedelta(minutes=30)
AHEAD_SECONDS = 12


def order(number: int, called: str) -> dict[str, str | int]:
    """A critical work order; every street has half an hour to sign it, by day and night."""
    return {
        "eventType": "create",
        "orderId": f"HLB{number:05d}",
        "eventSeq": 1,
        "eventTime": called,
        "sourceType": "电话",
        "callerPhone": f"1300000{number:04d}",
        "majorContent": "井盖缺失，有人险些跌落。",
        "pilotLight": "特急",
        "addressIds": "2302/230202/230202003",
    }


def publish(bootstrap: str, topic: str, orders: list[dict[str, Any]]) -> None:
    """All orders at once, as the hotline's own bridge would."""
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    for each in orders:
        value = json.dumps(each, ensure_ascii=False).encode()
        producer.produce(topic, value, each["orderId"], headers=[("content-type", b"application/json")])
    assert producer.flush(30) == 0


def facts(hub: Any, outcome: str) -> list[dict[str, Any]]:
    """Every committed fact of a kind about the sign clocks."""
    read = codec()
    found = [read.decode(record.value) for record in hub.records(hub.topics.sla_events)]
    return [one for one in found if one["outcome"] == outcome and one["clock"] == "sign"]


@pytest.fixture(scope="module")
def burst(new_hub: Callable[[], Any]) -> Any:
    """600 sign clocks due at one instant; casework killed before it, between it and the commit, and after it."""
    hub = new_hub()
    hub.run("up", "--workers", "2")
    due = int(time.time()) + AHEAD_SECONDS
    called = from_epoch_ms(due * 1000) - SIGN_LIMIT
    publish(
        hub.bootstrap, hub.topics.raw("hotline"), [order(n, f"{called:%Y-%m-%d %H:%M:%S}") for n in range(CASES)]
    )
    # The second slot's partitions move to the first one and back while the burst is on.
    for seconds, name in ((-0.4, "casework-0"), (0.1, "casework-1"), (0.5, "casework-0"), (1.5, "casework-1")):
        time.sleep(max(due + seconds - time.time(), 0))
        os.kill(hub.pid(name), signal.SIGKILL)
    hub.due_ms = due * 1000
    deadline = time.monotonic() + 90
    while len(facts(hub, "FIRST_TIMEOUT")) < CASES:
        assert time.monotonic() < deadline, hub.logs()
        time.sleep(0.5)
    hub.settle()
    return hub


def test_each_outcome_comes_once_and_none_early(burst: Any) -> None:
    """kill -9 before the due instant, between it and the commit, after it; a rebalance in the middle."""
    found = facts(burst, "FIRST_TIMEOUT")

    assert Counter(one["case_id"] for one in found) == {f"hotline:HLB{number:05d}": 1 for number in range(CASES)}
    assert {one["due_at"] for one in found} == {burst.due_ms}
    assert all(one["at"] >= burst.due_ms for one in found)
    assert all(one["event_id"] is None for one in found)


def test_each_timeout_reminds_endpoint_and_unit_once(burst: Any) -> None:
    """Two text messages a case, whatever was killed; each with an id of its own."""
    read = codec()
    notices = [read.decode(record.value) for record in burst.records(burst.topics.notices)]
    sent = [one for one in notices if one["kind"] == "SMS"]

    assert len({one["notice_id"] for one in sent}) == len(sent) == 2 * CASES
    assert Counter(one["recipient_role"] for one in sent) == {"endpoint": CASES, "unit": CASES}


def test_a_rebuild_from_the_log_is_the_live_state(burst: Any) -> None:
    """`hub rebuild --check` finds no difference, and the ledger's identities hold."""
    rebuilt = burst.json("rebuild", "--check")
    assert (rebuilt["cases"], rebuilt["differing"]) == (CASES, 0)
    assert rebuilt["timers"] >= CASES

    ledger = burst.json("ledger")
    assert ledger["identities"] == []
    assert ledger["figures"]["new"]["count"] == CASES


def test_a_case_is_explained_to_the_minute(burst: Any) -> None:
    """Start, due, what was counted, what came of it."""
    said = burst.run("explain", "hotline:HLB00007").stdout

    assert "limit 0.5 urgent hours" in said
    assert "30 min" in said
    assert "FIRST_TIMEOUT" in said


def test_an_appeal_excuses_and_the_breach_stays(burst: Any, until: Callable[..., None]) -> None:
    """Filed, then accepted: both stand beside the breach."""
    case = "hotline:HLB00008"

    def appeal() -> Any:
        clocks = burst.json("explain", case)["clocks"]
        return next(one for one in clocks if one["clock"] == "sign")

    burst.run("appeal", case, "--clock", "sign", "--reason", "道路封闭")
    until(lambda: appeal()["appeal"] == "FILED", "filed appeal", 30)
    burst.run("appeal", case, "--clock", "sign", "--reason", "属实", "--accept")
    until(lambda: appeal()["appeal"] == "EXCUSED", "accepted appeal", 30)

    assert appeal()["breached"] is True
