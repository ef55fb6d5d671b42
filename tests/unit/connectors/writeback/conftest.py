"""Updates as casework makes them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.domain.status_updates import StatusUpdate, update_id


def ms(text: str) -> int:
    """An instant written in Qiqihar's time, as epoch milliseconds."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp() - 8 * 3600) * 1000


def an_update(source: str = "hotline", number: str = "HL2026111000017", **changes: Any) -> StatusUpdate:
    """A completion; keywords replace its fields."""
    version = changes.pop("version", 5)
    case_id = f"{source}:{number}"
    update: dict[str, Any] = {
        "update_id": update_id(case_id, version),
        "case_id": case_id,
        "source": source,
        "source_case_id": number,
        "case_version": version,
        "status": "DONE",
        "at": ms("2026-11-13 16:20:11") + 345,
        "event_id": "0" * 32,
        "unit": "LS-GR",
        "text": "立管阀门已更换，复测室温18.2度 & 排气 <已完成>。值班电话[PHONE]。",
        "attributes": {
            "cycle": "1",
            "level": "key",
            "tier": "county",
            "unit_name": "龙沙区供热管理站",
            "due_at": str(ms("2026-11-13 18:00:00")),
        },
    }
    return update | changes  # type: ignore[return-value]


@pytest.fixture(scope="session")
def make_update() -> Callable[..., StatusUpdate]:
    """`make_update("grid", "G1", status="CLOSED")`."""
    return an_update


@pytest.fixture(scope="session")
def at() -> Callable[[str], int]:
    """`at("2026-11-13 16:20:11")` in Qiqihar's time."""
    return ms
