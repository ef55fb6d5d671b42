"""The journal keeps what it is told, whoever asks next, and one process has it."""

from pathlib import Path

import pytest

from connectors.drops.journal import Journal, PassedOn, RowPlace, Step
from connectors.status import Done
from hub.domain.errors import Misconfigured

IDS = [bytes([number]) * 16 for number in range(3)]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "grid.sqlite")


def row(number: int, case: str = "WG1") -> PassedOn:
    return PassedOn(IDS[number], number, number + 1, case, f"{case}/{number}")


def test_a_file_s_way_is_there_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    """Each step by itself."""
    file = journal.note(b"\xff.csv", 1000)
    journal.identify(file, "ab", 7, 8, {("raw.grid", 2): 5})
    journal.progress(file, 500)
    journal.close()

    (found,) = Journal(tmp_path / "grid.sqlite").unfinished()

    assert (found.name, found.step, found.sent, found.since) == (
        *(b"\xff.csv", Step.IDENTIFIED),
        *(500, {("raw.grid", 2): 5}),
    )


def test_a_second_process_is_refused(journal: Journal, tmp_path: Path) -> None:
    """Two would take each other's files."""
    with pytest.raises(Misconfigured, match="another process"):
        Journal(tmp_path / "grid.sqlite")
    journal.close()
    Journal(tmp_path / "grid.sqlite")


def test_rows_are_known_as_long_as_unify_remembers_them(journal: Journal) -> None:
    """After that a resend is an event again, and told as accepted."""
    file = journal.note(b"a.csv", 1000)
    journal.settle(file, "done", b"done/a.csv", "{}", [row(0), row(1)], 1000)

    assert journal.known(IDS, 1000) == {IDS[0]: RowPlace(file, 0, 1), IDS[1]: RowPlace(file, 1, 2)}
    assert journal.known(IDS, 1001) == {}
    assert journal.forget(1001) == 2
    assert journal.known(IDS, 0) == {}


def test_rows_are_found_by_case_and_by_source_event(journal: Journal) -> None:
    """Each file with the numbers of its records."""
    first, second = journal.note(b"a.csv", 1), journal.note(b"b.csv", 2)
    journal.settle(first, "done", b"done/a.csv", "{}", [row(0), row(1, "WG2")], 1)
    journal.settle(second, "done", b"done/b.csv", "{}", [row(2)], 1)

    assert journal.rows_of(["WG1"]) == {first: {0}, second: {2}}
    assert journal.rows_of(["WG2/1", "WG9"]) == {first: {1}}


def test_of_files_of_one_name_the_last_is_taken_again(journal: Journal) -> None:
    """And the first of the same content is the one that a duplicate is told by."""
    numbers = []
    for at in (1, 2, 3):
        numbers.append(file := journal.note(b"a.csv", at))
        journal.identify(file, "ab", 1, 1, {})
        journal.end(file, Step.FINISHED)

    assert [found.id for found in journal.finished(names=[b"a.csv"])] == [numbers[-1]]
    assert [found.id for found in journal.finished(after=numbers[0])] == numbers[1:]
    assert [found.id for found in journal.finished(since_ms=3)] == numbers[2:]
    earlier = journal.earlier(numbers[2], "ab")
    assert earlier is not None
    assert earlier.id == numbers[0]


def test_commands_done_are_kept_in_order(journal: Journal) -> None:
    """The oldest first; done again counts once."""
    journal.did("b", Done(outcome="done"), 1)
    journal.did("a", Done(outcome="failed", detail="x"), 2)
    journal.did("a", Done(outcome="done"), 3)

    assert list(journal.done()) == ["b", "a"]
    assert journal.done()["a"].outcome == "done"
