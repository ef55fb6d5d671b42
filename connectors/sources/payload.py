"""The checks of raw bytes and texts that come before any format is looked at."""

import codecs

from connectors.sources.limits import too_large
from connectors.sources.values import BOM, CONTROL
from hub.domain.errors import Rejected

# As bytes: in UTF-8 and in GB18030 these stand for nothing else.
_CONTROL_BYTES = bytes((*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
GB18030_BOM = b"\x84\x31\x95\x33"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (GB18030_BOM, "gb18030"))
_BLANK_LOOK_BYTES = 64


def check_size(payload: bytes, limit: int, what: str, encoding: str = "utf-8") -> None:
    """Reject a payload that says nothing or is too large."""
    if not payload or (payload[:1] not in b"{<" and _is_blank(payload, encoding)):
        raise Rejected("empty_payload", detail="no bytes, or only white space; send a record")
    if len(payload) > limit:
        raise too_large(what, limit)


def strip_bom(payload: bytes) -> tuple[bytes, str | None]:
    """The payload without a byte order mark at its start, and the encoding the mark told."""
    for mark, encoding in _BOMS:
        if payload.startswith(mark):
            return payload[len(mark) :], encoding
    return payload, None


def decode(payload: bytes, encoding: str) -> str:
    """The text of the bytes, or a rejection that tells where they stop being text."""
    try:
        return payload.decode(encoding)
    except UnicodeDecodeError as error:
        raise Rejected("wrong_encoding", detail=f"not {encoding} at byte {error.start}") from None


def check_control(text: str) -> None:
    """Reject raw control characters."""
    if (match := CONTROL.search(text)) is not None:
        raise Rejected(
            "control_characters", detail=f"U+{ord(match[0]):04X} at character {match.start()}; send plain text"
        )


def has_control_bytes(payload: bytes) -> bool:
    """Whether raw control characters stand anywhere; quick, for payloads that mostly have none."""
    return len(payload.translate(None, _CONTROL_BYTES)) != len(payload)


def _is_blank(payload: bytes, encoding: str) -> bool:
    """Whether the bytes are white space in the encoding of the source or in UTF-8, which any source may get."""
    bare = strip_bom(payload)[0].strip()
    return any(_is_blank_in(bare, name) for name in {encoding, "utf-8"})


def _is_blank_in(bare: bytes, encoding: str) -> bool:
    # The head alone settles it for nearly every payload and spares decoding a large one twice.
    head = codecs.getincrementaldecoder(encoding)("replace").decode(bare[:_BLANK_LOOK_BYTES])
    return not _visible(head) and not _visible(bare.decode(encoding, "replace"))


def _visible(text: str) -> str:
    return text.replace(BOM, "").strip()
