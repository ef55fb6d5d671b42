"""`GET` and `POST /v1/wechat`, as the platform of WeChat's public accounts calls them."""

import logging
from typing import Any

from fastapi import APIRouter, Request, Response

from connectors.citizen.metrics import Channel, CitizenMetrics, Outcome
from connectors.citizen.wechat.account import Account
from connectors.citizen.wechat.messages import LARGEST_MESSAGE_BYTES, read_message, text_reply
from connectors.citizen.wechat.signature import is_from_wechat
from connectors.http.bodies import read_body
from connectors.http.problems import Problem, described, retry_later
from hub.domain.errors import Rejected

log = logging.getLogger(__name__)

_PATH = "/v1/wechat"


def add_wechat(router: APIRouter, account: Account | None, metrics: CitizenMetrics) -> None:
    """The two routes; without an account both are answered 404."""

    def check(request: Request) -> Account:
        if account is None:
            raise Problem(404, "no-account", "no WeChat account is connected; set HUB_WECHAT_TOKEN")
        if not is_from_wechat(account.token, request.query_params, account.filing.now_ms() / 1000):
            metrics.answered(Channel.WECHAT, Outcome.FORGED)
            raise Problem(403, "not-authentic", "the signature is not WeChat's, or is old", field="signature")
        return account

    @router.get(
        _PATH,
        summary="WeChat proves the address when the account is connected · 微信服务器校验",
        operation_id="checkWechat",
        response_class=Response,
        responses={200: {"description": "echostr", "content": {"text/plain": {}}}, **described(403, 404)},
        openapi_extra={"parameters": [*_query("signature", "timestamp", "nonce", "echostr")]},
    )
    async def prove(request: Request) -> Response:
        check(request)
        metrics.answered(Channel.WECHAT, Outcome.SHOWN)
        return Response(request.query_params.get("echostr", ""), media_type="text/plain")

    @router.post(
        _PATH,
        summary="A message of a WeChat user · 微信消息",
        description="Text becomes a report and is answered with its number; photo and position wait for it.",
        operation_id="takeWechatMessage",
        response_class=Response,
        responses={
            200: {"description": "A passive reply, or nothing", "content": {"application/xml": {}}},
            **described(400, 403, 404, 408, 413, 503),
        },
        openapi_extra={
            "parameters": _query("signature", "timestamp", "nonce"),
            "requestBody": {"required": True, "content": {"text/xml": {"schema": {"type": "string"}}}},
        },
    )
    async def take(request: Request) -> Response:
        known = check(request)
        body = await read_body(request, LARGEST_MESSAGE_BYTES)
        try:
            message = read_message(body)
        except Rejected as rejected:
            metrics.answered(Channel.WECHAT, Outcome.INVALID)
            log.warning("a message of WeChat cannot be read: %s (%s)", rejected.reason, rejected.detail)
            raise
        outcome = Outcome.FAILED
        try:
            said = await known.take(message)
            outcome = said.outcome
        finally:
            metrics.answered(Channel.WECHAT, outcome)
        if said.text is None:
            raise retry_later("unavailable", "the hub cannot take this now; send it again", seconds=2)
        if not said.text:
            return Response(b"success", media_type="text/plain")
        return Response(text_reply(message, known.filing.now_ms() // 1000, said.text), media_type="application/xml")


def _query(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "required": True, "schema": {"type": "string"}} for name in names]
