"""The WeChat account, without Kafka: what a user is answered, and what becomes a report."""

import asyncio
import logging
import re
from xml.etree import ElementTree

from hub.domain.errors import Unavailable
from tests.unit.connectors.citizen.conftest import NOW_MS, TOKEN
from tests.unit.connectors.citizen.test_wechat_messages import signed

USER = "oia2TjuEGTNoeX76QEjQNrcURxG8"


def message(kind: str, number: int, user: str = USER, **elements: str) -> str:
    """A message of a user."""
    given = {"ToUserName": "gh_7f083739789a", "FromUserName": user, "MsgType": kind, **elements}
    parts = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in given.items())
    return f"<xml>{parts}<CreateTime>{NOW_MS // 1000}</CreateTime><MsgId>{10**15 + number}</MsgId></xml>"


def words(number: int, text: str = "楼下井盖没了，快来看看", user: str = USER) -> str:
    """A text message."""
    return message("text", number, user, Content=text)


def said(answer) -> str:
    """What the user is shown."""
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.content).findtext("Content") or ""


def number_of(answer) -> str:
    """The case number in a reply."""
    found = re.search("WX[0-9]{8}-[0-9A-Z]{5}-[0-9A-Z]{5}", said(answer))
    assert found is not None, answer.text
    return found[0]


def test_wechat_proves_the_address(hall):
    """echostr comes back for a right signature, 403 for a wrong one."""
    right = hall.ask("GET", "/v1/wechat", params={**signed(str(NOW_MS // 1000), "n"), "echostr": "6017"})
    wrong = hall.ask("GET", "/v1/wechat", params={**signed(str(NOW_MS // 1000), "n", "x"), "echostr": "6017"})

    assert (right.status_code, right.text) == (200, "6017")
    assert wrong.status_code == 403
    assert "6017" not in wrong.text


def test_a_text_is_a_report_and_is_answered_with_its_number(hall):
    """A push of the grid with channel wechat and the openId."""
    answer = hall.wechat(words(1))

    assert hall.pushed() == [
        {
            "reportNo": number_of(answer),
            "reportTime": "2026-11-18 19:06:40",
            "channel": "wechat",
            "description": "楼下井盖没了，快来看看",
            "openId": USER,
        }
    ]


def test_a_message_sent_again_is_one_report(hall):
    """Same number, published once; another message has another number."""
    first, again, other = hall.wechat(words(1)), hall.wechat(words(1)), hall.wechat(words(2))

    assert number_of(first) == number_of(again) != number_of(other)
    assert len(hall.shelf.records) == 2
    assert hall.counted("wechat") == {"filed": 2, "again": 1}


def test_photo_and_position_go_with_the_words(hall):
    """Of that user alone, in one report; used up with it."""
    photo = message("image", 1, PicUrl="http://mmbiz.qpic.cn/a/0", MediaId="M1")
    position = message("location", 2, Location_X="47.317", Location_Y="123.957", Scale="15", Label="松涛小区")
    assert "照片" in said(hall.wechat(photo))
    assert "照片" in said(hall.wechat(photo))
    assert "位置" in said(hall.wechat(position))
    hall.wechat(words(3, user="another"))
    hall.wechat(words(4))
    hall.wechat(words(5))
    other, mine, next_one = hall.pushed()

    assert mine["images"] == ["http://mmbiz.qpic.cn/a/0"]
    assert (mine["lng"], mine["lat"], mine["crs"], mine["address"]) == ("123.957", "47.317", "GCJ02", "松涛小区")
    for one in (other, next_one):
        assert "images" not in one
        assert "lng" not in one


def test_a_photo_waits_for_half_an_hour(hall):
    """Then the words are another matter."""
    hall.wechat(message("image", 1, PicUrl="http://mmbiz.qpic.cn/a/0"))
    hall.now_ms += 31 * 60_000
    hall.wechat(words(2))

    assert "images" not in hall.pushed()[0]


def test_who_follows_is_welcomed_and_others_are_told_what_to_do(hall):
    """Event subscribe; other events are taken in silence; voice, short and long texts get a hint."""
    assert "吹哨报到" in said(hall.wechat(message("event", 1, Event="subscribe")))
    assert hall.wechat(message("event", 2, Event="unsubscribe")).text == "success"
    assert "文字" in said(hall.wechat(message("voice", 3, MediaId="M")))
    assert "具体" in said(hall.wechat(words(4, "灯坏")))
    assert "500" in said(hall.wechat(words(5, "灯" * 501)))
    assert hall.shelf.records == []


def test_kafka_away_is_told_at_the_last_attempt(hall):
    """First nothing, so that WeChat sends it again; then the user is told that it was not taken."""
    hall.shelf.failure = Unavailable("away")
    answers = [hall.wechat(words(1)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert "没有收下" in said(answers[-1])


def test_a_slow_kafka_is_answered_with_the_next_attempt(hall):
    """The reply does not wait longer than WeChat does; what was begun goes on, once."""

    async def slowly():
        hall.shelf.gate = asyncio.Event()
        async with hall.client() as client:
            query = signed(str(NOW_MS // 1000), "n", TOKEN)
            first = await client.post("/v1/wechat", params=query, content=words(1).encode())
            hall.shelf.gate.set()
            return first, await client.post("/v1/wechat", params=query, content=words(1).encode())

    first, second = asyncio.run(slowly())
    assert first.status_code == 503
    assert number_of(second)
    assert len(hall.shelf.records) == 1


def test_others_than_wechat_are_refused_unread(hall):
    """A wrong signature, a DOCTYPE, too much."""
    assert hall.wechat(words(1), token="x").status_code == 403
    assert hall.wechat('<!DOCTYPE xml [<!ENTITY a "b">]>' + words(1)).status_code == 400
    assert hall.wechat(words(1, "x" * 70_000)).status_code == 413
    assert hall.shelf.records == []


def test_neither_log_nor_metrics_nor_memory_tell_who(hall, caplog):
    """No openId and no text, with Kafka there and away, readable or not."""
    caplog.set_level(logging.DEBUG)
    hall.wechat(message("image", 1, PicUrl="http://mmbiz.qpic.cn/a/0"))
    hall.shelf.failure = Unavailable("away")
    hall.wechat(words(2))
    hall.wechat(words(3)[:-4])
    files = b"".join(file.read_bytes() for file in hall.folder.rglob("*") if file.is_file())
    told = caplog.text + str([sample for family in hall.registry.collect() for sample in family.samples])

    assert "not taken" in told
    assert USER not in told
    assert "井盖" not in told
    assert USER.encode() not in files
