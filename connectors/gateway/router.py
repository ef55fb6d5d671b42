"""The gateway's routes. Streams that are admitted never come here: `connectors.gateway.protocol` takes them."""

import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.security import HTTPBearer
from pydantic import ValidationError

from connectors.gateway import frames
from connectors.gateway.acting import KeyReused, NotTheirs
from connectors.gateway.cursor import Cursor
from connectors.gateway.denials import Denied
from connectors.gateway.feedback import Accepting, Action
from connectors.gateway.gateway import Gateway, accepts_stream
from connectors.gateway.judging import WORDS
from connectors.http.bodies import read_body
from connectors.http.problems import Problem, described, retry_later
from connectors.sources.limits import LARGEST_RECORD_BYTES
from hub.domain.dispatch import is_own_id
from hub.domain.errors import Refused, Rejected, Unavailable

_MOST, _USUAL = 500, 100
_LONGEST_KEY = 255
_FRESH_SECONDS: Final = 5.0
_JSON: Final = "application/json"
_BEARER = HTTPBearer(auto_error=False, description="a token of `hub endpoints token issue`", scheme_name="endpoint")

EndpointId = Annotated[str, Path(max_length=64, description="the endpoint; its own id, as in its token")]
After = Annotated[str, Query(max_length=200, description="the id to go on after; without it from the oldest")]


def gateway_router(gateway: Gateway) -> APIRouter:
    """Inbox and actions of the staff endpoints; the gateway runs as long as the application."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        try:
            await gateway.wait_until_fresh(_FRESH_SECONDS)
            yield
        finally:
            await gateway.stop()

    router = APIRouter(prefix="/v1", tags=["endpoints"], lifespan=lifespan, dependencies=[Depends(_BEARER)])

    @router.get(
        "/endpoints/{endpoint_id}/dispatches",
        summary="Dispatches of an endpoint: pages of JSON, or with Accept: text/event-stream as they come",
        responses={200: _INBOX, **described(400, 401, 404, 406, 503)},
        response_class=Response,
    )
    async def dispatches(
        request: Request,
        endpoint_id: EndpointId,
        after: After = "",
        limit: Annotated[int, Query(ge=1, le=_MOST)] = _USUAL,
        last_event_id: Annotated[str, Header(max_length=200)] = "",
    ) -> Response:
        holder = _holder(gateway, request)
        if holder != endpoint_id:
            await gateway.deny(holder, Denied.FOREIGN_INBOX, _known_form(endpoint_id))
            raise _nothing_there()
        wants_stream = accepts_stream(request.headers.get("accept", ""))
        given = "last-event-id" if wants_stream and last_event_id else "after"
        cursor = _cursor(gateway, endpoint_id, last_event_id if given != "after" else after, given)
        if wants_stream:
            raise Problem(
                406, "no-streams", "streams are served by the hub's own HTTP edge alone; ask for JSON here"
            )
        return Response(_page(gateway, endpoint_id, cursor, after, limit), media_type=_JSON)

    @router.post(
        "/dispatches/{dispatch_id}/actions",
        summary="An action on a dispatch; answered once Kafka has it",
        status_code=202,
        response_model=Accepting,
        responses={202: _ACCEPTED, **described(400, 401, 404, 409, 413, 422, 503)},
        openapi_extra={
            "requestBody": {"required": True, "content": {_JSON: {"schema": Action.model_json_schema()}}},
            "parameters": [_KEY],
        },
    )
    async def act(request: Request, dispatch_id: Annotated[str, Path(max_length=64)]) -> Response:
        holder = _holder(gateway, request)
        key = _key(request.headers.get("idempotency-key", ""))
        action = _action(await read_body(request, LARGEST_RECORD_BYTES))
        count = gateway.metrics.actions
        try:
            answer = await gateway.acting.act(holder, dispatch_id, key, action)
        except NotTheirs:
            is_known = gateway.inbox.is_anyones(dispatch_id)
            kind = Denied.FOREIGN_DISPATCH if is_known else Denied.UNKNOWN_DISPATCH
            await gateway.deny(holder, kind, _known_form(dispatch_id))
            raise _nothing_there() from None
        except KeyReused:
            count.labels(action.action, "key_reused").inc()
            raise Problem(
                422,
                "key-reused",
                "this key stands for another action already; take a new one",
                field="Idempotency-Key",
            ) from None
        except Refused as refused:
            count.labels(action.action, "refused").inc()
            detail = WORDS.get(refused.reason, "案件当前状态不允许该操作")
            raise Problem(409, "refused", detail, reason=refused.reason) from None
        except Rejected:
            count.labels(action.action, "rejected").inc()
            raise
        except Unavailable:
            count.labels(action.action, "unavailable").inc()
            raise
        count.labels(action.action, "accepted" if answer.is_first else "repeated").inc()
        headers = {} if answer.is_first else {"Idempotency-Replayed": "true"}
        return Response(answer.text, 202, headers, _JSON)

    return router


def _holder(gateway: Gateway, request: Request) -> str:
    if not gateway.is_fresh:
        raise retry_later("catching-up", "the gateway is still reading what has happened", seconds=2)
    record = gateway.holder(request.headers.get("authorization", ""))
    if record is None:
        gateway.metrics.denied.labels("no_token").inc()
        raise Problem(
            401,
            "no-token",
            "a valid bearer token is needed; it is issued by: hub endpoints token issue",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return record.endpoint_id


def _nothing_there() -> Problem:
    """The same whether it is another's or nobody's."""
    return Problem(404, "not-found", "this endpoint has nothing of that id")


def _known_form(given: str) -> str:
    """What may stand in the audit log of what was asked for: an id of the hub's form."""
    is_endpoint = given.startswith("EP-") and len(given) < 32 and given[3:].replace("-", "").isalnum()
    return given if is_own_id(given) or (is_endpoint and given.isascii()) else "(not an id)"


def _cursor(gateway: Gateway, endpoint_id: str, text: str, field: str) -> Cursor:
    try:
        return gateway.cursor(endpoint_id, text)
    except ValueError as error:
        raise Problem(400, "unknown-id", str(error), field=field) from None


def _page(gateway: Gateway, endpoint_id: str, cursor: Cursor, after: str, limit: int) -> bytes:
    found = gateway.inbox.after(endpoint_id, cursor, limit)
    items, last = [], after or None
    for delivery in found:
        cursor = cursor.moved_to(delivery.place)
        last = cursor.text(delivery.place.partition)
        items.append(frames.item(last, delivery.body))
    query = urllib.parse.urlencode({"after": last or "", "limit": limit})
    is_full = len(found) == limit
    path = f"/v1/endpoints/{urllib.parse.quote(endpoint_id)}/dispatches"
    return frames.page(items, last, f"{path}?{query}" if is_full else None)


def _key(given: str) -> str:
    if not given:
        raise Problem(
            400,
            "no-key",
            "an action needs a key of your own, such as a UUID, the same when it is sent again",
            field="Idempotency-Key",
        )
    if len(given) > _LONGEST_KEY or not given.isprintable() or not given.isascii():
        raise Problem(
            400, "bad-key", f"a key is 1 to {_LONGEST_KEY} printable ASCII characters", field="Idempotency-Key"
        )
    return given


def _action(body: bytes) -> Action:
    try:
        return Action.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or None
        raise Problem(400, "invalid", _plain(first["msg"]), field=field) from None


def _plain(message: str) -> str:
    """The validator's words up to where they might quote what was sent."""
    return message.partition(", input")[0].partition(" at line")[0]


_ACCEPTED: Final[dict[str, Any]] = {
    "description": "Kafka has the action; the same key gets the same answer. casework has the last word.",
    "headers": {"Idempotency-Replayed": {"description": "true for a repetition", "schema": {"type": "string"}}},
}
_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "chosen by the client, one an action; the same again when the action is sent again",
    "schema": {"type": "string", "maxLength": _LONGEST_KEY},
}
_INBOX: Final[dict[str, Any]] = {
    "description": "A page, or a stream of events `assign`, `update`, `recall`",
    "content": {
        _JSON: {
            "schema": {
                "type": "object",
                "required": ["items", "after", "next"],
                "properties": {
                    "items": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "description": "`id`, and every field of the Avro record hub.v1.Dispatch",
                            "required": ["id", "dispatch_id", "action", "case_id"],
                            "properties": {
                                "id": {"type": "string", "examples": ["county-3-120"]},
                                "dispatch_id": {"type": "string"},
                                "action": {"type": "string", "enum": ["ASSIGN", "UPDATE", "RECALL"]},
                                "case_id": {"type": "string"},
                            },
                        },
                    },
                    "after": {"type": ["string", "null"], "description": "go on after this id"},
                    "next": {"type": ["string", "null"], "description": "the next page, where there is one"},
                },
            }
        },
        "text/event-stream": {"schema": {"type": "string"}},
    },
}
