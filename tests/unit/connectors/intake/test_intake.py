"""What a source is answered, and what of its messages is published then."""

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sources.limits import LARGEST_FILE_BYTES
from hub.domain.errors import Unavailable

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
CREATE = (SAMPLES / "hotline" / "01-heating-create.json").read_bytes()
BATCH = (SAMPLES / "bad" / "grid" / "01-two-bad-rows.csv").read_bytes()
PHONE = "13800138000"


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The document of an error, held to RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert {"type", "title", "status"} <= document.keys()
    assert document["status"] == status
    return document


def test_a_signed_event_is_accepted_once_it_is_published(desk):
    """202 with its message id, the record whole and under its source case id."""
    answer = desk.post("hotline", CREATE, message_id="msg_first")

    (source, record) = desk.shelf.records[0]
    assert answer.status_code == 202
    assert answer.json()["id"] == "msg_first"
    assert len(answer.json()["message_ids"]) == 1
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 0)
    assert (source, record.key, record.value) == ("hotline", "HL2026111000017", CREATE)


def test_a_resend_is_answered_like_the_first_and_not_published_again(desk):
    """Byte for byte, also after a restart and with the timestamp of a later attempt; never 409."""
    first = desk.post("hotline", CREATE, message_id="msg_1")
    again = desk.post("hotline", CREATE, message_id="msg_1", at_ms=1_795_000_100_000)
    desk.open()
    after_restart = desk.post("hotline", CREATE, message_id="msg_1")

    assert first.status_code == again.status_code == after_restart.status_code == 202
    assert first.content == again.content == after_restart.content
    assert len(desk.shelf.records) == 1
    assert desk.counted("hub_edge_intake_requests_total") == {("hotline", "resent"): 1}


def test_the_same_message_twice_at_once_is_published_once(desk):
    """The second waits for the first and gets its answer."""

    async def both() -> list[httpx.Response]:
        desk.shelf.gate = asyncio.Event()
        headers = {"content-type": "application/json", **desk.signed(CREATE, "msg_1")}
        posts = [asyncio.create_task(desk.post_async("hotline", CREATE, headers)) for _ in range(2)]
        await asyncio.sleep(0.1)
        desk.shelf.gate.set()
        return await asyncio.gather(*posts)

    one, other = asyncio.run(both())

    assert one.status_code == other.status_code == 202
    assert one.content == other.content
    assert len(desk.shelf.records) == 1


def test_another_body_under_a_used_id_is_not_lost(desk):
    """A sender that numbers from one each day: its second message is taken too."""
    desk.post("hotline", CREATE, message_id="msg_1")
    answer = desk.post("hotline", CREATE.replace(b"HL2026111000017", b"HL2026111000018"), message_id="msg_1")

    assert answer.status_code == 202
    assert [record.key for _, record in desk.shelf.records] == ["HL2026111000017", "HL2026111000018"]


def test_what_kafka_does_not_have_is_not_accepted(desk):
    """503 with Retry-After, nothing remembered: the same message is taken when Kafka is back."""
    desk.shelf.failure = Unavailable("Kafka at 10.1.2.3:9092 is away")
    document = desk.post("hotline", CREATE, message_id="msg_1")
    assert "10.1.2.3" not in problem(document, 503)["detail"]
    assert int(document.headers["retry-after"]) > 0

    desk.shelf.failure = None
    assert desk.post("hotline", CREATE, message_id="msg_1").status_code == 202
    assert len(desk.shelf.records) == 1


def test_nothing_is_taken_onto_a_full_disk(desk):
    """503 with Retry-After before Kafka is asked; a resend of what was accepted is answered all the same."""
    accepted = desk.post("hotline", CREATE, message_id="msg_1")
    desk.free_bytes = 1000
    desk.open()

    answer = desk.post("hotline", CREATE, message_id="msg_2")

    assert problem(answer, 503)["type"].endswith(":disk-full")
    assert int(answer.headers["retry-after"]) > 0
    assert desk.post("hotline", CREATE, message_id="msg_1").content == accepted.content
    assert len(desk.shelf.records) == 1


def test_a_paused_source_is_told_to_come_back(desk):
    """503 with Retry-After, and only for that source."""
    desk.paused.add("hotline")

    answer = desk.post("hotline", CREATE)

    assert problem(answer, 503)["type"].endswith(":paused")
    assert int(answer.headers["retry-after"]) > 0
    assert desk.post("grid", BATCH, "text/csv").status_code == 202
    assert desk.counted("hub_edge_intake_requests_total")["hotline", "paused"] == 1


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (b'{"orderId": ', "malformed_json", None),
        (b'{"orderId": "HL2026111000017"}', "missing_field", "eventType"),
        (b"", "empty_payload", None),
        (b"\xff\xfe{}", "wrong_encoding", None),
    ],
)
def test_what_cannot_be_read_is_refused_with_reason_and_field(desk, body, reason, field):
    """400 in the words of the source's contract; nothing is published."""
    document = problem(desk.post("hotline", body), 400)

    assert (document["reason"], document.get("field")) == (reason, field)
    assert not desk.shelf.records


def test_a_batch_with_bad_rows_is_taken_and_its_bad_rows_are_told(desk):
    """202: all rows go to Kafka, where the bad ones become dead letters; the sender learns which and why."""
    answer = desk.post("grid", BATCH, "text/csv")

    told = answer.json()
    assert answer.status_code == 202
    assert (told["accepted"], told["rejected"]) == (3, 2)
    assert [(one["record"], one["reason"]) for one in told["rejects"]] == [
        (2, "csv_column_mismatch"),
        (4, "bad_time"),
    ]
    assert [record.number for _, record in desk.shelf.records] == [1, 2, 3, 4, 5]
    assert len(set(told["message_ids"])) == 5
    assert desk.counted("hub_edge_intake_records_total") == {("grid", "accepted"): 3, ("grid", "rejected"): 2}


def test_a_batch_of_which_nothing_can_be_read_is_refused_whole(desk):
    """400 with every row; nothing is published."""
    rows = "上报编号,上报时间,事件描述\nWG1,never,一\nWG2,never,二\n".encode()

    document = problem(desk.post("grid", rows, "text/csv"), 400)

    assert [one["record"] for one in document["rejects"]] == [1, 2]
    assert not desk.shelf.records


def test_a_batch_beyond_one_group_keeps_its_order(desk):
    """2,500 rows: three groups, one after the other."""
    rows = [f"WG{number},2026-11-20 08:00,一" for number in range(2500)]
    body = "\n".join(["上报编号,上报时间,事件描述", *rows]).encode()

    answer = desk.post("grid", body, "text/csv", packed=True)

    assert answer.json()["accepted"] == 2500, answer.text
    assert [record.number for _, record in desk.shelf.records] == list(range(1, 2501))


def test_gzip_is_signed_as_sent_and_read_unpacked(desk):
    """The signature is over the compressed bytes; the message is the plain one's."""
    plain, packed = desk.post("hotline", CREATE), desk.post("hotline", CREATE, packed=True)

    assert packed.status_code == 202
    assert packed.json()["message_ids"] == plain.json()["message_ids"]
    assert desk.shelf.records[1][1].value == CREATE


@pytest.mark.parametrize("source", ["nope", "desk", "..%2fhotline"])
def test_a_source_that_may_not_post_is_not_found(desk, source):
    """Unknown or without a section: 404, and no label of the caller's making."""
    problem(desk.post(source, CREATE), 404)

    assert all(label in ("(unknown)",) for label, _ in desk.counted("hub_edge_intake_requests_total"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"webhook-signature": "v1,AAAA"}, "wrong_signature"),
        ({"webhook-id": "msg_other"}, "wrong_signature"),
        ({"webhook-timestamp": ""}, "missing_header"),
        ({"webhook-signature": ""}, "missing_header"),
    ],
)
def test_who_does_not_prove_itself_is_refused(desk, change, reason):
    """401 with the header; nothing is published or remembered, and the source's rate is not touched."""
    answer = desk.post("hotline", CREATE, **change)

    assert problem(answer, 401)["reason"] == reason
    assert "www-authenticate" in answer.headers
    assert not desk.shelf.records


@pytest.mark.parametrize(("off_ms", "reason"), [(-301_000, "too_old"), (301_000, "too_new")])
def test_a_signature_counts_five_minutes_by_the_hubs_clock(desk, off_ms, reason):
    """The clock is the hub's, which a rehearsal may run faster."""
    answer = desk.post("hotline", CREATE, at_ms=1_795_000_000_000 + off_ms)

    assert problem(answer, 401)["reason"] == reason


def test_a_source_without_a_secret_does_not_shut_the_others(desk):
    """503 with Retry-After for it: its messages wait on its side until `hub sources secret` is done."""
    answer = desk.post("citymgmt", b"<x/>", "application/xml")

    assert problem(answer, 503)["type"].endswith(":no-secret")
    assert int(answer.headers["retry-after"]) > 0
    assert desk.post("hotline", CREATE).status_code == 202


def test_each_source_has_its_rate(new_desk: Callable[..., Any]):
    """The third of two at once: 429 with Retry-After; another source is not concerned, nor are forged requests."""
    desk = new_desk(per_second=0.1, burst=2)
    for _ in range(5):
        problem(desk.post("hotline", CREATE, **{"webhook-signature": "v1,AAAA"}), 401)
    assert [desk.post("hotline", CREATE).status_code for _ in range(2)] == [202, 202]

    answer = desk.post("hotline", CREATE)

    problem(answer, 429)
    assert 8 <= int(answer.headers["retry-after"]) <= 11
    assert desk.post("grid", BATCH, "text/csv").status_code == 202


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/jsonx", "text/csv"])
def test_only_the_sources_content_types_are_taken(desk, content_type):
    """415 with those that are."""
    answer = desk.post("hotline", CREATE, content_type)

    assert problem(answer, 415)["field"] == "content-type"
    assert answer.headers["accept"] == "application/json"


def test_a_content_type_may_have_parameters(desk):
    """`application/json; charset=utf-8` is JSON."""
    assert desk.post("hotline", CREATE, "Application/JSON; charset=utf-8").status_code == 202


def test_an_encoding_that_is_not_undone_is_named(desk):
    """415 with those that are, and one that is but does not hold: 400."""
    answer = desk.post("hotline", CREATE, **{"content-encoding": "br"})
    assert problem(answer, 415)["field"] == "content-encoding"
    assert "gzip" in answer.headers["accept-encoding"]

    broken = desk.post("hotline", CREATE, **{"content-encoding": "gzip"})
    assert problem(broken, 400)["reason"] == "wrong_encoding"


def test_the_size_limit_holds_for_what_is_sent_and_for_what_it_unpacks_to(desk):
    """413 for 16 MiB and a byte, plain and as a small gzip."""
    body = b" " * (LARGEST_FILE_BYTES + 1)

    problem(desk.post("hotline", body), 413)
    problem(desk.post("hotline", body, packed=True), 413)
    assert len(gzip.compress(body)) < 100_000
    assert desk.counted("hub_edge_intake_requests_total") == {("hotline", "too_large"): 2}


def test_a_client_certificate_may_be_asked_for_too(new_desk: Callable[..., Any]):
    """A right signature without the certificate's name is 401."""
    desk = new_desk(certificates=frozenset({"hotline.city.example"}))

    assert problem(desk.post("hotline", CREATE), 401)["reason"] == "client_certificate"


def test_no_answer_repeats_what_was_sent(desk):
    """A phone number in a field that cannot be read stands in no answer."""
    bad = CREATE.replace(b'"eventType"', b'"' + PHONE.encode() + b'"', 1)
    answers = [
        desk.post("hotline", bad),
        desk.post("hotline", PHONE.encode()),
        desk.post("grid", f"上报编号,上报时间,事件描述\nWG1,{PHONE},一\n".encode(), "text/csv"),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert not any(PHONE in answer.text for answer in answers)
