"""Unpacking stops at the limit and holds no more than it."""

import gzip
import time
import tracemalloc
import zlib

import pytest

from connectors.sources.limits import unpack
from hub.domain.errors import Rejected

LIMIT = 100_000


def _reason(packed, encoding="gzip"):
    with pytest.raises(Rejected) as caught:
        unpack(packed, encoding, LIMIT)
    return caught.value.reason


def test_what_is_packed_comes_out():
    """gzip in one or more members, with padding; deflate; and what is not packed at all."""
    data = bytes(range(256)) * 100
    assert unpack(gzip.compress(data), "gzip", LIMIT) == data
    assert unpack(gzip.compress(data) + gzip.compress(b"x") + b"\0" * 9, "GZIP ", LIMIT) == data + b"x"
    assert unpack(zlib.compress(data), "deflate", LIMIT) == data
    assert unpack(data, "identity", LIMIT) == data
    assert unpack(b"", "gzip", LIMIT) == b""


def test_the_limit_is_exact():
    """The limit itself is fine, one byte more is not, in one member or in several."""
    assert len(unpack(gzip.compress(b"x" * LIMIT), "gzip", LIMIT)) == LIMIT
    assert _reason(gzip.compress(b"x" * (LIMIT + 1))) == "oversized"
    assert _reason(gzip.compress(b"x" * LIMIT) + gzip.compress(b"x")) == "oversized"


def test_memory_stays_flat():
    """A bomb of 200 MB costs no more than the limit and some buffers."""
    bomb = gzip.compress(b"\0" * 200_000_000, 9)
    tracemalloc.start()
    assert _reason(bomb) == "oversized"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def test_many_members_cost_no_more_than_their_bytes():
    """Each of 200,000 empty members is read once: no member makes the rest of the payload move."""
    packed = gzip.compress(b"") * 200_000
    started = time.process_time()
    assert unpack(packed, "gzip", LIMIT) == b""
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "packed",
    [b"x", b"{}", gzip.compress(b"abc" * 999)[:-9], gzip.compress(b"x") + b"tail"],
    ids=["a letter", "an object", "cut off", "a tail"],
)
def test_what_is_not_packed_so_is_wrong_encoding(packed):
    """Other bytes, a cut end, a tail."""
    assert _reason(packed) == "wrong_encoding"


def test_an_unknown_encoding_is_wrong_encoding():
    """Only what the hub can undo."""
    assert _reason(b"x", "br") == "wrong_encoding"
