"""What the page behind a QR code does with a form: asks it back with what is wrong, or files it."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from connectors.citizen import forms
from connectors.citizen.fields import Report, check, filled
from connectors.citizen.filing import Closed, Filing, Message
from connectors.citizen.metrics import Outcome
from connectors.citizen.pages import Sheet, Spot, done_page, form_page, message_page
from connectors.citizen.photos import MOST_PHOTOS, Photos, uri_of
from connectors.citizen.places import Place, read_place
from connectors.citizen.stamps import Stamps
from connectors.citizen.uploads import Form, Photo, TooLarge, Unreadable, photos_of, read_upload
from connectors.citizen.visitors import Visitors
from hub.domain.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

_CHANNEL = "qr"
_PHOTO = "photo"
# Pages are cheap to give out; reports are work for people.
_PAGES_PER_SECOND, _PAGES_AT_ONCE = 2.0, 120
_REPORTS_PER_SECOND, _REPORTS_AT_ONCE = 0.2, 20
_RETRY_SECONDS = 30
# Of all forms that are being read at once, each with its photos on the disk.
_UPLOADS_AT_ONCE = 24


@dataclass(slots=True, frozen=True)
class Answer:
    """A page, and how it is counted."""

    page: HTMLResponse
    outcome: Outcome


@dataclass(slots=True, frozen=True)
class Desk:
    """What the page needs. `name_of` gives an area code's name for people."""

    stamps: Stamps
    filing: Filing
    photos: Photos
    name_of: Callable[[str], str]
    nonce: Callable[[], bytes] = lambda: secrets.token_bytes(forms.NONCE_BYTES)


class Reporting:
    """The state of the page: who came how often. For one event loop."""

    def __init__(
        self,
        desk: Desk,
        pages: Visitors | None = None,
        reports: Visitors | None = None,
    ) -> None:
        self._desk = desk
        self._pages = pages or Visitors(_PAGES_PER_SECOND, _PAGES_AT_ONCE)
        self._reports = reports or Visitors(_REPORTS_PER_SECOND, _REPORTS_AT_ONCE)
        self._uploads = asyncio.Semaphore(_UPLOADS_AT_ONCE)

    def show(self, code: str, address: str) -> Answer:
        """An empty form."""
        if (wait := self._pages.wait(address)) > 0:
            return _limited(wait)
        place = read_place(code, self._desk.stamps)
        if place is None:
            return _forged()
        return Answer(form_page(Sheet(self._named(place), self._new_form(code))), Outcome.SHOWN)

    async def take(self, code: str, address: str, request: Request) -> Answer:
        """A form that was sent."""
        place = read_place(code, self._desk.stamps)
        if place is None:
            return _forged()
        if (wait := self._reports.wait(address)) > 0:
            return _limited(wait)
        if self._uploads.locked():
            return _limited(2)
        try:
            async with self._uploads, read_upload(request) as form:
                return await self._read(code, place, form)
        except TooLarge:
            text = "这些照片合起来太大，没有收下。请按手机的“返回”键，换小一些的照片再提交。"
            return Answer(message_page(413, "照片太大", text), Outcome.TOO_LARGE)
        except Unreadable:
            text = "没有收到完整的内容，可能是网络中断。请按手机的“返回”键，再提交一次。"
            return Answer(message_page(400, "没有收完整", text, again=""), Outcome.INVALID)

    def forget(self) -> None:
        """Drop memories that have run out; some at a time."""
        self._desk.filing.memory.forget(self._desk.filing.now_ms())

    async def _read(self, code: str, place: Place, form: Form) -> Answer:
        given = filled(form.texts)
        try:
            token = forms.read_form(form.texts.get("form", ""), code, self._desk.filing.now_ms(), self._desk.stamps)
        except forms.Expired:
            notice = "这个页面打开得太久了。内容都还在，请核对后再提交一次；照片需要重新选择。"
            sheet = Sheet(self._named(place), self._new_form(code), given, notice=notice)
            return Answer(form_page(sheet, 400), Outcome.EXPIRED)
        if token is None:
            notice = "这张表单不是本页发出的。内容都还在，请核对后再提交一次；照片需要重新选择。"
            sheet = Sheet(self._named(place), self._new_form(code), given, notice=notice)
            return Answer(form_page(sheet, 400), Outcome.INVALID)
        report, wrong = check(given)
        stamped = [one for one in form.kept if self._is_kept(one, token.id)][:MOST_PHOTOS]
        photos, wrong_photo = await photos_of(form.files, len(stamped))
        if wrong_photo is not None:
            wrong[_PHOTO] = wrong_photo
        sheet = Sheet(self._named(place), form.texts["form"], given, wrong, stamped)
        try:
            names = await self._keep(photos)
        except Unavailable as away:
            return _away(sheet, away)
        # What was uploaded need not be again, whatever else is wrong.
        stamped = list(dict.fromkeys([*stamped, *(self._stamp(name, token.id) for name in names)]))
        sheet = Sheet(sheet.place, sheet.token, given, wrong, stamped)
        if report is None or wrong:
            return Answer(form_page(sheet, 400), Outcome.INVALID)
        return await self._file(sheet, token, _message(place, report, [_name(one) for one in stamped]))

    async def _file(self, sheet: Sheet, token: forms.FormToken, message: Message) -> Answer:
        filing = self._desk.filing
        number = forms.report_number("QR", token.id, token.at_ms, filing.zone)
        try:
            filed = await filing.file(b"qr\0" + token.id, number, message)
        except Unavailable as away:
            return _away(sheet, away)
        except Rejected as rejected:
            log.error("the grid source rejects what the page sends: %s in %s", rejected.reason, rejected.field)
            return Answer(
                form_page(_noticed(sheet, "这一类问题暂时不能在这里反映，请拨打 12345。"), 400), Outcome.FAILED
            )
        page = done_page(sheet.place, filed.number, is_again=filed.is_again)
        return Answer(page, Outcome.AGAIN if filed.is_again else Outcome.FILED)

    async def _keep(self, photos: Sequence[Photo]) -> list[str]:
        return [await asyncio.to_thread(self._desk.photos.keep, one.content, one.kind) for one in photos]

    def _stamp(self, name: str, form: bytes) -> str:
        return f"{name}~{self._desk.stamps.sign(_PHOTO, form, name.encode()).hex()}"

    def _is_kept(self, stamped: str, form: bytes) -> bool:
        name, _, signature = stamped.partition("~")
        try:
            given = bytes.fromhex(signature)
        except ValueError:
            return False
        return self._desk.stamps.proves(given, _PHOTO, form, name.encode()) and self._desk.photos.has(name)

    def _named(self, place: Place) -> Spot:
        return Spot("" if place.area is None else self._desk.name_of(place.area), place.qr_id)

    def _new_form(self, code: str) -> str:
        return forms.issue(code, self._desk.filing.now_ms(), self._desk.nonce(), self._desk.stamps)


def _message(place: Place, report: Report, photos: Sequence[str]) -> Message:
    return {
        "channel": _CHANNEL,
        "gridCode": place.grid_code,
        "category": report.category,
        "description": report.description,
        "images": [uri_of(name) for name in photos],
        "reporterPhone": report.phone,
        "anonymous": report.is_anonymous,
        "qrCodeId": place.qr_id,
    }


def _name(stamped: str) -> str:
    return stamped.partition("~")[0]


def _noticed(sheet: Sheet, notice: str) -> Sheet:
    return Sheet(sheet.place, sheet.token, sheet.filled, sheet.wrong, sheet.kept, notice)


def _away(sheet: Sheet, away: Unavailable) -> Answer:
    if not isinstance(away, Closed):
        log.warning("a citizen's report was not taken: %s", away)
    notice = "系统暂时不能受理，这次没有收下。填过的内容都还在，请过一会儿再点“提交”；着急请拨打 12345。"
    page = form_page(_noticed(sheet, notice), 503, {"Retry-After": str(_RETRY_SECONDS)})
    return Answer(page, Outcome.UNAVAILABLE)


def _forged() -> Answer:
    text = "二维码无效，或链接不完整。请重新扫描现场的二维码；如果还是不行，请拨打 12345。"
    return Answer(message_page(404, "找不到这个地点", text), Outcome.FORGED)


def _limited(wait: float) -> Answer:
    seconds = max(1, round(wait + 0.5))
    text = f"提交得太频繁了，这次没有收下。请等 {seconds} 秒，再按手机的“返回”键重新提交。"
    page = message_page(429, "请稍候", text, headers={"Retry-After": str(seconds)})
    return Answer(page, Outcome.LIMITED)
