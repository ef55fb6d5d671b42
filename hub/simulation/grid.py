"""Reports of grid workers and residents: CSV drops and JSON pushes."""

import csv
import io
from random import Random
from typing import Any

from hub.simulation.draft import Draft, Planned, local_time
from hub.simulation.people import person, spelling
from hub.simulation.places import Place
from hub.simulation.subjects import GRID, wording

COLUMNS = (
    "上报编号",
    "网格编码",
    "网格员",
    "网格员电话",
    "上报时间",
    "事件类别",
    "事件描述",
    "紧急程度",
    "经度",
    "纬度",
    "坐标系",
    "地址",
    "照片",
    "是否自行处置",
    "处置结果",
)
# A cell beyond the header, as a spreadsheet with a stray comma has it.
EXTRA_CELL = "extra"
_PREFIX = {"qr": "QR", "wechat": "WX", "patrol": "XJ", "party_visit": "DY"}


class GridReport:
    """A report of a grid worker (`row`, in the next drop of the division) or of a resident (pushed at once)."""

    def __init__(self, random: Random, number: str, place: Place, channel: str) -> None:
        self._random = random
        self._place = place
        self._channel = channel
        self._report = f"{_PREFIX.get(channel, 'WG')}{number}"

    @property
    def case_id(self) -> str:
        """The id that the hub gives the case."""
        return f"grid:{self._report}"

    def report(self, at_ms: int) -> Draft:
        """The report itself."""
        if self._channel == "row":
            return _row(self._random, self._report, at_ms, self._place)
        return _push(self._random, self._report, at_ms, self._place, self._channel)

    def plan(self, at_ms: int) -> list[Planned]:
        """The grid says nothing more of a case."""
        return []


def _row(random: Random, report: str, at_ms: int, place: Place) -> Draft:
    path, text = _what(random, place)
    is_done = random.random() < 0.35
    fields = {
        "上报编号": report,
        "网格编码": place.grid,
        "网格员": f"网格员{random.randrange(1, 400):03d}",
        "网格员电话": person(random).mobile,
        "上报时间": local_time(at_ms, random),
        "事件类别": path,
        "事件描述": text,
        "紧急程度": _urgency(random),
        "经度": "" if place.lon is None else f"{place.lon:.6f}",
        "纬度": "" if place.lat is None else f"{place.lat:.6f}",
        "坐标系": "" if place.lon is None else "GCJ-02",
        "地址": place.address,
        "照片": ";".join(f"https://files.example.invalid/wg/{report}-{i}.jpg" for i in range(random.randrange(3))),
        "是否自行处置": "是" if is_done else "否",
        "处置结果": "已现场处理。" if is_done else "",
    }
    return Draft("grid", "row", f"grid:{report}", fields, at_ms, "事件描述", place.division)


def _push(random: Random, report: str, at_ms: int, place: Place, channel: str) -> Draft:
    """From a QR code, WeChat, a patrol or a party member's visit."""
    path, text = _what(random, place)
    reporter = person(random)
    fields: dict[str, Any] = {
        "reportNo": report,
        "channel": channel,
        "reportTime": local_time(at_ms, random),
        "gridCode": place.grid,
        "category": path,
        "description": text,
        "urgency": _urgency(random),
        **({} if place.lon is None else {"lng": place.lon, "lat": place.lat, "crs": "GCJ-02"}),
        "address": place.address,
        "images": [f"https://files.example.invalid/wg/{report}.jpg"],
        "reporterName": reporter.name,
        "reporterPhone": spelling(random, reporter.mobile),
        "selfHandled": random.random() < 0.3,
    }
    match channel:
        case "qr":
            fields["qrCodeId"] = f"QRC-{place.community}-{random.randrange(1, 99):03d}"
            fields["anonymous"] = random.random() < 0.1
        case "wechat":
            fields["openId"] = f"invented-open-id-{reporter.mobile[-4:]}"
            if random.random() < 0.5:
                del fields["reporterPhone"]
        case "patrol":
            fields["patrolRoute"] = f"RT-{place.division}-{random.randrange(1, 20):02d}"
        case "party_visit":
            fields["partyOrg"] = f"DZB-{place.community}"
    if fields["selfHandled"]:
        fields["handleResult"] = "已现场处理。"
    return Draft("grid", "json", f"grid:{report}", fields, at_ms, "description")


def drop(rows: list[dict[str, str]], *, is_utf8: bool) -> bytes:
    """Rows as a spreadsheet program saves them: UTF-8 with BOM, or GB18030."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [row[column] for column in COLUMNS]
        writer.writerow([*cells, row[EXTRA_CELL]] if EXTRA_CELL in row else cells)
    return sheet.getvalue().encode("utf-8-sig" if is_utf8 else "gb18030")


def _what(random: Random, place: Place) -> tuple[str, str]:
    path, _, text = random.choices(GRID, [entry[1] for entry in GRID])[0]
    return path, wording(text, place.estate, random.randrange(1, 20))


def _urgency(random: Random) -> str:
    return random.choices(("一般", "紧急", "特急"), (86, 12, 2))[0]
