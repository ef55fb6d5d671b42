"""What the stage tells whom: three notices a letter, one a removal, the same bytes on every run."""

import pytest

from hub.cli.worker import Stage as Argument
from hub.domain.dead_letter import Cause
from hub.settings import load
from hub.stages import STAGES, Stage
from hub.topics import catalogue
from hub.workers import processor_of
from schemas.codec import codec
from streams.letters import Letters


def test_a_letter_is_told_to_unit_leader_and_supervision(desk, make_request, at):
    """One number on all three; each keyed by whom it is for."""
    desk.send(make_request())

    letter, leader, entry = desk.notices()
    number = "吹哨督办〔2026〕230203-0001号"
    assert (letter["kind"], letter["recipient"], letter["recipient_role"]) == ("LETTER", "JH-ZJ", "unit")
    assert (leader["kind"], leader["recipient"], leader["recipient_role"]) == (
        "LEADER_FORWARD",
        "LD-230203",
        "leader",
    )
    assert (entry["kind"], entry["recipient"], entry["recipient_role"]) == (
        "SUPERVISION_ENTRY",
        "SV-230203",
        "supervision",
    )
    for notice in (letter, leader, entry):
        assert notice["number"] == number
        assert number in notice["text"]
        assert (notice["case_id"], notice["case_version"], notice["cycle"]) == ("hotline:HL2026111000017", 7, 1)
        assert (notice["division"], notice["unit"], notice["late"]) == ("230203", "JH-ZJ", False)
        assert (notice["due_at"], notice["at"]) == (at("2026-11-12 16:20"), at("2026-11-13 16:20"))
        assert notice["attributes"] == {
            "entry_id": "SE-1",
            "clock": "handle",
            "leg": "2",
            "leader_title": "建华区分管副区长",
            "subject": "公共服务->供热->室温不达标",
            "unit_name": "建华区住建局",
            "second_due_at": str(at("2026-11-13 16:20")),
            "letter_date": "2026-11-13",
        }


def test_key_and_headers_are_those_of_a_notice(desk, make_request):
    """CloudEvents tell what it is without decoding it."""
    desk.send(make_request())

    outputs = desk.driver.read_outputs(catalogue().notices)
    assert [output.key for output in outputs] == [b"JH-ZJ", b"LD-230203", b"SV-230203"]
    headers = dict(outputs[1].headers)
    notice = codec().decode(outputs[1].value, "Notice")
    assert headers["ce_id"] == notice["notice_id"].encode()
    assert headers["ce_type"] == b"hub.v1.Notice.LEADER_FORWARD"
    assert headers["ce_source"] == b"/letters"
    assert headers["ce_time"] == b"2026-11-13T08:20:00.000Z"
    assert headers["ce_subject"] == b"hotline:HL2026111000017"


def test_a_removal_names_the_letter_s_number_and_day(desk, make_request, at):
    """Weeks later, in another year."""
    desk.send(make_request())
    desk.notices()
    desk.send(make_request(kind="REMOVE", at=at("2027-01-08 09:00"), case_version=12))

    (removal,) = desk.notices()
    assert (removal["kind"], removal["recipient"]) == ("SUPERVISION_REMOVAL", "SV-230203")
    assert removal["number"] == "吹哨督办〔2026〕230203-0001号"
    assert removal["attributes"]["letter_date"] == "2026-11-13"
    assert removal["case_version"] == 12
    assert desk.counts() == {"issued.230203": 1, "removed": 1}


def test_a_second_removal_changes_nothing(desk, make_request):
    """The list is told once."""
    desk.send(make_request(), *[make_request(kind="REMOVE")] * 2)

    assert [notice["kind"] for notice in desk.notices()].count("SUPERVISION_REMOVAL") == 1
    assert desk.counts()["repeated"] == 1


def test_a_removal_of_an_unknown_entry_is_told_without_a_number(desk, make_request):
    """It is not lost; its letter, if it ever came, would ask for work on a closed case and is not sent."""
    desk.send(make_request(kind="REMOVE"), make_request())

    (removal,) = desk.notices()
    assert (removal["kind"], removal["number"]) == ("SUPERVISION_REMOVAL", None)
    assert "letter_date" not in removal["attributes"]
    assert desk.counts() == {"removed_unknown": 1, "repeated": 1}


@pytest.mark.parametrize("unit", [None, ""])
def test_without_a_unit_the_supervision_desk_gets_the_letter(desk, make_request, unit):
    """A letter has always somebody to read it."""
    desk.send(make_request(unit=unit, unit_name=None, second_due_at=None))

    letter = desk.notices()[0]
    assert (letter["kind"], letter["recipient"], letter["recipient_role"]) == ("LETTER", "SV-230203", "supervision")
    assert letter["unit"] == unit
    assert "second_due_at" not in letter["attributes"]


def test_a_replay_gives_the_same_bytes(new_desk, make_request):
    """Whenever it runs and however it is cut into batches: outputs, rows and counts."""
    requests = [
        make_request("SE-1"),
        make_request("SE-2", division="230202"),
        make_request("SE-2", division="230202", kind="REMOVE"),
        make_request("SE-1"),
        make_request("SE-3", kind="REMOVE"),
    ]
    first, second = new_desk(), new_desk()
    first.send(*requests)
    second.driver.clock.advance(86_400_000)
    second.send_together(*requests)

    topic = catalogue().notices
    assert first.driver.read_outputs(topic) == second.driver.read_outputs(topic)
    assert first.driver.rows == second.driver.rows
    assert first.driver.tallies == second.driver.tallies


def test_a_fired_timer_does_nothing(desk):
    """The stage sets none."""
    result = desk.driver.processor.fire(b"eSE-1", 0, None, 0)

    assert (result.outputs, result.puts) == ([], {})


@pytest.mark.parametrize(
    ("key", "changed", "reason"),
    [
        (b"230202", {}, "wrong_key"),
        (None, {}, "null_key"),
        (b"230203", {"kind": "SHELVE"}, "bad_value"),
        (b"230203", {"clock": "patience"}, "bad_value"),
        (b"230203", None, "null_value"),
    ],
)
def test_what_cannot_be_read_is_a_dead_letter_and_takes_no_number(desk, make_request, key, changed, reason):
    """A wrong key would count in another partition; the letter after it is the first."""
    value = None if changed is None else codec().encode("LetterRequest", make_request(**changed))
    desk.driver.pipe_input(catalogue().letter_requests, key, value)
    desk.send(make_request("SE-2"))

    (dead,) = desk.driver.dead_letters
    assert Cause.read(dead.headers).reason == reason
    assert desk.numbers() == ["吹哨督办〔2026〕230203-0001号"]


def test_every_stage_has_its_processor_and_its_topics(tmp_path):
    """One list of stages for workers, supervisor, tallies and command line."""
    topics = catalogue()
    settings = load(data_dir=tmp_path / "data")
    processors = [processor_of(stage, settings, topics, codec()) for stage in STAGES]

    assert Argument is Stage
    assert [processor.name for processor in processors] == list(STAGES)
    assert all(topics.tallies(stage) for stage in STAGES)
    letters = processors[-1]
    assert isinstance(letters, Letters)
    assert (letters.inputs, letters.changelog) == (("letter.requests",), "letters.memory")
