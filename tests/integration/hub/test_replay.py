"""`hub dead replay`: a letter goes back once, whoever asks how often, and an aborted replay sends nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.dead_letters import Replayer
from hub.domain.audit import is_chained
from hub.domain.dead_letter import Cause, kept_headers
from schemas.codec import codec

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def order(samples: Path) -> dict[str, Any]:
    """A good work order of the hotline."""
    return json.loads((samples / "hotline" / "01-heating-create.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def plant(hub, order):
    """`plant(number)` puts a letter whose record could be read by now: its cause was temporary. Returns its id."""

    def put(number: str) -> str:
        cause = Cause("processor_error", "unify", None, "a cause that is mended", "raw.hotline", 0, 0)
        headers = [*cause.headers(), *kept_headers([("content-type", b"application/json"), ("connector", b"desk")])]
        payload = json.dumps({**order, "orderId": number}, ensure_ascii=False).encode()
        partition, offset = hub.produce(hub.topics.dead_letters, number.encode(), payload, dict(headers))
        return f"{partition}:{offset}"

    return put


def events_of(hub, number: str) -> list[dict[str, Any]]:
    hub.settle()
    key = f"hotline:{number}".encode()
    return [codec().decode(one.value) for one in hub.records(hub.topics.case_events) if one.key == key]


def audits(hub) -> list[dict[str, Any]]:
    return [codec().decode(one.value) for one in hub.records(hub.topics.audit_log)]


def test_a_replayed_letter_becomes_one_event_however_often_it_is_called(hub, plant):
    """Sent once; the second call finds its audit record and leaves it alone."""
    letter = plant("HLREPLAY1")

    first = hub.json("dead", "replay", letter, "--reason", "the city folder was mended")
    second = hub.json("dead", "replay", letter, "--reason", "once more")

    assert (first["sent"], first["before"]) == ([letter], [])
    assert (second["sent"], second["before"]) == ([], [letter])
    assert len(events_of(hub, "HLREPLAY1")) == 1
    (record,) = [one for one in audits(hub) if one["details"]["letter"] == letter]
    assert (record["action"], record["reason"]) == ("dead.replay", "the city folder was mended")
    assert record["details"]["topic"] == "raw.hotline"
    assert is_chained([record])


def test_the_same_letter_named_twice_is_sent_once(hub, plant):
    """`hub dead replay 3:1 3:1` and overlapping choices."""
    letter = plant("HLREPLAY2")

    told = hub.run("dead", "replay", letter, letter, "--of-reason", "processor_error", "--reason", "all").stdout

    assert "sent again 1" in told
    sent_back = [one for one in hub.records("raw.hotline") if one.key == b"HLREPLAY2"]
    assert [dict(one.headers)["replay-of"] for one in sent_back] == [letter.encode()]
    assert dict(sent_back[0].headers)["connector"] == b"desk"


def test_an_aborted_replay_sends_nothing(hub, plant):
    """Interrupted between two letters: neither record nor audit entry is there, and a later replay sends both."""
    ids = [plant("HLREPLAY3"), plant("HLREPLAY4")]
    chosen = {one.id: one for one in hub.letters() if one.id in ids}

    def interrupted():
        yield chosen[ids[0]]
        raise InterruptedError

    replayer = Replayer(
        hub.bootstrap, hub.topics, codec(), hub.data_dir / "quarantine", actor="test", now_ms=1_800_000_000_000
    )
    with pytest.raises(InterruptedError):
        replayer.replay(interrupted(), "interrupted")

    assert events_of(hub, "HLREPLAY3") == []
    assert not [one for one in audits(hub) if one["details"]["letter"] in ids]
    assert sorted(hub.json("dead", "replay", *ids, "--reason", "again")["sent"]) == sorted(ids)
    assert len(events_of(hub, "HLREPLAY3")) == len(events_of(hub, "HLREPLAY4")) == 1


def test_a_letter_that_still_cannot_be_read_comes_back_with_its_attempts(hub):
    """Its new letter counts two attempts; the old one is not sent a third time."""
    hub.produce("raw.hotline", b"HLSTILLBAD", b'{"orderId": "HLSTILLBAD"}', {"content-type": b"application/json"})
    hub.settle()
    (letter,) = [one for one in hub.letters() if one.stored.key == b"HLSTILLBAD"]

    hub.run("dead", "replay", letter.id, "--reason", "hope")
    hub.settle()

    old, new = sorted(
        (one for one in hub.letters() if one.stored.key == b"HLSTILLBAD"), key=lambda one: one.stored.offset
    )
    assert (old.cause.attempts, new.cause.attempts) == (1, 2)
    assert old.cause.reason == new.cause.reason
    assert old.stored.value == new.stored.value


def test_a_replay_must_be_told_what(hub):
    """Nothing named: usage error. A letter that is not there: exit 1 and nothing is sent."""
    assert "--all" in hub.run("dead", "replay", code=2).stderr
    assert "no dead letter 0:987654" in hub.run("dead", "replay", "0:987654", code=1).stderr


def test_reading_the_bytes_of_a_letter_goes_on_record(hub, plant):
    """They may hold personal data: who looked, at which letter. The cause alone leaves no trace."""
    letter = plant("HLREAD")
    hub.run("dead", "show", letter)
    assert not [one for one in audits(hub) if one["details"]["letter"] == letter]

    assert "HLREAD" in hub.json("dead", "show", letter, "--raw")["value"]

    (record,) = [one for one in audits(hub) if one["details"]["letter"] == letter]
    assert (record["action"], record["subject"]) == ("dead.read", f"{hub.topics.dead_letters}/{letter}")
    assert record["actor"]
    assert hub.json("dead", "replay", letter, "--reason", "read and found good")["sent"] == [letter]
    assert is_chained([one for one in audits(hub) if one["details"]["letter"] == letter])
