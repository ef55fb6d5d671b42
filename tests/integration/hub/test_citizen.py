"""Citizens report through a whole hub: in a real browser with and without script, by WeChat, and on patrol."""

import json
import os
import re
import shutil
import struct
import time
import zlib
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from connectors.standard_webhooks import read_secret, sign
from schemas.codec import codec
from tests.integration.hub.conftest import Hub
from tests.integration.hub.test_intake import metrics_of

pytestmark = pytest.mark.integration

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_PHONE = {"width": 320, "height": 640}
_WECHAT_TOKEN = "a-token-of-the-account"
_OPEN_ID = "oInventedTjuEGTNoeX76QEjQNrcU"
_GRID = "230202001001012"


@pytest.fixture(scope="module")
def city(new_hub) -> Hub:
    """A hub with its HTTP edge."""
    hub: Hub = new_hub()
    wechat = {"HUB_WECHAT_TOKEN": "env:TEST_WECHAT_TOKEN", "TEST_WECHAT_TOKEN": _WECHAT_TOKEN}
    hub.run("up", HUB_EDGES='["http"]', **wechat)
    return hub


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Where CI is set it must be there."""
    if _CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine; try: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_CHROMIUM or "chromium", args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PNG larger than the page's script lets through as it is."""
    width, height = 2000, 1500
    rows = b"".join(b"\0" + bytes([y % 256, 120, 180]) * width for y in range(height))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 1))]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in [*parts, (b"IEND", b"")]
    ]
    file = tmp_path_factory.mktemp("photos") / "lamp.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return file


def event_of(hub: Hub, number: str) -> dict[str, Any]:
    """The one event of a case."""
    hub.settle()
    found = [codec().decode(stored.value) for stored in hub.records("case.events") if stored.value is not None]
    (event,) = [one for one in found if one["source_case_id"] == number]
    return event


def shown(page: Page, name: str) -> None:
    """A picture of the page for a person to look at, where TEST_PICTURES names a folder."""
    if folder := os.environ.get("TEST_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("has_script", [False, True], ids=["without script", "with script"])
def test_a_citizen_reports_in_a_browser(city: Hub, browser: Browser, photo: Path, tmp_path: Path, has_script: bool):
    """On a phone: scan, fill in, take a photo, send; the number is shown and the event has everything."""
    kind = "script" if has_script else "plain"
    qr_id = f"QRC-230202001001-{kind}"
    image = tmp_path / "code.svg"
    made = city.run("qr", "make", "--place", qr_id, "--grid", _GRID, "--out", image)
    context = browser.new_context(
        viewport=_PHONE, java_script_enabled=has_script, locale="zh-CN", is_mobile=True, has_touch=True
    )
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    problems: list[str] = []
    # The browser notes the page's own 400 as an error too; anything else is one.
    context.on(
        "console",
        lambda told: (
            problems.append(told.text) if told.type == "error" and "status of 400" not in told.text else None
        ),
    )
    context.on("weberror", lambda error: problems.append(str(error.error)))
    page = context.new_page()
    page.goto(made.stdout.strip())
    shown(page, f"{kind}-1-empty")

    # Something is wrong first: the browser's own checks are switched off, as old phones have none.
    page.locator("form").evaluate("form => form.noValidate = true")
    page.get_by_label("联系电话").fill("12345")
    page.get_by_label("具体情况").fill("楼前路灯坏了三天，晚上看不见路，老人摔过一次。")
    page.get_by_label("现场照片").set_input_files(photo)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("2 处需要修改")
    expect(page.get_by_text("请选择问题类别")).to_be_visible()
    shown(page, f"{kind}-2-wrong")

    page.get_by_label("是什么问题").select_option(label="路灯损坏")
    page.get_by_label("联系电话").fill("130 0000 1234")
    page.get_by_label("匿名").check()
    shown(page, f"{kind}-3-filled")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="已受理")).to_be_visible()
    number = page.locator("#number").inner_text()
    shown(page, f"{kind}-4-done")
    is_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    # The way back and sending once more is what people do when they are not sure.
    page.go_back()
    expect(page.get_by_label("具体情况")).to_have_value(re.compile("^楼前路灯坏了三天"))
    page.get_by_label("是什么问题").select_option(label="路灯损坏")
    page.get_by_label("联系电话").fill("")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#number")).to_have_text(number)
    shown(page, f"{kind}-5-again")
    context.close()
    event = event_of(city, number)
    assert re.fullmatch("QR[0-9]{8}-[0-9A-Z]{5}-[0-9A-Z]{5}", number)
    assert not is_wide
    assert problems == []
    assert {httpx.URL(url).port for url in asked if url.startswith("http")} == {city.http_port}
    assert (event["kind"], event["channel"], event["case_id"]) == ("REPORTED", "qr", f"grid:{number}")
    assert event["location"]["grid"] == _GRID
    assert event["category"]["code"] == "G0201"
    assert event["text"].startswith("楼前路灯坏了三天")
    assert event["reporter"]["has_contact"]
    assert event["reporter"]["secret"]
    assert event["attributes"]["qr_id"] == qr_id
    assert "quality" not in event["attributes"]
    (attachment,) = event["attachments"]
    name = attachment["uri"].removeprefix("obj://photos/")
    kept = (city.data_dir / "photos" / name[:2] / name).read_bytes()
    # With script the photo is made smaller and new; without it is kept as it was.
    assert kept.startswith(b"\xff\xd8\xff") if has_script else kept == photo.read_bytes()
    assert "<svg" in image.read_text()


def test_two_taps_are_one_report(city: Hub, browser: Browser):
    """Two tabs with the same form, sent one after the other: one number, one event."""
    url = city.run("qr", "make", "--place", "QRC-TAPS", "--grid", _GRID).stdout.strip()
    context = browser.new_context(viewport=_PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    page.get_by_label("是什么问题").select_option(label="井盖缺失")
    page.get_by_label("具体情况").fill("小区北门井盖不见了，很危险。")
    page.get_by_role("button", name="提交").click()
    number = page.locator("#number").inner_text()
    page.reload()
    expect(page.get_by_role("heading")).to_contain_text("已经受理过")
    assert page.locator("#number").inner_text() == number
    shown(page, "again")
    page.goto(url[:-3] + "AAA")
    expect(page.get_by_text("二维码无效")).to_be_visible()
    shown(page, "forged")
    context.close()

    assert event_of(city, number)["attachments"] == []


def test_a_wechat_user_reports(city: Hub):
    """Address proved, photo, words twice as WeChat sends them: one event, its number in the reply, no openId."""
    stamp = str(int(time.time()))
    signature = sha1("".join(sorted([_WECHAT_TOKEN, stamp, "n"])).encode()).hexdigest()
    query = {"signature": signature, "timestamp": stamp, "nonce": "n"}
    address = f"http://127.0.0.1:{city.http_port}/v1/wechat"

    def send(kind: str, number: int, content: str) -> str:
        body = (
            f"<xml><ToUserName>gh_1</ToUserName><FromUserName>{_OPEN_ID}</FromUserName><CreateTime>{stamp}</CreateTime>"
            f"<MsgType>{kind}</MsgType>{content}<MsgId>{number}</MsgId></xml>"
        )
        answer = httpx.post(address, params=query, content=body.encode(), timeout=10)
        assert answer.status_code == 200
        return ElementTree.fromstring(answer.content).findtext("Content") or ""

    assert httpx.get(address, params={**query, "echostr": "6017"}).text == "6017"
    send("image", 1, "<PicUrl>http://mmbiz.qpic.cn/invented/0</PicUrl><MediaId>M</MediaId>")
    replies = {send("text", 2, "<Content>广场健身器材断了，孩子在玩</Content>") for _ in range(3)}
    (reply,) = replies
    number = re.search("WX[0-9A-Z-]+", reply)
    assert number is not None
    event = event_of(city, number[0])

    assert (event["channel"], event["reporter"]["has_contact"]) == ("wechat", True)
    assert [one["uri"] for one in event["attachments"]] == ["http://mmbiz.qpic.cn/invented/0"]
    assert _OPEN_ID not in json.dumps(event)
    assert sum(_OPEN_ID.encode() in (stored.value or b"") for stored in city.records("raw.grid")) == 1


@pytest.mark.parametrize(
    ("file", "channel", "attribute"),
    [("push_04_patrol.json", "patrol", "patrol_route"), ("push_05_party_visit.json", "party_visit", "party_org")],
)
def test_patrol_and_party_visit_forms_come_by_intake(
    city: Hub, samples: Path, file: str, channel: str, attribute: str, until
):
    """The forms of street patrols and party members post the grid's JSON, signed, to the intake of every system."""
    secret_file = city.data_dir / "secrets" / "grid"
    if not secret_file.exists():
        city.run("sources", "secret", "grid")
    key = read_secret(secret_file.read_text().split()[0])
    body = (samples / "grid" / file).read_bytes()
    address = f"http://127.0.0.1:{city.http_port}/v1/sources/grid/events"

    def post() -> httpx.Response:
        headers = {"content-type": "application/json", **sign([key], f"msg_{channel}", int(time.time()), body)}
        return httpx.post(address, content=body, headers=headers, timeout=30)

    until(lambda: post().status_code == 202, "accepted form")
    event = event_of(city, json.loads(body)["reportNo"])

    assert event["channel"] == channel
    assert event["attributes"][attribute]
    unsigned = httpx.post(address, content=body, headers={"content-type": "application/json"})
    assert unsigned.status_code == 401


def test_what_is_counted_agrees_and_nothing_tells_who(city: Hub):
    """Filed reports by the edge's metrics are the records of raw.grid from it; metrics and log tell of nobody."""
    port = city.metrics_port + 3
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    filed = sum(float(value) for value in re.findall(r'hub_edge_citizen_requests_total{[^}]*"filed"} (\S+)', text))
    headers = [dict(stored.headers) for stored in city.records("raw.grid")]

    assert filed == sum(one["connector"] == b"citizen" for one in headers) > 0
    assert metrics_of(port)
    for said in (text, city.log("http")):
        for secret in ("13000001234", "130 0000 1234", _OPEN_ID, "路灯坏了"):
            assert secret not in said
