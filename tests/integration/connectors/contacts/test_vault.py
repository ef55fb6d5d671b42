"""The contact vault on a real Kafka: reveal, delete, rotate, and what each leaves on record."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from connectors.contacts.copy import DELETED, VaultCopy, subject_of
from connectors.contacts.keyring import Keyring
from connectors.contacts.revealing import ROLE, Revealing
from connectors.contacts.router import contacts_router
from connectors.contacts.writing import VaultWriter
from connectors.feed import Feed
from connectors.http.app import create_app
from connectors.tokens import TokenBook
from hub.auditing import Act, AuditLog
from hub.domain.audit import is_chained
from hub.domain.errors import Unavailable
from hub.domain.identity import contact_token
from hub.reading import Reader
from schemas.codec import codec

pytestmark = pytest.mark.integration

PHONE, OPEN_ID = "13000001234", "wechat:oFAKE0000wxopenid0003"
RECEIVED = 1_794_000_000_000
KEYS = {"k1": b"1" * 32}


class Site:
    """One vault with its topics, a hub clock that stands still, and an HTTP edge."""

    def __init__(self, kafka: str, vault: str, audit: str, folder: Path) -> None:
        self.kafka, self.vault, self.audit = kafka, vault, audit
        self.now = RECEIVED + 1000
        self.keys = dict(KEYS)
        self.folder = folder
        self.book = TokenBook(folder / "tokens.db")
        self.log = AuditLog(kafka, audit, 2, codec(), lambda: self.now)
        self.registry = CollectorRegistry()
        self.is_audit_away = False
        self.copy = self.open_copy("contacts")
        revealing = Revealing(self.copy, self.keyring, self.record, self.registry)
        self.app = create_app([contacts_router(revealing, self.book)])

    def keyring(self) -> Keyring:
        return Keyring(self.keys)

    def record(self, subject: str, actor: str, action: str, reason: str, details: dict[str, str]) -> None:
        if self.is_audit_away:
            raise Unavailable("the audit log cannot be written")
        self.log.write(Act(subject, actor, action, reason, details))

    def open_copy(self, name: str) -> VaultCopy:
        return VaultCopy(
            self.folder / f"{name}.db",
            vault_topic=self.vault,
            audit_topic=self.audit,
            open_feed=lambda positions: Feed(self.kafka, (self.vault, self.audit), 2, positions),
            decode=codec().decode,
        )

    def put(self, contact: str, received_at: int = RECEIVED) -> str:
        """As unify does."""
        token = contact_token(b"t" * 32, contact)
        record = {"token": token, "received_at": received_at, **self.keyring().seal(token, contact)}
        producer = Producer({"bootstrap.servers": self.kafka, "partitioner": "murmur2_random"})
        producer.produce(self.vault, codec().encode("VaultedContact", record), token.encode())
        assert producer.flush(10) == 0
        return token

    def writer(self) -> VaultWriter:
        return VaultWriter(self.kafka, self.vault, codec().encode)

    def delete(self, token: str, at: int) -> None:
        """As `hub contacts delete` does."""
        self.now = at
        writer = self.writer()
        self.record(subject_of(token), "operator", DELETED, "本人要求删除", {})
        writer.delete(token)

    def rotate(self):
        writer = self.writer()
        copy = self.open_copy("rotate")
        copy.catch_up()
        done = writer.rotate(copy, self.keyring())
        copy.close()
        return done

    async def ask(self, token: str, credential: str | None, body: object = None) -> httpx.Response:
        headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
        asked = {"reason": "回访", "case_id": "hotline:HL2026111000017"} if body is None else body
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.post(f"/v1/contacts/{token}/reveal", json=asked, headers=headers)

    def audited(self) -> list[dict]:
        with Reader(self.kafka) as reader:
            return [codec().decode(one.value) for one in reader.scan(self.audit)]

    def stored(self) -> dict[bytes, bytes | None]:
        with Reader(self.kafka) as reader:
            return {one.key: one.value for one in reader.scan(self.vault)}

    def count(self, outcome: str) -> float | None:
        return self.registry.get_sample_value("hub_edge_contact_reveals_total", {"outcome": outcome})


@pytest.fixture
def site(kafka: str, new_topic: Callable[..., str], tmp_path: Path) -> Site:
    compacted = {"cleanup.policy": "compact"}
    return Site(kafka, new_topic("vault", 2, **compacted), new_topic("audit", 2), tmp_path)


@pytest.fixture
def credential(site: Site) -> str:
    return site.book.issue("王芳", ROLE, RECEIVED)[0]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_the_call_back_role_sees_a_phone_and_it_is_on_record(site: Site, credential: str) -> None:
    """Who, which token, why, for which case, by which credential; chained; no cache may keep the answer."""
    token = site.put(PHONE)

    first = await site.ask(token, credential)
    second = await site.ask(token, credential)

    assert first.json() == {"token": token, "kind": "phone", "contact": PHONE}
    assert first.headers["cache-control"] == "no-store"
    assert second.status_code == 200
    records = site.audited()
    assert [(one["subject"], one["actor"], one["action"], one["reason"]) for one in records] == [
        (f"contact/{token}", "王芳", "contact.reveal", "回访")
    ] * 2
    assert records[0]["details"] == {
        "outcome": "revealed",
        "credential": credential.split(".")[0],
        "case": "hotline:HL2026111000017",
    }
    assert is_chained(records)
    assert PHONE not in str(records)
    assert site.count("revealed") == 2


@pytest.mark.anyio
async def test_a_wechat_contact_is_told_as_one(site: Site, credential: str) -> None:
    """An openId is no phone number: whoever calls back must know."""
    answer = await site.ask(site.put(OPEN_ID), credential)

    assert answer.json()["kind"] == "wechat"
    assert answer.json()["contact"] == "oFAKE0000wxopenid0003"


@pytest.mark.anyio
async def test_without_the_audit_log_there_is_no_number(site: Site, credential: str) -> None:
    """503, to be tried again; not a digit of the contact in the answer."""
    token = site.put(PHONE)
    site.is_audit_away = True

    answer = await site.ask(token, credential)

    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "1300000" not in answer.text
    assert (site.count("unavailable"), site.audited()) == (1, [])


@pytest.mark.anyio
async def test_nobody_else_sees_anything(site: Site, credential: str) -> None:
    """No credential, a wrong one, a revoked one: 401. One of another role: 403. None is told whether it exists."""
    token = site.put(PHONE)
    revoked, issued = site.book.issue("李强", ROLE, RECEIVED)
    site.book.revoke(issued.id, RECEIVED)
    other, _ = site.book.issue("赵敏", "board", RECEIVED)

    statuses = [(await site.ask(token, one)).status_code for one in (None, "nonsense", revoked, other)]
    unknown = [(await site.ask("0" * 32, one)).status_code for one in (None, "nonsense", revoked, other)]

    assert statuses == unknown == [401, 401, 401, 403]
    assert site.audited() == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "回访", "case_id": "no such form"}, "case_id"),
        ({"reason": "回访", "number": "13000001234"}, "number"),
        ([], "body"),
    ],
)
async def test_a_reason_is_needed_and_bounded(site: Site, credential: str, body: object, field: str) -> None:
    """400 names the field and repeats nothing of what was sent."""
    answer = await site.ask(site.put(PHONE), credential, body)

    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert "1300000" not in answer.text


@pytest.mark.anyio
async def test_a_number_in_the_reason_stays_out_of_the_audit_log(site: Site, credential: str) -> None:
    """Staff write what they please; the log is kept for ever."""
    await site.ask(
        site.put(PHONE), credential, {"reason": "来电人１３００００００００７要求回电，证号23029919000101000X"}
    )

    assert site.audited()[0]["reason"] == "来电人[PHONE]要求回电，证号[ID]"


@pytest.mark.anyio
async def test_a_token_that_nobody_has_is_not_found_and_that_is_on_record_too(site: Site, credential: str) -> None:
    """404; a path that is no token at all is refused before anything is looked up."""
    assert (await site.ask("0" * 32, credential)).status_code == 404
    assert (await site.ask("13000001234", credential)).status_code == 400

    assert [one["details"]["outcome"] for one in site.audited()] == ["unknown"]


@pytest.mark.anyio
async def test_a_deleted_person_is_gone_until_they_report_again(site: Site, credential: str) -> None:
    """410 after the tombstone, and for what unify wrote late of an older report; a new report is a new consent."""
    token = site.put(PHONE, received_at=RECEIVED)
    site.delete(token, at=RECEIVED + 5000)

    assert (await site.ask(token, credential)).status_code == 410
    site.put(PHONE, received_at=RECEIVED + 4000)
    assert (await site.ask(token, credential)).status_code == 410
    site.put(PHONE, received_at=RECEIVED + 6000)
    assert (await site.ask(token, credential)).json()["contact"] == PHONE


@pytest.mark.anyio
async def test_a_lost_copy_is_built_anew_and_still_knows_who_was_deleted(site: Site, credential: str) -> None:
    """The audit log remembers, also when compaction has taken the tombstone."""
    kept, deleted = site.put(PHONE), site.put(OPEN_ID)
    site.delete(deleted, at=RECEIVED + 5000)

    fresh = site.open_copy("fresh")
    fresh.catch_up()

    assert fresh.find(kept).record["token"] == kept
    assert (fresh.find(deleted).record, fresh.find(deleted).is_deleted) == (None, True)
    assert fresh.find("0" * 32).is_deleted is False


@pytest.mark.anyio
async def test_the_copy_holds_ciphertext_alone(site: Site, credential: str) -> None:
    """Also after reveals, in its journal as well."""
    token = site.put(PHONE)
    assert (await site.ask(token, credential)).status_code == 200

    files = [file.read_bytes() for file in site.folder.iterdir()]
    assert any(token.encode() in kept for kept in files)
    assert not any(b"1300000" in kept for kept in files)


@pytest.mark.anyio
async def test_a_rotation_leaves_no_record_of_an_old_key_and_sweeps_out_the_deleted(
    site: Site, credential: str
) -> None:
    """Then the old key can go, and everything is still revealed; running it again changes nothing."""
    tokens = [site.put(f"1300000{number:04d}") for number in range(12)]
    site.delete(tokens[0], at=RECEIVED + 5000)
    site.put("13000000000", received_at=RECEIVED)
    site.keys = {"k2": b"2" * 32, **KEYS}
    tokens.append(site.put(PHONE))

    done = site.rotate()
    again = site.rotate()

    assert (done.renewed, done.current, done.swept) == (11, 1, 1)
    assert (again.renewed, again.current, again.swept) == (0, 12, 0)
    del site.keys["k1"]
    assert {codec().decode(value)["key_id"] for value in site.stored().values() if value} == {"k2"}
    assert (await site.ask(tokens[5], credential)).json()["contact"] == "13000000005"
    assert (await site.ask(tokens[0], credential)).status_code == 410


def test_a_deletion_ends_a_rotation_that_is_under_way(site: Site) -> None:
    """What the rotation had read must not come back after the tombstone."""
    token = site.put(PHONE)
    site.keys = {"k2": b"2" * 32, **KEYS}
    rotating = site.writer()
    copy = site.open_copy("rotate")
    copy.catch_up()

    site.delete(token, at=RECEIVED + 5000)

    with pytest.raises(Unavailable, match="run it again"):
        rotating.rotate(copy, site.keyring())
    assert site.stored() == {token.encode(): None}


@pytest.mark.anyio
async def test_a_missing_key_is_no_empty_answer(site: Site, credential: str) -> None:
    """503 until the operator puts the key back; nothing is on record as revealed."""
    token = site.put(PHONE)
    site.keys = {"k9": b"9" * 32}
    site.app = create_app(
        [contacts_router(Revealing(site.copy, site.keyring, site.record, CollectorRegistry()), site.book)]
    )

    assert (await site.ask(token, credential)).status_code == 503
    assert site.audited() == []
