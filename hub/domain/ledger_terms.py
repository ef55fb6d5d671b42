"""What the ledger's figures and rates mean, in both languages, and which of them add up to which."""

from typing import Final, NamedTuple

from hub.domain.case import CALL_BACK_RESULTS, CallBackResult


class Figure(NamedTuple):
    """A number of the ledger: its Chinese term, its definition in both languages, the section it is printed in."""

    term: str
    definition: str
    definition_zh: str
    section: str


class Rate(NamedTuple):
    """A share: the figures whose sum stands above the line, and those below it."""

    term: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    definition: str
    definition_zh: str


class Identity(NamedTuple):
    """A figure that is the sum of others, each id standing in exactly one of them."""

    total: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.total} = {' + '.join(self.parts)}"


ANSWERED_RESULTS: Final[frozenset[CallBackResult]] = frozenset(
    {"SATISFIED", "BASICALLY_SATISFIED", "DISSATISFIED", "PARTLY_SOLVED", "UNSOLVED"}
)
"""The caller was reached and said how it went. One who was reached and would not rate it is REFUSED."""
SATISFIED_ANSWERS: Final[frozenset[str]] = frozenset({"SATISFIED", "BASICALLY_SATISFIED"})

RESULT_FIGURES: Final[dict[str, str]] = {result: f"call_backs_{result.lower()}" for result in CALL_BACK_RESULTS}

_CASES: Final = "Cases · 案件"
_DEADLINES: Final = "Deadlines · 时限"
_REWORK: Final = "Rework · 返工"
_CALL_BACKS: Final = "Call-backs · 回访"
_SUPERVISION: Final = "Supervision · 督办"

_RESULTS: Final[dict[CallBackResult, tuple[str, str, str]]] = {
    "SATISFIED": ("满意", "settled: satisfied", "已回访：满意"),
    "BASICALLY_SATISFIED": ("基本满意", "settled: basically satisfied", "已回访：基本满意"),
    "DISSATISFIED": ("不满意", "settled: dissatisfied", "已回访：不满意"),
    "PARTLY_SOLVED": ("部分解决", "settled: solved in part", "已回访：部分解决"),
    "UNSOLVED": ("未解决", "settled: not solved", "已回访：未解决"),
    "UNREACHABLE": (
        "无法接通",
        "given up after the attempts the policy asks for; never satisfied",
        "按规定次数未接通，不计满意",
    ),
    "REFUSED": ("拒评", "reached, and would not rate", "已接通，来电人拒绝评价"),
    "IMPOSSIBLE": (
        "无法回访",
        "nobody to call: reported by staff, no contact, secret, or withdrawn or merged",
        "无人可访：工作人员上报、无联系方式、保密，或已撤单、并案",
    ),
    "VERIFIED": ("核查通过", "checked on the spot instead of by a call", "以现场核查代替回访"),
    "REWORKED": ("转返工", "overtaken by rework that another caller brought about", "他人不满意已转返工，不再回访"),
}

FIGURES: Final[dict[str, Figure]] = {
    "new": Figure("新收", "reported in the period", "本期上报", _CASES),
    "carried_over": Figure(
        "结转", "reported before the period and not ended when it began", "期前上报、期初未办结", _CASES
    ),
    "received": Figure("收件", "new and carried over", "新收与结转之和", _CASES),
    "answered_directly": Figure(
        "直接办结",
        "of those received: ended by an answer or by its own reporter, without ever having had a unit",
        "未派单位，由热线答复或上报人自行处置而结束",
        _CASES,
    ),
    "dispatched": Figure(
        "派遣",
        "of those received: has had a unit, and was not taken back",
        "曾派至承办单位且未被撤回",
        _CASES,
    ),
    "rejected": Figure("作废", "of those received: voided by its source", "来源系统作废", _CASES),
    "withdrawn": Figure(
        "撤单", "of those received: taken back by the citizen, or merged into another", "市民撤单或并入他案", _CASES
    ),
    "open": Figure(
        "待派", "of those received: registered, no unit yet, not ended", "已受理，未派单位，未结束", _CASES
    ),
    "carried_forward": Figure(
        "结转下期",
        "not ended when the period ends: what the next period carries over",
        "期末未办结，即下期结转数",
        _CASES,
    ),
    "awaited": Figure(
        "待上报",
        "something was said about it, its report has not come; stands outside all sums",
        "已有后续消息、尚无上报，不计入任何合计",
        _CASES,
    ),
    "unexplained": Figure(
        "记录不符",
        "its decisions do not lead to the status it has; must be 0",
        "处置记录与现状态不符，应为 0",
        _CASES,
    ),
    "done_in_time": Figure(
        "按时办结",
        "of those dispatched: done, answered or closed when the period ends, no handle or total clock breached",
        "期末已办结、答复或销号，办理与总时限均未超时",
        _DEADLINES,
    ),
    "done_late": Figure(
        "超时办结",
        "the same with a handle or total clock breached in any leg or cycle, excused or not",
        "期末已办结，任一环节或轮次的办理或总时限超时（含申诉成立）",
        _DEADLINES,
    ),
    "done_late_excused": Figure(
        "超时办结（申诉成立）",
        "of those done late: an appeal against each of its breaches was accepted",
        "超时办结中，每次超时均经申诉认定免责",
        _DEADLINES,
    ),
    "open_in_time": Figure(
        "在办未超时", "of those dispatched: not ended, nothing breached", "期末在办，未超时", _DEADLINES
    ),
    "open_late": Figure(
        "在办已超时",
        "of those dispatched: not ended, a handle or total clock breached",
        "期末在办，办理或总时限已超时",
        _DEADLINES,
    ),
    "due": Figure(
        "到期",
        "of those dispatched: a handle clock has its due in the period, unless its leg was over before",
        "办理时限在本期到期（该环节未提前终止）",
        _DEADLINES,
    ),
    "signed_in_time": Figure(
        "按时签收", "sign clocks that ended in the period, met", "本期结束的签收时限，按时", _DEADLINES
    ),
    "signed_late": Figure(
        "超时签收", "sign clocks that ended in the period, breached", "本期结束的签收时限，已超时", _DEADLINES
    ),
    "rework": Figure("返工案件", "cases sent back in the period", "本期被退回返工的案件", _REWORK),
    "rework_times": Figure("返工次数", "how often they were sent back", "本期返工次数", _REWORK),
    "reopened": Figure(
        "重启",
        "ended before the period, open again in it; not among those received",
        "期前已结束、本期重新办理，不计入收件",
        _REWORK,
    ),
    "reopened_ended": Figure("重启已结", "of those: ended again", "其中：期末又已结束", _REWORK),
    "reopened_open": Figure("重启在办", "of those: still open", "其中：期末仍在办", _REWORK),
    "call_backs_opened": Figure("新增回访", "owed from this period on", "本期产生的应回访", _CALL_BACKS),
    "call_backs_carried": Figure("结转回访", "owed already when the period began", "期初未完成的回访", _CALL_BACKS),
    "call_backs_owed": Figure(
        "应回访",
        "call-backs owed in the period: one per caller and cycle",
        "本期应回访数，每轮次每位来电人一次",
        _CALL_BACKS,
    ),
    "call_backs_settled": Figure("已回访", "settled in the period, however", "本期已完成的回访", _CALL_BACKS),
    "call_backs_open": Figure("待回访", "still owed when the period ends", "期末未完成的回访", _CALL_BACKS),
    **{
        RESULT_FIGURES[result]: Figure(term, english, chinese, _CALL_BACKS)
        for result, (term, english, chinese) in _RESULTS.items()
    },
    "call_backs_answered": Figure(
        "有效回访",
        "settled by the caller's own answer: satisfied to unsolved, and refused where solved or not was said",
        "来电人作答的回访：满意至未解决五类，及已答是否解决的拒评",
        _CALL_BACKS,
    ),
    "answers_satisfied": Figure(
        "评价满意",
        "answered, and said to be satisfied or basically satisfied",
        "作答且评价满意或基本满意",
        _CALL_BACKS,
    ),
    "answers_not_satisfied": Figure(
        "评价不满意",
        "answered, and said to be dissatisfied; or rated nothing and called the case unsolved or solved in part",
        "作答且评价不满意，或未评价但称未解决、部分解决",
        _CALL_BACKS,
    ),
    "answers_not_rated": Figure(
        "未评价", "answered, called the case solved, but rated nothing", "作答称已解决但未评价", _CALL_BACKS
    ),
    "answers_solved": Figure("评价解决", "answered, and called the case solved", "作答且称已解决", _CALL_BACKS),
    "answers_not_solved": Figure(
        "评价未解决", "answered, and did not call it solved in full", "作答且未称全部解决", _CALL_BACKS
    ),
    "supervision_opened": Figure("新增督办", "entries made in the period", "本期列入督办", _SUPERVISION),
    "supervision_carried": Figure(
        "结转督办", "entries on the list when the period began", "期初在督办清单", _SUPERVISION
    ),
    "supervision_listed": Figure("督办总数", "entries on the list in the period", "本期督办事项", _SUPERVISION),
    "supervision_removed": Figure("督办销号", "removed in the period", "本期销号", _SUPERVISION),
    "supervision_open": Figure("督办未销", "on the list when the period ends", "期末仍在督办清单", _SUPERVISION),
}

RATES: Final[dict[str, Rate]] = {
    "in_time_rate": Rate(
        "按时办结率",
        ("done_in_time",),
        ("done_in_time", "done_late"),
        "done in time, of those dispatched and done; every breach counts",
        "按时办结数 ÷ 已办结数；凡超时均计",
    ),
    "in_time_excused_rate": Rate(
        "按时办结率（计申诉）",
        ("done_in_time", "done_late_excused"),
        ("done_in_time", "done_late"),
        "the same, where breaches excused by an accepted appeal count as in time",
        "同上；申诉成立的超时视同按时",
    ),
    "sign_in_time_rate": Rate(
        "按时签收率",
        ("signed_in_time",),
        ("signed_in_time", "signed_late"),
        "sign clocks met, of those that ended in the period met or breached",
        "按时签收数 ÷ 本期签收时限结束数（按时或超时）",
    ),
    "call_back_rate": Rate(
        "回访率",
        ("call_backs_settled",),
        ("call_backs_owed",),
        "call-backs settled, of those owed in the period",
        "已回访数 ÷ 应回访数",
    ),
    "satisfaction_rate": Rate(
        "满意率",
        ("answers_satisfied",),
        ("answers_satisfied", "answers_not_satisfied"),
        "satisfied and basically satisfied, of the callers who answered and rated; unreachable is never satisfied",
        "（满意＋基本满意）÷ 作答并评价数；无法接通不计满意",
    ),
    "resolved_rate": Rate(
        "解决率",
        ("answers_solved",),
        ("call_backs_answered",),
        "called solved, of all callers who answered",
        "称已解决数 ÷ 有效回访数",
    ),
}

IDENTITIES: Final[tuple[Identity, ...]] = (
    Identity("received", ("new", "carried_over")),
    Identity("received", ("answered_directly", "dispatched", "rejected", "withdrawn", "open")),
    Identity("dispatched", ("done_in_time", "done_late", "open_in_time", "open_late")),
    Identity("reopened", ("reopened_ended", "reopened_open")),
    Identity("carried_forward", ("open", "open_in_time", "open_late", "reopened_open")),
    Identity("call_backs_owed", ("call_backs_opened", "call_backs_carried")),
    Identity("call_backs_owed", (*RESULT_FIGURES.values(), "call_backs_open")),
    Identity("call_backs_owed", ("call_backs_settled", "call_backs_open")),
    Identity("call_backs_answered", ("answers_satisfied", "answers_not_satisfied", "answers_not_rated")),
    Identity("call_backs_answered", ("answers_solved", "answers_not_solved")),
    Identity("supervision_listed", ("supervision_opened", "supervision_carried")),
    Identity("supervision_listed", ("supervision_removed", "supervision_open")),
)
