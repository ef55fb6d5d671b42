"""Checks files of vectors and stories against the clocks: what was expected, what came."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from hub.clockdesk.playing import play
from hub.clockdesk.stories import Ending, Story, Told, read_story
from hub.clockdesk.vectors import read_vector
from hub.domain.city import WorkCalendar
from hub.domain.errors import Misconfigured, Refused, Rejected
from hub.domain.worktime import WorkTime


@dataclass(slots=True, frozen=True)
class Difference:
    """One thing that came otherwise: in which vector or story, what of it."""

    file: str
    case: str
    what: str
    expected: str
    got: str


@dataclass(slots=True, frozen=True)
class Verdict:
    """How many vectors and stories were checked, how many of them differ, and wherein."""

    checked: int
    differ: int
    differences: tuple[Difference, ...]


class Checker:
    """Checks by one calendar. `player` is what a story goes through: casework itself."""

    def __init__(self, calendar: WorkCalendar, player: Callable[[Story, WorkCalendar], Ending] = play) -> None:
        self._calendar = calendar
        self._player = player

    def check(self, files: list[Path]) -> Verdict:
        """All vectors and stories of the files; raises `Misconfigured` with all that cannot be read."""
        found: list[Difference] = []
        problems: list[str] = []
        checked = differ = 0
        for file in files:
            for index, case in enumerate(_cases(file)):
                name = str(case.get("id", index)) if isinstance(case, Mapping) else str(index)
                try:
                    differences = [Difference(str(file), name, *one) for one in self.differences(case)]
                except (Rejected, Refused, ValueError) as error:
                    problems.append(f"{file} {name}: {error}")
                    continue
                checked += 1
                differ += bool(differences)
                found += differences
        if problems:
            raise Misconfigured(problems)
        return Verdict(checked, differ, tuple(found))

    def differences(self, case: Any) -> Iterator[tuple[str, str, str]]:
        """What differs in one vector or story: what of it, expected, got."""
        if isinstance(case, Mapping) and "events" in case:
            return self._check_story(case)
        if isinstance(case, Mapping) and "limit" in case:
            return self._check_vector(case)
        raise Rejected("bad_value", None, "is neither a vector (start, limit) nor a story (policy, events)")

    def _check_vector(self, data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        vector = read_vector(data)
        worktime = WorkTime.of(self._calendar, vector.hours)
        try:
            due = worktime.due(vector.start, vector.limit, vector.pauses)
        except Refused as refusal:
            yield "due", _shown(vector.expected.at), f"refused: {refusal.reason}"
            return
        if due.at != vector.expected.at:
            yield "due", _shown(vector.expected.at), _shown(due.at)
        if due.is_provisional != vector.expected.is_provisional:
            yield "provisional", _shown(vector.expected.is_provisional), _shown(due.is_provisional)

    def _check_story(self, data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        story = read_story(data)
        ending = self._player(story, self._calendar)
        for number, (expected, got) in enumerate(zip_longest(story.expected, ending.outcomes), 1):
            if expected != got:
                yield f"outcome {number}", _line(expected), _line(got)
        if story.refused != ending.refused:
            yield "refused", _shown(list(story.refused)), _shown(list(ending.refused))
        if story.level != ending.level:
            yield "level", story.level, ending.level


def _cases(file: Path) -> list[Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Misconfigured([f"{file}: {error.strerror or error}"]) from None
    except ValueError as error:
        raise Misconfigured([f"{file}: is not JSON: {error}"]) from None
    return data if isinstance(data, list) else [data]


def _line(told: Told | None) -> str:
    if told is None:
        return "nothing"
    return ", ".join(f"{one.name} {_shown(getattr(told, one.name))}" for one in fields(told))


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value, ensure_ascii=False)
