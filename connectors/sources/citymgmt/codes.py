"""The code tables of digital city management."""

CHANNELS = {
    "1": "supervisor",
    "2": "video",
    "6": "letter",
    "9": "web",
    "10": "phone",
    "36": "patrol",
    "61": "wechat",
    "62": "app",
    "99": "other",
}
INFO_TYPES = {"部件": "C", "事件": "E"}
STATES = {
    "立案": "FILED",
    "派遣": "DISPATCHED",
    "处置": "HANDLED",
    "核查": "CHECKED",
    "结案": "CLOSED",
    "作废": "VOIDED",
}
PHOTO_KINDS = frozenset({"near", "far", "reference", "handle_before", "handle_after"})
OTHER_PHOTO = "photo"
