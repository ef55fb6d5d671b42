"""Reads the XML of a message, strictly and within limits, and writes that of a passive reply."""

from dataclasses import dataclass, field
from xml.parsers import expat

from connectors.sources.limits import DEEPEST_NESTING
from connectors.sources.values import CONTROL
from hub.domain.errors import Rejected

LARGEST_MESSAGE_BYTES = 64 * 1024
_ROOT = "xml"
_FIELD_DEPTH = 2


@dataclass(slots=True, frozen=True)
class Message:
    """A message: who, to which account, when (epoch seconds), of which type; `texts` has the elements by name."""

    from_user: str
    to_user: str
    created: int
    type: str
    texts: dict[str, str]

    def text(self, name: str) -> str:
        """An element's text; empty where it is not there."""
        return self.texts.get(name, "").strip()

    @property
    def identity(self) -> str:
        """The same when WeChat sends it again: its MsgId; events have none, so user and time, as WeChat says."""
        return self.text("MsgId") or f"{self.from_user}{self.created}{self.text('Event')}"


def read_message(body: bytes) -> Message:
    """The message.

    Raises:
        Rejected: it is not one; a DOCTYPE is refused before anything of it is read.
    """
    texts = _read(body)
    if texts.keys() <= {"ToUserName", "Encrypt"}:
        raise Rejected("wrong_type", "Encrypt", "set the account's messages to plain text (明文模式) or 兼容模式")
    for name in ("FromUserName", "ToUserName", "CreateTime", "MsgType"):
        if not texts.get(name, "").strip():
            raise Rejected("missing_field", name, "required in every message")
    created = texts["CreateTime"].strip()
    if not (created.isascii() and created.isdigit() and len(created) <= 11):
        raise Rejected("bad_time", "CreateTime", "expected epoch seconds")
    return Message(
        texts["FromUserName"].strip(), texts["ToUserName"].strip(), int(created), texts["MsgType"].strip(), texts
    )


def text_reply(message: Message, created: int, text: str) -> bytes:
    """The passive reply that shows the user a text."""
    return (
        f"<xml><ToUserName>{_cdata(message.from_user)}</ToUserName>"
        f"<FromUserName>{_cdata(message.to_user)}</FromUserName>"
        f"<CreateTime>{created}</CreateTime><MsgType>{_cdata('text')}</MsgType>"
        f"<Content>{_cdata(text)}</Content></xml>"
    ).encode()


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


@dataclass(slots=True)
class _Reader:
    texts: dict[str, str] = field(default_factory=dict)
    depth: int = 0
    name: str = ""
    pieces: list[str] = field(default_factory=list)

    def start(self, name: str, _: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise Rejected("nesting_too_deep", detail=f"more than {DEEPEST_NESTING} levels")
        if self.depth == 1 and name != _ROOT:
            raise Rejected("wrong_type", detail=f"the root element is not {_ROOT}")
        if self.depth == _FIELD_DEPTH:
            if name in self.texts:
                raise Rejected("duplicate_key", detail="an element stands twice in its message")
            self.name, self.pieces = name, []
            self.texts[name] = ""

    def characters(self, text: str) -> None:
        if self.depth == _FIELD_DEPTH:
            self.pieces.append(text)

    def end(self, _: str) -> None:
        if self.depth == _FIELD_DEPTH:
            self.texts[self.name] = CONTROL.sub("", "".join(self.pieces))
        self.depth -= 1


def _read(body: bytes) -> dict[str, str]:
    if len(body) > LARGEST_MESSAGE_BYTES:
        raise Rejected("oversized", detail=f"a message has at most {LARGEST_MESSAGE_BYTES} bytes")
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        detail = f"{expat.ErrorString(error.code)} in line {error.lineno}"
        raise Rejected("malformed_xml", detail=detail) from None
    return reader.texts


def _refuse_doctype(*_: object) -> None:
    raise Rejected("xml_entity", detail="a DOCTYPE is refused")
