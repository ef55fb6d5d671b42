"""The hotline's code tables."""

from hub.domain.event import Kind

KINDS: dict[str, Kind] = {
    "create": "REPORTED",
    "supplement": "SUPPLEMENTED",
    "urge": "URGED",
    "withdraw": "WITHDRAWN",
    "answer": "ANSWERED",
    "visit": "VISITED",
    "status": "STATE_CHANGED",
}
CHANNELS = {
    "电话": "phone",
    "微信": "wechat",
    "网站": "web",
    "APP": "app",
    "省平台": "province",
    "来信": "letter",
    "二维码": "qr",
    "视频": "video",
    "其他": "other",
}
HANDLE_MODES = {"直接办理": "DIRECT", "转办": "FORWARD"}
TIME_UNITS = {"工作日": "work_day", "自然日": "natural_day", "工作时": "work_hour", "紧急工作时": "urgent_hour"}
OLD_CALLER = {"1": "true", "0": "false"}
CONNECTED = {"1": "true", "是": "true", "0": "false", "否": "false"}
SOLVED = {"解决": "SOLVED", "未解决": "UNSOLVED", "部分解决": "PARTLY_SOLVED"}
SATISFACTION = {
    "满意": "SATISFIED",
    "基本满意": "BASICALLY_SATISFIED",
    "不满意": "DISSATISFIED",
    "未评价": "NOT_RATED",
}
