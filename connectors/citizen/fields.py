"""What a citizen fills in, and what is said beside a field that does not do."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sources.contact import contact
from connectors.sources.grid.codes import CATEGORIES
from connectors.sources.values import CONTROL, clean

SHORTEST_TEXT = 5
LONGEST_TEXT = 500
_LONGEST_PHONE = 20

GROUPS: dict[str, list[tuple[str, str]]] = {}
"""The choices of the form: group → (code, name)."""
for _path, _code in CATEGORIES.items():
    _group, _, _name = _path.partition("->")
    GROUPS.setdefault(_group, []).append((_code, _name))
_PATH_OF = {code: path for path, code in CATEGORIES.items()}

# A bidirectional override hides what a text says from the one who reads it.
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True, frozen=True)
class Filled:
    """What was typed, as typed: it is shown again where something is wrong."""

    category: str = ""
    description: str = ""
    phone: str = ""
    is_anonymous: bool = False


@dataclass(slots=True, frozen=True)
class Report:
    """A report that can be filed. `category` is a path of the grid source, `phone` as its contract has it."""

    category: str
    description: str
    phone: str | None
    is_anonymous: bool


def filled(fields: Mapping[str, str]) -> Filled:
    """The fields of a form as sent."""
    return Filled(
        fields.get("category", ""),
        fields.get("description", ""),
        fields.get("phone", ""),
        fields.get("anonymous", "") != "",
    )


def plain(text: str) -> str:
    """A text with LF line ends and without characters that nobody typed."""
    return clean(_HIDDEN.sub("", CONTROL.sub("", text)))


def check(given: Filled) -> tuple[Report | None, dict[str, str]]:
    """The report, or what is wrong by field, in Chinese."""
    wrong: dict[str, str] = {}
    path = _PATH_OF.get(given.category)
    if path is None:
        wrong["category"] = "请选择问题类别"
    text = plain(given.description)
    if not text:
        wrong["description"] = "请写明什么地方、出了什么问题"
    elif _seen(text) < SHORTEST_TEXT:
        wrong["description"] = f"请写得具体一些，至少 {SHORTEST_TEXT} 个字"
    elif len(text) > LONGEST_TEXT:
        wrong["description"] = f"最多 {LONGEST_TEXT} 个字，现在是 {len(text)} 个字，请删减"
    phone = plain(given.phone)
    number = contact(phone, set()) if len(phone) <= _LONGEST_PHONE else None
    if phone and number is None:
        wrong["phone"] = "电话号码不对：请填 11 位手机号，或带区号的固定电话；也可以不填"
    if wrong:
        return None, wrong
    assert path is not None, "a wrong category has been told"
    return Report(path, text, number, given.is_anonymous), {}


def _seen(text: str) -> int:
    """Characters that can be seen."""
    return sum(not character.isspace() and unicodedata.category(character) != "Cf" for character in text)
