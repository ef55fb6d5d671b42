"""`hub ledger` as a person, a script and a spreadsheet see it."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from hub import cli
from hub.domain.ledger import draw
from hub.domain.ledger_terms import FIGURES, RATES


@pytest.fixture
def ledger(monkeypatch, case):
    """Runs the command on two cases; what was asked for is kept in `ledger.asked`."""
    held = [
        case("A", ("11-10 09:00", "REPORTED", "DISPATCHED"), ("11-12 09:00", "DONE", "DONE")),
        case("B", ("11-10 09:00", "REPORTED", "REGISTERED"), division="230202"),
    ]

    def ledger_of(_bootstrap, _topics, _codec, period, division, *, with_ids):
        run.asked = (period, division, with_ids)
        return draw(run.held, period, division, with_ids=with_ids)

    def run(*words):
        return CliRunner().invoke(cli.build("ledger"), ["ledger", *words])

    run.held = held
    monkeypatch.setattr("hub.cluster.running", lambda _settings: "127.0.0.1:1")
    monkeypatch.setattr("hub.ledger.ledger_of", ledger_of)
    return run


NOVEMBER = ("--from", "2026-11-01", "--to", "2026-12-01", "--as-of", "2026-12-31T08:00:00+08:00")


def test_the_table_shows_number_and_definition(ledger):
    """Both languages beside each figure."""
    result = ledger(*NOVEMBER)

    assert result.exit_code == 0
    assert "齐齐哈尔市: from 2026-11-01 00:00 to 2026-12-01 00:00" in result.stdout
    assert "1 / 1 = 100.00 %" in result.stdout
    for figure in ("received", "call_backs_verified", "supervision_open"):
        assert figure in result.stdout
    assert "新收与结转之和" in result.stdout
    assert ledger.asked[2] is False


def test_the_data(ledger):
    """One object, with what was asked."""
    result = ledger(*NOVEMBER, "--division", "230203", "--json")

    data = json.loads(result.stdout)
    assert data["division"] == "230203"
    assert (data["figures"]["received"]["count"], data["figures"]["open"]["count"]) == (1, 0)
    assert data["identities"] == []
    assert list(data["figures"]) == list(FIGURES)


def test_the_rows(ledger):
    """One a figure or rate, with a header."""
    rows = list(csv.DictReader(io.StringIO(ledger(*NOVEMBER, "--csv").stdout)))

    assert [row["name"] for row in rows] == [*FIGURES, *RATES]
    found = {row["name"]: row for row in rows}
    assert found["received"]["count"] == "2"
    assert found["in_time_rate"]["text"] == "1 / 1 = 100.00 %"
    assert (found["in_time_rate"]["numerator"], found["in_time_rate"]["count"]) == ("1", "")


def test_the_cases_behind_a_figure(ledger):
    """One id a line, nothing else; of a rate both sides."""
    assert ledger(*NOVEMBER, "--cases", "received").stdout == "hotline:A\nhotline:B\n"
    assert ledger(*NOVEMBER, "--cases", "in_time_rate.denominator").stdout == "hotline:A\n"
    assert json.loads(ledger(*NOVEMBER, "--cases", "open", "--json").stdout) == {
        "figure": "open",
        "ids": ["hotline:B"],
    }
    assert ledger(*NOVEMBER, "--cases", "open", "--csv").stdout == "open\nhotline:B\n"
    assert ledger.asked[2] is True


def test_a_sum_that_is_wrong_fails(ledger, case):
    """Exit code 1 and the sum in words; the figures are shown all the same."""
    ledger.held.append(case("C", ("11-10 09:00", "REPORTED", "DISPATCHED"), status="DONE"))
    result = ledger(*NOVEMBER, "--json")

    assert result.exit_code == 1
    assert "hub: 1 cases whose decisions do not lead to their status: hotline:C" in result.stderr
    assert json.loads(result.stdout)["identities"] == [
        "1 cases whose decisions do not lead to their status: hotline:C"
    ]


def test_a_period_without_end_ends_now(ledger):
    """And without beginning it holds every case before."""
    result = ledger("--as-of", "2026-11-11T00:00:00+08:00", "--json")

    data = json.loads(result.stdout)
    assert data["period"] == {
        "from": None,
        "to": "2026-11-11T00:00:00+08:00",
        "as_of": "2026-11-11T00:00:00+08:00",
    }
    assert data["figures"]["open_in_time"]["count"] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "2026-11-31"),
        ("--from", "2026-11-10", "--to", "2026-11-10"),
        ("--from", "2026-12-01", "--as-of", "2026-11-11T00:00:00+08:00"),
        ("--as-of", "2026-11-11T00:00:00"),
        ("--division", "110101"),
        ("--cases", "everything"),
        ("--json", "--csv"),
    ],
)
def test_a_mistake_in_the_question_is_a_usage_error(ledger, words):
    """Exit code 2, before Kafka is asked."""
    ledger.held = None

    assert ledger(*words).exit_code == 2
