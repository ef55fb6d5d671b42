"""`POST /v1/sources/{source}/events`."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, FastAPI, Path, Request, Response
from pydantic import BaseModel, Field

from connectors.http.bodies import Room, check_encoding, read_body
from connectors.http.problems import Problem, described
from connectors.http.tls import client_names
from connectors.intake.metrics import OUTCOME_OF_STATUS, IntakeMetrics, Outcome
from connectors.intake.service import Accepted, Entrance, Post
from connectors.intake.standing import IntakeStandings
from connectors.sources.limits import LARGEST_FILE_BYTES
from hub.domain.errors import Rejected, Unavailable

# Of all requests together: a machine of 2 GiB has them in memory beside everything else.
_ROOM_BYTES = 128 * 1024 * 1024
_FORGET_SECONDS = 60.0
_TELL_SECONDS = 2.0

Tell = Callable[[str, str, str | None], None]
"""Takes a source's name, its position and its problem; called in a thread."""


class Reject(BaseModel):
    """A record that cannot be read. Its bytes are in Kafka, as a dead letter with the same reason."""

    record: int = Field(description="number within the payload, from 1")
    reason: str = Field(description="code of the source's contract, for example missing_field")
    field: str | None = Field(None, description="the native field concerned")
    detail: str | None = None


class Acceptance(BaseModel):
    """Kafka has every record of the request. A resend of the message gets the same answer."""

    id: str = Field(description="the webhook-id of the request")
    source: str
    accepted: int = Field(description="records that can be read")
    rejected: int = Field(description="records that become dead letters")
    message_ids: list[str] = Field(description="one a record, in order; stands in the headers of its raw message")
    rejects: list[Reject] = Field(description="why, of at most 1,000")


class Taking(Protocol):
    """Who takes what is posted; `connectors.intake.service.Intake` does."""

    @property
    def entrances(self) -> Mapping[str, Entrance]: ...

    async def take(self, name: str, post: Post) -> Accepted: ...

    def problem(self, name: str) -> str | None: ...

    def forget(self) -> None: ...


@dataclass(slots=True, frozen=True)
class Telling:
    """Tells every few seconds how each source stands."""

    standings: IntakeStandings
    tell: Tell


def intake_router(intake: Taking, metrics: IntakeMetrics, telling: Telling | None = None) -> APIRouter:
    """The routes of the sources that may post."""
    room = Room(_ROOM_BYTES)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_forget(intake))]
        if telling is not None:
            tasks.append(asyncio.create_task(_tell(intake, telling)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    router = APIRouter(prefix="/v1/sources", tags=["intake"], lifespan=lifespan)

    @router.post(
        "/{source}/events",
        status_code=202,
        summary="Report one or several events in the source's own format · 上报",
        description=_DESCRIPTION,
        operation_id="postEvents",
        response_class=Response,
        responses={
            202: {"model": Acceptance, "description": "Accepted: Kafka has it"},
            **described(400, 401, 404, 408, 413, 415, 429, 503),
        },
        openapi_extra=_request_of(intake),
    )
    async def post_events(
        source: Annotated[str, Path(description="name of the source, for example hotline")],
        request: Request,
    ) -> Response:
        began = time.monotonic()
        known = source if source in intake.entrances else None
        outcome = Outcome.FAILED
        try:
            check_encoding(request.headers.get("content-encoding", ""))
            with room.taken() as taken:
                post = Post(
                    request.headers,
                    client_names(request.scope),
                    lambda limit: read_body(request, limit, taken),
                )
                accepted = await intake.take(source, post)
            outcome = accepted.outcome
            return Response(accepted.answer, 202, media_type="application/json")
        except Problem as problem:
            is_pause = problem.kind == "paused"
            outcome = Outcome.PAUSED if is_pause else OUTCOME_OF_STATUS.get(problem.status, Outcome.FAILED)
            raise
        except Rejected:
            outcome = Outcome.UNREADABLE
            raise
        except Unavailable:
            outcome = Outcome.UNAVAILABLE
            raise
        finally:
            metrics.answered(known, outcome, time.monotonic() - began)
            if telling is not None and known is not None:
                telling.standings.answered(known, outcome)

    return router


async def _forget(intake: Taking) -> None:
    while True:
        await asyncio.sleep(_FORGET_SECONDS)
        intake.forget()


async def _tell(intake: Taking, telling: Telling) -> None:
    while True:
        for name in intake.entrances:
            # Kafka may hold up the thread; never the requests.
            await asyncio.to_thread(telling.tell, name, telling.standings.position(name), intake.problem(name))
        await asyncio.sleep(_TELL_SECONDS)


_DESCRIPTION = f"""
The body is what the legacy system has: one message or a batch, in a content type of its source, at most
{LARGEST_FILE_BYTES:,} bytes unpacked. 202 is answered once Kafka has acknowledged every record. Anything else means
that it is not accepted: send it again (after `Retry-After`, where given) or mend it (400).

Signed by [Standard Webhooks](https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, the body as
sent (compressed, where it is), within five minutes of the hub's clock. A message that is sent again keeps its id.

A batch of which some records cannot be read is accepted: the others are taken, and each of those becomes a dead
letter and is listed under `rejects`. One of which no record can be read is refused with 400: nothing of it is kept.
"""


def _request_of(intake: Taking) -> dict[str, Any]:
    """Headers and body, which the framework cannot tell: it is given the raw request."""
    sources = [entrance.source for entrance in intake.entrances.values()]
    types = sorted({one for source in sources for one in source.content_types}) or ["application/json"]
    return {
        "parameters": [
            _header("webhook-id", "the message's id, the same each time it is sent; no full stop", "string"),
            _header("webhook-timestamp", "epoch seconds of this attempt", "integer"),
            _header("webhook-signature", "`v1,` and base64; several are separated by spaces", "string"),
            {
                "name": "content-encoding",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "enum": ["gzip", "deflate", "identity"]},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {one: {"schema": {"type": "string", "format": "binary"}} for one in types},
        },
    }


def _header(name: str, description: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": kind}}
