"""What a source's HTTP answer means, and what is kept of it: pure, bounded, nothing of a person."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree

from connectors.outbox import Delivered, Failed, Outcome, Parked
from connectors.writeback.settings import AnswerSettings

LARGEST_ANSWER_BYTES: Final = 65_536
# A refusal of these may pass: the credentials are mended, the limit is over, the system is up again.
_MAY_PASS: Final = frozenset({401, 403, 404, 405, 407, 408, 421, 423, 425, 429})
_ALREADY: Final = 409
_CODE_NAMES: Final = frozenset({"code", "errcode", "status", "success", "result", "resultcode", "retcode"})
# Codes and numbers of the source. A phone or identity number is longer digits, and is not kept.
_DECLARATION: Final = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_CODE: Final = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9_.-]{1,40}")


def judge(
    status: int, headers: Mapping[str, str], body: bytes, expected: AnswerSettings | None, now: float
) -> Outcome:
    """What became of the attempt. `headers` has lower-case names; `now` (epoch seconds) is for Retry-After.

    409 is how a system says that it has an id already: what an attempt whose answer was lost has done.
    """
    kept = keep(status, body)
    if status == _ALREADY:
        return Delivered(f"{kept}, had it already")
    if 200 <= status < 300:
        if expected is None:
            return Delivered(kept)
        said = field_of(body, expected.field)
        if said is None:
            return Failed(f"{kept}, without the field {expected.field}")
        return Delivered(kept) if said in expected.good else Failed(f"{kept}, {expected.field} is none of the good")
    if status in _MAY_PASS or status >= 500:
        return Failed(kept, _retry_after(headers.get("retry-after"), now))
    return Parked(kept)


def keep(status: int, body: bytes) -> str:
    """The status, codes the answer names, and its size and digest, by which the source can find it in its log."""
    codes = [f"{name}={value}" for name, value in sorted(_fields(body).items()) if name.lower() in _CODE_NAMES]
    shown = [one for one in codes if _CODE.fullmatch(one.partition("=")[2])][:3]
    digest = f"{len(body)} bytes sha256 {sha256(body).hexdigest()[:12]}" if body else "empty"
    return " ".join([f"HTTP {status}", *shown, digest])


def field_of(body: bytes, name: str) -> str | None:
    """A field of an answer's object, or an element anywhere in its XML, as text."""
    return _fields(body).get(name)


def _fields(body: bytes) -> dict[str, str]:
    if not body or len(body) > LARGEST_ANSWER_BYTES:
        return {}
    start = body.lstrip()[:1]
    return _of_json(body) if start == b"{" else _of_xml(body) if start == b"<" else {}


def _of_json(body: bytes) -> dict[str, str]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: _text(value) for name, value in found.items() if isinstance(value, str | int | float)}


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of_xml(body: bytes) -> dict[str, str]:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return {}
    declared = _DECLARATION.match(body)
    try:
        # The parser itself knows no GB18030.
        text = body.decode() if declared is None else body[declared.end() :].decode(declared[1].decode())
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    return {one.tag: (one.text or "").strip() for one in root.iter() if not len(one)}


def _retry_after(text: str | None, now: float) -> float:
    """Seconds or a date; nonsense is no wish."""
    if text is None:
        return 0.0
    if text.strip().isdecimal():
        return float(text)
    try:
        instant = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - datetime.fromtimestamp(now, UTC)).total_seconds())
