"""Reads request bodies within limits: size, time, and the memory of all requests together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request
from starlette.requests import ClientDisconnect

from connectors.http.problems import Problem, retry_later
from connectors.sources.limits import unpack
from hub.domain.errors import Rejected

_READ_SECONDS = 60.0
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


class Room:
    """How many bytes of bodies may be held at once, of all requests together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0

    @contextmanager
    def taken(self) -> Iterator["Taken"]:
        """What is taken inside is given back at the end."""
        taken = Taken(self)
        try:
            yield taken
        finally:
            self._held -= taken.size

    def _take(self, size: int) -> bool:
        if self._held + size > self._most:
            return False
        self._held += size
        return True


class Taken:
    """The part that one request has taken."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0

    def more(self, size: int) -> None:
        """Take more; a `Problem` 503 when there is no room."""
        if not self._room._take(size):
            raise retry_later("busy", "too many large requests at once; send it again shortly", seconds=2)
        self.size += size


async def read_body(request: Request, limit: int, taken: Taken | None = None) -> bytes:
    """The bytes as sent.

    Raises:
        Problem: 413 beyond the limit, without reading on; 408 when they take more than a minute; 503 without room.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for piece in request.stream():
                if len(body) + len(piece) > limit:
                    raise too_large(limit)
                if taken is not None:
                    taken.more(len(piece))
                body += piece
    except TimeoutError:
        raise Problem(408, "slow", f"the body did not arrive within {_READ_SECONDS:.0f} s") from None
    except ClientDisconnect:
        raise Problem(400, "cut-off", "the connection ended before the body did") from None
    return bytes(body)


def check_encoding(encoding: str) -> None:
    """A `Problem` 415 for a content encoding that is not undone here, or several of them."""
    if encoding.strip().lower() not in _ENCODINGS:
        raise Problem(
            415,
            "unsupported-encoding",
            "content encoding is one of gzip, deflate, identity",
            field="content-encoding",
            headers={"Accept-Encoding": "gzip, deflate"},
        )


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its compression; never more than the limit is held.

    Raises:
        Problem: 413 when it unpacks to more than the limit.
        Rejected: it is not compressed as declared.
    """
    try:
        return unpack(body, encoding, limit)
    except Rejected as rejected:
        if rejected.reason == "oversized":
            raise too_large(limit) from None
        raise


def too_large(limit: int) -> Problem:
    """413 with the limit."""
    return Problem(413, "too-large", f"a payload has at most {limit} bytes, unpacked too; send it in smaller parts")
