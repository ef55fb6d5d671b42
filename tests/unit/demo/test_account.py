"""The demo's account: what was published against what became of it."""

import json
from collections import Counter

import pytest

from hub.demo.check import Check
from hub.demo.ladder import Ladder
from hub.demo.result import Account, Cases, account_of
from hub.demo.run import Outcome
from hub.demo.traffic import Published, sample_files
from hub.domain.instants import from_epoch_ms
from hub.domain.ledger import Ledger
from hub.domain.period import Period

SOURCES = {"raw.hotline": "hotline", "raw.grid": "grid"}


@pytest.fixture
def published() -> Published:
    """Ten records of the hotline and five of the grid."""
    sent = Published()
    sent.add("hotline", 6)
    sent.add("grid", 5)
    sent.add("hotline", 4)
    return sent


AFTER = {
    "accepted.hotline": 7,
    "duplicate.hotline": 2,
    "dead.raw.hotline.bad_time": 1,
    "accepted.grid": 4,
    "dead.raw.grid.bad_time": 1,
    "received.raw.hotline": 10,
    "resplit.grid": 3,
    "resplit_records.grid": 5,
    "forgotten": 9,
}


def test_every_record_is_in_one_column(published):
    """accepted + duplicate + dead = published, by source and in all; other tallies do not count."""
    account = account_of(published, {}, AFTER, SOURCES)

    assert (account.published, account.accepted, account.duplicate, account.dead) == (15, 11, 2, 2)
    assert account.unaccounted == 0
    assert account.by_source["hotline"] == {"published": 10, "accepted": 7, "duplicate": 2, "dead": 1, "refused": 0}
    assert account.dead_by_reason == {"bad_time": 2}


def test_what_was_counted_before_is_not_this_runs(published):
    """The tallies live for ever: only their growth belongs to the run."""
    earlier = {"accepted.hotline": 100, "duplicate.hotline": 50, "dead.raw.grid.oversized": 8}
    after = {**earlier, **AFTER, "accepted.hotline": 107, "duplicate.hotline": 52}

    assert account_of(published, earlier, after, SOURCES) == account_of(published, {}, AFTER, SOURCES)


def test_a_lost_record_is_unaccounted_for(published):
    """The demo exits non-zero on anything but 0, in both directions."""
    assert account_of(published, {}, {**AFTER, "accepted.grid": 3}, SOURCES).unaccounted == 1
    assert account_of(published, {}, {**AFTER, "duplicate.grid": 2}, SOURCES).unaccounted == -2
    assert account_of(published, {}, {}, SOURCES).unaccounted == 15


def test_letters_of_the_edge_are_dead_records(published):
    """A file refused unread never reached unify, and is accounted for all the same."""
    published.add("hotline", 1, letter="oversized")

    account = account_of(published, {}, AFTER, SOURCES)

    assert (account.published, account.dead, account.unaccounted) == (16, 3, 0)
    assert account.by_source["hotline"]["dead"] == 2
    assert account.dead_by_reason == {"bad_time": 2, "oversized": 1}


def test_what_a_transport_refused_or_recognised_is_accounted_for(published):
    """Answered 400 or 409, nothing of it is in Kafka; answered like the first, it is a duplicate."""
    published.refuse("hotline", "malformed_json")
    published.refuse("grid", "closed")
    published.repeat("grid")

    account = account_of(published, {}, AFTER, SOURCES)

    assert (account.published, account.refused, account.duplicate, account.unaccounted) == (18, 2, 3, 0)
    assert account.by_source["grid"]["refused"] == account.by_source["grid"]["duplicate"] == 1
    assert account.refused_by_reason == {"malformed_json": 1, "closed": 1}


def test_the_result_as_data_has_the_four_counts_on_top():
    """One JSON object, names as documented, tables as plain counts."""
    cases = Cases(total=3, by_level=Counter({"key": 2, "ordinary": 1}))
    outcome = Outcome(
        account=Account(5, 3, 1, 1),
        cases=cases,
        ladder=Ladder(rework=2),
        ledger=Ledger(Period(0, 10, 10)),
        check=Check(outcomes=7, rebuilt=3),
        seconds=1.23456,
        now=from_epoch_ms(10),
        bootstrap="127.0.0.1:1",
        embedded=True,
    )

    data = json.loads(json.dumps(outcome.as_data()))

    assert list(data)[:5] == ["published", "accepted", "duplicate", "dead", "unaccounted"]
    assert [data[name] for name in list(data)[:5]] == [5, 3, 1, 1, 0]
    assert data["cases"]["by_level"] == {"key": 2, "ordinary": 1}
    assert data["cases"]["total"] == 3
    assert data["ladder"]["rework"] == 2
    assert data["ledger"]["figures"]["received"]["count"] == 0
    assert data["check"]["outcomes"] == 7
    assert {"early", "twice", "missing", "rebuilt", "differing", "letters", "identities"} <= set(data["check"])
    assert outcome.holds


def test_a_lost_record_or_a_failed_check_is_a_problem():
    """Either makes the demo exit with 1 and a line that says so."""

    def outcome(account: Account, check: Check) -> Outcome:
        ledger = Ledger(Period(0, 10, 10))
        return Outcome(account, Cases(), Ladder(), ledger, check, 1.0, from_epoch_ms(10), "127.0.0.1:1", True)

    assert outcome(Account(5, 3, 1, 0), Check()).problems == ["1 records are unaccounted for"]
    assert outcome(Account(), Check(problems=["hotline:HL1: …"])).problems == ["hotline:HL1: …"]
    assert not outcome(Account(), Check(problems=["hotline:HL1: …"])).holds


def test_good_samples_come_before_bad_ones(tmp_path):
    """Files in the order of their names, and none but those of sources."""
    for name in ("hotline/02.json", "hotline/01.json", "bad/hotline/00.json", "grid/a.csv", "README.md"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    found = [(source, str(file.relative_to(tmp_path))) for source, file in sample_files(tmp_path)]

    assert found == [
        ("grid", "grid/a.csv"),
        ("hotline", "hotline/01.json"),
        ("hotline", "hotline/02.json"),
        ("hotline", "bad/hotline/00.json"),
    ]
