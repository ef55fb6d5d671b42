"""Checks the versions of the policy of a city folder, each for itself and against the others."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from hub.city.check import Known
from hub.city.folder import Folder
from hub.city.models import PolicyDocument
from hub.city.problems import Problems


def check_policy(folder: Folder, problems: Problems) -> None:
    """Policy: office hours in order and apart, the unit exists, letters get numbers; versions and days differ."""
    units = Known(folder.units, "code")
    versions: dict[str, str] = {}
    days: dict[date | None, str] = {}
    for policy in folder.policies:
        document = policy.document
        if document is None:
            continue
        found = list(_wrong(document, units))
        other = versions.setdefault(document.version, policy.file)
        if other != policy.file:
            found.append(("version", f'version "{document.version}" is that of {other} already'))
        other = days.setdefault(document.valid_from, policy.file)
        if other != policy.file:
            day = document.valid_from or "no valid_from"
            found.append(
                ("valid_from", f"holds from the same day as {other} ({day}); give each its own valid_from")
            )
        for key, message in found:
            problems.add(policy.file, policy.lines.of((key,)), message)


def _wrong(document: PolicyDocument, units: Known) -> Iterator[tuple[str, str]]:
    """The keys that are wrong, with what is."""
    hours = [hour for pair in document.office_hours for hour in pair]
    if any(later <= earlier for earlier, later in pairwise(hours)):
        yield "office_hours", "office_hours must be pairs [opening, closing] in order, apart from each other"
    if document.call_back_unit is not None and document.call_back_unit not in units:
        yield "call_back_unit", f'call_back_unit "{document.call_back_unit}" is not in units.csv'
    if document.letter_number is not None and not _tells_letters_apart(document.letter_number):
        example = "吹哨督办〔{year}〕{division}-{number:04d}号"
        yield "letter_number", f"letter_number must hold {{year}}, {{division}} and {{number}}, as {example}"


def _tells_letters_apart(pattern: str) -> bool:
    """Whether letters of another year, division or number get another text."""
    letters = ((2026, "230202", 17), (2027, "230202", 17), (2026, "230203", 17), (2026, "230202", 18))
    try:
        texts = {pattern.format(year=year, division=place, number=number) for year, place, number in letters}
    except (LookupError, ValueError, AttributeError, TypeError):
        return False
    return len(texts) == len(letters)
