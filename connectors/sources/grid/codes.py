"""The code tables of the grid platform."""

CHANNELS = {"qr": "qr", "wechat": "wechat", "patrol": "patrol", "party_visit": "party_visit"}
_YES_NO = {"true": ("是", "Y", "1", "true"), "false": ("否", "N", "0", "false")}
SELF_HANDLED = {word: value for value, words in _YES_NO.items() for word in words}

_GROUPS = {
    "环境卫生": ("垃圾堆放", "污水外溢", "积雪结冰", "焚烧秸秆"),
    "公共设施": ("路灯损坏", "井盖缺失", "道路破损", "健身器材损坏"),
    "矛盾纠纷": ("邻里纠纷", "物业纠纷", "劳资纠纷"),
    "安全隐患": ("消防通道堵塞", "用电隐患", "燃气隐患", "房屋隐患"),
    "民生服务": ("独居老人", "困难帮扶", "供热问题"),
    "市容秩序": ("占道经营", "乱停乱放", "小广告"),
}
# Path → code: the n-th of the m-th group is G0m0n.
CATEGORIES = {
    f"{group}->{name}": f"G{m:02}{n:02}"
    for m, (group, names) in enumerate(_GROUPS.items(), 1)
    for n, name in enumerate(names, 1)
}
