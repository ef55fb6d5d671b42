"""The letter template that a new city begins with, laid out as GB/T 9704-2012 asks of official documents.

`hub notices template FILE` writes it; the city then changes it in Word. Its words stand in docs/notices.md.
"""

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

_RED = RGBColor(0xC0, 0x00, 0x00)
_HEAD, _BODY, _BLACK = "方正小标宋简体", "仿宋_GB2312", "黑体"
_CENTRE, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
# Two characters of the third size (三号, 16 pt).
_INDENT = Pt(32)
_COLUMNS = (
    ("序号", "{{ case.index }}", 14),
    ("工单编号", "{{ case.case_id }}", 54),
    ("事项", "{{ case.subject }}", 34),
    ("时限", "{{ case.limit }}：{{ case.due }}", 32),
    ("办理情况", "{{ case.standing }}", 22),
)


def write_template(file: Path) -> None:
    """Write the template to a file that is replaced if it is there."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)

    head = _paragraph(document, "{{ office }}", _HEAD, 26, _CENTRE, spacing=40)
    head.runs[0].font.color.rgb = _RED
    _paragraph(document, "{{ number }}", _BODY, 16, _CENTRE)
    _rule(document.paragraphs[-1])
    _paragraph(document, "", _BODY, 12, spacing=20)
    _paragraph(document, "关于超时未办事项的催办函", _HEAD, 22, _CENTRE, spacing=36)
    _paragraph(document, "", _BODY, 12, spacing=18)
    _paragraph(document, "{{ unit }}：", _BODY, 16)
    _paragraph(
        document,
        "{{ basis }}，你单位负责办理的下列事项已超过规定时限，经提醒后仍{{ undone }}，已二次超时，现予催办：",
        _BODY,
        16,
        indent=True,
    )
    _paragraph(document, "", _BODY, 6, spacing=8)
    _cases(document)
    _paragraph(document, "", _BODY, 6, spacing=8)
    _paragraph(
        document,
        "以上事项已列入督办清单，并已报{{ leader }}。请你单位{{ asked }}，办结后按规定销号。",
        _BODY,
        16,
        indent=True,
    )
    # A paragraph of `p` goes with its condition.
    _paragraph(document, "{%p if late %}", _BODY, 16)
    _paragraph(document, "（本函因系统故障延迟发出。）", _BODY, 16, indent=True)
    _paragraph(document, "{%p endif %}", _BODY, 16)
    _paragraph(document, "", _BODY, 16)
    _paragraph(document, "{{ office }}（印章）", _BODY, 16, _RIGHT)
    _paragraph(document, "{{ date }}", _BODY, 16, _RIGHT)
    _paragraph(document, "", _BODY, 12, spacing=14)
    copy = _paragraph(document, "抄送：{{ leader }}。", _BODY, 14)
    _rule(copy, "top")
    document.core_properties.author = "whistle-hub"
    document.core_properties.title = "催办函"
    document.save(str(file))


def _paragraph(
    document: Any,
    text: str,
    font: str,
    points: int,
    alignment: Any = None,
    *,
    indent: bool = False,
    spacing: int = 28,
) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = alignment
    _shape(paragraph, spacing)
    if indent:
        paragraph.paragraph_format.first_line_indent = _INDENT
    _write(paragraph, text, font, points)
    return paragraph


def _shape(paragraph: Any, spacing: int) -> None:
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(spacing)


def _write(paragraph: Any, text: str, font: str, points: int) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(points), font
    # Word takes Chinese characters from the font of its own attribute.
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _cases(document: Any) -> None:
    """A row for each case: what stands between the two `tr` lines is repeated by docxtpl."""
    table = document.add_table(rows=4, cols=len(_COLUMNS))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    rows = table.rows
    for number, (title, content, width) in enumerate(_COLUMNS):
        table.columns[number].width = Mm(width)
        for row, text, font in ((rows[0], title, _BLACK), (rows[2], content, _BODY)):
            row.cells[number].width = Mm(width)
            _fill(row.cells[number], text, font)
    rows[1].cells[0].text = "{%tr for case in cases %}"
    rows[3].cells[0].text = "{%tr endfor %}"


def _fill(cell: Any, text: str, font: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = _CENTRE
    _shape(paragraph, 20)
    _write(paragraph, text, font, 12)


def _rule(paragraph: Any, side: str = "bottom") -> None:
    """The red line below the head, and the thin one above the copies."""
    borders = OxmlElement("w:pBdr")
    line = OxmlElement(f"w:{side}")
    is_head = side == "bottom"
    for name, value in (
        ("val", "single"),
        ("sz", "18" if is_head else "6"),
        ("space", "6"),
        ("color", "C00000" if is_head else "000000"),
    ):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._element.get_or_add_pPr().append(borders)
