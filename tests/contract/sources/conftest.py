"""Native records to vary: each fixture takes changes and returns what the source makes of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.sources import SOURCES
from hub.domain.errors import Rejected
from hub.domain.identity import complete

KEY = b"k" * 32
CREATE = {
    "eventType": "create",
    "orderId": "HL1",
    "eventSeq": 1,
    "eventTime": "2026-11-10 07:42:18",
    "sourceType": "电话",
    "majorContent": "室温不达标",
    "addressIds": "2302/230202",
}
PUSH = {
    "reportNo": "QR1",
    "channel": "qr",
    "reportTime": "2026-11-10 12:08:33",
    "gridCode": "230202003005012",
    "category": "公共设施->健身器材损坏",
    "description": "单杠开裂",
}
FEEDBACK = {
    "feedbackId": "FB1",
    "dispatchId": "DP1",
    "endpointId": "EP1",
    "caseId": "hotline:HL1",
    "action": "sign",
    "at": "2026-11-10T08:31:05+08:00",
}
RESUME = {
    "messageId": "ZH1",
    "caseId": "hotline:HL1",
    "action": "resume",
    "at": "2026-11-10T08:31:05+08:00",
}
CASE = {
    "TASKID": "CG1",
    "INFOSOURCE": "1",
    "INFOTYPE": "事件",
    "BIGCLASS": "01",
    "BIGCLASSNAME": "市容环境",
    "SMALLCLASS": "01",
    "SMALLCLASSNAME": "暴露垃圾",
    "GRIDCODE": "230202003005012",
    "DISCOVERTIME": "2026/11/9 8:05:09",
    "DESCRIPTION": "堆放垃圾",
}
CHANGE = {"TASKID": "CG1", "CHANGENO": "1", "STATE": "立案", "CHANGETIME": "2026/11/9 8:18:00"}
ABSENT = object()


def read(source: str, payload: bytes, content_type: str) -> list[tuple[int | None, Any]]:
    """Every record's number with its event or its reason."""
    found: list[tuple[int | None, Any]] = []
    try:
        for record in SOURCES[source].split(payload, {"content-type": content_type}):
            try:
                found.append((record.number, complete(SOURCES[source].map(record), KEY)))
            except Rejected as rejected:
                found.append((record.number, rejected.reason))
    except Rejected as rejected:
        found.append((None, rejected.reason))
    return found


def _changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (base | changes).items() if value is not ABSENT}


def _json_source(source: str, base: dict[str, Any]) -> Callable[..., Any]:
    def one(**changes: Any) -> Any:
        fields = _changed(base, changes)
        ((_, result),) = read(source, json.dumps(fields, ensure_ascii=False).encode(), "application/json")
        return result

    return one


def xml(*records: str, declaration: str = '<?xml version="1.0" encoding="GB18030"?>') -> bytes:
    """A batch of records."""
    return (declaration + '<CaseList batchNo="1" sendTime="x">' + "".join(records) + "</CaseList>").encode(
        "gb18030"
    )


def element(tag: str, base: dict[str, Any], changes: dict[str, Any], extra: str = "") -> str:
    """One record of a batch; a value is XML as it stands."""
    fields = _changed(base, changes)
    return f"<{tag}>" + "".join(f"<{name}>{text}</{name}>" for name, text in fields.items()) + extra + f"</{tag}>"


@pytest.fixture
def absent() -> object:
    """Stands for a field that is left out."""
    return ABSENT


@pytest.fixture
def hotline() -> Callable[..., Any]:
    """A hotline create with changes → event or reason."""
    return _json_source("hotline", CREATE)


@pytest.fixture
def push() -> Callable[..., Any]:
    """A grid push with changes → event or reason."""
    return _json_source("grid", PUSH)


@pytest.fixture
def feedback() -> Callable[..., Any]:
    """A feedback with changes → event or reason."""
    return _json_source("endpoint", FEEDBACK)


@pytest.fixture
def desk() -> Callable[..., Any]:
    """A resumption by the desk with changes → event or reason."""
    return _json_source("desk", RESUME)


@pytest.fixture
def case() -> Callable[..., Any]:
    """A `<Case>` with changes → event or reason."""

    def one(extra: str = "", **changes: Any) -> Any:
        ((_, result),) = read("citymgmt", xml(element("Case", CASE, changes, extra)), "application/xml")
        return result

    return one


@pytest.fixture
def change() -> Callable[..., Any]:
    """A `<StateChange>` with changes → event or reason."""

    def one(extra: str = "", **changes: Any) -> Any:
        ((_, result),) = read("citymgmt", xml(element("StateChange", CHANGE, changes, extra)), "application/xml")
        return result

    return one


@pytest.fixture
def batch() -> Callable[..., Any]:
    """XML records as they stand → numbers with events or reasons."""

    def some(*records: str, **options: Any) -> Any:
        return read("citymgmt", xml(*records, **options), "application/xml")

    return some


@pytest.fixture
def case_xml() -> Callable[..., str]:
    """The XML of a `<Case>` with changes."""
    return lambda extra="", **changes: element("Case", CASE, changes, extra)


@pytest.fixture
def raw() -> Callable[..., list[tuple[int | None, Any]]]:
    """Bytes of a source → numbers with events or reasons."""
    return read


@pytest.fixture
def hotline_fields() -> dict[str, Any]:
    """The fields of a hotline create."""
    return dict(CREATE)
