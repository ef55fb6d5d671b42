"""Letters: the committed template, what stands in it, and that each is written once."""

from pathlib import Path

import pytest
from docx import Document

from connectors.notices.letter_template import write_template
from connectors.notices.letters import LetterOffice, check_template
from hub.domain.errors import Misconfigured


@pytest.fixture
def office(tmp_path: Path, template: Path, head) -> LetterOffice:
    return LetterOffice(tmp_path, template, head)


def test_a_letter_holds_number_date_unit_cases_basis_and_signature(office: LetterOffice, make_letter):
    """As a 催办函 is laid out: who, under which number, about which cases, by what right, from whom, when."""
    document = Document(str(office.write(make_letter())))
    text = [paragraph.text for paragraph in document.paragraphs if paragraph.text.strip()]
    assert text == [
        "230203指挥中心",
        "吹哨督办〔2026〕230203-0001号",
        "关于超时未办事项的催办函",
        "建华区住建局：",
        "根据有关规定，你单位负责办理的下列事项已超过规定时限，经提醒后仍未办结，已二次超时，现予催办：",
        "以上事项已列入督办清单，并已报建华区分管副区长。请你单位立即办理并反馈结果，办结后按规定销号。",
        "230203指挥中心（印章）",
        "2026年11月13日",
        "抄送：建华区分管副区长。",
    ]
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["序号", "工单编号", "事项", "时限", "办理情况"],
        ["1", "hotline:HL2026111000017", "公共服务—供热—室温不达标", "办理时限：11月12日16时20分", "未办结"],
    ]


def test_a_late_letter_says_so(office: LetterOffice, make_letter):
    """The hub owns up to its outage."""
    document = Document(str(office.write(make_letter(late=True))))
    assert "（本函因系统故障延迟发出。）" in [paragraph.text for paragraph in document.paragraphs]


def test_its_file_is_named_by_year_division_and_number(office: LetterOffice, make_letter, tmp_path: Path):
    """An office finds it without the hub."""
    file = office.write(make_letter())
    assert file == tmp_path / "2026/230203/吹哨督办〔2026〕230203-0001号-0123456789ab.docx"


def test_a_letter_that_is_there_is_not_written_again(office: LetterOffice, make_letter):
    """Somebody may have signed it."""
    file = office.write(make_letter())
    file.write_bytes(b"signed")
    assert office.write(make_letter()) == file
    assert file.read_bytes() == b"signed"
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_what_an_entry_is_called_leads_to_no_other_folder(office: LetterOffice, make_letter, tmp_path: Path):
    """Ids are the hub's own, and still no path is made of them as they are."""
    notice = make_letter(number="../../x/1", division="../..")
    notice["attributes"]["entry_id"] = "../y"
    file = office.write(notice)
    assert file.resolve().is_relative_to(tmp_path.resolve())
    assert ".." not in file.relative_to(tmp_path).parts


def test_the_leaders_notice_names_the_letters_file(office: LetterOffice, make_letter):
    """Both follow from the same entry."""
    forward = make_letter(kind="LEADER_FORWARD", recipient="LD-230203", recipient_role="leader")
    assert office.letter_of(forward) == office.write(make_letter())
    assert office.letter_of(make_letter()) is None


def test_markup_in_a_subject_stays_text(office: LetterOffice, make_letter):
    """A category with < and & neither breaks the document nor changes it."""
    notice = make_letter()
    notice["attributes"]["subject"] = "水&电 <w:p/>"
    (table,) = Document(str(office.write(notice))).tables
    assert table.rows[1].cells[2].text == "水&电 <w:p/>"


def test_a_letter_of_an_older_hub_is_written_with_what_it_has(office: LetterOffice, make_letter):
    """Without subject and unit's name the city folder's name stands in."""
    notice = make_letter()
    for name in ("subject", "unit_name", "second_due_at", "leader_title"):
        del notice["attributes"][name]
    text = "\n".join(paragraph.text for paragraph in Document(str(office.write(notice))).paragraphs)
    assert "单位JH-ZJ：" in text


def test_a_template_that_names_what_there_is_not_is_refused_at_the_start(tmp_path: Path, head):
    """Before the first letter, with the name that is wrong; the committed one and a fresh one pass."""
    fresh, wrong = tmp_path / "fresh.docx", tmp_path / "wrong.docx"
    write_template(fresh)
    check_template(fresh, head)
    document = Document(str(fresh))
    document.add_paragraph("{{ citizen }}")
    document.save(str(wrong))
    with pytest.raises(Misconfigured, match="citizen"):
        check_template(wrong, head)
    with pytest.raises(Misconfigured):
        check_template(tmp_path / "none.docx", head)


def test_the_committed_template_is_in_order(template: Path, head):
    """A new city copies it."""
    check_template(template, head)
