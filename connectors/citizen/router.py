"""`/report/{place}`, the page behind a QR code, and `/v1/wechat`, where WeChat passes on what its users write."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Request, Response
from fastapi.responses import HTMLResponse

from connectors.citizen.metrics import Channel, CitizenMetrics, Outcome
from connectors.citizen.reporting import Reporting
from connectors.citizen.wechat.account import Account
from connectors.citizen.wechat.router import add_wechat

_FORGET_SECONDS = 60.0
_Code = Annotated[str, Path(description="the signed code of a place, made by `hub qr make`")]


def citizen_router(reporting: Reporting, account: Account | None, metrics: CitizenMetrics) -> APIRouter:
    """The routes; without an account WeChat is answered 404."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        forgetting = asyncio.create_task(_forget(reporting))
        try:
            yield
        finally:
            forgetting.cancel()

    router = APIRouter(tags=["citizen"], lifespan=lifespan)

    @router.get(
        "/report/{place}",
        summary="The form behind a QR code · 随手报页面",
        operation_id="showReportForm",
        response_class=HTMLResponse,
        responses=_pages({200: "The form", 404: "No such place", 429: "Too often"}),
    )
    async def show(place: _Code, request: Request) -> Response:
        answer = reporting.show(place, _address(request))
        metrics.answered(Channel.QR, answer.outcome)
        return answer.page

    @router.post(
        "/report/{place}",
        summary="Report what the form says; the page tells the case number · 提交",
        description="200 with the case number once Kafka has it; the same form sent again gives the same number.",
        operation_id="sendReportForm",
        response_class=HTMLResponse,
        responses=_pages(
            {
                200: "Accepted, with the case number",
                400: "The form again, with what is wrong beside the fields",
                404: "No such place",
                413: "Too large",
                429: "Too often",
                503: "Nothing was taken; the form again, as it was filled in",
            }
        ),
        openapi_extra=_FORM,
    )
    async def send(place: _Code, request: Request) -> Response:
        outcome = Outcome.FAILED
        try:
            answer = await reporting.take(place, _address(request), request)
            outcome = answer.outcome
            return answer.page
        finally:
            metrics.answered(Channel.QR, outcome)

    add_wechat(router, account, metrics)
    return router


async def _forget(reporting: Reporting) -> None:
    while True:
        await asyncio.sleep(_FORGET_SECONDS)
        reporting.forget()


def _address(request: Request) -> str:
    return "" if request.client is None else request.client.host


def _pages(statuses: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    content = {"text/html": {"schema": {"type": "string"}}}
    return {status: {"description": text, "content": content} for status, text in statuses.items()}


_TEXT = {"type": "string"}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["form", "category", "description"],
                    "properties": {
                        "form": {**_TEXT, "description": "the token that the form came with"},
                        "category": {**_TEXT, "description": "code of the grid's table, for example G0101"},
                        "description": _TEXT,
                        "photo": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "phone": _TEXT,
                        "anonymous": {**_TEXT, "description": "any text: keep my identity secret"},
                    },
                }
            }
        },
    }
}
