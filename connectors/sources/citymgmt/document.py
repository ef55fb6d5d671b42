"""Reads an XML batch as a whole: its encoding, whether it is well formed, and where its records stand."""

import re
from array import array
from typing import NamedTuple
from xml.parsers import expat

from connectors.sources.limits import DEEPEST_NESTING
from connectors.sources.payload import GB18030_BOM, check_control, decode
from hub.domain.errors import Rejected

ENCODING = "gb18030"
_ROOT = "CaseList"
_RECORD_DEPTH = 2

_DECLARATION = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_READ_AS_GB18030 = frozenset({b"gb18030", b"gbk", b"gb2312"})
_TAG = r"""[^\s<>"'/!?=][^<>"']*+(?:"[^"]*+"[^<>"']*+|'[^']*+'[^<>"']*+)*+>"""
_OPENING = re.compile(rf"<{_TAG}".encode())
# The parts of a document as far as they can be told apart in one that is not well formed.
_MARKUP = re.compile(
    rf"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<!DOCTYPE|</[^<>]*+>|<{_TAG}", re.DOTALL
)


class Document(NamedTuple):
    """A well-formed batch in UTF-8, the first and last byte of each record in it, and the batch number."""

    utf8: bytes
    starts: "array[int]"
    ends: "array[int]"
    batch: str | None


def read_document(payload: bytes) -> Document:
    """The batch, or a rejection of the payload; the checks stand in the order of the contract."""
    data = payload.removeprefix(GB18030_BOM)
    declared = _DECLARATION.match(data)
    if declared is None or declared[1].lower() not in _READ_AS_GB18030:
        raise Rejected("wrong_encoding", detail="declare and encode the batch as GB18030")
    text = decode(data, ENCODING)
    check_control(text)
    utf8 = text.encode()
    outline = _Outline(utf8)
    try:
        outline.parse()
    except expat.ExpatError as error:
        check_markup(text)
        detail = f"{expat.ErrorString(error.code)} in line {error.lineno}"
        raise Rejected("malformed_xml", detail=detail) from None
    if outline.root != _ROOT:
        raise Rejected("wrong_type", detail=f"the root element is not {_ROOT}")
    return Document(utf8, outline.starts, outline.ends, outline.batch)


def check_markup(text: str) -> None:
    """Reject what is too deep or has a DOCTYPE, well formed or not."""
    depth = 0
    has_doctype = False
    for match in _MARKUP.finditer(text):
        part = match[0]
        if part.startswith("</"):
            depth -= 1
        elif part.startswith("<!DOCTYPE"):
            has_doctype = True
        elif not part.startswith(("<!", "<?")) and not part.endswith("/>"):
            depth += 1
            _check_depth(depth)
        elif part.endswith("/>"):
            _check_depth(depth + 1)
    if has_doctype:
        raise _doctype()


def _check_depth(depth: int) -> None:
    if depth > DEEPEST_NESTING:
        raise Rejected("nesting_too_deep", detail=f"more than {DEEPEST_NESTING} levels")


def _doctype() -> Rejected:
    return Rejected("xml_entity", detail="a DOCTYPE is refused; send the batch without it")


class _Outline:
    """One pass of the parser over a batch: depth, root and the places of the records."""

    def __init__(self, utf8: bytes) -> None:
        self.root: str | None = None
        self.batch: str | None = None
        self.starts: array[int] = array("I")
        self.ends: array[int] = array("I")
        self._utf8 = utf8
        self._depth = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._stop_at_doctype

    def parse(self) -> None:
        self._parser.Parse(self._utf8, True)

    def _stop_at_doctype(self, *_: object) -> None:
        check_markup(self._utf8.decode())
        raise _doctype()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        _check_depth(self._depth)
        if self._depth == 1:
            self.root = name
            self.batch = attributes.get("batchNo")
        elif self._depth == _RECORD_DEPTH:
            self.starts.append(self._parser.CurrentByteIndex)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth != _RECORD_DEPTH - 1:
            return
        opening = _OPENING.match(self._utf8, self.starts[-1])
        assert opening is not None, "the parser has read a start tag here"
        if opening[0].endswith(b"/>"):
            self.ends.append(opening.end())
        else:
            self.ends.append(self._utf8.index(b">", self._parser.CurrentByteIndex) + 1)
