"""docs/ledger.md says what the code does."""

import re
from pathlib import Path

from hub.domain.ledger_terms import FIGURES, IDENTITIES, RATES

PAGE = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def test_every_figure_and_rate_is_defined_as_it_is_printed():
    """Name, term and both definitions, in the order of the output."""
    told = [(name, one.term, one.definition, one.definition_zh) for name, one in (*FIGURES.items(), *RATES.items())]

    assert told == ROWS


def test_every_identity_stands_on_the_page():
    """As the code checks it."""
    told = re.findall(r"^    (\w+ = .+)$", PAGE, re.MULTILINE)

    assert told == [str(identity) for identity in IDENTITIES]


def test_every_rate_names_its_two_sides():
    """The figures above and below the line."""
    for name, rate in RATES.items():
        assert f"| `{name}` | {' + '.join(rate.numerator)} | {' + '.join(rate.denominator)} |\n" in PAGE
