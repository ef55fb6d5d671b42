"""The page behind a QR code, without Kafka: every answer a citizen can get."""

import asyncio
import logging
import re
from html.parser import HTMLParser

import pytest

from connectors.citizen.photos import LARGEST_PHOTO_BYTES
from hub.domain.errors import Unavailable
from tests.unit.connectors.citizen.conftest import JPEG, NOW_MS, PLACE, number_in, token_in


def test_the_page_is_one_file_for_everybody(hall):
    """No other host, no script from elsewhere, a label for each field; small; nobody else may frame or keep it."""
    answer = hall.ask("GET", hall.address)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "社区230202001001<small>QRC-230202001001-018</small>" in answer.text
    assert not re.search(r"""(?:src|href|url\()=?["']?(?:https?:)?//""", answer.text)
    assert len(answer.content) < 16_000
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "private, no-cache"
    labels = Labels()
    labels.feed(answer.text)
    assert labels.fields - {"form"} == {"category", "description", "photo", "phone"}
    assert labels.fields - {"form"} <= labels.labelled


def test_a_report_becomes_a_push_of_the_grid(hall):
    """Number, time, grid, category, text, photo, phone, QR code; the photo lies in the folder as named."""
    answer = hall.send(hall.form(), JPEG, phone="130 0000 1234", anonymous="1")

    assert answer.status_code == 200
    (pushed,) = hall.pushed()
    (photo,) = pushed.pop("images")
    assert pushed == {
        "reportNo": number_in(answer.text),
        "reportTime": "2026-11-18 19:06:40",
        "channel": "qr",
        "gridCode": PLACE.area,
        "category": "公共设施->路灯损坏",
        "description": "楼前路灯坏了三天",
        "reporterPhone": "13000001234",
        "anonymous": True,
        "qrCodeId": PLACE.qr_id,
    }
    name = photo.removeprefix("obj://photos/")
    assert (hall.folder / "photos" / name[:2] / name).read_bytes() == JPEG
    assert hall.counted("qr") == {"shown": 1, "filed": 1}


def test_the_same_form_again_has_the_same_number_and_is_not_sent_again(hall):
    """Also much later, and with other words; a new form has another number."""
    form = hall.form()
    first = hall.send(form)
    hall.now_ms += 3_600_000
    again = hall.send(form, description="别的内容，别的内容")
    other = hall.send(hall.form())

    assert number_in(first.text) == number_in(again.text) != number_in(other.text)
    assert "已经受理过" in again.text
    assert len(hall.shelf.records) == 2
    assert hall.counted("qr")["again"] == 1


def test_a_double_click_is_one_report(hall):
    """The second waits for the first and is told the same number."""
    form = hall.form()

    async def twice():
        hall.shelf.gate = asyncio.Event()
        fields = {"form": form, "category": "G0201", "description": "楼前路灯坏了三天"}
        async with hall.client() as client:
            posts = [
                asyncio.create_task(client.post(hall.address, data=fields, files={"photo": ("", b"")}))
                for _ in range(2)
            ]
            await asyncio.sleep(0.1)
            assert not any(post.done() for post in posts)
            hall.shelf.gate.set()
            return await asyncio.gather(*posts)

    first, second = asyncio.run(twice())
    assert number_in(first.text) == number_in(second.text)
    assert len(hall.shelf.records) == 1


def test_while_kafka_is_away_nothing_is_lost_that_was_typed(hall):
    """503 with the form as filled in, photo included; sent again later it is one report of the first instant."""
    form = hall.form()
    hall.shelf.failure = Unavailable("away")
    away = hall.send(form, JPEG, phone="13000001234", description="井盖 <没了> & 危险")
    hall.shelf.failure = None
    hall.now_ms += 60_000
    kept = re.findall('name="kept" value="([^"]+)"', away.text)
    answer = hall.send(token_in(away.text), kept=kept, description="井盖 <没了> & 危险")

    assert away.status_code == 503
    assert away.headers["retry-after"]
    assert token_in(away.text) == form
    assert "井盖 &lt;没了&gt; &amp; 危险</textarea>" in away.text
    assert 'value="13000001234"' in away.text
    assert '<option value="G0201" selected>' in away.text
    assert answer.status_code == 200
    (pushed,) = hall.pushed()
    assert len(pushed["images"]) == 1
    assert pushed["reportTime"] == "2026-11-18 19:06:40"


def test_a_report_that_may_be_in_kafka_is_the_same_to_the_byte_when_sent_again(hall, new_hall):
    """Killed between Kafka's acknowledgement and the memory of it: unify gets an equal record and drops it."""
    form = hall.form()
    hall.send(form, JPEG)
    hall.memory._database.execute("UPDATE reports SET is_filed = 0")
    later = new_hall(now_ms=NOW_MS + 5_000)
    later.send(form, JPEG)

    assert later.shelf.records[0].value == hall.shelf.records[0].value


@pytest.mark.parametrize("cause", ["paused", "disk"])
def test_what_cannot_be_taken_is_not(hall, cause: str):
    """Source paused, disk full: 503, the form kept."""
    form = hall.form()
    if cause == "paused":
        hall.paused.add("grid")
    else:
        hall.free_bytes = 0

    assert hall.send(form).status_code == 503
    assert hall.shelf.records == []


def test_wrong_fields_are_told_beside_them(hall):
    """All at once, in Chinese, for screen readers too; the rest stays."""
    answer = hall.send(hall.form(), b"<svg onload=alert(1)>", category="", description="坏", phone="123")

    assert answer.status_code == 400
    for field in ("category", "description", "photo", "phone"):
        assert f'id="{field}-mistake"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 4
    assert ">坏</textarea>" in answer.text.replace("\n坏", "坏")
    assert not (hall.folder / "photos").exists()
    assert hall.counted("qr")["invalid"] == 1


def test_photos_have_limits(hall):
    """Too large one and a fourth are told; the good ones stay and need not be chosen again."""
    large = hall.send(hall.form(), JPEG + b"0" * LARGEST_PHOTO_BYTES, JPEG)
    four = hall.send(hall.form(), *(JPEG + bytes([number]) for number in range(4)))

    assert "照片太大" in large.text
    assert large.text.count('name="kept"') == 1
    assert "最多 3 张" in four.text
    assert four.text.count('name="kept"') == 3


def test_a_kept_photo_cannot_be_claimed(hall):
    """Only those that this form has uploaded: not another's by its hash."""
    mine = hall.send(hall.form(), JPEG, category="")
    (stamped,) = re.findall('name="kept" value="([^"]+)"', mine.text)
    other = hall.form()
    for claimed in (stamped, stamped.partition("~")[0], stamped.partition("~")[0] + "~zz", "../../token.key~00"):
        hall.send(other, kept=[claimed], description="另一个人的另一件事情")

    assert all("images" not in pushed for pushed in hall.pushed())


def test_a_forged_place_is_not_found(hall):
    """404 in Chinese, before anything of a form is read."""
    shown = hall.ask("GET", "/report/NOTAPLACE")
    sent = hall.send(hall.form(), code=hall.code[:-4] + "AAAA")

    for answer in (shown, sent):
        assert answer.status_code == 404
        assert "二维码无效" in answer.text
    assert hall.shelf.records == []


def test_only_a_form_that_the_hub_gave_out_is_taken(hall):
    """Without a token, with another's, with one too old: the form again with a new token, nothing filed."""
    old = hall.form()
    hall.now_ms += 13 * 3_600_000
    answers = [hall.send(""), hall.send("x" * 32), hall.send(old)]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert hall.shelf.records == []
    assert number_in(hall.send(token_in(answers[-1].text)).text)
    assert hall.counted("qr")["expired"] == 1


def test_an_address_cannot_flood(new_hall):
    """429 with the seconds to wait."""
    hall = new_hall(reports_at_once=2)
    form = hall.form()
    answers = [hall.send(form) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"].isdigit()
    assert "太频繁" in answers[-1].text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/x-www-form-urlencoded"}, b"form=x", 400),
        ({"content-type": "multipart/form-data"}, b"x", 400),
        ({"content-type": "multipart/form-data; boundary=b"}, b"--b\r\ngarbage", 400),
        ({"content-type": "multipart/form-data; boundary=b"}, b"", 400),
    ],
)
def test_what_is_no_form_is_a_page_too(hall, headers: dict, body: bytes, status: int):
    """In Chinese; no trace of an error of the hub."""
    answer = hall.ask("POST", hall.address, headers=headers, content=body)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_too_much_is_not_read_to_its_end(hall):
    """413 once more has come than is read."""

    async def endless():
        yield b'--b\r\ncontent-disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
        while True:
            yield b"0" * 1_000_000

    answer = hall.ask(
        "POST", hall.address, headers={"content-type": "multipart/form-data; boundary=b"}, content=endless()
    )
    assert answer.status_code == 413
    assert "照片太大" in answer.text


def test_neither_log_nor_metrics_tell_who_or_what(hall, caplog):
    """Filed, wrong and away: no phone, no text."""
    caplog.set_level(logging.DEBUG)
    form = hall.form()
    hall.shelf.failure = Unavailable("away")
    hall.send(form, phone="13000001234", description="张三家门口堵了")
    hall.shelf.failure = None
    hall.send(form, phone="13000001234", description="张三家门口堵了")
    hall.send(hall.form(), phone="1300000123", description="张三家门口堵了")
    said = caplog.text + str([sample for family in hall.registry.collect() for sample in family.samples])

    assert "not taken" in said
    for secret in ("1300000", "张三", "堵了", "127.0.0.1"):
        assert secret not in said


class Labels(HTMLParser):
    """Names of the fields of a page, and those of them that have a label of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: set[str] = set()
        self.labelled: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("input", "select", "textarea") and given.get("type") != "checkbox":
            self.fields.add(given["name"] or "")
        if tag == "label" and given.get("for"):
            self.labelled.add(given["for"] or "")
