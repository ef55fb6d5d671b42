"""A dispatch as the bench pushes it: of the size of a common case, about 1.3 KB as JSON."""

from typing import Any

from hub.domain.city import City
from hub.domain.tiers import Tier

_TEXT = "来电人反映：小区供热温度不达标，家中有老人和幼儿，多次联系供热单位未得到处理，要求尽快上门测温并答复。" * 2


def dispatch_for(city: City, endpoint_id: str, number: int) -> tuple[Tier, dict[str, Any]]:
    """The record, and the tier whose topic it belongs to."""
    unit = city.units[city.endpoints[endpoint_id].unit]
    case_id = f"hotline:BENCH{number:012}"
    return unit.tier, {
        "dispatch_id": f"DP-{number:020x}",
        "action": "ASSIGN",
        "case_id": case_id,
        "case_version": 1,
        "cycle": 1,
        "leg": 1,
        "role": "LEAD",
        "tier": unit.tier,
        "level": "ordinary",
        "rule": {"rule_id": "default", "version": "2026-11", "matched": {}},
        "division": unit.division,
        "unit": unit.code,
        "unit_name": unit.name,
        "endpoint_id": endpoint_id,
        "no_route": False,
        "reason": "reported",
        "event_id": f"{number:032x}",
        "occurred_at": 1_794_267_738_000,
        "received_at": 1_794_267_740_000,
        "channel": "phone",
        "has_contact": True,
        "secret": False,
        "location": {
            "division": unit.division,
            "street": unit.street,
            "community": None,
            "grid": None,
            "address": "和平路12号",
            "lon": 123.95713,
            "lat": 47.31745,
            "crs": "GCJ02",
        },
        "category": {"scheme": "12345", "code": "040201", "path": "公共服务->供热->室温不达标"},
        "urgency": "NORMAL",
        "title": "室温不达标",
        "text": _TEXT,
        "attachments": [],
        "sign_due_at": 1_794_276_000_000,
        "handle_due_at": 1_794_477_600_000,
        "note": None,
    }
