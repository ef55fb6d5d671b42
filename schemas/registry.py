"""Client of a Confluent-compatible schema registry: where the ids come from when one is in use."""

import json
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from hub.domain.errors import Misconfigured, Unavailable
from schemas.released import Released, released
from schemas.subjects import Subject, subjects, subjects_of

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_LONGEST_PAUSE = 2.0
_BUSY = 429


class Registry:
    """One registry by its URL; a path prefix such as Apicurio's `/apis/ccompat/v7` belongs to the URL.

    A registry that is away or answers with a server error is tried again `attempts` times, with growing pauses;
    then `Unavailable`. What it refuses is `Misconfigured`, with the registry's own words.
    """

    def __init__(self, url: str, *, attempts: int = 5, pause: float = 0.2, timeout: float = 10) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/",
            timeout=timeout,
            headers={"Accept": f"{_MEDIA_TYPE}, application/json", "Content-Type": _MEDIA_TYPE},
        )
        # Errors name the registry, never a password that stands in its URL.
        self.name = str(self._http.base_url.copy_with(username=None, password=None)).rstrip("/")
        self._attempts = attempts
        self._pause = pause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        return list(self._answer("GET", "subjects"))

    def versions(self, subject: str) -> list[int]:
        """The version numbers of a subject; none when it is not there."""
        return list(self._answer("GET", f"subjects/{_part(subject)}/versions", absent=[]))

    def schema(self, schema_id: int) -> str | None:
        """The schema of an id, None when the registry does not know it."""
        found = self._answer("GET", f"schemas/ids/{schema_id}", absent=None)
        return None if found is None else str(found["schema"])

    def look_up(self, subject: str, schema: str) -> int | None:
        """The id of a schema that the subject holds already, else None."""
        found = self._answer("POST", f"subjects/{_part(subject)}", {"schema": schema}, absent=None)
        return None if found is None else int(found["id"])

    def register(self, subject: str, schema: str) -> int:
        """The id of the schema; it becomes the subject's newest version unless the subject holds it."""
        return int(self._answer("POST", f"subjects/{_part(subject)}/versions", {"schema": schema})["id"])

    def is_compatible(self, subject: str, schema: str) -> bool:
        """Whether the schema may become the subject's next version; any schema may be the first."""
        path = f"compatibility/subjects/{_part(subject)}/versions/latest"
        found = self._answer("POST", path, {"schema": schema}, absent={"is_compatible": True})
        return bool(found["is_compatible"])

    def set_rule(self, subject: str, rule: str) -> None:
        """Sets the compatibility rule of a subject."""
        self._answer("PUT", f"config/{_part(subject)}", {"compatibility": rule})

    def rule(self, subject: str) -> str | None:
        """The compatibility rule of a subject, None when it has no rule of its own."""
        found = self._answer("GET", f"config/{_part(subject)}", absent=None)
        return None if found is None else str(found["compatibilityLevel"])

    def _answer(self, method: str, path: str, body: Any = None, absent: Any = ...) -> Any:
        """The decoded answer; `absent` stands for a 404 where one is expected."""
        response = self._send(method, path, None if body is None else json.dumps(body))
        if response.status_code == httpx.codes.NOT_FOUND and absent is not ...:
            return absent
        if response.is_error or response.is_redirect:
            raise Misconfigured([f"schema registry {self.name}: {method} /{path} was refused: {_reason(response)}"])
        try:
            return response.json()
        except ValueError:
            raise Misconfigured(
                [
                    f"schema registry {self.name}: /{path} did not answer with JSON; is a path prefix missing in"
                    " the URL (Apicurio: /apis/ccompat/v7)?"
                ]
            ) from None

    def _send(self, method: str, path: str, content: str | None) -> httpx.Response:
        problem = ""
        for attempt in range(self._attempts):
            if attempt:
                time.sleep(min(self._pause * 2 ** (attempt - 1), _LONGEST_PAUSE))
            try:
                response = self._http.request(method, path, content=content)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
                continue
            if not response.is_server_error and response.status_code != _BUSY:
                return response
            problem = _reason(response)
        raise Unavailable(f"schema registry {self.name} is away after {self._attempts} attempts ({problem})")


def register_all(
    registry: Registry, versions: Iterable[Released] | None = None, every: list[Subject] | None = None
) -> dict[tuple[str, int], int]:
    """Sets the rule of each subject and registers all versions in order; the ids by (record, version)."""
    known = sorted(released() if versions is None else versions, key=lambda one: (one.record, one.version))
    ids: dict[tuple[str, int], int] = {}
    for subject in subjects() if every is None else every:
        registry.set_rule(subject.name, subject.rule)
        for one in known:
            if one.record == subject.record:
                found = registry.register(subject.name, one.text)
                ids.setdefault((one.record, one.version), found)
    return ids


def resolve_ids(
    registry: Registry, versions: Iterable[Released] | None = None, every: list[Subject] | None = None
) -> dict[tuple[str, int], int]:
    """The registry's id of each released version; what is not registered is reported at once, with the command."""
    ids: dict[tuple[str, int], int] = {}
    problems: list[str] = []
    every = subjects() if every is None else every
    for one in released() if versions is None else versions:
        for subject in subjects_of(one.record, every):
            found = registry.look_up(subject.name, one.text)
            if found is None:
                problems.append(
                    f"schema registry {registry.name}: {subject.name} does not hold {one.record} v{one.version};"
                    f" run `hub schemas register --registry {registry.name}`"
                )
            else:
                ids.setdefault((one.record, one.version), found)
    if problems:
        raise Misconfigured(problems)
    return ids


def _part(name: str) -> str:
    return quote(name, safe="")


def _reason(response: httpx.Response) -> str:
    """The registry's own message where it gave one."""
    try:
        found = response.json()
        return f"{response.status_code} {found['message']}"
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.reason_phrase}; is a path prefix missing in the URL?"
