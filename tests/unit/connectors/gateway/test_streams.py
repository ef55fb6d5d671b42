"""Live streams: exactly what is behind a reader's cursor, whatever comes while it catches up; slow ones are cut."""

import asyncio

import pytest

from connectors.gateway.cursor import START, Cursor, Place
from connectors.gateway.inbox import Batch, Delivery, Inbox
from connectors.gateway.streams import Cut, Stream, Streams, ready


class Wire:
    """A connection whose bytes the test reads; the other end of a socket pair would be as good and slower."""

    def __init__(self):
        self.data = b""
        self.is_cut = False
        self.on_write = lambda: None

    def write(self, data):
        self.data += data
        self.on_write()

    def abort(self):
        self.is_cut = True

    close = abort

    def is_closing(self):
        return self.is_cut

    def ids(self):
        return [line[4:] for line in self.data.decode().split("\n") if line.startswith("id: ")]


class Counts:
    def __init__(self):
        self.cuts = []

    def opened(self):
        pass

    ended = opened

    def cut(self, why):
        self.cuts.append(why)

    def pushed(self, live, behind):
        pass


def delivery(offset, tier="county"):
    return Delivery("EP-1", Place(tier, 3, offset), offset, "ASSIGN", "DP-1", "hotline:1", 1, b'{"text":"x"}')


@pytest.fixture
def inbox(tmp_path):
    made = Inbox(tmp_path / "g.sqlite", {})
    yield made
    made.close()


def keep(inbox, *deliveries):
    inbox.take(Batch(list(deliveries), [], [], []), {})
    return ready(deliveries)


async def turn(times=20):
    for _ in range(times):
        await asyncio.sleep(0)


def run(inbox, scenario, **options):
    async def main():
        counts = Counts()
        streams = Streams(inbox, counts, options.pop("is_valid", lambda _: True), **options)
        try:
            await scenario(streams, counts)
        finally:
            streams.cut_all()

    asyncio.run(main())


def test_a_reader_gets_what_it_does_not_have_and_then_everything_as_it_comes(inbox):
    """Over several pages, and with pushes while it catches up: each once, in order."""

    async def scenario(streams, counts):
        keep(inbox, *(delivery(number) for number in range(120)))
        wire = Wire()
        streams.open(Stream("EP-1", "t", Cursor(county=9), wire))
        for number in range(120, 140):
            streams.deliver(keep(inbox, delivery(number)))
            await turn(1)
        await turn()

        assert wire.ids() == [f"county-3-{number}" for number in range(10, 140)]

    run(inbox, scenario)


def test_a_push_that_was_in_the_page_already_is_not_written_again(inbox):
    """The inbox is committed before the event loop hears of it."""

    async def scenario(streams, counts):
        pushes = keep(inbox, delivery(1))
        wire = Wire()
        streams.open(Stream("EP-1", "t", START, wire))
        streams.deliver(pushes)

        assert wire.ids() == ["county-3-1"]

    run(inbox, scenario)


def test_an_endpoint_of_two_tiers_gets_ids_that_name_both(inbox):
    """Live as well as from the inbox."""

    async def scenario(streams, counts):
        keep(inbox, delivery(7, "street"))
        wire = Wire()
        streams.open(Stream("EP-1", "t", START, wire))
        streams.deliver(keep(inbox, delivery(2)))

        assert wire.ids() == ["street-3-7", "county-3-2.street-3-7"]

    run(inbox, scenario)


def test_a_reader_that_pauses_gets_the_rest_when_it_has_caught_up(inbox):
    """A burst that fills its buffer is no reason to cut it."""

    async def scenario(streams, counts):
        wire = Wire()
        stream = Stream("EP-1", "t", START, wire)
        streams.open(stream)
        await turn()
        streams.deliver(keep(inbox, delivery(1)))
        streams.paused(stream)
        streams.deliver(keep(inbox, delivery(2), delivery(3)))
        assert wire.ids() == ["county-3-1"]
        streams.resumed(stream)
        await turn()
        streams.deliver(keep(inbox, delivery(4)))

        assert wire.ids() == [f"county-3-{number}" for number in (1, 2, 3, 4)]
        assert counts.cuts == []

    run(inbox, scenario)


def test_a_buffer_that_fills_in_the_middle_of_a_batch_leaves_no_gap(inbox):
    """The transport says so from within the write."""

    async def scenario(streams, counts):
        wire = Wire()
        stream = Stream("EP-1", "t", START, wire)
        streams.open(stream)
        await turn()
        wire.on_write = lambda: streams.paused(stream)
        streams.deliver(keep(inbox, delivery(1), delivery(2), delivery(3)))
        assert wire.ids() == ["county-3-1"]
        wire.on_write = lambda: None
        streams.resumed(stream)
        await turn()

        assert wire.ids() == ["county-3-1", "county-3-2", "county-3-3"]

    run(inbox, scenario)


def test_a_reader_that_takes_nothing_is_cut(inbox):
    """And not waited for: the others get theirs meanwhile."""

    async def scenario(streams, counts):
        slow, quick = Wire(), Wire()
        stream = Stream("EP-1", "t", START, slow)
        streams.open(stream)
        streams.open(Stream("EP-1", "t", START, quick))
        streams.paused(stream)
        streams.deliver(keep(inbox, delivery(1)))
        assert quick.ids() == ["county-3-1"]
        await asyncio.sleep(0.5)

        assert slow.is_cut
        assert not quick.is_cut
        assert counts.cuts == [Cut.SLOW]
        assert len(streams) == 1

    run(inbox, scenario, patience_seconds=0.2)


def test_a_stream_ends_with_its_token(inbox):
    """Revoked: at once. Expired: with the next heartbeat."""

    async def scenario(streams, counts):
        revoked, expired, other = Wire(), Wire(), Wire()
        streams.open(Stream("EP-1", "revoked", START, revoked))
        streams.open(Stream("EP-1", "expired", START, expired))
        streams.open(Stream("EP-2", "other", START, other))
        streams.cut_tokens({"revoked"})
        assert (revoked.is_cut, expired.is_cut) == (True, False)
        await asyncio.sleep(0.5)

        assert (expired.is_cut, other.is_cut) == (True, False)
        assert b":\n\n" in other.data

    run(inbox, scenario, heartbeat_seconds=0.2, is_valid=lambda token: token != "expired")


def test_the_oldest_of_too_many_readers_of_one_endpoint_is_cut(inbox):
    """A terminal that reconnects without closing does not pile up."""

    async def scenario(streams, counts):
        wires = [Wire() for _ in range(4)]
        for wire in wires:
            streams.open(Stream("EP-1", "t", START, wire))

        assert [wire.is_cut for wire in wires] == [True, True, False, False]
        assert counts.cuts == [Cut.CROWDED, Cut.CROWDED]
        assert len(streams) == 2

    run(inbox, scenario, most_of_one=2)
