"""`POST /v1/contacts/{token}/reveal`: the call-back role asks for a caller's contact and says why."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field, StringConstraints, ValidationError

from connectors.contacts.revealing import LONGEST_REASON, ROLE, Revealed, Revealing
from connectors.http.bodies import read_body
from connectors.http.problems import Problem, described
from connectors.strict import Strict
from connectors.tokens import Issued, TokenBook

_LARGEST_BODY = 8192
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_SCHEME = HTTPBearer(scheme_name="call_back", description="a token of `hub contacts token issue`", auto_error=False)


class Asked(Strict):
    """Why the contact is needed. Phone and identity numbers in the reason are masked before it is kept."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]
    case_id: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}:[0-9A-Za-z._-]{1,64}$")] | None = Field(
        None, description="the case that the call is about, e.g. hotline:HL2026111000017"
    )


class Contact(Strict):
    """A caller's contact. `kind`: phone (call it) or wechat (an openId of the public account)."""

    token: str
    kind: str
    contact: str


def contacts_router(revealing: Revealing, tokens: TokenBook) -> APIRouter:
    """The route; every answer forbids caches to keep it."""
    routes = APIRouter(tags=["contacts"])

    @routes.post(
        "/v1/contacts/{token}/reveal",
        summary="A caller's contact, once it is on record who asked and why · 查看来电人联系方式",
        responses=described(400, 401, 403, 404, 410, 413, 503),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": Asked.model_json_schema()}},
            },
        },
    )
    async def reveal(
        request: Request,
        response: Response,
        shown: Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)],
        token: Annotated[str, Path(description="reporter.token of an event or case", pattern="^[0-9a-f]{32}$")],
    ) -> Contact:
        response.headers["Cache-Control"] = "no-store"
        person = await run_in_threadpool(_caller, shown, tokens, revealing)
        asked = _asked(await read_body(request, _LARGEST_BODY), revealing)
        answer = await run_in_threadpool(revealing.reveal, token, person, asked.reason, asked.case_id)
        return _told(token, answer)

    return routes


def _caller(shown: HTTPAuthorizationCredentials | None, tokens: TokenBook, revealing: Revealing) -> Issued:
    person = None if shown is None else tokens.find(shown.credentials.strip())
    if person is None:
        revealing.count_refused("unauthorized")
        raise Problem(
            401,
            "unauthorized",
            "send Authorization: Bearer TOKEN, issued by hub contacts token",
            headers=_CHALLENGE,
        )
    if person.role != ROLE:
        revealing.count_refused("forbidden")
        raise Problem(403, "forbidden", f"this needs a token of the role {ROLE}")
    return person


def _asked(body: bytes, revealing: Revealing) -> Asked:
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        revealing.count_refused("invalid")
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or "body"
        raise Problem(400, "invalid", first["msg"], field=field) from None


def _told(token: str, answer: Revealed) -> Contact:
    if answer.outcome == "deleted":
        raise Problem(410, "deleted", "this person was deleted; that you asked is on record")
    if answer.kind is None or answer.contact is None:
        raise Problem(404, "no-contact", "the vault holds no such token; that you asked is on record")
    return Contact(token=token, kind=answer.kind, contact=answer.contact)
