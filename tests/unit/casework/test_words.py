"""What is said again or more than once: revisions, second reports, secrecy, callers, and what dispatches show."""

from typing import Any

import pytest

SECRET = {"secret": True, "token": "b" * 32}


def test_a_revision_is_news_for_the_holder_and_never_a_second_transition(life: Any) -> None:
    """The same source event id with other content: recorded, its text passed on as UPDATE."""
    life.on("REPORTED", "2026-11-10 08:00", source_event_id="HL1/1")
    life.by_lead("SIGNED", "2026-11-10 08:30")

    entry = life.on("REPORTED", "2026-11-10 08:00", source_event_id="HL1/1", text="室内只有12度")

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("RECORDED", "revision", "SIGNED")
    update = life.dispatches[-1]
    assert (update["action"], update["reason"], update["note"]) == ("UPDATE", "revision", "室内只有12度")
    assert life.now["leg"] == 1


@pytest.mark.parametrize("kind", ["WITHDRAWN", "ANSWERED"])
def test_a_revised_word_that_would_close_the_case_again_does_not(life: Any, kind: str) -> None:
    """A revision of any kind is recorded only, here on a case that a second report could have brought back."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.on(kind, "2026-11-10 09:00", source_event_id="HL1/2")

    entry = life.on(kind, "2026-11-10 10:00", source_event_id="HL1/2", text="更正")

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", "revision")
    assert life.now["closed_at"] == life.now["decisions"][1]["at"]


def test_an_endpoints_id_is_not_taken_for_an_id_of_the_case_s_own_source(life: Any) -> None:
    """Two systems may use one number for two things: ids are told apart by who speaks."""
    life.on("REPORTED", "2026-11-10 08:00", source_event_id="1")
    lead = life.now["lead"]
    own = {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}

    entry = life.on("SIGNED", "2026-11-10 08:30", source_event_id="1", attributes=own)

    assert entry["outcome"] == "APPLIED"


def test_a_second_report_is_a_supplement(life: Any) -> None:
    """Another caller about the same case: the text and the caller join, level and place stay."""
    life.on("REPORTED", "2026-11-10 08:00", token="a" * 32)
    entry = life.on("REPORTED", "2026-11-10 09:00", token="b" * 32, text="楼上也不热")

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", "second_report")
    assert life.now["reporters"] == ["a" * 32, "b" * 32]
    assert life.now["text"] == "室内只有14度\n楼上也不热"
    assert life.sent(1) == [("UPDATE", "LEAD", "230202003-JD")]


def test_several_callers_raise_the_level(life: Any) -> None:
    """Three callers of one case make it a key whistle by the city's rule."""
    for hour, caller in enumerate("abc", 8):
        life.on("REPORTED", f"2026-11-10 {hour:02}:00", token=caller * 32)

    assert (life.now["level"], life.now["rule"]["matched"]) == ("key", {"callers": "3"})


def test_an_urgency_rises_and_never_falls(life: Any) -> None:
    """A later word that states a lower urgency, or none, does not calm the case down."""
    life.on("REPORTED", "2026-11-10 08:00", urgency="URGENT")
    life.on("SUPPLEMENTED", "2026-11-10 09:00", urgency="NORMAL")
    assert life.now["urgency"] == "URGENT"

    life.on("URGED", "2026-11-10 10:00", urgency="CRITICAL")
    assert (life.now["urgency"], life.now["level"]) == ("CRITICAL", "key")
    assert life.now["rule"]["matched"] == {"urgency": "CRITICAL", "category": "12345:040201"}


def test_once_secret_a_case_stays_secret_for_consumers(life: Any) -> None:
    """A later word that does not ask for secrecy does not lift it; no dispatch names the caller."""
    life.on("REPORTED", "2026-11-10 08:00", **SECRET)
    life.on("SUPPLEMENTED", "2026-11-10 09:00", text="又来了", token="b" * 32)

    assert [one["secret"] for one in life.dispatches] == [True, True]
    assert all("b" * 32 not in str(one) for one in life.dispatches)
    assert life.now["reporters"] == ["b" * 32]


def test_a_supplement_that_asks_for_secrecy_makes_the_case_secret(life: Any) -> None:
    """Who asks later is protected from then on."""
    life.on("REPORTED", "2026-11-10 08:00", token="b" * 32)
    life.on("SUPPLEMENTED", "2026-11-10 09:00", text="请保密", **SECRET)

    assert [one["secret"] for one in life.dispatches] == [False, True]


def test_a_supplement_fills_gaps_of_the_place_and_does_not_move_the_case(life: Any) -> None:
    """An address given later joins; a word about another division changes nothing."""
    place = {"division": None, "street": None, "community": None, "grid": None}
    nowhere = {"address": None, "lon": None, "lat": None, "crs": None}
    life.on("REPORTED", "2026-11-10 08:00", location=place | nowhere | {"division": "230202"})
    life.on("SUPPLEMENTED", "2026-11-10 09:00", location=place | nowhere | {"address": "2单元501室"})
    life.on("SUPPLEMENTED", "2026-11-10 09:30", location=place | nowhere | {"division": "230203", "street": "2"})

    assert life.now["location"]["address"] == "2单元501室"
    assert (life.now["location"]["division"], life.now["location"]["street"]) == ("230202", None)


def test_a_case_without_a_division_goes_to_the_city_s_desk(life: Any) -> None:
    """No place, no row: a business fact with a mark, not a dead letter; it can still not be returned further."""
    life.on("REPORTED", "2026-11-10 08:00", location=None)
    assert life.now["lead"]["unit"] == "QQHR-ZHZX"
    assert life.dispatches[0]["no_route"] is True
    assert (life.dispatches[0]["tier"], life.now["tier"]) == ("city", "street")

    assert life.by_lead("RETURNED", "2026-11-10 09:00", reason="x")["reason"] == "last_desk"


def test_a_level_that_rises_does_not_dispatch_a_case_anew_to_the_desk_that_has_it(life: Any) -> None:
    """The tier rises on paper; the unit stays the same and only hears of it."""
    life.on("REPORTED", "2026-11-10 08:00", location=None)
    life.on("URGED", "2026-11-10 09:00", urgency="CRITICAL")

    assert (life.now["tier"], life.now["leg"]) == ("county", 1)
    assert life.sent(1) == [("UPDATE", "LEAD", "QQHR-ZHZX")]
    assert life.dispatches[1]["reason"] == "level_raised"


def test_dispatch_ids_tell_legs_apart_and_are_the_same_in_every_run(life: Any, new_life: Any) -> None:
    """A dispatch id is a function of case, cycle, leg, unit and role."""
    other = new_life()
    for one in (life, other):
        one.on("REPORTED", "2026-11-10 08:00")
        one.by_lead("RETURNED", "2026-11-10 09:00", reason="x")

    ids = [one["dispatch_id"] for one in life.dispatches]
    assert ids == [one["dispatch_id"] for one in other.dispatches]
    assert ids[0] == ids[1] != ids[2]
    assert all(len(one) == 23 and one.startswith("DP-") for one in ids)


def test_early_words_wait_for_their_report_and_are_taken_in_the_order_they_happened(life: Any) -> None:
    """Parked, not lost: one record each, with the place where the event stands; versions count as taken."""
    foreign = {"dispatch_id": "DP-20261110-000087", "endpoint_id": "EP-1"}
    life.on("DONE", "2026-11-10 15:00", attributes=foreign)
    life.on("SIGNED", "2026-11-10 08:30", attributes=foreign)
    assert (life.now["status"], life.now["version"], len(life.now["parked"])) == ("AWAITED", 0, 2)
    assert [one["reason"] for one in life.now["decisions"]] == ["early", "early"]

    life.on("REPORTED", "2026-11-10 08:00")

    told = [(one["version"], one["kind"], one["event_offset"], one["to_status"]) for one in life.now["decisions"]]
    assert told == [
        (1, "REPORTED", 2, "DISPATCHED"),
        (2, "SIGNED", 1, "SIGNED"),
        (3, "DONE", 0, "DONE"),
    ]
    assert life.now["parked"] == []
    assert life.now["version"] == 3
