"""The gateway's file: what the topics say, with the positions they were read to."""

import pytest

from connectors.gateway.cursor import START, Cursor, Place
from connectors.gateway.inbox import Accepted, Batch, Delivery, Inbox
from connectors.gateway.tokens import new_token
from hub.domain.errors import Unavailable

ABOUT = {"cluster": "c1"}


def delivery(offset, endpoint="EP-1", tier="county", at=1000, dispatch="DP-1", version=1):
    body = b'{"dispatch_id":"%b"}' % dispatch.encode()
    return Delivery(endpoint, Place(tier, 3, offset), at, "ASSIGN", dispatch, "hotline:1", version, body)


def batch(*deliveries, cases=(), accepted=(), tokens=()):
    return Batch(list(deliveries), list(cases), list(accepted), list(tokens))


@pytest.fixture
def inbox(tmp_path):
    made = Inbox(tmp_path / "gateway.sqlite", ABOUT)
    yield made
    made.close()


def test_pages_follow_each_other_without_gap_or_repetition(inbox):
    """Each page begins behind the last id of the one before."""
    inbox.take(batch(*map(delivery, (1, 5, 6, 9))), {})

    first = inbox.after("EP-1", START, 3)
    assert [one.place.offset for one in first] == [1, 5, 6]
    assert [one.place.offset for one in inbox.after("EP-1", Cursor(county=6), 3)] == [9]
    assert inbox.after("EP-1", Cursor(county=9), 3) == []
    assert inbox.after("EP-2", START, 3) == []


def test_an_endpoint_that_changed_its_tier_has_both_in_one_order(inbox):
    """By their time, each topic in its own order."""
    inbox.take(batch(delivery(7, tier="street", at=10), delivery(1, at=20), delivery(8, tier="street", at=30)), {})

    found = inbox.after("EP-1", START, 10)
    assert [str(one.place) for one in found] == ["street-3-7", "county-3-1", "street-3-8"]
    assert [str(one.place) for one in inbox.after("EP-1", Cursor(street=7, county=1), 10)] == ["street-3-8"]


def test_records_read_again_are_kept_once(inbox):
    """A kill between two commits makes the feed give some again."""
    inbox.take(batch(delivery(1)), {("dispatch.county", 3): 2})
    inbox.take(batch(delivery(1), delivery(2)), {("dispatch.county", 3): 3})

    assert [one.place.offset for one in inbox.after("EP-1", START, 10)] == [1, 2]
    assert inbox.positions() == {("dispatch.county", 3): 3}


def test_what_is_kept_survives_the_process(tmp_path):
    """Positions and rows come back together."""
    _, record = new_token("EP-1", 0, "li", None)
    first = Inbox(tmp_path / "g.sqlite", ABOUT)
    first.take(batch(delivery(1), tokens=[(record.token_id, record)]), {("dispatch.county", 3): 2})
    first.close()

    again = Inbox(tmp_path / "g.sqlite", ABOUT)
    assert again.positions() == {("dispatch.county", 3): 2}
    assert again.tokens() == [record]
    assert len(again.after("EP-1", START, 10)) == 1
    again.close()


@pytest.mark.parametrize("spoil", ["other cluster", "damaged"])
def test_a_file_that_cannot_be_gone_on_with_begins_anew(tmp_path, spoil):
    """Positions of another cluster would skip records; a damaged file would hide them."""
    file = tmp_path / "g.sqlite"
    first = Inbox(file, ABOUT)
    first.take(batch(delivery(1)), {("dispatch.county", 3): 2})
    first.close()
    if spoil == "damaged":
        file.write_bytes(b"this is no database" * 1000)

    again = Inbox(file, {"cluster": "c2"} if spoil == "other cluster" else ABOUT)
    assert again.positions() == {}
    assert again.after("EP-1", START, 10) == []
    again.close()


def test_two_gateways_do_not_share_a_file(tmp_path):
    """Each has a data folder of its own."""
    first = Inbox(tmp_path / "g.sqlite", ABOUT)
    with pytest.raises(Unavailable, match="another gateway"):
        Inbox(tmp_path / "g.sqlite", ABOUT)
    first.close()


def test_an_endpoint_finds_its_own_dispatches_alone(inbox):
    """With the case's version when it last heard of it."""
    inbox.take(batch(delivery(1), delivery(2, version=4), delivery(3, endpoint="EP-2", dispatch="DP-2")), {})

    assert inbox.newest("EP-1", "DP-1") == ("hotline:1", 4)
    assert inbox.newest("EP-1", "DP-2") is None
    assert inbox.is_anyones("DP-2")
    assert not inbox.is_anyones("DP-3")


def test_the_first_record_of_an_action_is_the_one_that_counts(inbox):
    """Should two gateways have taken it in the same instant."""
    inbox.take(batch(accepted=[Accepted("FB-1", "d", "first", 1)]), {})
    inbox.take(batch(accepted=[Accepted("FB-1", "d", "second", 2)]), {})

    found = inbox.accepted("FB-1")
    assert found is not None
    assert found.answer == "first"
    assert inbox.accepted("FB-2") is None


def test_a_case_at_rest_is_only_remembered(inbox):
    """And wakes with its next record."""
    inbox.take(batch(cases=[("hotline:1", b"avro", 10), ("hotline:2", b"avro", 99)]), {})
    assert inbox.resting(50, (0, ""), 10) == [(10, "hotline:1", b"avro")]
    inbox.put_to_rest(["hotline:1"])

    assert inbox.case("hotline:1") == (None,)
    assert inbox.case("hotline:3") is None
    inbox.take(batch(cases=[("hotline:1", b"more", 100)]), {})
    assert inbox.case("hotline:1") == (b"more",)


def test_old_dispatches_go_with_their_topics(inbox):
    """The oldest first, so many a turn."""
    inbox.take(batch(delivery(1, at=10), delivery(2, at=20), delivery(3, at=30)), {})

    assert inbox.forget_dispatches(25, 1) == 1
    assert inbox.forget_dispatches(25, 10) == 1
    assert [one.place.offset for one in inbox.after("EP-1", START, 10)] == [3]


def test_a_full_disk_keeps_the_positions_where_they_stood(tmp_path, monkeypatch):
    """Nothing of the batch is kept, and the same records are read again."""
    inbox = Inbox(tmp_path / "g.sqlite", ABOUT)
    inbox.take(batch(delivery(1)), {("dispatch.county", 3): 2})
    pages = inbox._writer.execute("PRAGMA page_count").fetchone()[0]
    inbox._writer.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(Unavailable, match="disk full"):
        inbox.take(batch(*(delivery(number) for number in range(2, 2000))), {("dispatch.county", 3): 2000})
    assert inbox.positions() == {("dispatch.county", 3): 2}
    assert len(inbox.after("EP-1", START, 10)) == 1
    inbox.close()
