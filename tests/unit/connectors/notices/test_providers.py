"""What is asked of a provider, what its answers mean, and whose number goes where."""

import asyncio
import json
from pathlib import Path

import pytest

from connectors.calls import Answer, CallFailed, Forbidden
from connectors.notices.contacts import Contacts, read_contacts
from connectors.notices.messages import Maker, unpacked
from connectors.notices.providers import HttpGateway, outcome_of
from connectors.notices.reports import Report, ReportBook, read_page
from connectors.notices.settings import HttpProvider, Notices, Reports, read_notices
from connectors.outbox import Delivered, Failed, Halted, Parked
from hub.domain.errors import Misconfigured, Unavailable
from schemas.codec import codec

PHONE = "13900000017"
ID = "a" * 32


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    file = tmp_path / "contacts.csv"
    file.write_text(f"recipient,phone\nEP-230203-0117,{PHONE}\n")
    return file


def provider(**more) -> HttpProvider:
    return HttpProvider.model_validate({"url": "https://sms.test/v1", "contacts": "file:contacts.csv", **more})


class Network:
    """Stands for the network: keeps the request, gives the answer."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer

    async def request(self, method, url, headers=None, body=None):
        self.headers, self.body = headers, json.loads(body)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_the_key_of_a_message_is_the_notice_id(contacts: Path, make_notice):
    """In the header and in the body, under the names that the provider uses; the text is sent as it is."""
    network = Network(Answer(200, {}, b"{}"))
    settings = provider(fields={"to": "mobile", "id": "custid", "text": "content"}, extra={"sign": "齐齐哈尔"})
    gateway = HttpGateway(settings, b"token", Contacts(contacts), network)
    outcome = asyncio.run(gateway.send(make_notice(), None))
    assert outcome == Delivered("answer 200")
    assert network.headers["Idempotency-Key"] == ID
    assert network.headers["Authorization"] == "Bearer token"
    assert network.body == {"sign": "齐齐哈尔", "custid": ID, "mobile": PHONE, "content": make_notice()["text"]}


@pytest.mark.parametrize("answer", [CallFailed("no answer within 1 s"), Answer(500, {}, PHONE.encode())])
def test_no_outcome_holds_a_number(contacts: Path, make_notice, answer, caplog):
    """Neither what is kept nor what is logged, whatever the provider says."""
    outcome = asyncio.run(
        HttpGateway(provider(), None, Contacts(contacts), Network(answer)).send(make_notice(), None)
    )
    assert isinstance(outcome, Failed)
    assert PHONE not in repr(outcome) + caplog.text


def test_without_a_number_the_message_is_parked(contacts: Path, make_notice):
    """An operator completes the file and replays; it is read anew when it has changed."""
    gateway = HttpGateway(provider(), None, Contacts(contacts), Network(Answer(200, {}, b"")))
    notice = make_notice(recipient="JH-ZJ")
    assert isinstance(asyncio.run(gateway.send(notice, None)), Parked)
    contacts.write_text(f"recipient,phone\nJH-ZJ,{PHONE}\n")
    assert isinstance(asyncio.run(gateway.send(notice, None)), Delivered)


def test_an_address_that_is_not_permitted_halts(contacts: Path, make_notice):
    """It does not become right by trying again."""
    gateway = HttpGateway(provider(), None, Contacts(contacts), Network(Forbidden("inner network")))
    assert asyncio.run(gateway.send(make_notice(), None)) == Halted("inner network")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Delivered),
        (202, Delivered),
        (409, Delivered),
        (400, Parked),
        (422, Parked),
        (401, Halted),
        (403, Halted),
        *((status, Failed) for status in (302, 408, 429, 500, 503)),
    ],
)
def test_what_a_status_means(status, kind):
    """409: it has the key already. 400 and 422: never. 401: nothing will be taken. All else: again."""
    assert isinstance(outcome_of(Answer(status, {}, b""), provider(), ID), kind)


RULE = {"field": "code", "taken": ["0"], "known": ["DUP"], "refused": ["BLACKLIST"]}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"code": 0, "message_id": "m1"}, Delivered),
        ({"code": "DUP"}, Delivered),
        ({"code": "BLACKLIST"}, Parked),
        ({"code": "BUSY"}, Failed),
        ({}, Failed),
        ([], Failed),
    ],
)
def test_a_provider_that_answers_200_to_everything_says_by_a_field_what_it_did(body, kind):
    """As many gateways do."""
    outcome = outcome_of(Answer(200, {}, json.dumps(body).encode()), provider(accepted=RULE), ID)
    assert isinstance(outcome, kind)


def test_the_providers_own_reference_is_kept():
    """With it the city asks the provider; it is bounded."""
    body = json.dumps({"message_id": "m" * 500}).encode()
    assert outcome_of(Answer(200, {}, body), provider(), ID) == Delivered("answer 200", "m" * 100)


def test_an_answer_to_another_message_is_none():
    """A provider that mixes up its answers does not make a message count as sent."""
    assert isinstance(outcome_of(Answer(200, {}, b'{"id": "other"}'), provider(), ID), Failed)
    assert isinstance(outcome_of(Answer(200, {}, json.dumps({"id": ID}).encode()), provider(), ID), Delivered)


@pytest.mark.parametrize(
    "text", ["a,b\n", f"recipient,phone\nX,{PHONE}\nX,{PHONE}\n", "recipient,phone\nX,call me\n"]
)
def test_a_bad_contacts_file_is_told_by_its_line_and_not_by_its_content(tmp_path: Path, text: str):
    """Wrong columns, a recipient twice, no number."""
    file = tmp_path / "contacts.csv"
    file.write_text(text)
    with pytest.raises(Misconfigured, match="line") as caught:
        read_contacts(file)
    assert PHONE not in str(caught.value)
    assert "call me" not in str(caught.value)


def test_a_contacts_file_that_is_gone_stops_no_message_for_good(tmp_path: Path):
    """It counts as a failed attempt."""
    with pytest.raises(Unavailable):
        Contacts(tmp_path / "none.csv").phone("X")


def test_each_kind_goes_to_its_channel(make_notice, make_letter, as_record):
    """Entries of the supervision list go nowhere: the list is a view. A kind of a newer hub becomes a task."""
    made = {}
    for kind in ("SMS", "LETTER", "LEADER_FORWARD", "CALL_BACK_TASK", "SUPERVISION_ENTRY", "NEW_KIND"):
        found = list(Maker(Notices(), codec()).messages_of(as_record(make_letter(kind=kind))))
        made[kind] = found[0].target if found else None
    assert made == {
        "SMS": "sms",
        "LETTER": "letter",
        "LEADER_FORWARD": "sms",
        "CALL_BACK_TASK": "task",
        "SUPERVISION_ENTRY": None,
        "NEW_KIND": "task",
    }


def test_a_message_is_the_whole_notice_keyed_by_its_id(make_letter, as_record):
    """The lane is the recipient."""
    (message,) = Maker(Notices(), codec()).messages_of(as_record(make_letter()))
    assert (message.id, message.lane) == (ID, "JH-ZJ")
    assert unpacked(message.payload) == make_letter()


def test_nothing_older_than_since_is_sent(make_notice, as_record):
    """A hub that is upgraded does not send last year's reminders."""
    settings = Notices.model_validate({"since": "2026-11-13T16:20:01+08:00"})
    assert not list(Maker(settings, codec()).messages_of(as_record(make_notice())))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sms: {url: 'https://x', contacts: 'file:/c'}", "since"),
        ("channels: {LETTER: sms}", "channels.LETTER"),
        ("sms: {url: 'https://x', contacts: /etc/contacts.csv}", "sms.contacts"),
        ("smss: {}", "smss"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path: Path, text: str, told: str):
    """With its place and before anything starts."""
    file = tmp_path / "notices.yaml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=told):
        read_notices(file)


def test_a_report_that_comes_twice_or_late_changes_nothing(tmp_path: Path):
    """Each message has one fate; the cursor moves with what was kept."""
    book = ReportBook(tmp_path / "reports.sqlite")
    sent, arrived = Report("1", "under_way", "SENT", "t1"), Report("1", "delivered", "DELIVRD", "t2")
    assert book.keep([sent, sent, arrived, arrived], "c1") == [sent, arrived]
    assert book.keep([sent, Report("1", "failed", "EXPIRED", "t3")], "c2") == []
    assert (book.reports(), book.cursor()) == ([arrived], "c2")


def test_a_page_of_reports_is_read_whole_or_not_at_all():
    """Statuses are the settings' to interpret."""
    settings = Reports(url="https://x")
    page = {"reports": [{"id": "1", "status": "DELIVRD", "at": "t"}, {"id": "2", "status": "UNDELIV", "at": "t"}]}
    found, cursor = read_page(json.dumps({**page, "cursor": 7}).encode(), settings)
    assert [one.fate for one in found] == ["delivered", "failed"]
    assert cursor == "7"
    for bad in (b"", b"[]", b'{"reports": [{}], "cursor": 1}', b'{"reports": []}'):
        with pytest.raises(ValueError):
            read_page(bad, settings)
