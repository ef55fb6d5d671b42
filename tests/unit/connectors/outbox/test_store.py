"""The file of an outbox: what is kept, what is due, and in which order."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.outbox import Backoff, Kept, Outbox, Outgoing, State
from hub.domain.errors import Unavailable


@pytest.fixture
def outbox(tmp_path: Path):
    box = Outbox(tmp_path / "edge.sqlite")
    yield box
    box.close()


def message(id: str, lane: str = "hotline:1", target: str = "sms", payload: bytes = b"text") -> Outgoing:
    return Outgoing(id, target, lane, payload)


def due(outbox: Outbox, now: int = 10) -> list[str]:
    return [one.id for one in outbox.due(now, 100)]


def test_messages_and_positions_are_kept_together(tmp_path: Path):
    """Where a message makes the batch fail, neither it, nor its neighbours, nor the positions are kept."""
    outbox = Outbox(tmp_path / "edge.sqlite")

    def broken():
        yield message("1")
        raise ValueError

    with pytest.raises(ValueError):
        outbox.take(broken(), {("notices", 0): 7}, 1)

    assert outbox.positions() == {}
    assert due(outbox) == []
    outbox.take([message("1")], {("notices", 0): 7}, 1)
    outbox.close()
    again = Outbox(tmp_path / "edge.sqlite")
    assert again.positions() == {("notices", 0): 7}
    assert due(again) == ["1"]


def test_an_id_is_taken_once(outbox: Outbox):
    """Neither while it waits nor after it was delivered is the same id taken again."""
    assert outbox.take([message("1"), message("1")], {}, 1) == 1
    outbox.delivered("1", "", 5, 5)
    assert outbox.take([message("1")], {}, 6) == 0
    assert due(outbox) == []


def test_a_later_one_waits_for_an_earlier_one_of_its_lane(outbox: Outbox):
    """The second of a lane is due only once the first is settled, however long that takes; other lanes go on."""
    outbox.take([message("1"), message("2"), message("3", lane="hotline:2")], {}, 1)
    assert due(outbox) == ["1", "3"]
    outbox.failed("1", "503", next_at=1000)
    assert due(outbox) == ["3"]
    assert due(outbox, now=1000) == ["3", "1"]
    outbox.delivered("1", "200", 1001, 1001)
    assert due(outbox, now=1001) == ["3", "2"]


def test_a_parked_one_holds_its_lane_until_it_is_replayed_or_skipped(outbox: Outbox):
    """What is ordered per case stays so: a later message does not pass a parked one."""
    outbox.take([message("1"), message("2"), message("3")], {}, 1)
    outbox.parked("1", "gave up", 2)
    assert due(outbox) == []
    assert outbox.replay(3, ids=["1"]) == ["1"]
    assert due(outbox) == ["1"]
    outbox.parked("1", "gave up", 4)
    assert outbox.skip(["1"], 5, 5) == ["1"]
    assert due(outbox) == ["2"]


def test_where_order_does_not_matter_a_parked_one_is_passed(tmp_path: Path):
    """A reminder that could not be sent does not keep the next one from its recipient; replayed, it goes first."""
    outbox = Outbox(tmp_path / "edge.sqlite", parked_holds_lane=False)
    outbox.take([message("1"), message("2")], {}, 1)
    outbox.parked("1", "no such number", 2)
    assert due(outbox) == ["2"]
    outbox.replay(3)
    assert due(outbox) == ["1"]


def test_a_halted_target_keeps_what_comes_and_goes_on_where_it_stood(outbox: Outbox):
    """Halting stops one target; resuming sends at once, whatever pause was running."""
    outbox.take([message("1"), message("2", target="letter")], {}, 1)
    outbox.failed("1", "410", next_at=10_000)
    outbox.halt("sms", "410 Gone", 5)
    outbox.halt("sms", "said twice", 6)
    outbox.take([message("3", lane="hotline:3")], {}, 6)
    assert due(outbox, now=20_000) == ["2"]
    assert outbox.halted() == {"sms": ("410 Gone", 5)}
    assert outbox.resume("sms", 10)
    assert not outbox.resume("sms", 10)
    assert due(outbox) == ["2", "1", "3"]


def test_targets_take_turns(outbox: Outbox):
    """A target with much to deliver does not keep another one waiting."""
    outbox.take([message(f"a{n}", lane=f"a{n}", target="a") for n in range(50)], {}, 1)
    outbox.take([message("b", lane="b", target="b")], {}, 1)
    assert due(outbox)[:2] == ["a0", "b"]
    assert len(outbox.due(10, 3)) == 4


def test_lanes_that_are_busy_do_not_hide_others(outbox: Outbox):
    """Those behind the ones in hand are found, however few are asked for."""
    outbox.take([message(str(n), lane=str(n)) for n in range(4)], {}, 1)
    assert [one.id for one in outbox.due(10, 2, [("sms", "0"), ("sms", "1")])] == ["2", "3"]


def test_an_answer_is_bounded_and_a_delivered_payload_is_gone(outbox: Outbox, tmp_path: Path):
    """No text of a message stays in the file once its receiver has it."""
    outbox.take([message("1", payload=b"a text for one person")], {}, 1)
    outbox.delivered("1", "x" * 1000, 5, 5, "letters/1.docx")
    (kept,) = outbox.kept()
    assert kept == Kept("1", "sms", "hotline:1", State.DELIVERED, 1, None, "x" * 200, "letters/1.docx", 5)
    assert outbox._base.execute("SELECT payload FROM messages").fetchall() == [(b"",)]


def test_a_receipt_settles_what_the_file_does_not_know_or_has_not_noted(outbox: Outbox):
    """A lost file does not take a delivered message again, an old copy of it does not send one."""
    receipt = Kept("1", "sms", "hotline:1", State.DELIVERED, 3, None, "200", None, 5)
    outbox.know(receipt, 6)
    assert outbox.take([message("1"), message("2")], {}, 7) == 1
    assert due(outbox) == ["2"]
    outbox.know(Kept("2", "sms", "hotline:1", State.SKIPPED, 1, None, "", None, 8), 8)
    assert due(outbox) == []
    assert outbox.unreceipted(10) == []
    assert outbox.kept(ids=["1"]) == [receipt]


def test_receipts_are_owed_until_kafka_has_them_and_forgotten_by_age(outbox: Outbox):
    """Only what has a receipt is forgotten."""
    outbox.take([message("1"), message("2", lane="2")], {}, 1)
    outbox.delivered("1", "", 100, 100)
    outbox.delivered("2", "", 100, 100)
    assert [one.id for one in outbox.unreceipted(10)] == ["1", "2"]
    outbox.receipted(["1"])
    assert [one.id for one in outbox.unreceipted(10)] == ["2"]
    assert outbox.forget(100) == []
    assert outbox.forget(101) == ["1"]


def test_one_process_at_a_time_delivers(tmp_path: Path):
    """The second one is told so; it may once the first has left."""
    first, second = Outbox(tmp_path / "edge.sqlite"), Outbox(tmp_path / "edge.sqlite")
    first.hold()
    with pytest.raises(Unavailable, match="another process"):
        second.hold()
    first.close()
    second.hold()


def test_an_operators_command_reaches_the_process_through_the_file(tmp_path: Path):
    """What another connection replays or halts, the next look at what is due sees."""
    process, command = Outbox(tmp_path / "edge.sqlite"), Outbox(tmp_path / "edge.sqlite")
    process.take([message("1")], {}, 1)
    command.halt("sms", "by an operator", 2)
    assert due(process) == []
    command.resume("sms", 3)
    assert due(process) == ["1"]


_steps = st.lists(
    st.tuples(st.sampled_from(["take", "deliver", "fail", "park", "replay", "skip"]), st.integers(0, 7)),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(steps=_steps, holds=st.booleans())
def test_of_a_lane_one_is_due_at_most_and_always_its_first(tmp_path_factory, steps, holds):
    """Whatever happens to the messages of two lanes: due is the first open one of each, and nothing is lost."""
    outbox = Outbox(tmp_path_factory.mktemp("outbox") / "edge.sqlite", parked_holds_lane=holds)
    taken: list[str] = []
    for step, number in steps:
        id = str(number)
        if step == "take" and id not in taken:
            outbox.take([message(id, lane=str(number % 2))], {}, 1)
            taken.append(id)
        elif step == "deliver":
            outbox.delivered(id, "", 1, 1)
        elif step == "fail":
            outbox.failed(id, "", 5)
        elif step == "park":
            outbox.parked(id, "", 1)
        elif step == "replay":
            outbox.replay(1, ids=[id])
        elif step == "skip":
            outbox.skip([id], 1, 1)
    kept = outbox.kept()
    blocking = (State.WAITING, State.PARKED) if holds else (State.WAITING,)
    firsts = [next((one for one in kept if one.lane == lane and one.state in blocking), None) for lane in "01"]
    expected = {one.id for one in firsts if one is not None and one.state == State.WAITING}
    assert set(due(outbox)) == expected
    assert [one.id for one in kept] == taken
    outbox.close()


def test_pauses_double_are_spread_and_end():
    """Half of a pause is certain, half is chance; what the receiver asks for is kept, within the longest pause."""
    backoff = Backoff(first_seconds=1, longest_seconds=60, attempts=5)
    assert [backoff.pause(n, 0.0) for n in (1, 2, 3, 10, 5000)] == [0.5, 1.0, 2.0, 30.0, 30.0]
    assert backoff.pause(3, 0.5) == 3.0
    assert backoff.pause(1, 0.0, at_least=45) == 45
    assert backoff.pause(1, 0.0, at_least=1e9) == 60
    assert [backoff.is_over(n) for n in (4, 5)] == [False, True]


def test_within_a_lane_the_lower_rank_goes_first(outbox: Outbox):
    """A case's version 3, read after its version 5 from another partition, is sent before it."""
    outbox.take([Outgoing("v5", "hook", "hotline:1", b"", rank=5)], {}, 1)
    outbox.take([Outgoing("v3", "hook", "hotline:1", b"", rank=3)], {}, 1)
    assert due(outbox) == ["v3"]
    outbox.delivered("v3", "", 2, 2)
    assert due(outbox) == ["v5"]


def test_one_that_fails_after_another_has_passed_it_waits_behind(outbox: Outbox):
    """While version 5 was under way, version 3 came; of the lane one is due, not both."""
    outbox.take([Outgoing("v5", "hook", "hotline:1", b"", rank=5)], {}, 1)
    outbox.take([Outgoing("v3", "hook", "hotline:1", b"", rank=3)], {}, 1)
    outbox.failed("v5", "503", next_at=5)
    assert due(outbox) == ["v3"]


def test_what_was_taken_after_a_number_is_not_due_yet(outbox: Outbox):
    """Until its neighbours in other partitions have been read, a message is kept back."""
    outbox.take([message("1")], {}, 1)
    last = outbox.last()
    outbox.take([message("2", lane="2")], {}, 1)
    assert [one.id for one in outbox.due(10, 100, up_to=last)] == ["1"]
