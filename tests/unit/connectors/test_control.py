"""What is known from control records, read one by one."""

import pytest

from connectors.control import (
    COMMAND_DAYS,
    Command,
    Kind,
    Known,
    PauseState,
    Transport,
    command_key,
    encode,
    state_key,
)

NOW = 1_794_000_000_000


def paused(is_paused: bool = True) -> bytes:
    return encode(PauseState(paused=is_paused, at=NOW, actor="QQHR-ZHZX", reason="maintenance"))


def command(number: str = "c1", **fields: object) -> Command:
    given = {"source": "grid", "kind": Kind.REWIND, "at": NOW, "actor": "QQHR-ZHZX", "to_ms": NOW - 1000, **fields}
    return Command.model_validate({"id": number, **given})


def test_the_last_state_of_a_source_holds() -> None:
    """Paused, then resumed: not paused."""
    known = Known()
    known.take(state_key("grid"), paused())
    assert known.states["grid"].paused

    known.take(state_key("grid"), paused(False))
    assert not known.states["grid"].paused


def test_commands_come_in_the_order_in_which_they_were_given() -> None:
    """A command given again counts from where it was given last."""
    known = Known()
    for number in ("c1", "c2", "c1"):
        known.take(command_key(command(number)), encode(command(number)))

    assert [found.id for found in known.of("grid", Transport.DROP, NOW)] == ["c2", "c1"]


def test_a_command_is_for_one_transport_or_for_all() -> None:
    """A rewind of the database poll is none of the drop's business."""
    known = Known()
    for each in (command("all"), command("database", transport="database"), command("other", source="hotline")):
        known.take(command_key(each), encode(each))

    assert [found.id for found in known.of("grid", Transport.DROP, NOW)] == ["all"]
    assert [found.id for found in known.of("grid", Transport.DATABASE, NOW)] == ["all", "database"]


def test_an_old_command_is_not_carried_out_any_more() -> None:
    """An edge that lost its journal does not do last year's commands again."""
    known = Known()
    known.take(command_key(command()), encode(command()))

    assert known.of("grid", Transport.DROP, NOW + COMMAND_DAYS * 86_400_000)
    assert not known.of("grid", Transport.DROP, NOW + COMMAND_DAYS * 86_400_000 + 1)


@pytest.mark.parametrize("value", [b"", b"{}", b"[1]", b'{"paused": "perhaps"}', b"\xff\x00"])
def test_a_record_of_another_form_changes_nothing(value: bytes) -> None:
    """What a later release writes does not stop this one, and does not resume a paused source."""
    known = Known()
    known.take(state_key("grid"), paused())
    known.take(state_key("grid"), value)

    assert known.states["grid"].paused


def test_a_command_survives_being_written_and_read() -> None:
    """What is left out has its default again."""
    given = command(ids=("WG1", "WG2"), transport="drop", to_position="7")

    assert Command.model_validate_json(encode(given)) == given
