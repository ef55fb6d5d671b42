"""The readers of the fan-out bench count each event once, however its bytes are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from connectors.gateway import frames
from hub.bench.fanout_readers import Reader

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
STREAM = (
    HEAD
    + frames.greeting("EP-1")
    + frames.event("county-0-1", "ASSIGN", b'{"text":"a"}')
    + frames.HEARTBEAT
    + frames.event("county-0-2", "RECALL", '{"text":"换行在 JSON 里是转义的"}'.encode())
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_events_are_counted_once_wherever_the_bytes_are_cut(cuts):
    """A frame may come in pieces, and several in one."""
    reader, events = Reader("EP-1", "token", 1), 0
    edges = [0, *sorted(cuts), len(STREAM)]
    for at, (begin, end) in enumerate(pairwise(edges)):
        events += reader.take(STREAM[begin:end], at)

    assert events == 2
    assert [event_id for event_id, _ in reader.got] == ["county-0-1", "county-0-2"]
    assert b"Last-Event-ID: county-0-2\r\n" in reader.first_bytes()
