"""docs/case-life.md says what the code does."""

import re
from pathlib import Path

from hub.domain.case import STATUSES
from hub.domain.transitions import TRANSITIONS, Step

PAGE = next(one for one in Path(__file__).parents if (one / "pyproject.toml").exists()) / "docs" / "case-life.md"


def told(cell: str) -> Step:
    """A cell of the page as a step; the page leaves out what every parked cell has in common."""
    reason = re.search(r"`(\w+)`", cell)
    if cell.startswith("→ "):
        return Step("APPLIED", cell[2:])  # type: ignore[arg-type]
    if cell == "parked":
        return Step("PARKED", "AWAITED", "early")
    outcomes = {"taken": "APPLIED", "recorded": "RECORDED", "refused": "REFUSED", "parked": "PARKED"}
    outcome = outcomes[cell.split()[0]]
    return Step(outcome, None, reason[1] if reason else "")  # type: ignore[arg-type]


def test_the_page_s_table_is_the_table() -> None:
    """Every cell of docs/case-life.md is the step that the code takes."""
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split("|")]
        for line in PAGE.read_text("utf-8").splitlines()
        if re.match(r"\| [A-Z_]+ \S+ \| (parked|→)", line)
    ]
    page = {
        (status, row[0].split()[0]): told(cell)
        for row in rows
        for status, cell in zip(STATUSES, row[1:], strict=True)
    }

    assert page == TRANSITIONS
