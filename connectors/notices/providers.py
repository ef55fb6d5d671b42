"""Text message providers: into files, or to an HTTP gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any, Protocol

from connectors.calls import Answer, Caller, CallFailed, Forbidden
from connectors.notices.contacts import Contacts
from connectors.notices.files import FileOutbox
from connectors.notices.settings import HttpProvider
from connectors.outbox import Delivered, Failed, Halted, Outcome, Parked
from hub.domain.sla import Notice

_REFUSED = (400, 404, 405, 413, 415, 422)
_KNOWN = 409
_LONGEST_REFERENCE = 100


class Provider(Protocol):
    """Takes one notice and tells what came of it. Its key is the notice id: the same id twice is one message."""

    async def send(self, notice: Notice, attachment: str | None) -> Outcome:
        """`attachment`: path of the letter that it forwards, below the data folder."""
        ...


class FileProvider:
    """Writes into the file outbox; the reference is the file, below the data folder."""

    def __init__(self, files: FileOutbox, data_dir: Path) -> None:
        self._files = files
        self._data_dir = data_dir

    async def send(self, notice: Notice, attachment: str | None) -> Outcome:
        file = await asyncio.to_thread(self._files.write, notice, attachment)
        return Delivered("written", str(file.relative_to(self._data_dir)))


class HttpGateway:
    """Posts a message to the provider. The recipient's number goes into the request and nowhere else."""

    def __init__(self, settings: HttpProvider, token: bytes | None, contacts: Contacts, caller: Caller) -> None:
        self._settings = settings
        self._contacts = contacts
        self._caller = caller
        self._headers = {"Content-Type": "application/json; charset=utf-8"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.decode()}"

    async def send(self, notice: Notice, attachment: str | None) -> Outcome:
        phone = self._contacts.phone(notice["recipient"])
        if phone is None:
            return Parked("the contacts file has no number for this recipient")
        names, id = self._settings.fields, notice["notice_id"]
        content = {**self._settings.extra, names.id: id, names.to: phone, names.text: notice["text"]}
        headers = {**self._headers, "Idempotency-Key": id}
        body = json.dumps(content, ensure_ascii=False).encode()
        try:
            answer = await self._caller.request("POST", self._settings.url, headers, body)
        except Forbidden as why:
            return Halted(str(why))
        except CallFailed as why:
            return Failed(str(why))
        return outcome_of(answer, self._settings, id)


def outcome_of(answer: Answer, settings: HttpProvider, id: str) -> Outcome:
    """What an answer means; of its words only the provider's own reference is kept."""
    said = f"answer {answer.status}"
    if answer.status == _KNOWN:
        return Delivered(f"{said}: the provider has it already")
    if answer.status in (401, 403):
        return Halted(f"{said}: the provider does not take the token")
    if answer.status in _REFUSED:
        return Parked(said)
    if not answer.is_success:
        return Failed(said, answer.retry_after())
    content = _json(answer.body)
    named = content.get(settings.fields.id)
    if named is not None and named != id:
        return Failed(f"{said}, to another message")
    rule = settings.accepted
    if rule is None:
        return Delivered(said, _reference(content, settings))
    value = str(content.get(rule.field))
    if value in rule.taken or value in rule.known:
        return Delivered(said, _reference(content, settings))
    if value in rule.refused:
        return Parked(f"{said}, refused")
    return Failed(f"{said}, not taken")


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reference(content: dict[str, Any], settings: HttpProvider) -> str | None:
    found = content.get(settings.reference_field)
    return None if found is None else str(found)[:_LONGEST_REFERENCE]
