"""One HTTP request: its host resolved once, the address checked and pinned, no redirects, all sizes bounded."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

import certifi
import httpx

from connectors.calls.addresses import Address, is_allowed, is_permitted
from hub.domain.errors import Misconfigured

Resolve = Callable[[str, int], Awaitable[list[str]]]


class CallFailed(Exception):
    """No answer, or none that can be used; whether the other side got the request nobody knows."""


class Forbidden(CallFailed):
    """The address is none that the hub may call; nothing was sent."""


@dataclass(slots=True, frozen=True)
class Answer:
    """`headers` have lower-case names; `body` is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def retry_after(self) -> float:
        """Seconds the other side asks for; 0 where it does not, or in a way that is not seconds."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0


class Caller:
    """Makes requests, each on a connection of its own.

    The name is resolved once; every address it has must be permitted, and the connection goes to the first one of
    those, so that a second answer of the name server has no say. TLS verifies the certificate for the name. Plain
    HTTP goes to allowed networks only. Proxies of the environment are not used: they would resolve the name again.
    """

    def __init__(
        self,
        *,
        allowed: Sequence[IPv4Network | IPv6Network] = (),
        ca_file: Path | None = None,
        connect_seconds: float = 5.0,
        total_seconds: float = 20.0,
        most_bytes: int = 64 * 1024,
        resolve: Resolve | None = None,
    ) -> None:
        self._allowed = tuple(allowed)
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds
        self._most_bytes = most_bytes
        self._resolve = resolve or _resolved
        self._tls = _tls(ca_file)

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """The answer, whatever its status; a redirect is an answer and not followed.

        Raises:
            Forbidden: the address is not permitted.
            CallFailed: no name, no connection, no trust, no answer in time, or one that is too large.
        """
        target = httpx.URL(url)
        try:
            async with asyncio.timeout(self._total_seconds):
                return await self._send(method, target, await self._pin(target), headers or {}, body)
        except TimeoutError:
            raise CallFailed(f"no answer within {self._total_seconds:g} s") from None
        except httpx.ConnectTimeout:
            raise CallFailed(f"no connection within {self._connect_seconds:g} s") from None
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError) as error:
            # The error's text may hold the address with its query.
            raise CallFailed(_reason(error)) from None

    async def check(self, url: str) -> None:
        """Raise what a request to that address would raise before it is sent."""
        await self._pin(httpx.URL(url))

    async def _pin(self, target: httpx.URL) -> Address:
        host = target.raw_host.decode("ascii").strip("[]")
        if target.scheme not in ("http", "https") or not host or target.userinfo:
            raise Forbidden("the address is http(s)://host without user and password")
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            found = [ip_address(text.partition("%")[0]) for text in await self._resolve(host, port)]
        except (OSError, UnicodeError):
            raise CallFailed("the host's name cannot be resolved") from None
        if not found:
            raise CallFailed("the host's name has no address")
        for address in found:
            if not is_permitted(address, self._allowed):
                raise Forbidden("the host is in an inner network that the settings do not allow")
            if target.scheme == "http" and not is_allowed(address, self._allowed):
                raise Forbidden("outside the allowed networks only https is called")
        return found[0]

    async def _send(
        self, method: str, target: httpx.URL, address: Address, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        host = target.raw_host.decode("ascii")
        request = httpx.Request(
            method,
            target.copy_with(host=str(address)),
            headers={
                "Host": target.netloc.decode("ascii"),
                "User-Agent": "whistle-hub",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **headers,
            },
            content=body,
            extensions={
                "sni_hostname": host.strip("[]"),
                "timeout": httpx.Timeout(self._total_seconds, connect=self._connect_seconds).as_dict(),
            },
        )
        # The transport alone: a client would keep cookies and know of proxies.
        async with httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                return Answer(response.status_code, dict(response.headers), await self._read(response))
            finally:
                await response.aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > self._most_bytes:
                raise CallFailed(f"the answer {response.status_code} has more than {self._most_bytes} bytes")
        return bytes(body)


async def _resolved(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts the public authorities, and the city's own where it names them."""
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured([f"ca_file {ca_file} cannot be read: {error.strerror or error}"]) from None
    return context


def _reason(error: BaseException) -> str:
    """In the hub's words: those of the libraries may carry what was sent."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate is not trusted for the host's name ({cause.verify_message})"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the answer is cut or no HTTP"
    return f"the connection broke ({type(error).__name__})"
