"""The words of notices to departments: official Chinese, short, in local time, and nothing of a citizen.

Of a request only facts of the hub enter a text; its `reason` does not, since a person may have written it.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from hub.domain.instants import from_epoch_ms
from hub.domain.limits import ClockName
from hub.domain.sla import LetterRequest


class ClockWords(NamedTuple):
    """A clock as a text names it: its limit, what has not been done by then, what is asked."""

    limit: str
    undone: str
    asked: str


CLOCK_WORDS: Final[dict[ClockName, ClockWords]] = {
    "sign": ClockWords("签收时限", "未签收", "立即签收并办理"),
    "handle": ClockWords("办理时限", "未办结", "立即办理并反馈结果"),
    "call_back": ClockWords("回访时限", "未完成回访", "立即完成回访并登记结果"),
    "total": ClockWords("总时限", "未办结", "立即办结并反馈结果"),
}


def letter_text(request: LetterRequest, number: str) -> str:
    """The letter (催办函) to the unit."""
    asked = CLOCK_WORDS[request["clock"]].asked
    return (
        f"催办函（{number}）{_unit(request)}：你单位负责的{_matter(request)}，{_overdue(request)}，"
        f"已列入督办清单。请{asked}。{_held_up('本函', request['late'], request['second_due_at'])}"
    )


def leader_text(request: LetterRequest, number: str) -> str:
    """The letter as it is forwarded to the leader in charge."""
    asked = CLOCK_WORDS[request["clock"]].asked
    return (
        f"{request['leader_title'] or '分管领导'}：{_unit(request)}负责的{_matter(request)}，{_overdue(request)}，"
        f"已发催办函（{number}）并列入督办清单。请督促该单位{asked}。"
        f"{_held_up('本件', request['late'], request['second_due_at'])}"
    )


def entry_text(request: LetterRequest, number: str) -> str:
    """The entry on the supervision list."""
    return (
        f"列入督办（{number}）：{_unit(request)}负责的{_matter(request)}，{_overdue(request)}，"
        f"已发催办函，销号后移出督办清单。{_held_up('本条', request['late'], request['second_due_at'])}"
    )


def removal_text(request: LetterRequest, number: str | None) -> str:
    """The entry's removal; `number` is the entry's, None where it never had one."""
    return (
        f"督办销号（{number or '未编号'}）：{_unit(request)}负责的{_matter(request)}已销号，移出督办清单。"
        f"{_held_up('本条', request['late'], None)}"
    )


def reminder_text(
    unit_name: str, clock: ClockName, subject: str, case_id: str, due_at_ms: int, late: bool, to_endpoint: bool
) -> str:
    """The reminder (超时提醒) at the first timeout, to the staff endpoint or to its unit."""
    words = CLOCK_WORDS[clock]
    addressed = "您负责的" if to_endpoint else "你单位负责的"
    return (
        f"【超时提醒】{unit_name}：{addressed}{_named(subject, case_id)}，{words.limit}为{local_time(due_at_ms)}，"
        f"现已超时，仍{words.undone}。请{words.asked}。{_held_up('本提醒', late, due_at_ms)}"
    )


def call_back_text(subject: str, case_id: str, due_at_ms: int | None) -> str:
    """The task (回访任务) to call back about a case reported done; `due_at_ms` None where no limit runs."""
    until = "尽快" if due_at_ms is None else f"于{local_time(due_at_ms)}前"
    return f"【回访任务】{_named(subject, case_id)}已办结，请{until}完成回访并登记结果。"


# The two reminders of a timeout name one instant, as do those of all cases that are due with it.
@lru_cache(maxsize=1024)
def local_time(epoch_ms: int) -> str:
    """An instant as a text says it: `11月13日16时20分`, on the city's clock."""
    at = from_epoch_ms(epoch_ms)
    return f"{at.month}月{at.day}日{at.hour}时{at.minute:02}分"


def _unit(request: LetterRequest) -> str:
    return request["unit_name"] or request["unit"] or "责任单位"


def _matter(request: LetterRequest) -> str:
    return _named(request["subject"], request["case_id"])


def _named(subject: str, case_id: str) -> str:
    """A case by its category, whose levels the tables part with an arrow, and its id."""
    return f"“{subject.replace('->', '—') or '未分类'}”事项（工单{case_id}）"


def _overdue(request: LetterRequest) -> str:
    """Which limit passed when, and when the second timeout came."""
    words = CLOCK_WORDS[request["clock"]]
    due_at, second_due_at = request["due_at"], request["second_due_at"]
    first = f"已超{words.limit}" if due_at is None else f"{words.limit}为{local_time(due_at)}"
    still = f"仍{words.undone}" if second_due_at is None else f"至{local_time(second_due_at)}仍{words.undone}"
    return f"{first}，{still}，已二次超时"


def _held_up(what: str, late: bool, due_at_ms: int | None) -> str:
    """The sentence that owns up to an outage; empty where there was none."""
    if not late:
        return ""
    due = "" if due_at_ms is None else f"，应于{local_time(due_at_ms)}发出"
    return f"{what}因系统故障延迟发出{due}。"
