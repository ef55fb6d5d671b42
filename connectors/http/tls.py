"""TLS of the HTTP edge, and who a client is by its certificate."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.domain.errors import Misconfigured

_EXTENSION = "hub.client_names"


@dataclass(slots=True, frozen=True)
class Tls:
    """PEM files. With `client_ca` clients may show a certificate of that authority; a route may ask for one."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def check(self) -> None:
        """Raise `Misconfigured` when the files do not make a server."""
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key)
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                [f"HUB_HTTP_TLS_CERT, HUB_HTTP_TLS_KEY or HUB_HTTP_CLIENT_CA cannot be used: {error}"]
            ) from None

    def server_options(self) -> dict[str, Any]:
        """As uvicorn takes them."""
        options: dict[str, Any] = {"ssl_certfile": self.certificate, "ssl_keyfile": self.key}
        if self.client_ca is not None:
            options |= {"ssl_ca_certs": str(self.client_ca), "ssl_cert_reqs": ssl.CERT_OPTIONAL}
        return options


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, and the names of the client's verified certificate in the request's scope."""

    _names: frozenset[str] = frozenset()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._names = names_in(transport.get_extra_info("peercert") or {})

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._names:
            self.scope["extensions"] = {_EXTENSION: {"names": self._names}}


def client_names(scope: Mapping[str, Any]) -> frozenset[str]:
    """The names that the client has proved by its certificate; none without one."""
    found: frozenset[str] = scope.get("extensions", {}).get(_EXTENSION, {}).get("names", frozenset())
    return found


def names_in(certificate: Mapping[str, Any]) -> frozenset[str]:
    """Common name and alternative names of a certificate as the ssl module gives it."""
    common = {value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"}
    alternative = {value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "URI")}
    return frozenset(common | alternative)
