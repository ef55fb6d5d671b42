"""Errors as `application/problem+json` (RFC 9457): what is wrong, where, and what to do."""

import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from hub.domain.errors import Refused, Rejected, Unavailable

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:whistle-hub:problem:"
_RETRY_SECONDS = 10


class Problem(Exception):
    """An answer that is an error. `kind` names the type of problem, in lower case with hyphens, `field` the part of
    the request concerned; `members` are further members of the document. Nothing in it is a person's data.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(status, kind, detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})
        self.members = members

    def document(self) -> dict[str, Any]:
        """The members of the answer; absent ones are left out."""
        found = {
            "type": _TYPE + self.kind,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail or None,
            "field": self.field,
            **self.members,
        }
        return {name: value for name, value in found.items() if value is not None}


class ProblemDocument(BaseModel):
    """The form of every error of this API."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="names the kind of problem; stable")
    title: str
    status: int
    detail: str | None = Field(None, description="what is wrong and what to do")
    field: str | None = Field(None, description="the header, parameter or native field concerned")
    reason: str | None = Field(None, description="code of the source's contract, for example missing_field")


def retry_later(kind: str, detail: str, seconds: int = _RETRY_SECONDS) -> Problem:
    """503 with Retry-After: nothing was taken, the same request will do later."""
    return Problem(503, kind, detail, headers={"Retry-After": str(seconds)})


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        found[status] = {"description": HTTPStatus(status).phrase, "content": content}
        if status in (429, 503):
            found[status]["headers"] = {
                "Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}}
            }
    return found


def answer_errors(app: FastAPI) -> None:
    """Every error of the application is answered as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _bug)


def response(problem: Problem) -> JSONResponse:
    """The answer of a problem."""
    return JSONResponse(problem.document(), problem.status, problem.headers, MEDIA_TYPE)


def unreadable(rejected: Rejected, **members: Any) -> Problem:
    """400 with the reason and field of a payload that cannot be read."""
    return Problem(
        400,
        "unreadable",
        rejected.detail or "the payload cannot be read; see reason",
        field=rejected.field,
        reason=rejected.reason,
        **members,
    )


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return response(error)


async def _rejected(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Rejected)
    return response(unreadable(error))


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return response(Problem(409, "refused", "the case does not allow this now; see reason", reason=error.reason))


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    # Its words name addresses and folders of the hub: they are for the log.
    log.warning("%s %s: %s", request.method, _route(request), error)
    return response(retry_later("unavailable", "the hub cannot take this now; send it again later"))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return response(Problem(400, "invalid", str(first["msg"]), field=field))


async def _of_the_framework(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return response(Problem(error.status_code, kind, str(error.detail), headers=error.headers))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    # Without its words: they may hold what was sent.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s %s failed with %s\n%s", request.method, _route(request), type(error).__name__, where)
    return response(Problem(500, "bug", "an error of the hub; it is in its log"))


def _route(request: Request) -> str:
    """The route's template: the address itself may hold what must not stand in a log."""
    return getattr(request.scope.get("route"), "path", "(no route)")
