"""What the read part of the Confluent Schema Registry API answers from the released files."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from schemas.released import Released, released
from schemas.subjects import Subject, subjects

_GLOBAL_RULE = "FULL_TRANSITIVE"
_SUBJECT_UNKNOWN = 40401
_VERSION_UNKNOWN = 40402
_SCHEMA_UNKNOWN = 40403
_NO_SUCH_ROUTE = 404
_INVALID_SCHEMA = 42201
_INVALID_VERSION = 42202
_NOT_PERMITTED = 42205


@dataclass(slots=True, frozen=True)
class Answer:
    """An HTTP status and what to send as JSON."""

    status: int
    body: Any


class CatalogueApi:
    """Answers for the subjects of the topic catalogue, from memory; nothing can be changed through it."""

    def __init__(self, versions: Iterable[Released] | None = None, every: Iterable[Subject] | None = None) -> None:
        known = list(released() if versions is None else versions)
        self._by_id = {one.id: one for one in known}
        self._subjects = {subject.name: subject for subject in (subjects() if every is None else every)}
        self._versions = {
            name: {one.version: one for one in known if one.record == subject.record}
            for name, subject in self._subjects.items()
        }
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            ("GET", re.compile(r"/"), lambda _body: Answer(200, {})),
            ("GET", re.compile(r"/subjects"), lambda _body: Answer(200, list(self._subjects))),
            ("GET", re.compile(r"/schemas/types"), lambda _body: Answer(200, ["AVRO"])),
            ("GET", re.compile(r"/config"), lambda _body: Answer(200, {"compatibilityLevel": _GLOBAL_RULE})),
            ("GET", re.compile(r"/mode(?:/[^/]+)?"), lambda _body: Answer(200, {"mode": "READONLY"})),
            ("GET", re.compile(r"/config/([^/]+)"), self._config),
            ("GET", re.compile(r"/subjects/([^/]+)/versions"), self._list),
            ("GET", re.compile(r"/subjects/([^/]+)/versions/([^/]+)(/schema)?"), self._version),
            ("GET", re.compile(r"/schemas/ids/(\d{1,10})(/schema)?"), self._schema),
            ("GET", re.compile(r"/schemas/ids/(\d{1,10})/versions"), self._places),
            ("GET", re.compile(r"/schemas/ids/(\d{1,10})/subjects"), self._holders),
            ("POST", re.compile(r"/subjects/([^/]+)"), self._look_up),
            ("POST", re.compile(r"/subjects/([^/]+)/versions"), self._register),
        ]

    def answer(self, method: str, path: str, body: bytes = b"") -> Answer:
        """The answer to one request; `path` is decoded and without its query."""
        wanted = path.rstrip("/") or "/"
        for verb, pattern, handle in self._routes:
            match = pattern.fullmatch(wanted)
            if match and verb == method:
                return handle(body, *match.groups())
        if method != "GET":
            return _error(422, _NOT_PERMITTED, "schemas are released with the hub; this registry can only be read")
        return _error(404, _NO_SUCH_ROUTE, "no such resource")

    def _config(self, _body: bytes, subject: str) -> Answer:
        if subject not in self._subjects:
            return _unknown(subject)
        return Answer(200, {"compatibilityLevel": self._subjects[subject].rule})

    def _list(self, _body: bytes, subject: str) -> Answer:
        return Answer(200, sorted(self._versions[subject])) if subject in self._subjects else _unknown(subject)

    def _version(self, _body: bytes, subject: str, version: str, only_schema: str | None) -> Answer:
        if subject not in self._subjects:
            return _unknown(subject)
        if version not in ("latest", "-1") and not version.isdecimal():
            return _error(422, _INVALID_VERSION, "a version is a number from 1 on, or latest")
        versions = self._versions[subject]
        number = int(version) if version.isdecimal() else max(versions, default=0)
        if number not in versions:
            return _error(404, _VERSION_UNKNOWN, f"Version {number} not found.")
        one = versions[number]
        return Answer(200, json.loads(one.text) if only_schema else _full(subject, one))

    def _schema(self, _body: bytes, number: str, only_schema: str | None) -> Answer:
        one = self._by_id.get(int(number))
        if one is None:
            return _error(404, _SCHEMA_UNKNOWN, f"Schema {number} not found")
        return Answer(200, json.loads(one.text) if only_schema else {"schema": one.text})

    def _places(self, _body: bytes, number: str) -> Answer:
        one = self._by_id.get(int(number))
        if one is None:
            return _error(404, _SCHEMA_UNKNOWN, f"Schema {number} not found")
        return Answer(200, [{"subject": name, "version": one.version} for name in self._names_of(one)])

    def _holders(self, _body: bytes, number: str) -> Answer:
        one = self._by_id.get(int(number))
        if one is None:
            return _error(404, _SCHEMA_UNKNOWN, f"Schema {number} not found")
        return Answer(200, self._names_of(one))

    def _look_up(self, body: bytes, subject: str) -> Answer:
        if subject not in self._subjects:
            return _unknown(subject)
        found = self._find(body, subject)
        if isinstance(found, Answer):
            return found
        return (
            _error(404, _SCHEMA_UNKNOWN, "Schema not found")
            if found is None
            else Answer(200, _full(subject, found))
        )

    def _register(self, body: bytes, subject: str) -> Answer:
        if subject not in self._subjects:
            return _error(422, _NOT_PERMITTED, f"{subject} belongs to no topic of the hub's catalogue")
        found = self._find(body, subject)
        if isinstance(found, Answer):
            return found
        if found is None:
            return _error(422, _NOT_PERMITTED, "not a released schema; schemas are released with the hub")
        return Answer(200, {"id": found.id})

    def _find(self, body: bytes, subject: str) -> Released | Answer | None:
        """The released version that the request's schema is, however it is written."""
        try:
            schema = json.loads(json.loads(body)["schema"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return _error(422, _INVALID_SCHEMA, 'the body must be {"schema": "<Avro schema as text>"}')
        return next((one for one in self._versions[subject].values() if one.schema == schema), None)

    def _names_of(self, one: Released) -> list[str]:
        return [name for name, subject in self._subjects.items() if subject.record == one.record]


def _full(subject: str, one: Released) -> dict[str, Any]:
    return {"subject": subject, "version": one.version, "id": one.id, "schema": one.text}


def _unknown(subject: str) -> Answer:
    return _error(404, _SUBJECT_UNKNOWN, f"Subject '{subject}' not found.")


def _error(status: int, code: int, message: str) -> Answer:
    return Answer(status, {"error_code": code, "message": message})
