"""What the public account does with a message: words become a report, a photo or position waits for the words."""

import asyncio
import logging
import math
from collections import OrderedDict
from dataclasses import dataclass

from connectors.citizen.fields import LONGEST_TEXT, SHORTEST_TEXT, plain
from connectors.citizen.filing import Filed, Filing
from connectors.citizen.filing import Message as Push
from connectors.citizen.forms import report_number
from connectors.citizen.metrics import Outcome
from connectors.citizen.photos import MOST_PHOTOS
from connectors.citizen.stamps import Stamps
from connectors.citizen.visitors import Visitors
from connectors.citizen.wechat.messages import Message
from hub.domain.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

ANSWER_SECONDS = 4.0
"""WeChat waits five, then sends the message again."""

_ATTEMPTS = 3
_MOST_ATTEMPTED = 10_000
_MESSAGES_PER_SECOND, _MESSAGES_AT_ONCE = 0.1, 20
_PHOTO, _POSITION = "photo", "position"
# A position's parts, joined: longitude, latitude, what the map calls it.
_SEPARATOR = "\x1f"
_LONGEST_ADDRESS = 200

WELCOME = (
    "您好，这里是吹哨报到。看到身边的问题，请直接发文字告诉我们：在哪里、出了什么问题。"
    "可以先发照片和位置，再发文字说明，合成一件受理。收到后会回复受理编号。紧急危险请拨打 110、119、120。"
)
_MORE = "已收到{what}。请再发一段文字说明：在哪里、出了什么问题（30 分钟内有效），我们就为您受理并回复编号。"
_DONE = "已受理，编号 {number}。我们会尽快派单处置，查询时请报编号。感谢您的反映！"
_SHORT = f"请写得具体一些（至少 {SHORTEST_TEXT} 个字）：在哪里、出了什么问题。"
_LONG = f"内容太长了，请控制在 {LONGEST_TEXT} 个字以内再发一次。"
_OTHER = "目前只能受理文字、照片和位置。请直接发文字说明：在哪里、出了什么问题。"
_AWAY = "系统暂时不能受理，这条没有收下，请过几分钟再发一次；着急请拨打 12345。"
_OFTEN = "消息发得太快了，这条没有受理，请过一会儿再发。"


@dataclass(slots=True, frozen=True)
class Said:
    """What the user is answered; None: nothing now, WeChat shall send the message again."""

    text: str | None
    outcome: Outcome


class Account:
    """One public account. For one event loop."""

    def __init__(
        self,
        token: str,
        filing: Filing,
        stamps: Stamps,
        users: Visitors | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.token = token
        self.filing = filing
        self._stamps = stamps
        self._users = users or Visitors(_MESSAGES_PER_SECOND, _MESSAGES_AT_ONCE)
        self._answer_seconds = answer_seconds
        self._attempts: OrderedDict[bytes, int] = OrderedDict()

    async def take(self, message: Message) -> Said:
        """What to answer, within the time that WeChat waits."""
        # Nothing that is kept here tells who it was.
        person = self._stamps.sign("wechat", message.to_user.encode(), message.from_user.encode())
        key = b"wechat\0" + self._stamps.sign("message", message.to_user.encode(), message.identity.encode())
        match message.type:
            case "text":
                return await self._words(message, person, key)
            case "image":
                uri = message.text("PicUrl") or f"obj://wechat/{message.text('MediaId')}"
                return self._kept(person, key, _PHOTO, uri, "照片")
            case "location":
                return self._position(message, person, key)
            case "event":
                greets = message.text("Event").lower() == "subscribe"
                return Said(WELCOME if greets else "", Outcome.TALK)
            case _:
                return Said(_OTHER, Outcome.TALK)

    async def _words(self, message: Message, person: bytes, key: bytes) -> Said:
        text = plain(message.text("Content"))
        if len(text) < SHORTEST_TEXT:
            return Said(_SHORT, Outcome.INVALID)
        if len(text) > LONGEST_TEXT:
            return Said(_LONG, Outcome.INVALID)
        attempt = self._attempt(key)
        if attempt == 1 and not self.filing.memory.is_filed(key) and self._users.wait_of(person.hex()) > 0:
            return Said(_OFTEN, Outcome.LIMITED)
        # By what WeChat itself gives, so that a message sent again has the same number.
        number = report_number("WX", key, message.created * 1000, self.filing.zone)
        try:
            async with asyncio.timeout(self._answer_seconds):
                filed = await self._file(key, number, message, text, person)
        except (Unavailable, TimeoutError) as away:
            log.warning("a message of WeChat was not taken at attempt %d (%s)", attempt, type(away).__name__)
            return Said(_AWAY if attempt >= _ATTEMPTS else None, Outcome.UNAVAILABLE)
        except Rejected as rejected:
            log.error("the grid source rejects what WeChat sends: %s in %s", rejected.reason, rejected.field)
            return Said(_AWAY, Outcome.FAILED)
        self._attempts.pop(key, None)
        return Said(_DONE.format(number=filed.number), Outcome.AGAIN if filed.is_again else Outcome.FILED)

    async def _file(self, key: bytes, number: str, message: Message, text: str, person: bytes) -> Filed:
        waiting = self.filing.memory.waiting(person, self.filing.now_ms())
        push: Push = {
            "channel": "wechat",
            "description": text,
            "images": [value for kind, value in waiting if kind == _PHOTO][-MOST_PHOTOS:],
            "openId": message.from_user,
            **_place(waiting),
        }
        return await self.filing.file(key, number, push, person=person)

    def _position(self, message: Message, person: bytes, key: bytes) -> Said:
        east, north = message.text("Location_Y"), message.text("Location_X")
        if not (_is_degrees(east, 180) and _is_degrees(north, 90)):
            return Said(_OTHER, Outcome.INVALID)
        address = plain(message.text("Label")).replace(_SEPARATOR, "")[:_LONGEST_ADDRESS]
        return self._kept(person, key, _POSITION, _SEPARATOR.join((east, north, address)), "位置")

    def _kept(self, person: bytes, key: bytes, kind: str, value: str, what: str) -> Said:
        try:
            self.filing.memory.wait(key, person, kind, value, self.filing.now_ms())
        except Unavailable as away:
            log.warning("%s", away)
            return Said(_AWAY, Outcome.UNAVAILABLE)
        return Said(_MORE.format(what=what), Outcome.KEPT)

    def _attempt(self, key: bytes) -> int:
        self._attempts[key] = self._attempts.pop(key, 0) + 1
        if len(self._attempts) > _MOST_ATTEMPTED:
            self._attempts.popitem(last=False)
        return self._attempts[key]


def _place(waiting: list[tuple[str, str]]) -> dict[str, str]:
    """The last position: WeChat's maps are in GCJ-02."""
    positions = [value for kind, value in waiting if kind == _POSITION]
    if not positions:
        return {}
    east, north, address = positions[-1].split(_SEPARATOR)
    return {"lng": east, "lat": north, "crs": "GCJ02", "address": address}


def _is_degrees(text: str, most: int) -> bool:
    try:
        degrees = float(text)
    except ValueError:
        return False
    return math.isfinite(degrees) and abs(degrees) <= most
