"""The sizes a source may send, and unpacking that stops at them."""

import re
import zlib

from hub.domain.errors import Rejected

LARGEST_FILE_BYTES = 16 * 1024 * 1024
LARGEST_RECORD_BYTES = 262_144
DEEPEST_NESTING = 32
LONGEST_NUMBER = 30

_PIECE_BYTES = 64 * 1024
_FED_BYTES = 4 * 1024
_PADDING = re.compile(rb"\0*+")
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP_WINDOW, "x-gzip": _GZIP_WINDOW, "deflate": zlib.MAX_WBITS}


def unpack(payload: bytes, encoding: str, limit: int = LARGEST_FILE_BYTES) -> bytes:
    """Undo a transport compression; the unpacked size counts, and no more than the limit is ever held.

    Raises:
        Rejected: `oversized` beyond the limit, `wrong_encoding` for bytes that are not so compressed.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return payload
    window = _WINDOWS.get(name)
    if window is None:
        raise Rejected("wrong_encoding", detail="content encoding is not one of gzip, deflate, identity")
    unpacked = bytearray()
    position = 0
    while position < len(payload):
        position = _unpack_member(payload, position, window, unpacked, limit)
    return bytes(unpacked)


def _unpack_member(packed: bytes, position: int, window: int, unpacked: bytearray, limit: int) -> int:
    """Append the compressed member at the position to `unpacked`; returns the position after it and its padding.

    The stream is fed in small pieces, because it hands back a copy of what it did not use: with the whole rest
    of the payload each of many small members would copy all that follow it.
    """
    stream = zlib.decompressobj(window)
    held = b""
    try:
        while not stream.eof:
            if not held:
                held = packed[position : position + _FED_BYTES]
                position += len(held)
            is_at_end = not held
            piece = stream.decompress(held, _PIECE_BYTES)
            held = stream.unconsumed_tail
            unpacked += piece
            if len(unpacked) > limit:
                raise too_large("unpacked payload", limit)
            if is_at_end and not piece and not stream.eof:
                raise Rejected("wrong_encoding", detail="the compressed bytes end too early; send the whole file")
    except zlib.error:
        raise Rejected("wrong_encoding", detail="the bytes are not compressed as declared") from None
    return _after_padding(packed, position - len(stream.unused_data))


def _after_padding(packed: bytes, position: int) -> int:
    padding = _PADDING.match(packed, position)
    assert padding is not None, "the pattern of padding matches nothing at all too"
    return padding.end()


def too_large(what: str, limit: int) -> Rejected:
    """The rejection of something beyond a limit."""
    return Rejected("oversized", detail=f"{what} of more than {limit} bytes; send it in smaller parts")
