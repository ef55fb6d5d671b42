"""The sizes a source may send, and unpacking that stops at them."""

import zlib

from hub.domain.errors import Rejected

LARGEST_FILE_BYTES = 16 * 1024 * 1024
LARGEST_RECORD_BYTES = 262_144
DEEPEST_NESTING = 32
LONGEST_NUMBER = 30

_PIECE_BYTES = 64 * 1024
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
    rest = payload
    while rest:
        rest = _unpack_member(rest, window, unpacked, limit)
    return bytes(unpacked)


def _unpack_member(packed: bytes, window: int, unpacked: bytearray, limit: int) -> bytes:
    """Append one compressed member to `unpacked`; returns the bytes after it."""
    stream = zlib.decompressobj(window)
    rest = packed
    try:
        while not stream.eof:
            piece = stream.decompress(rest, _PIECE_BYTES)
            rest = stream.unconsumed_tail
            unpacked += piece
            if len(unpacked) > limit:
                raise too_large("unpacked payload", limit)
            if not piece and not rest and not stream.eof:
                raise Rejected("wrong_encoding", detail="the compressed bytes end too early; send the whole file")
    except zlib.error:
        raise Rejected("wrong_encoding", detail="the bytes are not compressed as declared") from None
    return stream.unused_data.lstrip(b"\0")


def too_large(what: str, limit: int) -> Rejected:
    """The rejection of something beyond a limit."""
    return Rejected("oversized", detail=f"{what} of more than {limit} bytes; send it in smaller parts")
