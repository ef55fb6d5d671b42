"""Denials on record: the first at once, a scanner's thousands together."""

from connectors.gateway.denials import Denied, Told, Window

FOREIGN = Denied.FOREIGN_DISPATCH


def test_the_first_denial_is_told_at_once():
    """And by kind: a foreign inbox is another thing than a foreign dispatch."""
    window = Window(60)

    assert window.note("EP-1", FOREIGN, "DP-1", 0) == Told("EP-1", FOREIGN, "DP-1", 1)
    assert window.note("EP-1", Denied.FOREIGN_INBOX, "EP-2", 1) is not None
    assert window.note("EP-2", FOREIGN, "DP-1", 1) is not None


def test_a_scanner_makes_two_records_a_minute():
    """Ten thousand tries in a minute: the first, and then the rest with their number."""
    window = Window(60)
    told = [window.note("EP-1", FOREIGN, f"DP-{number}", number / 1000) for number in range(10_000)]

    assert [one for one in told if one is not None] == [Told("EP-1", FOREIGN, "DP-0", 1)]
    assert window.due(59) == []
    assert window.due(60) == [Told("EP-1", FOREIGN, "DP-9999", 9999)]
    assert window.due(120) == []
    assert window.note("EP-1", FOREIGN, "DP-1", 121) is not None


def test_what_could_not_be_put_on_record_comes_again():
    """Kafka was away: nothing is forgotten."""
    window = Window(60)
    told = window.note("EP-1", FOREIGN, "DP-1", 0)
    assert told is not None
    window.give_back(told)

    assert window.rest() == [told]
    assert window.due(60) == [told]


def test_many_actors_share_what_is_kept():
    """A thousand stolen tokens do not fill the memory."""
    window = Window(60, most=2)
    for number in range(5):
        window.note(f"EP-{number}", FOREIGN, "DP-1", 0)

    assert window.due(60) == [Told("(others)", FOREIGN, "DP-1", 2)]
