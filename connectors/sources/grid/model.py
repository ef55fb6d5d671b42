"""The native report of a grid worker or resident, the same for a CSV row and a JSON push."""

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from connectors.sources.json_message import NativeModel


class GridReport(NativeModel):
    """One report. Names are those of the push; `COLUMNS` gives those of the CSV."""

    model_config = ConfigDict(alias_generator=to_camel)

    report_no: str | None = None
    grid_code: str | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    report_time: str | None = None
    category: str | None = None
    description: str | None = None
    urgency: str | None = None
    lng: str | None = None
    lat: str | None = None
    crs: str | None = None
    address: str | None = None
    images: list[str] | None = None
    self_handled: str | None = None
    handle_result: str | None = None
    channel: str | None = None
    open_id: str | None = None
    anonymous: str | None = None
    qr_code_id: str | None = None
    patrol_route: str | None = None
    party_org: str | None = None
    update_id: str | None = None


# Column of the CSV → field of the push.
COLUMNS = {
    "上报编号": "reportNo",
    "网格编码": "gridCode",
    "网格员": "reporterName",
    "网格员电话": "reporterPhone",
    "上报时间": "reportTime",
    "事件类别": "category",
    "事件描述": "description",
    "紧急程度": "urgency",
    "经度": "lng",
    "纬度": "lat",
    "坐标系": "crs",
    "地址": "address",
    "照片": "images",
    "是否自行处置": "selfHandled",
    "处置结果": "handleResult",
    "回写编号": "updateId",
}
REQUIRED_COLUMNS = ("上报编号", "上报时间", "事件描述")
COLUMN_OF = {field: column for column, field in COLUMNS.items()}
