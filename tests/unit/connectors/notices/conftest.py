"""Notices as the stages write them."""

from datetime import date
from pathlib import Path

import pytest

from connectors.feed import Message
from connectors.notices.letters import Letterhead
from hub.domain.sla import Notice
from schemas.codec import codec

NOVEMBER_13 = 1_794_558_000_000  # 2026-11-13 16:20 at UTC+8


@pytest.fixture
def make_notice():
    """`make_notice(kind="LETTER", …)` gives a notice with every field."""

    def make(id: str = "a" * 32, **change) -> Notice:
        notice: Notice = {
            "notice_id": id,
            "kind": "SMS",
            "case_id": "hotline:HL2026111000017",
            "case_version": 7,
            "cycle": 1,
            "recipient": "EP-230203-0117",
            "recipient_role": "endpoint",
            "number": None,
            "division": "230203",
            "unit": "JH-ZJ",
            "due_at": NOVEMBER_13 - 86_400_000,
            "at": NOVEMBER_13,
            "late": False,
            "text": "【超时提醒】建华区住建局：请立即办理并反馈结果。",
            "attributes": {"clock": "handle"},
        }
        return {**notice, **change}  # type: ignore[typeddict-item]

    return make


@pytest.fixture
def make_letter(make_notice):
    """A formal letter's notice."""

    def make(**change) -> Notice:
        given = {
            "kind": "LETTER",
            "recipient": "JH-ZJ",
            "recipient_role": "unit",
            "number": "吹哨督办〔2026〕230203-0001号",
            "attributes": {
                "entry_id": "0123456789abcdef",
                "clock": "handle",
                "leg": "2",
                "leader_title": "建华区分管副区长",
                "unit_name": "建华区住建局",
                "subject": "公共服务->供热->室温不达标",
                "second_due_at": str(NOVEMBER_13),
                "letter_date": date(2026, 11, 13).isoformat(),
            },
        }
        return make_notice(**{**given, **change})

    return make


@pytest.fixture
def as_record():
    """A notice as it stands in Kafka."""

    def make(notice: Notice) -> Message:
        return Message(
            "notices", 0, 0, notice["recipient"].encode(), codec().encode("Notice", notice), {}, notice["at"]
        )

    return make


@pytest.fixture
def head() -> Letterhead:
    """What of a city stands on a letter."""
    return Letterhead(lambda code: f"单位{code}", lambda division: f"{division}指挥中心", "根据有关规定")


@pytest.fixture
def template() -> Path:
    """The committed template."""
    return Path(__file__).parents[4] / "deploy/cities/qiqihar/templates/letter.docx"
