"""The words of notices: what a department reads, in local time, and nothing of a citizen."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.notice_texts import (
    call_back_text,
    entry_text,
    leader_text,
    letter_text,
    local_time,
    reminder_text,
    removal_text,
)

NUMBER = "吹哨督办〔2026〕230203-0001号"
NUMBERED = (letter_text, leader_text, entry_text)
CASE = "hotline:HL2026111000017"
SUBJECT = "公共服务->供热->室温不达标"


def test_a_letter_says_what_a_department_must_know(make_request):
    """Number, unit, subject, case, both instants, clock, and what is asked."""
    assert letter_text(make_request(), NUMBER) == (
        "催办函（吹哨督办〔2026〕230203-0001号）建华区住建局：你单位负责的“公共服务—供热—室温不达标”事项"
        "（工单hotline:HL2026111000017），办理时限为11月12日16时20分，至11月13日16时20分仍未办结，已二次超时，"
        "已列入督办清单。请立即办理并反馈结果。"
    )


def test_the_leader_is_asked_to_see_to_it(make_request):
    """Addressed by title: a name is no business of the hub."""
    assert leader_text(make_request(), NUMBER) == (
        "建华区分管副区长：建华区住建局负责的“公共服务—供热—室温不达标”事项（工单hotline:HL2026111000017），"
        "办理时限为11月12日16时20分，至11月13日16时20分仍未办结，已二次超时，已发催办函（吹哨督办〔2026〕230203-0001号）"
        "并列入督办清单。请督促该单位立即办理并反馈结果。"
    )


def test_the_supervision_list_reads_entry_and_removal(make_request):
    """What comes on the list goes off it at 销号 only."""
    assert entry_text(make_request(), NUMBER) == (
        "列入督办（吹哨督办〔2026〕230203-0001号）：建华区住建局负责的“公共服务—供热—室温不达标”事项"
        "（工单hotline:HL2026111000017），办理时限为11月12日16时20分，至11月13日16时20分仍未办结，已二次超时，"
        "已发催办函，销号后移出督办清单。"
    )
    assert removal_text(make_request(), NUMBER) == (
        "督办销号（吹哨督办〔2026〕230203-0001号）：建华区住建局负责的“公共服务—供热—室温不达标”事项"
        "（工单hotline:HL2026111000017）已销号，移出督办清单。"
    )


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ("sign", ("签收时限为11月12日16时20分", "仍未签收", "立即签收并办理")),
        ("handle", ("办理时限为11月12日16时20分", "仍未办结", "立即办理并反馈结果")),
        ("call_back", ("回访时限为11月12日16时20分", "仍未完成回访", "立即完成回访并登记结果")),
        ("total", ("总时限为11月12日16时20分", "仍未办结", "立即办结并反馈结果")),
    ],
)
def test_each_clock_has_its_words(make_request, at, clock, words):
    """In the letter, to the leader and in the reminder: which limit, what is missing, what to do."""
    request = make_request(clock=clock)
    reminder = reminder_text("建华区住建局", clock, SUBJECT, CASE, at("2026-11-12 16:20"), False, True)

    for text in (letter_text(request, NUMBER), leader_text(request, NUMBER), reminder):
        limit, undone, asked = words
        assert limit in text
        assert undone in text
        assert text.endswith(f"{asked}。")


@pytest.mark.parametrize("write", NUMBERED)
def test_a_late_notice_owns_up_to_the_outage(make_request, at, write):
    """It names the instant at which it was due, and only then speaks of an outage."""
    late = write(make_request(late=True, at=at("2026-11-13 19:05")), NUMBER)

    assert re.search(r"因系统故障延迟发出，应于11月13日16时20分发出。$", late)
    assert "故障" not in write(make_request(), NUMBER)


def test_a_late_removal_names_no_instant(make_request):
    """It follows from an event, not from a due instant."""
    text = removal_text(make_request(late=True), NUMBER)

    assert text.endswith("移出督办清单。本条因系统故障延迟发出。")


def test_a_removal_without_a_letter_says_so(make_request):
    """No number is invented."""
    assert removal_text(make_request(), None).startswith("督办销号（未编号）：")


@pytest.mark.parametrize("write", NUMBERED)
def test_what_is_unknown_leaves_no_hole_in_the_sentence(make_request, write):
    """A clock without a due, a case without category or unit."""
    bare = {"unit": None, "unit_name": None, "subject": "", "due_at": None, "second_due_at": None}
    text = write(make_request(leader_title="", late=True, **bare), NUMBER)

    assert "责任单位" in text
    assert "“未分类”" in text
    assert "已超办理时限，仍未办结，已二次超时" in text
    assert text.endswith("因系统故障延迟发出。")
    assert "None" not in text


def test_a_unit_without_a_name_is_called_by_its_code(make_request):
    """A unit that the table no longer has."""
    assert "JH-ZJ：你单位" in letter_text(make_request(unit_name=None), NUMBER)


def test_a_reminder_goes_to_the_endpoint_or_to_its_unit(at):
    """The first timeout: who is spoken to differs, the facts do not."""
    due = at("2026-11-13 16:20")

    assert reminder_text("建华区住建局", "handle", SUBJECT, CASE, due, late=False, to_endpoint=True) == (
        "【超时提醒】建华区住建局：您负责的“公共服务—供热—室温不达标”事项（工单hotline:HL2026111000017），"
        "办理时限为11月13日16时20分，现已超时，仍未办结。请立即办理并反馈结果。"
    )
    assert "您负责" not in reminder_text("住建局", "sign", SUBJECT, CASE, due, late=False, to_endpoint=False)
    late = reminder_text("住建局", "sign", SUBJECT, CASE, due, late=True, to_endpoint=False)
    assert late.endswith("本提醒因系统故障延迟发出，应于11月13日16时20分发出。")


def test_a_call_back_task_names_until_when(at):
    """With a limit or without one."""
    assert call_back_text(SUBJECT, CASE, at("2026-11-16 18:00")) == (
        "【回访任务】“公共服务—供热—室温不达标”事项（工单hotline:HL2026111000017）已办结，"
        "请于11月16日18时00分前完成回访并登记结果。"
    )
    assert "请尽快完成回访" in call_back_text(SUBJECT, CASE, None)


@pytest.mark.parametrize(
    ("local", "said"),
    [
        ("2026-11-13 16:20", "11月13日16时20分"),
        ("2027-01-01 00:05", "1月1日0时05分"),
        ("2026-12-31 23:59", "12月31日23时59分"),
    ],
)
def test_times_are_local(at, local, said):
    """Months, days and hours as one says them, minutes with two digits."""
    assert local_time(at(local)) == said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(phone=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), late=st.booleans())
def test_nothing_of_a_citizen_comes_into_a_text(make_request, phone, late):
    """Not even where somebody wrote it into a reason: of digits there are those of case, number and times."""
    request = make_request(reason=f"市民来电 {phone}，要求撤销", late=late)
    texts = [write(request, NUMBER) for write in (*NUMBERED, removal_text)]

    for text in texts:
        assert phone not in text
        assert not re.search(r"\d{7}", text.replace(CASE, "").replace(NUMBER, ""))
