"""What people report: subjects with their category in each source's own scheme, and sentences about them."""

from dataclasses import dataclass
from random import Random


@dataclass(slots=True, frozen=True)
class Subject:
    """A thing to report. `code` and `path` as the source writes them; texts take `{estate}` and `{n}`.

    `urgency` weighs normal, urgent and critical. A question is answered by the hotline itself.
    """

    code: str
    path: str
    weight: int
    title: str
    texts: tuple[str, ...]
    urgency: tuple[int, int, int] = (85, 13, 2)
    is_answered_directly: bool = False


HEATING = Subject(
    "040201",
    "公共服务->供热->室温不达标",
    14,
    "{estate}{n}号楼室温不达标",
    (
        "来电人反映：{estate}{n}号楼室内温度只有14度，家中有老人和幼儿，多次联系供热公司无人处理，要求上门测温。",
        "市民反映{estate}{n}号楼整个单元暖气不热，已持续三天，要求尽快排气检修。",
    ),
    (45, 45, 10),
)
WATERLOGGING = Subject(
    "020104",
    "城乡建设->市政设施->排水设施",
    7,
    "{estate}门前积水严重",
    (
        "来电人反映：{estate}{n}号楼门前雨水排不出去，积水已没过脚踝，一楼进水，请尽快抽排。",
        "市民反映{estate}路口雨水井堵塞返水，车辆无法通行。",
    ),
    (40, 45, 15),
)
HOTLINE = (
    HEATING,
    WATERLOGGING,
    Subject(
        "020101",
        "城乡建设->市政设施->道路破损",
        9,
        "{estate}门前道路破损",
        ("来电人反映：{estate}{n}号楼门前路面有一处约{n}平方米的坑槽，晚上看不清，已有电动车摔倒。",),
    ),
    Subject(
        "020204",
        "城乡建设->房屋与征收->道路塌陷",
        2,
        "{estate}门前道路塌陷",
        ("来电人反映：{estate}{n}号楼门前路面塌陷，形成约{n}平方米的坑，请尽快围挡抢修。",),
        (20, 65, 15),
    ),
    Subject(
        "020301",
        "城乡建设->市政设施->路灯",
        9,
        "{estate}路灯不亮",
        ("市民反映：{estate}南侧{n}盏路灯不亮，夜间出行不便，请维修。",),
    ),
    Subject(
        "020105",
        "城乡建设->市政设施->井盖",
        5,
        "{estate}井盖缺失",
        ("来电人反映：{estate}{n}号楼旁井盖丢失，附近有小学，十分危险。",),
        (30, 55, 15),
    ),
    Subject(
        "030105",
        "生态环境->固体废物->偷倒建筑垃圾",
        4,
        "夜间倾倒建筑垃圾",
        ("市民举报：每晚{n}点后有货车向{estate}东侧空地倾倒建筑垃圾，要求查处。",),
        (60, 38, 2),
    ),
    Subject(
        "050102",
        "社会保障->医疗保险->参保缴费咨询",
        12,
        "咨询居民医保缴费",
        ("来电人咨询：居民医保今年缴费截止时间和缴费渠道，家中共{n}人参保。",),
        (100, 0, 0),
        is_answered_directly=True,
    ),
    Subject(
        "040101",
        "公共服务->供水->停水",
        8,
        "{estate}停水",
        ("来电人反映：{estate}{n}号楼从昨晚起停水，未接到通知，请告知恢复时间。",),
        (60, 35, 5),
    ),
    Subject(
        "040301",
        "公共服务->燃气->燃气泄漏",
        2,
        "{estate}{n}号楼疑似燃气泄漏",
        ("来电人反映：{estate}{n}号楼楼道内有燃气味，已开窗，请立即派人检查。",),
        (0, 20, 80),
    ),
    Subject(
        "020402",
        "城乡建设->物业服务->电梯停运",
        8,
        "{estate}{n}号楼电梯停运",
        ("市民反映：{estate}{n}号楼电梯停运多日，高层老人无法下楼，物业称等配件。",),
    ),
    Subject(
        "020503",
        "城乡建设->环境卫生->积雪清除",
        8,
        "{estate}周边积雪未清",
        ("来电人反映：{estate}门前道路积雪结冰，行人多次滑倒，请安排清雪。",),
    ),
    Subject(
        "030404",
        "生态环境->噪声污染->夜间施工",
        6,
        "{estate}旁夜间施工",
        ("市民反映：{estate}旁工地夜里{n}点仍在施工，影响休息。",),
    ),
    Subject(
        "050301",
        "社会保障->劳动关系->拖欠工资",
        5,
        "拖欠工资",
        ("来电人反映：在{estate}项目务工，被拖欠工资，共{n}人，要求协调。",),
        (55, 40, 5),
    ),
    Subject(
        "060101",
        "交通运输->公共交通->公交线路",
        7,
        "建议调整公交线路",
        ("市民建议：{n}路公交在{estate}增设站点，方便老人出行。",),
        (100, 0, 0),
        is_answered_directly=True,
    ),
)
# (type, big class, its name, small class, its name), weight, text
CITYMGMT: tuple[tuple[tuple[str, str, str, str, str], int, str], ...] = (
    (("事件", "01", "市容环境", "01", "暴露垃圾"), 24, "{estate}门前堆放生活垃圾约{n}立方米，气味较大。"),
    (("事件", "01", "市容环境", "02", "积存渣土"), 10, "{estate}北侧积存渣土约{n}立方米，未覆盖。"),
    (("事件", "02", "宣传广告", "01", "非法小广告"), 14, "{estate}{n}号楼单元门张贴小广告数处。"),
    (
        ("事件", "03", "施工管理", "05", "工地扬尘"),
        7,
        "工地土堆未覆盖，大风天扬尘 & 车辆带泥上路，影响<{estate}>。",
    ),
    (("事件", "04", "突发事件", "02", "自来水管破裂"), 3, "{estate}门前自来水管破裂，路面结冰约{n}米。"),
    (("事件", "04", "突发事件", "03", "路面塌陷"), 2, "{estate}门前路面塌陷约{n}平方米，已放警示标志。"),
    (("事件", "05", "街面秩序", "02", "店外经营"), 14, "{estate}沿街{n}家商户店外经营，占用人行道。"),
    (("部件", "01", "公用设施", "27", "路灯"), 10, "{estate}灯杆倾斜约{n}度，灯罩脱落。"),
    (("部件", "01", "公用设施", "02", "雨水井盖"), 8, "{estate}雨水井盖破损，已放警示标志。"),
    (("部件", "02", "道路交通设施", "09", "交通护栏"), 5, "{estate}路口护栏倒伏{n}节。"),
    (("部件", "03", "市容环境设施", "03", "垃圾箱"), 5, "{estate}垃圾箱破损{n}只。"),
)
# path, weight, text; codes follow from the source's table
GRID: tuple[tuple[str, int, str], ...] = (
    ("环境卫生->积雪结冰", 16, "{estate}{n}号楼单元门口台阶结冰，提醒居民慢行。"),
    ("环境卫生->垃圾堆放", 16, '{estate}楼道堆放杂物,居民称"放几天就搬",已劝导。'),
    ("公共设施->路灯损坏", 8, "{estate}院内{n}盏路灯不亮。"),
    ("公共设施->井盖缺失", 5, "{estate}雨水井盖下沉，异响扰民。"),
    ("公共设施->健身器材损坏", 5, "{estate}广场单杠焊点开裂，孩子们还在玩。"),
    ("矛盾纠纷->邻里纠纷", 7, "{estate}{n}号楼上下楼因漏水争执，已上门调解。"),
    ("矛盾纠纷->物业纠纷", 6, "{estate}业主反映物业停梯，要求恢复。"),
    ("安全隐患->消防通道堵塞", 9, "{estate}消防通道被{n}辆车堵住，多次劝离无效。"),
    ("安全隐患->用电隐患", 8, "{estate}飞线充电{n}处。"),
    ("民生服务->独居老人", 7, "走访独居老人，身体尚好，\n嘱咐用电安全。"),
    ("民生服务->供热问题", 8, "{estate}{n}号楼顶楼住户反映暖气不热。"),
    ("市容秩序->占道经营", 5, "{estate}门口流动摊贩占道。"),
)


def wording(template: str, estate: str, number: int) -> str:
    """A template with its place and a small number filled in."""
    return template.format(estate=estate, n=number)


def urgency_index(random: Random, weights: tuple[int, int, int]) -> int:
    """0 normal, 1 urgent, 2 critical."""
    return random.choices((0, 1, 2), weights)[0]
