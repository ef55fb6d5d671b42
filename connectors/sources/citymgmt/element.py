"""Reads the XML of one record into its texts, photos and what is wrong with its structure."""

from dataclasses import dataclass, field
from xml.parsers import expat

from connectors.sources.citymgmt.model import KNOWN
from connectors.sources.limits import DEEPEST_NESTING
from connectors.sources.values import CONTROL, clean
from hub.domain.errors import Rejected

_FIELD_DEPTH = 2
_PHOTO = "PHOTO"
_PHOTO_ATTRIBUTES = ("KIND", "URI")


@dataclass(slots=True)
class Read:
    """One record: the cleaned texts of its child elements, and its photos as (kind, uri)."""

    name: str
    texts: dict[str, str] = field(default_factory=dict)
    photos: list[tuple[str, str]] = field(default_factory=list)


def read_element(utf8: bytes) -> Read:
    """The record of `<Case>…</Case>` or another element, or a rejection of it."""
    reader = _Reader()
    try:
        reader.parser.Parse(utf8, True)
    except expat.ExpatError as error:
        detail = f"{expat.ErrorString(error.code)} in line {error.lineno}"
        raise Rejected("malformed_xml", detail=detail) from None
    return reader.result()


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self._name = ""
        self._depth = 0
        self._pieces: list[str] | None = None
        self._texts: dict[str, str] = {}
        self._photos: list[dict[str, str]] = []
        self._repeated: str | None = None
        self._nested: set[str] = set()
        self._field = ""

    def result(self) -> Read:
        """What was read; the checks stand in the order of the contract."""
        known = KNOWN.get(self._name)
        if known is None:
            raise Rejected("unknown_event_type", detail=f"the element is not one of {', '.join(KNOWN)}")
        texts = {name: text for name, text in self._texts.items() if name in known}
        photos = [tuple(photo.get(name, "") for name in _PHOTO_ATTRIBUTES) for photo in self._photos]
        _check_control(texts, photos)
        if self._repeated is not None:
            field_name = self._repeated if self._repeated in known else None
            raise Rejected("duplicate_key", field_name, "the element stands twice in its record")
        for name in sorted(self._nested & known):
            raise Rejected("wrong_type", name, "a text is expected, not elements")
        return Read(
            self._name,
            {name: clean(text) for name, text in texts.items()},
            [(clean(kind), uri) for kind, uri in photos],
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth >= DEEPEST_NESTING:
            raise Rejected("nesting_too_deep", detail=f"more than {DEEPEST_NESTING} levels with the list around it")
        if self._depth == 1:
            self._name = name
        elif self._depth > _FIELD_DEPTH:
            self._nested.add(self._field)
        elif name == _PHOTO:
            self._field = name
            self._photos.append(attributes)
        else:
            self._field = name
            if name in self._texts:
                self._repeated = self._repeated or name
            self._pieces = []

    def _characters(self, text: str) -> None:
        if self._depth == _FIELD_DEPTH and self._pieces is not None:
            self._pieces.append(text)

    def _end(self, name: str) -> None:
        if self._depth == _FIELD_DEPTH and self._pieces is not None:
            self._texts[name] = "".join(self._pieces)
            self._pieces = None
        self._depth -= 1


def _refuse_doctype(*_: object) -> None:
    raise Rejected("xml_entity", detail="a DOCTYPE is refused; send the record without it")


def _check_control(texts: dict[str, str], photos: list[tuple[str, ...]]) -> None:
    values = [*texts.items(), *((_PHOTO, value) for photo in photos for value in photo)]
    for name, value in values:
        if (match := CONTROL.search(value)) is not None:
            raise Rejected("control_characters", name, f"U+{ord(match[0]):04X} by escape; send plain text")
