"""What a target is sent, and what its answers mean."""

import asyncio
import json
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from connectors.calls import Answer, CallFailed, Forbidden
from connectors.feed import Message
from connectors.outbox import Delivered, Failed, Halted, Outgoing
from connectors.standard_webhooks import read_secret
from connectors.webhooks import Maker, Sender, Target, read_webhooks
from connectors.webhooks.sender import outcome_of
from hub.domain.errors import Misconfigured, Rejected
from schemas.codec import codec
from schemas.golden import GOLDEN

SECRET, NEXT_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
DISPATCH = json.loads((GOLDEN / "Dispatch" / "v1.json").read_text("utf-8"))["datum"]
NOVEMBER = 1_793_462_400_000  # 2026-11-01 00:00 at UTC+8


def target(**more) -> Target:
    given = {"url": "https://h.test/in", "secrets": ["env:A"], "since": "2026-11-01T00:00:00+08:00"}
    return Target.model_validate({**given, **more})


def record(topic: str = "dispatch.county", timestamp: int = NOVEMBER, **change) -> Message:
    value = codec().encode("Dispatch", {**DISPATCH, **change})
    headers = {
        "ce_id": b"DP-1.5.ASSIGN",
        "ce_type": b"hub.v1.Dispatch.ASSIGN",
        "ce_time": b"2026-11-10T08:00:00.000Z",
    }
    return Message(topic, 0, 1, b"k", value, headers, timestamp)


def messages(targets: dict[str, Target], one: Message) -> list[Outgoing]:
    return list(Maker(targets, codec()).messages_of(one))


def test_a_record_becomes_one_message_for_each_target_that_takes_it():
    """Ids are per target, the lane is the case, the rank its version; the body is the record as JSON."""
    found = messages({"a": target(), "b": target(), "c": target(topics=["dispatch.city"])}, record())
    assert [(one.id, one.target) for one in found] == [("a/DP-1.5.ASSIGN", "a"), ("b/DP-1.5.ASSIGN", "b")]
    assert {(one.lane, one.rank) for one in found} == {(DISPATCH["case_id"], DISPATCH["case_version"])}
    body = json.loads(found[0].payload)
    assert body == {
        "type": "hub.v1.Dispatch.ASSIGN",
        "timestamp": "2026-11-10T08:00:00.000Z",
        "id": "DP-1.5.ASSIGN",
        "topic": "dispatch.county",
        "data": DISPATCH,
    }


@pytest.mark.parametrize(
    ("name", "value"), [("tiers", "tier"), ("units", "unit"), ("divisions", "division"), ("actions", "action")]
)
def test_each_filter_lets_only_its_own_pass(name, value):
    """A filter that names the record's value lets it pass, one that names another does not."""
    other = {"tiers": "city", "actions": "RECALL"}.get(name, "other")
    if DISPATCH[value] == other:
        other = {"tiers": "street", "actions": "ASSIGN"}[name]
    assert messages({"a": target(**{name: [DISPATCH[value]]})}, record())
    assert not messages({"a": target(**{name: [other]})}, record())


def test_nothing_older_than_since_is_sent():
    """A target that is new, or a file that is lost, does not bring up the past."""
    assert not messages({"a": target()}, record(timestamp=NOVEMBER - 1))
    assert messages({"a": target()}, record(timestamp=NOVEMBER))


def test_what_is_not_the_hubs_is_rejected():
    """Foreign bytes and a record without an id are passed over, each with its reason."""
    with pytest.raises(Rejected):
        messages({"a": target()}, Message("t", 0, 0, None, b"foreign", {}, NOVEMBER))
    bare = record()
    with pytest.raises(Rejected, match="ce_id"):
        messages({"a": target()}, Message(bare.topic, 0, 0, None, bare.value, {}, NOVEMBER))


class Recorder:
    """Stands for the network: keeps the request, gives the answer."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer

    async def request(self, method, url, headers=None, body=None):
        self.headers, self.body = headers, body
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def attempt(answer: Answer | Exception, secrets=(SECRET,), now: float = 1_800_000_000):
    caller = Recorder(answer)
    keys = {"a": tuple(read_secret(one) for one in secrets)}
    sender = Sender({"a": target()}, keys, caller, lambda: now)
    (message,) = messages({"a": target()}, record())
    return asyncio.run(sender.deliver(message)), caller, message


def test_the_reference_library_of_the_standard_accepts_what_is_sent(monkeypatch):
    """With the old secret and with the new one, while both sign."""
    import datetime

    now = datetime.datetime.now(datetime.UTC).timestamp()
    outcome, caller, message = attempt(Answer(204, {}, b""), (SECRET, NEXT_SECRET), now)
    assert outcome == Delivered("answer 204")
    for secret in (SECRET, NEXT_SECRET):
        assert Webhook(secret).verify(caller.body.decode(), caller.headers) == json.loads(message.payload)


def test_each_attempt_has_the_same_id_and_body_and_its_own_time():
    """The receiver dedupes by the id; the window of the signature is that of the attempt."""
    (_, first, _), (_, second, _) = attempt(Answer(500, {}, b""), now=1000), attempt(Answer(200, {}, b""), now=2000)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "DP-1_5_ASSIGN"
    assert first.body == second.body
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == ("1000", "2000")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, {}, b"private words"), Delivered("answer 200")),
        (Answer(410, {}, b""), Halted("answer 410: the receiver wants no more")),
        (Answer(429, {"retry-after": "30"}, b""), Failed("answer 429", 30.0)),
        (Answer(503, {"retry-after": "Fri, 13 Nov 2026 08:00:00 GMT"}, b""), Failed("answer 503", 0.0)),
        (Answer(400, {}, b"private words"), Failed("answer 400")),
    ],
)
def test_what_an_answer_means(answer, outcome):
    """2xx delivered, 410 halts, all else is tried again; the receiver's words are not kept."""
    assert outcome_of(answer) == outcome


def test_a_redirect_is_a_failure():
    """It says so, since somebody must change the address."""
    assert "redirects are not followed" in outcome_of(Answer(301, {"location": "https://x"}, b"")).answer


def test_without_an_answer_it_is_tried_again_and_a_forbidden_address_halts():
    """What cannot change by itself waits for an operator."""
    assert attempt(CallFailed("no answer within 1 s"))[0] == Failed("no answer within 1 s")
    assert attempt(Forbidden("inner network"))[0] == Halted("inner network")


def test_a_target_that_left_the_settings_is_halted():
    """Its messages are kept."""
    sender = Sender({}, {}, Recorder(Answer(200, {}, b"")), lambda: 0)
    assert asyncio.run(sender.deliver(Outgoing("x/1", "x", "c", b""))) == Halted("not in webhooks.yaml")


def test_all_problems_of_the_file_are_told_at_once(tmp_path: Path):
    """Each with its place; a secret in clear text is one of them."""
    file = tmp_path / "webhooks.yaml"
    file.write_text(
        "networks: [10.0.0.1/8]\ntargets:\n  a: {url: ftp://x, secrets: [whsec_abc], since: 2026-11-01}\n"
    )
    with pytest.raises(Misconfigured) as caught:
        read_webhooks(file, ("dispatch.city",))
    told = "\n".join(caught.value.problems)
    for place in ("networks.0", "targets.a.url", "targets.a.secrets.0", "targets.a.since"):
        assert place in told
    assert "whsec_abc" not in told


def test_a_topic_that_is_not_for_departments_is_refused(tmp_path: Path):
    """Raw messages and personal data are not among those that a target may name."""
    file = tmp_path / "webhooks.yaml"
    file.write_text(
        "targets: {a: {url: 'https://x', secrets: ['env:A'], since: '2026-11-01T00:00:00+08:00',"
        " topics: [raw.hotline]}}"
    )
    with pytest.raises(Misconfigured, match=r"targets\.a\.topics: raw\.hotline is none of dispatch\.city"):
        read_webhooks(file, ("dispatch.city",))


def test_the_example_in_the_city_folder_is_in_order_and_has_no_target():
    """What a new city copies can be read."""
    root = Path(__file__).parents[4]
    assert read_webhooks(root / "deploy/cities/qiqihar/webhooks.yaml", ()).targets == {}
