"""Formal letters (催办函): rendered once from the city's template, under a name that is the entry's own."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from connectors.notices.files import sync_folder
from hub.domain.errors import Misconfigured, Unavailable
from hub.domain.instants import from_epoch_ms
from hub.domain.limits import ClockName
from hub.domain.notice_texts import CLOCK_WORDS, local_time
from hub.domain.sla import Notice

_UNSAFE = re.compile(r"[^\w〔〕（）()\-]+")
_ENTRY_CHARACTERS = 12


@dataclass(slots=True, frozen=True)
class Letterhead:
    """What of the city stands on its letters: names by code, the office that signs by division, the legal basis."""

    unit_name: Callable[[str], str]
    office: Callable[[str], str]
    basis: str


class LetterOffice:
    """Writes letters below a folder: `<year>/<division>/<number>-<entry>.docx`.

    The name follows from the notice, and a file appears under it whole or not at all. So a letter that is there was
    written, and is not written again, whatever its template has become since.
    """

    def __init__(self, folder: Path, template: Path, head: Letterhead) -> None:
        self._folder = folder
        self._template = template
        self._head = head

    def write(self, notice: Notice) -> Path:
        """The letter's file; made where it is not there yet.

        Raises:
            Unavailable: the template cannot be rendered or the disk does not take it.
        """
        file = self._file(notice)
        if not file.exists():
            try:
                self._render(file, letter_facts(notice, self._head))
            except OSError as error:
                raise Unavailable(f"letter {file.name} cannot be written: {error.strerror}") from error
            except TemplateError as error:
                raise Unavailable(f"template {self._template.name} cannot be used: {error}") from error
        return file

    def letter_of(self, notice: Notice) -> Path | None:
        """The file of the letter that a leader's notice forwards; None for notices about no letter."""
        return self._file(notice) if notice["kind"] == "LEADER_FORWARD" and notice["number"] else None

    def _file(self, notice: Notice) -> Path:
        entry = _UNSAFE.sub("_", notice["attributes"].get("entry_id", notice["notice_id"]))
        name = f"{_UNSAFE.sub('_', notice['number'] or 'no-number')}-{entry[:_ENTRY_CHARACTERS]}.docx"
        return self._folder / str(_date(notice).year) / _UNSAFE.sub("_", notice["division"] or "city") / name

    def _render(self, file: Path, facts: dict[str, Any]) -> None:
        document = DocxTemplate(self._template)
        # The template is the city's own data, not code: no attribute of a Python object can be reached from it.
        document.render(facts, SandboxedEnvironment(undefined=StrictUndefined, autoescape=True), autoescape=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.draft")
        document.save(draft)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(file)
        sync_folder(file.parent)


def letter_facts(notice: Notice, head: Letterhead) -> dict[str, Any]:
    """What a template can name; docs/notices.md lists it. Nothing of a citizen."""
    known = notice["attributes"]
    words = CLOCK_WORDS[cast(ClockName, known.get("clock", "handle"))]
    unit = known.get("unit_name") or head.unit_name(notice["unit"] or notice["recipient"])
    second = known.get("second_due_at")
    return {
        "number": notice["number"],
        "date": chinese_date(_date(notice)),
        "unit": unit,
        "division": notice["division"],
        "office": head.office(notice["division"] or ""),
        "basis": head.basis,
        "leader": known.get("leader_title", "分管领导"),
        "asked": words.asked,
        "undone": words.undone,
        "text": notice["text"],
        "late": notice["late"],
        "cases": [
            {
                "index": 1,
                "case_id": notice["case_id"],
                "subject": known.get("subject", "").replace("->", "—") or "未分类",
                "limit": words.limit,
                "due": "—" if notice["due_at"] is None else local_time(notice["due_at"]),
                "second_due": "—" if second is None else local_time(int(second)),
                "cycle": notice["cycle"],
                "standing": words.undone,
            }
        ],
    }


def check_template(template: Path, head: Letterhead) -> None:
    """Render a letter into nothing.

    Raises:
        Misconfigured: the template is not there, is no document, or names what there is not.
    """
    try:
        document = DocxTemplate(template)
        document.render(
            letter_facts(_SAMPLE, head), SandboxedEnvironment(undefined=StrictUndefined), autoescape=True
        )
    except TemplateError as error:
        raise Misconfigured([f"letter template {template}: {error}"]) from None
    except Exception as error:  # noqa: BLE001 - python-docx raises what the broken file makes it raise
        raise Misconfigured([f"letter template {template} cannot be used ({type(error).__name__})"]) from None


def chinese_date(day: date) -> str:
    """`2026年11月13日`, as official documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def _date(notice: Notice) -> date:
    """The day on which the letter was numbered."""
    written = notice["attributes"].get("letter_date")
    return date.fromisoformat(written) if written else from_epoch_ms(notice["at"]).date()


_SAMPLE: Notice = {
    "notice_id": "0" * 32,
    "kind": "LETTER",
    "case_id": "hotline:HL2026111000017",
    "case_version": 1,
    "cycle": 1,
    "recipient": "unit",
    "recipient_role": "unit",
    "number": "1",
    "division": None,
    "unit": "unit",
    "due_at": None,
    "at": 0,
    "late": False,
    "text": "",
    "attributes": {},
}
