"""The pages that citizens see: Chinese, one file each, nothing from another host."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from connectors.citizen.fields import GROUPS, LONGEST_TEXT, SHORTEST_TEXT, Filled
from connectors.citizen.photos import LARGEST_PHOTO_BYTES, MOST_PHOTOS

_TEMPLATES = "connectors.citizen"
_environment = Environment(
    loader=PackageLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def _inline(name: str) -> str:
    return (files(_TEMPLATES) / "templates" / name).read_text("utf-8").strip()


def _source_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


_STYLE, _SCRIPT = _inline("style.css"), _inline("form.js")
_HEADERS = {
    # Not `no-store`: by it browsers lose what was typed on the way back.
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_source_of(_STYLE)}; script-src {_source_of(_SCRIPT)}; "
        "img-src blob: data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(slots=True, frozen=True)
class Spot:
    """A place as it is shown; the name is empty where the city has none for it."""

    name: str
    qr_id: str


@dataclass(slots=True, frozen=True)
class Sheet:
    """A form as it is shown: where, its token, what was typed, what is wrong by field, photos kept already."""

    place: Spot
    token: str
    filled: Filled = field(default_factory=Filled)
    wrong: Mapping[str, str] = field(default_factory=dict)
    kept: Sequence[str] = ()
    notice: str | None = None


def form_page(sheet: Sheet, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """The form; `notice` stands above it."""
    return _page(
        "form.html",
        status,
        headers,
        sheet=sheet,
        groups=GROUPS,
        shortest=SHORTEST_TEXT,
        longest=LONGEST_TEXT,
        most_photos=MOST_PHOTOS,
        largest_photo=LARGEST_PHOTO_BYTES // 1024 // 1024,
        script=_SCRIPT,
    )


def done_page(place: Spot, number: str, *, is_again: bool) -> HTMLResponse:
    """The case number."""
    return _page("done.html", 200, None, place=place, number=number, is_again=is_again)


def message_page(
    status: int, title: str, text: str, *, again: str | None = None, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page that only says something; `again` is the address of a link to a new form."""
    return _page("message.html", status, headers, title=title, text=text, again=again)


def _page(template: str, status: int, headers: Mapping[str, str] | None, **values: object) -> HTMLResponse:
    text = _environment.get_template(template).render(style=_STYLE, **values)
    return HTMLResponse(text, status, {**_HEADERS, **(headers or {})})
